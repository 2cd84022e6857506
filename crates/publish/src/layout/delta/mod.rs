//! Delta Lake tables of what is current:
//!
//! ```text
//! OUTPUT/delta/<table>/_delta_log/00000000000000000000.json
//! OUTPUT/delta/<table>/part-<run id>.parquet
//! ```
//!
//! The run's folder is the truth, the logs follow it: each version of a table is that of a run, as
//! a whole. A process that ends in between leaves them one version behind, until the next
//! [`sync`].

#[cfg(test)]
mod hostile;
mod log;
mod schema;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Schema, SchemaRef};
use chrono::{DateTime, Utc};
use kohort_disk::{self as disk, Lock, at};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use serde_json::{Map, Value, json};

use crate::error::{reading, writing};
use crate::{Output, PublishError, PublishedRun, PublishedTable, RunId, RunRecord, own};
use log::{Action, Add, CommitInfo, Log, PROTOCOL};
use schema::{UNSIGNED, schema_string};

/// How often another writer of a log may come first.
const TRIES: usize = 5;

/// Brings the Delta tables of `output` to `run`, as long as that is current: every table of the run
/// gets a version with its rows and no others, unless that is its newest already. Files that none
/// of the last `keep` versions added are removed. Tables that the run does not have stay as they
/// are.
///
/// The run need not hold the lock of the output; while another process does the same, this waits
/// until it is done. Of Kohort and another program one is first, and the other looks again.
///
/// # Errors
/// [`PublishError::DeltaBehind`] with the cause: [`PublishError::Disk`] and [`PublishError::Disk`]
/// where the disk refuses; [`PublishError::DeltaLog`] where a log cannot be understood,
/// [`PublishError::DeltaOfOthers`] where a table is of another program, [`PublishError::DeltaProtocol`]
/// where another program made it one of a newer kind, [`PublishError::DeltaConflict`] where others
/// keep coming first; [`PublishError::DeltaOfParts`] where the run's tables are divided. What was
/// brought to the run until then stays so.
pub fn sync(output: &Output, run: &PublishedRun, keep: usize) -> Result<(), PublishError> {
    let synced = sync_at(output, run, keep, Utc::now());
    synced.map_err(|cause| PublishError::DeltaBehind { cause: Box::new(cause) })
}

/// Whether `output` has Delta tables.
#[must_use]
pub fn is_there(output: &Output) -> bool {
    let tables = fs::read_dir(root(output)).into_iter().flatten().filter_map(Result::ok);
    tables.into_iter().any(|table| Log::in_folder(&table.path()).is_there())
}

fn root(output: &Output) -> PathBuf {
    output.root().join("delta")
}

pub(crate) fn sync_at(
    output: &Output,
    run: &PublishedRun,
    keep: usize,
    now: DateTime<Utc>,
) -> Result<(), PublishError> {
    let record = run.record()?;
    let root = root(output);
    own::create_folder(&root)?;
    let _lock = Lock::take(&root, "kohort", Some(&|_| {}))?;
    for name in run.tables()? {
        let folder = root.join(&name);
        let follower =
            Follower { output, record: &record, log: Log::in_folder(&folder), folder, now };
        follower.table(&run.table(&name)?, keep)?;
    }
    Ok(())
}

/// One table that is brought to a run.
struct Follower<'a> {
    output: &'a Output,
    record: &'a RunRecord,
    folder: PathBuf,
    log: Log,
    now: DateTime<Utc>,
}

