//! `purchase_gaps` and `purchase_gap_histogram`.

use std::collections::BTreeSet;

use kohort_model::Day;

use super::people::{Group, Person};
use super::{Frame, ratio, row, segment_value};
use crate::compare::NaiveRow;

/// The time from one order day to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Gap {
    number: u32,
    start: Day,
    /// Of an open gap how long it has lasted.
    days: i32,
    is_open: bool,
}

fn gaps_of(customer: &Person, as_of: Day) -> Vec<Gap> {
    let days: Vec<_> = customer.activity_days().into_iter().collect();
    let gap = |(number, (i, start)): (u32, (usize, &Day))| {
        let next = days.get(i + 1);
        let end = next.copied().unwrap_or(as_of.plus(-1));
        Gap { number, start: *start, days: end.0 - start.0, is_open: next.is_none() }
    };
    (1..).zip(days.iter().enumerate()).map(gap).collect()
}

/// The gaps that start in each period and bear each number, `None` for every number: the
/// period's place among `periods`, the number and the gaps. Numbers of which there are none are left
/// out, but not every number.
fn numbered(
    frame: &Frame<'_>,
    group: &Group,
    periods: &[super::Period],
) -> Vec<(usize, Option<u32>, Vec<Gap>)> {
    let all: Vec<_> = group.customers().flat_map(|p| gaps_of(p, frame.as_of)).collect();
    let mut numbered = Vec::new();
    for (p, period) in periods.iter().enumerate() {
        let here: Vec<_> = all.iter().filter(|gap| period.holds(gap.start)).copied().collect();
        numbered.push((p, None, here.clone()));
        for number in 1..=frame.settings.gaps.max_number {
            let of_number: Vec<_> =
                here.iter().filter(|gap| gap.number == number).copied().collect();
            if !of_number.is_empty() {
                numbered.push((p, Some(number), of_number));
            }
        }
    }
    numbered
}

pub(super) fn purchase_gaps(frame: &Frame<'_>) -> Vec<NaiveRow> {
    let mut rows = Vec::new();
    for (grain, group) in frame.grains_and_groups() {
        let periods = frame.periods(grain, group.first_activity());
        for (p, number, gaps) in numbered(frame, group, &periods) {
            let ended: Vec<_> = gaps.iter().filter(|g| !g.is_open).map(|g| g.days).collect();
            let sum: i128 = ended.iter().map(|days| i128::from(*days)).sum();
            rows.push(row! {
                grain: grain.name(),
                segment: group.segment,
                segment_value: segment_value(group),
                period: periods[p].start,
                gap_number: number,
                gaps: ended.len(),
                open: gaps.len() - ended.len(),
                mean_days: ratio(sum, ended.len() as i128),
                p25_days: quantile(&ended, 25),
                median_days: quantile(&ended, 50),
                p75_days: quantile(&ended, 75),
                p90_days: quantile(&ended, 90),
                km_median_days: kaplan_meier_median(&gaps),
                is_complete: frame.is_complete(periods[p]),
            });
        }
    }
    rows
}

pub(super) fn purchase_gap_histogram(frame: &Frame<'_>) -> Vec<NaiveRow> {
    let mut rows = Vec::new();
    let width = i32::try_from(frame.settings.gaps.bucket_days).expect("a bucket of some days");
    for (grain, group) in frame.grains_and_groups() {
        let periods = frame.periods(grain, group.first_activity());
        for (p, number, gaps) in numbered(frame, group, &periods) {
            let from = |gap: &Gap| gap.days / width * width;
            for bucket in gaps.iter().map(from).collect::<BTreeSet<_>>() {
                let in_bucket = || gaps.iter().filter(|gap| from(gap) == bucket);
                rows.push(row! {
                    grain: grain.name(),
                    segment: group.segment,
                    segment_value: segment_value(group),
                    period: periods[p].start,
                    gap_number: number,
                    days_from: i64::from(bucket),
                    days_to: i64::from(bucket + width - 1),
                    gaps: in_bucket().filter(|gap| !gap.is_open).count(),
                    open: in_bucket().filter(|gap| gap.is_open).count(),
                    is_complete: frame.is_complete(periods[p]),
                });
            }
        }
    }
    rows
}

/// Of n sorted values that at place (n - 1) × q, counted from 0, between the two nearest in
/// proportion.
#[expect(clippy::cast_precision_loss, reason = "a test has few values")]
pub(super) fn quantile(days: &[i32], percent: usize) -> Option<f64> {
    let mut sorted = days.to_vec();
    sorted.sort_unstable();
    let hundredths = sorted.len().checked_sub(1)? * percent;
    let low = f64::from(sorted[hundredths / 100]);
    let high = f64::from(sorted[hundredths.div_ceil(100)]);
    Some(low + (high - low) * ((hundredths % 100) as f64 / 100.0))
}

/// The smallest number of days at which the share of gaps that last longer is at most a half.
#[expect(clippy::cast_precision_loss, reason = "a test has few gaps")]
fn kaplan_meier_median(gaps: &[Gap]) -> Option<f64> {
    let lengths: BTreeSet<_> = gaps.iter().filter(|g| !g.is_open).map(|g| g.days).collect();
    let survival = |t: i32| {
        let factor = |s: &i32| {
            let ended = gaps.iter().filter(|g| !g.is_open && g.days == *s).count();
            let at_risk = gaps.iter().filter(|g| g.days >= *s).count();
            1.0 - ended as f64 / at_risk as f64
        };
        lengths.iter().filter(|s| **s <= t).map(factor).product::<f64>()
    };
    let median = lengths.iter().find(|t| survival(**t) <= 0.5 + 1e-12);
    median.map(|days| f64::from(*days))
}
