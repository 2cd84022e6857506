//! What a row is, in a few words or in true and false.

use kohort_model::{Cause, known};
use polars::prelude::{BooleanChunked, Series, StringChunked};

use super::{Flaws, Reason};

/// Months that the price of each row is paid for: 0 of a trial, else by the interval, and 1 where
/// none is mapped. A text that is no interval is a flaw.
pub(crate) fn months(
    rows: usize,
    intervals: Option<&Series>,
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
    let intervals = intervals.map(|column| texts(column).iter()).into_iter().flatten();
    for ((row, months), interval) in into.iter_mut().enumerate().zip(intervals) {
        let count = match interval {
            Some("month") => Some(1),
            Some("quarter") => Some(3),
            Some("year") => Some(12),
            _ => None,
        };
        match count {
            Some(count) => *months *= count,
            None if *months > 0 => flaws.mark(rows, row, Reason::UnknownInterval),
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

/// 1 for the variants of the holdout and 0 for every other.
pub(crate) fn holdouts(column: &Series, holdout: &[String], into: &mut Vec<u8>) {
    into.clear();
    into.extend(texts(column).iter().map(|variant| {
        u8::from(variant.is_some_and(|variant| holdout.iter().any(|text| text == variant)))
    }));
}

/// Bits of [`known`] for rows that name a cart, a customer, both or neither.
pub(crate) fn names(
    rows: usize,
    carts: Option<&Series>,
    customers: Option<&Series>,
    into: &mut Vec<u8>,
) {
    into.clear();
    into.resize(rows, 0);
    for (column, bit) in [(carts, known::CART), (customers, known::CUSTOMER)] {
        let there = column.map(|column| column.is_not_null());
        let there = there.iter().flat_map(BooleanChunked::iter);
        for (bits, there) in into.iter_mut().zip(there) {
            *bits |= if there == Some(true) { bit } else { 0 };
        }
    }
}

fn texts(column: &Series) -> &StringChunked {
    column.str().expect("it is read as text")
}

fn conditions(column: &Series) -> &BooleanChunked {
    column.bool().expect("checked when the input was opened")
}
