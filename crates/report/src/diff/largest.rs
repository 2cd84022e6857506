//! The largest changes of many.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use kohort_publish::diff::{Change, What};

/// Keeps as many changed cells as there is room for: those that changed most in proportion, of
/// equal ones those that changed most, then those that come first. What changed from nothing, and
/// what is no number, comes before all others.
pub struct Largest {
    room: usize,
    kept: BinaryHeap<Reverse<Ranked>>,
    offered: usize,
}

impl Largest {
    pub fn new(room: usize) -> Self {
        Self { room, kept: BinaryHeap::new(), offered: 0 }
    }

    pub fn offer(&mut self, change: Change) {
        let place = Reverse(self.offered);
        self.offered += 1;
        let relative = change.what.relative_change().map_or(f64::INFINITY, f64::abs);
        let ranked = Ranked { relative, absolute: absolute(&change.what), place, change };
        self.kept.push(Reverse(ranked));
        if self.kept.len() > self.room {
            self.kept.pop();
        }
    }

    /// Those that are kept, the largest first.
    pub fn into_sorted(self) -> Vec<Change> {
        self.kept.into_sorted_vec().into_iter().map(|Reverse(ranked)| ranked.change).collect()
    }
}

fn absolute(what: &What) -> f64 {
    let What::Cell { old, new, .. } = what else { return 0.0 };
    old.change(new).and_then(|change| change.number()).map_or(f64::INFINITY, f64::abs)
}

struct Ranked {
    relative: f64,
    absolute: f64,
    place: Reverse<usize>,
    change: Change,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.relative.total_cmp(&other.relative))
            .then(self.absolute.total_cmp(&other.absolute))
            .then(self.place.cmp(&other.place))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked {}
