//! Published tables and run records, read back.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use kohort_disk as disk;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use serde::Deserialize;

use crate::content::Content;
use crate::error::{Fault, reading};
use crate::find::{Found, find};
use crate::guard::{self, guarded};
use crate::layout::hive::{PartTable, Rows, parts_in};
use crate::names::{RECORD, run_id, table_of_part};
use crate::remote::Mirror;
use crate::{Output, PublishError, RECORD_VERSION, RunId, RunRecord};

/// Rows that are read at a time.
const BATCH_ROWS: usize = 8192;

/// A published run. Of one on an object store, files are fetched when they are asked for.
#[derive(Clone, Debug)]
pub struct PublishedRun {
    folder: PathBuf,
    output: Option<Output>,
    /// Its files on this machine, where the folder is on a store.
    mirror: Option<Arc<Mirror>>,
    /// What its record says of the files of each table, once that was asked for.
    recorded: Arc<OnceLock<BTreeMap<String, BTreeMap<String, String>>>>,
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
        Ok(Self { folder, output, mirror, recorded: Arc::default() })
    }

    /// Its folder, or its URL.
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
    /// [`PublishError::Disk`] where the folder cannot be listed; what the store says.
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
            None => Ok(disk::files(&self.folder)?),
        }
    }

    /// The table `name`, of the files that the run's record names; where it names none, as those of
    /// older versions do, of those that are there.
    ///
    /// # Errors
    /// [`PublishError::UnknownTable`] with the names that are there, [`PublishError::Changed`] where
    /// they are not the files that the run wrote; those of [`PublishedTable::open_file`] and
    /// [`PublishedRun::record`]; what the store says.
    pub fn table(&self, name: &str) -> Result<PublishedTable, PublishError> {
        let whole = format!("{name}.parquet");
        let (table, files) = if let Some(path) = self.file(&whole)? {
            (PublishedTable::open_file(&path)?, BTreeMap::from([(whole, path)]))
        } else {
            let parts = self.parts(name)?;
            let Some(folder) = parts.values().next().and_then(|part| part.ancestors().nth(2))
            else {
                return Err(self.no_table(name, &whole));
            };
            (PublishedTable::open_file(folder)?, parts)
        };
        let content = match self.recorded()?.get(name).filter(|recorded| !recorded.is_empty()) {
            Some(recorded) => Some(Arc::new(Content::new(&self.folder, files, recorded)?)),
            None => None,
        };
        Ok(PublishedTable { mirror: self.mirror.clone(), content, ..table })
    }

    /// Why there is no table of a name, whose file would be `whole`.
    fn no_table(&self, name: &str, whole: &str) -> PublishError {
        let (recorded, folder) = (self.recorded(), self.folder.clone());
        if recorded.is_ok_and(|recorded| recorded.contains_key(name)) {
            return PublishError::Changed { path: folder.join(whole), fault: Fault::Missing };
        }
        match self.tables() {
            Ok(tables) => PublishError::UnknownTable { table: name.to_owned(), folder, tables },
            Err(error) => error,
        }
    }

    /// The files of a divided table, as paths from the run's folder, and where they are on this machine.
    fn parts(&self, name: &str) -> Result<BTreeMap<String, PathBuf>, PublishError> {
        let files = self.files()?.into_iter().filter(|file| table_of_part(file) == Some(name));
        let parts = files.map(|file| Ok(self.file(&file)?.map(|path| (file, path))));
        parts.filter_map(Result::transpose).collect()
    }

    /// The files that the record names, with their digests, by table.
    fn recorded(&self) -> Result<&BTreeMap<String, BTreeMap<String, String>>, PublishError> {
        if let Some(recorded) = self.recorded.get() {
            return Ok(recorded);
        }
        let tables = self.record()?.tables.into_iter().map(|table| (table.name, table.files));
        Ok(self.recorded.get_or_init(|| tables.collect()))
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
    /// [`PublishError::Disk`], [`PublishError::Record`]; [`PublishError::RecordVersion`] where a
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
            Err(cause) => return Err(reading(path, cause)),
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
    /// What its files hold, where there is a record.
    content: Option<Arc<Content>>,
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
        if Self::is_at(path) { Self::open_at(path) } else { PublishedRun::open(path)?.table(name) }
    }

    /// As [`PublishedTable::open_file`]; of a table in the folder of a run, as [`PublishedRun::table`].
    ///
    /// # Errors
    /// Those of either.
    pub fn open_at(path: &Path) -> Result<Self, PublishError> {
        let folder = path.parent().filter(|folder| folder.join(RECORD).is_file());
        let name = path.file_name().and_then(|name| name.to_str());
        let Some((folder, name)) = folder.zip(name) else { return Self::open_file(path) };
        let found = Found { folder: folder.to_owned(), remote: None, output: None };
        PublishedRun::found(found)?.table(name.strip_suffix(".parquet").unwrap_or(name))
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
    /// [`PublishError::Disk`] where it cannot be opened, [`PublishError::Damaged`] where it is no
    /// Parquet file.
    pub fn open_file(path: &Path) -> Result<Self, PublishError> {
        let path = path.to_owned();
        if path.is_dir() {
            let parts = match parts_in(&path) {
                Ok(parts) => parts,
                Err(cause) => return Err(reading(path, cause)),
            };
            if !parts.is_empty() {
                let files = Files::Parts(PartTable::open(&parts)?);
                return Ok(Self { path, files, content: None, mirror: None });
            }
        }
        let file = open(&path)?;
        match guarded(|| ArrowReaderMetadata::load(&file, ArrowReaderOptions::default())) {
            Ok(metadata) => {
                Ok(Self { path, files: Files::One(metadata), content: None, mirror: None })
            }
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

    /// The values, some thousand rows at a time; as often as they are asked for. What the files of a
    /// run hold is first compared with the run's record, once.
    ///
    /// # Errors
    /// [`PublishError::Changed`] where they hold something else, [`PublishError::Disk`] where one is
    /// gone; [`PublishError::Damaged`], here or from a batch.
    pub fn batches(&self) -> Result<Batches, PublishError> {
        self.read(None)
    }

    /// That its files hold what the run wrote, as far as a record says. They are read once for that.
    ///
    /// # Errors
    /// [`PublishError::Changed`] where they hold something else, [`PublishError::Disk`].
    pub fn verify(&self) -> Result<(), PublishError> {
        self.content.as_ref().map_or(Ok(()), |content| content.verify())
    }

    /// As [`PublishedTable::batches`], with the columns at `places` alone, which are in order. No
    /// more is read where the table is one file.
    pub(crate) fn batches_of(&self, places: &[usize]) -> Result<Batches, PublishError> {
        self.read(Some(places))
    }

    fn read(&self, places: Option<&[usize]>) -> Result<Batches, PublishError> {
        self.verify()?;
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
        match guarded(|| builder.with_batch_size(BATCH_ROWS).build()) {
            Ok(reader) => Ok(Box::new(guard::batches(reader).map(move |batch| {
                batch.map_err(|cause| PublishError::Damaged { path: path.clone(), cause })
            }))),
            Err(cause) => Err(PublishError::Damaged { path, cause }),
        }
    }
}

fn open(path: &Path) -> Result<File, PublishError> {
    File::open(path).map_err(|cause| reading(path.to_owned(), cause))
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
