//! What other programs are told of a run while it is at work and when it ends.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use kohort_disk::Registered;
use kohort_load::Opened;
use kohort_model::ColumnType;
use kohort_publish::{
    Dataset, DatasetField, InputRecord, Layout, Lineage, RunId, RunRecord, RunState, Statistics,
    write_metrics,
};

use crate::sources::sources;
use crate::{Event, Pipeline, RunError, RunSummary, Substituted, schemas};

/// How long an address may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The same while the process is told to end, within two seconds.
const LAST_PATIENCE: Duration = Duration::from_millis(500);

/// A run that other programs are told of. One that is dropped before its end is told to have failed
/// only where the process itself ends.
pub(crate) struct Records<'a> {
    observe: &'a (dyn Fn(Event) + Sync),
    run: Arc<Run>,
    at_work: Registered<'static>,
}

/// What is told, and where.
#[derive(Clone)]
struct Run {
    pipeline: String,
    lineage: Option<Lineage>,
    prometheus: Option<PathBuf>,
    /// Name of each input and what it lies in, in the order of the pipeline.
    inputs: Vec<(&'static str, Vec<Dataset>)>,
    output: String,
    layout: Layout,
    /// What of the texts above is from the environment.
    substituted: Substituted,
}

impl<'a> Records<'a> {
    /// Tells that the run begins. What cannot be told, here and below, is a warning.
    pub fn begin(
        pipeline: &Pipeline,
        run_id: &RunId,
        started_at: DateTime<Utc>,
        observe: &'a (dyn Fn(Event) + Sync),
    ) -> Self {
        let settings = &pipeline.records;
        let hide = |text: &str| pipeline.substituted.hide(text).into_owned();
        let name = hide(&pipeline.name);
        let lineage = settings.lineage.clone().map(|target| {
            Lineage::new(target, hide(&settings.lineage_namespace), &*name, run_id.clone())
        });
        let run = Arc::new(Run {
            pipeline: name.clone(),
            lineage,
            prometheus: settings.prometheus.clone(),
            inputs: (sources(pipeline).iter())
                .map(|source| (source.input().name(), datasets(&source.paths)))
                .collect(),
            output: pipeline.output.display().to_string(),
            layout: pipeline.layout.clone(),
            substituted: pipeline.substituted.clone(),
        });
        observe(Event::RunStarted { run_id: run_id.to_string(), pipeline: name });
        warn(observe, run.tell(RunState::Start, started_at, &run.places(), PATIENCE));
        let of_process = Arc::clone(&run);
        let at_work = kohort_disk::on_abandon(move || {
            // Whoever ends the process says why it ends, and there is no time for more.
            let _ = of_process.fail("the process was told to end", LAST_PATIENCE);
        });
        Self { observe, run, at_work }
    }

    /// Who waits for the run.
    pub fn observe(&self) -> &'a (dyn Fn(Event) + Sync) {
        self.observe
    }

    /// Takes note of the columns that are read.
    pub fn opened(&mut self, inputs: &[Opened]) {
        let run = Arc::make_mut(&mut self.run);
        for opened in inputs {
            let name = opened.input().name();
            let fields = fields_of_input(&opened.columns());
            let of_input = run.inputs.iter_mut().filter(|(input, _)| *input == name);
            for dataset in of_input.flat_map(|(_, datasets)| datasets) {
                dataset.fields.clone_from(&fields);
            }
        }
    }

    /// Tells how the run ends.
    pub fn end(self, result: &Result<RunSummary, RunError>) {
        // From here on the run ends by itself.
        drop(self.at_work);
        warn(
            self.observe,
            match result {
                Ok(summary) => self.run.complete(&summary.record, !summary.is_unchanged),
                Err(error) => self.run.fail(&error.to_string(), PATIENCE),
            },
        );
    }
}

impl Run {
    /// `is_new` is whether the record is of this run: one that had nothing to do has that of the run
    /// before it.
    fn complete(&self, record: &RunRecord, is_new: bool) -> Vec<String> {
        let now = Utc::now();
        let inputs: Vec<Dataset> = (record.inputs.iter())
            .flat_map(|input| {
                let places = self.inputs.iter().find(|(name, _)| *name == input.input);
                let mut places = places.map(|(_, places)| places.clone()).unwrap_or_default();
                if is_new {
                    count(&mut places, input);
                }
                places
            })
            .collect();
        let outputs = if is_new { self.outputs(record) } else { Vec::new() };
        let mut warnings = self.tell(RunState::Complete, now, &(inputs, outputs), PATIENCE);
        let mut measured = record.clone();
        if !is_new {
            measured.inputs.iter_mut().for_each(nothing_read);
        }
        warnings.extend(self.write_metrics(now, Some(&measured)));
        warnings
    }

    fn fail(&self, message: &str, patience: Duration) -> Vec<String> {
        let now = Utc::now();
        let mut warnings: Vec<_> = self.write_metrics(now, None).into_iter().collect();
        let message = self.substituted.hide(message);
        warnings.extend(self.tell(RunState::Fail(&message), now, &self.places(), patience));
        warnings
    }

