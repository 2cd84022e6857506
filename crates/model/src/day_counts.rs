//! How many of each number of days: exact quantiles from integers that add up.

use crate::Tally;
use crate::formulas::mean_days_between_purchases;

/// Numbers that wait before they are counted by day.
const WAITING: usize = 128;

/// A multiset of whole numbers of days, of a size that follows what is in it: some numbers are
/// kept as they are, many are counted by day.
#[derive(Clone, Debug, Default)]
pub struct DayCounts {
    /// How often each number of days below its length was counted.
    counted: Vec<u64>,
    /// Numbers that are not counted yet.
    waiting: Vec<u32>,
}

impl DayCounts {
    /// Adds a number of days.
    #[inline]
    pub fn push(&mut self, days: u32) {
        match self.counted.get_mut(days as usize) {
            Some(count) => *count += 1,
            None => self.wait(days),
        }
    }

    fn wait(&mut self, days: u32) {
        self.waiting.push(days);
        // A table by day pays once there are as many numbers as days; until then the list grows by
        // half each time, so that looking through it stays cheap.
        if self.waiting.len() >= WAITING.max(self.counted.len() / 8)
            && self.waiting.len().is_power_of_two()
        {
            let longest = self.waiting.iter().copied().max().unwrap_or(0) as usize;
            if longest < 8 * self.waiting.len() + self.counted.len() {
                self.counted.resize(longest + 1, 0);
                for days in std::mem::take(&mut self.waiting) {
                    self.counted[days as usize] += 1;
                }
            }
        }
    }

    /// Each number of days that was added, rising, with how often.
    #[must_use]
    pub fn counts(&self) -> Vec<(u32, u64)> {
        let mut waiting = self.waiting.clone();
        waiting.sort_unstable();
        let counted = (0..).zip(&self.counted).filter(|(_, count)| **count > 0);
        let mut counts: Vec<(u32, u64)> = counted.map(|(days, count)| (days, *count)).collect();
        // What waits is beyond the table, or was before the table grew over it.
        for run in waiting.chunk_by(|a, b| a == b) {
            counts.push((run[0], run.len() as u64));
        }
        counts.sort_unstable();
        counts.dedup_by(|later, first| {
            let same = later.0 == first.0;
            first.1 += if same { later.1 } else { 0 };
            same
        });
        counts
    }

    /// How many were added.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.counted.iter().sum::<u64>() + self.waiting.len() as u64
    }

    /// Whether none was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Mean in days; `None` where there is nothing.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        mean_days(&self.counts())
    }

    /// The `percent`-th percentile in days; `None` where there is nothing.
    #[must_use]
    pub fn percentile(&self, percent: u32) -> Option<f64> {
        percentile_days(&self.counts(), percent)
    }
}

impl Tally for DayCounts {
    fn add(&mut self, other: &Self) {
        if self.counted.len() < other.counted.len() {
            self.counted.resize(other.counted.len(), 0);
        }
        self.counted.iter_mut().zip(&other.counted).for_each(|(own, other)| *own += other);
        for days in &other.waiting {
            self.push(*days);
        }
    }
}

/// The mean of numbers of days that are there so many times, such as gaps between purchases;
/// `None` where there is nothing.
#[must_use]
pub fn mean_days(counts: &[(u32, u64)]) -> Option<f64> {
    let sum: i128 = counts.iter().map(|(days, n)| i128::from(*days) * i128::from(*n)).sum();
    mean_days_between_purchases(sum, counts.iter().map(|(_, n)| i128::from(*n)).sum())
}

/// A percentile of numbers of days that are there so many times, which rise: the number at place
/// (n - 1) × percent / 100, places counted from 0, between the two nearest in proportion (Hyndman
/// and Fan 1996, type 7). `None` where there is nothing.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "hundredths and days are small")]
pub fn percentile_days(counts: &[(u32, u64)], percent: u32) -> Option<f64> {
    let total: u64 = counts.iter().map(|(_, n)| n).sum();
    let hundredths = u128::from(total.checked_sub(1)?) * u128::from(percent);
    let at = |place: u128| {
        let mut seen = 0_u128;
        let found = counts.iter().find(|(_, n)| {
            seen += u128::from(*n);
            seen > place
        });
        found.map_or(0.0, |(days, _)| f64::from(*days))
    };
    let (place, part) = (hundredths / 100, (hundredths % 100) as f64 / 100.0);
    let low = at(place);
    Some(if part > 0.0 { low + part * (at(place + 1) - low) } else { low })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(days: impl IntoIterator<Item = u32>) -> DayCounts {
        let mut counts = DayCounts::default();
        days.into_iter().for_each(|days| counts.push(days));
        counts
    }

    #[test]
    fn percentiles_lie_between_the_nearest() {
        let cases: [(&[u32], u32, Option<f64>); 7] = [
            (&[], 50, None),
            (&[7], 90, Some(7.0)),
            (&[7, 3], 50, Some(5.0)),
            (&[1, 2, 3, 4], 25, Some(1.75)),
            (&[4, 2, 3, 1], 75, Some(3.25)),
            (&[1, 1, 1, 10], 90, Some(7.3)),
            (&[1, 5, 9], 100, Some(9.0)),
        ];
        for (days, percent, expected) in cases {
            let found = of(days.iter().copied()).percentile(percent);
            assert_eq!(found, expected, "{percent} of {days:?}");
        }
    }

    #[test]
    fn a_list_and_a_table_count_the_same() {
        // Few and many numbers, near and far ones, in one piece and in several.
        for (n, step, far) in [(3, 7, 0), (100, 1, 900_000), (5000, 13, 0), (5000, 13, 70_000)] {
            let numbers: Vec<u32> =
                (0..n).map(|i| (i * step) % 997 + if i % 50 == 0 { far } else { 0 }).collect();
            let whole = of(numbers.iter().copied());
            let mut sorted = numbers.clone();
            sorted.sort_unstable();
            let expected: Vec<(u32, u64)> =
                sorted.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u64)).collect();
            assert_eq!(whole.counts(), expected);
            let mut parts = DayCounts::default();
            for part in numbers.chunks(numbers.len() / 3 + 1) {
                parts.add(&of(part.iter().copied()));
            }
            assert_eq!(parts.counts(), expected);
            assert_eq!((parts.len(), parts.mean()), (whole.len(), whole.mean()));
        }
    }
}
