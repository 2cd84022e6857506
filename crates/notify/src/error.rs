//! Errors of notifications.

use std::io;
use std::path::PathBuf;

use kohort_store::StoreError;

/// Why a notification did not reach its reader. The run goes on without it.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// A file of `[records]` cannot be written.
    #[error("cannot write {}: {cause}; see to it, or to [records] in the pipeline file", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// The address of `[records] lineage` does not take an event.
    #[error("the lineage event was not delivered: {0}")]
    Lineage(StoreError),
}
