//! Kinds of orders.

use kohort_model::Kind;
use polars::prelude::{NewChunkedArray, Series, StringChunked};

use super::{Flaws, Reason};
use crate::source::StatusSource;

/// Texts of up to 12 bytes lie inside a view, which is then equal where the text is.
#[derive(Clone, Debug)]
pub(crate) struct Statuses {
    short: Vec<(u128, u8)>,
    long: Vec<(Box<[u8]>, u8)>,
}

/// A bit that no kind has.
const UNKNOWN: u8 = 1 << 7;

impl Statuses {
    /// Looks at every text, without a branch: which one it is differs from row to row.
    #[inline]
    fn of_short(&self, view: u128) -> u8 {
        self.short.iter().fold(UNKNOWN, |kind, (text, of_text)| {
            if *text == view { *of_text } else { kind }
        })
    }

    pub fn new(source: &StatusSource) -> Self {
        let kinds = [
            (Kind::Completed, &source.completed),
            (Kind::Lost, &source.lost),
            (Kind::Open, &source.open),
            (Kind::Ignored, &source.ignored),
        ];
        let (mut short, mut long) = (Vec::new(), Vec::new());
        for (kind, texts) in kinds {
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

    /// The kind of each row; none at all where every row is completed. Unknown ones get a flaw.
    pub fn read(&self, column: &Series, flaws: &mut Flaws, into: &mut Vec<u8>) {
        into.clear();
        flaws.mark_nulls(column, Reason::UnknownStatus);
        let texts = column.str().expect("statuses are read as text").downcast_as_array();
        let views = texts.views();
        let mut all = 0;
        for (row, view) in views.iter().enumerate() {
            let kind = if view.is_inline() {
                self.of_short(view.as_u128())
            } else {
                let text = texts.value(row).as_bytes();
                let known = self.long.iter().find(|(known, _)| **known == *text);
                known.map_or(UNKNOWN, |(_, kind)| *kind)
            };
            all |= kind;
            into.push(kind);
        }
        if all & UNKNOWN != 0 {
            for (row, kind) in into.iter_mut().enumerate().filter(|(_, kind)| **kind == UNKNOWN) {
                flaws.mark(views.len(), row, Reason::UnknownStatus);
                *kind = Kind::Ignored as u8;
            }
        }
        if all == Kind::Completed as u8 && !flaws.any() {
            into.clear();
        }
    }
}
