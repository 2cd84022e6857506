//! `clv_holdout`, without what the models expect.

use kohort_model::Day;

use super::people::{Group, Person};
use super::periods::Period;
use super::{Frame, row, segment_value};
use crate::compare::NaiveRow;

pub(super) fn clv_holdout(frame: &Frame<'_>) -> Vec<NaiveRow> {
    let mut rows = Vec::new();
    let Some(first) = frame.groups[0].first_activity() else { return rows };
    let unit = i64::from(frame.settings.lifetime.unit_days);
    let whole_units = i64::from(frame.as_of.0 - first.0) / unit;
    let calibration_end =
        frame.settings.lifetime.calibration_end.unwrap_or(first.plus(whole_units / 2 * unit));
    let calibration_end = calibration_end.min(frame.as_of);
    let step = |start: Day| Period { start, end: start.plus(unit) };
    let mut steps = vec![step(first)];
    while let Some(last) = steps.last().filter(|last| last.end < frame.as_of) {
        steps.push(step(last.end));
    }
    // Of a value that nobody entered before, no model knows.
    let is_known = |group: &&Group| group.customers().any(|p| p.first_day() < calibration_end);
    for group in frame.groups.iter().filter(is_known) {
        for model in ["bg_nbd", "mbg_nbd", "pareto_nbd"] {
            for (number, step) in (1_usize..).zip(&steps) {
                let customers: Vec<_> = (group.customers())
                    .filter(|p| p.first_day() < calibration_end.min(step.end))
                    .collect();
                let repeats = |from, to| {
                    let window = Period { start: from, end: to };
                    let of = |p: &&Person| {
                        let days = p.activity_days();
                        days.iter().skip(1).filter(|day| window.holds(**day)).count()
                    };
                    customers.iter().map(of).sum::<usize>()
                };
                rows.push(row! {
                    segment: group.segment,
                    segment_value: segment_value(group),
                    model: model,
                    step: number,
                    step_start: step.start,
                    is_holdout: step.end > calibration_end,
                    customers: customers.len(),
                    actual_orders: repeats(step.start, step.end),
                    actual_cumulative: repeats(first, step.end),
                    is_complete: step.end <= frame.as_of,
                });
            }
        }
    }
    rows
}
