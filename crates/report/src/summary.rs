//! The summary of a run: what it read, left out and wrote, and how long it took.

use std::fmt::{Display, Write};
use std::path::Path;
use std::time::Duration;

use kohort_publish::{CheckCounts, InputRecord, RunRecord};

use crate::number::{count, percent, plural, size, span};

/// The basis of a run whose customers have subscriptions.
pub const SUBSCRIPTIONS: &str = "subscriptions";
/// The basis of a run of which nothing makes customers.
pub const NOTHING: &str = "none";

/// A run for a person, in lines with a word in front. `alerts` is the number of rates beyond their
/// threshold in the newest complete period.
#[must_use]
pub fn text(record: &RunRecord, published: &Path, alerts: usize) -> String {
    let mut lines = Lines::default();
    for input in &record.inputs {
        describe_input(input, &mut lines);
    }
    for Late { input, grain, periods, added, removed } in late(record) {
        let (added, removed) = (plural(added, "row"), count(removed));
        let periods = plural(periods, &format!("closed {grain}"));
        lines.add("late", format!("{input}: {added} more, {removed} fewer in {periods}"));
    }
    lines.add("found", found(record));
    lines.add("as of", as_of(record));
    let width = record.tables.iter().map(|table| table.name.len()).max().unwrap_or(0);
    for table in &record.tables {
        let rows = plural(table.rows, "row");
        let bytes = size(table.bytes);
        lines.add("wrote", format!("{:width$}  {rows:>14}  {bytes:>9}", table.name));
    }
    for table in &record.tables {
        let left_out: u64 = table.left_out.values().sum();
        if left_out > 0 {
            let (rows, reasons) = (plural(left_out, "row"), reasons(&table.left_out));
            lines.add("left out", format!("{rows} of {}: {reasons}", table.name));
        }
    }
    if alerts > 0 {
        let rates = plural(alerts as u64, "rate");
        lines.add("alerts", format!("{rates} beyond the threshold in the newest complete period"));
    }
    if record.checks != CheckCounts::default() {
        let CheckCounts { passed, warned, failed } = record.checks;
        let passed = plural(passed, "check");
        let counts = format!("{passed} passed, {} warned, {} failed", count(warned), count(failed));
        lines.add("checks", counts);
    }
    lines.add("to", published.display());
    lines.add("took", took(record));
    lines.text
}

/// Up to when all is known, why, and when customers have left.
fn as_of(record: &RunRecord) -> String {
    let from = record.as_of_from.as_ref().map_or_else(String::new, |from| format!(" ({from})"));
    let auto = if record.lapse_is_auto { ", found from the gaps between orders" } else { "" };
    let days = record.lapse_after_days;
    let window = match record.basis.as_str() {
        SUBSCRIPTIONS => format!(", reactivation gap {days} days"),
        NOTHING => String::new(),
        _ => format!(", lapse window {days} days{auto}"),
    };
    format!("{}{from}{window}", record.as_of)
}

/// What came of the rows.
fn found(record: &RunRecord) -> String {
    let events = &record.events;
    let customers = plural(events.customers, "customer");
    let prospects = plural(events.prospects, "prospect");
    let mut text = match record.basis.as_str() {
        NOTHING if events.prospects == 1 => "1 person".to_owned(),
        NOTHING => format!("{} people", count(events.prospects)),
        SUBSCRIPTIONS => {
            format!("{customers}, {prospects}; {}", plural(events.subscriptions, "subscription"))
        }
        _ => format!(
            "{customers}, {prospects}; {}, {} refunds, {} lost, {} open",
            plural(events.orders, "order"),
            count(events.refunds),
            count(events.lost),
            count(events.open),
        ),
    };
    for (number, what) in [
        (events.contacts, "contact"),
        (events.surveys, "answer"),
        (events.touchpoints, "touchpoint"),
        (events.opportunities, "opportunity"),
        (events.open_opportunities, "open opportunity"),
        (events.order_lines, "order line"),
        (events.returns, "return"),
        (events.invoices, "invoice"),
        (events.payments, "payment"),
        (events.engagement, "signal"),
    ] {
        if number > 0 {
            let _ = write!(text, ", {}", plural(number, what));
        }
    }
    text
}

/// What came to and went from closed periods of an input.
#[derive(Clone, Copy, Debug)]
pub struct Late<'a> {
    /// The input.
    pub input: &'a str,
    /// The finest grain with such periods.
    pub grain: &'static str,
    /// Closed periods that changed.
    pub periods: u64,
    /// Rows more.
    pub added: u64,
    /// Rows fewer.
    pub removed: u64,
}

