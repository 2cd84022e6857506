//! Sections of the pipeline file that set measures, read as the measures declare them.

use std::ops::Bound;

use kohort_model::{Day, Requires, Setting, SettingKind, SettingValue, Settings, Source, Within};

use super::conflict::{Conflict, Unmet};
use super::error::ConfigError;
use super::inputs::Inputs;
use super::section::{Item, Section};

/// The days between which all is known, as far as the file says.
#[derive(Clone, Copy, Debug)]
pub(super) struct KnownDays {
    /// Exclusive end.
    pub as_of: Option<Day>,
    /// Where the extract starts.
    pub history_start: Option<Day>,
}

/// Every setting of a measure that the file gives.
pub(super) fn read(
    root: &Section<'_>,
    inputs: &Inputs,
    known: KnownDays,
) -> Result<Settings, ConfigError> {
    let mut settings = Settings::default();
    for section in kohort_measures::settings() {
        let table = root.table(section.name)?;
        if !inputs.meet(section.requires) {
            if let Some(item) = root.get(section.name) {
                return Err(unmet(&item, section.requires, inputs));
            }
            continue;
        }
        for setting in section.keys {
            if let Some(value) = read_key(&table, setting, inputs, known)? {
                settings.set(section, setting.key, value);
            }
        }
    }
    Ok(settings)
}

/// That a setting has no effect without inputs that are not there.
fn unmet(item: &Item<'_>, requires: Requires, inputs: &Inputs) -> ConfigError {
    let unmet = Unmet { requires, lacks_history: false, basis: inputs.basis.basis() };
    item.conflict(Conflict::Unmet { unmet })
}

/// What the file gives for a key, if it gives anything.
fn read_key(
    table: &Section<'_>,
    setting: &'static Setting,
    inputs: &Inputs,
    known: KnownDays,
) -> Result<Option<SettingValue>, ConfigError> {
    if let SettingKind::Texts { is_needed: true, allowed, .. } = &setting.kind {
        table.need(setting.key, *allowed)?;
    }
    let Some(item) = table.get(setting.key).filter(|item| !is_empty(item, setting)) else {
        return Ok(None);
    };
    let value = match &setting.kind {
        SettingKind::Whole { range, unit, .. } => {
            let (from, to) = (range.start(), range.end());
            let allowed = format!("a whole number of {unit} from {from} to {to}");
            SettingValue::Whole(item.integer(range.clone(), allowed)?)
        }
        SettingKind::Number { within, allowed, .. } => {
            SettingValue::Number(item.number(bounds(*within), allowed)?)
        }
        SettingKind::Choice(names) => {
            let choices: Vec<_> = names.iter().map(|name| (*name, *name)).collect();
            let allowed = format!("a name such as {:?}", names[0]);
            SettingValue::Choice(item.choice(&choices, allowed)?)
        }
        SettingKind::KnownDay => SettingValue::Day(known_day(&item, known)?),
        SettingKind::Texts { count, allowed, .. } => {
            let texts = item.texts(*allowed)?;
            if !count.contains(&texts.len()) {
                return Err(item.wrong(*allowed));
            }
            SettingValue::Texts(texts.into_iter().map(|(text, _)| text).collect())
        }
        SettingKind::Renamed => SettingValue::Renamed(renamed(&item)?),
    };
    if inputs.meet(setting.requires) {
        Ok(Some(value))
    } else {
        Err(unmet(&item, setting.requires, inputs))
    }
}

/// Whether a table of other names has none.
fn is_empty(item: &Item<'_>, setting: &Setting) -> bool {
    let names = item.open_table("a table of texts").ok();
    matches!(setting.kind, SettingKind::Renamed)
        && names.is_some_and(|names| names.items().next().is_none())
}

fn bounds(within: Within) -> (Bound<f64>, Bound<f64>) {
    match within {
        Within::Closed(from, to) => (Bound::Included(from), Bound::Included(to)),
        Within::HalfOpen(from, to) => (Bound::Included(from), Bound::Excluded(to)),
        Within::Above(from, to) => (Bound::Excluded(from), Bound::Included(to)),
    }
}

/// A day between the known ones.
fn known_day(item: &Item<'_>, known: KnownDays) -> Result<Day, ConfigError> {
    let day = item.day()?;
    let has_before = known.history_start.is_none_or(|start| start < day);
    let has_after = known.as_of.is_none_or(|as_of| day < as_of);
    if has_before && has_after { Ok(day) } else { Err(item.conflict(Conflict::NothingCalibrated)) }
}

/// Text as found in an input → text to report, sorted by the former.
fn renamed(item: &Item<'_>) -> Result<Vec<(String, String)>, ConfigError> {
    let mut texts = Vec::new();
    for (found, item) in item.open_table("a table of texts")?.items() {
        texts.push((found.to_owned(), item.text("a text, the reason to report")?));
    }
    texts.sort();
    Ok(texts)
}

impl Inputs {
    /// Whether the inputs have what something requires.
    pub fn meet(&self, requires: Requires) -> bool {
        requires.is_met(|source| match source {
            Source::Input(input) => self.has(*input),
            Source::Column(input, column) => self.maps(*input, column),
        })
    }
}
