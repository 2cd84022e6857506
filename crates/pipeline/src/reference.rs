//! The reference of the pipeline file: every section and key, as the declarations have them.

use std::fmt::Write as _;

use kohort_model::{Setting, SettingKind, SettingsSection, WholeDefault};

use crate::config::{KeyTable, declared};

/// A section of the pipeline file, or the keys of the top level.
#[derive(Clone, Debug)]
pub struct SectionReference {
    /// Its dotted name; empty for the top level. A part in capitals stands for a name that the user
    /// chooses.
    pub name: String,
    /// Its keys, in the order in which messages list them.
    pub keys: Vec<KeyReference>,
}

/// A key of a section.
#[derive(Clone, Debug)]
pub struct KeyReference {
    /// The key.
    pub name: String,
    /// What may be given.
    pub ty: String,
    /// What holds where nothing is, or that the key is required.
    pub default: String,
    /// One sentence: what it sets.
    pub meaning: String,
    /// A line of TOML that sets it.
    pub example: String,
}

impl SectionReference {
    /// Its keys as a Markdown table: key, type, default, meaning.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = "| key | type | default | meaning |\n|---|---|---|---|\n".to_owned();
        for KeyReference { name, ty, default, meaning, .. } in &self.keys {
            let meaning = meaning.replace('|', "\\|");
            let _ = writeln!(text, "| `{name}` | {ty} | {default} | {meaning} |");
        }
        text
    }

    /// Its keys, a line each: an example, then the meaning.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for KeyReference { default, meaning, example, .. } in &self.keys {
            let _ = writeln!(text, "  {example}\n      {meaning} Default: {default}.");
        }
        text
    }
}

/// Every section but those of inputs, whose keys are their columns ([`kohort_inputs::INPUTS`]).
#[must_use]
pub fn sections() -> Vec<SectionReference> {
    let measures = kohort_measures::settings();
    let mut sections: Vec<SectionReference> = declared().iter().map(of_table).collect();
    for section in measures {
        let keys = section.keys.iter().map(of_setting);
        if let Some(known) = sections.iter_mut().find(|known| known.name == section.name) {
            known.keys.extend(keys);
            continue;
        }
        sections.push(SectionReference { name: section.name.to_owned(), keys: keys.collect() });
        if let Some(top) = sections.iter_mut().find(|known| known.name.is_empty()) {
            let place = top.keys.iter().position(|key| key.name == "alerts");
            top.keys.insert(place.unwrap_or(top.keys.len()), of_section(section));
        }
    }
    sections
}

/// The names of the keys of a section, those of inputs included, in the order in which messages list
/// them.
///
/// # Panics
/// Where there is no such section.
#[must_use]
pub fn key_names(section: &str) -> &'static [&'static str] {
    crate::config::key_names(section)
}

fn of_table(table: &KeyTable) -> SectionReference {
    let keys = table.keys.iter().map(|key| KeyReference {
        name: key.name.to_owned(),
        ty: key.ty.to_owned(),
        default: key.default.to_owned(),
        meaning: key.meaning.to_owned(),
        example: key.example.to_owned(),
    });
    SectionReference { name: table.name.to_owned(), keys: keys.collect() }
}

fn of_section(section: &SettingsSection) -> KeyReference {
    KeyReference {
        name: section.name.to_owned(),
        ty: "section".to_owned(),
        default: "defaults of its keys".to_owned(),
        meaning: section.meaning.to_owned(),
        example: format!("[{}]", section.name),
    }
}

fn of_setting(setting: &Setting) -> KeyReference {
    let code = |text: &str| format!("`{text}`");
    let (ty, default) = match &setting.kind {
        SettingKind::Whole { default, range, unit } => {
            let default = match default {
                WholeDefault::Number(number) => code(&number.to_string()),
                WholeDefault::Derived(text) => (*text).to_owned(),
            };
            (format!("{unit}, {} to {}", range.start(), range.end()), default)
        }
        SettingKind::Number { default, allowed, .. } => {
            let ty = allowed.split(", such as").next().unwrap_or(allowed);
            let ty = ty.strip_prefix("a ").unwrap_or(ty);
            (ty.to_owned(), code(&default.to_string()))
        }
        SettingKind::Choice(names) => {
            let names: Vec<_> = names.iter().map(|name| code(&format!("{name:?}"))).collect();
            let (last, others) = names.split_last().expect("a choice has names");
            (format!("{} or {last}", others.join(", ")), names[0].clone())
        }
        SettingKind::KnownDay => ("date".to_owned(), "none".to_owned()),
        SettingKind::Texts { count, is_needed, .. } => {
            let default = if *is_needed { "required" } else { "none" };
            let ty = match *count.end() {
                usize::MAX => "list of texts".to_owned(),
                most => format!("list of {} to {most} texts", count.start()),
            };
            (ty, default.to_owned())
        }
        SettingKind::Renamed => {
            ("table of texts".to_owned(), "none: texts stay as they are".to_owned())
        }
    };
    KeyReference {
        name: setting.key.to_owned(),
        ty,
        default,
        meaning: setting.meaning.to_owned(),
        example: setting.example.to_owned(),
    }
}