/// The late rows of a run by input, counted by the finest grain.
pub fn late(record: &RunRecord) -> impl Iterator<Item = Late<'_>> {
    record.inputs.iter().filter_map(|InputRecord { input, .. }| {
        let rows = record.late.iter().filter(|rows| rows.input == *input);
        let has_rows = |grain: &&str| rows.clone().any(|rows| rows.grain == *grain);
        let grain = record.grains.iter().map(|grain| grain.name()).find(has_rows)?;
        let mut late = Late { input, grain, periods: 0, added: 0, removed: 0 };
        for rows in rows.filter(|rows| rows.grain == grain) {
            late.periods += 1;
            late.added += rows.rows_added;
            late.removed += rows.rows_removed;
        }
        Some(late)
    })
}

fn describe_input(input: &InputRecord, lines: &mut Lines) {
    let files = input.files.len() as u64;
    let bytes = input.files.iter().map(|file| file.bytes).sum();
    let (rows, read) = (input.rows(), input.rows_read);
    let rows = if read == rows {
        plural(rows, "row")
    } else {
        format!("{} of {}", count(read), plural(rows, "row"))
    };
    let reused = match input.files_reused {
        0 => String::new(),
        reused => format!(", {} of them known from earlier", count(reused)),
    };
    let files = plural(files, "file");
    lines.add("read", format!("{}: {rows} from {files}, {}{reused}", input.input, size(bytes)));
    if input.rows_filtered > 0 {
        lines.add("filtered", format!("{} by where", plural(input.rows_filtered, "row")));
    }
    let rejected: u64 = input.rejected.values().sum();
    if rejected > 0 {
        let reasons = reasons(&input.rejected);
        let share = share(rejected, input.rows());
        lines.add("rejected", format!("{} ({share}): {reasons}", plural(rejected, "row")));
    }
    if input.rounded_amounts > 0 {
        lines.add("rounded", plural(input.rounded_amounts, "amount"));
    }
    let left_out: u64 = input.left_out.values().sum();
    if left_out > 0 {
        let reasons = reasons(&input.left_out);
        lines.add("left out", format!("{}: {reasons}", plural(left_out, "row")));
    }
}

fn reasons(counts: &std::collections::BTreeMap<String, u64>) -> String {
    let reasons = counts.iter().filter(|(_, rows)| **rows > 0);
    let texts: Vec<_> =
        reasons.map(|(reason, rows)| format!("{reason} {}", count(*rows))).collect();
    texts.join(", ")
}

#[expect(clippy::cast_precision_loss, reason = "rounded to a tenth of a percent anyway")]
fn share(part: u64, whole: u64) -> String {
    percent(part as f64 / whole.max(1) as f64)
}

fn took(record: &RunRecord) -> String {
    let seconds: f64 = record.timings.iter().map(|timing| timing.seconds).sum();
    let stages = record.timings.iter();
    let stages: Vec<_> =
        stages.map(|timing| format!("{} {}", timing.stage, time(timing.seconds))).collect();
    let mut text = format!("{}: {}", time(seconds), stages.join(", "));
    if let Some(peak) = record.peak_memory_bytes {
        let _ = write!(text, "; at most {} of memory", size(peak));
    }
    if record.spilled_bytes > 0 {
        let _ = write!(text, ", {} of disk for a while", size(record.spilled_bytes));
    }
    text
}

