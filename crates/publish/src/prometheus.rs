//! What a run did, as a file for the textfile collector of Prometheus' node exporter.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::fs;
use std::io::Write as _;
use std::path::Path;

use chrono::{DateTime, Utc};
use kohort_disk as disk;

use crate::{InputRecord, PublishError, RunRecord, own};

/// The metric that outlives a run which fails.
const LAST_SUCCESS: &str = "kohort_run_last_success_timestamp_seconds";

/// How each such file begins.
const BEGIN: &[u8] = b"# HELP kohort_";

/// Replaces the file at `path` by the metrics of the run of `pipeline` that ended at `moment`, in one
/// step. A run that failed has no record; the time of the last success is then taken from the file
/// that was there.
///
/// # Errors
/// [`PublishError::Records`] where the disk refuses, or the file is of somebody else; it is then as it was.
pub fn write_metrics(
    path: &Path,
    pipeline: &str,
    moment: DateTime<Utc>,
    record: Option<&RunRecord>,
) -> Result<(), PublishError> {
    let now = seconds(moment);
    let last_success = if record.is_some() {
        Some(now.clone())
    } else {
        let old = disk::read_file(path).ok();
        old.and_then(|text| last_success(&String::from_utf8_lossy(&text)))
    };
    let text = Metrics::of(pipeline, &now, last_success, record).text;
    let write = || {
        fs::create_dir_all(path.parent().unwrap_or(path))?;
        // Not .prom: the collector must not read half of it.
        let new = path.with_extension("prom.new");
        let mut file = own::create(&new, BEGIN)?;
        let written = file.write_all(text.as_bytes());
        written.and_then(|()| own::replace(&new, path, BEGIN)).inspect_err(|_| {
            let _ = fs::remove_file(&new);
        })
    };
    write().map_err(|cause| PublishError::Records { path: path.to_owned(), cause })
}

/// Seconds since 1970-01-01 UTC.
fn seconds(moment: DateTime<Utc>) -> String {
    format!("{}.{:03}", moment.timestamp(), moment.timestamp_subsec_millis())
}

/// The time of the last success in an older file.
fn last_success(text: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(LAST_SUCCESS))?;
    line.rsplit(' ').next().map(str::to_owned)
}

/// Metrics in Prometheus' text format.
struct Metrics {
    /// `pipeline="…"`, which every sample has.
    pipeline: String,
    text: String,
}

impl Metrics {
    fn of(
        pipeline: &str,
        now: &str,
        last_success: Option<String>,
        record: Option<&RunRecord>,
    ) -> Self {
        let mut metrics = Self { pipeline: label("pipeline", pipeline), text: String::new() };
        let success = u8::from(record.is_some());
        metrics.one("kohort_run_success", "Whether the newest run succeeded, 1 or 0.", success);
        metrics.one("kohort_run_timestamp_seconds", "When the newest run ended, Unix time.", now);
        if let Some(last) = last_success {
            metrics.one(LAST_SUCCESS, "When the last run that succeeded ended, Unix time.", last);
        }
        if let Some(record) = record {
            metrics.add_work(record);
            metrics.add_inputs(&record.inputs);
            metrics.add_results(record);
        }
        metrics
    }

    fn add_work(&mut self, record: &RunRecord) {
        let stages =
            record.timings.iter().map(|timing| (label("stage", &timing.stage), timing.seconds));
        self.many("kohort_run_duration_seconds", "Wall time of each stage.", stages);
        if let Some(peak) = record.peak_memory_bytes {
            self.one("kohort_peak_memory_bytes", "Most memory that the process held.", peak);
        }
        let spilled = record.spilled_bytes;
        self.one("kohort_spilled_bytes", "What went to disk to stay within memory.", spilled);
    }

