//! What a run says of itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use kohort_load::{LoadReport, Opened, RejectedDetail};
use kohort_model::{Input, RiskFit, Table};
use kohort_publish::{
    Calibration, EventCounts, FileRecord, InputRecord, RejectedRow, RiskRecord, TableRecord,
};
use kohort_timeline::{Census, LeftOut};

/// What was read of an input, and what of it counts nowhere.
pub(crate) fn input_record(
    opened: &Opened,
    report: &LoadReport,
    left_out: &LeftOut,
) -> InputRecord {
    let files = opened.files().iter().zip(&report.files);
    let counted = |counts: &[(&str, u64)]| -> BTreeMap<String, u64> {
        let counts = counts.iter().filter(|(_, rows)| *rows > 0);
        counts.map(|(reason, rows)| ((*reason).to_owned(), *rows)).collect()
    };
    let duplicates = ("duplicates", report.duplicates());
    let (rejected, left_out) = match opened.input() {
        Input::Orders => (
            counted(&[("mixed_status", left_out.mixed_status)]),
            counted(&[
                duplicates,
                ("superseded", left_out.superseded),
                ("ignored", left_out.ignored),
                ("negative_attempt", left_out.negative_attempt),
                ("before_history_start", left_out.before_history_start),
                ("after_as_of", left_out.after_as_of),
                ("refund_without_order", left_out.refund_without_order),
                ("refund_before_cohort", left_out.refund_before_cohort),
            ]),
        ),
        Input::Subscriptions => (
            BTreeMap::new(),
            counted(&[
                duplicates,
                ("after_as_of", left_out.after_as_of),
                ("empty_span", left_out.empty_span),
                ("superseded", left_out.superseded),
                ("unpaid", left_out.unpaid),
            ]),
        ),
        input => {
            let not_taken = left_out.further[input as usize];
            let counts = [
                ("superseded", not_taken.superseded),
                ("ignored", not_taken.ignored),
                ("other_step", not_taken.other_step),
                ("after_as_of", not_taken.after_as_of),
            ];
            (BTreeMap::new(), counted(&counts))
        }
    };
    let of_report = report.rejected.iter().map(|(reason, rows)| ((*reason).to_owned(), *rows));
    InputRecord {
        input: opened.input().name().to_owned(),
        files: files
            .map(|(file, counts)| FileRecord {
                path: file.path.display().to_string(),
                rows: counts.rows,
                bytes: file.size,
                modified_us: modified_us(file.modified),
                rejected: counts.rejected,
            })
            .collect(),
        rows_read: report.rows(),
        rows_filtered: report.filtered(),
        rejected: rejected.into_iter().chain(of_report).collect(),
        left_out,
    }
}

fn modified_us(modified: SystemTime) -> Option<i64> {
    let since = modified.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_micros()).ok()
}

pub(crate) fn events(census: &Census) -> EventCounts {
    EventCounts {
        orders: census.orders,
        refunds: census.refunds,
        lost: census.lost,
        open: census.open,
        subscriptions: census.subscriptions,
        contacts: census.further[Input::Contacts as usize],
        surveys: census.further[Input::Surveys as usize],
        touchpoints: census.further[Input::Touchpoints as usize],
        opportunities: census.further[Input::Opportunities as usize],
        order_lines: census.further[Input::OrderLines as usize],
        returns: census.further[Input::Returns as usize],
        invoices: census.further[Input::Invoices as usize],
        engagement: census.further[Input::Engagement as usize],
        customers: census.customers,
        prospects: census.prospects,
    }
}

pub(crate) fn rejected_row(detail: &RejectedDetail) -> RejectedRow {
    RejectedRow {
        file: Arc::from(&*detail.file.to_string_lossy()),
        row: i64::try_from(detail.row).ok(),
        column: Arc::from(&*detail.column),
        reason: Arc::from(detail.reason),
        value: detail.value.as_deref().map(Arc::from),
    }
}

/// The model of leaving, as the record has it.
pub(crate) fn risk_record(fit: &RiskFit) -> RiskRecord {
    RiskRecord {
        held_out_from: fit.held_out_from,
        fitted: fit.fitted,
        fitted_churned: fit.fitted_churned,
        held_out: fit.held_out,
        held_out_churned: fit.held_out_churned,
        auc: fit.auc,
        calibration: (fit.calibration.iter())
            .map(|(observations, expected, churned)| Calibration {
                observations: *observations,
                expected: *expected,
                churned: *churned,
            })
            .collect(),
        coefficients: fit.coefficients.iter().cloned().collect(),
    }
}

/// The record of a table that a dry run does not write.
pub(crate) fn unwritten(table: &Table) -> TableRecord {
    TableRecord {
        name: table.schema().name.to_owned(),
        rows: table.rows() as u64,
        bytes: 0,
        digest: kohort_publish::digest(table),
    }
}
