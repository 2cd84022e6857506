//! Settings of measures: their sections of the pipeline file, and the values given there.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::{Day, Requires};

/// A section of the pipeline file, such as `[win_back]`, or keys that measures add to a section of
/// the pipeline.
#[derive(Debug)]
pub struct SettingsSection {
    /// Its name.
    pub name: &'static str,
    /// One sentence: what it sets.
    pub meaning: &'static str,
    /// The inputs without which it has no effect, and may not be there.
    pub requires: Requires,
    /// Its keys.
    pub keys: &'static [Setting],
}

/// A key of a section.
#[derive(Debug)]
pub struct Setting {
    /// The key.
    pub key: &'static str,
    /// What may be given, and what holds where nothing is.
    pub kind: SettingKind,
    /// One sentence: what it sets.
    pub meaning: &'static str,
    /// A line of TOML that sets it.
    pub example: &'static str,
    /// The inputs without which the key has no effect, and may not be there.
    pub requires: Requires,
}

impl Setting {
    /// A key that has an effect wherever its section has.
    #[must_use]
    pub const fn new(
        key: &'static str,
        kind: SettingKind,
        meaning: &'static str,
        example: &'static str,
    ) -> Self {
        Self { key, kind, meaning, example, requires: Requires::NOTHING }
    }

    /// The same key, without effect unless one of these inputs is there.
    #[must_use]
    pub const fn only_with(mut self, requires: Requires) -> Self {
        self.requires = requires;
        self
    }
}

/// The type of a setting.
#[derive(Debug)]
pub enum SettingKind {
    /// A whole number.
    Whole {
        /// What holds where nothing is given.
        default: WholeDefault,
        /// What may be given.
        range: RangeInclusive<u32>,
        /// What the number counts, in the plural: `days`.
        unit: &'static str,
    },
    /// A number with decimals.
    Number {
        /// What holds where nothing is given.
        default: f64,
        /// What may be given.
        within: Within,
        /// What may be given, as errors say it: `a share from 0 to 1, such as 0.001`.
        allowed: &'static str,
    },
    /// One of some names; the first is the default.
    Choice(&'static [&'static str]),
    /// A day within the known history; none by default.
    KnownDay,
    /// Different texts, in order.
    Texts {
        /// How many there may be.
        count: RangeInclusive<usize>,
        /// Whether they must be given.
        is_needed: bool,
        /// What may be given, as errors say it.
        allowed: &'static str,
    },
    /// A table that gives texts of an input other names.
    Renamed,
}

/// What a whole number is where nothing is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WholeDefault {
    /// This number.
    Number(u32),
    /// What the measure makes of the pipeline's other settings, in words.
    Derived(&'static str),
}

/// The numbers that may be given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Within {
    /// From the first to the second.
    Closed(f64, f64),
    /// From the first to below the second.
    HalfOpen(f64, f64),
    /// Above the first, to the second.
    Above(f64, f64),
}

impl Within {
    /// Whether a number may be given; NaN may not.
    #[must_use]
    pub fn contains(self, number: f64) -> bool {
        match self {
            Self::Closed(from, to) => from <= number && number <= to,
            Self::HalfOpen(from, to) => from <= number && number < to,
            Self::Above(from, to) => from < number && number <= to,
        }
    }
}

impl SettingKind {
    /// Days from 1 on, with a default.
    #[must_use]
    pub const fn days(default: u32) -> Self {
        Self::whole(default, 1..=36_500, "days")
    }

    /// Days from 0 on, with a default.
    #[must_use]
    pub const fn days_from_0(default: u32) -> Self {
        Self::whole(default, 0..=36_500, "days")
    }

    /// A whole number with a default.
    #[must_use]
    pub const fn whole(default: u32, range: RangeInclusive<u32>, unit: &'static str) -> Self {
        Self::Whole { default: WholeDefault::Number(default), range, unit }
    }
}

/// What a pipeline file gives for one key.
#[derive(Clone, Debug, PartialEq)]
pub enum SettingValue {
    /// A whole number.
    Whole(u32),
    /// A number with decimals.
    Number(f64),
    /// One of the names of a choice.
    Choice(&'static str),
    /// A day.
    Day(Day),
    /// Texts in order.
    Texts(Vec<String>),
    /// Text as found in an input → text to report, sorted by the former.
    Renamed(Vec<(String, String)>),
}

/// The settings of all measures; what is not given has its default.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    given: BTreeMap<(&'static str, &'static str), SettingValue>,
}