    fn add_inputs(&mut self, inputs: &[InputRecord]) {
        let name = |input: &InputRecord| label("input", &input.input);
        let rows = inputs.iter().map(|input| (name(input), input.rows()));
        self.many("kohort_input_rows", "Rows of all files of an input.", rows);
        let read = inputs.iter().map(|input| (name(input), input.rows_read));
        self.many("kohort_input_rows_read", "Rows of an input that the run read.", read);
        let rounded = inputs.iter().map(|input| (name(input), input.rounded_amounts));
        self.many("kohort_input_rounded_amounts", "Amounts with more digits than scale.", rounded);
        let rejected = inputs.iter().flat_map(|input| {
            let of_reason = |(reason, rows): (&String, &u64)| {
                (format!("{},{}", name(input), label("reason", reason)), *rows)
            };
            input.rejected.iter().map(of_reason)
        });
        self.many("kohort_input_rejected_rows", "Rows that could not be used.", rejected);
        let files = inputs.iter().flat_map(|input| {
            let decoded = input.files_read().count() as u64;
            let passed_over =
                (input.files.len() as u64).saturating_sub(decoded + input.files_reused);
            [("decoded", decoded), ("reused", input.files_reused), ("passed_over", passed_over)]
                .map(|(state, files)| (format!("{},{}", name(input), label("state", state)), files))
        });
        let help = "Files that were read, kept from earlier, or had no row to read.";
        self.many("kohort_input_files", help, files);
        let bytes = |input: &InputRecord| input.files.iter().map(|file| file.bytes).sum::<u64>();
        let bytes = inputs.iter().map(|input| (name(input), bytes(input)));
        self.many("kohort_input_bytes", "Size of all files of an input.", bytes);
    }

    fn add_results(&mut self, record: &RunRecord) {
        let mut late = BTreeMap::new();
        for rows in &record.late {
            let labels = [label("input", &rows.input), label("grain", &rows.grain)].join(",");
            for (change, rows) in [("added", rows.rows_added), ("removed", rows.rows_removed)] {
                *late.entry(format!("{labels},{}", label("change", change))).or_insert(0) += rows;
            }
        }
        let help = "Rows that came to, or went from, periods that were closed before.";
        self.many("kohort_late_rows", help, late);
        let mut alerts = BTreeMap::new();
        for alert in record.alerts.iter().flatten() {
            let labels = [label("metric", &alert.metric), label("grain", &alert.grain)].join(",");
            *alerts.entry(labels).or_insert(0_u64) += 1;
        }
        let help = "Newest values of a rate that are beyond its threshold.";
        self.many("kohort_alerts", help, alerts);
        let checks = &record.checks;
        let by_status = [("pass", checks.passed), ("warn", checks.warned), ("fail", checks.failed)];
        let by_status = by_status.map(|(status, checks)| (label("status", status), checks));
        self.many("kohort_checks", "Checks by what came of them.", by_status);
        let tables = &record.tables;
        let rows = tables.iter().map(|table| (label("table", &table.name), table.rows));
        self.many("kohort_table_rows", "Rows of a published table.", rows);
        let bytes = tables.iter().map(|table| (label("table", &table.name), table.bytes));
        self.many("kohort_table_bytes", "Size of a published table.", bytes);
    }

    /// A metric with one sample.
    fn one(&mut self, metric: &str, help: &str, value: impl Display) {
        self.many(metric, help, [(String::new(), value)]);
    }

    /// A metric with a sample for each set of labels, which stand as in the text.
    fn many<V: Display>(
        &mut self,
        metric: &str,
        help: &str,
        samples: impl IntoIterator<Item = (String, V)>,
    ) {
        let Self { pipeline, text } = self;
        let _ = writeln!(text, "# HELP {metric} {help}\n# TYPE {metric} gauge");
        for (labels, value) in samples {
            let comma = if labels.is_empty() { "" } else { "," };
            let _ = writeln!(text, "{metric}{{{pipeline}{comma}{labels}}} {value}");
        }
    }
}

/// A label with its value.
fn label(name: &str, value: &str) -> String {
    let value = value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n");
    format!("{name}=\"{value}\"")
}
