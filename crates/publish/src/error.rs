//! Errors of publishing and of reading what is published.

use std::io;
use std::path::PathBuf;

use kohort_disk::{DiskError, RunId};
use kohort_store::StoreError;
use parquet::errors::ParquetError;

/// Why nothing was published, or what is published cannot be read. Every text is complete: the
/// cause is part of it, with a remedy.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The disk does not do what it is asked to.
    #[error("{0}")]
    Disk(#[from] DiskError),
    /// `current` is a file, a folder or a link of somebody else.
    #[error(
        "{} is not a link to a run; move it away or choose another --output",
        .path.display()
    )]
    CurrentInTheWay {
        /// `OUTPUT/current`.
        path: PathBuf,
    },
    /// There is a run of this id already.
    #[error("there is a run at {} already; start the run again", .path.display())]
    RunExists {
        /// Its folder.
        path: PathBuf,
    },
    /// A table does not fit into Parquet.
    #[error("cannot write {} as Parquet: {cause}; please report this", .path.display())]
    Encode {
        /// The file.
        path: PathBuf,
        /// What the writer said.
        cause: ParquetError,
    },
    /// An older run cannot be removed. Where a run was published before, it is all the same.
    #[error(
        "an old run cannot be removed: {}: {cause}; see to the cause, the next run or `kohort gc` tries \
         again",
        .path.display()
    )]
    Prune {
        /// The folder of the old run.
        path: PathBuf,
        /// What the operating system or the store said.
        cause: io::Error,
    },
    /// On an object store another run became current while this one was at work.
    #[error(
        "another run was published at {} in the meantime{}, so this one is not; look at that one, \
         then run again if it is still needed",
        .output.display(), .current.as_ref().map(|id| format!(", {id}")).unwrap_or_default()
    )]
    Outrun {
        /// The output.
        output: PathBuf,
        /// The run that is current.
        current: Option<RunId>,
    },
    /// An object store does not say what became of the pointer to a run.
    #[error(
        "it is not known whether run {id} became current at {}: {cause}; its files stay: `kohort runs \
         {}` says which run is current, and `kohort publish {}` makes this one so",
        .output.display(), .output.display(), .output.join(.id.as_str()).display()
    )]
    Unsettled {
        /// The run.
        id: RunId,
        /// The output.
        output: PathBuf,
        /// What the store says.
        cause: Box<PublishError>,
    },
    /// On an object store somebody removed the files of a run before it became current.
    #[error(
        "run {id} at {} was removed by another run or by `kohort gc`, or is about to be; run again",
        .output.display()
    )]
    Cleared {
        /// The run.
        id: RunId,
        /// The output.
        output: PathBuf,
    },
    /// A run on an object store that lacks a file of a table.
    #[error(
        "not all of table {table} is in {}; publish another run, or run again",
        .folder.display()
    )]
    Incomplete {
        /// The folder of the run.
        folder: PathBuf,
        /// The table.
        table: String,
    },
    /// An object store does not do what it is asked to.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A file is not Parquet, or not all of it is there.
    #[error(
        "cannot read {} as Parquet: {cause}; the file is damaged or something else, \
         a new `kohort run` replaces it",
        .path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        cause: ParquetError,
    },
    /// A file of a table is not the one that the run wrote.
    #[error(
        "{} is not what the run wrote: {fault}; a new `kohort run` replaces it",
        .path.display()
    )]
    Changed {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        fault: Fault,
    },
    /// A path holds no published run.
    #[error(
        "no published tables at {}; name an output folder, the folder of a run or a .parquet \
         file, or publish with `kohort run` first",
        .path.display()
    )]
    NothingPublished {
        /// The path as given.
        path: PathBuf,
    },
    /// An output has no run of this name.
    #[error(
        "there is no run {name} in {}; the runs there, newest first: {}",
        .output.display(), names(.runs)
    )]
    UnknownRun {
        /// The name as given.
        name: String,
        /// The output.
        output: PathBuf,
        /// Its runs, newest first.
        runs: Vec<RunId>,
    },
    /// The folder of a run that was copied or moved.
    #[error(
        "{} is not among the runs of an output; name one as OUTPUT/RUN, `kohort runs OUTPUT` \
         lists them",
        .folder.display()
    )]
    NoOutput {
        /// The folder.
        folder: PathBuf,
    },
    /// A run has no table of this name.
    #[error(
        "no table {table} in {}; the tables there: {}",
        .folder.display(), if .tables.is_empty() { "none".to_owned() } else { .tables.join(", ") }
    )]
    UnknownTable {
        /// The name as given.
        table: String,
        /// The run's folder.
        folder: PathBuf,
        /// The tables of the run by name.
        tables: Vec<String>,
    },
    /// `run.json` is not a run record, or `.attempt.json` none of an attempt.
    #[error(
        "cannot read {} as a run record: {cause}; a new `kohort run` writes another",
        .path.display()
    )]
    Record {
        /// The file.
        path: PathBuf,
        /// What the parser said, with line and column.
        cause: serde_json::Error,
    },
    /// `current.json` on an object store does not say which run is current.
    #[error(
        "cannot read {} as a pointer to a run: {cause}; move it away or choose another --output",
        .path.display()
    )]
    Pointer {
        /// Its URL.
        path: PathBuf,
        /// What the parser said, with line and column.
        cause: serde_json::Error,
    },
    /// `run.json` or `current.json` comes from a newer kohort.
    #[error(
        "{} has record version {found}, and this kohort reads up to {known}; use a newer one",
        .path.display()
    )]
    RecordVersion {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version that is understood.
        known: u32,
    },
    /// A table has more values of `outputs.partition_by` than folders are made.
    #[error(
        "table {table} has more than {limit} values of {column}, each of which would be a folder; \
         set outputs.partition_by to a column of fewer values, or outputs.format to \"parquet\""
    )]
    TooManyPartitions {
        /// The table.
        table: &'static str,
        /// The column.
        column: String,
        /// Most values that it may have.
        limit: usize,
    },
    /// An entry of a Delta log is something else.
    #[error(
        "cannot read {} as an entry of a Delta log: {cause}; move the table's folder away and \
         run `kohort run` again to begin a new one",
        .path.display()
    )]
    DeltaLog {
        /// The entry.
        path: PathBuf,
        /// What the parser said, with line and column.
        cause: serde_json::Error,
    },
    /// A run is current, and a Delta table cannot be brought to it.
    #[error(
        "the run is published, and the next `kohort run` brings the Delta tables to it, as this one \
         could not: {cause}"
    )]
    DeltaBehind {
        /// Why.
        cause: Box<PublishError>,
    },
    /// Another program gave a Delta table features that Kohort does not write.
    #[error(
        "the Delta table with the log {} asks for reader version {reader} and writer version \
         {writer}, and this kohort writes 1 and 2; drop the features that another program added, \
         or move the table's folder away",
        .path.display()
    )]
    DeltaProtocol {
        /// The folder of the log.
        path: PathBuf,
        /// Version of the protocol that readers need.
        reader: u32,
        /// Version of the protocol that writers need.
        writer: u32,
    },
    /// A Delta table in which no run has its rows.
    #[error(
        "the Delta table with the log {} was made by another program; move the table's folder away \
         or choose another --output",
        .path.display()
    )]
    DeltaOfOthers {
        /// The folder of the log.
        path: PathBuf,
    },
    /// Others keep adding to a Delta log.
    #[error(
        "{} was written by another program just then, and so were those before it; Kohort alone \
         should write it",
        .path.display()
    )]
    DeltaConflict {
        /// The entry that the others wrote last.
        path: PathBuf,
    },
    /// A run whose tables are not one file each has no place in Delta tables.
    #[error(
        "{} is divided by a column, and files of Delta tables are whole; run `kohort run` with \
         outputs.format = \"delta\"",
        .path.display()
    )]
    DeltaOfParts {
        /// The table's folder.
        path: PathBuf,
    },
}

