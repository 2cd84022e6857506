//! What is looked for in vain while an expression is computed.

use std::cell::RefCell;

use super::UnknownKeys;
use crate::node::Rows;

/// Counts rows whose keys lookups do not have: of a value that a row does not take, as of a branch of a
/// CASE, nothing counts.
#[derive(Default)]
pub(crate) struct Looking {
    /// Of the rows at hand those that count, the innermost choice last.
    counting: RefCell<Vec<Vec<bool>>>,
    missed: RefCell<Vec<Missed>>,
}

/// Rows of a frame in which a lookup does not have a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The name of the lookup.
    pub lookup: String,
    /// By row of the frame; what is behind its end is false.
    pub rows: Vec<bool>,
    /// The first of the keys; their rows are not counted.
    pub keys: UnknownKeys,
}

impl Missed {
    /// Adds what another value of the same rows has missed of the same lookup.
    pub fn join(&mut self, other: &Self) {
        self.rows.resize(self.rows.len().max(other.rows.len()), false);
        self.rows.iter_mut().zip(&other.rows).for_each(|(own, other)| *own |= other);
        self.keys.merge(&other.keys);
    }

    /// How many rows.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.rows.iter().filter(|is_missed| **is_missed).count() as u64
    }
}

impl Looking {
    /// Computes something of which only some rows count, of those that do so far.
    pub fn within<T>(&self, mut counts: Vec<bool>, compute: impl FnOnce() -> T) -> T {
        if let Some(outer) = self.counting.borrow().last() {
            counts.iter_mut().zip(outer).for_each(|(counts, outer)| *counts &= outer);
        }
        self.counting.borrow_mut().push(counts);
        let computed = compute();
        self.counting.borrow_mut().pop();
        computed
    }

    /// Counts the rows that count and in which the key `is_unknown`; `see` adds the key of a row.
    pub fn count(
        &self,
        lookup: &str,
        rows: Rows<'_>,
        is_unknown: impl Fn(usize) -> bool,
        see: impl Fn(usize, &mut UnknownKeys),
    ) {
        let counting = self.counting.borrow();
        let counts = |row: usize| counting.last().is_none_or(|counts| counts[row]);
        let mut missed = self.missed.borrow_mut();
        for row in (0..rows.len).filter(|row| is_unknown(*row) && counts(*row)) {
            let place = missed.iter().position(|missed| missed.lookup == lookup);
            let place = place.unwrap_or_else(|| {
                let (lookup, keys) = (lookup.to_owned(), UnknownKeys::default());
                missed.push(Missed { lookup, rows: Vec::new(), keys });
                missed.len() - 1
            });
            let Missed { rows: of_frame, keys, .. } = &mut missed[place];
            let at = rows.start + row;
            if of_frame.len() <= at {
                of_frame.resize(rows.start + rows.len, false);
            }
            of_frame[at] = true;
            see(row, keys);
        }
    }

    pub fn finish(self) -> Vec<Missed> {
        self.missed.into_inner()
    }
}
