//! The shop as a simulation: each person's history from a random stream of their own.

use std::ops::Range;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::weighted::WeightedIndex;
use rand_distr::{Beta, Distribution, Exp1, Gamma, StandardNormal};

use crate::calendar::{Calendar, DAY_SECONDS, SEASON_PEAK};
use crate::draw::{choices, joins, pick, weighted};
use crate::habits::{
    BASKET_CENTS, BASKET_LOG_DRIFT, BASKET_LOG_MEAN, BASKET_LOG_NOISE, BASKET_LOG_SPREAD, CAUSES,
    CHANNEL_DROPOUT, CHANNELS, COUNTRIES, Cause, DEVICES, DIRTY_SHARE, DROPOUT_ALPHA, DROPOUT_BETA,
    FIRST_LOSS_SHARE, FULL_REFUND_SHARE, HOURS, LOSS_DROPOUT, LOSS_SHARE, PENDING_DAYS,
    PENDING_SHARE, PROSPECT_DROPOUT, PROSPECT_SHARE, RATE_PER_DAY, RATE_SHAPE, REFUND_DAYS,
    REFUND_SHARE, SAME_CHANNEL, SAME_DEVICE, TEST_SHARE,
};

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Completed,
    Refunded,
    /// For one of [`CAUSES`], by its index.
    Lost(u8),
    Pending,
    Test,
}

/// What makes a row dirty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Damage {
    NoCustomer,
    NoTime,
    UnknownStatus,
    FutureTime,
}

const DAMAGES: [Damage; 4] =
    [Damage::NoCustomer, Damage::NoTime, Damage::UnknownStatus, Damage::FutureTime];

/// One row, without its order id. Small, since millions of them wait to be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event {
    /// Seconds of local time since 1970-01-01.
    pub at: i64,
    /// Index of the person.
    pub person: u32,
    /// Value in minor units.
    pub cents: i32,
    pub outcome: Outcome,
    pub damage: Option<Damage>,
    /// Index into [`COUNTRIES`].
    pub country: u8,
    /// Index into [`CHANNELS`].
    pub channel: u8,
    /// Index into [`DEVICES`].
    pub device: u8,
}

const _: () = assert!(size_of::<Event>() == 24);

/// A shop whose people can be asked for their histories.
pub(crate) struct Shop {
    calendar: Calendar,
    random: ChaCha8Rng,
    joins: WeightedIndex<f64>,
    hours: WeightedIndex<f64>,
    countries: WeightedIndex<f64>,
    channels: WeightedIndex<f64>,
    devices: WeightedIndex<f64>,
    causes: WeightedIndex<f64>,
    rates: Gamma<f64>,
    dropouts: Beta<f64>,
}

impl Shop {
    pub fn new(calendar: Calendar, seed: u64) -> Self {
        Self {
            random: ChaCha8Rng::seed_from_u64(seed),
            joins: joins(&calendar),
            hours: weighted(HOURS),
            countries: choices(&COUNTRIES),
            channels: choices(&CHANNELS),
            devices: choices(&DEVICES),
            causes: weighted(CAUSES.iter().map(|cause| cause.weight)),
            rates: Gamma::new(RATE_SHAPE, RATE_PER_DAY / RATE_SHAPE)
                .expect("shape and scale are above zero"),
            dropouts: Beta::new(DROPOUT_ALPHA, DROPOUT_BETA)
                .expect("alpha and beta are above zero"),
            calendar,
        }
    }

    /// Hands every event of `months` to `each`, with its month, in the order of persons, and
    /// returns how many customers and prospects the shop has.
    ///
    /// People come until `customers` of them have bought. A person's history depends on the
    /// seed, the calendar and the person alone.
    pub fn events(
        &self,
        customers: u32,
        months: Range<usize>,
        mut each: impl FnMut(usize, Event),
    ) -> (u64, u64) {
        let until = self.calendar.end_of(months.end);
        let (mut buyers, mut prospects) = (0, 0);
        while buyers < customers {
            let mut history = History::new(self, buyers + prospects, until, |event| {
                let month = self.calendar.month_of(event.at);
                if months.contains(&month) {
                    each(month, event);
                }
            });
            if history.person.is_prospect {
                prospects += 1;
            } else {
                buyers += 1;
            }
            history.unfold();
        }
        (u64::from(buyers), u64::from(prospects))
    }
}

