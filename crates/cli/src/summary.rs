//! The summary of a run on stderr.

use kohort_pipeline::RunSummary;
use kohort_publish::CheckCounts;
use kohort_report::summary::{Late, NOTHING, SUBSCRIPTIONS, late, text};

use crate::messages::{Messages, Reader};

/// Writes it to stderr.
pub fn report(summary: &RunSummary, messages: &Messages) {
    match (messages.reader(), summary.is_unchanged) {
        (Reader::Terminal, false) => {
            let RunSummary { record, published, alerts, .. } = summary;
            let text = text(record, published, alerts.len());
            text.lines().for_each(|line| messages.say(line));
        }
        (Reader::Terminal, true) => messages.say(format_args!(
            "nothing has changed since {}; its tables are up to date",
            summary.published.display(),
        )),
        (Reader::Log(_), false) => log(summary, messages),
        (Reader::Log(_), true) => {
            let published = messages.hidden(summary.published.display());
            tracing::info!(%published, "nothing has changed");
        }
    }
}

/// The summary for a log: one message per input, reason, table, and for the run.
fn log(summary: &RunSummary, messages: &Messages) {
    let record = &summary.record;
    for input in &record.inputs {
        let name = input.input.as_str();
        let rejected: u64 = input.rejected.values().sum();
        let (files, reused) = (input.files.len(), input.files_reused);
        let (rows, read, filtered) = (input.rows(), input.rows_read, input.rows_filtered);
        let rounded = input.rounded_amounts;
        tracing::info!(
            input = name,
            files,
            reused,
            rows,
            read,
            filtered,
            rejected,
            rounded,
            "read"
        );
        for (reason, rows) in &input.rejected {
            tracing::info!(input = name, reason, rows, "rejected");
        }
        for (reason, rows) in &input.left_out {
            tracing::info!(input = name, reason, rows, "left out");
        }
    }
    for Late { input, grain, periods, added, removed } in late(record) {
        tracing::info!(input, grain, periods, added, removed, "late rows");
    }
    for table in &record.tables {
        tracing::info!(table = table.name, rows = table.rows, bytes = table.bytes, "wrote");
        for (reason, rows) in &table.left_out {
            tracing::info!(table = table.name, reason, rows, "left out");
        }
    }
    let CheckCounts { passed, warned, failed } = record.checks;
    tracing::info!(passed, warned, failed, "checks");
    let seconds: f64 = record.timings.iter().map(|timing| timing.seconds).sum();
    let has_subscriptions = record.basis == SUBSCRIPTIONS;
    let has_orders = !has_subscriptions && record.basis != NOTHING;
    tracing::info!(
        published = %messages.hidden(summary.published.display()),
        as_of = %record.as_of,
        as_of_from = record.as_of_from,
        customers = (record.basis != NOTHING).then_some(record.events.customers),
        orders = has_orders.then_some(record.events.orders),
        subscriptions = has_subscriptions.then_some(record.events.subscriptions),
        seconds,
        peak_memory_bytes = record.peak_memory_bytes,
        spilled_bytes = record.spilled_bytes,
        "run finished"
    );
}
