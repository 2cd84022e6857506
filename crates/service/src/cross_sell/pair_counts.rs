//! How often pairs were counted.

type Pair = (u32, u32);

/// Fewer new pairs than this are not worth a merge.
const BATCH: usize = 1024;

/// A count for each pair. Pairs are gathered, sorted and added some thousands at a time, which is
/// quicker than to look up each of them, and takes no more memory than a few words a pair.
#[derive(Clone, Debug, Default)]
pub(super) struct PairCounts {
    /// Each pair once, sorted.
    counts: Vec<(Pair, u64)>,
    /// Pairs that came since.
    gathered: Vec<Pair>,
}

impl PairCounts {
    /// Counts a pair once more.
    #[inline]
    pub fn add(&mut self, pair: Pair) {
        self.gathered.push(pair);
        if self.gathered.len() >= self.counts.len().max(BATCH) {
            self.settle();
        }
    }

    /// Adds what another has counted.
    pub fn merge(&mut self, other: Self) {
        self.add_counts(other.into_counts());
    }

    /// The pairs that were counted, sorted, and how often.
    pub fn into_counts(mut self) -> Vec<(Pair, u64)> {
        self.settle();
        self.counts
    }

    fn settle(&mut self) {
        let mut pairs = std::mem::take(&mut self.gathered);
        // As one number, as they are then compared without a branch.
        pairs.sort_unstable_by_key(|(one, other)| u64::from(*one) << 32 | u64::from(*other));
        self.add_counts(pairs.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u64)));
        pairs.clear();
        self.gathered = pairs;
    }

    /// Adds counts that are sorted by pair.
    fn add_counts(&mut self, more: impl IntoIterator<Item = (Pair, u64)>) {
        let mut sums = Vec::with_capacity(self.counts.len());
        let mut known = self.counts.drain(..).peekable();
        for (pair, count) in more {
            while let Some(before) = known.next_if(|(other, _)| *other < pair) {
                sums.push(before);
            }
            let same = known.next_if(|(other, _)| *other == pair);
            sums.push((pair, count + same.map_or(0, |(_, count)| count)));
        }
        sums.extend(known);
        self.counts = sums;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn counts_are_those_of_a_map() {
        let pair = |i: u32| (i * i % 61, i % 47);
        let (mut whole, mut even, mut odd) =
            (PairCounts::default(), PairCounts::default(), PairCounts::default());
        let mut expected = BTreeMap::new();
        for i in 0..10_000 {
            whole.add(pair(i));
            let part = if i % 2 == 0 { &mut even } else { &mut odd };
            part.add(pair(i));
            *expected.entry(pair(i)).or_insert(0) += 1;
        }
        even.merge(odd);
        let expected: Vec<_> = expected.into_iter().collect();
        assert!(expected.len() > BATCH);
        assert_eq!(whole.into_counts(), expected);
        assert_eq!(even.into_counts(), expected);
    }
}