/// Who somebody is, for good.
struct Person {
    index: u32,
    is_prospect: bool,
    /// Time of the first attempt.
    joined: i64,
    /// Mean days between attempts in an ordinary month.
    gap_days: f64,
    /// Chance to leave for good after an attempt.
    dropout: f64,
    /// Logarithm of the basket at the beginning, in minor units, and what a year adds to it.
    basket: f64,
    basket_drift: f64,
    country: u8,
    channel: u8,
    device: u8,
}

/// A person's history while it unfolds.
struct History<'a, F> {
    shop: &'a Shop,
    random: ChaCha8Rng,
    person: Person,
    /// Where the telling may stop: nothing from here on is asked for.
    until: i64,
    /// Where the shop's history stops.
    end: i64,
    each: F,
}

impl<'a, F: FnMut(Event)> History<'a, F> {
    fn new(shop: &'a Shop, index: u32, until: i64, each: F) -> Self {
        let mut random = shop.random.clone();
        random.set_stream(u64::from(index));
        let person = Person::draw(shop, index, &mut random);
        let end = shop.calendar.end_of(shop.calendar.months().len());
        Self { shop, random, person, until, end, each }
    }

    /// One attempt to buy after another, until the person leaves for good or the history ends.
    fn unfold(&mut self) {
        let mut at = self.person.joined;
        let mut is_first = true;
        while at < self.until {
            let leaves = self.attempt(at, is_first);
            if leaves || self.chance(self.person.dropout) {
                break;
            }
            is_first = false;
            at = self.next_visit(at);
        }
    }

    /// Returns whether the attempt went so badly that the person leaves for good.
    fn attempt(&mut self, at: i64, is_first: bool) -> bool {
        if self.person.is_prospect {
            self.lose(at, is_first);
            return false;
        }
        let loss = if is_first { FIRST_LOSS_SHARE } else { LOSS_SHARE };
        if self.chance(loss) {
            let cause = self.lose(at, is_first);
            if !is_first && !self.chance(cause.recovery) {
                return self.chance(LOSS_DROPOUT);
            }
            let days = self.exponential(cause.recovery_days);
            let mut later = self.later(at, days);
            if is_first && later >= self.end {
                // A customer is somebody who buys while the shop is watched.
                later = self.random.random_range(at + 1..self.end);
            }
            self.purchase(later, is_first);
        } else if !is_first && self.chance(self.pending_share(at)) {
            let cents = self.basket(at);
            self.place(at, cents, Outcome::Pending, false);
        } else {
            self.purchase(at, is_first);
        }
        false
    }

