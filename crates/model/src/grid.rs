//! Counters by slot, grain and period: the usual state of a measure.

use crate::Context;

/// Counters that add up.
pub trait Tally: Clone + Default + Send + 'static {
    /// Adds what `other` has counted.
    fn add(&mut self, other: &Self);
}

/// A tally for every (slot, grain) and, within it, every place: a period or what a measure
/// likes. Only slots that somebody counted in take memory.
#[derive(Clone, Debug)]
pub struct Grid<T> {
    grains: usize,
    cells: Vec<Vec<T>>,
}

impl<T: Tally> Grid<T> {
    /// Nothing counted.
    #[must_use]
    pub fn new(context: &Context) -> Self {
        let grains = context.periods.len();
        Self { grains, cells: vec![Vec::new(); context.slots.len() * grains] }
    }

    /// The tallies of a slot and grain, at least `len` of them.
    #[inline]
    pub fn at_least(&mut self, slot: usize, grain: usize, len: usize) -> &mut Vec<T> {
        let cells = &mut self.cells[slot * self.grains + grain];
        if cells.len() < len {
            cells.resize(len, T::default());
        }
        cells
    }

    /// The tallies of a slot and grain: as many as were ever asked for.
    #[must_use]
    pub fn get(&self, slot: usize, grain: usize) -> &[T] {
        &self.cells[slot * self.grains + grain]
    }

    /// Adds what another grid of the same context has counted.
    pub fn merge(&mut self, other: Self) {
        for (own, other) in self.cells.iter_mut().zip(other.cells) {
            merge(own, other);
        }
    }
}

fn merge<T: Tally>(own: &mut Vec<T>, mut other: Vec<T>) {
    if own.len() < other.len() {
        std::mem::swap(own, &mut other);
    }
    own.iter_mut().zip(&other).for_each(|(own, other)| own.add(other));
}

/// Tallies of a second dimension, `k` or a reason, that grows with what is counted.
impl<T: Tally> Tally for Vec<T> {
    fn add(&mut self, other: &Self) {
        if self.len() < other.len() {
            self.resize(other.len(), T::default());
        }
        self.iter_mut().zip(other).for_each(|(own, other)| own.add(other));
    }
}
