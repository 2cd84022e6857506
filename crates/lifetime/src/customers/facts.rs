//! What one customer's events come to.

use kohort_model::{Block, Context};

use crate::clv::OrderDays;

/// One customer's events in numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    /// The order days.
    pub days: OrderDays,
    /// Activity events.
    pub orders: u32,
    /// Their value in minor units.
    pub order_value: i128,
    /// Refunds, also those that are activity.
    pub refunds: u32,
    /// What they gave back in minor units.
    pub refund_value: i128,
    /// Value of activity and refunds in minor units.
    pub revenue: i128,
}

impl Facts {
    /// `None` for a prospect.
    pub fn of(block: &Block<'_>, customer: usize, context: &Context) -> Option<Self> {
        let (days, values) = block.activity.of(customer);
        let summary = OrderDays::until(context.as_of, (days, values))?;
        let (_, refunded) = block.refunds.of(customer);
        let sum = |values: &[i64]| values.iter().map(|value| i128::from(*value)).sum::<i128>();
        let (order_value, outside) = (sum(values), sum(refunded));
        let (mut refunds, mut refund_value) = (refunded.len(), -outside);
        if block.has_negative_activity {
            let negative = values.iter().filter(|value| **value < 0);
            refunds += negative.clone().count();
            refund_value -= negative.map(|value| i128::from(*value)).sum::<i128>();
        }
        Some(Self {
            days: summary,
            orders: u32::try_from(days.len()).unwrap_or(u32::MAX),
            order_value,
            refunds: u32::try_from(refunds).unwrap_or(u32::MAX),
            refund_value,
            revenue: order_value + outside,
        })
    }

    /// Days from the last order day to the last known one.
    pub fn days_since_last(&self) -> u32 {
        self.days.age - self.days.recency
    }
}

/// The gaps between a customer's order days, in order of time.
pub(crate) fn gaps<'a>(block: &Block<'a>, customer: usize) -> impl Iterator<Item = u32> + use<'a> {
    let (days, _) = block.activity.of(customer);
    days.windows(2).map(|pair| pair[0].0.abs_diff(pair[1].0)).filter(|gap| *gap > 0)
}

/// The median of numbers, which it puts in another order; `None` where there is none.
pub(crate) fn median(numbers: &mut [u32]) -> Option<f64> {
    if numbers.is_empty() {
        return None;
    }
    let is_even = numbers.len().is_multiple_of(2);
    let (lower, high, _) = numbers.select_nth_unstable(numbers.len() / 2);
    let low = lower.iter().max().filter(|_| is_even).unwrap_or(high);
    Some(f64::midpoint((*low).into(), (*high).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        let cases: [(&[u32], Option<f64>); 5] = [
            (&[], None),
            (&[4], Some(4.0)),
            (&[4, 7], Some(5.5)),
            (&[9, 1, 4], Some(4.0)),
            (&[4, 9, 1, 4], Some(4.0)),
        ];
        for (numbers, expected) in cases {
            assert_eq!(median(&mut numbers.to_vec()), expected, "{numbers:?}");
        }
    }
}