    fn lose(&mut self, at: i64, is_first: bool) -> &'static Cause {
        let index = pick(&self.shop.causes, &mut self.random);
        let cents = self.basket(at);
        self.place(at, cents, Outcome::Lost(index), is_first);
        &CAUSES[usize::from(index)]
    }

    fn purchase(&mut self, at: i64, is_first: bool) {
        let cents = self.basket(at);
        let order = self.place(at, cents, Outcome::Completed, is_first);
        if self.chance(REFUND_SHARE) {
            let share = if self.chance(FULL_REFUND_SHARE) {
                1.0
            } else {
                self.random.random_range(0.1..0.9)
            };
            let days = 2.0 + self.exponential(REFUND_DAYS);
            let at = self.later(at, days);
            self.emit(Event {
                at,
                cents: -whole_cents(f64::from(cents) * share),
                outcome: Outcome::Refunded,
                ..order
            });
        }
    }

    /// The first order comes as the person is; later ones may come another way.
    fn place(&mut self, at: i64, cents: i32, outcome: Outcome, is_first: bool) -> Event {
        let mut channel = self.person.channel;
        let mut device = self.person.device;
        if !is_first {
            if !self.chance(SAME_CHANNEL) {
                channel = pick(&self.shop.channels, &mut self.random);
            }
            if !self.chance(SAME_DEVICE) {
                device = pick(&self.shop.devices, &mut self.random);
            }
        }
        let event = Event {
            at,
            person: self.person.index,
            cents,
            outcome,
            damage: None,
            country: self.person.country,
            channel,
            device,
        };
        self.emit(event);
        event
    }

    /// Hands an event on, now and then followed by one that should not count.
    fn emit(&mut self, event: Event) {
        if event.at >= self.end {
            return;
        }
        (self.each)(event);
        let extra = self.random.random::<f64>();
        if extra < DIRTY_SHARE {
            let damage = DAMAGES[self.random.random_range(0..DAMAGES.len())];
            (self.each)(Event { damage: Some(damage), ..event });
        } else if extra < DIRTY_SHARE + TEST_SHARE {
            (self.each)(Event { cents: 100, outcome: Outcome::Test, ..event });
        }
    }

    /// The next ordinary attempt: an exponential gap, thinned out where the season is low
    /// (Lewis and Shedler 1979).
    fn next_visit(&mut self, mut at: i64) -> i64 {
        loop {
            let days = self.exponential(self.person.gap_days / SEASON_PEAK);
            at = self.later(at, days);
            if at >= self.until {
                return at;
            }
            let calendar = &self.shop.calendar;
            let season = calendar.months()[calendar.month_of(at)].season;
            if self.chance(season / SEASON_PEAK) {
                return at;
            }
        }
    }

    /// A moment of the shop's day that many days later, always after `at`.
    fn later(&mut self, at: i64, days: f64) -> i64 {
        if days < 1.0 {
            return at + whole_seconds(days).max(60);
        }
        let midnight = at - at.rem_euclid(DAY_SECONDS);
        midnight + whole_seconds(days.floor()) + time_of_day(self.shop, &mut self.random)
    }

    fn basket(&mut self, at: i64) -> i32 {
        let years = years(at - self.person.joined);
        let noise: f64 = self.random.sample(StandardNormal);
        let log = self.person.basket + self.person.basket_drift * years + BASKET_LOG_NOISE * noise;
        let (least, most) = BASKET_CENTS;
        whole_cents(log.exp().clamp(least, most))
    }

    fn pending_share(&self, at: i64) -> f64 {
        let age = years(self.end - at) / years(PENDING_DAYS * DAY_SECONDS);
        (PENDING_SHARE * (1.0 - age)).max(0.0)
    }

    fn chance(&mut self, share: f64) -> bool {
        self.random.random_bool(share)
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        self.random.sample::<f64, _>(Exp1) * mean
    }
}

impl Person {
    fn draw(shop: &Shop, index: u32, random: &mut ChaCha8Rng) -> Self {
        let is_prospect = random.random_bool(PROSPECT_SHARE);
        let month = &shop.calendar.months()[shop.joins.sample(random)];
        let day = i64::from(random.random_range(0..month.days));
        let joined = month.start + day * DAY_SECONDS + time_of_day(shop, random);
        let channel = pick(&shop.channels, random);
        let dropout = if is_prospect {
            PROSPECT_DROPOUT
        } else {
            shop.dropouts.sample(random) * CHANNEL_DROPOUT[usize::from(channel)]
        };
        let mut normal = || random.sample::<f64, _>(StandardNormal);
        Self {
            index,
            is_prospect,
            joined,
            basket: BASKET_LOG_MEAN + f64::ln(100.0) + BASKET_LOG_SPREAD * normal(),
            basket_drift: BASKET_LOG_DRIFT * normal(),
            gap_days: shop.rates.sample(random).recip(),
            dropout: dropout.min(1.0),
            country: pick(&shop.countries, random),
            channel,
            device: pick(&shop.devices, random),
        }
    }
}

/// Seconds since midnight. The last second of a day stays free, so that something can always
/// follow on the day.
fn time_of_day(shop: &Shop, random: &mut ChaCha8Rng) -> i64 {
    i64::from(pick(&shop.hours, random)) * 3_600 + random.random_range(0..3_599)
}

/// A century at most, which is later than any sample's end.
#[expect(clippy::cast_possible_truncation, reason = "clamped to 37 bits")]
fn whole_seconds(days: f64) -> i64 {
    (days.min(36_500.0) * 86_400.0) as i64
}

#[expect(clippy::cast_possible_truncation, reason = "baskets stay far below 31 bits")]
fn whole_cents(cents: f64) -> i32 {
    cents.round() as i32
}

#[expect(clippy::cast_precision_loss, reason = "a sample's seconds fit 53 bits")]
fn years(seconds: i64) -> f64 {
    seconds as f64 / (365.25 * 86_400.0)
}
