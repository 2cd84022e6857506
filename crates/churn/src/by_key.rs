//! Tallies by a key of which each period has few.

use std::collections::BTreeMap;

use kohort_model::Tally;

/// A tally for each key that was counted.
#[derive(Clone, Debug)]
pub(crate) struct ByKey<K, T>(BTreeMap<K, T>);

impl<K, T> Default for ByKey<K, T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord, T: Tally> ByKey<K, T> {
    /// The tally of `key`.
    pub fn at(&mut self, key: K) -> &mut T {
        self.0.entry(key).or_default()
    }

    /// What was counted of `key`.
    pub fn get(&self, key: &K) -> Option<&T> {
        self.0.get(key)
    }

    /// Every key that was counted, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &T)> {
        self.0.iter()
    }
}

impl<K: Copy + Ord + Send + 'static, T: Tally> Tally for ByKey<K, T> {
    fn add(&mut self, other: &Self) {
        for (key, tally) in &other.0 {
            self.at(*key).add(tally);
        }
    }
}
