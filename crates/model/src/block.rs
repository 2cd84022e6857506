//! Blocks of timelines: each customer's events together, in order of time.

use crate::items::{BlockItems, Item};
use crate::{Cause, Day, Id};

/// Events of one kind for the customers of a block.
#[derive(Clone, Copy, Debug, Default)]
pub struct Track<'a> {
    /// Where each customer's events begin, and the end: one more entry than customers,
    /// indices into the other slices.
    pub offsets: &'a [u32],
    /// Day of each event, rising within a customer.
    pub days: &'a [Day],
    /// Value of each event in minor units.
    pub values: &'a [i64],
}

impl<'a> Track<'a> {
    /// The events of customer `i` of the block: days and values of equal length.
    #[inline]
    #[must_use]
    pub fn of(&self, i: usize) -> (&'a [Day], &'a [i64]) {
        let range = self.offsets[i] as usize..self.offsets[i + 1] as usize;
        (&self.days[range.clone()], &self.values[range])
    }

    /// Number of events of all customers of the block.
    #[must_use]
    pub fn events(&self) -> usize {
        match self.offsets {
            [first, .., last] => (last - first) as usize,
            _ => 0,
        }
    }
}

/// The activity of a block's customers by the periods of one grain.
#[derive(Clone, Copy, Debug, Default)]
pub struct Visits<'a> {
    /// Where each customer's periods begin, and the end: one more entry than customers.
    pub offsets: &'a [u32],
    /// Periods with activity, rising within a customer.
    pub periods: &'a [u32],
    /// Activity events in the period.
    pub orders: &'a [u32],
    /// Their value in minor units.
    pub values: &'a [i128],
}

impl<'a> Visits<'a> {
    /// Period, activity events and value of each period in which customer `i` was active.
    #[inline]
    pub fn of(&self, i: usize) -> impl Iterator<Item = (usize, u64, i128)> + Clone + use<'a> {
        let range = self.offsets[i] as usize..self.offsets[i + 1] as usize;
        let (periods, orders) = (&self.periods[range.clone()], &self.orders[range.clone()]);
        let visits = periods.iter().zip(orders).zip(&self.values[range]);
        visits.map(|((period, orders), value)| (*period as usize, u64::from(*orders), *value))
    }

    /// The periods in which customer `i` was active and the value of each, of equal length.
    #[inline]
    #[must_use]
    pub fn values_of(&self, i: usize) -> (&'a [u32], &'a [i128]) {
        let range = self.offsets[i] as usize..self.offsets[i + 1] as usize;
        (&self.periods[range.clone()], &self.values[range])
    }
}

/// Orders that were lost or are still open, in order of time within a customer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attempts<'a> {
    /// Days and values, as in every track.
    pub track: Track<'a>,
    /// Whether the attempt is lost; otherwise it is open.
    pub lost: &'a [bool],
    /// Code of the reason, an index into the context's reasons.
    pub reasons: &'a [u32],
    /// How many of the customer's activity events come before the attempt by (instant, kind).
    pub after: &'a [u32],
    /// Whether an activity event lies at an earlier instant than the attempt.
    pub by_customer: &'a [bool],
}

/// A stretch in which a customer is active: at the end of every day from `start` to the day before
/// `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spell {
    /// The first day: of the order, or of the paid subscription, that opens it.
    pub start: Day,
    /// The day of the churn event; on or after `as_of` where it has not come yet.
    pub end: Day,
}

/// The stretches in which the customers of a block are active.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spells<'a> {
    /// Where each customer's spells begin, and the end: one more entry than customers.
    pub offsets: &'a [u32],
    /// Rising within a customer, and never touching.
    pub spells: &'a [Spell],
}

impl<'a> Spells<'a> {
    /// The spells of customer `i` of the block; none of a prospect.
    #[inline]
    #[must_use]
    pub fn of(&self, i: usize) -> &'a [Spell] {
        &self.spells[self.offsets[i] as usize..self.offsets[i + 1] as usize]
    }
}

/// Monthly recurring revenue of the customers of a block, as steps.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rates<'a> {
    /// Where each customer's steps begin, and the end: one more entry than customers.
    pub offsets: &'a [u32],
    /// Day from which each step holds, rising within a customer; before the first it is 0.
    pub days: &'a [Day],
    /// Minor units a month, never below 0.
    pub values: &'a [i128],
}

