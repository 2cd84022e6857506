//! Keys that a pipeline file may have, each with what it means.

mod declared;
mod inputs;

use std::sync::LazyLock;

use kohort_inputs::INPUTS;

use declared::DECLARED;
pub(crate) use inputs::{InputKey, of_input};

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

/// The tables whose keys neither inputs nor measures declare.
#[must_use]
pub fn declared() -> &'static [KeyTable] {
    DECLARED
}

/// A table and the names of its keys.
type Names = (String, Vec<&'static str>);

static TABLES: LazyLock<Vec<Names>> = LazyLock::new(|| {
    let sections = kohort_measures::settings();
    let names = |table: &KeyTable| table.keys.iter().map(|key| key.name).collect::<Vec<_>>();
    let mut tables: Vec<Names> = Vec::new();
    for table in DECLARED {
        let mut keys = names(table);
        if table.name.is_empty() {
            // Sections of measures come before what is made of all tables.
            let place = keys.iter().position(|key| *key == "alerts").unwrap_or(keys.len());
            let new = sections.iter().map(|section| section.name);
            let new: Vec<_> = new.filter(|name| !keys.contains(name)).collect();
            keys.splice(place..place, new);
        }
        if let Some(section) = sections.iter().find(|section| section.name == table.name) {
            keys.extend(section.keys.iter().map(|setting| setting.key));
        }
        tables.push((table.name.to_owned(), keys));
        if table.name == "customers" {
            let inputs = INPUTS.iter().map(|spec| spec.input.name()).collect();
            tables.push(("inputs".to_owned(), inputs));
            tables.extend(INPUTS.iter().map(|spec| {
                let keys = of_input(spec).into_iter().map(InputKey::name);
                (format!("inputs.{}", spec.input.name()), keys.collect())
            }));
        }
        if table.name == "revenue" {
            let own =
                sections.iter().filter(|section| !DECLARED.iter().any(|t| t.name == section.name));
            tables.extend(own.map(|section| {
                (section.name.to_owned(), section.keys.iter().map(|setting| setting.key).collect())
            }));
        }
    }
    tables
});

/// The dotted names of the tables with fixed keys and names, and their keys.
pub(super) fn tables() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    // The others are forms of a value rather than places where a key belongs.
    let has_place = |name: &str| !name.starts_with("checks.") && name == name.to_lowercase();
    let places = TABLES.iter().filter(move |(name, _)| has_place(name));
    places.map(|(name, keys)| (name.as_str(), keys.as_slice()))
}

/// The keys of a table.
///
/// # Panics
/// Where no table of this name is declared.
pub(super) fn of(name: &str) -> &'static [&'static str] {
    let found = TABLES.iter().find(|(known, _)| *known == name);
    found.map(|(_, keys)| keys.as_slice()).expect("every table with fixed keys is declared")
}
