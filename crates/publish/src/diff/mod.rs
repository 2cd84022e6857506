//! Comparison of two runs: what changed, and which input files may have brought it.
//!
//! Rows are matched by the key that each file names. What counts is *closed* rows: those that were
//! complete in the older run. Tables are read side by side, so that one with a row a customer
//! needs no more memory than a small one.

mod cells;
mod closed;
mod difference;
mod files;
mod join;
mod pair;

use std::fmt;

use kohort_model::Day;

use crate::{LookupRecord, PublishError, PublishedRun, RunRecord};

pub use cells::Value;
pub use closed::Period;
pub use difference::{Change, Counts, Scope, TableDifference, What};
pub use files::{FileChange, FileFate, FileRows, suspects};
pub use pair::{TablePair, Unlike};

/// Two published runs side by side.
#[derive(Debug)]
pub struct Comparison {
    older: (PublishedRun, RunRecord),
    newer: (PublishedRun, RunRecord),
}

/// Why a difference may have another cause than the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The runs come from different versions of kohort.
    Versions {
        /// Of the older run.
        older: String,
        /// Of the newer run.
        newer: String,
    },
    /// The runs follow different settings.
    Settings,
    /// The lapse window was found from the data, and is another one; in days.
    Lapse {
        /// Of the older run.
        older: u32,
        /// Of the newer run.
        newer: u32,
    },
    /// A lookup holds something else, so that rows of the same files may mean something else.
    Lookup {
        /// Its name.
        lookup: String,
    },
    /// The run that should be the older one knows more days.
    Backwards {
        /// `as_of` of the run given first.
        older: Day,
        /// `as_of` of the run given second.
        newer: Day,
    },
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Versions { older, newer } => write!(
                f,
                "the runs are of kohort {older} and {newer}: what a number means may have changed"
            ),
            Self::Settings => write!(
                f,
                "the runs have different pipeline settings: what a number means may have changed"
            ),
            Self::Lapse { older, newer } => write!(
                f,
                "the lapse window, found from the data, was {older} days and is {newer} days"
            ),
            Self::Lookup { lookup } => write!(
                f,
                "the lookup {lookup} holds something else: rows of files that have not changed may have \
                 changed with it"
            ),
            Self::Backwards { older, newer } => write!(
                f,
                "the run given first is as of {older}, the second as of {newer}; name the older \
                 one first"
            ),
        }
    }
}

impl Comparison {
    /// The comparison of an older run with a newer one.
    ///
    /// # Errors
    /// Those of [`PublishedRun::record`].
    pub fn new(older: PublishedRun, newer: PublishedRun) -> Result<Self, PublishError> {
        let (one, other) = (older.record()?, newer.record()?);
        Ok(Self { older: (older, one), newer: (newer, other) })
    }

    /// What the older run says of itself.
    #[must_use]
    pub fn older(&self) -> &RunRecord {
        &self.older.1
    }

    /// What the newer run says of itself.
    #[must_use]
    pub fn newer(&self) -> &RunRecord {
        &self.newer.1
    }

    /// Why differences may not come from the data.
    #[must_use]
    pub fn doubts(&self) -> Vec<Doubt> {
        let (older, newer) = (self.older(), self.newer());
        let mut doubts = Vec::new();
        if older.kohort_version != newer.kohort_version {
            let (older, newer) = (older.kohort_version.clone(), newer.kohort_version.clone());
            doubts.push(Doubt::Versions { older, newer });
        }
        if older.pipeline_digest != newer.pipeline_digest {
            doubts.push(Doubt::Settings);
        } else if older.lapse_after_days != newer.lapse_after_days {
            let (older, newer) = (older.lapse_after_days, newer.lapse_after_days);
            doubts.push(Doubt::Lapse { older, newer });
        }
        for LookupRecord { lookup, columns, digest, .. } in &newer.lookups {
            let before = older.lookups.iter().find(|before| before.lookup == *lookup);
            let before = before.filter(|before| before.columns == *columns);
            if before.is_some_and(|before| before.digest != *digest) {
                doubts.push(Doubt::Lookup { lookup: lookup.clone() });
            }
        }
        if older.as_of > newer.as_of {
            doubts.push(Doubt::Backwards { older: older.as_of, newer: newer.as_of });
        }
        doubts
    }

    /// The names of the tables that both runs have, sorted, and of those that only one has.
    ///
    /// # Errors
    /// Those of [`PublishedRun::tables`].
    pub fn tables(&self) -> Result<(Vec<String>, Vec<String>), PublishError> {
        let (older, newer) = (self.older.0.tables()?, self.newer.0.tables()?);
        let (both, mut one): (Vec<_>, Vec<_>) =
            older.iter().cloned().partition(|table| newer.contains(table));
        one.extend(newer.into_iter().filter(|table| !older.contains(table)));
        one.sort_unstable();
        Ok((both, one))
    }

    /// The table `name` of both, or why it cannot be compared.
    ///
    /// # Errors
    /// Those of [`PublishedRun::table`], for either run.
    pub fn table(&self, name: &str) -> Result<Result<TablePair, Unlike>, PublishError> {
        let [older, newer] = [&self.older, &self.newer].map(|(run, record)| (run, record));
        TablePair::open(name, older, newer)
    }

    /// The files that the runs did not find alike, by input and path.
    #[must_use]
    pub fn files(&self) -> Vec<FileChange> {
        files::changes(self.older(), self.newer())
    }
}
