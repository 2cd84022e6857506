//! Where the words of a batch's rows come from.

use kohort_model::{Cells, EventBatch, InputSpec, Keys, NEVER, NO_SCORE};

use crate::chunk::ordered;
use crate::ids::rest_of_integer;
use crate::layout::{Cell, DAY_MICROS, Word};
use crate::rows::number_without;

/// The values behind one word of each row of a batch.
#[derive(Clone, Copy)]
pub(crate) enum Values<'a> {
    Days(&'a [i32]),
    Numbers(&'a [i64]),
    Codes(&'a [u32]),
    Small(&'a [u8]),
    Integers(&'a [u64]),
    /// Of integer ids what their partition leaves of them.
    Rests(&'a [u64]),
    /// Ids whose bytes go on the heap: their lengths.
    Bytes(&'a [&'a [u8]]),
    /// The first instant of these days.
    Midnights(&'a [i32]),
    /// The same in every row.
    Constant(u64),
}

impl<'a> Values<'a> {
    /// Those of a word of an input's rows; where the batch has none, what stands for that.
    pub fn of(word: Word, spec: &InputSpec, batch: &EventBatch<'a>) -> Self {
        if word.cell == Cell::Day {
            return Self::Days(batch.days(spec.time()));
        }
        if word.cell == Cell::Instant {
            return match batch.instants {
                [] => Self::Midnights(batch.days(spec.time())),
                instants => Self::Numbers(instants),
            };
        }
        let column = word.column.and_then(|place| batch.columns.get(place).copied().flatten());
        match (column, word.cell) {
            (Some(Cells::OptionalIds(_, known)), Cell::Known) => Self::Small(known),
            (Some(Cells::Ids(_)), Cell::Known) => Self::Constant(1),
            (Some(Cells::Ids(ids) | Cells::OptionalIds(ids, _)), _) => Self::ids(ids),
            (Some(Cells::Days(days)), _) => Self::Days(days),
            (Some(Cells::Numbers(numbers)), _) => Self::Numbers(numbers),
            (Some(Cells::Codes(codes)), _) => Self::Codes(codes),
            (Some(Cells::Small(values)), _) => Self::Small(values),
            (None, cell) => Self::Constant(match cell {
                Cell::Date => ordered(NEVER.into()),
                Cell::Score => NO_SCORE.into(),
                Cell::Number => ordered(word.column.map_or(0, |place| number_without(spec, place))),
                _ => 0,
            }),
        }
    }

    /// Those of ids.
    pub fn ids(ids: Keys<'a>) -> Self {
        match ids {
            Keys::Integers(ids) => Self::Integers(ids),
            Keys::Bytes(ids) => Self::Bytes(ids),
        }
    }

    /// The bytes of the id of a row, if they go on the heap.
    pub fn bytes(&self, row: u32) -> Option<&'a [u8]> {
        if let Self::Bytes(ids) = self { Some(ids[row as usize]) } else { None }
    }

    /// Fills in the words of some rows, one each.
    pub fn copy(&self, rows: &[u32], into: &mut [u64]) {
        #[inline]
        fn each<T: Copy>(values: &[T], rows: &[u32], into: &mut [u64], word: impl Fn(T) -> u64) {
            for (into, row) in into.iter_mut().zip(rows) {
                *into = word(values[*row as usize]);
            }
        }
        match *self {
            Self::Days(days) => each(days, rows, into, |day| ordered(day.into())),
            Self::Numbers(numbers) => each(numbers, rows, into, ordered),
            Self::Codes(codes) => each(codes, rows, into, u64::from),
            Self::Small(values) => each(values, rows, into, u64::from),
            Self::Integers(ids) => each(ids, rows, into, |id| id),
            Self::Rests(ids) => each(ids, rows, into, rest_of_integer),
            Self::Bytes(ids) => each(ids, rows, into, |id| id.len() as u64),
            Self::Midnights(days) => {
                each(days, rows, into, |day| ordered(i64::from(day) * DAY_MICROS));
            }
            Self::Constant(word) => into.fill(word),
        }
    }
}
