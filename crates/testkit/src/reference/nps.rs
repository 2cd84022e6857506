//! `nps`.

use std::cmp::Reverse;

use super::people::Person;
use super::periods::Period;
use super::{Frame, ratio, row, segment_value};
use crate::compare::NaiveRow;

pub(super) fn nps(frame: &Frame<'_>) -> Vec<NaiveRow> {
    let mut rows = Vec::new();
    for (grain, group) in frame.grains_and_groups() {
        let days = group.people.iter().flat_map(|p| &p.further.scores).map(|answer| answer.day);
        for period in frame.periods(grain, days.min()) {
            let scores: Vec<_> =
                group.people.iter().filter_map(|p| last_score(p, period)).collect();
            let within =
                |low: u8, high: u8| scores.iter().filter(|s| low <= **s && **s <= high).count();
            let (promoters, detractors) = (within(9, 10), within(0, 6));
            let (n, lead) = (scores.len() as i128, promoters as i128 - detractors as i128);
            // (p + d) / n - (p - d)² / n with shares p and d, over one denominator.
            let outspoken = (promoters + detractors) as i128;
            let variance = ratio(n * outspoken - lead * lead, n * n * n);
            rows.push(row! {
                grain: grain.name(),
                segment: group.segment,
                segment_value: segment_value(group),
                period: period.start,
                responses: scores.len(),
                promoters: promoters,
                passives: within(7, 8),
                detractors: detractors,
                nps: ratio(100 * lead, n),
                nps_standard_error: variance.map(|variance| 100.0 * variance.sqrt()),
                is_complete: frame.is_complete(period),
            });
        }
    }
    rows
}

/// Of the scores that a person gave in the period the last, of one instant the lowest.
fn last_score(person: &Person, period: Period) -> Option<u8> {
    let given = person.further.scores.iter().filter(|answer| period.holds(answer.day));
    given.max_by_key(|answer| (answer.instant, Reverse(answer.score)))?.score
}
