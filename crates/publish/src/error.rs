use std::io;
use std::path::PathBuf;

use parquet::errors::ParquetError;

/// Why nothing was published, or what is published cannot be read. Every text is complete: the
/// cause is part of it, with a remedy.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The operating system refuses a file or folder of the output.
    #[error("cannot write {}: {cause}; {}", .path.display(), remedy(.cause))]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// The lock file cannot be locked, for another reason than that a run holds it.
    #[error(
        "cannot lock {}: {cause}; choose an --output on a file system that supports locks",
        .path.display()
    )]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// Another run works on the same output.
    #[error(
        "{} is in use by {holder}; wait until it ends, stop it, or choose another --output",
        .root.display()
    )]
    Locked {
        /// The output folder.
        root: PathBuf,
        /// Run, process, host and start of the other run, as its lock file has it.
        holder: String,
    },
    /// `current` is a file or folder of somebody else.
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
    /// An older run cannot be removed. The new run is published all the same.
    #[error(
        "the run is published, but an old one cannot be removed: {}: {cause}; remove it by hand",
        .path.display()
    )]
    Prune {
        /// The folder of the old run.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// A file or folder cannot be opened or listed.
    #[error(
        "cannot read {}: {cause}; check that it is there and can be read",
        .path.display()
    )]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
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
    /// `run.json` is not a run record.
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
    /// `run.json` comes from a newer kohort.
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
}

fn remedy(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "free some space or choose another --output"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "allow writing there or choose another --output"
        }
        io::ErrorKind::NotADirectory
        | io::ErrorKind::IsADirectory
        | io::ErrorKind::AlreadyExists
        | io::ErrorKind::DirectoryNotEmpty => "move what is in the way or choose another --output",
        _ => "see to the cause or choose another --output",
    }
}

/// What went wrong while a Parquet file was written: the disk's word where it is the cause.
pub(crate) fn writing(path: PathBuf, cause: ParquetError) -> PublishError {
    match cause {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(cause) => PublishError::Write { path, cause: *cause },
            Err(inner) => PublishError::Encode { path, cause: ParquetError::External(inner) },
        },
        cause => PublishError::Encode { path, cause },
    }
}
