//! A signal that drives churn and one that does not: which is which?

use std::sync::Arc;

use kohort_model::{Basis, Context, Day, Finished, Grain, RiskFit, SettingValue, Spell, Values};

use super::{Dice, Known, finish_known, frame};
use crate::risk::CHURN_INDICATORS;
use crate::settings::INDICATORS;
use crate::tests::{orders, set};

/// What a complaint adds to the log odds of leaving in the month after it.
const PLANTED: f64 = 1.5;
/// First days of the months of 1970 and 1971, and of one more.
const MONTHS: [i32; 25] = [
    0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365, 396, 424, 455, 485, 516, 546, 577,
    608, 638, 669, 699, 730,
];

/// Subscribers of two years: each month one in four complains and two in five visit, on a day of
/// the last 28 before the next month.
fn population(customers: usize) -> (Context, Vec<Known>) {
    let signals = [("complaints", Some(-28)), ("visits", Some(-28))];
    let mut context = frame(0, 730, Grain::Month, &signals);
    (context.basis, context.lapse_days) = (Basis::Subscriptions, 0);
    let mut dice = Dice::new(2);
    let people = (0..customers).map(|n| {
        let joined = if n == 0 { 0 } else { dice.below(18) as usize };
        let start = MONTHS[joined];
        let (mut signals, mut end) = (Vec::new(), 730);
        for month in joined + 1..24 {
            let opening = MONTHS[month];
            let mut log_odds = -3.0;
            if dice.happens(0.25) {
                signals.push((dice.day(opening - 28, opening), 0, 100));
                log_odds += PLANTED;
            }
            if dice.happens(0.4) {
                signals.push((dice.day(opening - 28, opening), 1, 100));
            }
            if dice.happens(1.0 / (1.0 + f64::exp(-log_odds))) {
                end = dice.day(opening, MONTHS[month + 1]);
                break;
            }
        }
        let mut known = Known { person: orders(&[start]), signals, ..Known::default() };
        known.person.spells = vec![Spell { start: Day(start), end: Day(end) }];
        known
    });
    (context, people.collect())
}

fn find(customers: usize, change: impl FnOnce(&mut Context, &mut Vec<Known>)) -> Finished {
    let (mut context, mut people) = population(customers);
    change(&mut context, &mut people);
    let context = Arc::new(context);
    let settings = set(&INDICATORS, &[("window_days", SettingValue::Whole(28))]);
    let of = |parts| {
        let measure = (CHURN_INDICATORS.start)(Arc::clone(&context), &settings);
        finish_known(measure, &context, &people, parts)
    };
    let (whole, halves) = (of(1), of(2));
    assert_eq!((&whole.tables, &whole.risk), (&halves.tables, &halves.risk));
    whole
}

fn coefficient(risk: &RiskFit, name: &str) -> f64 {
    risk.coefficients.iter().find(|(own, _)| own == name).unwrap().1
}

#[test]
fn which_signal_drives_churn() {
    let finished = find(1500, |_, _| ());
    let table = &finished.tables[0];
    let float = |name: &str, row: usize| {
        let columns = table.schema().columns;
        let place = columns.iter().position(|column| column.name == name).unwrap();
        let Values::Float64(values) = &table.columns()[place] else { panic!("{name}") };
        values[row].unwrap()
    };
    let interval = |row| (float("odds_ratio_low", row), float("odds_ratio_high", row));
    // Of everybody the first row is that of complaints, the second that of visits.
    let ((low, high), planted) = (interval(0), PLANTED.exp());
    assert!(1.0 < low && low < planted && planted < high, "{low} to {high}");
    assert!(float("auc", 0) > 0.6, "{}", float("auc", 0));
    let (low, high) = interval(1);
    assert!(low < 1.0 && 1.0 < high, "{low} to {high}");
    assert!((float("auc", 1) - 0.5).abs() < 0.03, "{}", float("auc", 1));

    let risk = finished.risk.unwrap();
    // All levels are of class 1.
    let of = |name: &str| {
        coefficient(&risk, &format!("{name}.any")) + coefficient(&risk, &format!("{name}.class"))
    };
    assert!((of("complaints") - PLANTED).abs() < 0.3, "{risk:?}");
    assert!(of("visits").abs() < 0.25, "{risk:?}");
    assert!((coefficient(&risk, "intercept") + 3.0).abs() < 0.4, "{risk:?}");
    assert!(coefficient(&risk, "tenure").abs() < 0.2, "{risk:?}");
    // Months 1 to 23, of which five are held out.
    assert_eq!(risk.held_out_from, Day(MONTHS[19]));
    assert!(risk.auc.unwrap() > 0.6, "{risk:?}");
    for (n, expected, churned) in &risk.calibration {
        let tolerance = 4.0 * (1.0 + *n as f64 * 0.1).sqrt();
        assert!((expected - *churned as f64).abs() < tolerance, "{risk:?}");
    }
}

#[test]
fn models_need_observations_and_months() {
    // Nothing but tenure and orders to go by.
    let without = find(400, |context, people| {
        context.engagement.signals.clear();
        context.engagement.known_from.clear();
        for known in people {
            known.signals.clear();
        }
    });
    assert_eq!(without.tables[0].rows(), 0);
    assert_eq!(without.risk.unwrap().coefficients.len(), 3);
    // An input without a row takes no part, and forbids nothing.
    let empty = find(400, |context, _| {
        context.engagement.signals.push("zzz".into());
        context.engagement.known_from.push(None);
    });
    assert_eq!(empty.risk.as_ref().unwrap().coefficients.len(), 7);
    assert_eq!(empty.risk, find(400, |_, _| ()).risk);
    // A signal that is known late leaves a month alone, on which nothing can be judged.
    let late = find(1500, |context, _| context.engagement.known_from[1] = Some(Day(671)));
    let risk = late.risk.unwrap();
    assert_eq!((risk.held_out_from, risk.fitted, risk.auc), (Day(699), 0, None));
    assert!(risk.held_out_churned >= 30 && risk.calibration.is_empty(), "{risk:?}");
    // Too few customers, and no month at all.
    assert_eq!(find(20, |_, _| ()).risk, None);
    assert_eq!(
        find(400, |context, _| context.engagement.known_from[1] = Some(Day(672))).risk,
        None
    );
}

#[test]
fn twelve_signals_take_part() {
    let finished = find(400, |context, _| {
        let more = (2..14).map(|n| format!("z{n:02}").into());
        context.engagement.signals.extend(more);
        context.engagement.known_from = vec![Some(Day(-28)); 14];
        // What takes no part leaves every month as it is.
        context.engagement.known_from[12] = Some(Day(699));
    });
    let risk = finished.risk.unwrap();
    assert_eq!(risk.coefficients.len(), 3 + 24);
    assert_eq!(risk.coefficients[26].0, "z11.class");
    assert_eq!(risk.held_out_from, Day(MONTHS[19]));
}
