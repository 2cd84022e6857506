//! Keys that a pipeline file may have, each with what it means.

/// Keys, each with what may be given and what holds where nothing is; a sentence; an example.
macro_rules! keys {
    ($($name:literal: $ty:literal, $default:literal, $meaning:literal, $example:literal;)*) => {
        &[$($crate::config::keys::Key {
            name: $name, ty: $ty, default: $default, meaning: $meaning, example: $example,
        },)*]
    };
}

/// Tables and their keys.
macro_rules! key_tables {
    ($($table:literal { $($keys:tt)* })*) => {
        &[$($crate::config::keys::KeyTable { name: $table, keys: keys! { $($keys)* } },)*]
    };
}

mod declared;
mod inputs;

use std::sync::LazyLock;

use kohort_inputs::INPUTS;
use kohort_model::{InputSpec, Setting, SettingsSection};

use declared::DECLARED;
pub(crate) use inputs::InputKey;
use inputs::of_input;

/// A key.
#[derive(Debug)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// What may be given.
    pub ty: &'static str,
    /// What holds where nothing is, or that it is required.
    pub default: &'static str,
    /// One sentence: what it sets.
    pub meaning: &'static str,
    /// A line of TOML that sets it.
    pub example: &'static str,
}

/// A table of the pipeline file with fixed keys.
#[derive(Debug)]
pub struct KeyTable {
    /// Its dotted name; empty for the top level.
    pub name: &'static str,
    /// Its keys in order.
    pub keys: &'static [Key],
}

/// A key of whatever declares it.
#[derive(Clone, Copy, Debug)]
pub enum AnyKey {
    /// Of the pipeline.
    Own(&'static Key),
    /// Of `[inputs]`: an input.
    Input(&'static InputSpec),
    /// Of an input.
    OfInput(&'static InputSpec, InputKey),
    /// Of the top level: a section of measures.
    Section(&'static SettingsSection),
    /// Of such a section.
    Setting(&'static Setting),
}

impl AnyKey {
    /// The key.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Own(key) => key.name,
            Self::Input(spec) => spec.input.name(),
            Self::OfInput(_, key) => key.name(),
            Self::Section(section) => section.name,
            Self::Setting(setting) => setting.key,
        }
    }
}

/// A table of the pipeline file with fixed keys, whatever declares them.
#[derive(Clone, Debug)]
pub struct KeySection {
    /// Its dotted name; empty for the top level.
    pub name: String,
    /// Its keys, in the order in which messages and pages list them.
    pub keys: Vec<AnyKey>,
}

/// Every table with fixed keys, in the order in which messages and pages list them.
#[must_use]
pub fn sections() -> Vec<KeySection> {
    let measures = kohort_measures::settings();
    let of_measures = |section: &SettingsSection| section.keys.iter().map(AnyKey::Setting);
    let is_own = |section: &&SettingsSection| DECLARED.iter().any(|t| t.name == section.name);
    let mut sections = Vec::new();
    for table in DECLARED {
        let mut keys: Vec<_> = table.keys.iter().map(AnyKey::Own).collect();
        if table.name.is_empty() {
            // Sections of measures come before what is made of all tables.
            let place = table.keys.iter().position(|key| key.name == "alerts");
            let place = place.unwrap_or(keys.len());
            let new = measures.iter().copied().filter(|section| !is_own(section));
            keys.splice(place..place, new.map(AnyKey::Section));
        }
        let same = measures.iter().filter(|section| section.name == table.name);
        keys.extend(same.flat_map(|section| of_measures(section)));
        sections.push(KeySection { name: table.name.to_owned(), keys });
        if table.name == "customers" {
            let keys = INPUTS.into_iter().map(AnyKey::Input).collect();
            sections.push(KeySection { name: "inputs".to_owned(), keys });
            sections.extend(INPUTS.into_iter().map(|spec| {
                let keys = of_input(spec).into_iter().map(|key| AnyKey::OfInput(spec, key));
                KeySection { name: format!("inputs.{}", spec.input.name()), keys: keys.collect() }
            }));
        }
        if table.name == "revenue" {
            let new = measures.iter().filter(|section| !is_own(section));
            sections.extend(new.map(|section| KeySection {
                name: section.name.to_owned(),
                keys: of_measures(section).collect(),
            }));
        }
    }
    sections
}

/// The names of the keys of each section.
static NAMES: LazyLock<Vec<(String, Vec<&'static str>)>> = LazyLock::new(|| {
    let names = |keys: Vec<AnyKey>| keys.into_iter().map(AnyKey::name).collect();
    sections().into_iter().map(|KeySection { name, keys }| (name, names(keys))).collect()
});

/// The dotted names of the tables with fixed keys and names, and their keys.
pub(super) fn tables() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    // The others are forms of a value rather than places where a key belongs.
    let has_place = |name: &str| !name.starts_with("checks.") && name == name.to_lowercase();
    let places = NAMES.iter().filter(move |(name, _)| has_place(name));
    places.map(|(name, keys)| (name.as_str(), keys.as_slice()))
}

/// The keys of a table.
///
/// # Panics
/// Where no table of this name is declared.
pub(super) fn of(name: &str) -> &'static [&'static str] {
    let found = NAMES.iter().find(|(known, _)| *known == name);
    found.map(|(_, keys)| keys.as_slice()).expect("every table with fixed keys is declared")
}