    fn tell(
        &self,
        state: RunState<'_>,
        moment: DateTime<Utc>,
        (inputs, outputs): &(Vec<Dataset>, Vec<Dataset>),
        patience: Duration,
    ) -> Vec<String> {
        let hide = |text: &str| self.substituted.hide(text).into_owned();
        let hidden = |datasets: &[Dataset]| -> Vec<Dataset> {
            datasets.iter().map(|dataset| dataset.with_texts(&hide)).collect()
        };
        let (inputs, outputs) = (hidden(inputs), hidden(outputs));
        let told =
            self.lineage.iter().map(|to| to.tell(state, moment, (&inputs, &outputs), patience));
        told.filter_map(Result::err).map(|error| error.to_string()).collect()
    }

    fn write_metrics(&self, now: DateTime<Utc>, record: Option<&RunRecord>) -> Option<String> {
        let path = self.prometheus.as_ref()?;
        write_metrics(path, &self.pipeline, now, record).err().map(|error| error.to_string())
    }

    /// What would be read; nothing is written yet.
    fn places(&self) -> (Vec<Dataset>, Vec<Dataset>) {
        (self.inputs.iter().flat_map(|(_, places)| places.clone()).collect(), Vec::new())
    }

    /// The tables as readers find them.
    fn outputs(&self, record: &RunRecord) -> Vec<Dataset> {
        (record.tables.iter())
            .map(|table| Dataset {
                version: Some(record.run_id.to_string()),
                fields: fields_of_table(&table.name),
                statistics: Some(Statistics { rows: table.rows, bytes: table.bytes, files: 1 }),
                ..Dataset::at(&self.place(&table.name))
            })
            .collect()
    }

    fn place(&self, table: &str) -> String {
        let output = self.output.trim_end_matches('/');
        let is_divided = |column: &str| {
            let schema = schemas().into_iter().find(|schema| schema.name == table);
            schema.is_some_and(|schema| {
                let mut columns = schema.columns.iter().filter(|found| found.name == column);
                schema.key.contains(&column)
                    && columns.any(|column| Layout::can_partition_by(column.ty))
            })
        };
        match &self.layout {
            Layout::Delta => format!("{output}/delta/{table}"),
            Layout::Hive { partition_by } if is_divided(partition_by) => {
                format!("{output}/current/{table}")
            }
            Layout::Files | Layout::Hive { .. } => format!("{output}/current/{table}.parquet"),
        }
    }
}

fn warn(observe: &(dyn Fn(Event) + Sync), warnings: Vec<String>) {
    for warning in warnings {
        observe(Event::Warning(warning));
    }
}

/// What a run that had nothing to do has read of an input: not a row of its files.
fn nothing_read(input: &mut InputRecord) {
    input.rows_read = 0;
    input.files_reused = input.files.len() as u64;
    input.files.iter_mut().for_each(|file| file.rows_read = 0);
}

/// The files and folders that patterns stand for, each once.
fn datasets(patterns: &[String]) -> Vec<Dataset> {
    let mut datasets: Vec<Dataset> = Vec::with_capacity(patterns.len());
    for pattern in patterns {
        let dataset = Dataset::at(&place(pattern));
        if !datasets.contains(&dataset) {
            datasets.push(dataset);
        }
    }
    datasets
}

/// A pattern up to its first placeholder. What is escaped in it is none.
fn place(pattern: &str) -> String {
    const ESCAPED: [(&str, &str); 4] = [("[[]", "["), ("[]]", "]"), ("[*]", "*"), ("[?]", "?")];
    if pattern.starts_with("http://") || pattern.starts_with("https://") {
        return pattern.to_owned();
    }
    let has_placeholder = |part: &str| {
        let plain = ESCAPED.iter().fold(part.to_owned(), |part, (from, _)| part.replace(from, ""));
        plain.contains(['*', '?', '['])
    };
    let parts: Vec<&str> = pattern.split('/').take_while(|part| !has_placeholder(part)).collect();
    ESCAPED.iter().fold(parts.join("/"), |place, (from, to)| place.replace(from, to))
}

/// Counts each file of an input that was read where it lies. What was known without reading it counts
/// nowhere: `OpenLineage` asks for what a run has read.
fn count(places: &mut [Dataset], input: &InputRecord) {
    for file in &input.files {
        let at = Dataset::at(&file.path);
        let holds = |place: &Dataset| {
            let rest =
                at.name.strip_prefix(&place.name).filter(|_| at.namespace == place.namespace);
            rest.is_some_and(|rest| {
                rest.is_empty() || rest.starts_with('/') || place.name.is_empty()
            })
        };
        // A file that a link leads to may lie elsewhere.
        let found = (0..places.len()).filter(|p| holds(&places[*p]));
        let found = found.max_by_key(|p| places[*p].name.len()).unwrap_or(0);
        if let Some(place) = places.get_mut(found) {
            let counted = place.statistics.get_or_insert_default();
            if file.rows_read > 0 {
                counted.rows += file.rows_read;
                counted.bytes += file.bytes;
                counted.files += 1;
            }
        }
    }
}

