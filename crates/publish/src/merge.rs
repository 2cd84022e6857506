//! Sorted runs of rows, made into one.

use std::collections::VecDeque;
use std::ops::Range;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::errors::ParquetError;

use crate::arrays::BATCH_ROWS;
use crate::keys::{Keys, RowOrder};
use crate::packed::{Block, Lanes, Slices};
use crate::part::Texts;
use crate::unpack::Unpack;

/// Rows that are put in order at a time: their columns fit a core's second cache one by one.
const RANGE_ROWS: usize = 4 * BATCH_ROWS;

type Result<T> = std::result::Result<T, ParquetError>;

/// The blocks of a sorted run that are still to come.
pub(crate) struct Run<'a> {
    /// The key of the first row of each block.
    pub firsts: Keys,
    /// How many of them have come.
    pub taken: usize,
    pub blocks: Box<dyn Iterator<Item = Result<Block>> + Send + 'a>,
}

impl Run<'_> {
    fn is_done(&self) -> bool {
        self.taken == self.firsts.len()
    }
}

/// What all of a table's rows have in common.
pub(crate) struct Common {
    pub lanes: Lanes,
    pub order: RowOrder,
    pub texts: Texts,
    pub schema: SchemaRef,
}

/// The rows of sorted runs in order, [`BATCH_ROWS`] at a time.
///
/// Every block of a run begins with a key that is known before it is read. So all rows below the
/// smallest of those that are not read yet are at hand: they are sorted at once, not one by one.
pub(crate) struct Merge<'a> {
    common: &'a Common,
    unpack: Unpack<'a>,
    runs: Vec<Run<'a>>,
    open: Vec<Open>,
    ready: VecDeque<RecordBatch>,
}

/// A block of which some rows are still to come.
struct Open {
    block: Block,
    keys: Keys,
    next: usize,
}

impl Open {
    fn rest(&self) -> Range<usize> {
        self.next..self.block.rows()
    }
}

impl<'a> Merge<'a> {
    pub fn new(common: &'a Common, runs: Vec<Run<'a>>) -> Self {
        let unpack = Unpack::new(common);
        Self { common, unpack, runs, open: Vec::new(), ready: VecDeque::new() }
    }

    /// Place of the run whose next block begins first.
    fn nearest(&self) -> Option<usize> {
        let waiting = (0..self.runs.len()).filter(|place| !self.runs[*place].is_done());
        waiting.min_by(|a, b| {
            let (a, b) = (&self.runs[*a], &self.runs[*b]);
            a.firsts.compare(a.taken, &b.firsts, b.taken)
        })
    }

    /// Reads the block that begins first.
    fn read(&mut self, run: usize) -> Result<()> {
        let run = &mut self.runs[run];
        run.taken += 1;
        let ended = || ParquetError::EOF("a run ends before its blocks".into());
        let block = run.blocks.next().ok_or_else(ended)??;
        let Common { lanes, order, texts, .. } = self.common;
        let slices = vec![(&block, 0..block.rows())];
        let keys = order.keys(&Slices { lanes, slices }, lanes, texts)?;
        self.open.push(Open { block, keys, next: 0 });
        Ok(())
    }

    /// Reads until there is a batch of rows that nothing still to be read precedes; gives the end
    /// of such rows in each open block.
    fn reach(&mut self) -> Result<Vec<usize>> {
        let mut held: usize = self.open.iter().map(|open| open.rest().len()).sum();
        let mut enough = RANGE_ROWS;
        loop {
            let mut nearest = self.nearest();
            while let Some(run) = nearest.filter(|_| held < enough) {
                self.read(run)?;
                held += self.open.last().map_or(0, |open| open.block.rows());
                nearest = self.nearest();
            }
            let Some(run) = nearest else {
                return Ok(self.open.iter().map(|open| open.block.rows()).collect());
            };
            let Run { firsts, taken, .. } = &self.runs[run];
            let ends =
                self.open.iter().map(|open| open.keys.first_from(open.rest(), firsts, *taken));
            let ends: Vec<usize> = ends.collect();
            let rows: usize = self.open.iter().zip(&ends).map(|(open, end)| end - open.next).sum();
            if rows >= BATCH_ROWS {
                return Ok(ends);
            }
            enough = held + RANGE_ROWS;
        }
    }

    /// Makes the next batches.
    fn fill(&mut self) -> Result<()> {
        let mut ends = self.reach()?;
        let is_last = self.runs.iter().all(Run::is_done);
        let Some(first) = self.open.first() else { return Ok(()) };
        let mut keys = Keys::none(&first.keys);
        let mut starts = Vec::with_capacity(self.open.len());
        let mut slices = Vec::with_capacity(self.open.len());
        for (open, end) in self.open.iter().zip(&ends) {
            starts.push(keys.len());
            keys.append(&open.keys, open.next..*end);
            slices.push((&open.block, open.next..*end));
        }
        let mut places = keys.sorted();
        drop(keys);
        // Rows that do not fill a batch come again with the next.
        let whole = if is_last { places.len() } else { places.len() / BATCH_ROWS * BATCH_ROWS };
        for place in places.drain(whole..) {
            let block = starts.partition_point(|start| *start <= place as usize) - 1;
            ends[block] -= 1;
        }
        let rows = Slices { lanes: &self.common.lanes, slices };
        self.ready.extend(self.unpack.batches(&rows, &places)?);
        for (open, end) in self.open.iter_mut().zip(ends) {
            open.next = end;
        }
        self.open.retain(|open| !open.rest().is_empty());
        Ok(())
    }
}

impl Iterator for Merge<'_> {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ready.is_empty()
            && let Err(cause) = self.fill()
        {
            return Some(Err(cause));
        }
        self.ready.pop_front().map(Ok)
    }
}
