//! A customer's order days as the models see them, and counts of equal customers.

use kohort_model::{Context, Counted, Day};

use crate::models::gamma_gamma::{self, GammaGamma, Spend};
use crate::models::{Fit, History};

/// What a customer's order days come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OrderDays {
    /// The first order day.
    pub first: Day,
    /// Order days after the first.
    pub repeats: u32,
    /// Days from the first to the last order day.
    pub recency: u32,
    /// Days from the first order day to the last known one.
    pub age: u32,
    /// Value of the repeat order days in minor units.
    pub repeat_value: i128,
}

impl OrderDays {
    /// Of the events before `until`; `None` where there is none.
    pub fn until(until: Day, (days, values): (&[Day], &[i64])) -> Option<Self> {
        let days = &days[..days.partition_point(|day| *day < until)];
        let (first, last) = (*days.first()?, *days.last()?);
        let on_first = days.partition_point(|day| *day == first);
        let later = &days[on_first - 1..];
        let repeats = later.windows(2).filter(|pair| pair[0] != pair[1]).count();
        let value = values[on_first..days.len()].iter().map(|value| i128::from(*value)).sum();
        Some(Self {
            first,
            repeats: u32::try_from(repeats).unwrap_or(u32::MAX),
            recency: first.0.abs_diff(last.0),
            age: first.0.abs_diff(until.0 - 1),
            repeat_value: value,
        })
    }
}

/// Minor units with a sign, in a form that is packed more closely and sorts the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Minor {
    high: i64,
    low: u64,
}

impl From<i128> for Minor {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "both halves")]
    fn from(value: i128) -> Self {
        Self { high: (value >> 64) as i64, low: value as u64 }
    }
}

impl From<Minor> for i128 {
    fn from(Minor { high, low }: Minor) -> Self {
        Self::from(high) << 64 | Self::from(low)
    }
}

/// Customers by their order days: 24 bytes for those who are equal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Histories {
    /// Repeat order days, recency and age.
    histories: Counted<[u32; 3]>,
    /// Of those with a repeat order day its number and their value, where that is above zero.
    spends: Counted<(u32, Minor)>,
}

impl Histories {
    /// Counts a customer.
    pub fn push(&mut self, days: &OrderDays) {
        self.push_history(days);
        if days.repeats > 0 && days.repeat_value > 0 {
            self.spends.push((days.repeats, days.repeat_value.into()));
        }
    }

    /// Counts a customer without the value of its orders.
    pub fn push_history(&mut self, days: &OrderDays) {
        self.histories.push([days.repeats, days.recency, days.age]);
    }

    /// Adds what `other` has counted.
    pub fn merge(&mut self, other: Self) {
        self.histories.merge(other.histories);
        self.spends.merge(other.spends);
    }

    /// Equal customers as one row each.
    pub fn into_rows(self) -> (Vec<History>, Vec<Spend>) {
        let histories = self.histories.into_counts().into_iter();
        let histories = histories.map(|([x, t_x_days, age_days], customers)| History {
            x,
            t_x_days,
            age_days,
            customers,
        });
        let spends = self.spends.into_counts().into_iter();
        let spends =
            spends.map(|((x, total), customers)| Spend { x, total: total.into(), customers });
        (histories.collect(), spends.collect())
    }
}

/// Fits the model of an order day's value; `None` where nobody has a repeat day of value.
pub(crate) fn fit_value(spends: &[Spend], context: &Context) -> Option<Fit<GammaGamma>> {
    gamma_gamma::fit(spends, context.scale.places().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequency_recency_and_age() {
        // Days, values, until; first, repeats, recency, age, value of the repeat days.
        type Case<'a> = (&'a [i32], &'a [i64], i32, Option<(i32, u32, u32, u32, i128)>);
        let cases: [Case<'_>; 7] = [
            (&[], &[], 10, None),
            (&[10], &[1], 10, None),
            (&[3], &[1], 10, Some((3, 0, 0, 6, 0))),
            (&[9], &[1], 10, Some((9, 0, 0, 0, 0))),
            (&[3, 3], &[1, 2], 10, Some((3, 0, 0, 6, 0))),
            (&[3, 3, 5, 5, 9], &[1, 2, 4, 8, 16], 10, Some((3, 2, 6, 6, 28))),
            (&[3, 3, 5, 5, 9], &[1, 2, 4, 8, 16], 9, Some((3, 1, 2, 5, 12))),
        ];
        for (days, values, until, expected) in cases {
            let days: Vec<Day> = days.iter().map(|day| Day(*day)).collect();
            let found = OrderDays::until(Day(until), (&days, values));
            let found = found.map(|f| (f.first.0, f.repeats, f.recency, f.age, f.repeat_value));
            assert_eq!(found, expected, "{days:?} until {until}");
        }
    }

    #[test]
    fn minor_units_sort_as_they_are() {
        let values = [i128::MIN, -1_i128 << 64, -1, 0, 1, i128::from(u64::MAX), 1 << 64, i128::MAX];
        let minor = values.map(Minor::from);
        assert!(minor.is_sorted());
        assert_eq!(minor.map(i128::from), values);
    }
}
