//! One customer's revenue, window against window.

use kohort_model::{Basis, Block, Context, Day, Periods};

/// What a customer paid in the previous window and pays in the current one, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub before: i128,
    pub now: i128,
    /// Whether the first order of positive value lies in the current window.
    pub is_new: bool,
}

/// A customer's revenue by the periods of one grain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Revenue<'a> {
    /// Rising; periods without revenue may be missing.
    periods: &'a [u32],
    /// The revenue of each of these periods.
    values: &'a [i128],
    /// Period of the first order of positive value.
    first_positive: Option<usize>,
    window: usize,
    is_recurring: bool,
}

/// Room for the revenue of customers with refunds, used again from one to the next.
#[derive(Debug, Default)]
pub(crate) struct Netted {
    periods: Vec<u32>,
    values: Vec<i128>,
}

impl Netted {
    /// The revenue of `customer` by the periods of grain `g`, less refunds.
    pub fn revenue<'a>(
        &'a mut self,
        block: &Block<'a>,
        customer: usize,
        context: &Context,
        g: usize,
    ) -> Revenue<'a> {
        let periods = &context.periods[g];
        let (days, values) = block.activity.of(customer);
        let first_positive = days.iter().zip(values).find(|(_, v)| **v > 0).map(|(day, _)| day);
        let by_period = match block.refunds.of(customer) {
            ([], _) => block.visits[g].values_of(customer),
            refunds => self.less(block.visits[g].values_of(customer), refunds, periods),
        };
        Revenue {
            periods: by_period.0,
            values: by_period.1,
            first_positive: first_positive.map(|day| periods.of(*day)),
            window: context.revenue_windows[g] as usize,
            is_recurring: context.basis == Basis::Subscriptions,
        }
    }

    /// Revenue by period with refunds, whose values are negative, added.
    fn less(
        &mut self,
        (periods, values): (&[u32], &[i128]),
        refunds: (&[Day], &[i64]),
        of: &Periods,
    ) -> (&[u32], &[i128]) {
        self.periods.clear();
        self.periods.extend_from_slice(periods);
        self.values.clear();
        self.values.extend_from_slice(values);
        for (day, value) in refunds.0.iter().zip(refunds.1) {
            let period = u32::try_from(of.of(*day)).unwrap_or(u32::MAX);
            match self.periods.binary_search(&period) {
                Ok(place) => self.values[place] += i128::from(*value),
                Err(place) => {
                    self.periods.insert(place, period);
                    self.values.insert(place, i128::from(*value));
                }
            }
        }
        (&self.periods, &self.values)
    }
}

impl Revenue<'_> {
    /// Periods and their revenue, in order.
    #[inline]
    fn by_period(&self) -> impl Iterator<Item = (usize, i128)> {
        self.periods.iter().map(|period| *period as usize).zip(self.values.iter().copied())
    }

    /// The first and the last period.
    fn bounds(&self) -> Option<(usize, usize)> {
        Some((*self.periods.first()? as usize, *self.periods.last()? as usize))
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
        for (period, now) in self.by_period() {
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
        let w = self.window;
        let Some((first, last)) = self.bounds() else { return };
        let (mut now, mut before) = (0, 0);
        // Places of the revenue that enters the current window, the previous one, and leaves it.
        let mut next = [0; 3];
        for period in first..periods.min(last + 2 * w) {
            let mut pass = |edge: usize, delay: usize| {
                let mut sum = 0;
                let is_due = |p: &u32| *p as usize + delay <= period;
                while self.periods.get(next[edge]).is_some_and(is_due) {
                    sum += self.values[next[edge]];
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
        let Some((first, last)) = self.bounds() else { return };
        let at = |period: usize| {
            let place = self.periods.binary_search_by_key(&period, |p| *p as usize);
            place.map_or(0, |place| self.values[place])
        };
        for period in first..periods.min(last + self.window + 1) {
            let before = period.checked_sub(self.window).map_or(0, at);
            each(period, Change { before, now: at(period), is_new: self.is_new(period) });
        }
    }
}
