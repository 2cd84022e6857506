//! Which rows of subscriptions count, and what is taken off their prices.
//!
//! Of rows of one subscription that start on one day a single one counts: of those that were changed
//! last, where that is known, the first in the order of [`precedence`]; the others stand on no day, not
//! even after its end. So a subscription that is copied while it runs and copied again once it was
//! cancelled ends with its end. Rows below zero are no spans but discounts of what begins on their day.

use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};

use kohort_model::{Day, NEVER, NO_VALUE};

use crate::census::LeftOut;
use crate::ids::to_u32;
use crate::rows::Rows;
use crate::slots::SlotMap;

/// The rows of a partition that count.
pub(crate) struct Counting<'a> {
    /// By customer and subscription, those that start last first.
    pub order: Vec<u32>,
    /// What each row pays a month, discounts taken off.
    pub values: Cow<'a, [i64]>,
    pub ends: Ends,
}

/// How ends of subscriptions lie to the starts that follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// Ends of rows after which another row of the same subscription starts.
    pub followed: u64,
    /// Those of them that lie one day before its start.
    pub day_before: u64,
}

impl Ends {
    /// Whether most ends are the last day rather than the day after it, as it seems.
    #[must_use]
    pub fn are_mostly_a_day_early(self) -> bool {
        self.day_before > self.followed / 2
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.followed += other.followed;
        self.day_before += other.day_before;
    }

    /// Those of rows in the order of [`Counting::order`].
    fn of(rows: &Rows, order: &[u32]) -> Self {
        let mut ends = Self::default();
        for pair in order.windows(2) {
            let (later, row) = (pair[0] as usize, pair[1] as usize);
            let is_same =
                (rows.ids[later], rows.orders[later]) == (rows.ids[row], rows.orders[row]);
            if is_same && rows.ends[row] != NEVER {
                ends.followed += 1;
                ends.day_before += u64::from(rows.ends[row] + 1 == rows.days[later]);
            }
        }
        ends
    }
}

impl<'a> Counting<'a> {
    /// The rows that count of those that start before `until` and are not empty.
    pub fn new(rows: &'a Rows, until: Day, slots: &SlotMap, left_out: &mut LeftOut) -> Self {
        let mut order: Vec<u32> = (0..rows.len()).map(|row| to_u32(row as u64)).collect();
        order.retain(|row| rows.days[*row as usize] < until.0);
        left_out.after_as_of += (rows.len() - order.len()) as u64;
        retain_latest(rows, &mut order, left_out);
        let is_discount = |row: &u32| rows.values[*row as usize] < 0;
        let (discounts, mut order): (Vec<u32>, Vec<u32>) = order.into_iter().partition(is_discount);
        let known = order.len();
        order.retain(|row| rows.days[*row as usize] < rows.ends[*row as usize]);
        left_out.empty_span += (known - order.len()) as u64;
        let id = |row: u32| (rows.ids[row as usize], rows.orders[row as usize]);
        order.sort_unstable_by(|a, b| {
            let by_id = id(*a).cmp(&id(*b));
            by_id.then_with(|| precedence(rows, *a as usize, *b as usize, slots))
        });
        let filled = order.len();
        let start = |row: u32| (id(row), rows.days[row as usize]);
        order.dedup_by(|row, first| start(*row) == start(*first));
        left_out.superseded += (filled - order.len()) as u64;
        let values = match &*discounts {
            [] => Cow::Borrowed(&*rows.values),
            discounts => Cow::Owned(discounted(rows, &order, discounts, left_out)),
        };
        Self { ends: Ends::of(rows, &order), order, values }
    }
}

/// What each row pays once discounts are taken off, never below zero. A discount is one of the same
/// subscription where that begins on its day, else of the largest price of the same customer that does, of
/// equal ones that of the smaller id.
fn discounted(rows: &Rows, order: &[u32], discounts: &[u32], left_out: &mut LeftOut) -> Vec<i64> {
    let start = |row: u32| (rows.ids[row as usize], rows.days[row as usize]);
    let (value, subscription) =
        (|row: u32| rows.values[row as usize], |row: u32| rows.orders[row as usize]);
    let mut prices = order.to_vec();
    prices.sort_unstable_by_key(|row| (start(*row), Reverse(value(*row)), subscription(*row)));
    let mut values = rows.values.clone();
    for discount in discounts.iter().copied() {
        let from = prices.partition_point(|row| start(*row) < start(discount));
        let of_day = || prices[from..].iter().take_while(|row| start(**row) == start(discount));
        let own = of_day().find(|row| subscription(**row) == subscription(discount));
        match own.or_else(|| of_day().next()) {
            // One of less than half a minor unit.
            Some(_) if value(discount) == NO_VALUE => {}
            Some(row) => {
                let left = &mut values[*row as usize];
                *left = left.saturating_add(value(discount));
            }
            None => left_out.unmatched_discount += 1,
        }
    }
    for value in &mut values {
        *value = (*value).max(0);
    }
    values
}

