//! How often each value was counted, in memory that follows the number of distinct ones.

/// Values that wait, at least, before they are counted: few enough to be sorted in a core's cache.
const WAITING: usize = 4096;

/// A multiset of values that are equal often.
#[derive(Clone, Debug)]
pub(crate) struct Counted<K> {
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

impl<K: Copy + Ord> Counted<K> {
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

    /// Each value with how often it was counted, rising.
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
}
