//! `funnel`.

use std::collections::BTreeSet;
use std::sync::Arc;

use kohort_model::Day;

use super::gaps::quantile;
use super::people::{Group, Person};
use super::periods::Period;
use super::{Frame, row, segment_value, share};
use crate::compare::NaiveRow;
use crate::history::{Id, Touchpoint};

const MICROS_PER_HOUR: i64 = 3_600_000_000;

/// An event of a step of the funnel.
#[derive(Clone, Copy)]
pub(super) struct Touch<'a> {
    pub step: usize,
    pub touch: &'a Touchpoint,
}

impl Touch<'_> {
    /// In order of time, those of one instant in order of the steps; of several of one step the one
    /// of no cart or the smaller cart, then of no value or the smaller value, comes first.
    pub fn order(&self) -> impl Ord + '_ {
        let Touchpoint { instant, cart, value, .. } = self.touch;
        (*instant, self.step, cart, *value)
    }
}

/// A person's events of the funnel's steps, in order.
pub(super) fn touches<'a>(frame: &Frame<'_>, person: &'a Person) -> Vec<Touch<'a>> {
    let step = |touch: &Touchpoint| frame.settings.steps.iter().position(|s| *s == touch.step);
    let all = person.further.touches.iter();
    let mut touches: Vec<_> =
        all.filter_map(|touch| Some(Touch { step: step(touch)?, touch })).collect();
    touches.sort_by(|a, b| a.order().cmp(&b.order()));
    touches
}

/// A window of hours in days, rounded up.
pub(super) fn days(hours: u32) -> i64 {
    hours.div_ceil(24).into()
}

/// A window of hours in microseconds.
pub(super) fn micros(hours: u32) -> i64 {
    i64::from(hours) * MICROS_PER_HOUR
}

/// Whether what ends at an instant has ended before `as_of`.
pub(super) fn is_over(frame: &Frame<'_>, end: i64) -> bool {
    end < i64::from(frame.as_of.0) * micros(24)
}

/// A path: the event that reached each step, from the first on.
struct Path<'a> {
    reached: Vec<&'a Touchpoint>,
    is_over: bool,
}

/// The path that starts with `start`.
fn path<'a>(frame: &Frame<'_>, start: &'a Touchpoint, touches: &[Touch<'a>]) -> Path<'a> {
    let end = start.instant + micros(frame.settings.window_hours);
    let mut reached = vec![start];
    for step in 1..frame.settings.steps.len() {
        let before = reached[step - 1].instant;
        let next = touches.iter().find(|t| t.step == step && before <= t.touch.instant);
        match next.filter(|t| t.touch.instant <= end) {
            Some(next) => reached.push(next.touch),
            None => break,
        }
    }
    Path { reached, is_over: is_over(frame, end) }
}

/// What each visitor of a person did.
fn by_visitor<'a>(frame: &Frame<'_>, person: &'a Person) -> Vec<Vec<Touch<'a>>> {
    let touches = touches(frame, person);
    let visitors: BTreeSet<&Id> = touches.iter().map(|t| &t.touch.visitor).collect();
    let of =
        |visitor: &Id| touches.iter().filter(|t| t.touch.visitor == *visitor).copied().collect();
    visitors.into_iter().map(of).collect()
}

/// One path a visitor who starts one in the period: that which gets furthest.
fn paths<'a>(frame: &Frame<'_>, visitors: &[Vec<Touch<'a>>], period: Period) -> Vec<Path<'a>> {
    let furthest = |touches: &Vec<Touch<'a>>| {
        let starts = touches.iter().filter(|t| t.step == 0 && period.holds(t.touch.day));
        let paths = starts.map(|start| path(frame, start.touch, touches));
        // Of equals the first.
        paths.reduce(|a, b| if b.reached.len() > a.reached.len() { b } else { a })
    };
    visitors.iter().filter_map(furthest).collect()
}

pub(super) fn funnel(frame: &Frame<'_>) -> Vec<NaiveRow> {
    let mut rows = Vec::new();
    for (grain, group) in frame.grains_and_groups() {
        let visitors: Vec<_> = group.people.iter().flat_map(|p| by_visitor(frame, p)).collect();
        for period in frame.periods(grain, first_path(frame, group)) {
            let paths = paths(frame, &visitors, period);
            let window_end = period.end.plus(days(frame.settings.window_hours));
            for (step, name) in frame.settings.steps.iter().enumerate() {
                let mut row = row! {
                    grain: grain.name(),
                    segment: group.segment,
                    segment_value: segment_value(group),
                    period: period.start,
                    step_number: step + 1,
                    step: Arc::<str>::from(*name),
                };
                row.extend(numbers(frame, &paths, step));
                row.extend(row! {
                    is_complete: frame.is_complete(period) && window_end <= frame.as_of,
                });
                rows.push(row);
            }
        }
    }
    rows
}

/// Events of visitors who never took the first step.
pub(super) fn events_on_no_path(frame: &Frame<'_>) -> usize {
    let visitors = frame.groups[0].people.iter().flat_map(|p| by_visitor(frame, p));
    let idle = visitors.filter(|touches| touches.iter().all(|t| t.step != 0));
    idle.map(|touches| touches.len()).sum()
}

fn first_path(frame: &Frame<'_>, group: &Group) -> Option<Day> {
    let touches = group.people.iter().flat_map(|p| touches(frame, p));
    touches.filter(|t| t.step == 0).map(|t| t.touch.day).min()
}

fn numbers(frame: &Frame<'_>, paths: &[Path<'_>], step: usize) -> NaiveRow {
    let is_last = step + 1 == frame.settings.steps.len();
    let entered: Vec<_> = paths.iter().filter(|p| p.reached.len() > step).collect();
    let (converted, stopped): (Vec<&Path<'_>>, Vec<&Path<'_>>) =
        entered.iter().copied().partition(|p| p.reached.len() > step + 1);
    let (dropped, open): (Vec<&Path<'_>>, Vec<_>) = stopped.into_iter().partition(|p| p.is_over);
    let waits: Vec<_> =
        converted.iter().map(|p| seconds(p.reached[step], p.reached[step + 1])).collect();
    let value = |path: &&Path<'_>| path.reached.iter().rev().find_map(|touch| touch.value);
    let lost: i128 = dropped.iter().filter_map(value).map(i128::from).sum();
    let without = dropped.iter().filter(|p| value(p).is_none()).count();
    row! {
        entered: entered.len(),
        converted: (!is_last).then_some(converted.len()),
        dropped: (!is_last).then_some(dropped.len()),
        open: (!is_last).then_some(open.len()),
        step_conversion_rate:
            (!is_last).then(|| share(converted.len(), converted.len() + dropped.len())).flatten(),
        median_seconds: (!is_last).then(|| quantile(&waits, 50)).flatten(),
        visitors: paths.len(),
        overall_conversion_rate: share(entered.len(), paths.len()),
        lost_value: (!is_last).then_some(lost),
        dropped_without_value: (!is_last).then_some(without),
    }
}

/// Whole seconds between two events.
fn seconds(from: &Touchpoint, to: &Touchpoint) -> i32 {
    i32::try_from((to.instant - from.instant) / 1_000_000).expect("a window of some hours")
}
