//! Rows to a Parquet file, as they come.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::errors::ParquetError;

use crate::SampleError;
use crate::columns::{Column, batch, schema};
use crate::place::{create, may_replace, unfinished};
use crate::write::{BATCH_ROWS, properties};

/// A row of a [`Table`].
pub(crate) trait Row: Sized {
    /// Name of the table's file.
    const FILE: &'static str;
    /// A column whose values hardly repeat.
    const DISTINCT: &'static str;

    fn columns(rows: &[Self]) -> Vec<Column>;
}

/// A file that is being written, under a hidden name until it is [finished](Table::finish).
pub(crate) struct Table<R> {
    path: PathBuf,
    unfinished: Unfinished,
    writer: ArrowWriter<File>,
    schema: SchemaRef,
    waiting: Vec<R>,
    rows: u64,
}

/// A file that vanishes with this value, unless it has been renamed.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Best effort: what stopped the writing is the error to tell.
        let _ = fs::remove_file(&self.0);
    }
}

impl<R: Row> Table<R> {
    /// # Errors
    /// As [`may_replace`]; [`SampleError::File`] where the disk refuses.
    pub fn create(folder: &Path) -> Result<Self, SampleError> {
        Self::check(folder)?;
        let path = folder.join(R::FILE);
        let hidden = unfinished(&path);
        let schema = Arc::new(schema(R::columns(&[])));
        let properties = Some(properties(R::DISTINCT));
        let failed = |cause| SampleError::File { path: path.clone(), cause };
        let file = create(&hidden).map_err(|cause| failed(cause.into()))?;
        // From here on it is ours to remove.
        let unfinished = Unfinished(hidden);
        let writer = ArrowWriter::try_new(file, schema.clone(), properties).map_err(failed)?;
        let waiting = Vec::with_capacity(BATCH_ROWS);
        Ok(Self { path, unfinished, writer, schema, waiting, rows: 0 })
    }

    /// Looks whether the file may be written.
    pub fn check(folder: &Path) -> Result<(), SampleError> {
        may_replace(&folder.join(R::FILE), &schema(R::columns(&[])))
    }

    pub fn push(&mut self, row: R) -> Result<(), SampleError> {
        self.rows += 1;
        self.waiting.push(row);
        if self.waiting.len() == BATCH_ROWS { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), SampleError> {
        let columns = R::columns(&self.waiting);
        self.waiting.clear();
        batch(&self.schema, columns)
            .map_err(ParquetError::from)
            .and_then(|batch| self.writer.write(&batch))
            .map_err(|cause| SampleError::File { path: self.path.clone(), cause })
    }

    /// Puts the file in place.
    pub fn finish(mut self) -> Result<Finished, SampleError> {
        self.flush()?;
        let Self { path, unfinished, writer, rows, .. } = self;
        let renamed = writer.into_inner().and_then(|file| {
            let bytes = file.metadata()?.len();
            fs::rename(&unfinished.0, &path)?;
            Ok(bytes)
        });
        match renamed {
            Ok(bytes) => Ok(Finished { path, rows, bytes }),
            Err(cause) => Err(SampleError::File { path, cause }),
        }
    }
}

/// A file in place.
pub(crate) struct Finished {
    pub path: PathBuf,
    pub rows: u64,
    pub bytes: u64,
}
