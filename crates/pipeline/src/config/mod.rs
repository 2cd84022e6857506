//! The pipeline file: TOML in, plain settings out, with every default filled in, every path
//! absolute and every `${NAME}` replaced.

mod alerts;
mod calendar;
mod checks;
mod conflict;
mod customers;
mod error;
mod inputs;
mod keys;
mod lookups;
mod measures;
mod orders;
mod outputs;
mod records;
mod section;
mod segments;
mod settings;
mod state;
mod status;
mod substituted;
mod tables;
mod tree;
mod window;

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use kohort_model::{Basis, Calendar, Day, Grain, Input, Requires, Settings, Source};
use kohort_publish::Layout;
use kohort_scorecard::Threshold;

pub use checks::{Checks, ColumnRule, FreshnessRule, RowRule};
pub use conflict::{Conflict, Unmet};
pub use customers::{Activity, Lapse};
pub use error::{ConfigError, Hint, Place};
use inputs::Inputs;
pub use inputs::{Currency, History, MappedColumn, MappedInput, Rows};
pub(crate) use keys::{AnyKey, InputKey, Key, KeySection, sections};
pub use lookups::MappedLookup;
use measures::KnownDays;
pub use records::RecordSettings;
use section::{Item, Reader, Section};
pub use segments::Segment;
pub use status::ListedTexts;
pub use substituted::Substituted;
pub use tree::Override;

/// A pipeline file, checked and complete. Settings that its history has no use for are at their
/// defaults.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// The pipeline file, absolute.
    pub file: PathBuf,
    /// `name`; the file's name without its extension where it has none.
    pub name: String,
    /// Where a day begins.
    pub timezone: Tz,
    /// In which zone timestamps without one are, where an input names none of its own; `None` where it
    /// is not said.
    pub naive_times: Option<Tz>,
    /// How days form periods.
    pub calendar: Calendar,
    /// The grains asked for, finest first, each once, at least one.
    pub grains: Vec<GrainSettings>,
    /// Exclusive end of what is known; `None` for the day after the newest event, without a history after the
    /// newest day of all inputs.
    pub as_of: Option<Day>,
    /// Where the extract starts, if the business is older. Before `as_of`.
    pub history_start: Option<Day>,
    /// Days after which a customer has left: of orders those since the last; of subscriptions
    /// those between two that are overlooked.
    pub lapse_after: Lapse,
    /// Which events keep a customer active.
    pub activity: Activity,
    /// The history that makes customers of people, if one does.
    pub basis: History,
    /// Every input, in the order of [`Input::ALL`].
    pub inputs: Vec<MappedInput>,
    /// What expressions look values up in, sorted by name.
    pub lookups: Vec<MappedLookup>,
    /// Break-downs, sorted by name.
    pub segments: Vec<Segment>,
    /// Most values that one segment may have, 1 to 65535; more end the run.
    pub max_segment_values: u32,
    /// Settings of measures; what is not given has the default that the measure declares.
    pub measures: Settings,
    /// Thresholds, built-in ones included, at most one a metric, sorted by metric.
    pub alerts: Vec<Threshold>,
    /// The folder of the runs, absolute, or its URL.
    pub output: PathBuf,
    /// How the tables lie there.
    pub layout: Layout,
    /// Runs that stay beside the current one, itself included; at least 1.
    pub keep_runs: usize,
    /// The tables to compute, in the order in which tables are listed.
    pub tables: Vec<&'static str>,
    /// What must hold of the inputs and of the tables.
    pub checks: Checks,
    /// Where a run is told of.
    pub records: RecordSettings,
    /// The folder for what runs keep of what they read, absolute; `None` where nothing is kept.
    pub state: Option<PathBuf>,
    /// What it has from the environment: whatever leaves as a text has the names of the variables in
    /// place of their values.
    pub substituted: Substituted,
}

/// What `outputs.keep_runs` must be.
const KEEP_RUNS: &str = "a whole number of runs from 1 to 10000";

/// What is set for each grain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrainSettings {
    /// The grain.
    pub grain: Grain,
    /// Window of `revenue_churn` in periods, at least 1.
    pub revenue_window: u32,
    /// Largest `k` of `cohort_retention`.
    pub max_k: Option<u32>,
}