impl Follower<'_> {
    fn table(&self, table: &PublishedTable, keep: usize) -> Result<(), PublishError> {
        for _ in 0..TRIES {
            let newest = self.log.newest()?;
            if newest.version.is_some() && newest.run.is_none() {
                return Err(PublishError::DeltaOfOthers { path: self.log.folder().to_owned() });
            }
            let is_done = newest.run.as_ref().is_some_and(|(run, _)| *run == self.record.run_id);
            // Asked for after the log was read: what comes first from now on takes our version.
            if is_done || self.output.current_id()?.as_ref() != Some(&self.record.run_id) {
                return Ok(());
            }
            let version = newest.version.map_or(0, |last| last + 1);
            if self.log.append(version, &self.actions(table, newest)?)? {
                return self.tidy(version, keep);
            }
        }
        let version = self.log.newest()?.version.unwrap_or(0);
        Err(PublishError::DeltaConflict { path: self.log.entry(version) })
    }

    /// What replaces the rows that the table has by those of the run.
    fn actions(
        &self,
        table: &PublishedTable,
        newest: log::Newest,
    ) -> Result<Vec<Action>, PublishError> {
        let schema = schema_string(table.schema());
        let digest = blake3::hash(schema.as_bytes()).to_string();
        let add = self.add(table)?;
        let (rows, bytes) = (table.rows(), add.size);
        let now = self.now.timestamp_millis();
        let info = CommitInfo::overwrite(&self.record.run_id, digest.clone(), now, rows, bytes);
        let mut actions = vec![Action { commit_info: Some(info), ..Action::default() }];
        if newest.version.is_none() {
            actions.push(Action { protocol: Some(PROTOCOL), ..Action::default() });
        }
        if newest.run.is_none_or(|(_, known)| known != digest) {
            let meta_data = self.meta_data(table, schema)?;
            actions.push(Action { meta_data: Some(meta_data), ..Action::default() });
        }
        let gone = newest.files.iter().filter(|file| file.path != add.path);
        actions.extend(gone.map(|f| Action { remove: Some(f.removed(now)), ..Action::default() }));
        actions.push(Action { add: Some(add), ..Action::default() });
        Ok(actions)
    }

    /// The description of the table. What others set of it stays.
    fn meta_data(
        &self,
        table: &PublishedTable,
        schema: String,
    ) -> Result<Map<String, Value>, PublishError> {
        let mut meta_data = self.log.meta_data()?.unwrap_or_else(|| {
            let name = self.folder.file_name().unwrap_or_default().to_string_lossy();
            let mut new = Map::new();
            new.insert("id".into(), table_id(&self.record.run_id, &name).into());
            new.insert("name".into(), name.into());
            if let Some(description) = table.schema().metadata().get("kohort.description") {
                new.insert("description".into(), description.clone().into());
            }
            new.insert("format".into(), json!({ "provider": "parquet", "options": {} }));
            new.insert("partitionColumns".into(), json!([]));
            new.insert("configuration".into(), json!({}));
            new.insert("createdTime".into(), self.now.timestamp_millis().into());
            new
        });
        meta_data.insert("schemaString".into(), schema.into());
        Ok(meta_data)
    }

    /// Lays the run's file beside the log.
    fn add(&self, table: &PublishedTable) -> Result<Add, PublishError> {
        let source = table.path();
        if source.is_dir() {
            return Err(PublishError::DeltaOfParts { path: source.to_owned() });
        }
        own::create_folder(&self.folder)?;
        let path = file_name(&self.record.run_id);
        let file = self.folder.join(&path);
        if !own::is_file(&file) {
            if is_unsigned(table.schema()) {
                self.aside(&file, |to| without_unsigned(table, to))?;
            } else if fs::hard_link(source, &file).is_err() {
                self.aside(&file, |to| {
                    let copy = || {
                        let mut copy = own::create_table(to)?;
                        io::copy(&mut File::open(source)?, &mut copy)?;
                        copy.sync_all()
                    };
                    Ok(at(to, copy())?)
                })?;
            }
            disk::sync_folder(&self.folder)?;
        }
        let size = match fs::metadata(&file) {
            Ok(found) => found.len(),
            Err(cause) => return Err(reading(file, cause)),
        };
        Ok(Add {
            path,
            partition_values: Map::new(),
            size,
            modification_time: self.record.finished_at.timestamp_millis(),
            data_change: true,
            stats: Some(json!({ "numRecords": table.rows() }).to_string()),
        })
    }

    /// Makes `file` under another name first: what has its name is whole.
    fn aside(
        &self,
        file: &Path,
        make: impl FnOnce(&Path) -> Result<(), PublishError>,
    ) -> Result<(), PublishError> {
        let aside = self.folder.join(".part.tmp");
        make(&aside)?;
        if file.symlink_metadata().is_ok() {
            return Ok(at(file, Err(io::ErrorKind::AlreadyExists.into()))?);
        }
        Ok(at(file, fs::rename(&aside, file))?)
    }

    /// Removes the files of runs that none of the last `keep` versions added.
    fn tidy(&self, version: u64, keep: usize) -> Result<(), PublishError> {
        if version < keep as u64 {
            return Ok(());
        }
        let recent = self.log.recent(version, keep as u64)?;
        let mut old = parts(&self.folder, &recent)?;
        // A file that does not say that it is ours is if one of our versions added it.
        let untold: BTreeSet<String> =
            (old.iter()).filter(|name| !own::is_table(&self.folder.join(name))).cloned().collect();
        let added = self.log.added(version, &untold);
        old.retain(|name| !untold.contains(name) || added.contains(name));
        for name in old {
            let path = self.folder.join(name);
            at(&path, fs::remove_file(&path))?;
        }
        Ok(())
    }
}

