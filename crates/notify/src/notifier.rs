//! The notifier of a run: says that it begins, and how it ends.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use kohort_disk::{Registered, RunId, on_abandon};
use kohort_model::TableSchema;
use kohort_publish::{InputRecord, Layout, RunRecord};

use crate::datasets::{MappedColumn, count, datasets, fields_of_input, fields_of_table};
use crate::lineage::{Dataset, Lineage, LineageTarget, Ports, RunState, Statistics};
use crate::prometheus::write_metrics;

/// How long an address may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The same while the process is asked to end, within two seconds.
const LAST_PATIENCE: Duration = Duration::from_millis(500);

/// What is said of the runs of a pipeline, and where.
#[derive(Clone)]
pub struct Settings {
    /// Name of the pipeline.
    pub pipeline: String,
    /// Where lineage events go.
    pub lineage: Option<LineageTarget>,
    /// The namespace of the pipeline's name in them.
    pub lineage_namespace: String,
    /// The file for Prometheus.
    pub prometheus: Option<PathBuf>,
    /// The inputs in the order of the pipeline.
    pub inputs: Vec<InputPlace>,
    /// Folder or URL of the output.
    pub output: String,
    /// How tables are laid out in it.
    pub layout: Layout,
    /// Every table that there is.
    pub tables: Vec<&'static TableSchema>,
    /// Puts the names of environment variables in place of their values.
    pub hide: Arc<dyn Fn(&str) -> String + Send + Sync>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("pipeline", &self.pipeline).finish_non_exhaustive()
    }
}

/// An input or a lookup, and the patterns of its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputPlace {
    /// Its name in the pipeline file, that of a lookup with its section: `lookups.products`.
    pub name: String,
    /// Paths or URLs, which may have placeholders.
    pub patterns: Vec<String>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    /// It was published.
    Published(&'a RunRecord),
    /// It had nothing to do: the run of this record would have come out.
    Unchanged(&'a RunRecord),
    /// It failed, for this reason.
    Failed(&'a str),
}

/// Says what becomes of a run. One that is dropped before its end is said to have failed only where the
/// process itself ends.
pub struct Notifier<'a> {
    warn: &'a (dyn Fn(String) + Sync),
    run: Arc<Run>,
    at_work: Registered<'static>,
}

impl fmt::Debug for Notifier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notifier").field("at_work", &self.at_work).finish_non_exhaustive()
    }
}

/// A run, as its notifications have it.
#[derive(Clone)]
struct Run {
    settings: Settings,
    lineage: Option<Lineage>,
    inputs: Vec<InputDatasets>,
}

/// An input or a lookup, and what its files are in.
#[derive(Clone)]
struct InputDatasets {
    name: String,
    datasets: Vec<Dataset>,
}

impl<'a> Notifier<'a> {
    /// Says that a run begins. What cannot be said, here and below, is a warning.
    pub fn begin(
        settings: Settings,
        run_id: &RunId,
        started_at: DateTime<Utc>,
        warn: &'a (dyn Fn(String) + Sync),
    ) -> Self {
        let hide = &settings.hide;
        let lineage = settings.lineage.clone().map(|target| {
            let namespace = hide(&settings.lineage_namespace);
            Lineage::new(target, namespace, hide(&settings.pipeline), run_id.clone())
        });
        let inputs = settings.inputs.iter().map(|input| InputDatasets {
            name: input.name.clone(),
            datasets: datasets(&input.patterns),
        });
        let run = Arc::new(Run { lineage, inputs: inputs.collect(), settings });
        run.send(RunState::Start, started_at, &run.places(), PATIENCE).into_iter().for_each(warn);
        let of_process = Arc::clone(&run);
        let at_work = on_abandon(move || {
            // Whoever ends the process says why it ends, and there is no time for more.
            let _ = of_process.fail("the process was told to end", LAST_PATIENCE);
        });
        Self { warn, run, at_work }
    }

    /// Takes note of the columns of an input.
    pub fn mapped(&mut self, input: &str, columns: &[MappedColumn]) {
        let fields = fields_of_input(columns);
        let inputs = &mut Arc::make_mut(&mut self.run).inputs;
        for found in inputs.iter_mut().filter(|found| found.name == input) {
            found.datasets.iter_mut().for_each(|dataset| dataset.fields.clone_from(&fields));
        }
    }

    /// Says how the run ended.
    pub fn end(self, outcome: Outcome<'_>) {
        // From here on the run ends by itself.
        drop(self.at_work);
        let warnings = match outcome {
            Outcome::Published(record) => self.run.complete(record, true),
            Outcome::Unchanged(record) => self.run.complete(record, false),
            Outcome::Failed(reason) => self.run.fail(reason, PATIENCE),
        };
        warnings.into_iter().for_each(self.warn);
    }
}

