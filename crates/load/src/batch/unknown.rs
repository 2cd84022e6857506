//! The rows of a frame in which lookups lack a key.

use std::collections::BTreeMap;

use kohort_expr::{Missed, UnknownKeys};
use polars::prelude::BooleanChunked;

/// What is missed in a frame: a row in which several values look for keys of one lookup counts once.
#[derive(Default)]
pub(crate) struct Unknown {
    /// Of the rows that the filter lets through.
    missed: Vec<Missed>,
    /// By lookup rows that it does not.
    left_out: BTreeMap<String, u64>,
}

impl Unknown {
    /// What the filter has missed, by rows before it.
    pub fn of_filter(&mut self, missed: Vec<Missed>, kept: &BooleanChunked) {
        for missed in missed {
            let rows = || missed.rows.iter().zip(kept.iter());
            let left_out = rows().filter(|(is_missed, kept)| **is_missed && *kept != Some(true));
            *self.left_out.entry(missed.lookup.clone()).or_default() += left_out.count() as u64;
            let rows =
                rows().filter(|(_, kept)| *kept == Some(true)).map(|(is_missed, _)| *is_missed);
            let rows = rows.collect();
            self.missed.push(Missed { rows, ..missed });
        }
    }

    /// What a value has missed in the rows that the filter lets through.
    pub fn join(&mut self, missed: Vec<Missed>) {
        for missed in missed {
            match self.missed.iter_mut().find(|known| known.lookup == missed.lookup) {
                Some(known) => known.join(&missed),
                None => self.missed.push(missed),
            }
        }
    }

    /// By lookup the rows of the frame.
    pub fn finish(self) -> BTreeMap<String, UnknownKeys> {
        let Self { missed, left_out } = self;
        let of = |missed: Missed| {
            let rows = missed.count() + left_out.get(&missed.lookup).copied().unwrap_or_default();
            let keys = UnknownKeys { rows, ..missed.keys };
            (missed.lookup, keys)
        };
        missed.into_iter().map(of).filter(|(_, keys)| keys.rows > 0).collect()
    }
}