impl Settings {
    /// Sets a key of a section.
    pub fn set(&mut self, section: &'static SettingsSection, key: &str, value: SettingValue) {
        let key = section.setting(key).key;
        self.given.insert((section.name, key), value);
    }

    /// What is given for a key; `None` where it has its default.
    #[must_use]
    pub fn given(&self, section: &SettingsSection, key: &str) -> Option<&SettingValue> {
        self.given.get(&(section.name, section.setting(key).key))
    }

    /// A whole number: what is given, or the default; `None` where that is derived.
    ///
    /// # Panics
    /// As all that follow, where the section has no such key, or one of another kind: measures ask
    /// for the keys that they declare, so that their tests would not pass.
    #[must_use]
    pub fn whole_or_derived(&self, section: &SettingsSection, key: &str) -> Option<u32> {
        match (self.given(section, key), &section.setting(key).kind) {
            (Some(SettingValue::Whole(number)), _) => Some(*number),
            (None, SettingKind::Whole { default: WholeDefault::Number(number), .. }) => {
                Some(*number)
            }
            (None, SettingKind::Whole { .. }) => None,
            (_, kind) => other_kind(section, key, kind),
        }
    }

    /// A whole number that has a default.
    ///
    /// # Panics
    /// Also where the default is derived.
    #[must_use]
    pub fn whole(&self, section: &SettingsSection, key: &str) -> u32 {
        self.whole_or_derived(section, key).expect("a setting with a default")
    }

    /// A number with decimals.
    #[must_use]
    pub fn number(&self, section: &SettingsSection, key: &str) -> f64 {
        match (self.given(section, key), &section.setting(key).kind) {
            (Some(SettingValue::Number(number)), _) => *number,
            (None, SettingKind::Number { default, .. }) => *default,
            (_, kind) => other_kind(section, key, kind),
        }
    }

    /// The name of a choice.
    #[must_use]
    pub fn choice(&self, section: &SettingsSection, key: &str) -> &'static str {
        match (self.given(section, key), &section.setting(key).kind) {
            (Some(SettingValue::Choice(name)), _) => name,
            (None, SettingKind::Choice(names)) => names[0],
            (_, kind) => other_kind(section, key, kind),
        }
    }

    /// A day, if one is given.
    #[must_use]
    pub fn day(&self, section: &SettingsSection, key: &str) -> Option<Day> {
        match (self.given(section, key), &section.setting(key).kind) {
            (Some(SettingValue::Day(day)), _) => Some(*day),
            (None, SettingKind::KnownDay) => None,
            (_, kind) => other_kind(section, key, kind),
        }
    }

    /// Texts in order; none where none are given.
    #[must_use]
    pub fn texts(&self, section: &SettingsSection, key: &str) -> &[String] {
        match (self.given(section, key), &section.setting(key).kind) {
            (Some(SettingValue::Texts(texts)), _) => texts,
            (None, SettingKind::Texts { .. }) => &[],
            (_, kind) => other_kind(section, key, kind),
        }
    }

    /// Text as found in an input → text to report, sorted by the former.
    #[must_use]
    pub fn renamed(&self, section: &SettingsSection, key: &str) -> &[(String, String)] {
        match (self.given(section, key), &section.setting(key).kind) {
            (Some(SettingValue::Renamed(texts)), _) => texts,
            (None, SettingKind::Renamed) => &[],
            (_, kind) => other_kind(section, key, kind),
        }
    }
}

fn other_kind(section: &SettingsSection, key: &str, kind: &SettingKind) -> ! {
    panic!("{}.{key} is {kind:?}", section.name)
}

impl SettingsSection {
    /// The setting of a key.
    ///
    /// # Panics
    /// Where the section has no such key.
    #[must_use]
    pub fn setting(&self, key: &str) -> &'static Setting {
        let found = self.keys.iter().find(|setting| setting.key == key);
        found.unwrap_or_else(|| panic!("[{}] has no key {key}", self.name))
    }
}