impl Run {
    /// `is_new` is whether the record is of this run: one that had nothing to do has that of the run
    /// before it.
    fn complete(&self, record: &RunRecord, is_new: bool) -> Vec<String> {
        let now = Utc::now();
        let inputs = record.inputs.iter().map(|input| (input.input.clone(), &input.files));
        let lookups = record.lookups.iter();
        let lookups = lookups.map(|lookup| (format!("lookups.{}", lookup.lookup), &lookup.files));
        let inputs = inputs.chain(lookups).flat_map(|(name, files)| {
            let found = self.inputs.iter().find(|found| found.name == name);
            let mut places = found.map(|found| found.datasets.clone()).unwrap_or_default();
            if is_new {
                count(&mut places, files);
            }
            places
        });
        let outputs = if is_new { self.outputs(record) } else { Vec::new() };
        let ports = Ports { inputs: inputs.collect(), outputs };
        let mut warnings = self.send(RunState::Complete, now, &ports, PATIENCE);
        let mut measured = record.clone();
        if !is_new {
            measured.inputs.iter_mut().for_each(nothing_read);
        }
        warnings.extend(self.write_metrics(now, Some(&measured)));
        warnings
    }

    fn fail(&self, reason: &str, patience: Duration) -> Vec<String> {
        let now = Utc::now();
        let mut warnings: Vec<_> = self.write_metrics(now, None).into_iter().collect();
        let reason = (self.settings.hide)(reason);
        warnings.extend(self.send(RunState::Fail(&reason), now, &self.places(), patience));
        warnings
    }

    /// Sends a lineage event; why it did not arrive.
    fn send(
        &self,
        state: RunState<'_>,
        moment: DateTime<Utc>,
        ports: &Ports,
        patience: Duration,
    ) -> Vec<String> {
        let hidden = |datasets: &[Dataset]| -> Vec<Dataset> {
            datasets.iter().map(|dataset| dataset.with_texts(&*self.settings.hide)).collect()
        };
        let ports = Ports { inputs: hidden(&ports.inputs), outputs: hidden(&ports.outputs) };
        let sent = self.lineage.iter().map(|to| to.send(state, moment, &ports, patience));
        sent.filter_map(Result::err).map(|error| error.to_string()).collect()
    }

    fn write_metrics(&self, now: DateTime<Utc>, record: Option<&RunRecord>) -> Option<String> {
        let path = self.settings.prometheus.as_ref()?;
        let name = (self.settings.hide)(&self.settings.pipeline);
        write_metrics(path, &name, now, record).err().map(|error| error.to_string())
    }

    /// What would be read; nothing is written yet.
    fn places(&self) -> Ports {
        let inputs = self.inputs.iter().flat_map(|input| input.datasets.clone());
        Ports { inputs: inputs.collect(), outputs: Vec::new() }
    }

    /// The tables as readers find them.
    fn outputs(&self, record: &RunRecord) -> Vec<Dataset> {
        let output = record.tables.iter().map(|table| {
            let schema = self.settings.tables.iter().find(|schema| schema.name == table.name);
            Dataset {
                version: Some(record.run_id.to_string()),
                fields: schema.map(|schema| fields_of_table(schema)).unwrap_or_default(),
                statistics: Some(Statistics { rows: table.rows, bytes: table.bytes, files: 1 }),
                ..Dataset::at(&self.place(&table.name))
            }
        });
        output.collect()
    }

    fn place(&self, table: &str) -> String {
        let output = self.settings.output.trim_end_matches('/');
        let is_divided = |column: &str| {
            let schema = self.settings.tables.iter().find(|schema| schema.name == table);
            schema.is_some_and(|schema| {
                let mut columns = schema.columns.iter().filter(|found| found.name == column);
                schema.key.contains(&column)
                    && columns.any(|column| Layout::can_partition_by(column.ty))
            })
        };
        match &self.settings.layout {
            Layout::Delta => format!("{output}/delta/{table}"),
            Layout::Hive { partition_by } if is_divided(partition_by) => {
                format!("{output}/current/{table}")
            }
            Layout::Files | Layout::Hive { .. } => format!("{output}/current/{table}.parquet"),
        }
    }
}

/// What a run that had nothing to do has read of an input: not a row of its files.
fn nothing_read(input: &mut InputRecord) {
    input.rows_read = 0;
    input.files_reused = input.files.len() as u64;
    input.files.iter_mut().for_each(|file| file.rows_read = 0);
}
