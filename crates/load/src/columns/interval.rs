//! How often the price of each row is paid.

use kohort_model::Interval;
use polars::prelude::Series;

use super::flags::{conditions, texts};

/// How often a price is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paid {
    /// Never: it is that of a trial.
    Never,
    /// Every so often.
    Every(Interval),
    /// The text is no interval, which is nothing wrong where the price is zero.
    Unknown,
}

impl Paid {
    /// As it is where nothing is said.
    pub const MONTHLY: Self = Self::Every(Interval::Months(1));
}

/// How often the price of each row is paid: never of a trial, else by the interval, and each month where
/// none is mapped.
pub(crate) fn paid(
    rows: usize,
    intervals: Option<&Series>,
    trials: Option<&Series>,
    into: &mut Vec<Paid>,
) {
    into.clear();
    match intervals.map(texts) {
        Some(intervals) => {
            // Few texts in many rows.
            let mut last = (None, Paid::Unknown);
            into.extend(intervals.iter().map(|text| {
                if text != last.0 {
                    last =
                        (text, text.and_then(Interval::parse).map_or(Paid::Unknown, Paid::Every));
                }
                last.1
            }));
        }
        None => into.resize(rows, Paid::MONTHLY),
    }
    if let Some(trials) = trials.map(conditions) {
        for (paid, trial) in into.iter_mut().zip(trials.iter()) {
            if trial == Some(true) {
                *paid = Paid::Never;
            }
        }
    }
}
