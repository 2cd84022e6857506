//! What is counted of a cohort.

use kohort_model::tally;

/// What one cohort did `k` periods later.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tallied {
    pub revenue: i128,
    pub orders: u64,
    pub active: u64,
    /// Customers whose last order lies here: summed from the end, those active here or later.
    pub last: u64,
    /// Customers whose second order day lies here.
    pub second: u64,
}

tally!(Tallied { revenue, orders, active, last, second });
