//! How often each value was counted, in memory that follows the number of distinct ones.

use crate::{Scale, Tally, rate};

/// Values that wait, at least, before they are counted: few enough to be sorted in a core's cache.
const WAITING: usize = 4096;

/// A multiset of values that are equal often.
#[derive(Clone, Debug)]
pub struct Counted<K> {
    /// Each value with how often it was counted, rising.
    counts: Vec<(K, u64)>,
    /// Values that are not counted yet.
    waiting: Vec<K>,
}

impl<K> Default for Counted<K> {
    fn default() -> Self {
        Self { counts: Vec::new(), waiting: Vec::new() }
    }
}

impl<K: Copy + Ord + Send + 'static> Tally for Counted<K> {
    fn add(&mut self, other: &Self) {
        self.merge(other.clone());
    }
}

impl<K: Copy + Ord> Counted<K> {
    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty() && self.waiting.is_empty()
    }

    /// Each value with how often it was counted, rising.
    #[must_use]
    pub fn counts(&self) -> Vec<(K, u64)> {
        self.clone().into_counts()
    }

    /// Adds a value.
    #[inline]
    pub fn push(&mut self, value: K) {
        self.waiting.push(value);
        // As many as are counted already, so that each is moved a few times only.
        if self.waiting.len() >= WAITING.max(self.counts.len()) {
            self.compact();
        }
    }

    /// Adds what `other` has counted.
    pub fn merge(&mut self, mut other: Self) {
        other.compact();
        self.compact();
        if self.counts.is_empty() {
            self.counts = other.counts;
        } else {
            self.counts.append(&mut other.counts);
            self.unite();
        }
    }

    /// The same as [`Self::counts`], without a copy.
    #[must_use]
    pub fn into_counts(mut self) -> Vec<(K, u64)> {
        self.compact();
        self.counts
    }

    fn compact(&mut self) {
        if !self.waiting.is_empty() {
            self.waiting.sort_unstable();
            self.counts.extend(self.waiting.drain(..).map(|value| (value, 1)));
            self.unite();
        }
    }

    /// Puts two rising runs together.
    fn unite(&mut self) {
        // The stable sort merges runs that it finds.
        self.counts.sort();
        self.counts.dedup_by(|later, first| {
            let same = later.0 == first.0;
            first.1 += if same { later.1 } else { 0 };
            same
        });
    }
}

/// A percentile, 0 to 100, of amounts in minor units that are there so many times, which rise: the
/// amount at place (n - 1) × percent / 100, places counted from 0, between the two nearest in
/// proportion (Hyndman and Fan 1996, type 7), in whole units. `None` where there is nothing.
#[must_use]
pub fn percentile_money(counts: &[(i64, u64)], percent: u32, scale: Scale) -> Option<f64> {
    let total: u64 = counts.iter().map(|(_, n)| n).sum();
    let hundredths = u128::from(total.checked_sub(1)?) * u128::from(percent);
    let at = |place: u128| {
        let mut seen = 0_u128;
        let found = counts.iter().find(|(_, n)| {
            seen += u128::from(*n);
            seen > place
        });
        found.map_or(0, |(amount, _)| i128::from(*amount))
    };
    let (place, part) = (hundredths / 100, hundredths % 100);
    let low = at(place);
    let high = if part > 0 { at(place + 1) } else { low };
    // At most 100 times a 64-bit amount.
    let part = i128::try_from(part).unwrap_or_default();
    rate(low * (100 - part) + high * part, 100 * scale.unit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_do_not_depend_on_the_split() {
        let values: Vec<u64> = (0..5000).map(|i| i * i % 611).collect();
        let mut sorted = values.clone();
        sorted.sort_unstable();
        let expected: Vec<(u64, u64)> =
            sorted.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u64)).collect();
        for parts in [1, 3, 5000] {
            let mut all = Counted::default();
            for part in values.chunks(values.len() / parts) {
                let mut own = Counted::default();
                for value in part {
                    own.push(*value);
                }
                all.merge(own);
            }
            assert_eq!(all.into_counts(), expected, "{parts} parts");
        }
    }

    #[test]
    fn percentiles_of_money() {
        type Case<'a> = (&'a [(i64, u64)], u32, Option<f64>);
        let cents = Scale::new(2).unwrap();
        let cases: [Case<'_>; 6] = [
            (&[], 50, None),
            (&[(700, 1)], 90, Some(7.0)),
            (&[(300, 1), (700, 1)], 50, Some(5.0)),
            (&[(100, 3), (1000, 1)], 90, Some(7.3)),
            (&[(0, 9), (1, 1)], 50, Some(0.0)),
            (&[(i64::MAX - 1, 1), (i64::MAX, 1)], 50, Some(92_233_720_368_547_758.07)),
        ];
        for (counts, percent, expected) in cases {
            assert_eq!(percentile_money(counts, percent, cents), expected, "{counts:?}");
        }
    }
}
