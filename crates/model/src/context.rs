//! What every measure knows before the first timeline comes.

use std::sync::Arc;

use crate::{Day, Periods, Scale};

/// Which of a customer's orders gives its value for a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentAt {
    /// The first: each customer stands in exactly one value.
    First,
    /// Each: every (customer, value) is a customer of its own.
    Order,
}

/// One value of one segment, or everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The segment's name; `all` for everybody.
    pub segment: Arc<str>,
    /// The value; `None` for everybody.
    pub value: Option<Arc<str>>,
}

/// The frame in which timelines are folded.
#[derive(Clone, Debug)]
pub struct Context {
    /// Exclusive end of what is known.
    pub as_of: Day,
    /// Where the extract starts, if the business is older.
    pub history_start: Option<Day>,
    /// The day of the earliest activity event; `None` where there is none.
    pub first_activity: Option<Day>,
    /// Lapse window W in days, at least 1.
    pub lapse_days: u32,
    /// Days after a lost order within which a purchase recovers it.
    pub recovery_window_days: u32,
    /// The periods of each grain asked for, finest grain first, all from the day of the earliest
    /// event of any kind on, or from `history_start` if that is earlier.
    pub periods: Vec<Periods>,
    /// Revenue window in periods, one entry a grain, each at least 1.
    pub revenue_windows: Vec<u32>,
    /// Largest `k` of cohort tables, one entry a grain.
    pub max_k: Vec<Option<u32>>,
    /// Everybody first, then by segment and value.
    pub slots: Vec<Slot>,
    /// Text of each reason code.
    pub reasons: Vec<Arc<str>>,
    /// Decimal places of money.
    pub scale: Scale,
}

impl Context {
    /// `history_start` + W: who was first seen before it may have been a customer earlier.
    #[must_use]
    pub fn settled_from(&self) -> Option<Day> {
        self.history_start.map(|start| start.plus(i64::from(self.lapse_days)))
    }

    /// Whether a customer first seen on `day` enters as existing.
    #[inline]
    #[must_use]
    pub fn enters_existing(&self, day: Day) -> bool {
        self.settled_from().is_some_and(|settled| day < settled)
    }

    /// Whether period `p` is complete: over, and not within W of the extract's start.
    #[must_use]
    pub fn is_complete(&self, periods: &Periods, p: usize) -> bool {
        periods.end(p) <= self.as_of && !self.enters_existing(periods.start(p))
    }
}
