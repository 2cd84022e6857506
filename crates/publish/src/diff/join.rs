//! The rows of two tables side by side, in the order of their key.

use std::cmp::Ordering;
use std::path::Path;

use arrow::array::RecordBatch;
use arrow::row::{OwnedRow, Row, Rows};
use parquet::errors::ParquetError;

use super::cells::Cells;
use crate::order::{self, KeyOrder};
use crate::{PublishError, PublishedTable};

type Result<T> = std::result::Result<T, PublishError>;

/// The rows of a table, batch by batch.
type Batches = Box<dyn Iterator<Item = Result<RecordBatch>>>;

/// A table of a run, with the columns that both runs have.
pub(super) struct Source {
    pub table: PublishedTable,
    /// Places of the columns in the table.
    pub columns: Vec<usize>,
    /// Places of the key in the table.
    pub key: Vec<usize>,
}

impl Source {
    fn read(&self) -> Result<Batches> {
        let (path, columns) = (self.table.path().to_owned(), self.columns.clone());
        Ok(Box::new(self.table.batches()?.map(move |batch| {
            batch?.project(&columns).map_err(|cause| damaged(&path, cause.into()))
        })))
    }

    /// The rows in order. Tables that are larger than memory are written in it and stream; those
    /// that have totals before their parts, or `all` before other segments, are sorted.
    fn sorted(&self, order: &KeyOrder) -> Result<Batches> {
        if self.is_sorted()? {
            return self.read();
        }
        let batches = self.read()?.collect::<Result<Vec<_>>>()?;
        let sorted =
            order::sort(order, batches).map_err(|cause| damaged(self.table.path(), cause))?;
        Ok(Box::new(sorted.into_iter().map(Ok)))
    }

    fn is_sorted(&self) -> Result<bool> {
        let damaged = |cause| damaged(self.table.path(), cause);
        let mut places = self.key.clone();
        places.sort_unstable();
        let schema = self.table.schema().project(&places);
        let schema = schema.map_err(|cause| damaged(cause.into()))?;
        let key = self.key.iter().filter_map(|place| places.binary_search(place).ok());
        let order = KeyOrder::by_columns(key.collect(), &schema).map_err(damaged)?;
        let mut last: Option<OwnedRow> = None;
        for batch in self.table.batches_of(&places)? {
            let keys = order.keys(&batch?).map_err(damaged)?;
            let Some(end) = keys.num_rows().checked_sub(1) else { continue };
            let follows = last.is_none_or(|last| last.row() <= keys.row(0));
            if !follows || !keys.iter().is_sorted() {
                return Ok(false);
            }
            last = Some(keys.row(end).owned());
        }
        Ok(true)
    }
}

/// What cannot be understood of the file at `path`.
fn damaged(path: &Path, cause: ParquetError) -> PublishError {
    PublishError::Damaged { path: path.to_owned(), cause }
}

/// A row of the one table, of the other, or one of each with the same key: its cells and its place.
pub(super) enum Pair<'a> {
    Removed(&'a [Cells], usize),
    Added(&'a [Cells], usize),
    Both(&'a [Cells], usize, &'a [Cells], usize),
}

/// Calls `each` for every row of either table.
pub(super) fn join<E: From<PublishError>>(
    by: &KeyOrder,
    older: &Source,
    newer: &Source,
    mut each: impl FnMut(Pair<'_>) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let mut a = Cursor::new(by, older)?;
    let mut b = Cursor::new(by, newer)?;
    loop {
        let side = match (a.key(), b.key()) {
            (Some(one), Some(other)) => one.cmp(&other),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return Ok(()),
        };
        each(match side {
            Ordering::Less => Pair::Removed(&a.cells, a.row),
            Ordering::Equal => Pair::Both(&a.cells, a.row, &b.cells, b.row),
            Ordering::Greater => Pair::Added(&b.cells, b.row),
        })?;
        if side.is_le() {
            a.advance()?;
        }
        if side.is_ge() {
            b.advance()?;
        }
    }
}

/// A place in a table.
struct Cursor<'a> {
    order: &'a KeyOrder,
    path: &'a Path,
    rest: Batches,
    /// The batch at hand; none at the end.
    keys: Option<Rows>,
    cells: Vec<Cells>,
    row: usize,
}

impl<'a> Cursor<'a> {
    fn new(order: &'a KeyOrder, source: &'a Source) -> Result<Self> {
        let rest = source.sorted(order)?;
        let mut cursor =
            Self { order, path: source.table.path(), rest, keys: None, cells: Vec::new(), row: 0 };
        cursor.load()?;
        Ok(cursor)
    }

    fn key(&self) -> Option<Row<'_>> {
        self.keys.as_ref().map(|keys| keys.row(self.row))
    }

    fn advance(&mut self) -> Result<()> {
        self.row += 1;
        let rows = self.keys.as_ref().map_or(0, Rows::num_rows);
        if self.row < rows { Ok(()) } else { self.load() }
    }

    /// Takes up the next batch that has rows.
    fn load(&mut self) -> Result<()> {
        self.keys = None;
        for batch in self.rest.by_ref() {
            let batch = batch?;
            if batch.num_rows() == 0 {
                continue;
            }
            let keys = self.order.keys(&batch).map_err(|cause| damaged(self.path, cause))?;
            // Columns of other types were left out.
            self.cells = batch.columns().iter().filter_map(Cells::from_array).collect();
            self.keys = Some(keys);
            self.row = 0;
            break;
        }
        Ok(())
    }
}