impl Pipeline {
    /// Reads and checks a pipeline file. `overrides` replace what it says, the last one last.
    ///
    /// # Errors
    /// A [`ConfigError`] for the first thing that is wrong.
    pub fn read(file: &Path, overrides: &[Override]) -> Result<Self, ConfigError> {
        let unreadable = |cause| ConfigError::Unreadable { file: file.to_owned(), cause };
        let text = fs::read_to_string(file).map_err(unreadable)?;
        let folder = file.parent().filter(|folder| *folder != Path::new(""));
        let folder = folder.unwrap_or(Path::new(".")).canonicalize().map_err(unreadable)?;
        let absolute = folder.join(file.file_name().unwrap_or_default());
        Self::parse(&text, file, &absolute, overrides, &|name| std::env::var(name).ok())
    }

    /// `file` is how messages name it, `absolute` where it is; its folder has no links in it.
    fn parse(
        text: &str,
        file: &Path,
        absolute: &Path,
        overrides: &[Override],
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut tree = tree::parse(text, file)?;
        for argument in overrides {
            tree::set(&mut tree, argument);
        }
        let folder = absolute.parent().unwrap_or(absolute);
        let substituted = RefCell::default();
        let reader = Reader { environment, folder, substituted: &substituted };
        let pipeline = Section::root(&tree, reader).and_then(|root| Self::of(&root, absolute));
        let substituted = substituted.into_inner();
        match pipeline {
            Ok(pipeline) => Ok(Self { substituted, ..pipeline }),
            Err(error) => Err(error.hiding(&substituted)),
        }
    }

    /// The settings of the file `absolute`, whose tables are in `root`.
    fn of(root: &Section<'_>, absolute: &Path) -> Result<Self, ConfigError> {
        let calendar = root.table("calendar")?;
        let customers = root.table("customers")?;
        let outputs = root.table("outputs")?;
        let checks = root.table("checks")?;

        let (unique_order_ids, unique_severity) = checks::unique_order_ids(&checks)?.unzip();
        let inputs = Inputs::read(root, unique_order_ids.as_ref())?;
        let basis = inputs.basis.basis();
        let lapse_after = customers::lapse_after(&customers, basis)?;
        match basis {
            Some(Basis::Orders) => {}
            Some(Basis::Subscriptions) => nothing_of_orders(&customers, unique_order_ids.as_ref())?,
            None => nothing_of_histories(root, unique_order_ids.as_ref())?,
        }
        let known_days = calendar::known_days(&calendar)?;
        let grains =
            calendar::grains(&calendar, &root.table("revenue")?, basis.unwrap_or_default())?;

        let name = match root.get("name") {
            Some(item) => item.text("a text, the pipeline's name")?,
            None => absolute.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        };
        let plan = root.table("inputs")?.table("subscriptions")?.get("plan");
        let (segments, max_segment_values) =
            segments::read(&root.open_table("segments")?, plan.as_ref())?;
        let output = outputs.need("path", "the folder that the tables are written to")?;
        let known = KnownDays { as_of: known_days.0, history_start: known_days.1 };
        let mut pipeline = Self {
            file: absolute.to_owned(),
            name,
            timezone: calendar::timezone(&calendar)?,
            naive_times: calendar::zone(&calendar, "naive_times")?,
            calendar: calendar::read(&calendar)?,
            as_of: known_days.0,
            history_start: known_days.1,
            lapse_after,
            activity: customers::activity(&customers)?,
            lookups: lookups::read(&root.open_table("lookups")?)?,
            segments,
            max_segment_values,
            measures: measures::read(root, &inputs, known)?,
            alerts: alerts::read(&root.open_table("alerts")?, &grains, basis)?,
            grains,
            output: output.path("a path or URL of a folder")?,
            layout: Layout::default(),
            keep_runs: outputs.integer_or("keep_runs", 7, 1..=10_000, KEEP_RUNS)? as usize,
            tables: Vec::new(),
            checks: checks::read(&checks, unique_severity, &inputs, known_days.0)?,
            records: records::read(&root.table("records")?)?,
            state: None,
            substituted: Substituted::default(),
            basis: inputs.basis,
            inputs: inputs.all,
        };
        alerts::offered(&root.open_table("alerts")?, &pipeline)?;
        pipeline.state = state::read(&root.table("state")?, &pipeline.output)?;
        pipeline.tables = tables::read(&outputs, &pipeline)?;
        pipeline.layout = outputs::layout(&outputs, &pipeline)?;
        Ok(pipeline)
    }

