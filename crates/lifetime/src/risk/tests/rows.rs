//! Rows by hand.

use std::sync::Arc;

use kohort_model::{Basis, Context, Day, Grain, Settings, Spell, Table};

use super::{Known, finish_known, frame, show_known};
use crate::risk::{CHURN_INDICATORS, Levels};
use crate::tests::{Person, assert_text, orders};

/// The table, the same for any number of parts.
fn list(context: Context, people: &[Known]) -> Table {
    let context = Arc::new(context);
    let table = |parts| {
        let measure = (CHURN_INDICATORS.start)(Arc::clone(&context), &Settings::default());
        let mut finished = finish_known(measure, &context, people, parts);
        assert!(finished.customer_tables.is_empty() && finished.risk.is_none());
        finished.tables.remove(0)
    };
    let whole = table(1);
    assert_eq!(whole, table(2));
    assert_eq!(whole, table(people.len()));
    whole
}

/// Active from one day to another, in value `a`, with signals.
fn active(from: i32, until: i32, signals: &[(i32, u32, i64)]) -> Known {
    let spells = vec![Spell { start: Day(from), end: Day(until) }];
    let person = Person { spells, ..orders(&[from]) };
    Known { person, signals: signals.to_vec(), ..Known::default() }
}

#[test]
fn levels_over_the_window() {
    let mut context =
        frame(0, 400, Grain::Month, &["clicks", "late", "low", "back"].map(|n| (n, Some(0))));
    context.engagement.late_payments = Some(1);
    context.engagement.low_scores = Some(2);
    context.engagement.product_returns = Some(3);
    let known = Known {
        signals: vec![(5, 0, 250), (5, 2, 7), (5, 2, 7), (9, 0, 50)],
        invoices: vec![
            // Late on days 21 to 24, never, from 101 on, and on 51 although it was due before it was there.
            (0, 20, Some(25), 1),
            (0, 20, Some(21), 1),
            (90, 100, None, 0),
            (51, 40, Some(52), 1),
            // A credit note.
            (0, 20, None, -1),
        ],
        returns: vec![60, 60, 66],
        scores: vec![(70, 10), (71, 7), (72, 6), (73, 0)],
        ..active(0, 400, &[])
    };
    // Signal, and its level from each day on.
    let cases: [(usize, &[(i32, u64)]); 4] = [
        (0, &[(0, 0), (6, 250), (10, 300), (16, 50), (20, 0)]),
        (1, &[(0, 0), (22, 100), (35, 0), (52, 100), (62, 0), (102, 100)]),
        (2, &[(0, 0), (6, 14), (16, 0), (73, 100), (74, 200), (83, 100), (84, 0)]),
        (3, &[(0, 0), (61, 200), (67, 300), (71, 100), (77, 0)]),
    ];
    show_known(&context, &[known], |block| {
        let mut levels = Levels::new(10);
        levels.read(block, 0, &context);
        for (signal, expected) in cases {
            let mut walk = levels.of(signal);
            for day in 0..400 {
                let stretch = expected.partition_point(|(from, _)| *from <= day) - 1;
                assert_eq!(walk.on(Day(day)), expected[stretch].1, "signal {signal} on {day}");
            }
        }
    });
}

#[test]
fn levels_stop_at_the_largest_number() {
    let context = frame(0, 400, Grain::Month, &[("clicks", Some(0))]);
    let known = active(0, 400, &[(0, 0, i64::MAX), (1, 0, i64::MAX), (2, 0, i64::MAX), (5, 0, 3)]);
    show_known(&context, &[known], |block| {
        let mut levels = Levels::new(30);
        levels.read(block, 0, &context);
        let mut walk = levels.of(0);
        let expected = [(1, (1 << 63) - 1), (2, u64::MAX - 1), (3, u64::MAX), (33, 3), (36, 0)];
        for (day, level) in expected {
            assert_eq!(walk.on(Day(day)), level, "{day}");
        }
    });
}

#[test]
fn who_is_observed_and_who_churned() {
    // Months: January 0 to 30, February 31 to 58, March 59 to 89, April 90 to 119; cut in May.
    let people = [
        // Active at the opening of February alone; the end on its first day is in it.
        active(3, 31, &[(30, 0, 500), (31, 0, 900)]),
        // Of February and March, in which it churns; not yet of the month that it starts with.
        active(0, 60, &[(1, 0, 200), (58, 0, 100)]),
        active(31, 59, &[(2, 0, 100)]),
        // Of all of them, and never churns; what happens in April is too late.
        active(5, 500, &[(90, 0, 5000)]),
        // Comes and goes between two openings.
        active(32, 40, &[(33, 0, 100)]),
        // Churns in May, which is not complete.
        active(60, 125, &[]),
    ];
    let mut context = frame(0, 130, Grain::Month, &[("clicks", Some(0)), ("none", None)]);
    let table = list(context.clone(), &people);
    // February: 5 (churned), 2 and 0. March: 1 (churned), 0 (churned) and 0. April: 0 and 0.
    let expected = "signal observations churned with_signal mean_level_churned mean_level_stayed
         clicks 8            3       3           2                  0.4
         clicks 8            3       3           2                  0.4";
    assert_text(&table, expected);
    let expected = "grain segment segment_value threshold exposed exposed_churned unexposed unexposed_churned odds_ratio auc
         month all        -             0.01      3       2               5         1                 8          0.7333
         month kind       a             0.01      3       2               5         1                 8          0.7333";
    assert_text(&table, expected);
    // A window that starts before the first day that is known.
    context.engagement.known_from[0] = Some(Day(2));
    let table = list(context.clone(), &people[..4]);
    assert_text(&table, "observations churned with_signal\n4 2 1\n4 2 1");
    // Not complete: the first W = 40 days after the start of the extract.
    context.engagement.known_from[0] = Some(Day(0));
    (context.history_start, context.lapse_days) = (Some(Day(0)), 40);
    let table = list(context.clone(), &people[..4]);
    assert_text(&table, "observations churned with_signal\n4 2 1\n4 2 1");
    // With subscriptions April is complete only when a gap at its end is over.
    (context.history_start, context.lapse_days, context.basis) = (None, 11, Basis::Subscriptions);
    let table = list(context, &people[..4]);
    assert_text(&table, "observations churned with_signal\n6 3 3\n6 3 3");
}

#[test]
fn nothing_to_tell() {
    let context = frame(0, 130, Grain::Month, &[]);
    assert_eq!(list(context, &[active(0, 60, &[])]).rows(), 0);
    // All of one level: nobody is exposed.
    let context = frame(0, 130, Grain::Month, &[("clicks", Some(0))]);
    let people = [active(0, 60, &[(30, 0, 12)]), active(0, 58, &[(30, 0, 12)])];
    let table = list(context.clone(), &people[..]);
    assert_text(
        &table,
        "observations churned threshold exposed odds_ratio odds_ratio_low odds_ratio_high
         3 2 0.14 0 - - -
         3 2 0.14 0 - - -",
    );
    // Nobody churned.
    let table = list(context, &[active(0, 130, &[])]);
    assert_text(
        &table,
        "observations mean_level_churned mean_level_stayed threshold auc
         3 - 0 0.01 -
         3 - 0 0.01 -",
    );
}
