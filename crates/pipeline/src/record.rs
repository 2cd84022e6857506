//! The record of a run, from what its stages found.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use kohort_cache::Share;
use kohort_inputs::spec;
use kohort_load::{LoadReport, Opened, OpenedLookup, RejectedDetail, SourceFile};
use kohort_model::{Input, RiskFit};
use kohort_publish::{
    AlertRecord, Calibration, EventCounts, FileRecord, InputRecord, LookupRecord, RejectedRow,
    RiskRecord, RunRecord,
};
use kohort_scorecard::Alert;
use kohort_timeline::{Census, LeftOut};

use crate::Substituted;
use crate::row_cache::by_month;

/// What was read of an input, and what of it counts nowhere. `shares` are what is kept of its parts,
/// where anything is, and `files_reused` how many files were not read.
pub(crate) fn input_record(
    opened: &Opened,
    report: &LoadReport,
    left_out: &LeftOut,
    shares: &[Share],
    files_reused: u64,
) -> InputRecord {
    let files = opened.files().iter().zip(&report.files).enumerate();
    let months = |file: usize| {
        // Of files that are kept as one nobody knows which rows are whose.
        let is_own = opened.parts() == opened.files().len();
        let share = shares.get(file).filter(|_| is_own);
        share.map(|share| by_month(&share.days)).unwrap_or_default()
    };
    let counted = |counts: &[(&str, u64)]| -> BTreeMap<String, u64> {
        let counts = counts.iter().filter(|(_, rows)| *rows > 0);
        counts.map(|(reason, rows)| ((*reason).to_owned(), *rows)).collect()
    };
    let duplicates = ("duplicates", report.duplicates());
    let counts = left_out;
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
                ("unmatched_discount", left_out.unmatched_discount),
            ]),
        ),
        input => {
            let not_taken = left_out.further[input as usize];
            let unmatched = spec(input).settles.as_ref().map_or("unmatched", |s| s.unmatched);
            let counts = [
                (unmatched, not_taken.unmatched),
                ("anonymous", not_taken.anonymous),
                ("superseded", not_taken.superseded),
                ("ignored", not_taken.ignored),
                ("other_step", not_taken.other_step),
                ("undated", not_taken.undated),
                ("after_as_of", not_taken.after_as_of),
            ];
            (BTreeMap::new(), counted(&counts))
        }
    };
    let of_report = report.rejected.iter().map(|(reason, rows)| (reason.clone(), *rows));
    InputRecord {
        input: opened.input().name().to_owned(),
        files: files
            .map(|(place, (file, counts))| FileRecord {
                path: file.path.display().to_string(),
                rows: counts.rows,
                rows_read: counts.read,
                bytes: file.size,
                modified_us: modified_us(file.modified),
                rejected: counts.rejected_rows(),
                identity: Some(identity(&opened.file_identity(place))),
                rows_by_month: months(place),
            })
            .collect(),
        files_reused,
        future_from: report.files.iter().filter_map(|file| file.future).min(),
        rows_read: report.read(),
        rows_filtered: report.filtered(),
        rounded_amounts: report.rounded(),
        rejected: rejected.into_iter().chain(of_report).collect(),
        left_out,
        days_after_as_of: days_after_as_of(opened.input(), counts),
    }
}

/// What was read of a lookup.
pub(crate) fn lookup_record(lookup: &OpenedLookup) -> LookupRecord {
    let file = |file: &SourceFile| FileRecord {
        path: file.path.display().to_string(),
        rows: file.rows,
        rows_read: file.rows,
        bytes: file.size,
        modified_us: modified_us(file.modified),
        rejected: 0,
        identity: Some(identity(&file.identity)),
        rows_by_month: BTreeMap::new(),
    };
    let report = lookup.report();
    LookupRecord {
        lookup: lookup.name().to_owned(),
        files: lookup.files().iter().map(file).collect(),
        columns: lookup.used(),
        rows: report.map_or(0, |report| report.rows),
        rows_without_key: report.map_or(0, |report| report.without_key),
        digest: report.map(|report| identity(&report.digest())).unwrap_or_default(),
    }
}

/// Days of another column than that of the rows on or after `as_of`, by the column.
fn days_after_as_of(input: Input, left_out: &LeftOut) -> BTreeMap<String, u64> {
    let spec = kohort_inputs::spec(input);
    let later = left_out.further[input as usize].later;
    let column = spec.event_day().filter(|_| later > 0);
    column.map(|(place, _)| (spec.columns[place].name.to_owned(), later)).into_iter().collect()
}

/// Long enough that no two states of a file have the same.
fn identity(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..32].to_owned()
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
        anonymous_answers: census.anonymous_answers,
        touchpoints: census.further[Input::Touchpoints as usize],
        opportunities: census.further[Input::Opportunities as usize],
        open_opportunities: census.open_opportunities
            + census.left_out.further[Input::Opportunities as usize].undated,
        order_lines: census.further[Input::OrderLines as usize],
        returns: census.further[Input::Returns as usize],
        invoices: census.further[Input::Invoices as usize],
        payments: census.further[Input::Payments as usize],
        engagement: census.further[Input::Engagement as usize],
        customers: census.customers,
        prospects: census.prospects,
    }
}

/// The record as it leaves: with the names of variables in place of their values.
pub(crate) fn hiding(record: &RunRecord, substituted: &Substituted) -> RunRecord {
    let hide = |text: &mut String| *text = substituted.hide(text).into_owned();
    let mut record = record.clone();
    hide(&mut record.pipeline);
    record.warnings.iter_mut().for_each(hide);
    let of_inputs = record.inputs.iter_mut().flat_map(|input| &mut input.files);
    let of_lookups = record.lookups.iter_mut().flat_map(|lookup| &mut lookup.files);
    of_inputs.chain(of_lookups).for_each(|file| hide(&mut file.path));
    record
}

pub(crate) fn rejected_row(detail: &RejectedDetail, substituted: &Substituted) -> RejectedRow {
    RejectedRow {
        file: Arc::from(&*substituted.hide(&detail.file.to_string_lossy())),
        row: i64::try_from(detail.number()).ok(),
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

/// An alert, as the record has it.
pub(crate) fn alert_record(alert: &Alert) -> AlertRecord {
    AlertRecord {
        metric: alert.metric.to_string(),
        grain: alert.grain.to_string(),
        period: alert.period,
        segment: alert.segment.to_string(),
        segment_value: alert.segment_value.as_ref().map(ToString::to_string),
        value: alert.value,
        direction: alert.direction.to_string(),
        threshold: alert.threshold,
        status: alert.status.to_string(),
    }
}

/// The alert that a record has.
pub(crate) fn alert(record: &AlertRecord) -> Alert {
    Alert {
        metric: Arc::from(&*record.metric),
        grain: Arc::from(&*record.grain),
        period: record.period,
        segment: Arc::from(&*record.segment),
        segment_value: record.segment_value.as_deref().map(Arc::from),
        value: record.value,
        direction: Arc::from(&*record.direction),
        threshold: record.threshold,
        status: Arc::from(&*record.status),
    }
}