/// The files of runs in `folder` that are not among `recent`.
fn parts(folder: &Path, recent: &BTreeSet<String>) -> Result<Vec<String>, PublishError> {
    let list = || -> io::Result<Vec<String>> {
        let mut old = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let run = name.strip_prefix("part-").and_then(|name| name.strip_suffix(".parquet"));
            // What has another name is not ours to remove.
            let is_part = run.is_some_and(|run| run.parse::<RunId>().is_ok());
            if is_part && entry.file_type()?.is_file() && !recent.contains(&name) {
                old.push(name);
            }
        }
        Ok(old)
    };
    list().map_err(|cause| reading(folder.to_owned(), cause))
}

fn file_name(run: &RunId) -> String {
    format!("part-{run}.parquet")
}

/// An id in the form of a UUID (version 8, of no meaning to others) from the run that made the
/// table.
fn table_id(run: &RunId, table: &str) -> String {
    let hash = blake3::hash(format!("{run}/{table}").as_bytes());
    let mut bytes: [u8; 16] = hash.as_bytes()[..16].try_into().expect("a hash has 32 bytes");
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = format!("{:032x}", u128::from_be_bytes(bytes));
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

fn is_unsigned(schema: &Schema) -> bool {
    schema.fields().iter().any(|field| *field.data_type() == DataType::UInt64)
}

/// Writes a table to `to`, with decimals where it has unsigned integers.
fn without_unsigned(table: &PublishedTable, to: &Path) -> Result<(), PublishError> {
    let fields = table.schema().fields().iter().map(|field| match field.data_type() {
        DataType::UInt64 => Arc::new(field.as_ref().clone().with_data_type(UNSIGNED)),
        _ => Arc::clone(field),
    });
    let schema: SchemaRef = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let failed = |cause: ParquetError| writing(to.to_owned(), cause);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_key_value_metadata(Some(vec![own::note()]))
        .build();
    let file = at(to, own::create_table(to))?;
    let mut writer =
        ArrowWriter::try_new(file, schema.clone(), Some(properties)).map_err(failed)?;
    for batch in table.batches()? {
        let batch = batch?;
        let columns = batch.columns().iter().zip(schema.fields());
        let columns = columns.map(|(column, field)| cast(column, field.data_type()));
        let cast = columns.collect::<Result<_, _>>();
        let batch = cast.and_then(|columns| RecordBatch::try_new(schema.clone(), columns));
        let written = batch.map_err(ParquetError::from).and_then(|batch| writer.write(&batch));
        written.map_err(failed)?;
    }
    writer.finish().map_err(failed)?;
    at(to, writer.sync())?;
    Ok(at(to, writer.inner().sync_all())?)
}
