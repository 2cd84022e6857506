//! What is counted of attempts.

use kohort_model::Tally;

/// Prospects and customers, in the order of the table.
pub(crate) const BUYERS: [&str; 2] = ["customer", "prospect"];
pub(crate) const CUSTOMER: usize = 0;
pub(crate) const PROSPECT: usize = 1;

/// Lost attempts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lost {
    pub value: i128,
    pub recovered_value: i128,
    pub attempts: u64,
    pub recovered: u64,
    pub recovery_open: u64,
}

impl Tally for Lost {
    fn add(&mut self, other: &Self) {
        self.value += other.value;
        self.recovered_value += other.recovered_value;
        self.attempts += other.attempts;
        self.recovered += other.recovered;
        self.recovery_open += other.recovery_open;
    }
}

/// The attempts of one period and kind of buyer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempted {
    pub won_value: i128,
    pub open_value: i128,
    pub won: u64,
    pub open: u64,
    pub lost: Lost,
    /// By reason code, as far as one was counted.
    pub by_reason: Vec<Lost>,
}

impl Tally for Attempted {
    fn add(&mut self, other: &Self) {
        self.won_value += other.won_value;
        self.open_value += other.open_value;
        self.won += other.won;
        self.open += other.open;
        self.lost.add(&other.lost);
        self.by_reason.add(&other.by_reason);
    }
}

impl Attempted {
    /// Counts a lost attempt, also with its reason.
    pub fn lose(&mut self, reason: u32, lost: &Lost) {
        self.lost.add(lost);
        let reason = reason as usize;
        if self.by_reason.len() <= reason {
            self.by_reason.resize(reason + 1, Lost::default());
        }
        self.by_reason[reason].add(lost);
    }

    pub fn attempts(&self) -> u64 {
        self.won + self.open + self.lost.attempts
    }
}
