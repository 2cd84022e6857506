//! The values of a lookup's columns: held whole, and taken in any order.

use std::borrow::Cow;
use std::convert::Infallible;

use polars::prelude::Series;

use super::index::NONE;
use crate::column::{Cells, Column, Marks, NULL, TextsBuilder, VALUE, Values};
use crate::node::{Rows, loaded, marks};

/// A column of a lookup.
pub(super) enum Held {
    Values(Column<'static>),
    /// Texts, of one chunk, and which of them are there.
    Texts(Series, Marks),
}

impl Held {
    /// The values of a series of one chunk.
    pub fn new(series: Series) -> Self {
        let rows = Rows { columns: &[], start: 0, len: series.len(), looking: None };
        let marks = marks(&series, rows);
        match loaded(&series, rows) {
            Values::Text(_) => Self::Texts(series, marks),
            values => Self::Values(Column::new(values, marks).into_owned()),
        }
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        let (values, marks) = match self {
            Self::Values(Column { values, marks }) => {
                let bytes = match values {
                    Values::Bool(cells) => cells.len(),
                    Values::Date(cells) => cells.len() * 4,
                    Values::Narrow(cells) | Values::Time(cells) => cells.len() * 8,
                    Values::Double(cells) => cells.len() * 8,
                    Values::Wide(cells) => cells.len() * 16,
                    _ => 0,
                };
                (bytes, marks)
            }
            Self::Texts(series, marks) => (series.estimated_size(), marks),
        };
        values + if let Marks::Each(marks) = marks { marks.len() } else { 0 }
    }

    /// The values in the rows that were found; where one is NULL, the mark of its place is NULL too. Of a
    /// place that has a mark the value is any.
    pub fn take(&self, found: &[u32], into: &mut [u8]) -> Values<'static> {
        match self {
            Self::Values(column) => {
                mark(found, into, &column.marks);
                taken(column, found)
            }
            Self::Texts(series, marks) => {
                let Ok(known) = series.str() else { return Values::Null };
                let array = known.downcast_as_array();
                mark(found, into, marks);
                // All before any is written, so that the processor waits for several at a time.
                let each = into.iter().zip(found);
                let each = each.map(|(mark, row)| match *mark {
                    VALUE => array.value(*row as usize),
                    _ => "",
                });
                let each: Vec<&str> = each.collect();
                let mut texts = TextsBuilder::default();
                for text in each {
                    let Ok(()) = texts.push(|all| {
                        all.push_str(text);
                        Ok::<_, Infallible>(())
                    });
                }
                Values::Text(texts.finish())
            }
        }
    }
}

/// Marks places whose rows have NULL.
fn mark(found: &[u32], into: &mut [u8], marks: &Marks) {
    if !marks.any() {
        return;
    }
    for (mark, row) in into.iter_mut().zip(found) {
        if *mark == VALUE && marks.at(*row as usize) != VALUE {
            *mark = NULL;
        }
    }
}

fn taken(column: &Column<'static>, found: &[u32]) -> Values<'static> {
    fn cells<T: Copy + Default>(cells: &Cells<'static, T>, found: &[u32]) -> Cells<'static, T> {
        let value = |row: &u32| if *row == NONE { T::default() } else { cells.at(*row as usize) };
        Cells::Many(Cow::Owned(found.iter().map(value).collect()))
    }
    match &column.values {
        Values::Bool(all) => Values::Bool(cells(all, found)),
        Values::Narrow(all) => Values::Narrow(cells(all, found)),
        Values::Wide(all) => Values::Wide(cells(all, found)),
        Values::Double(all) => Values::Double(cells(all, found)),
        Values::Date(all) => Values::Date(cells(all, found)),
        Values::Time(all) => Values::Time(cells(all, found)),
        Values::Null
        | Values::Fraction(_)
        | Values::Text(_)
        | Values::Interval(_)
        | Values::Binary { .. } => Values::Null,
    }
}