/// In what a file differs from what `run.json` says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is gone.
    #[error("it is missing")]
    Missing,
    /// The table had no such file.
    #[error("run.json does not name it as a file of its table")]
    Surplus,
    /// It holds something else.
    #[error("its content does not have the BLAKE3 in run.json")]
    Content,
}

/// What went wrong while a Parquet file was written: the disk's word where it is the cause.
pub(crate) fn writing(path: PathBuf, cause: ParquetError) -> PublishError {
    match cause {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(cause) => DiskError::Write { path, cause: *cause }.into(),
            Err(inner) => PublishError::Encode { path, cause: ParquetError::External(inner) },
        },
        cause => PublishError::Encode { path, cause },
    }
}

/// What went wrong while a file or folder was opened or listed.
pub(crate) fn reading(path: PathBuf, cause: io::Error) -> PublishError {
    DiskError::Read { path, cause }.into()
}

/// The names that an error lists, newest first.
fn names(runs: &[RunId]) -> String {
    const LISTED: usize = 20;
    if runs.is_empty() {
        return "none".to_owned();
    }
    let mut listed: Vec<_> = runs.iter().take(LISTED).map(RunId::as_str).collect();
    let more = format!("and {} more", runs.len().saturating_sub(LISTED));
    listed.extend((runs.len() > LISTED).then_some(more.as_str()));
    listed.join(", ")
}
