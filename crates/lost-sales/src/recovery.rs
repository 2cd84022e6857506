//! Which lost attempts were made good.

use kohort_model::{Block, Day};

use crate::tally::Lost;

/// What a person bought, and how long that makes a lost attempt good.
pub(crate) struct Recovery<'a> {
    /// Days of activity, rising.
    bought: &'a [Day],
    window: i64,
    as_of: Day,
}

impl<'a> Recovery<'a> {
    /// Of purchases within `window_days` of the loss.
    pub fn new(block: &Block<'a>, person: usize, as_of: Day, window_days: u32) -> Self {
        Self { bought: block.activity.of(person).0, window: i64::from(window_days), as_of }
    }

    /// The last day on which a purchase recovers what was lost on the day `lost`.
    pub fn deadline(&self, lost: Day) -> Day {
        lost.plus(self.window)
    }

    /// Whether the day of an activity recovers what was lost on the day `lost`: it comes later, in
    /// time, and after no other loss. On the day of the next loss it comes before that one.
    pub fn by_activity(&self, lost: Day, next_lost: Option<Day>) -> bool {
        let until = self.deadline(lost).min(next_lost.unwrap_or(Day::MAX));
        let next = self.bought.partition_point(|day| *day <= lost);
        self.bought.get(next).is_some_and(|day| *day <= until)
    }

    /// What is counted of an attempt lost on the day `lost`.
    pub fn fate(&self, lost: Day, value: i64, is_recovered: bool) -> Lost {
        let value = i128::from(value);
        Lost {
            value,
            recovered_value: if is_recovered { value } else { 0 },
            attempts: 1,
            recovered: is_recovered.into(),
            recovery_open: (!is_recovered && self.deadline(lost) >= self.as_of).into(),
        }
    }
}
