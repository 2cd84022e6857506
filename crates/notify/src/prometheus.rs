//! Metrics of a run, as a file for the textfile collector of Prometheus' node exporter.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::path::Path;

use chrono::{DateTime, Utc};
use kohort_disk::{read_file, swap_file};
use kohort_publish::{InputRecord, RunRecord};

use crate::NotifyError;

/// The metric that outlives a run which fails.
const LAST_SUCCESS: &str = "kohort_run_last_success_timestamp_seconds";

/// How each such file begins.
const BEGIN: &[u8] = b"# HELP kohort_";

/// Replaces the file at `path` by the metrics of the run of `pipeline` that ended at `moment`, in one
/// step. A run that failed has no record; the time of the last success is then taken from the file
/// that was there.
///
/// # Errors
/// [`NotifyError::File`] where the disk refuses, or the file is of somebody else; it is then as it was.
pub fn write_metrics(
    path: &Path,
    pipeline: &str,
    moment: DateTime<Utc>,
    record: Option<&RunRecord>,
) -> Result<(), NotifyError> {
    let now = seconds(moment);
    let last_success = if record.is_some() {
        Some(now.clone())
    } else {
        let old = read_file(path).ok();
        old.and_then(|text| last_success(&String::from_utf8_lossy(&text)))
    };
    let text = Metrics::new(pipeline, &now, last_success, record).text;
    // Not .prom: the collector must not read half of it.
    swap_file(path, &path.with_extension("prom.new"), BEGIN, text.as_bytes())
        .map_err(|cause| NotifyError::File { path: path.to_owned(), cause })
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
    fn new(
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

    /// A metric with a sample for each set of labels, as they are in the text.
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

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::{Value, json};

    use super::*;

    fn record(changes: Value) -> RunRecord {
        let mut record = json!({
            "record_version": 1,
            "run_id": "20261122T014400Z-0000",
            "kohort_version": "0.1.0",
            "pipeline": "shop",
            "pipeline_digest": "00ff",
            "started_at": "2026-11-22T01:44:51Z",
            "finished_at": "2026-11-22T01:44:51Z",
            "as_of": "2024-10-04",
            "lapse_after_days": 61,
            "lapse_is_auto": true,
            "grains": ["week", "month"],
            "inputs": [],
            "events": {
                "orders": 7, "refunds": 1, "lost": 0, "open": 0, "customers": 3, "prospects": 0
            },
            "tables": [],
            "timings": [{ "stage": "read", "seconds": 0.125 }],
            "peak_memory_bytes": 1 << 30,
            "threads": 2,
            "memory_limit_bytes": null,
            "spilled_bytes": 0,
        });
        let Value::Object(changes) = changes else { panic!("{changes}") };
        for (key, value) in changes {
            record[key] = value;
        }
        serde_json::from_value(record).unwrap()
    }

    fn small() -> RunRecord {
        record(json!({}))
    }

    /// Something in every list.
    fn full() -> RunRecord {
        let file = |rows: u64, read: u64, bytes: u64| {
            json!({
                "path": "orders/a.parquet", "rows": rows, "rows_read": read, "bytes": bytes,
                "modified_us": null, "rejected": 0,
            })
        };
        let late = |grain: &str, period: &str| {
            json!({
                "input": "orders", "grain": grain, "period": period, "rows_added": 3, "rows_removed": 1,
            })
        };
        let alert = |value: Option<&str>| {
            json!({
                "metric": "churn_rate", "grain": "month", "period": "2022-01-08", "segment": "country",
                "segment_value": value, "value": 0.5, "direction": "above", "threshold": 0.25,
            })
        };
        record(json!({
            "inputs": [{
                "input": "orders",
                // One that was known from earlier, and one of which nothing had to be read.
                "files": [file(12, 12, 345), file(30, 0, 0), file(500, 0, 0)],
                "files_reused": 1,
                "rows_read": 12,
                "rows_filtered": 1,
                "rounded_amounts": 4,
                "rejected": { "a \"b\"\n\\": 1, "in_future": 2 },
                "left_out": { "ignored": 1 },
            }],
            "late": [late("week", "2022-01-08"), late("week", "2022-01-15"), late("month", "2022-01-01")],
            "alerts": [alert(Some("GB")), alert(None)],
            "checks": { "passed": 9, "warned": 2, "failed": 0 },
            "tables": [{ "name": "lost_sales", "rows": 5, "bytes": 700, "digest": "0f" }],
        }))
    }

    /// Names in a folder, sorted.
    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn metrics_of_a_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/kohort.prom");
        let moment = "2026-11-22T01:44:52.007Z".parse().unwrap();
        write_metrics(&path, "the \"shop\"", moment, Some(&full())).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let samples: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let expected = [
            r#"kohort_run_success{pipeline="the \"shop\""} 1"#,
            r#"kohort_run_timestamp_seconds{pipeline="the \"shop\""} 1795311892.007"#,
            r#"kohort_run_last_success_timestamp_seconds{pipeline="the \"shop\""} 1795311892.007"#,
            r#"kohort_run_duration_seconds{pipeline="the \"shop\"",stage="read"} 0.125"#,
            r#"kohort_peak_memory_bytes{pipeline="the \"shop\""} 1073741824"#,
            r#"kohort_spilled_bytes{pipeline="the \"shop\""} 0"#,
            r#"kohort_input_rows{pipeline="the \"shop\"",input="orders"} 542"#,
            r#"kohort_input_rows_read{pipeline="the \"shop\"",input="orders"} 12"#,
            r#"kohort_input_rounded_amounts{pipeline="the \"shop\"",input="orders"} 4"#,
            r#"kohort_input_rejected_rows{pipeline="the \"shop\"",input="orders",reason="a \"b\"\n\\"} 1"#,
            r#"kohort_input_rejected_rows{pipeline="the \"shop\"",input="orders",reason="in_future"} 2"#,
            r#"kohort_input_files{pipeline="the \"shop\"",input="orders",state="decoded"} 1"#,
            r#"kohort_input_files{pipeline="the \"shop\"",input="orders",state="reused"} 1"#,
            r#"kohort_input_files{pipeline="the \"shop\"",input="orders",state="passed_over"} 1"#,
            r#"kohort_input_bytes{pipeline="the \"shop\"",input="orders"} 345"#,
            r#"kohort_late_rows{pipeline="the \"shop\"",input="orders",grain="month",change="added"} 3"#,
            r#"kohort_late_rows{pipeline="the \"shop\"",input="orders",grain="month",change="removed"} 1"#,
            r#"kohort_late_rows{pipeline="the \"shop\"",input="orders",grain="week",change="added"} 6"#,
            r#"kohort_late_rows{pipeline="the \"shop\"",input="orders",grain="week",change="removed"} 2"#,
            r#"kohort_alerts{pipeline="the \"shop\"",metric="churn_rate",grain="month"} 2"#,
            r#"kohort_checks{pipeline="the \"shop\"",status="pass"} 9"#,
            r#"kohort_checks{pipeline="the \"shop\"",status="warn"} 2"#,
            r#"kohort_checks{pipeline="the \"shop\"",status="fail"} 0"#,
            r#"kohort_table_rows{pipeline="the \"shop\"",table="lost_sales"} 5"#,
            r#"kohort_table_bytes{pipeline="the \"shop\"",table="lost_sales"} 700"#,
        ];
        assert_eq!(samples, expected);
        for sample in samples {
            let metric = sample.split('{').next().unwrap();
            for note in [format!("# HELP {metric} "), format!("# TYPE {metric} gauge\n")] {
                assert_eq!(text.matches(&note).count(), 1, "{note}");
            }
        }
        assert_eq!(names(&folder.path().join("new")), ["kohort.prom"]);
    }

    #[test]
    fn a_failed_run_keeps_the_time_of_the_last_success() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kohort.prom");
        let lines = |text: &str| -> Vec<String> {
            text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
        };
        let fail = |second: i64| {
            let moment = chrono::DateTime::from_timestamp(second, 0).unwrap();
            write_metrics(&path, "shop", moment, None).unwrap();
            lines(&fs::read_to_string(&path).unwrap())
        };
        let failed = |second: i64| {
            vec![
                "kohort_run_success{pipeline=\"shop\"} 0".to_owned(),
                format!("kohort_run_timestamp_seconds{{pipeline=\"shop\"}} {second}.000"),
            ]
        };
        assert_eq!(fail(1), failed(1));
        let moment = chrono::DateTime::from_timestamp(2, 0).unwrap();
        write_metrics(&path, "shop", moment, Some(&small())).unwrap();
        for second in [3, 4] {
            let mut expected = failed(second);
            let last = "kohort_run_last_success_timestamp_seconds{pipeline=\"shop\"} 2.000";
            expected.push(last.to_owned());
            assert_eq!(fail(second), expected);
        }
    }

    const NOTES: &str = "{\"version\": 1, \"notes\": \"not ours\"}\n";

    #[test]
    #[cfg(unix)]
    fn files_of_metrics_are_ours_or_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kohort.prom");
        let record = small();
        let moment = "2026-11-22T02:00:00Z".parse().unwrap();
        let write = || write_metrics(&path, "shop", moment, Some(&record));
        write().unwrap();
        write().unwrap();
        assert_eq!(names(folder.path()), ["kohort.prom"]);
        let elsewhere = folder.path().join("elsewhere");
        for name in ["kohort.prom", "kohort.prom.new"] {
            let thing = folder.path().join(name);
            fs::write(&thing, NOTES).unwrap();
            let error = write().unwrap_err();
            assert!(matches!(error, NotifyError::File { .. }), "{error}");
            assert_eq!(fs::read_to_string(&thing).unwrap(), NOTES);
            fs::rename(&thing, &elsewhere).unwrap();
            std::os::unix::fs::symlink(&elsewhere, &thing).unwrap();
            write().unwrap_err();
            assert_eq!(fs::read_to_string(&elsewhere).unwrap(), NOTES);
            assert!(thing.is_symlink());
            fs::remove_file(&thing).unwrap();
        }
    }
}
