//! What is counted of attempts.

use kohort_inputs::Outcome;
use kohort_model::{Tally, tally};

/// Customers and prospects, in the order of the table.
pub(crate) const BUYERS: [&str; 2] = ["customer", "prospect"];
pub(crate) const CUSTOMER: usize = 0;
pub(crate) const PROSPECT: usize = 1;

/// Lost attempts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lost {
    pub value: i128,
    pub recovered_value: i128,
    pub attempts: u64,
    pub recovered: u64,
    pub recovery_open: u64,
}

tally!(Lost { value, recovered_value, attempts, recovered, recovery_open });

/// Attempts and what became of them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Decided {
    pub won_value: i128,
    pub open_value: i128,
    pub won: u64,
    pub open: u64,
    pub lost: Lost,
}

tally!(Decided { won_value, open_value, won, open, lost });

impl Decided {
    /// Counts an attempt; `lost` tells of one that was lost, value included.
    pub fn count(&mut self, outcome: Outcome, value: i64, lost: &Lost) {
        match outcome {
            Outcome::Won => {
                self.won += 1;
                self.won_value += i128::from(value);
            }
            Outcome::Open => {
                self.open += 1;
                self.open_value += i128::from(value);
            }
            Outcome::Lost => self.lost.add(lost),
        }
    }

    pub fn attempts(&self) -> u64 {
        self.won + self.open + self.lost.attempts
    }

    pub fn value(&self) -> i128 {
        self.won_value + self.open_value + self.lost.value
    }
}

/// The attempts that reached a stage.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reached {
    pub all: Decided,
    /// Value of the lost ones that got no further.
    pub stopped_value: i128,
    /// How many they are.
    pub stopped: u64,
}

tally!(Reached { all, stopped_value, stopped });

/// The attempts of one source, period and kind of buyer. What is counted by code is as long as the
/// largest code that was counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempted {
    pub total: Decided,
    /// By the code of the reason in the row itself.
    pub by_reason: Vec<Lost>,
    /// By the place of the reason in an answer, of those whose row has none.
    pub by_answer: Vec<Lost>,
    pub by_competitor: Vec<Lost>,
    pub by_stage: Vec<Reached>,
}

tally!(Attempted { total, by_reason, by_answer, by_competitor, by_stage });

/// Who tells why an attempt was lost, and what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The code in the row itself, which may say that it is not known.
    Own(u32),
    /// An answer: the place among the context's `sales.reasons`.
    Answer(u32),
}

impl Attempted {
    /// The tally of a reason.
    pub fn reason(&mut self, reason: Reason) -> &mut Lost {
        match reason {
            Reason::Own(code) => of_code(&mut self.by_reason, code),
            Reason::Answer(place) => of_code(&mut self.by_answer, place),
        }
    }
}

/// The tally of `code` in a list that grows with what is counted.
pub(crate) fn of_code<T: Tally>(tallies: &mut Vec<T>, code: u32) -> &mut T {
    let code = code as usize;
    if tallies.len() <= code {
        tallies.resize(code + 1, T::default());
    }
    &mut tallies[code]
}
