//! Scores.

use std::cmp::Ordering;

use kohort_model::NO_SCORE;
use polars::prelude::{DataType, Series};

use super::amount::digits;
use super::{Flaws, Reason};

/// The highest score.
const HIGHEST: u8 = 10;

/// Whole numbers from 0 to [`HIGHEST`], or [`NO_SCORE`] where there is none. Any other is a flaw
/// for the column at the place.
pub(crate) fn scores(column: &Series, place: usize, flaws: &mut Flaws, into: &mut Vec<u8>) {
    into.clear();
    let mut push = |score: Option<Option<u8>>| {
        if score == Some(None) {
            flaws.mark(column.len(), into.len(), Reason::ScoreOutOfRange.at(place));
        }
        into.push(score.flatten().unwrap_or(NO_SCORE));
    };
    if column.dtype().is_float() {
        let column = column.cast(&DataType::Float64).expect("a float is a float");
        for x in column.f64().expect("it was just cast").iter() {
            let is = |x: f64, score| f64::from(score).partial_cmp(&x) == Some(Ordering::Equal);
            push(x.map(|x| the_score(|score| is(x, score))));
        }
    } else {
        let (digits, places) = digits(column);
        let unit = 10_i128.pow(places);
        for n in digits {
            push(n.map(|n| the_score(|score| i128::from(score).checked_mul(unit) == Some(n))));
        }
    }
}

fn the_score(is: impl Fn(u8) -> bool) -> Option<u8> {
    (0..=HIGHEST).find(|score| is(*score))
}
