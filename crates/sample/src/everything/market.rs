//! The shop, whose people can be asked for their histories.

use chrono::{Datelike, NaiveDate};
use rand_distr::weighted::WeightedIndex;

use super::catalog::Catalog;
use super::dice::{Choices, Dice};
use super::life::Life;
use super::rows::{Told, Touch, Visitor};
use super::terms::{
    ANOTHER_VISIT, CAMPAIGN_DAY, CAUSES, COMPETITORS, LEAVING_REASONS, PROSPECT_SHARE,
    RETURN_REASONS, SALES_REASONS, STAGES, STRATEGIES,
};
use super::visits::Browser;
use crate::calendar::{Calendar, DAY_SECONDS};
use crate::draw::{choices, day_of_joining, joins, weighted};
use crate::habits::{CHANNELS, COUNTRIES, HOURS};

pub(crate) struct Market<'a> {
    calendar: &'a Calendar,
    seed: u64,
    /// First moment that is told.
    pub first: i64,
    /// First moment that is not.
    pub end: i64,
    pub campaigns: Vec<NaiveDate>,
    pub catalog: Catalog,
    joins: WeightedIndex<f64>,
    hours: WeightedIndex<f64>,
    pub countries: WeightedIndex<f64>,
    pub channels: WeightedIndex<f64>,
    pub causes: WeightedIndex<f64>,
    pub strategies: WeightedIndex<f64>,
    pub stages: WeightedIndex<f64>,
    pub return_reasons: Choices,
    pub leaving_reasons: Choices,
    pub sales_reasons: Choices,
    pub competitors: Choices,
}

/// The next numbers to give out, counted across the people.
pub(crate) struct Numbers {
    pub order: i64,
    pub invoice: i64,
    pub cart: i64,
    pub opportunity: i64,
}

impl Numbers {
    pub fn new() -> Self {
        Self { order: 1_000_001, invoice: 50_001, cart: 1, opportunity: 1 }
    }
}

/// Returns a number and counts on.
pub(crate) fn take(number: &mut i64) -> i64 {
    *number += 1;
    *number - 1
}

pub(crate) fn midnight(day: NaiveDate) -> i64 {
    i64::from(day.to_epoch_days()) * DAY_SECONDS
}

impl<'a> Market<'a> {
    pub fn new(calendar: &'a Calendar, seed: u64) -> Self {
        let (first, end) = (calendar.first_day(), calendar.end());
        let is_campaign =
            |day: &NaiveDate| day.day() == CAMPAIGN_DAY && day.month0().is_multiple_of(3);
        Self {
            calendar,
            seed,
            first: midnight(first),
            end: midnight(end),
            campaigns: first.iter_days().take_while(|day| *day < end).filter(is_campaign).collect(),
            catalog: Catalog::new(),
            joins: joins(calendar),
            hours: weighted(HOURS),
            countries: choices(&COUNTRIES),
            channels: choices(&CHANNELS),
            causes: weighted(CAUSES.iter().map(|(_, reason)| reason.weight)),
            strategies: choices(&STRATEGIES),
            stages: choices(&STAGES),
            return_reasons: Choices::new(&RETURN_REASONS),
            leaving_reasons: Choices::new(&LEAVING_REASONS),
            sales_reasons: Choices::new(&SALES_REASONS),
            competitors: Choices::new(&COMPETITORS),
        }
    }

    /// A person's history, which depends on the seed, the calendar and the person alone, but for
    /// the numbers that it takes.
    pub fn person(&self, index: u32, numbers: &mut Numbers) -> Told {
        let mut dice = Dice::new(self.seed, u64::from(index));
        let is_customer = !dice.chance(PROSPECT_SHARE);
        let joined = self.day(&mut dice);
        let mut life = Life::new(self, dice, index, joined, numbers);
        if is_customer {
            life.shop(joined);
        } else {
            life.only_look(joined);
        }
        life.told(is_customer)
    }

    /// The visits of somebody who stays unknown and never buys.
    pub fn stranger(&self, number: u64, numbers: &mut Numbers) -> Vec<Touch> {
        let mut dice = Dice::new(self.seed, (1 << 40) + number);
        let visitor = Visitor::anonymous(number);
        let mut at = self.moment(self.day(&mut dice), &mut dice);
        let mut touches = Vec::new();
        while at < self.end {
            let mut browser =
                Browser { market: self, dice: &mut dice, numbers, touches: &mut touches };
            at = browser.browse(visitor, at, None);
            let (share, most_days) = ANOTHER_VISIT;
            if !dice.chance(share) {
                break;
            }
            at = self.later(at, (1, most_days), &mut dice);
        }
        touches.sort_by_key(|touch| touch.at);
        touches
    }

    /// The beginning of a day of the history.
    fn day(&self, dice: &mut Dice) -> i64 {
        midnight(day_of_joining(self.calendar, &self.joins, &mut dice.random))
    }

    /// A moment of the day of `at`, in the hours in which people shop.
    pub fn moment(&self, at: i64, dice: &mut Dice) -> i64 {
        let hour = i64::from(dice.pick(&self.hours));
        at - at.rem_euclid(DAY_SECONDS) + hour * 3_600 + dice.between((0, 3_599))
    }

    /// Such a moment some days after `at`.
    pub fn later(&self, at: i64, days: (i64, i64), dice: &mut Dice) -> i64 {
        let at = at + dice.days(days);
        self.moment(at, dice)
    }
}
