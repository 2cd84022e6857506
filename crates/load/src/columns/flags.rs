//! What a row is, in a few words or in true and false.

use kohort_model::Cause;
use polars::prelude::{BooleanChunked, Series, StringChunked};

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

pub(super) fn texts(column: &Series) -> &StringChunked {
    column.str().expect("it is read as text")
}

pub(super) fn conditions(column: &Series) -> &BooleanChunked {
    column.bool().expect("checked when the input was opened")
}
