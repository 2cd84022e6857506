//! Where batches go, and what is said of them at the end.

use std::collections::BTreeMap;

use kohort_model::EventBatch;

use crate::source::Needs;

/// Takes batches of accepted rows, in no particular order. Each reader thread has one of its own.
pub trait Sink: Send {
    /// Why a batch can't be taken.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Takes a batch.
    ///
    /// # Errors
    /// Ends the whole read with [`crate::LoadError::Sink`].
    fn push(&mut self, batch: &EventBatch<'_>) -> Result<(), Self::Error>;
}

/// Rows of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileReport {
    /// Rows that the file holds.
    pub rows: u64,
    /// Rows that the filter left out.
    pub filtered: u64,
    /// Rows that equal a row of this or another file in every column.
    pub duplicates: u64,
    /// Rows that were rejected, for any reason.
    pub rejected: u64,
}

/// What became of the rows of an input: those of its files that are neither filtered, nor
/// duplicates, nor rejected went to the sinks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadReport {
    /// In the order of [`crate::Opened::files`].
    pub files: Vec<FileReport>,
    /// Rejected rows by reason; reasons without a row are left out.
    pub rejected: BTreeMap<&'static str, u64>,
    /// Of each of [`EventBatch::segments`] the text of each code. Which value has which code differs
    /// from one read to the next.
    pub segment_values: Vec<Vec<String>>,
    /// The text of each reason's code, likewise.
    pub reasons: Vec<String>,
    pub(crate) needs: Needs,
    pub(crate) now: i64,
}

impl LoadReport {
    /// Rows that the files hold.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// Rows that the filter left out.
    #[must_use]
    pub fn filtered(&self) -> u64 {
        self.files.iter().map(|file| file.filtered).sum()
    }

    /// Rows that equal another row.
    #[must_use]
    pub fn duplicates(&self) -> u64 {
        self.files.iter().map(|file| file.duplicates).sum()
    }

    /// Rows that were rejected.
    #[must_use]
    pub fn rejected_rows(&self) -> u64 {
        self.files.iter().map(|file| file.rejected).sum()
    }
}
