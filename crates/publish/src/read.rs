//! Published tables and run records, read back.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;
use serde::Deserialize;

use crate::{Output, PublishError, RECORD_VERSION, RunRecord};

/// The folder of a published run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedRun {
    folder: PathBuf,
}

impl PublishedRun {
    /// The run at `path`: an output folder, whose current run is meant and stays meant while
    /// another becomes current, or the folder of a run.
    ///
    /// # Errors
    /// [`PublishError::NothingPublished`] where it is neither.
    pub fn open(path: &Path) -> Result<Self, PublishError> {
        let current = Output::at(path).current().ok().flatten();
        let candidates = current.into_iter().chain([path.to_owned()]);
        let mut runs = candidates.filter(|folder| folder.join("run.json").is_file());
        let folder = runs.next();
        let nothing = || PublishError::NothingPublished { path: path.to_owned() };
        Ok(Self { folder: folder.ok_or_else(nothing)? })
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The names of its tables, sorted.
    ///
    /// # Errors
    /// [`PublishError::Read`] where the folder cannot be listed.
    pub fn tables(&self) -> Result<Vec<String>, PublishError> {
        let list = || -> io::Result<Vec<String>> {
            let mut tables = Vec::new();
            for entry in fs::read_dir(&self.folder)? {
                let name = entry?.file_name();
                let table = name.to_str().and_then(|name| name.strip_suffix(".parquet"));
                tables.extend(table.map(str::to_owned));
            }
            tables.sort_unstable();
            Ok(tables)
        };
        list().map_err(|cause| PublishError::Read { path: self.folder.clone(), cause })
    }

    /// The table `name`.
    ///
    /// # Errors
    /// [`PublishError::UnknownTable`] with the names that are there; those of
    /// [`PublishedTable::open_file`].
    pub fn table(&self, name: &str) -> Result<PublishedTable, PublishError> {
        let path = self.folder.join(format!("{name}.parquet"));
        if path.is_file() {
            return PublishedTable::open_file(&path);
        }
        let tables = self.tables()?;
        let folder = self.folder.clone();
        Err(PublishError::UnknownTable { table: name.to_owned(), folder, tables })
    }

    /// What the run says of itself.
    ///
    /// # Errors
    /// [`PublishError::Read`], [`PublishError::Record`]; [`PublishError::RecordVersion`] where a
    /// newer kohort wrote it.
    pub fn record(&self) -> Result<RunRecord, PublishError> {
        #[derive(Deserialize)]
        struct Version {
            record_version: u32,
        }

        let path = self.folder.join("run.json");
        let json = match fs::read(&path) {
            Ok(json) => json,
            Err(cause) => return Err(PublishError::Read { path, cause }),
        };
        // The version first: what else a newer record holds is anybody's guess.
        match serde_json::from_slice(&json) {
            Ok(Version { record_version: found }) if found > RECORD_VERSION => {
                Err(PublishError::RecordVersion { path, found, known: RECORD_VERSION })
            }
            Ok(_) => {
                serde_json::from_slice(&json).map_err(|cause| PublishError::Record { path, cause })
            }
            Err(cause) => Err(PublishError::Record { path, cause }),
        }
    }
}

/// A published table, its values still in the file.
#[derive(Debug)]
pub struct PublishedTable {
    path: PathBuf,
    builder: ParquetRecordBatchReaderBuilder<File>,
}

impl PublishedTable {
    /// The table `name` of the run at `path`, which is an output folder or the folder of a run; or
    /// the `.parquet` file at `path`, whatever the name.
    ///
    /// # Errors
    /// Those of [`PublishedRun::open`], [`PublishedRun::table`], [`PublishedTable::open_file`].
    pub fn open(path: &Path, name: &str) -> Result<Self, PublishError> {
        if path.is_file() { Self::open_file(path) } else { PublishedRun::open(path)?.table(name) }
    }

    /// The table in the Parquet file `path`.
    ///
    /// # Errors
    /// [`PublishError::Read`] where it cannot be opened, [`PublishError::Damaged`] where it is no
    /// Parquet file.
    pub fn open_file(path: &Path) -> Result<Self, PublishError> {
        let path = path.to_owned();
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(cause) => return Err(PublishError::Read { path, cause }),
        };
        match ParquetRecordBatchReaderBuilder::try_new(file) {
            Ok(builder) => Ok(Self { path, builder }),
            Err(cause) => Err(PublishError::Damaged { path, cause }),
        }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its columns, with `description` and `unit` in each field's metadata and what holds for the
    /// table in that of the schema.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        self.builder.schema()
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        // Never below zero in a file that could be opened.
        u64::try_from(self.builder.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    /// The values, some thousand rows at a time.
    ///
    /// # Errors
    /// [`PublishError::Damaged`], here or from a batch.
    pub fn batches(self) -> Result<Batches, PublishError> {
        let Self { path, builder } = self;
        match builder.with_batch_size(8192).build() {
            Ok(reader) => Ok(Batches { path, reader }),
            Err(cause) => Err(PublishError::Damaged { path, cause }),
        }
    }
}

/// The values of a table, batch by batch.
pub struct Batches {
    path: PathBuf,
    reader: ParquetRecordBatchReader,
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, PublishError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.reader.next()?;
        Some(batch.map_err(|cause| PublishError::Damaged {
            path: self.path.clone(),
            cause: ParquetError::from(cause),
        }))
    }
}