/// The columns of an input that are read as they stand, from key, expression and type of all that is
/// mapped.
fn fields_of_input(mapped: &[(String, String, String)]) -> Vec<DatasetField> {
    let mut fields: BTreeMap<&str, (&str, Vec<&str>)> = BTreeMap::new();
    for (key, expression, ty) in mapped {
        let column = expression.trim().trim_matches('"');
        let is_name = column.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && column.chars().all(|c| c.is_alphanumeric() || c == '_');
        if is_name {
            fields.entry(column).or_insert((ty, Vec::new())).1.push(key);
        }
    }
    let field = |(name, (ty, keys)): (&str, (&str, Vec<&str>))| DatasetField {
        name: name.to_owned(),
        ty: ty.to_owned(),
        description: keys.join(", "),
    };
    fields.into_iter().map(field).collect()
}

/// The columns of a table that do not depend on the pipeline.
fn fields_of_table(name: &str) -> Vec<DatasetField> {
    let schema = schemas().into_iter().find(|schema| schema.name == name);
    let columns = schema.map(|schema| schema.columns).unwrap_or_default();
    let field = |column: &kohort_model::Column| DatasetField {
        name: column.name.to_owned(),
        ty: match column.ty {
            ColumnType::Text => "VARCHAR",
            ColumnType::Date => "DATE",
            ColumnType::Int32 => "INTEGER",
            ColumnType::Int64 => "BIGINT",
            ColumnType::Float64 => "DOUBLE",
            ColumnType::Money => "DECIMAL(38)",
            ColumnType::Boolean => "BOOLEAN",
            ColumnType::Id => "ID",
        }
        .to_owned(),
        description: column.description.to_owned(),
    };
    columns.iter().map(field).collect()
}

#[cfg(test)]
mod tests {
    use kohort_publish::FileRecord;

    use super::*;

    #[test]
    fn places_of_patterns() {
        for (pattern, expected) in [
            ("/data/orders.parquet", "/data/orders.parquet"),
            ("/data/orders", "/data/orders"),
            ("/data/orders/*.parquet", "/data/orders"),
            ("/data/orders/*/2024-?.parquet", "/data/orders"),
            ("/a [[]b[]] [*]/orders/[0-9].parquet", "/a [b] */orders"),
            ("s3://bucket/orders/*.parquet", "s3://bucket/orders"),
            ("s3://bucket/*.parquet", "s3://bucket"),
            ("https://host/a.parquet?x=[1]", "https://host/a.parquet?x=[1]"),
        ] {
            assert_eq!(place(pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn files_count_where_they_lie() {
        let file = |path: &str, rows| FileRecord {
            path: path.to_owned(),
            rows,
            rows_read: rows,
            bytes: 10 * rows,
            ..FileRecord::default()
        };
        let input = InputRecord {
            files: vec![
                file("/data/new/a.parquet", 1),
                file("/data/new/b.parquet", 20),
                file("/data/new/late/a.parquet", 300),
                file("/data/newer.parquet", 4000),
                file("/elsewhere/a.parquet", 50_000),
                FileRecord { rows_read: 0, ..file("/data/new/known.parquet", 600_000) },
            ],
            ..InputRecord::default()
        };
        let patterns = ["/data/old/*", "/data/new", "/data/new/late/*", "/data/newer.parquet"];
        let mut places = datasets(&patterns.map(str::to_owned));
        count(&mut places, &input);
        let rows: Vec<_> = places
            .iter()
            .map(|place| place.statistics.map(|counted| (counted.rows, counted.files)))
            .collect();
        assert_eq!(rows, [Some((50_000, 1)), Some((21, 2)), Some((300, 1)), Some((4000, 1))]);
    }

    #[test]
    fn columns_are_those_that_stand_as_they_are() {
        let mapped =
            |key: &str, expression: &str| (key.to_owned(), expression.to_owned(), "i64".to_owned());
        let fields = fields_of_input(&[
            mapped("customer_id", "customer"),
            mapped("ordered_at", "\"day\""),
            mapped("amount", "price * units"),
            mapped("status", "'paid'"),
            mapped("order_id", "customer"),
        ]);
        let told: Vec<_> = fields.iter().map(|f| (&*f.name, &*f.ty, &*f.description)).collect();
        assert_eq!(
            told,
            [("customer", "i64", "customer_id, order_id"), ("day", "i64", "ordered_at")]
        );
    }

    #[test]
    fn every_table_has_columns() {
        for schema in schemas() {
            assert_eq!(fields_of_table(schema.name).len(), schema.columns.len());
        }
        assert!(fields_of_table("another").is_empty());
    }
}
