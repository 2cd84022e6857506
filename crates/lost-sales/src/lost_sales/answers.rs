//! Answers to why somebody did not buy.

use std::sync::Arc;

use kohort_inputs::LostAnswer;
use kohort_model::{Block, Context, Day};

use crate::tally::Reason;

/// The text of a reason that nobody told.
const UNKNOWN: &str = "unknown";

/// What is needed to find the answer about a lost sale.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    /// Days after a loss within which an answer tells of it.
    window_days: u32,
    /// The place of what is not known among the reasons of answers and opportunities, and among those of
    /// orders.
    unknown: [Option<u32>; 2],
}

/// The answers of a person.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answers<'a> {
    asked: Asked,
    /// In order of day, then of the texts of the reasons.
    own: &'a [LostAnswer],
}

impl Asked {
    pub fn new(context: &Context, window_days: u32) -> Self {
        let unknown = |reasons: &[Arc<str>]| {
            let place = reasons.iter().position(|reason| **reason == *UNKNOWN);
            place.and_then(|place| u32::try_from(place).ok())
        };
        Self { window_days, unknown: [unknown(&context.sales.reasons), unknown(&context.reasons)] }
    }

    pub fn of<'a>(&self, block: &Block<'a>, person: usize) -> Answers<'a> {
        Answers { asked: *self, own: block.items::<LostAnswer>(person) }
    }
}

impl Answers<'_> {
    /// Why an order of a day was lost; `code` is the reason of its row.
    pub fn of_order(&self, code: u32, lost: Day) -> Reason {
        if Some(code) == self.asked.unknown[1] {
            self.told((lost, lost)).unwrap_or(Reason::Own(code))
        } else {
            Reason::Own(code)
        }
    }

    /// Why an opportunity was lost; `code` is the reason of its row.
    pub fn of_opportunity(&self, code: u32, lost: Day) -> Reason {
        if Some(code) == self.asked.unknown[0] {
            self.told((lost, lost)).unwrap_or(Reason::Own(code))
        } else {
            Reason::Own(code)
        }
    }

    /// Why something was lost that has no reason of its own, of the day on which it began and that on which it
    /// was lost: what the first answer says from the one to so many days after the other.
    pub fn told(&self, (from, lost): (Day, Day)) -> Option<Reason> {
        let until = lost.plus(self.asked.window_days.into());
        let first = self.own.partition_point(|answer| answer.day < from);
        let mut near = self.own[first..].iter().take_while(|answer| answer.day <= until);
        let told = near.find(|answer| Some(answer.reason) != self.asked.unknown[0]);
        told.map(|answer| Reason::Answer(answer.reason))
    }
}