    /// In which zone timestamps without one are in an input; `None` where it is not said.
    #[must_use]
    pub fn naive_times(&self, input: Input) -> Option<Tz> {
        self.input(input).and_then(|mapped| mapped.timezone).or(self.naive_times)
    }

    /// What the file says of an input, if it has it.
    #[must_use]
    pub fn input(&self, input: Input) -> Option<&MappedInput> {
        self.inputs.iter().find(|mapped| mapped.spec.input == input)
    }

    /// Whether it has an input.
    #[must_use]
    pub fn has(&self, input: Input) -> bool {
        self.input(input).is_some()
    }

    /// Whether it has an input and maps its column of this name.
    #[must_use]
    pub fn maps(&self, input: Input, column: &str) -> bool {
        self.input(input).is_some_and(|mapped| mapped.column(column).is_some())
    }

    /// The settings of `grain`, if it is asked for.
    #[must_use]
    pub fn grain(&self, grain: Grain) -> Option<&GrainSettings> {
        self.grains.iter().find(|settings| settings.grain == grain)
    }

    /// What the pipeline would have to have to meet a requirement; `None` where it does.
    pub(crate) fn lack(&self, requires: Requires) -> Option<Unmet> {
        let is_met = requires.is_met(|source| match source {
            Source::Input(input) => self.has(*input),
            Source::Column(input, column) => self.maps(*input, column),
        });
        let basis = self.basis.basis();
        (!is_met).then_some(Unmet { requires, lacks_history: false, basis })
    }

    /// The texts that a setting of a measure lists, by its dotted key; none where nothing has it.
    #[must_use]
    pub fn listed(&self, key: &str) -> &[String] {
        let of =
            |(section, key)| Some(self.measures.texts(kohort_measures::section(section)?, key));
        key.split_once('.').and_then(of).unwrap_or_default()
    }

    /// The names that a setting of a measure gives texts of rows, by its dotted key, sorted by text;
    /// none where nothing has it.
    #[must_use]
    pub fn renamed(&self, key: &str) -> &[(String, String)] {
        let of =
            |(section, key)| Some(self.measures.renamed(kohort_measures::section(section)?, key));
        key.split_once('.').and_then(of).unwrap_or_default()
    }

    /// Every table that the inputs offer, those on request included, in the order in which tables are listed.
    #[must_use]
    pub fn offered_tables(&self) -> Vec<&'static str> {
        tables::offered_names(self)
    }
}

/// That nothing is set which only a history has a use for; what measures are set by is looked at with them.
fn nothing_of_histories(
    root: &Section<'_>,
    unique_order_ids: Option<&Item<'_>>,
) -> Result<(), ConfigError> {
    let of = |item: &Item<'_>, requires| {
        let unmet = Unmet { requires, lacks_history: false, basis: None };
        Err(item.conflict(Conflict::Unmet { unmet }))
    };
    if let Some(item) = unique_order_ids {
        return of(item, Requires::ORDERS);
    }
    let max_k = root.table("calendar")?.get("max_k");
    let segments = root.open_table("segments")?;
    let mut segments = segments.items().filter(|(name, _)| *name != "max_segment_values");
    let segment = segments.next().map(|(_, item)| item);
    match [max_k, segment, root.get("revenue")].iter().flatten().next() {
        Some(item) => of(item, Requires::HISTORY),
        None => Ok(()),
    }
}

/// That nothing is set which only orders have a use for.
fn nothing_of_orders(
    customers: &Section<'_>,
    unique_order_ids: Option<&Item<'_>>,
) -> Result<(), ConfigError> {
    let activity = customers.get("activity");
    match activity.iter().chain(unique_order_ids).next() {
        Some(item) => Err(item.conflict(Conflict::OrdersOnly)),
        None => Ok(()),
    }
}
