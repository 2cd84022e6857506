//! Reading of tables that are divided into folders.

use std::fs::{self, File};
use std::io;
use std::iter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{Fields, Schema, SchemaRef};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;

use super::{NOTE, Partition};
use crate::error::reading;
use crate::names::PART;
use crate::{PublishError, guard};

/// The values of a table, batch by batch.
pub(crate) type Rows = Box<dyn Iterator<Item = Result<RecordBatch, PublishError>> + Send>;

/// The parts of a table in its folder.
pub(crate) fn parts_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut parts = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path().join(PART);
        if entry.file_name().to_string_lossy().contains('=') && path.is_file() {
            parts.push(path);
        }
    }
    Ok(parts)
}

/// A divided table, its values still in the files.
#[derive(Clone, Debug)]
pub(crate) struct PartTable {
    schema: SchemaRef,
    rows: u64,
    /// In the order of the table.
    parts: Vec<Part>,
}

/// The file of one value.
#[derive(Clone, Debug)]
struct Part {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    partition: Partition,
    /// The value, in an array of one.
    value: ArrayRef,
}

impl PartTable {
    /// The table of the files at `paths`, one at least.
    pub fn open(paths: &[PathBuf]) -> Result<Self, PublishError> {
        let mut parts = paths.iter().map(|path| Part::open(path)).collect::<Result<Vec<_>, _>>()?;
        parts.sort_by_key(|part| part.partition.part);
        let first = parts.first();
        let column = first.map(|part| part.partition.column);
        let schema = first.map_or_else(|| Arc::new(Schema::empty()), Part::table_schema);
        let differs = |part: &&Part| {
            Some(part.partition.column) != column || part.table_schema().fields() != schema.fields()
        };
        if let Some(part) = parts.iter().find(differs) {
            let reason = "its columns are not those of the table's other files";
            return Err(part.damaged(ParquetError::General(reason.to_owned())));
        }
        let rows = parts.iter().map(Part::rows).sum();
        Ok(Self { schema, rows, parts })
    }

    /// All columns, in the order of the table.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The values, up to `batch_rows` rows at a time, file after file.
    pub fn batches(&self, batch_rows: usize) -> Rows {
        let (schema, parts) = (self.schema.clone(), self.parts.clone());
        Box::new(parts.into_iter().flat_map(move |part| {
            part.batches(&schema, batch_rows).unwrap_or_else(|e| Box::new(iter::once(Err(e))))
        }))
    }
}

impl Part {
    fn open(path: &Path) -> Result<Self, PublishError> {
        let read = || -> Result<Self, ParquetError> {
            let file = File::open(path)?;
            let metadata =
                guard::guarded(|| ArrowReaderMetadata::load(&file, ArrowReaderOptions::default()))?;
            let schema = metadata.schema();
            let wrong = |what: &str| ParquetError::General(format!("its metadata {NOTE} {what}"));
            let note = schema.metadata().get(NOTE).ok_or_else(|| wrong("are missing"))?;
            let partition: Partition = serde_json::from_str(note)
                .map_err(|cause| wrong(&format!("are wrong: {cause}")))?;
            if partition.column > schema.fields().len() {
                return Err(wrong("are wrong: there is no such column"));
            }
            let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
            let value = partition.value(&folder.to_string_lossy())?;
            Ok(Self { path: path.to_owned(), metadata, partition, value })
        };
        read().map_err(|cause| PublishError::Damaged { path: path.to_owned(), cause })
    }

    fn rows(&self) -> u64 {
        // Never below zero in a file that could be opened.
        u64::try_from(self.metadata.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    /// The file's columns and the one that it lacks.
    fn table_schema(&self) -> SchemaRef {
        let schema = self.metadata.schema();
        let mut fields = schema.fields().to_vec();
        fields.insert(self.partition.column, Arc::new(self.partition.field()));
        let mut notes = schema.metadata().clone();
        notes.remove(NOTE);
        Arc::new(Schema::new_with_metadata(Fields::from(fields), notes))
    }

    fn batches(self, schema: &SchemaRef, batch_rows: usize) -> Result<Rows, PublishError> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(cause) => return Err(reading(self.path, cause)),
        };
        let builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
        let reader = guard::guarded(|| builder.with_batch_size(batch_rows).build());
        let reader = reader.map_err(|cause| self.damaged(cause))?;
        let schema = schema.clone();
        Ok(Box::new(guard::batches(reader).map(move |batch| {
            let whole = batch.and_then(|batch| self.complete(&batch, schema.clone()));
            whole.map_err(|cause| self.damaged(cause))
        })))
    }

    /// Rows of the file as rows of the table.
    fn complete(
        &self,
        batch: &RecordBatch,
        schema: SchemaRef,
    ) -> Result<RecordBatch, ParquetError> {
        let mut columns = batch.columns().to_vec();
        let repeated = take(&self.value, &UInt32Array::from(vec![0; batch.num_rows()]), None)?;
        columns.insert(self.partition.column, repeated);
        Ok(RecordBatch::try_new(schema, columns)?)
    }

    fn damaged(&self, cause: ParquetError) -> PublishError {
        PublishError::Damaged { path: self.path.clone(), cause }
    }
}
