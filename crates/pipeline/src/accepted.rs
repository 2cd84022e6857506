//! Accepted rows of an input: whether there are any, and whether they are of days that make sense.

use kohort_checks::{Finding, Kind, Severity, Status};
use kohort_load::{LONGEST_GAP_DAYS, LoadReport};
use kohort_model::{Basis, Day, Input};
use kohort_publish::InputRecord;

use crate::findings::{as_float, bare};
use crate::labels::Reports;
use crate::{Pipeline, RunError};

/// That `as_of` and `history_start` leave a row of the history, where there is one; without a history that
/// `as_of` leaves a row of some input.
///
/// # Errors
/// [`RunError::KnownTooEarly`] and [`RunError::KnownTooLate`].
pub(crate) fn known_days(pipeline: &Pipeline, read: Reports<'_>) -> Result<(), RunError> {
    let counts = |input| pipeline.basis.input().is_none_or(|history| history == input);
    let days = read.inputs.iter().zip(read.reports).filter_map(|(opened, report)| {
        let (days, input) = (report.days(), opened.input());
        Some((days.first()?, days.last()?, input)).filter(|_| counts(input))
    });
    let Some((first, last, input)) = days.min() else { return Ok(()) };
    if let Some(as_of) = pipeline.as_of.filter(|as_of| *as_of <= first) {
        return Err(RunError::KnownTooEarly { input, as_of, first });
    }
    // A subscription may have begun long before.
    let is_of_orders = pipeline.basis.basis() == Some(Basis::Orders);
    let of_orders = pipeline.history_start.filter(|_| is_of_orders);
    match of_orders.filter(|start| last < *start) {
        Some(start) => Err(RunError::KnownTooLate { input, start, last }),
        None => Ok(()),
    }
}

/// Whether any row of an input was accepted. Without one nothing is published where the history had some
/// in the run `before`, unless that is allowed; without a history that holds of each input but those that only
/// say more of the rows of another: what came back, and who visitors are.
pub(crate) fn empty_input(
    pipeline: &Pipeline,
    input: Input,
    (report, record): (&LoadReport, &InputRecord),
    before: Option<&[InputRecord]>,
) -> Finding {
    let before =
        before.and_then(|inputs| inputs.iter().find(|record| record.input == input.name()));
    let before = before.map(accepted);
    let spec = kohort_inputs::spec(input);
    let bears_numbers = spec.beside.is_none() || spec.settles.is_some();
    let stands_alone = pipeline.basis.basis().is_none() && bears_numbers;
    let is_history = spec.is_history || stands_alone;
    let (rows, accepted) = (report.rows(), report.accepted());
    let had_some = before.is_some_and(|rows| rows > 0);
    let is_lost = is_history && accepted == 0 && had_some && !pipeline.checks.allow_empty;
    let severity = if is_lost { Severity::Error } else { Severity::Warn };
    let late = record.left_out.get("after_as_of").copied().unwrap_or_default();
    let detail = || {
        let what = match (rows, accepted) {
            (0, _) => "its files have no rows".to_owned(),
            (_, 1..) => format!("all of its {accepted} accepted rows are on or after as_of"),
            (rows, 0) => format!(
                "none of its {rows} rows was accepted: where kept {} out, {} were rejected, and {} repeat \
                 another",
                report.filtered(),
                report.rejected_rows(),
                report.duplicates(),
            ),
        };
        let before = before.filter(|rows| *rows > 0);
        let before =
            before.map_or_else(String::new, |rows| format!("; {rows} were in the last run"));
        let advice =
            if is_lost { "; set [checks] allow_empty = true to publish all the same" } else { "" };
        format!("{what}{before}{advice}")
    };
    Finding {
        input: Some(input),
        rows: Some(rows),
        failing: Some(rows - accepted + late),
        detail: (accepted == late).then(detail),
        ..bare(Kind::EmptyInput, severity, Status::of(accepted > late, severity))
    }
}

/// Rows of an input that a run has accepted.
fn accepted(record: &InputRecord) -> u64 {
    let rejected: u64 = record.rejected.values().sum();
    let duplicates = record.left_out.get("duplicates").copied().unwrap_or_default();
    record.rows().saturating_sub(record.rows_filtered + rejected + duplicates)
}

/// Whether years lie between the oldest rows of an input and the others; `None` where rows have no time,
/// or those that are too old are rejected.
pub(crate) fn earliest(pipeline: &Pipeline, input: Input, report: &LoadReport) -> Option<Finding> {
    if kohort_inputs::spec(input).time().is_none() || pipeline.checks.earliest.is_some() {
        return None;
    }
    // Orders before then are left out.
    let from = pipeline.history_start.filter(|_| input == Input::Orders);
    let days = report.days();
    let gap = days.gap(from);
    let length = gap.map(|(last, first)| first.0.abs_diff(last.0));
    Some(Finding {
        input: Some(input),
        observed: length.map(f64::from),
        allowed: Some(LONGEST_GAP_DAYS.into()),
        rows: Some(report.accepted()),
        detail: gap.zip(days.first()).map(|((last, first), oldest)| old_rows(oldest, last, first)),
        ..bare(Kind::Earliest, Severity::Warn, Status::of(gap.is_none(), Severity::Warn))
    })
}

fn old_rows(oldest: Day, last: Day, first: Day) -> String {
    let years = as_float(u64::from(first.0.abs_diff(last.0))) / 365.25;
    let which = if oldest == last {
        format!("the oldest rows are of {oldest}")
    } else {
        format!("the oldest rows are from {oldest} to {last}")
    };
    format!(
        "{which}, {years:.0} years before all others, which begin on {first}; set [checks] earliest = \
         \"{first}\" to reject them, or earliest = \"{oldest}\" where they are right"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_rows_are_told_with_what_to_do() {
        let day = |text: &str| Day::from(text.parse::<chrono::NaiveDate>().unwrap());
        for (oldest, last, expected) in [
            (
                "1970-01-01",
                "1970-01-01",
                "the oldest rows are of 1970-01-01, 50 years before all others",
            ),
            (
                "0001-01-01",
                "1970-01-01",
                "the oldest rows are from 0001-01-01 to 1970-01-01, 50 years",
            ),
        ] {
            let text = old_rows(day(oldest), day(last), day("2020-01-02"));
            assert!(text.starts_with(expected), "{text}");
            assert!(text.contains("earliest = \"2020-01-02\" to reject them"), "{text}");
            assert!(
                text.ends_with(&format!("earliest = \"{oldest}\" where they are right")),
                "{text}"
            );
        }
    }
}
