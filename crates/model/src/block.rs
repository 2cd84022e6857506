//! Blocks of timelines: each customer's events together, in order of time.

use crate::Day;

/// Events of one kind for the customers of a block.
#[derive(Clone, Copy, Debug)]
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
}

/// The activity of a block's customers by the periods of one grain.
#[derive(Clone, Copy, Debug)]
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
}

/// Orders that were lost or are still open, in order of time within a customer.
#[derive(Clone, Copy, Debug)]
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
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// Events that make a customer: orders, or with `activity = "any"` orders and refunds. A
    /// person without any is a prospect.
    pub activity: Track<'a>,
    /// The activity by period, one entry a grain of the context.
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
    /// The groups that these customers count in.
    pub groups: &'a [Group<'a>],
}

impl Block<'_> {
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
