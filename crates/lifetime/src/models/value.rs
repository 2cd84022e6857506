//! What a model says about a customer's value and about all customers together.

use std::collections::BTreeMap;

use super::TransactionModel;

/// The orders expected of a customer who is alive, over the next `units` units of time, each
/// unit's orders discounted to now from the unit's end:
/// `Σ (E(i) - E(i-1)) / (1 + discount)^i` over i = 1 to `units`, E(i) being the expected orders in
/// the next i units. The discount is per unit and greater than -1.
///
/// Times the chance to be alive and the expected value of an order it is the customer's value. It
/// depends on x and the age alone, so that it can be kept for all customers who share them.
#[must_use]
pub fn discounted_orders_if_alive(
    model: &(impl TransactionModel + ?Sized),
    x: u32,
    age: f64,
    units: u32,
    discount: f64,
) -> f64 {
    let (mut sum, mut factor, mut before) = (0.0, 1.0, 0.0);
    for unit in 1..=units {
        let until = model.orders_if_alive(x, age, f64::from(unit));
        factor /= 1.0 + discount;
        sum += (until - before).max(0.0) * factor;
        before = until;
    }
    sum
}

/// Customers whose first order was on the same day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Births {
    /// The day of the first order, counted from any day.
    pub day: u32,
    /// Customers with that day.
    pub customers: u64,
}

/// The cumulative repeat orders that the model expects of all customers by the end of each of
/// `days`, counted from the same day as the births; to be held against the actual ones.
///
/// `unit_days` is the unit that the model was fitted in.
#[must_use]
pub fn expected_curve(
    model: &(impl TransactionModel + ?Sized),
    unit_days: u32,
    births: &[Births],
    days: &[u32],
) -> Vec<f64> {
    let mut known = BTreeMap::new();
    let mut of_new = |age: u32| {
        *known.entry(age).or_insert_with(|| {
            model.expected_orders_of_new(f64::from(age) / f64::from(unit_days.max(1)))
        })
    };
    let mut until = |day: u32| {
        births
            .iter()
            .filter(|births| births.day < day)
            .map(|births| births.customers as f64 * of_new(day - births.day))
            // Nobody yet is zero, and not the negative zero that a sum begins with.
            .fold(0.0, |sum, orders| sum + orders)
    };
    days.iter().map(|day| until(*day)).collect()
}
