//! What a run read, left out and wrote, and how long it took.

use std::fmt::{Display, Write};
use std::time::Duration;

use kohort_pipeline::RunSummary;
use kohort_publish::{InputRecord, RunRecord};

use crate::messages::{Messages, Reader};
use crate::number::{count, percent, plural, size, span};

/// Tells it on stderr.
pub fn tell(summary: &RunSummary, messages: &Messages) {
    match messages.reader() {
        Reader::Terminal => messages.say(text(summary).trim_end()),
        Reader::Log(_) => log(summary),
    }
}

/// The summary for a person.
fn text(summary: &RunSummary) -> String {
    let record = &summary.record;
    let mut lines = Lines::default();
    for input in &record.inputs {
        describe_input(input, &mut lines);
    }
    let events = &record.events;
    lines.add(
        "found",
        format!(
            "{}, {}; {}, {} refunds, {} lost, {} open",
            plural(events.customers, "customer"),
            plural(events.prospects, "prospect"),
            plural(events.orders, "order"),
            count(events.refunds),
            count(events.lost),
            count(events.open),
        ),
    );
    let auto = if record.lapse_is_auto { ", found from the gaps between orders" } else { "" };
    lines.add(
        "as of",
        format!("{}, lapse window {} days{auto}", record.as_of, record.lapse_after_days),
    );
    let wrote = if summary.published.is_some() { "wrote" } else { "made" };
    let width = record.tables.iter().map(|table| table.name.len()).max().unwrap_or(0);
    for table in &record.tables {
        let rows = plural(table.rows, "row");
        // A dry run has no files.
        let bytes = if table.bytes > 0 { size(table.bytes) } else { String::new() };
        let line = format!("{:width$}  {rows:>14}  {bytes:>9}", table.name);
        lines.add(wrote, line.trim_end());
    }
    match &summary.published {
        Some(folder) => lines.add("to", folder.display()),
        None => lines.add("to", "nowhere: this was a dry run"),
    }
    lines.add("took", took(record));
    lines.text
}

fn describe_input(input: &InputRecord, lines: &mut Lines) {
    let files = input.files.len() as u64;
    let bytes = input.files.iter().map(|file| file.bytes).sum();
    let rows = plural(input.rows_read, "row");
    lines.add(
        "read",
        format!("{}: {rows} from {}, {}", input.input, plural(files, "file"), size(bytes)),
    );
    if input.rows_filtered > 0 {
        lines.add("filtered", format!("{} by where", plural(input.rows_filtered, "row")));
    }
    let rejected: u64 = input.rejected.values().sum();
    if rejected > 0 {
        let reasons = reasons(&input.rejected);
        let share = share(rejected, input.rows_read);
        lines.add("rejected", format!("{} ({share}): {reasons}", plural(rejected, "row")));
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

/// The summary for a log: one message per input, reason, table, and for the run.
fn log(summary: &RunSummary) {
    let record = &summary.record;
    for input in &record.inputs {
        let name = input.input.as_str();
        let rejected: u64 = input.rejected.values().sum();
        let (files, rows, filtered) = (input.files.len(), input.rows_read, input.rows_filtered);
        tracing::info!(input = name, files, rows, filtered, rejected, "read");
        for (reason, rows) in &input.rejected {
            tracing::info!(input = name, reason, rows, "rejected");
        }
        for (reason, rows) in &input.left_out {
            tracing::info!(input = name, reason, rows, "left out");
        }
    }
    for table in &record.tables {
        tracing::info!(table = table.name, rows = table.rows, bytes = table.bytes, "wrote");
    }
    let seconds: f64 = record.timings.iter().map(|timing| timing.seconds).sum();
    tracing::info!(
        pipeline = record.pipeline,
        run_id = record.run_id.as_str(),
        published = summary.published.as_ref().map(|folder| tracing::field::display(folder.display())),
        as_of = %record.as_of,
        customers = record.events.customers,
        orders = record.events.orders,
        seconds,
        peak_memory_bytes = record.peak_memory_bytes,
        spilled_bytes = record.spilled_bytes,
        "run finished"
    );
}

/// Lines with a word in front, told once for several lines.
#[derive(Default)]
struct Lines {
    text: String,
    label: &'static str,
}

impl Lines {
    fn add(&mut self, label: &'static str, line: impl Display) {
        let shown = if self.label == label { "" } else { label };
        self.label = label;
        let _ = writeln!(self.text, "{shown:9} {line}");
    }
}
