//! The reference of the pipeline file, of inputs and of formulas, as the declarations have them.

use std::fmt::Write as _;

use kohort_load::reason_of_null;
use kohort_measures::formulas;
use kohort_model::calc::{self, Formula};
use kohort_model::{
    InputColumn, InputSpec, InputSwitch, Lines, Omission, Presence, Setting, SettingKind,
    SettingsSection, TextList, ValueKind, WholeDefault,
};

use crate::config::{self, AnyKey, InputKey, Key, KeySection};

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
    pub name: &'static str,
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

/// Every section.
#[must_use]
pub fn sections() -> Vec<SectionReference> {
    let sections = config::sections().into_iter();
    let keys = |keys: Vec<AnyKey>| keys.into_iter().filter_map(reference).collect();
    sections
        .map(|KeySection { name, keys: all }| SectionReference { name, keys: keys(all) })
        .collect()
}

/// What is to be said of a key; nothing of one without effect.
fn reference(key: AnyKey) -> Option<KeyReference> {
    Some(match key {
        AnyKey::Own(key) => of_key(key),
        AnyKey::Input(spec) => of_input(spec),
        AnyKey::OfInput(spec, key) => match key {
            InputKey::Column(column) => of_column(spec, column),
            InputKey::List(list, column) => of_list(list, column),
            InputKey::Switch(switch) => of_switch(switch),
            InputKey::Rows(lines) => of_rows(lines),
            InputKey::Other(key) if key.name == "timezone" && spec.time().is_none() => return None,
            InputKey::Other(key) => {
                let key = of_key(key);
                KeyReference { meaning: key.meaning.replace("HOLDS", spec.holds), ..key }
            }
        },
        AnyKey::Section(section) => of_section(section),
        AnyKey::Setting(setting) => of_setting(setting),
    })
}

/// An input as Markdown: what its rows are, and a table of its columns.
#[must_use]
pub fn input_markdown(spec: &InputSpec) -> String {
    let mut text = format!("{}\n\n", about(spec));
    text += "| column | kind | needed | meaning | NULL means |\n|---|---|---|---|---|\n";
    let currency = spec.is_history.then_some(&CURRENCY);
    for column in spec.columns.iter().chain(spec.segments).chain(currency) {
        let needed = match (column.presence, other(spec, column), column.needed) {
            (Presence::Required, _, "") => "yes".to_owned(),
            (Presence::Required, _, needed) => format!("yes, {needed}"),
            (Presence::UnlessInput(other), ..) => format!("without `[inputs.{}]`", other.name()),
            (_, Some(others), _) => format!("this or {others}"),
            (_, _, "") => "no".to_owned(),
            (_, _, needed) => needed.to_owned(),
        };
        let InputColumn { name, kind, meaning, .. } = column;
        let (kind, null) = (kind.name(), null_of(column));
        let _ = writeln!(text, "| `{name}` | {kind} | {needed} | {meaning} | {null} |");
    }
    text
}

/// The formulas of `kohort calc` as Markdown: what each asks for, and what comes out.
#[must_use]
pub fn formulas_markdown() -> String {
    formulas().map(formula_markdown).collect::<Vec<_>>().join("\n")
}

fn formula_markdown(formula: &Formula) -> String {
    let Formula { name, about, example, .. } = formula;
    let mut text = format!("### `{name}`\n\n{about}: `kohort calc {name} {example}`\n\n");
    text += "| number | kind | needed | what it is |\n|---|---|---|---|\n";
    for input in formula.inputs {
        let needed = match input.presence {
            calc::Presence::Required => "yes".to_owned(),
            calc::Presence::List => "yes, one or several".to_owned(),
            calc::Presence::OrZero => "no: 0".to_owned(),
            calc::Presence::Optional => "no".to_owned(),
            calc::Presence::Beside(other) => format!("no; only with `--{other}`"),
            calc::Presence::With(other) => format!("with `--{other}`"),
            calc::Presence::In(form) => format!("for numbers as {form}"),
        };
        let calc::Input { name, about, kind, .. } = input;
        let _ = writeln!(text, "| `--{name}` | {} | {needed} | {about} |", kind.about());
    }
    text += "\n| result | formula | what it means | usual |\n|---|---|---|---|\n";
    for result in formula.results {
        let with = result.with(|name| name.replace('-', "_"));
        let means = result.means.replace("{}", "*x*");
        let _ = writeln!(text, "| `{}` | {with} | {means} | {} |", result.name, result.usual);
    }
    text
}

/// What tables leave out as Markdown.
#[must_use]
pub fn omissions_markdown() -> String {
    let mut text = "| table | name | rows that it does not count |\n|---|---|---|\n".to_owned();
    for table in kohort_measures::tables() {
        for Omission { name, meaning, .. } in table.omissions {
            let table = table.schema.name;
            let _ = writeln!(text, "| [{table}](tables/{table}.md) | `{name}` | {meaning} |");
        }
    }
    text
}

