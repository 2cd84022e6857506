//! What a row is, in a few words or in true and false.

use kohort_model::Cause;
use polars::prelude::{BooleanChunked, Series, StringChunked};

use super::{Flaws, Reason};

/// Months that the price of each row is paid for: 0 of a trial, else by the interval, and 1 where
/// none is mapped. A text that is no interval is a flaw; with intervals comes the place of their column.
pub(crate) fn months(
    rows: usize,
    intervals: Option<(&Series, usize)>,
    trials: Option<&Series>,
    flaws: &mut Flaws,
    into: &mut Vec<u8>,
) {
    into.clear();
    match trials {
        Some(trials) => {
            into.extend(conditions(trials).iter().map(|trial| u8::from(trial != Some(true))));
        }
        None => into.resize(rows, 1),
    }
    let Some((intervals, place)) = intervals else { return };
    for ((row, months), interval) in into.iter_mut().enumerate().zip(texts(intervals).iter()) {
        let count = match interval {
            Some("month") => Some(1),
            Some("quarter") => Some(3),
            Some("year") => Some(12),
            _ => None,
        };
        match count {
            Some(count) => *months *= count,
            None if *months > 0 => flaws.mark(rows, row, Reason::UnknownInterval.at(place)),
            None => (),
        }
    }
}

/// Why each subscription ends, if it does, as [`Cause`].
pub(crate) fn causes(column: &Series, into: &mut Vec<u8>) {
    into.clear();
    into.extend(conditions(column).iter().map(|involuntary| match involuntary {
        Some(true) => Cause::Involuntary as u8,
        Some(false) => Cause::Voluntary as u8,
        None => Cause::Unknown as u8,
    }));
}

/// 1 for the texts that are listed and 0 for every other.
pub(crate) fn listed(column: &Series, list: &[String], into: &mut Vec<u8>) {
    into.clear();
    into.extend(
        texts(column).iter().map(|text| {
            u8::from(text.is_some_and(|text| list.iter().any(|listed| listed == text)))
        }),
    );
}

/// 1 for the rows of a column that have a value and 0 for the others.
pub(crate) fn known(column: &Series, into: &mut Vec<u8>) {
    into.clear();
    let there = column.is_not_null();
    into.extend(there.iter().map(|there| u8::from(there == Some(true))));
}

fn texts(column: &Series) -> &StringChunked {
    column.str().expect("it is read as text")
}

fn conditions(column: &Series) -> &BooleanChunked {
    column.bool().expect("checked when the input was opened")
}
