//! Published tables and run records, read back.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use serde::Deserialize;

use crate::find::{Found, find};
use crate::layout::hive::{PartTable, Rows, parts_in, table_of_part};
use crate::output::{RECORD, run_id};
use crate::remote::Mirror;
use crate::{Output, PublishError, RECORD_VERSION, RunId, RunRecord, disk};

/// Rows that are read at a time.
const BATCH_ROWS: usize = 8192;

/// A published run. Of one on an object store, files are fetched when they are asked for.
#[derive(Clone, Debug)]
pub struct PublishedRun {
    folder: PathBuf,
    output: Option<Output>,
    /// Its files on this machine, where the folder is on a store.
    mirror: Option<Arc<Mirror>>,
}

impl PublishedRun {
    /// The run that a path or URL means: of an output the current one, which stays meant while
    /// another becomes current; with `~N` behind the output the Nth before that; the folder of a run,
    /// `OUTPUT/runs/<run id>`, for which `OUTPUT/<run id>` will do.
    ///
    /// # Errors
    /// [`PublishError::NothingPublished`] where it is none of these, [`PublishError::UnknownRun`]
    /// where the output has other runs; what the operating system or the store says.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, PublishError> {
        Self::found(find(path.as_ref(), &|place| Output::at(place))?)
    }

    pub(crate) fn found(found: Found) -> Result<Self, PublishError> {
        let Found { folder, remote, output } = found;
        let mirror = remote.map(Mirror::new).transpose()?.map(Arc::new);
        Ok(Self { folder, output, mirror })
    }

    /// Its folder, or the URL that stands for one.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The output that it is a run of, and its id there.
    ///
    /// # Errors
    /// [`PublishError::NoOutput`] where its folder is not among the runs of an output.
    pub fn place(&self) -> Result<(&Output, RunId), PublishError> {
        let id = run_id(&self.folder).or_else(|| run_id(&self.folder.canonicalize().ok()?));
        let place = self.output.as_ref().zip(id);
        place.ok_or_else(|| PublishError::NoOutput { folder: self.folder.clone() })
    }

    /// The names of its tables, sorted.
    ///
    /// # Errors
    /// [`PublishError::Read`] where the folder cannot be listed; what the store says.
    pub fn tables(&self) -> Result<Vec<String>, PublishError> {
        let files = self.files()?;
        let plain = |file: &str| !file.contains('/');
        let mut tables: Vec<_> = (files.iter())
            .filter_map(|file| match file.strip_suffix(".parquet") {
                Some(name) if plain(name) => Some(name.to_owned()),
                _ => table_of_part(file).map(str::to_owned),
            })
            .collect();
        tables.sort_unstable();
        tables.dedup();
        Ok(tables)
    }

    /// Its files, as paths from its folder.
    fn files(&self) -> Result<Vec<String>, PublishError> {
        match &self.mirror {
            Some(mirror) => mirror.remote().files(),
            None => disk::files(&self.folder),
        }
    }

    /// The table `name`.
    ///
    /// # Errors
    /// [`PublishError::UnknownTable`] with the names that are there; those of
    /// [`PublishedTable::open_file`]; what the store says.
    pub fn table(&self, name: &str) -> Result<PublishedTable, PublishError> {
        let table = if let Some(path) = self.file(&format!("{name}.parquet"))? {
            PublishedTable::open_file(&path)?
        } else if let Some(folder) = self.parts(name)?.first().and_then(|p| p.ancestors().nth(2)) {
            PublishedTable::open_file(folder)?
        } else {
            let (tables, folder) = (self.tables()?, self.folder.clone());
            return Err(PublishError::UnknownTable { table: name.to_owned(), folder, tables });
        };
        Ok(PublishedTable { mirror: self.mirror.clone(), ..table })
    }

    /// Where the files of a divided table are on this machine.
    fn parts(&self, name: &str) -> Result<Vec<PathBuf>, PublishError> {
        let files = self.files()?;
        let parts = files.iter().filter(|file| table_of_part(file) == Some(name));
        parts.filter_map(|file| self.file(file).transpose()).collect()
    }

    /// Where a file of the run is on this machine; `None` where the run has no such file.
    fn file(&self, name: &str) -> Result<Option<PathBuf>, PublishError> {
        match &self.mirror {
            Some(mirror) => mirror.file(name),
            None => Ok(Some(self.folder.join(name)).filter(|path| path.is_file())),
        }
    }

    /// What the run says of itself.
    ///
    /// # Errors
    /// [`PublishError::Read`], [`PublishError::Record`]; [`PublishError::RecordVersion`] where a
    /// newer kohort wrote it; what the store says.
    pub fn record(&self) -> Result<RunRecord, PublishError> {
        #[derive(Deserialize)]
        struct Version {
            record_version: u32,
        }

        let path = self.folder.join(RECORD);
        let read = match &self.mirror {
            Some(_) => self.file(RECORD)?.unwrap_or_else(|| path.clone()),
            None => path.clone(),
        };
        let json = match fs::read(read) {
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
#[derive(Clone, Debug)]
pub struct PublishedTable {
    path: PathBuf,
    files: Files,
    /// Holds the file, where it was fetched.
    mirror: Option<Arc<Mirror>>,
}

#[derive(Clone, Debug)]
enum Files {
    One(ArrowReaderMetadata),
    Parts(PartTable),
}

impl PublishedTable {
    /// The table `name` of the run that `path` means, see [`PublishedRun::open`]; or the `.parquet`
    /// file at `path`, whatever the name.
    ///
    /// # Errors
    /// Those of [`PublishedRun::open`], [`PublishedRun::table`], [`PublishedTable::open_file`].
    pub fn open(path: &Path, name: &str) -> Result<Self, PublishError> {
        if Self::is_at(path) {
            Self::open_file(path)
        } else {
            PublishedRun::open(path)?.table(name)
        }
    }

    /// Whether `path` is a file, or the folder of a table that is divided by the values of a column.
    #[must_use]
    pub fn is_at(path: &Path) -> bool {
        path.is_file() || parts_in(path).is_ok_and(|parts| !parts.is_empty())
    }

    /// The table in the Parquet file `path`, or in the folder `path` where it is divided by the
    /// values of a column.
    ///
    /// # Errors
    /// [`PublishError::Read`] where it cannot be opened, [`PublishError::Damaged`] where it is no
    /// Parquet file.
    pub fn open_file(path: &Path) -> Result<Self, PublishError> {
        let path = path.to_owned();
        if path.is_dir() {
            let parts = match parts_in(&path) {
                Ok(parts) => parts,
                Err(cause) => return Err(PublishError::Read { path, cause }),
            };
            if !parts.is_empty() {
                let files = Files::Parts(PartTable::open(&parts)?);
                return Ok(Self { path, files, mirror: None });
            }
        }
        let file = open(&path)?;
        match ArrowReaderMetadata::load(&file, ArrowReaderOptions::default()) {
            Ok(metadata) => Ok(Self { path, files: Files::One(metadata), mirror: None }),
            Err(cause) => Err(PublishError::Damaged { path, cause }),
        }
    }

    /// The file, or the folder of a divided table, on this machine.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its columns, with `description` and `unit` in each field's metadata and what holds for the
    /// table in that of the schema.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        match &self.files {
            Files::One(metadata) => metadata.schema(),
            Files::Parts(parts) => parts.schema(),
        }
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        match &self.files {
            // Never below zero in a file that could be opened.
            Files::One(metadata) => {
                u64::try_from(metadata.metadata().file_metadata().num_rows()).unwrap_or(0)
            }
            Files::Parts(parts) => parts.rows(),
        }
    }

    /// The values, some thousand rows at a time; as often as they are asked for.
    ///
    /// # Errors
    /// [`PublishError::Read`] where the file is gone; [`PublishError::Damaged`], here or from a
    /// batch.
    pub fn batches(&self) -> Result<Batches, PublishError> {
        self.read(None)
    }

    /// As [`PublishedTable::batches`], with the columns at `places` alone, which are in order. No
    /// more is read where the table is one file.
    pub(crate) fn batches_of(&self, places: &[usize]) -> Result<Batches, PublishError> {
        self.read(Some(places))
    }

    fn read(&self, places: Option<&[usize]>) -> Result<Batches, PublishError> {
        let rows = match (&self.files, places) {
            (Files::One(metadata), _) => self.rows_of_one(metadata.clone(), places)?,
            (Files::Parts(parts), None) => parts.batches(BATCH_ROWS),
            (Files::Parts(parts), Some(places)) => {
                let (path, places) = (self.path.clone(), places.to_vec());
                Box::new(parts.batches(BATCH_ROWS).map(move |batch| {
                    let damaged = |cause: ArrowError| PublishError::Damaged {
                        path: path.clone(),
                        cause: cause.into(),
                    };
                    batch?.project(&places).map_err(damaged)
                }))
            }
        };
        Ok(Batches { rows, _mirror: self.mirror.clone() })
    }

    fn rows_of_one(
        &self,
        metadata: ArrowReaderMetadata,
        places: Option<&[usize]>,
    ) -> Result<Rows, PublishError> {
        let path = self.path.clone();
        let columns = match places {
            None => ProjectionMask::all(),
            Some(places) => {
                let columns = metadata.metadata().file_metadata().schema_descr();
                ProjectionMask::roots(columns, places.iter().copied())
            }
        };
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(open(&path)?, metadata)
            .with_projection(columns);
        match builder.with_batch_size(BATCH_ROWS).build() {
            Ok(reader) => Ok(Box::new(reader.map(move |batch| {
                let damaged = |cause: ArrowError| PublishError::Damaged {
                    path: path.clone(),
                    cause: cause.into(),
                };
                batch.map_err(damaged)
            }))),
            Err(cause) => Err(PublishError::Damaged { path, cause }),
        }
    }
}

fn open(path: &Path) -> Result<File, PublishError> {
    File::open(path).map_err(|cause| PublishError::Read { path: path.to_owned(), cause })
}

/// The values of a table, batch by batch.
pub struct Batches {
    rows: Rows,
    /// Holds files that are still to be opened.
    _mirror: Option<Arc<Mirror>>,
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, PublishError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rows.next()
    }
}
