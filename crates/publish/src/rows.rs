//! Tables that may be larger than memory: sorted runs on disk, merged into one file.

use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::{mem, thread};

use kohort_disk::SpillFile;
use kohort_model::{Spill, Table, TableSchema};
use parquet::errors::ParquetError;

use crate::error::writing;
use crate::keys::{Keys, RowOrder};
use crate::layout::{Place, TableWriter};
use crate::merge::{Common, Merge, Run};
use crate::packed::{Block, Lanes, Rows, Slices, arranged};
use crate::parquet_file::Shape;
use crate::part::{Part, Texts};
use crate::{PublishError, TableMeta, TableRecord, arrays};

/// Bytes of rows that are gathered in memory before they are sorted and go to disk.
pub(crate) const ROOM: usize = 32 << 20;
/// Bytes of rows that are written to disk and come back together: of each run the merge holds one
/// such block.
const BLOCK_BYTES: usize = 64 << 10;

/// A table at work whose rows come in any order, in parts, from several threads at once. What does
/// not fit into some megabytes waits on disk, in sorted runs. The file does not depend on how the
/// rows were handed on, as long as no two have one key.
///
/// It is finished before its [`crate::Staging`] is committed or dropped.
pub struct RowSink {
    place: Place,
    table: &'static TableSchema,
    meta: TableMeta,
    common: Common,
    spill: SpillFile,
    room: usize,
    gathered: Mutex<Gathered>,
}

/// What was handed on so far.
#[derive(Default)]
struct Gathered {
    /// Rows in memory, each block sorted.
    blocks: Vec<Block>,
    /// Memory that they take.
    bytes: usize,
    /// Rows on disk, each run sorted.
    runs: Vec<Spilled>,
}

/// A run in the spill file.
struct Spilled {
    /// The key of the first row of each block.
    firsts: Keys,
    stretches: Vec<Stretch>,
}

/// Where a block is in the spill file.
struct Stretch {
    offset: u64,
    bytes: usize,
}

impl RowSink {
    pub(crate) fn new(
        place: impl Into<Place>,
        shape: &Table,
        meta: &TableMeta,
        spill: SpillFile,
        room: usize,
    ) -> Self {
        let (table, meta) = (shape.schema(), meta.clone());
        let schema = arrays::schema(shape, meta.currency.as_deref());
        let lanes = Lanes::new(shape);
        let texts = Texts::new(lanes.places.len());
        let common = Common { lanes, order: RowOrder::new(table), texts, schema };
        Self { place: place.into(), table, meta, common, spill, room, gathered: Mutex::default() }
    }

    /// Adds rows, in any order; several threads may do so at once.
    ///
    /// # Errors
    /// [`PublishError::Disk`] where the disk refuses.
    ///
    /// # Panics
    /// Where `part` is of another table than the sink, or an id of another form.
    #[expect(clippy::needless_pass_by_value, reason = "from now on the rows are the sink's")]
    pub fn push(&self, part: Table) -> Result<(), PublishError> {
        assert_eq!(part.schema().name, self.table.name, "rows are of one table");
        let Common { lanes, texts, .. } = &self.common;
        let rows = Part::new(&part, lanes, texts);
        let (blocks, _) =
            self.sorted(&rows, part.rows().max(1)).map_err(|cause| self.failed(cause))?;
        for block in blocks {
            if let Some(full) = self.gather(block) {
                let run = self.write_run(&full);
                let run = run.map_err(|cause| self.failed(cause))?;
                self.gathered().runs.push(run);
            }
        }
        Ok(())
    }

    /// Bytes that went to disk so far.
    #[must_use]
    pub fn spilled_bytes(&self) -> u64 {
        self.spill.bytes()
    }

