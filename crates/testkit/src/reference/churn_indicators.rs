//! `churn_indicators`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kohort_model::{Day, Grain, Input};

use super::people::{Group, Person};
use super::{Frame, ratio, row, segment_value};
use crate::compare::NaiveRow;

/// A customer who was there when a period began.
struct Observation {
    /// The place of the period's start, the first day after the window.
    start: Day,
    /// The customer's place in its group.
    customer: usize,
    has_churned: bool,
}

/// Whether an observation churned, and its level in hundredths.
type Level = (bool, i64);

pub(super) fn churn_indicators(frame: &Frame<'_>) -> Vec<NaiveRow> {
    let mut rows = Vec::new();
    let signals = signals(frame);
    for (grain, group) in frame.grains_and_groups() {
        let observations = observations(frame, grain, group);
        for (signal, first_day) in &signals {
            let levels: Vec<Level> = (observations.iter())
                .filter(|o| first_day.is_some_and(|first| first <= window_start(frame, o.start)))
                .map(|o| (o.has_churned, level(frame, &group.people[o.customer], signal, o.start)))
                .collect();
            if levels.is_empty() {
                continue;
            }
            let key = row! {
                grain: grain.name(),
                segment: group.segment,
                segment_value: segment_value(group),
                signal: Arc::<str>::from(signal.as_str()),
            };
            rows.push(key.into_iter().chain(columns(&levels)).collect());
        }
    }
    rows
}

/// Each signal with the day from which on it is known: the latest of the first days of its inputs.
/// Where one of them has no row before `as_of`, nothing is known.
fn signals(frame: &Frame<'_>) -> BTreeMap<String, Option<Day>> {
    let (history, mapped) = (frame.history, frame.history.mapped());
    let known = history.engagement.iter().flatten().filter(|event| event.day < frame.as_of);
    let kinds = known.map(|event| (event.kind.as_str(), Input::Engagement));
    let own = [
        (history.invoices.is_some(), "late_payments", Input::Invoices),
        (history.returns.is_some(), "product_returns", Input::Returns),
        (mapped.scores, "low_scores", Input::Surveys),
    ];
    let there = own.into_iter().filter(|(is_there, _, _)| *is_there);
    let mut inputs = BTreeMap::<_, BTreeSet<_>>::new();
    for (name, input) in kinds.chain(there.map(|(_, name, input)| (name, input))) {
        inputs.entry(name.to_owned()).or_default().insert(input);
    }
    let latest = |inputs: BTreeSet<Input>| {
        let days = inputs.into_iter().map(|input| frame.first_day_of(input));
        days.collect::<Option<Vec<_>>>()?.into_iter().max()
    };
    inputs.into_iter().map(|(name, inputs)| (name, latest(inputs))).collect()
}

fn window_start(frame: &Frame<'_>, start: Day) -> Day {
    start.plus(-i64::from(frame.settings.indicator_window_days))
}

/// Customers active at the opening of a complete period.
fn observations(frame: &Frame<'_>, grain: Grain, group: &Group) -> Vec<Observation> {
    let mut observations = Vec::new();
    for period in frame.periods(grain, group.first_activity()) {
        if !frame.is_complete(period) {
            continue;
        }
        for (customer, person) in group.people.iter().enumerate() {
            if person.is_customer() && person.is_active_at_end_of(period.start.plus(-1), frame.w) {
                let mut days = period.known_days(frame.as_of);
                let has_churned = days.any(|day| person.churns_on(day, frame.w));
                observations.push(Observation { start: period.start, customer, has_churned });
            }
        }
    }
    observations
}

/// What the window before a period adds up to, in hundredths.
fn level(frame: &Frame<'_>, person: &Person, signal: &str, start: Day) -> i64 {
    let days = window_start(frame, start)..start;
    let further = &person.further;
    let engaged = further.engagement.iter().filter(|e| e.kind == signal && days.contains(&e.day));
    let times = match signal {
        "late_payments" => (further.invoices.iter().filter(|invoice| invoice.amount >= 0))
            .filter(|invoice| {
                let is_late = |day: Day| {
                    let is_owed = invoice.issued <= day && invoice.paid.is_none_or(|p| day < p);
                    is_owed && Some(day) > invoice.due
                };
                (days.start.0..days.end.0).map(Day).any(is_late)
            })
            .count(),
        "product_returns" => further.returns.iter().filter(|r| days.contains(&r.day)).count(),
        "low_scores" => (further.scores.iter().filter(|answer| days.contains(&answer.day)))
            .filter(|answer| answer.score.is_some_and(|score| score <= 6))
            .count(),
        _ => 0,
    };
    engaged.map(|event| event.value).sum::<i64>() + 100 * i64::try_from(times).expect("few rows")
}