/// The locales of `kohort calc` as Markdown.
#[must_use]
pub fn locales_markdown() -> String {
    let mut text =
        "| locale | also | a comma | a point | shown as |\n|---|---|---|---|---|\n".to_owned();
    for locale in calc::LOCALES {
        let meaning = |mark| if locale.decimal == mark { "begins the decimals" } else { "groups" };
        let also: Vec<_> = locale.aliases.iter().map(|alias| format!("`{alias}`")).collect();
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {} |",
            locale.name,
            also.join(", "),
            meaning(calc::Mark::Comma),
            meaning(calc::Mark::Point),
            locale.shown("1,200.50")
        );
    }
    text
}

/// What the key of this name is where amounts are converted.
static CURRENCY: InputColumn =
    InputColumn::new("currency", ValueKind::TEXT, "the currency of the row")
        .optional()
        .needed("with `rates`")
        .null("the run ends: there is no rate for it");

fn about(spec: &InputSpec) -> String {
    let needs = spec.beside.map(|(input, _)| format!(" Needs `[inputs.{}]`.", input.name()));
    format!("{}.{}", spec.sentence, needs.unwrap_or_default())
}

/// The other ones of columns one of which has to be mapped.
fn other(spec: &InputSpec, column: &InputColumn) -> Option<String> {
    let group = spec.columns.iter().find_map(|first| match first.presence {
        Presence::Unless(others) if first.name == column.name || others.contains(&column.name) => {
            Some(std::iter::once(first.name).chain(others.iter().copied()))
        }
        _ => None,
    });
    let others = group?.filter(|name| *name != column.name).map(|name| format!("`{name}`"));
    Some(others.collect::<Vec<_>>().join(" or "))
}

fn null_of(column: &InputColumn) -> String {
    match (reason_of_null(column.kind), column.null, column.kind) {
        (Some(reason), "", _) => format!("the row is rejected: `{reason}`"),
        (Some(reason), null, _) => format!("the row is rejected: `{reason}`; {null}"),
        (None, "", ValueKind::Text(text)) => format!("`{}`", text.missing),
        (None, null, _) => null.to_owned(),
    }
}

fn of_input(spec: &InputSpec) -> KeyReference {
    let default = if spec.is_history {
        "one of `orders` and `subscriptions` is required for tables about customers"
    } else {
        "none: its tables are left out"
    };
    KeyReference {
        name: spec.input.name(),
        ty: "section".to_owned(),
        default: default.to_owned(),
        meaning: about(spec),
        example: format!("[inputs.{}]", spec.input.name()),
    }
}

fn of_list(list: &TextList, column: &InputColumn) -> KeyReference {
    KeyReference {
        name: list.key,
        ty: "list of texts".to_owned(),
        default: match list.by_default {
            _ if list.is_needed => format!("none; required with `{}`", column.name),
            [] => "none".to_owned(),
            texts => format!("`{texts:?}`"),
        },
        meaning: sentence(list.meaning),
        example: format!("{} = {}", list.key, list.example),
    }
}

fn of_switch(switch: &InputSwitch) -> KeyReference {
    KeyReference {
        name: switch.name,
        ty: "boolean".to_owned(),
        default: "`false`".to_owned(),
        meaning: format!("Whether {}.", switch.meaning),
        example: format!("{} = true", switch.name),
    }
}

fn of_rows(lines: &Lines) -> KeyReference {
    let Lines { one, many, by, .. } = lines;
    KeyReference {
        name: "rows",
        ty: format!("`\"{many}\"` or `\"lines\"`"),
        default: format!("`\"{many}\"`"),
        meaning: format!(
            "Whether each row is an {one}, or a line and all lines of one `{by}` are one {one}."
        ),
        example: "rows = \"lines\"".to_owned(),
    }
}

fn of_column(spec: &InputSpec, column: &InputColumn) -> KeyReference {
    let unmapped = match column.unmapped {
        "" => null_of(column),
        unmapped => unmapped.to_owned(),
    };
    let default = match (column.presence, other(spec, column), column.needed) {
        (Presence::Required, _, "") => "required".to_owned(),
        (Presence::Required, _, needed) => format!("required, {needed}"),
        (Presence::UnlessInput(other), ..) => {
            format!("required without `[inputs.{}]`, else not allowed", other.name())
        }
        (_, Some(others), _) => format!("this or {others} is required"),
        (_, _, "") => unmapped,
        (_, _, needed) => format!("required {needed}; else {unmapped}"),
    };
    KeyReference {
        name: column.name,
        ty: format!("SQL expression: {}", column.kind.name()),
        default,
        meaning: sentence(column.meaning),
        example: format!("{} = {:?}", column.name, column.example),
    }
}

/// Words as a sentence.
fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).chain(['.']).collect()
}

fn of_key(key: &Key) -> KeyReference {
    KeyReference {
        name: key.name,
        ty: key.ty.to_owned(),
        default: key.default.to_owned(),
        meaning: key.meaning.to_owned(),
        example: key.example.to_owned(),
    }
}

fn of_section(section: &SettingsSection) -> KeyReference {
    KeyReference {
        name: section.name,
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
        name: setting.key,
        ty,
        default,
        meaning: setting.meaning.to_owned(),
        example: setting.example.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use kohort_inputs::INPUTS;

    use super::*;

    #[test]
    fn every_column_says_what_null_means() {
        for spec in INPUTS {
            for column in spec.columns.iter().chain(spec.segments) {
                assert!(!null_of(column).is_empty(), "{}.{}", spec.input.name(), column.name);
            }
        }
    }
}