    /// Writes the table as the run's layout has it, sorted by its key, and flushes it to disk: NULL
    /// first, texts and byte ids by their bytes, grains from `day` to `year`.
    ///
    /// # Errors
    /// [`PublishError::Disk`] where the disk refuses, [`PublishError::Encode`] where Parquet does.
    pub fn finish(self) -> Result<TableRecord, PublishError> {
        let failed = |cause| self.failed(cause);
        let Gathered { blocks, runs, .. } = mem::take(&mut *self.gathered());
        // What is still in memory is sorted first, then all is known of the order.
        let rest = self.sorted_blocks(&blocks).map_err(failed)?;
        drop(blocks);
        let mut runs: Vec<_> = runs.into_iter().map(|run| self.read_run(run)).collect();
        runs.extend(rest.map(|(blocks, firsts)| Run {
            firsts,
            taken: 0,
            blocks: Box::new(blocks.into_iter().map(Ok)),
        }));
        let mut merge = Merge::new(&self.common, runs).peekable();
        let sorted = self.common.order.sorted_by(&self.common.texts).map_err(failed)?;
        let first = merge.peek().and_then(|batch| batch.as_ref().ok());
        let shape = Shape { table: self.table, sorted, first };
        let schema = self.common.schema.clone();
        let mut writer = TableWriter::create(&self.place, &shape, schema, Some(&self.meta))?;
        // One thread merges, the other writes; where one gives up, so does the other.
        thread::scope(|scope| {
            let (sender, merged) = mpsc::sync_channel(1);
            scope.spawn(move || merge.try_for_each(|batch| sender.send(batch)));
            for batch in merged {
                writer.write(&batch.map_err(failed)?)?;
            }
            writer.finish(self.table.name)
        })
    }

    fn failed(&self, cause: ParquetError) -> PublishError {
        writing(self.place.path().to_owned(), cause)
    }

    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a block; where there is no more room, all that was kept is to go to disk.
    fn gather(&self, block: Block) -> Option<Vec<Block>> {
        let mut gathered = self.gathered();
        gathered.bytes += block.size();
        gathered.blocks.push(block);
        if gathered.bytes <= self.room {
            return None;
        }
        gathered.bytes = 0;
        Some(mem::take(&mut gathered.blocks))
    }

    /// The rows in order, and the key of the first of each block.
    fn sorted(
        &self,
        rows: &impl Rows,
        block_rows: usize,
    ) -> Result<(Vec<Block>, Keys), ParquetError> {
        let Common { lanes, order, texts, .. } = &self.common;
        let keys = order.keys(rows, lanes, texts)?;
        let places = keys.sorted();
        let mut firsts = Keys::none(&keys);
        for place in places.iter().step_by(block_rows) {
            let place = *place as usize;
            firsts.append(&keys, place..place + 1);
        }
        drop(keys);
        Ok((arranged(rows, &places, lanes, block_rows), firsts))
    }

    /// As [`RowSink::sorted`], of the rows of blocks; `None` where there are none.
    fn sorted_blocks(&self, blocks: &[Block]) -> Result<Option<(Vec<Block>, Keys)>, ParquetError> {
        let rows: usize = blocks.iter().map(Block::rows).sum();
        if rows == 0 {
            return Ok(None);
        }
        let bytes: usize = blocks.iter().map(Block::size).sum();
        let block_rows = (rows * BLOCK_BYTES).checked_div(bytes).unwrap_or(rows).max(1);
        let slices = blocks.iter().map(|block| (block, 0..block.rows())).collect();
        self.sorted(&Slices { lanes: &self.common.lanes, slices }, block_rows).map(Some)
    }

    fn write_run(&self, blocks: &[Block]) -> Result<Spilled, ParquetError> {
        let (blocks, firsts) = self
            .sorted_blocks(blocks)?
            .ok_or_else(|| ParquetError::General("no rows in a run".into()))?;
        let mut bytes = Vec::new();
        let append = |block: Block| {
            bytes.clear();
            block.write(&mut bytes);
            Ok(Stretch { offset: self.spill.append(&bytes)?, bytes: bytes.len() })
        };
        let stretches = blocks.into_iter().map(append).collect::<Result<_, ParquetError>>()?;
        Ok(Spilled { firsts, stretches })
    }

    fn read_run(&self, run: Spilled) -> Run<'_> {
        let read = |Stretch { offset, bytes }| {
            let mut block = vec![0; bytes];
            self.spill.read(offset, &mut block)?;
            Block::read(&block, &self.common.lanes)
        };
        let blocks = Box::new(run.stretches.into_iter().map(read));
        Run { firsts: run.firsts, taken: 0, blocks }
    }
}
