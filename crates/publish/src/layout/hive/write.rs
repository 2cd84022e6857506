//! Writing of tables that are divided into folders.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow::array::{AsArray, RecordBatch, UInt32Array};
use arrow::compute::{cast, take_record_batch};
use arrow::datatypes::{DataType, SchemaRef};
use kohort_disk as disk;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::{NOTE, Partition};
use crate::error::writing;
use crate::names::PART;
use crate::parquet_file::{GROUP_ROWS, Shape, TableFile, Written};
use crate::{PublishError, TableMeta};

/// Most values of the column: as many files are open at once.
pub(crate) const MAX_PARTS: usize = 500;

/// A table that is being written, a file for each value of one of its columns.
pub(crate) struct Parts {
    folder: PathBuf,
    table: &'static str,
    partition: Partition,
    /// The columns of a file, and their places in the table.
    schema: SchemaRef,
    columns: Vec<usize>,
    properties: WriterProperties,
    /// The files in the order in which their values first came.
    files: Vec<(PathBuf, TableFile)>,
    /// The file of each value.
    places: BTreeMap<Option<String>, usize>,
}

impl Parts {
    /// A writer beside the file that the table would be at `path`; it is divided by `column`, and
    /// `first` are its first rows.
    pub fn create(
        path: &Path,
        column: usize,
        first: &RecordBatch,
        shape: &Shape<'_>,
        meta: Option<&TableMeta>,
    ) -> Result<Self, PublishError> {
        let (folder, schema) = (path.with_extension(""), first.schema());
        let columns: Vec<_> = (0..schema.fields().len()).filter(|n| *n != column).collect();
        let cut = || -> Result<_, ParquetError> {
            let first = first.project(&columns)?;
            // The other columns of the order stay in it: the one that is cut has one value.
            let sorted = shape.sorted.iter().filter(|n| **n != column);
            let sorted: Vec<_> = sorted.map(|n| n - usize::from(*n > column)).collect();
            let shape = Shape { table: shape.table, sorted: &sorted, first: Some(&first) };
            Ok((schema.project(&columns)?.into(), shape.properties(meta)?))
        };
        let (cut_schema, properties) = cut().map_err(|cause| writing(folder.clone(), cause))?;
        disk::create_folder(&folder)?;
        Ok(Self {
            folder,
            table: shape.table.name,
            partition: Partition::by_column(schema.field(column), column),
            schema: cut_schema,
            columns,
            properties,
            files: Vec::new(),
            places: BTreeMap::new(),
        })
    }

    /// Adds rows, which stay in order.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), PublishError> {
        let rows = self.rows_by_file(batch)?;
        let folder = &self.folder;
        let failed = |cause| writing(folder.clone(), cause);
        let batch = batch.project(&self.columns).map_err(|cause| failed(cause.into()))?;
        for (place, rows) in rows {
            let (_, file) = &mut self.files[place];
            if rows.len() == batch.num_rows() {
                file.write(&batch)?;
            } else {
                let part = take_record_batch(&batch, &UInt32Array::from(rows));
                file.write(&part.map_err(|cause| failed(cause.into()))?)?;
            }
        }
        // All files together hold no more in memory than one would.
        if self.files.iter().map(|(_, file)| file.waiting_rows()).sum::<usize>() >= GROUP_ROWS {
            self.files.iter_mut().try_for_each(|(_, file)| file.flush())?;
        }
        Ok(())
    }

    /// Flushes all files to disk.
    pub fn finish(self) -> Result<Vec<Written>, PublishError> {
        let mut written = Vec::with_capacity(self.files.len());
        for (part, (folder, mut file)) in self.files.into_iter().enumerate() {
            let note = Partition { part, ..self.partition.clone() };
            let note = serde_json::to_string(&note).expect("a note has text keys only");
            file.note(KeyValue::new(NOTE.to_owned(), note));
            written.push(file.finish()?);
            disk::sync_folder(&folder)?;
        }
        disk::sync_folder(&self.folder)?;
        Ok(written)
    }

    /// Which rows of `batch` go to which file, files in order.
    fn rows_by_file(
        &mut self,
        batch: &RecordBatch,
    ) -> Result<Vec<(usize, Vec<u32>)>, PublishError> {
        let texts = cast(batch.column(self.partition.column), &DataType::Utf8);
        let texts = texts.map_err(|cause| writing(self.folder.clone(), cause.into()))?;
        let texts = texts.as_string::<i32>();
        let mut rows: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
        let mut last: Option<(Option<&str>, usize)> = None;
        for (value, row) in texts.iter().zip(0..) {
            let place = match last {
                Some((of, place)) if of == value => place,
                _ => self.place(value)?,
            };
            last = Some((value, place));
            rows.entry(place).or_default().push(row);
        }
        Ok(rows.into_iter().collect())
    }

    /// The file of a value.
    fn place(&mut self, value: Option<&str>) -> Result<usize, PublishError> {
        let value = value.map(str::to_owned);
        if let Some(place) = self.places.get(&value) {
            return Ok(*place);
        }
        if self.files.len() == MAX_PARTS {
            let (table, column) = (self.table, self.partition.name.clone());
            return Err(PublishError::TooManyPartitions { table, column, limit: MAX_PARTS });
        }
        let folder = self.folder.join(self.partition.folder(value.as_deref()));
        disk::create_folder(&folder)?;
        let (schema, properties) = (self.schema.clone(), self.properties.clone());
        let file = TableFile::create(folder.join(PART), schema, properties)?;
        self.files.push((folder, file));
        self.places.insert(value, self.files.len() - 1);
        Ok(self.files.len() - 1)
    }
}
