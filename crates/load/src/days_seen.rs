//! Which days rows have, as far as it takes to find where years lie between them.

use std::collections::BTreeMap;

use kohort_model::Day;

/// Days between two rows, with none between them, from which a warning is given: three years.
pub const LONGEST_GAP_DAYS: u32 = 1096;

/// A stretch is 512 days: of two rows that are more than [`LONGEST_GAP_DAYS`] apart, with none between
/// them, at least one whole stretch lies between.
const STRETCH_BITS: u32 = 9;

/// The stretches in which rows lie. Adding these up gives the same in any order.
///
/// Of a stretch beside an empty one the day that is next to it is exact; of others it may be any day of
/// the stretch, which is then less than three years from its neighbour's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DaysSeen {
    /// By number of the stretch the first and the last day, as days since 1970-01-01.
    stretches: BTreeMap<i32, (i32, i32)>,
}

impl DaysSeen {
    /// The first day.
    #[must_use]
    pub fn first(&self) -> Option<Day> {
        self.stretches.first_key_value().map(|(_, (first, _))| Day(*first))
    }

    /// The last day.
    #[must_use]
    pub fn last(&self) -> Option<Day> {
        self.stretches.last_key_value().map(|(_, (_, last))| Day(*last))
    }

    /// The newest two days on or after `from` that are more than [`LONGEST_GAP_DAYS`] apart, with none
    /// between them.
    #[must_use]
    pub fn gap(&self, from: Option<Day>) -> Option<(Day, Day)> {
        let after = self.stretches.values().rev();
        let mut pairs =
            after.clone().skip(1).zip(after).map(|((_, last), (first, _))| (last, first));
        let (last, first) =
            pairs.find(|(last, first)| **first - **last > LONGEST_GAP_DAYS.cast_signed())?;
        (from.is_none_or(|from| from.0 <= *last)).then_some((Day(*last), Day(*first)))
    }

    /// Adds the days of some rows, each from [`Day::MIN`] to [`Day::MAX`].
    pub fn see(&mut self, days: &[i32]) {
        let first = days.iter().copied().fold(i32::MAX, i32::min);
        let last = days.iter().copied().fold(i32::MIN, i32::max);
        if first > last {
            return;
        }
        let base = first >> STRETCH_BITS;
        let width = (last >> STRETCH_BITS) - base;
        if width >= 64 {
            for day in days {
                self.add(*day >> STRETCH_BITS, *day, *day);
            }
            return;
        }
        self.add(base, first, first);
        self.add(base + width, last, last);
        if width < 2 {
            return;
        }
        let bit = |day: &i32| 1_u64 << (((*day >> STRETCH_BITS) - base) & 63);
        let found = days.iter().fold(0, |found, day| found | bit(day));
        if found.count_ones().cast_signed() == width + 1 {
            for stretch in base + 1..base + width {
                let day = stretch << STRETCH_BITS;
                self.add(stretch, day, day);
            }
        } else {
            // Days beside an empty stretch have to be exact. That is seldom.
            for day in days {
                self.add(*day >> STRETCH_BITS, *day, *day);
            }
        }
    }

    /// Adds what else was seen.
    pub fn merge(&mut self, other: &Self) {
        other.stretches.iter().for_each(|(at, (first, last))| self.add(*at, *first, *last));
    }

    fn add(&mut self, stretch: i32, first: i32, last: i32) {
        let own = self.stretches.entry(stretch).or_insert((first, last));
        *own = (own.0.min(first), own.1.max(last));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As [`DaysSeen::gap`], from all days.
    fn gap(days: &[i32], from: i32) -> Option<(Day, Day)> {
        let mut days = days.to_vec();
        days.sort_unstable();
        let pair = days.windows(2).rev().find(|pair| pair[1] - pair[0] > 1096)?;
        (from <= pair[0]).then_some((Day(pair[0]), Day(pair[1])))
    }

    #[test]
    fn gaps_are_exact() {
        let (low, high) = (Day::MIN.0, Day::MAX.0);
        let many: Vec<i32> = (18_262..20_000).collect();
        let with = |more: &[i32]| [&many, more].concat();
        let cases: [(Vec<i32>, i32); 14] = [
            (vec![], low),
            (vec![0], low),
            (vec![0, 1096], low),
            (vec![0, 1097], low),
            (vec![1097, 0, 2193, 1], low),
            (vec![511, 1607], low),
            (vec![511, 1608], low),
            (vec![-1, 1096, 1095], low),
            (vec![low, high], low),
            (vec![low, 0, 3, high], low),
            (many.clone(), low),
            (with(&[0]), low),
            (with(&[low, 0, 1, 600, 1100]), low),
            (with(&[0]), 1),
        ];
        for (days, from) in cases {
            let expected = gap(&days, from);
            let mut whole = DaysSeen::default();
            whole.see(&days);
            let mut parts = DaysSeen::default();
            for part in days.chunks(3).rev() {
                let mut own = DaysSeen::default();
                own.see(part);
                parts.merge(&own);
            }
            for seen in [whole, parts] {
                assert_eq!(seen.gap(Some(Day(from))), expected, "{days:?}");
                assert_eq!(seen.first(), days.iter().min().map(|day| Day(*day)));
                assert_eq!(seen.last(), days.iter().max().map(|day| Day(*day)));
            }
        }
    }
}
