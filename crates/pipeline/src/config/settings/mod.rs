//! The effective settings as a list of texts, and their digest.

mod checks;
mod inputs;

use std::fmt::{Debug, Display};
use std::path::Path;

use chrono_tz::Tz;
use kohort_checks::Severity;
use kohort_model::{Basis, Grain, SegmentAt, Setting, SettingKind, SettingsSection};
use kohort_publish::Layout;
use kohort_scorecard::Beyond;

use super::{Activity, Lapse, Pipeline};

impl Pipeline {
    /// Every setting that bears on the result, as (dotted key, value), in a fixed order. What is
    /// not set has no entry, and neither has what the history has no use for.
    #[must_use]
    pub fn settings(&self) -> Vec<(String, String)> {
        let mut list = Settings::default();
        list.add("name", &self.name);
        self.list_calendar(&mut list);
        self.list_customers(&mut list);
        for input in &self.inputs {
            let is_history = Some(input.spec.input) == self.basis.input();
            list.input(input, is_history.then_some(&self.basis));
        }
        for lookup in &self.lookups {
            let name = format!("lookups.{}", lookup.name);
            list.texts(&format!("{name}.path"), &lookup.paths);
            list.add(&format!("{name}.key"), &lookup.key);
            list.option(&format!("{name}.where"), lookup.filter.as_ref());
            let unknown = lookup.unknown_keys.map_or("ignore", Severity::name);
            list.add(&format!("{name}.unknown_keys"), unknown);
        }
        if self.basis.basis().is_none() {
            list.money(&self.basis.money_section(), &self.basis);
        }
        list.add("segments.max_segment_values", self.max_segment_values);
        for segment in &self.segments {
            let at = match segment.at {
                SegmentAt::First => "first",
                SegmentAt::Order => "order",
            };
            list.add(&format!("segments.{}.column", segment.name), &segment.column);
            list.add(&format!("segments.{}.at", segment.name), at);
        }
        self.list_measures(&mut list);
        list.path("outputs.path", &self.output);
        list.texts("outputs.tables", &self.tables);
        // Files have no entry, as they had none before there was anything else.
        if self.layout != Layout::Files {
            list.add("outputs.format", self.layout.name());
        }
        if let Layout::Hive { partition_by } = &self.layout {
            list.add("outputs.partition_by", partition_by);
        }
        list.checks(&self.checks, self.basis.basis());
        list.0
    }

    /// BLAKE3 of the effective settings, overrides included, in hexadecimal. Comments, layout and
    /// defaults that are spelled out do not change it.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for (key, value) in self.settings() {
            for part in [key, value] {
                hasher.update(&(part.len() as u64).to_le_bytes());
                hasher.update(part.as_bytes());
            }
        }
        hasher.finalize().to_hex().to_string()
    }

    fn list_calendar(&self, list: &mut Settings) {
        list.add("calendar.timezone", self.timezone.name());
        list.option("calendar.naive_times", self.naive_times.map(Tz::name));
        list.add("calendar.week_start", self.calendar.week_start.name());
        list.add("calendar.fiscal_year_start", self.calendar.fiscal_year_start);
        let grains: Vec<_> = self.grains.iter().map(|settings| settings.grain.name()).collect();
        list.texts("calendar.grains", &grains);
        list.option("calendar.as_of", self.as_of);
        list.option("calendar.history_start", self.history_start);
        for settings in &self.grains {
            let grain = settings.grain.name();
            if self.basis.basis().is_some() {
                list.option(&format!("calendar.max_k.{grain}"), settings.max_k);
                list.add(&format!("revenue.window.{grain}"), settings.revenue_window);
            }
        }
    }

    fn list_customers(&self, list: &mut Settings) {
        let Some(basis) = self.basis.basis() else { return };
        let lapse_after = match basis {
            Basis::Orders => "customers.lapse_after_days",
            Basis::Subscriptions => "customers.reactivation_gap_days",
        };
        match self.lapse_after {
            Lapse::Days(days) => list.add(lapse_after, days),
            Lapse::Auto => list.add(lapse_after, "auto"),
        }
        if basis == Basis::Orders {
            list.add(
                "customers.activity",
                match self.activity {
                    Activity::Sales => "sales",
                    Activity::Any => "any",
                },
            );
        }
    }

    fn list_measures(&self, list: &mut Settings) {
        for section in kohort_measures::settings() {
            let is_met = |requires| self.lack(requires).is_none();
            let keys = section.keys.iter().filter(|setting| is_met(setting.requires));
            for setting in keys.filter(|_| is_met(section.requires)) {
                list.measure(&self.measures, section, setting);
            }
        }
        for threshold in &self.alerts {
            let metric = &threshold.metric;
            let mut add = |key: &str, value: &dyn Display| {
                list.add(&format!("alerts.{metric}.{key}"), value);
            };
            match threshold.beyond {
                Beyond::Above(limit) => add("above", &limit),
                Beyond::Below(limit) => add("below", &limit),
                Beyond::Unusual(side) => add("unusual", &side.name()),
            }
            let grain = threshold.grain.map(Grain::name);
            list.option(&format!("alerts.{metric}.grain"), grain);
        }
    }
}

#[derive(Default)]
struct Settings(Vec<(String, String)>);

impl Settings {
    fn reasons(&mut self, key: &str, reasons: &[(String, String)]) {
        for (found, reason) in reasons {
            self.add(&format!("{key}.{found:?}"), reason);
        }
    }

    /// The value of a measure's key, the default where nothing is given; no entry where there is none.
    fn measure(
        &mut self,
        settings: &kohort_model::Settings,
        section: &'static SettingsSection,
        setting: &Setting,
    ) {
        let (key, name) = (format!("{}.{}", section.name, setting.key), setting.key);
        match setting.kind {
            SettingKind::Whole { .. } => {
                self.option(&key, settings.whole_or_derived(section, name));
            }
            SettingKind::Number { .. } => self.add(&key, settings.number(section, name)),
            SettingKind::Choice(_) => self.add(&key, settings.choice(section, name)),
            SettingKind::KnownDay => self.option(&key, settings.day(section, name)),
            SettingKind::Texts { .. } => {
                let texts = settings.texts(section, name);
                if !texts.is_empty() {
                    self.texts(&key, texts);
                }
            }
            SettingKind::Renamed => self.reasons(&key, settings.renamed(section, name)),
        }
    }

    fn add(&mut self, key: &str, value: impl Display) {
        self.0.push((key.to_owned(), value.to_string()));
    }

    fn option(&mut self, key: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.add(key, value);
        }
    }

    fn path(&mut self, key: &str, path: &Path) {
        self.add(key, path.display());
    }

    fn texts(&mut self, key: &str, texts: &[impl Debug]) {
        self.add(key, format!("{texts:?}"));
    }
}
