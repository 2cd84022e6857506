//! Sorted runs of rows, made into one.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::{iter, mem};

use arrow::array::RecordBatch;
use arrow::compute::interleave_record_batch;
use arrow::row::{Row, Rows};
use parquet::errors::ParquetError;

use crate::arrays::BATCH_ROWS;
use crate::order::KeyOrder;

/// Rows that are written to disk and come back together: of each run the merge holds one such
/// block, some hundred kilobytes of a wide table.
pub(crate) const BLOCK_ROWS: usize = 1 << 10;

type Result<T> = std::result::Result<T, ParquetError>;

/// The blocks of a sorted run, none of them empty.
pub(crate) type Run<'a> = Box<dyn Iterator<Item = Result<RecordBatch>> + Send + 'a>;

/// The rows of `batches` as a sorted run.
pub(crate) fn sort<'a>(order: &KeyOrder, batches: Vec<RecordBatch>) -> Result<Run<'a>> {
    let keys: Vec<Rows> = batches.iter().map(|batch| order.keys(batch)).collect::<Result<_>>()?;
    let mut rows: Vec<_> = (keys.iter().enumerate())
        .flat_map(|(batch, keys)| {
            keys.iter().enumerate().map(move |(row, key)| (key.data(), (batch, row)))
        })
        .collect();
    rows.sort_unstable_by_key(|(key, _)| *key);
    let picked: Vec<_> = rows.into_iter().map(|(_, row)| row).collect();
    drop(keys);
    let mut start = 0;
    Ok(Box::new(iter::from_fn(move || {
        let block = &picked[start..picked.len().min(start + BLOCK_ROWS)];
        start += block.len();
        (!block.is_empty()).then(|| pick(&batches, block))
    })))
}

/// The rows `picked`, each named by its batch and its place there.
fn pick(batches: &[RecordBatch], picked: &[(usize, usize)]) -> Result<RecordBatch> {
    Ok(interleave_record_batch(&batches.iter().collect::<Vec<_>>(), picked)?)
}

/// The rows of sorted runs in order, [`BATCH_ROWS`] at a time.
pub(crate) struct Merge<'a> {
    order: &'a KeyOrder,
    cursors: BinaryHeap<Reverse<Cursor<'a>>>,
}

/// A place in a run.
struct Cursor<'a> {
    block: RecordBatch,
    keys: Rows,
    row: usize,
    /// Place of the block among those that rows are picked from.
    held: usize,
    rest: Run<'a>,
}

impl Cursor<'_> {
    fn key(&self) -> Row<'_> {
        self.keys.row(self.row)
    }
}

impl Ord for Cursor<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Cursor<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Cursor<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Cursor<'_> {}

impl<'a> Merge<'a> {
    pub fn new(order: &'a KeyOrder, runs: impl Iterator<Item = Run<'a>>) -> Result<Self> {
        let mut cursors = Vec::new();
        for mut rest in runs {
            if let Some(block) = rest.next().transpose()? {
                let keys = order.keys(&block)?;
                cursors.push(Reverse(Cursor { block, keys, row: 0, held: 0, rest }));
            }
        }
        Ok(Self { order, cursors: cursors.into() })
    }

    fn batch(&mut self) -> Result<Option<RecordBatch>> {
        // The blocks at hand, and those that follow as they are used up.
        let mut cursors = mem::take(&mut self.cursors).into_vec();
        let mut held = Vec::with_capacity(cursors.len());
        for Reverse(cursor) in &mut cursors {
            cursor.held = held.len();
            held.push(cursor.block.clone());
        }
        let mut cursors = BinaryHeap::from(cursors);
        let mut picked = Vec::with_capacity(BATCH_ROWS);
        while picked.len() < BATCH_ROWS
            && let Some(mut first) = cursors.peek_mut()
        {
            let Reverse(cursor) = &mut *first;
            picked.push((cursor.held, cursor.row));
            cursor.row += 1;
            if cursor.row < cursor.block.num_rows() {
                continue;
            }
            if let Some(block) = cursor.rest.next().transpose()? {
                cursor.keys = self.order.keys(&block)?;
                (cursor.row, cursor.held) = (0, held.len());
                held.push(block.clone());
                cursor.block = block;
            } else {
                PeekMut::pop(first);
            }
        }
        self.cursors = cursors;
        if picked.is_empty() { Ok(None) } else { pick(&held, &picked).map(Some) }
    }
}

impl Iterator for Merge<'_> {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        self.batch().transpose()
    }
}
