//! Sorted runs of rows, made into one.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::{iter, mem};

use arrow::array::{Array, ArrayRef, RecordBatch, UInt32Array};
use arrow::compute::{concat, interleave_record_batch, take};
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
    let Some(whole) = joined(batches)? else { return Ok(Box::new(iter::empty())) };
    let keys = order.keys(&whole)?;
    // Most keys are no longer than what is compared first.
    let mut rows: Vec<(u128, u32)> =
        keys.iter().zip(0..).map(|(key, row)| (head(key.data()), row)).collect();
    let key = |row: u32| keys.row(row as usize);
    // Parts often come in order, which only the stable sort makes use of.
    rows.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| key(a.1).cmp(&key(b.1))));
    let places: UInt32Array = rows.into_iter().map(|(_, row)| row).collect();
    drop(keys);
    let (schema, columns, rows) = whole.into_parts();
    let columns = columns.into_iter().map(|column| take(&column, &places, None));
    let sorted = RecordBatch::try_new(schema, columns.collect::<std::result::Result<_, _>>()?)?;
    let blocks = (0..rows).step_by(BLOCK_ROWS);
    Ok(Box::new(blocks.map(move |start| Ok(sorted.slice(start, BLOCK_ROWS.min(rows - start))))))
}

/// All rows in one batch, made column by column so that no more than one is held twice.
fn joined(batches: Vec<RecordBatch>) -> Result<Option<RecordBatch>> {
    let Some(schema) = batches.first().map(RecordBatch::schema) else { return Ok(None) };
    let mut parts: Vec<_> =
        batches.into_iter().map(|batch| batch.into_parts().1.into_iter()).collect();
    let columns = schema.fields().iter().map(|_| {
        let pieces: Vec<ArrayRef> = parts.iter_mut().filter_map(Iterator::next).collect();
        concat(&pieces.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>())
    });
    let columns = columns.collect::<std::result::Result<_, _>>()?;
    Ok(Some(RecordBatch::try_new(schema, columns)?))
}

/// The first bytes of a key as a number: where those of two keys differ, so do the keys.
fn head(key: &[u8]) -> u128 {
    let mut head = [0; 16];
    let length = key.len().min(head.len());
    head[..length].copy_from_slice(&key[..length]);
    u128::from_be_bytes(head)
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
