//! Rows of chance histories, each observation looked at by itself.

use std::fmt::Write;
use std::sync::Arc;

use kohort_model::{Context, Settings};

use super::chance::{SIGNALS, chance, level, spells};
use super::{Known, finish_known};
use crate::risk::CHURN_INDICATORS;
use crate::tests::assert_text;

/// Of each observation of a signal in the periods of a grain the level, and whether it churned.
fn observations(
    people: &[Known],
    context: &Context,
    grain: usize,
    signal: usize,
) -> Vec<(u64, bool)> {
    let periods = &context.periods[grain];
    let Some(known_from) = context.engagement.known_from[signal] else { return Vec::new() };
    let mut found = Vec::new();
    for known in people {
        let spells = spells(known, context);
        for p in 0..periods.len() {
            let (start, end) = (periods.start(p), periods.end(p));
            let is_active = spells.iter().any(|s| s.start < start && s.end >= start);
            if is_active && context.is_complete(periods, p) && start.0 - 30 >= known_from.0 {
                let churned = spells.iter().any(|s| start <= s.end && s.end < end);
                found.push((level(known, u32::try_from(signal).unwrap(), start.0), churned));
            }
        }
    }
    found
}

/// Least hundredths of the class after that of a level.
fn class_after(level: u64) -> u64 {
    let mut bounds: Vec<u64> = (0..8).collect();
    for e in 3..40 {
        bounds.extend((0..4).map(|quarter| (1 << e) + quarter * (1 << e) / 4));
    }
    *bounds.iter().find(|bound| **bound > level).unwrap()
}

/// Every one of the first with every one of the others.
fn pairs<'a, T>(first: &'a [T], others: &'a [T]) -> impl Iterator<Item = (&'a T, &'a T)> {
    first.iter().flat_map(move |a| others.iter().map(move |b| (a, b)))
}

#[test]
fn rows_as_counted_one_by_one() {
    let (context, people) = chance(7, 420);
    let context = Arc::new(context);
    let mut expected =
        "grain segment segment_value signal observations churned with_signal threshold exposed \
         exposed_churned mean_level_churned auc\n"
            .to_owned();
    for (grain, periods) in context.periods.iter().enumerate() {
        for slot in 0..3 {
            let own = |known: &&Known| slot == 0 || known.person.slot == slot;
            let people: Vec<Known> = people.iter().filter(own).cloned().collect();
            for (signal, (name, _)) in SIGNALS.iter().enumerate() {
                let mut seen = observations(&people, &context, grain, signal);
                if seen.is_empty() {
                    continue;
                }
                seen.sort_unstable();
                let bound = class_after(seen[(seen.len() - 1) / 2].0);
                let of = |churned: bool| {
                    let own = seen.iter().filter(move |one| one.1 == churned);
                    own.map(|one| one.0).collect::<Vec<u64>>()
                };
                let (left, stayed) = (of(true), of(false));
                let classes = |levels: &[u64]| levels.iter().map(|l| class_after(*l)).collect();
                let (classes, others): (Vec<u64>, Vec<u64>) = (classes(&left), classes(&stayed));
                let mut twice = 0_usize;
                for (class, other) in pairs(&classes, &others) {
                    twice += usize::from(class > other) + usize::from(class >= other);
                }
                let ratio = |a: f64, b: usize| ((a / b as f64) * 1e4).round() / 1e4;
                let exposed = |levels: &[u64]| levels.iter().filter(|l| **l >= bound).count();
                let mean = ratio(left.iter().sum::<u64>() as f64 / 100.0, left.len());
                writeln!(
                    expected,
                    "{} {} {} {name} {} {} {} {} {} {} {mean} {}",
                    periods.grain.name(),
                    context.slots[slot as usize].segment,
                    context.slots[slot as usize].value.as_deref().unwrap_or("-"),
                    seen.len(),
                    left.len(),
                    seen.iter().filter(|one| one.0 > 0).count(),
                    bound as f64 / 100.0,
                    exposed(&left) + exposed(&stayed),
                    exposed(&left),
                    ratio(twice as f64, 2 * left.len() * stayed.len()),
                )
                .unwrap();
            }
        }
    }
    let measure = (CHURN_INDICATORS.start)(Arc::clone(&context), &Settings::default());
    let finished = finish_known(measure, &context, &people, 3);
    assert_eq!(finished.tables[0].rows(), 4 * 3 * 3);
    assert_text(&finished.tables[0], &expected);
}
