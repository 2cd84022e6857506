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

impl Statuses {
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
        // No view of 12 bytes or less has a length like this.
        let mut last = (u128::MAX, 0);
        let mut all = 0;
        for (row, view) in views.iter().enumerate() {
            let bits = view.as_u128();
            if bits != last.0 {
                let known = if view.is_inline() {
                    self.short.iter().find(|(text, _)| *text == bits).map(|(_, kind)| *kind)
                } else {
                    let text = texts.value(row).as_bytes();
                    self.long.iter().find(|(known, _)| **known == *text).map(|(_, kind)| *kind)
                };
                if let Some(kind) = known {
                    last = (bits, kind);
                } else {
                    flaws.mark(views.len(), row, Reason::UnknownStatus);
                    into.push(Kind::Ignored as u8);
                    continue;
                }
            }
            all |= last.1;
            into.push(last.1);
        }
        if all == Kind::Completed as u8 && !flaws.any() {
            into.clear();
        }
    }
}
