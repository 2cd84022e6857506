//! Errors of the disk.

use std::io;
use std::path::PathBuf;

/// Why a file or folder cannot be used. Every text is complete: the cause is part of it, with a remedy.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// The operating system refuses a file or folder of the output.
    #[error("cannot write {}: {cause}; {}", .path.display(), remedy(.cause, "--output"))]
    Write {
        /// The file or folder.
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
    /// A folder that is to be ours holds what others put there, and nothing of ours.
    #[error(
        "{} is not kohort's to write to: it holds {}, and nothing that kohort wrote; choose a new or \
         an empty folder as {setting}, such as {}",
        .root.display(), holds(.found, *.more), .root.join("kohort").display()
    )]
    Occupied {
        /// The folder.
        root: PathBuf,
        /// Names of what it holds, some of them.
        found: Vec<String>,
        /// How many more there are.
        more: usize,
        /// What names the folder: `--output` or `[state] path`.
        setting: &'static str,
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
    /// Another run works on the same folder.
    #[error(
        "{} is in use by {holder}; wait until it ends, as `kohort run --wait` does, stop it, or \
         choose another --output",
        .root.display()
    )]
    Locked {
        /// The folder.
        root: PathBuf,
        /// Run, process, host and start of the other run, as its lock file has it.
        holder: String,
    },
}

/// What to do about an error of writing to the folder that `setting` names.
#[must_use]
pub fn remedy(cause: &io::Error, setting: &str) -> String {
    let remedy = match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "free some space"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "allow writing there"
        }
        _ if is_in_the_way(cause) => "move what is in the way",
        _ => "see to the cause",
    };
    format!("{remedy} or choose another {setting}")
}

/// Whether something of another kind has the name of what is to be written.
#[must_use]
pub fn is_in_the_way(cause: &io::Error) -> bool {
    matches!(
        cause.kind(),
        io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::AlreadyExists
            | io::ErrorKind::DirectoryNotEmpty
    )
}

/// `a, b and 3 more`.
fn holds(found: &[String], more: usize) -> String {
    match (found, more) {
        ([first @ .., last], 0) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        (_, 0) => found.join(", "),
        _ => format!("{} and {more} more", found.join(", ")),
    }
}
