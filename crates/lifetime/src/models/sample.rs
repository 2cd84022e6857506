//! Samples of customers: where so many rows determine a fit, few lead close to it.

/// Customers in a sample.
const SIZE: u64 = 8_192;
/// Different rows from which on a sample saves much.
const MANY: usize = 16_384;

/// Takes every n-th customer, who stands for n, of rows that come in a fixed order.
pub struct EveryNth {
    n: u64,
    seen: u64,
}

impl EveryNth {
    /// Of so many customers in so many different rows; `None` where all of them are few
    /// enough.
    pub fn new(customers: u64, rows: usize) -> Option<Self> {
        let n = customers / SIZE;
        (rows >= MANY).then_some(Self { n, seen: n / 2 })
    }

    /// How many customers the next row, which has `customers`, stands for in the sample.
    pub fn weight(&mut self, customers: u64) -> u64 {
        let before = self.seen / self.n;
        self.seen += customers;
        (self.seen / self.n - before) * self.n
    }
}