fn time(seconds: f64) -> String {
    span(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}

/// Lines with a word in front, written once for several lines.
#[derive(Default)]
struct Lines {
    text: String,
    label: &'static str,
}

impl Lines {
    fn add(&mut self, label: &'static str, line: impl Display) {
        let shown = if self.label == label { "" } else { label };
        self.label = label;
        // A line stays one.
        let line = kohort_model::shown(&line.to_string()).into_owned();
        let _ = writeln!(self.text, "{shown:9} {line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(changes: &serde_json::Value) -> RunRecord {
        let mut record = serde_json::json!({
            "record_version": 1,
            "run_id": "20250102T030405Z-0abc",
            "kohort_version": "0.1.0",
            "pipeline": "shop",
            "pipeline_digest": "00",
            "started_at": "2025-01-02T03:04:05Z",
            "finished_at": "2025-01-02T03:04:06Z",
            "as_of": "2025-01-01",
            "lapse_after_days": 90,
            "lapse_is_auto": false,
            "grains": ["month"],
            "inputs": [{
                "input": "orders",
                "files": [{
                    "path": "a.parquet", "rows": 1, "bytes": 1500, "modified_us": null, "rejected": 0
                }],
                "rows_read": 1,
                "rows_filtered": 0,
                "rejected": {},
                "left_out": {},
            }],
            "events": {
                "orders": 1, "refunds": 0, "lost": 0, "open": 0, "customers": 1, "prospects": 0
            },
            "tables": [{ "name": "lost_sales", "rows": 1, "bytes": 900, "digest": "00" }],
            "timings": [{ "stage": "read", "seconds": 0.25 }],
            "peak_memory_bytes": null,
            "threads": 1,
            "memory_limit_bytes": null,
            "spilled_bytes": 0,
        });
        for (key, value) in changes.as_object().unwrap() {
            record[key] = value.clone();
        }
        serde_json::from_value(record).unwrap()
    }

    fn summary(changes: &serde_json::Value) -> String {
        text(&record(changes), Path::new("/data/out/runs/20250102T030405Z-0abc"), 0)
    }

    #[test]
    fn a_run_of_little() {
        insta::assert_snapshot!(summary(&serde_json::json!({})), @r#"
        read      orders: 1 row from 1 file, 1.5 kB
        found     1 customer, 0 prospects; 1 order, 0 refunds, 0 lost, 0 open
        as of     2025-01-01, lapse window 90 days
        wrote     lost_sales           1 row      900 B
        to        /data/out/runs/20250102T030405Z-0abc
        took      0.25 s: read 0.25 s
        "#);
    }

    #[test]
    fn a_run_without_customers() {
        insta::assert_snapshot!(summary(&serde_json::json!({
            "basis": "none",
            "as_of_from": "inputs.invoices.paid_at",
            "inputs": [],
            "lapse_after_days": 0,
            "events": {
                "orders": 0, "refunds": 0, "lost": 0, "open": 0, "customers": 0, "prospects": 3,
                "invoices": 4, "opportunities": 2, "open_opportunities": 1,
            },
        })), @r#"
        found     3 people, 2 opportunities, 1 open opportunity, 4 invoices
        as of     2025-01-01 (inputs.invoices.paid_at)
        wrote     lost_sales           1 row      900 B
        to        /data/out/runs/20250102T030405Z-0abc
        took      0.25 s: read 0.25 s
        "#);
    }

    #[test]
    fn everything_there_is_to_tell() {
        let file = |rows: u64| {
            serde_json::json!({
                "path": "a.parquet", "rows": rows, "bytes": 4_000_000, "modified_us": 0, "rejected": 0
            })
        };
        let late = |grain: &str, period: &str| {
            serde_json::json!({
                "input": "orders", "grain": grain, "period": period, "rows_added": 20, "rows_removed": 1
            })
        };
        let summary = summary(&serde_json::json!({
            "grains": ["week", "month"],
            "late": [
                late("week", "2024-11-04"), late("week", "2024-11-11"), late("month", "2024-11-01")
            ],
            "lapse_is_auto": true,
            "inputs": [{
                "input": "orders",
                "files": [file(1_200_000), file(34_567)],
                "files_reused": 1,
                "rows_read": 34_567,
                "rows_filtered": 1000,
                "rounded_amounts": 2,
                "rejected": { "in_future": 12, "null_time": 1000, "unknown_status": 0 },
                "left_out": { "after_as_of": 1 },
            }],
            "events": {
                "orders": 1_000_000,
                "refunds": 2000,
                "lost": 300,
                "open": 4,
                "customers": 50_000,
                "prospects": 1
            },
            "tables": [
                { "name": "cohort_retention", "rows": 95_869, "bytes": 1_232_558, "digest": "00" },
                {
                    "name": "win_back", "rows": 1, "bytes": 900, "digest": "00",
                    "left_out": { "contacts_before_first_activity": 2, "contacts_while_active": 1200 }
                },
            ],
            "checks": { "passed": 41, "warned": 1, "failed": 0 },
            "timings": [
                { "stage": "read", "seconds": 61.2 },
                { "stage": "write", "seconds": 0.333 },
            ],
            "peak_memory_bytes": 260_000_000,
            "spilled_bytes": 1_000_000_000,
        }));
        insta::assert_snapshot!(summary, @r#"
        read      orders: 34,567 of 1,234,567 rows from 2 files, 8.0 MB, 1 of them known from earlier
        filtered  1,000 rows by where
        rejected  1,012 rows (0.1 %): in_future 12, null_time 1,000
        rounded   2 amounts
        left out  1 row: after_as_of 1
        late      orders: 40 rows more, 2 fewer in 2 closed weeks
        found     50,000 customers, 1 prospect; 1,000,000 orders, 2,000 refunds, 300 lost, 4 open
        as of     2025-01-01, lapse window 90 days, found from the gaps between orders
        wrote     cohort_retention     95,869 rows     1.2 MB
                  win_back                   1 row      900 B
        left out  1,202 rows of win_back: contacts_before_first_activity 2, contacts_while_active 1,200
        checks    41 checks passed, 1 warned, 0 failed
        to        /data/out/runs/20250102T030405Z-0abc
        took      1 min 2 s: read 1 min 1 s, write 0.33 s; at most 260.0 MB of memory, 1.0 GB of disk for a while
        "#);
    }
}