/// Leaves of the prices of a subscription that start on one day those that were changed last, where that is
/// known, and the same of its discounts.
fn retain_latest(rows: &Rows, order: &mut Vec<u32>, left_out: &mut LeftOut) {
    if rows.updated.is_empty() {
        return;
    }
    let start = |row: u32| {
        let row = row as usize;
        (rows.ids[row], rows.orders[row], rows.days[row], rows.values[row] < 0)
    };
    let updated = |row: u32| rows.updated[row as usize];
    order.sort_unstable_by_key(|row| (start(*row), Reverse(updated(*row))));
    let all = order.len();
    let mut latest = None;
    order.retain(|row| {
        let of_start = latest.filter(|latest| start(*latest) == start(*row));
        let newest = *latest.insert(of_start.unwrap_or(*row));
        updated(newest) == updated(*row)
    });
    left_out.superseded += (all - order.len()) as u64;
}

/// Which of two rows of a subscription counts where both start on one day, and which stands where
/// both do: `Less` for the first. A row that has an end comes before one that is open, of which it is
/// a later state.
fn precedence(rows: &Rows, a: usize, b: usize, slots: &SlotMap) -> Ordering {
    let end = |i: usize| {
        let is_open = rows.ends[i] == NEVER;
        (Reverse(rows.days[i]), is_open, Reverse(rows.ends[i]), Reverse(rows.values[i]))
    };
    let why = |i: usize| {
        let reason = rows.reasons.get(i).map(|code| slots.reason(*code));
        (reason, rows.causes.get(i), rows.cancelled.get(i))
    };
    let texts = || {
        let ranks = rows.segments.iter().zip(slots.missing_last());
        let ranks =
            ranks.map(|(codes, rank)| rank[codes[a] as usize].cmp(&rank[codes[b] as usize]));
        ranks.fold(Ordering::Equal, Ordering::then)
    };
    end(a).cmp(&end(b)).then_with(|| why(a).cmp(&why(b))).then_with(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a row of the one customer: subscription, first day, day after the last, and price.
    type Cells = (u64, i32, i32, i64);

    fn counting(rows: &[Cells]) -> (Ends, Vec<i64>) {
        let rows = Rows {
            ids: vec![0; rows.len()],
            orders: rows.iter().map(|row| row.0).collect(),
            days: rows.iter().map(|row| row.1).collect(),
            ends: rows.iter().map(|row| row.2).collect(),
            values: rows.iter().map(|row| row.3).collect(),
            ..Rows::default()
        };
        let (slots, _) = SlotMap::new(&[], &[]);
        let counting = Counting::new(&rows, Day(1000), &slots, &mut LeftOut::default());
        (counting.ends, counting.order.iter().map(|row| counting.values[*row as usize]).collect())
    }

    #[test]
    fn ends_are_compared_with_the_next_start_of_the_subscription() {
        let cases: [(&[Cells], (u64, u64), bool); 7] = [
            (&[], (0, 0), false),
            (&[(1, 0, 30, 5), (1, 31, 60, 5)], (1, 1), true),
            (&[(1, 0, 31, 5), (1, 31, 60, 5)], (1, 0), false),
            // Another subscription begins; the next one does not begin before as_of; an open one.
            (&[(1, 0, 30, 5), (2, 31, 60, 5)], (0, 0), false),
            (&[(1, 900, 999, 5), (1, 1000, 1030, 5)], (0, 0), false),
            (&[(1, 0, NEVER, 5), (1, 31, 60, 5)], (0, 0), false),
            // Half of them are not most.
            (&[(1, 0, 30, 5), (1, 31, 60, 5), (1, 60, 90, 5)], (2, 1), false),
        ];
        for (rows, (followed, day_before), is_early) in cases {
            let (ends, _) = counting(rows);
            assert_eq!(ends, Ends { followed, day_before }, "{rows:?}");
            assert_eq!(ends.are_mostly_a_day_early(), is_early, "{rows:?}");
        }
    }

    #[test]
    fn discounts_leave_nothing_at_least() {
        for (discounts, expected) in [
            (&[][..], 5),
            (&[-2], 3),
            (&[-2, -2], 1),
            (&[-5], 0),
            (&[-7], 0),
            (&[NO_VALUE], 5),
            (&[NO_VALUE, -1], 4),
            (&[i64::MIN + 1, i64::MIN + 1], 0),
        ] {
            let off = discounts.iter().map(|value| (1, 0, NEVER, *value));
            let rows: Vec<_> = off.chain([(1, 0, NEVER, 5)]).collect();
            assert_eq!(counting(&rows).1, [expected], "{discounts:?}");
        }
    }
}