impl<'a> Rates<'a> {
    /// The steps of customer `i`, day and what is paid a month from then on, each different from the
    /// one before it; none where nobody has subscriptions.
    pub fn of(&self, i: usize) -> impl Iterator<Item = (Day, i128)> + Clone + use<'a> {
        let range = match self.offsets {
            [] => 0..0,
            offsets => offsets[i] as usize..offsets[i + 1] as usize,
        };
        self.days[range.clone()].iter().copied().zip(self.values[range].iter().copied())
    }

    /// What customer `i` pays a month on `day`; 0 where nobody has subscriptions.
    #[must_use]
    pub fn on(&self, i: usize, day: Day) -> i128 {
        if self.offsets.is_empty() {
            return 0;
        }
        let range = self.offsets[i] as usize..self.offsets[i + 1] as usize;
        let step = self.days[range.clone()].partition_point(|from| *from <= day);
        if step == 0 { 0 } else { self.values[range.start + step - 1] }
    }
}

/// Ends of subscriptions.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cancellations<'a> {
    /// Where each customer's ends begin, and the end: one more entry than customers.
    pub offsets: &'a [u32],
    /// Exclusive end of each subscription, rising within a customer.
    pub days: &'a [Day],
    /// Code of the reason, an index into the context's `cancel_reasons`.
    pub reasons: &'a [u32],
    /// Whether the customer wanted it.
    pub causes: &'a [Cause],
    /// Day on which it was cancelled, where it was.
    pub cancelled: &'a [Option<Day>],
}

impl Cancellations<'_> {
    /// The places of the ends of customer `i` that fall on `day`.
    #[must_use]
    pub fn on(&self, i: usize, day: Day) -> std::ops::Range<usize> {
        if self.offsets.is_empty() {
            return 0..0;
        }
        let (first, last) = (self.offsets[i] as usize, self.offsets[i + 1] as usize);
        let days = &self.days[first..last];
        first + days.partition_point(|d| *d < day)..first + days.partition_point(|d| *d <= day)
    }
}

/// Ids of the people of a block.
#[derive(Clone, Copy, Debug, Default)]
pub enum Ids<'a> {
    /// Nothing asked for them.
    #[default]
    None,
    /// One a person.
    Known(&'a [Id]),
}

impl Ids<'_> {
    /// The id of person `i`.
    ///
    /// # Panics
    /// In a pass that did not ask for ids.
    #[must_use]
    pub fn of(&self, i: usize) -> Id {
        match self {
            Self::Known(ids) => ids[i].clone(),
            Self::None => panic!("a pass without customer_tables carries no ids"),
        }
    }
}

/// Which slot of the results each customer of a block belongs to.
#[derive(Clone, Copy, Debug)]
pub enum Group<'a> {
    /// All customers in one: the overall rows.
    All(u32),
    /// One slot per customer, an index into the context's slots.
    Slots(&'a [u32]),
}

impl Group<'_> {
    /// The slot of customer `i`.
    #[inline]
    #[must_use]
    pub fn slot(&self, i: usize) -> usize {
        match self {
            Self::All(slot) => *slot as usize,
            Self::Slots(slots) => slots[i] as usize,
        }
    }
}

/// Some thousands of customers with everything that is known of each.
#[derive(Clone, Copy, Debug, Default)]
pub struct Block<'a> {
    /// Ids, in a pass that writes rows of customers.
    pub ids: Ids<'a>,
    /// Events that make a customer: orders, or with `activity = "any"` orders and refunds; of
    /// subscriptions the day from which each is paid, with its value a month. A person without
    /// any is a prospect.
    pub activity: Track<'a>,
    /// The activity by period, one entry a grain of the context. Of subscriptions the periods with
    /// an active day, how many began in each, and the monthly recurring revenue at its close.
    pub visits: &'a [Visits<'a>],
    /// Number of leading activity events of each customer that lie at its first instant (its
    /// first day, where times are dates or no measure needs the instant).
    pub at_first_instant: &'a [u32],
    /// Whether refunds are among the activity.
    pub has_negative_activity: bool,
    /// Refunds, except with `activity = "any"`, where they are activity.
    pub refunds: Track<'a>,
    /// Lost and open orders.
    pub attempts: Attempts<'a>,
    /// When customers are active.
    pub spells: Spells<'a>,
    /// Monthly recurring revenue; empty but for subscriptions.
    pub rates: Rates<'a>,
    /// Ends of subscriptions; empty but for subscriptions.
    pub cancellations: Cancellations<'a>,
    /// What inputs tell of people beside the history; see [`Block::items`].
    pub items: BlockItems<'a>,
    /// The groups that these customers count in.
    pub groups: &'a [Group<'a>],
}

impl<'a> Block<'a> {
    /// What an input tells of person `i` of the block, in the order of the items.
    #[inline]
    #[must_use]
    pub fn items<T: Item>(&self, i: usize) -> &'a [T] {
        self.items.all.map_or(&[], |all| all.of(self.items.first + i))
    }

    /// Number of customers and prospects.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.activity.offsets.len() - 1
    }

    /// Whether nobody is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
