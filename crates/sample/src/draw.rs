//! Draws that every kind of sample makes.

use std::iter;

use chrono::{Days, NaiveDate};
use rand::{Rng, RngExt};
use rand_distr::Distribution;
use rand_distr::weighted::WeightedIndex;

use crate::calendar::{Calendar, day};
use crate::habits::{Choice, MONTHLY_GROWTH};

pub(crate) fn weighted(weights: impl IntoIterator<Item = f64>) -> WeightedIndex<f64> {
    WeightedIndex::new(weights).expect("there are weights, and they are above zero")
}

pub(crate) fn choices(choices: &[Choice]) -> WeightedIndex<f64> {
    weighted(choices.iter().map(|choice| choice.weight))
}

pub(crate) fn pick(from: &WeightedIndex<f64>, random: &mut impl Rng) -> u8 {
    u8::try_from(from.sample(random)).expect("no table of choices is longer than 255")
}

/// The months of the calendar by how many people join in them.
pub(crate) fn joins(calendar: &Calendar) -> WeightedIndex<f64> {
    weighted(
        calendar
            .months()
            .iter()
            .zip(iter::successors(Some(1.0), |size| Some(size * MONTHLY_GROWTH)))
            .map(|(month, size)| f64::from(month.days) * month.season * size),
    )
}

/// The day on which somebody joins, in one of the months of [`joins`].
pub(crate) fn day_of_joining(
    calendar: &Calendar,
    joins: &WeightedIndex<f64>,
    random: &mut impl Rng,
) -> NaiveDate {
    let month = &calendar.months()[joins.sample(random)];
    day(month.start) + Days::new(u64::from(random.random_range(0..month.days)))
}

#[expect(clippy::cast_possible_truncation, reason = "days and cents are far below 53 bits")]
pub(crate) fn whole(number: f64) -> i64 {
    number as i64
}
