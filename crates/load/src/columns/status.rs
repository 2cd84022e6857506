//! Kinds of orders.

use kohort_model::Kind;
use polars::prelude::{NewChunkedArray, Series, StringChunked};

use super::{Flaws, Reason};

/// Texts of up to 12 bytes lie inside a view, which is then equal where the text is.
#[derive(Clone, Debug)]
pub(crate) struct Statuses {
    short: Vec<(u128, u8)>,
    long: Vec<(Box<[u8]>, u8)>,
}

/// A bit that no kind has.
const UNKNOWN: u8 = 1 << 7;

const BUCKETS: usize = 16;

/// Spreads views over the buckets by their length and first bytes.
#[inline]
fn bucket(view: u128) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "the rest of the text does not count")]
    let start = view as u64;
    (start.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60) as usize
}

impl Statuses {
    fn find(&self, text: &[u8], view: u128) -> u8 {
        let short = self.short.iter().find(|(known, _)| *known == view).map(|(_, kind)| *kind);
        let long = || self.long.iter().find(|(known, _)| **known == *text).map(|(_, kind)| *kind);
        short.or_else(long).unwrap_or(UNKNOWN)
    }

    /// Of the lists of texts that are completed, lost, open and ignored.
    pub fn new(lists: &[Vec<String>]) -> Self {
        let (mut short, mut long) = (Vec::new(), Vec::new());
        for (kind, texts) in Kind::ALL.into_iter().zip(lists) {
            for text in texts {
                let column = StringChunked::from_slice("".into(), &[text.as_str()]);
                let view = column.downcast_as_array().views()[0];
                if view.is_inline() {
                    short.push((view.as_u128(), kind as u8));
                } else {
                    long.push((text.as_bytes().into(), kind as u8));
                }
            }
        }
        Self { short, long }
    }

    /// The kind of each row; none at all where every row is completed. Unknown ones get a flaw, and
    /// so does NULL unless `is_open` says of the row that it is then open.
    pub fn read(
        &self,
        (column, place): (&Series, usize),
        is_open: impl Fn(usize) -> bool,
        flaws: &mut Flaws,
        into: &mut Vec<u8>,
    ) {
        into.clear();
        let texts = column.str().expect("statuses are read as text").downcast_as_array();
        let views = texts.views();
        // The last text of each bucket: few texts follow one another in no order, and a branch
        // on which it is would often go wrong.
        let mut seen = [(u128::MAX, UNKNOWN); BUCKETS];
        let mut all = 0;
        into.reserve(views.len());
        for (row, view) in views.iter().enumerate() {
            let bits = view.as_u128();
            let last = &mut seen[bucket(bits)];
            if last.0 != bits {
                *last = (bits, self.find(texts.value(row).as_bytes(), bits));
            }
            all |= last.1;
            into.push(last.1);
        }
        if column.null_count() > 0 {
            for ((row, kind), null) in into.iter_mut().enumerate().zip(column.is_null().iter()) {
                if null == Some(true) {
                    *kind = if is_open(row) { Kind::Open as u8 } else { UNKNOWN };
                    all |= *kind;
                }
            }
        }
        if all & UNKNOWN != 0 {
            for (row, kind) in into.iter_mut().enumerate().filter(|(_, kind)| **kind == UNKNOWN) {
                flaws.mark(views.len(), row, Reason::UnknownStatus.at(place));
                *kind = Kind::Ignored as u8;
            }
        }
        if all == Kind::Completed as u8 && !flaws.any() {
            into.clear();
        }
    }
}
