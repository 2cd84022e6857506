//! Chance histories, and what is true of each by itself.

use kohort_model::{Calendar, Context, Day, Grain, Periods, Spell};

use super::{Dice, Known, frame, show_known};
use crate::tests::Person;

/// The signals, with the days from which they are known.
const SIGNALS: [(&str, Option<i32>); 4] =
    [("clicks", Some(-50)), ("late", Some(20)), ("low", Some(45)), ("unknown", None)];

/// People whose every event is left to chance.
pub(super) fn chance(seed: u64, as_of: i32) -> (Context, Vec<Known>) {
    let mut dice = Dice::new(seed);
    let mut context = frame(0, as_of, Grain::Month, &SIGNALS);
    context.lapse_days = 25;
    context.engagement.late_payments = Some(1);
    context.engagement.low_scores = Some(2);
    context.engagement.product_returns = Some(0);
    let grains = [Grain::Day, Grain::Week, Grain::Month, Grain::Quarter];
    let periods = grains.map(|g| Periods::new(&Calendar::default(), g, Day(0), Day(as_of)));
    context.periods = periods.into();
    let mut people: Vec<Known> = Vec::new();
    for n in 0..150 {
        let mut day = if n == 0 { 0 } else { dice.day(0, as_of) };
        let mut orders = Vec::new();
        while day < as_of && !dice.happens(0.05) {
            orders.push((day, 100));
            day += dice.day(0, 28);
        }
        if n == 0 && orders.is_empty() {
            orders.push((0, 100));
        }
        let mut days = |most: u32| {
            let mut days: Vec<i32> = (0..dice.below(most)).map(|_| dice.day(0, as_of)).collect();
            days.sort_unstable();
            days
        };
        let (clicks, invoices, returns, scores) = (days(20), days(6), days(3), days(5));
        let values = clicks.into_iter().map(|day| (day, 0, i64::from(dice.below(2000)))).collect();
        let invoices = invoices.into_iter().map(|day| {
            let due = day + dice.day(-3, 30);
            let paid = Some(day + dice.day(0, 90)).filter(|paid| *paid < as_of);
            (day, due, paid, i64::from(dice.below(10)) - 1)
        });
        let invoices = invoices.collect();
        let scores = scores.into_iter().map(|day| (day, u8::try_from(dice.below(11)).unwrap()));
        let scores = scores.collect();
        let person = Person { orders, slot: 1 + dice.below(2), ..Person::default() };
        people.push(Known { person, signals: values, invoices, returns, scores });
    }
    (context, people)
}

/// When a customer is active.
pub(super) fn spells(known: &Known, context: &Context) -> Vec<Spell> {
    let mut found = Vec::new();
    show_known(context, std::slice::from_ref(known), |block| {
        found = block.spells.of(0).to_vec();
    });
    found
}

/// Hundredths of a signal in the window before a day.
pub(super) fn level(known: &Known, signal: u32, day: i32) -> u64 {
    let in_window = |d: i32| day - 30 <= d && d < day;
    let own = known.signals.iter().filter(|(d, s, _)| *s == signal && in_window(*d));
    let own: u64 = own.map(|(.., value)| value.unsigned_abs()).sum();
    let count = match signal {
        0 => known.returns.iter().filter(|d| in_window(**d)).count(),
        1 => {
            let is_late = |(issued, due, paid, amount): &&(i32, i32, Option<i32>, i64)| {
                let is_open = |d: i32| *issued <= d && paid.is_none_or(|paid| d < paid);
                *amount >= 0 && (day - 30..day).any(|d| d > *due && is_open(d))
            };
            known.invoices.iter().filter(is_late).count()
        }
        2 => known.scores.iter().filter(|(d, score)| *score <= 6 && in_window(*d)).count(),
        _ => 0,
    };
    own + 100 * count as u64
}
