//! Errors of the cache.

use std::io;
use std::path::PathBuf;

use kohort_disk::{DiskError, is_in_the_way, remedy};

/// Why nothing can be kept for the next run. Every text is complete: the cause is part of it, with a
/// remedy.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The operating system refuses a file or folder in which runs keep what they read.
    #[error("cannot write {}: {cause}; {}", .path.display(), remedy(.cause, "[state] path"))]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// The folder is in use, or is not kohort's.
    #[error("{0}")]
    Disk(DiskError),
}

impl CacheError {
    /// Whether the disk takes nothing, which a run can do without; not so where something else is in the
    /// way.
    #[must_use]
    pub fn is_of_disk(&self) -> bool {
        matches!(self, Self::Write { cause, .. } if !is_in_the_way(cause))
    }
}

impl From<DiskError> for CacheError {
    fn from(error: DiskError) -> Self {
        match error {
            DiskError::Write { path, cause } => Self::Write { path, cause },
            error => Self::Disk(error),
        }
    }
}
