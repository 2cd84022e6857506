//! One customer's revenue, window against window.

use kohort_model::{Basis, Block, Context, Periods};

/// What a customer paid in the previous window and pays in the current one, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub before: i128,
    pub now: i128,
    /// Whether the first order of positive value lies in the current window.
    pub is_new: bool,
}

/// A customer's revenue by the periods of one grain.
#[derive(Debug, Default)]
pub(crate) struct Revenue {
    /// Period and revenue, rising; periods without any may be missing.
    by_period: Vec<(usize, i128)>,
    /// Period of the first order of positive value.
    first_positive: Option<usize>,
    window: usize,
    is_recurring: bool,
}

impl Revenue {
    /// Takes in the revenue of `customer` by the periods of grain `g`.
    pub fn read(&mut self, block: &Block<'_>, customer: usize, context: &Context, g: usize) {
        let periods = &context.periods[g];
        let (days, values) = block.activity.of(customer);
        let first_positive = days.iter().zip(values).find(|(_, v)| **v > 0).map(|(day, _)| day);
        self.first_positive = first_positive.map(|day| periods.of(*day));
        self.window = context.revenue_windows[g] as usize;
        self.is_recurring = context.basis == Basis::Subscriptions;
        self.by_period.clear();
        self.by_period
            .extend(block.visits[g].of(customer).map(|(period, _, value)| (period, value)));
        self.add_refunds(block, customer, periods);
    }

    fn add_refunds(&mut self, block: &Block<'_>, customer: usize, periods: &Periods) {
        let (days, values) = block.refunds.of(customer);
        for (day, value) in days.iter().zip(values) {
            let (period, value) = (periods.of(*day), i128::from(*value));
            match self.by_period.binary_search_by_key(&period, |(p, _)| *p) {
                Ok(place) => self.by_period[place].1 += value,
                Err(place) => self.by_period.insert(place, (period, value)),
            }
        }
    }

    /// Calls `each` with every period, of the first `periods`, in which something may differ from
    /// nothing, in order.
    pub fn compare(&self, periods: usize, each: impl FnMut(usize, Change)) {
        if self.window == 1 {
            self.compare_periods(periods, each);
        } else if self.is_recurring {
            self.compare_closes(periods, each);
        } else {
            self.compare_windows(periods, each);
        }
    }

    /// Windows of one period: only a period with revenue and the one after it move.
    #[inline]
    fn compare_periods(&self, periods: usize, mut each: impl FnMut(usize, Change)) {
        let mut last: Option<(usize, i128)> = None;
        let lapsed = |before| Change { before, now: 0, is_new: false };
        for (period, now) in self.by_period.iter().copied() {
            let before = match last {
                Some((last, sum)) if last + 1 == period => sum,
                Some((last, sum)) => {
                    each(last + 1, lapsed(sum));
                    0
                }
                None => 0,
            };
            each(period, Change { before, now, is_new: self.first_positive == Some(period) });
            last = Some((period, now));
        }
        if let Some((last, sum)) = last.filter(|(last, _)| last + 1 < periods) {
            each(last + 1, lapsed(sum));
        }
    }

    /// Whether the first order of positive value lies in the window that ends with `period`.
    fn is_new(&self, period: usize) -> bool {
        self.first_positive.is_some_and(|p| p <= period && period < p + self.window)
    }

    /// Windows that move by one: sums that what enters and leaves keeps up to date.
    fn compare_windows(&self, periods: usize, mut each: impl FnMut(usize, Change)) {
        let (revenue, w) = (&self.by_period, self.window);
        let (Some((first, _)), Some((last, _))) = (revenue.first(), revenue.last()) else { return };
        let (mut now, mut before) = (0, 0);
        // Places of the revenue that enters the current window, the previous one, and leaves it.
        let mut next = [0; 3];
        for period in *first..periods.min(last + 2 * w) {
            let mut pass = |edge: usize, delay: usize| {
                let mut sum = 0;
                while let Some((p, r)) =
                    revenue.get(next[edge]).filter(|(p, _)| p + delay <= period)
                {
                    debug_assert!(p + delay == period);
                    sum += r;
                    next[edge] += 1;
                }
                sum
            };
            let (enters, passes, leaves) = (pass(0, 0), pass(1, w), pass(2, 2 * w));
            now += enters - passes;
            before += passes - leaves;
            each(period, Change { before, now, is_new: self.is_new(period) });
        }
    }

    /// Recurring revenue at the close of a period against that at the close of the period a window
    /// earlier.
    fn compare_closes(&self, periods: usize, mut each: impl FnMut(usize, Change)) {
        let (Some((first, _)), Some((last, _))) = (self.by_period.first(), self.by_period.last())
        else {
            return;
        };
        let at = |period: usize| {
            let place = self.by_period.binary_search_by_key(&period, |(p, _)| *p);
            place.map_or(0, |place| self.by_period[place].1)
        };
        for period in *first..periods.min(last + self.window + 1) {
            let before = period.checked_sub(self.window).map_or(0, at);
            each(period, Change { before, now: at(period), is_new: self.is_new(period) });
        }
    }
}
