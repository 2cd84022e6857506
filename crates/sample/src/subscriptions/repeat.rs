//! The shop without contracts: purchases that follow BG/NBD, worth what Gamma-Gamma says.

use chrono::{Days, NaiveDate};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::weighted::WeightedIndex;
use rand_distr::{Beta, Distribution, Exp1, Gamma};

use crate::calendar::Calendar;
use crate::draw::{day_of_joining, joins, whole};
use crate::planted::PLANTED;

const DAYS_PER_WEEK: f64 = 7.0;
/// Apart from the streams of the subscribers, who are numbered by 32 bits.
const FIRST_STREAM: u64 = 1 << 32;

/// A shop whose customers can be asked for their purchases.
pub(crate) struct RepeatShop<'a> {
    calendar: &'a Calendar,
    random: ChaCha8Rng,
    joins: WeightedIndex<f64>,
    rates: Gamma<f64>,
    dropouts: Beta<f64>,
    spends: Gamma<f64>,
    /// Of the history, in days.
    length: f64,
}

impl<'a> RepeatShop<'a> {
    pub fn new(calendar: &'a Calendar, seed: u64) -> Self {
        let (purchases, spend) = (PLANTED.purchases, PLANTED.spend);
        Self {
            calendar,
            random: ChaCha8Rng::seed_from_u64(seed),
            joins: joins(calendar),
            rates: Gamma::new(purchases.r, purchases.alpha.recip())
                .expect("shape and scale are above zero"),
            dropouts: Beta::new(purchases.a, purchases.b).expect("a and b are above zero"),
            spends: Gamma::new(spend.q, spend.gamma.recip())
                .expect("shape and scale are above zero"),
            length: days_between(calendar.first_day(), calendar.end()),
        }
    }

    /// Hands the day and the cents of every purchase of a customer to `each`, in order of time, one
    /// a day at most.
    pub fn purchases<E>(
        &self,
        customer: u32,
        mut each: impl FnMut(NaiveDate, i64) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut random = self.random.clone();
        random.set_stream(FIRST_STREAM + u64::from(customer));
        let start = self.calendar.first_day();
        let first = day_of_joining(self.calendar, &self.joins, &mut random);
        let gap = DAYS_PER_WEEK / self.rates.sample(&mut random);
        let dropout = self.dropouts.sample(&mut random);
        let orders = Gamma::new(PLANTED.spend.p, self.spends.sample(&mut random).recip())
            .expect("shape and scale are above zero");

        // Days since the start, with their fractions: only the day is written down.
        let mut at = days_between(start, first) + random.random::<f64>();
        let mut next_free = first;
        let mut is_first = true;
        while at < self.length {
            // An estimate sees days with orders: were two orders to share a day, one would be lost.
            let day = (start + Days::new(whole(at).unsigned_abs())).max(next_free);
            if day >= self.calendar.end() {
                break;
            }
            next_free = day + Days::new(1);
            let cents = whole((orders.sample(&mut random) * 100.0).round()).max(1);
            each(day, cents)?;
            if !is_first && random.random_bool(dropout) {
                break;
            }
            is_first = false;
            at += random.sample::<f64, _>(Exp1) * gap;
        }
        Ok(())
    }
}

fn days_between(from: NaiveDate, to: NaiveDate) -> f64 {
    f64::from(to.to_epoch_days() - from.to_epoch_days())
}
