//! `churn_reasons`.

use std::collections::BTreeMap;
use std::sync::Arc;

use kohort_model::{Basis, Cause, Day};

use super::people::Person;
use super::{Frame, ratio, row, segment_value, share};
use crate::compare::NaiveRow;
use crate::history::Id;

/// A churn event with what is known about it.
struct Departure {
    source: &'static str,
    reason: String,
    cause: &'static str,
    /// Days from the cancellation.
    notice: Option<i32>,
    revenue: i128,
}

pub(super) fn churn_reasons(frame: &Frame<'_>) -> Vec<NaiveRow> {
    let mut rows = Vec::new();
    for (grain, group) in frame.grains_and_groups() {
        for period in frame.periods(grain, group.first_activity()) {
            let mut departures = Vec::new();
            for day in period.known_days(frame.as_of) {
                let leaving = group.customers().filter(|p| p.churns_on(day, frame.w));
                departures.extend(leaving.map(|p| departure(frame, p, day)));
            }
            let revenue = |of: &[&Departure]| of.iter().map(|d| d.revenue).sum::<i128>();
            let revenue_total = revenue(&departures.iter().collect::<Vec<_>>());
            let mut of_reason = BTreeMap::<_, Vec<_>>::new();
            for departure in &departures {
                let key = (departure.source, &departure.reason, departure.cause);
                of_reason.entry(key).or_default().push(departure);
            }
            for ((source, reason, cause), of_row) in of_reason {
                let notices: Vec<_> = of_row.iter().filter_map(|d| d.notice).collect();
                let days: i128 = notices.iter().map(|days| i128::from(*days)).sum();
                rows.push(row! {
                    grain: grain.name(),
                    segment: group.segment,
                    segment_value: segment_value(group),
                    period: period.start,
                    source: source,
                    reason: Arc::<str>::from(reason.as_str()),
                    cause: cause,
                    churned: of_row.len(),
                    churned_total: departures.len(),
                    churned_share: share(of_row.len(), departures.len()),
                    revenue_lost: revenue(&of_row),
                    revenue_lost_total: revenue_total,
                    revenue_lost_share: ratio(revenue(&of_row), revenue_total),
                    with_notice: notices.len(),
                    mean_notice_days: ratio(days, notices.len() as i128),
                    is_complete: frame.is_complete(period),
                });
            }
        }
    }
    rows
}

fn departure(frame: &Frame<'_>, customer: &Person, day: Day) -> Departure {
    let last_active = day.plus(-1);
    let standing = customer.subscriber.iter().flat_map(|s| &s.standing);
    let ended = standing
        .filter(|s| s.day == last_active && s.term.ended == Some(day) && s.term.value > 0)
        .map(|s| &s.term)
        .min_by(|a, b| a.by_reason().cmp(&b.by_reason()));
    let cancellation = ended.map(|term| term.reason.clone()).filter(|reason| reason != "unknown");
    let answer = || answer(frame, customer, day);
    let (source, reason) = (cancellation.map(|reason| ("cancellation", reason)))
        .or_else(|| answer().map(|reason| ("survey", reason)))
        .unwrap_or_else(|| ("none", "unknown".to_owned()));
    Departure {
        source,
        reason,
        cause: match ended.map_or(Cause::Unknown, |term| term.cause) {
            Cause::Voluntary => "voluntary",
            Cause::Involuntary => "involuntary",
            Cause::Unknown => "unknown",
        },
        notice: ended.and_then(|term| term.cancelled).map(|cancelled| day.0 - cancelled.0),
        revenue: match frame.settings.basis {
            Basis::Orders => {
                let last_order = day.plus(-frame.w);
                customer.revenue(last_order.plus(1 - frame.w), last_order.plus(1)).max(0)
            }
            Basis::Subscriptions => customer.monthly(last_active),
        },
    }
}

/// Whether a day lies around a churn event.
fn is_near(frame: &Frame<'_>, said: Day, churned: Day) -> bool {
    let window = i64::from(frame.settings.survey_window_days);
    let left = match frame.settings.basis {
        Basis::Orders => churned.plus(-frame.w),
        Basis::Subscriptions => churned,
    };
    left.plus(-window) <= said && said <= churned.plus(window)
}

/// Answers around no churn event.
pub(super) fn idle_answers(frame: &Frame<'_>) -> usize {
    let is_used = |id: &Id, said: Day| {
        let person = frame.groups[0].customers().find(|p| p.id == *id);
        let events = person.map(|p| p.churn_events(frame.as_of, frame.w)).unwrap_or_default();
        events.into_iter().any(|churned| is_near(frame, said, churned))
    };
    let answers = frame.notes.answers.iter().flatten();
    answers.filter(|(id, said, _)| !is_used(id, *said)).count()
}

/// The latest answer around the churn event, of one day the smallest text.
fn answer(frame: &Frame<'_>, customer: &Person, day: Day) -> Option<String> {
    let near: Vec<_> = (frame.notes.answers.iter().flatten())
        .filter(|(id, _, _)| *id == customer.id)
        .filter(|(_, said, _)| is_near(frame, *said, day))
        .collect();
    let latest = near.iter().map(|(_, said, _)| *said).max();
    let of_latest = near.iter().filter(|(_, said, _)| Some(*said) == latest);
    of_latest.map(|(_, _, reason)| reason.clone()).min()
}