/// The smallest level of the class after the one that starts at `class`.
fn class_after(class: i64) -> i64 {
    if class < 8 { class + 1 } else { class + (1 << class.ilog2()) / 4 }
}

/// The smallest level of the class that `level` is in.
fn class_of(level: i64) -> i64 {
    let mut class = 0;
    while class_after(class) <= level {
        class = class_after(class);
    }
    class
}

fn columns(levels: &[Level]) -> NaiveRow {
    let count = |which: &dyn Fn(&Level) -> bool| levels.iter().filter(|l| which(l)).count();
    let mean = |of_churned: bool| {
        let sum = levels.iter().filter(|l| l.0 == of_churned).map(|l| i128::from(l.1)).sum();
        ratio(sum, 100 * count(&|l| l.0 == of_churned) as i128)
    };
    let classes: BTreeSet<_> = levels.iter().map(|l| class_of(l.1)).collect();
    let holds_half = |class: i64| 2 * count(&|l| class_of(l.1) <= class) >= levels.len();
    let median = classes.into_iter().find(|class| holds_half(*class)).expect("a class");
    let threshold = class_after(median);

    let [exposed, unexposed] = [true, false].map(|is_exposed| {
        let of_side = |l: &Level| (l.1 >= threshold) == is_exposed;
        [count(&|l| of_side(l) && l.0), count(&|l| of_side(l) && !l.0)]
    });
    let odds = odds_ratio(exposed, unexposed);
    row! {
        observations: levels.len(),
        churned: count(&|l| l.0),
        with_signal: count(&|l| l.1 > 0),
        mean_level_churned: mean(true),
        mean_level_stayed: mean(false),
        threshold: ratio(threshold.into(), 100),
        exposed: exposed[0] + exposed[1],
        exposed_churned: exposed[0],
        unexposed: unexposed[0] + unexposed[1],
        unexposed_churned: unexposed[0],
        odds_ratio: odds.map(|odds| odds.0),
        odds_ratio_low: odds.map(|odds| odds.1),
        odds_ratio_high: odds.map(|odds| odds.2),
        auc: auc(levels),
    }
}

/// The odds of having churned over having stayed of one side over those of the other, and both
/// ends of its interval.
#[expect(clippy::cast_precision_loss, reason = "a test has few observations")]
fn odds_ratio(exposed: [usize; 2], unexposed: [usize; 2]) -> Option<(f64, f64, f64)> {
    let counts = [exposed[0], exposed[1], unexposed[0], unexposed[1]];
    let [a, b, c, d] = counts.map(|n| n as i128);
    let odds = ratio(a * d, b * c).filter(|_| !counts.contains(&0))?;
    let error = counts.iter().map(|n| 1.0 / *n as f64).sum::<f64>().sqrt();
    let reach = 1.959_963_984_540_054 * error;
    Some((odds, (odds.ln() - reach).exp(), (odds.ln() + reach).exp()))
}

/// Of the pairs of one that churned and one that stayed, those in which the first is in the
/// higher class; those in one class as half of one.
fn auc(levels: &[Level]) -> Option<f64> {
    let (mut halves, mut pairs) = (0, 0);
    for (_, churned) in levels.iter().filter(|l| l.0) {
        for (_, stayed) in levels.iter().filter(|l| !l.0) {
            pairs += 1;
            halves += match class_of(*churned).cmp(&class_of(*stayed)) {
                std::cmp::Ordering::Greater => 2,
                std::cmp::Ordering::Equal => 1,
                std::cmp::Ordering::Less => 0,
            };
        }
    }
    ratio(halves, 2 * pairs)
}
