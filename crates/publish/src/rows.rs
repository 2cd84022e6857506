//! Tables that may be larger than memory: sorted runs on disk, merged into one file.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::{mem, thread};

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use kohort_disk::SpillFile;
use kohort_model::{Spill, Table, TableSchema};
use parquet::errors::ParquetError;

use crate::error::writing;
use crate::layout::{Place, TableWriter};
use crate::merge::{Merge, Run, sort};
use crate::order::KeyOrder;
use crate::parquet_file::Shape;
use crate::{PublishError, TableMeta, TableRecord, arrays};

/// Bytes of rows that are gathered in memory before they are sorted and go to disk.
pub(crate) const ROOM: usize = 32 << 20;

/// A table at work whose rows come in any order, in parts, from several threads at once. What does
/// not fit into some megabytes waits on disk, in sorted runs. The file does not depend on how the
/// rows were handed on, as long as no two have one key.
///
/// It is finished before its [`crate::Staging`] is committed or dropped.
pub struct RowSink {
    place: Place,
    table: &'static TableSchema,
    meta: TableMeta,
    schema: SchemaRef,
    order: KeyOrder,
    spill: SpillFile,
    room: usize,
    gathered: Mutex<Gathered>,
}

/// What was handed on so far.
#[derive(Default)]
struct Gathered {
    /// Rows in memory, unsorted.
    batches: Vec<RecordBatch>,
    /// Memory that they take.
    bytes: usize,
    /// Rows on disk, each run sorted.
    runs: Vec<Vec<Stretch>>,
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
    ) -> Result<Self, PublishError> {
        let (place, table, meta) = (place.into(), shape.schema(), meta.clone());
        let schema = arrays::schema(shape, meta.currency.as_deref());
        let order = match KeyOrder::new(table, &schema) {
            Ok(order) => order,
            Err(cause) => return Err(writing(place.path().to_owned(), cause)),
        };
        let gathered = Mutex::default();
        Ok(Self { place, table, meta, schema, order, spill, room, gathered })
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
        for batch in arrays::batches(&part, &self.schema) {
            if let Some(full) = self.gather(batch) {
                let run = self.write_run(full);
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
        let Gathered { batches, runs, .. } = mem::take(&mut *self.gathered());
        // What is still in memory is sorted first, then all is known of the order.
        let rest = sort(&self.order, batches).map_err(failed)?;
        let spilled = runs.into_iter().map(|run| self.read_run(run));
        let merge = Merge::new(&self.order, spilled.chain([rest])).map_err(failed)?;
        let mut merge = merge.peekable();
        let sorted = self.order.sorted_by();
        let first = merge.peek().and_then(|batch| batch.as_ref().ok());
        let shape = Shape { table: self.table, sorted, first };
        let schema = self.schema.clone();
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

    /// Keeps a batch; where there is no more room, all that was kept is to go to disk.
    fn gather(&self, batch: RecordBatch) -> Option<Vec<RecordBatch>> {
        let mut gathered = self.gathered();
        gathered.bytes += batch.get_array_memory_size();
        gathered.batches.push(batch);
        if gathered.bytes <= self.room {
            return None;
        }
        gathered.bytes = 0;
        Some(mem::take(&mut gathered.batches))
    }

    fn write_run(&self, batches: Vec<RecordBatch>) -> Result<Vec<Stretch>, ParquetError> {
        let append = |block: Result<RecordBatch, ParquetError>| {
            let bytes = encoded(&block?)?;
            Ok(Stretch { offset: self.spill.append(&bytes)?, bytes: bytes.len() })
        };
        sort(&self.order, batches)?.map(append).collect()
    }

    fn read_run(&self, run: Vec<Stretch>) -> Run<'_> {
        let read = |Stretch { offset, bytes }| {
            let mut block = vec![0; bytes];
            self.spill.read(offset, &mut block)?;
            self.decoded(&block)
        };
        Box::new(run.into_iter().map(read))
    }

    fn decoded(&self, bytes: &[u8]) -> Result<RecordBatch, ParquetError> {
        let mut batches = StreamReader::try_new(bytes, None)?;
        let batch =
            batches.next().ok_or_else(|| ParquetError::EOF("no rows in a block".into()))??;
        Ok(RecordBatch::try_new(self.schema.clone(), batch.columns().to_vec())?)
    }
}

/// A batch with the types of its columns, but without their metadata.
fn encoded(batch: &RecordBatch) -> Result<Vec<u8>, ParquetError> {
    let fields = batch.schema_ref().fields().iter();
    let bare: Vec<_> = fields.map(|f| f.as_ref().clone().with_metadata(HashMap::new())).collect();
    let mut writer = StreamWriter::try_new(Vec::new(), &Schema::new(bare))?;
    writer.write(batch)?;
    Ok(writer.into_inner()?)
}
