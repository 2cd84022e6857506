//! Input files that came, went or changed between two runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use kohort_model::{Calendar, Day};

use super::closed::{Period, closed_until};
use crate::{FileRecord, InputRecord, RunRecord};

/// Rows of a file as the two runs found it; 0 where it was not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileRows {
    /// Of the older run.
    pub older: u64,
    /// Of the newer run.
    pub newer: u64,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileFate {
    /// Only the newer run read it, and it has rows of months that were closed: they are late.
    Late,
    /// Only the newer run read it.
    New,
    /// Both read it, but it is not the same, and has or had rows of months that were closed.
    Corrected,
    /// Both read it, but it is not the same.
    Changed,
    /// Only the older run read it.
    Deleted,
}

impl fmt::Display for FileFate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Late => "late",
            Self::New => "new",
            Self::Corrected => "corrected",
            Self::Changed => "changed",
            Self::Deleted => "deleted",
        })
    }
}

/// A file that the two runs did not find alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Name of the input.
    pub input: String,
    /// Path or URL.
    pub path: String,
    /// What became of it.
    pub fate: FileFate,
    /// Its rows.
    pub rows: FileRows,
    /// Its accepted rows by month, such as `2024-01`; `None` where a run did not count them.
    pub months: Option<BTreeMap<String, FileRows>>,
    /// The months among them that were over at the older run's `as_of`.
    pub closed_months: BTreeSet<String>,
}

impl FileChange {
    /// Its accepted rows of the months that were closed; `None` where a run did not count them.
    #[must_use]
    pub fn closed_rows(&self) -> Option<FileRows> {
        Some(total(self.months.as_ref()?.iter().filter(|(m, _)| self.closed_months.contains(*m))))
    }

    /// Its accepted rows in the months that overlap a period; `None` where a run did not count
    /// them.
    #[must_use]
    pub fn rows_in(&self, (grain, start): Period) -> Option<FileRows> {
        let last = Calendar::default().next_start(grain, start).plus(-1);
        Some(total(self.months.as_ref()?.range(month(start)..=month(last))))
    }

    /// Whether rows of it are of a month before the period or in it.
    fn precedes(&self, (grain, start): Period) -> bool {
        let last = Calendar::default().next_start(grain, start).plus(-1);
        self.months.as_ref().is_none_or(|months| months.range(..=month(last)).next().is_some())
    }
}

fn total<'a>(months: impl Iterator<Item = (&'a String, &'a FileRows)>) -> FileRows {
    months.fold(FileRows::default(), |sum, (_, rows)| FileRows {
        older: sum.older + rows.older,
        newer: sum.newer + rows.newer,
    })
}

/// The files that may have changed the numbers of a period: those with rows in its months and
/// those whose months are not known. Where there is none, those with earlier rows, which reach
/// later periods through what is active, returns or leaves in them; and where there is none of
/// these either, all, because what later orders revise looks ahead.
#[must_use]
pub fn suspects(files: &[FileChange], period: Period) -> Vec<&FileChange> {
    let has_rows =
        |file: &FileChange| file.rows_in(period).is_none_or(|rows| rows != FileRows::default());
    let found: Vec<_> = files.iter().filter(|file| has_rows(file)).collect();
    if !found.is_empty() {
        return found;
    }
    let found: Vec<_> = files.iter().filter(|file| file.precedes(period)).collect();
    if found.is_empty() { files.iter().collect() } else { found }
}

/// The files that two runs did not find alike, by input and path.
pub(super) fn changes(older: &RunRecord, newer: &RunRecord) -> Vec<FileChange> {
    let first_open = month(closed_until(older));
    let mut files: BTreeMap<(&str, &str), [Option<&FileRecord>; 2]> = BTreeMap::new();
    for (side, run) in [older, newer].into_iter().enumerate() {
        for InputRecord { input, files: found, .. } in &run.inputs {
            for file in found {
                files.entry((input, &file.path)).or_default()[side] = Some(file);
            }
        }
    }
    let changed = files.into_iter().filter_map(|((input, path), [older, newer])| {
        if older.zip(newer).is_some_and(|(older, newer)| is_same(older, newer)) {
            return None;
        }
        let months = by_month(older, newer);
        let closed_months = months.iter().flat_map(BTreeMap::keys);
        let closed_months: BTreeSet<_> =
            closed_months.filter(|month| **month < first_open).cloned().collect();
        let fate = match (older, newer, closed_months.is_empty()) {
            (None, _, false) => FileFate::Late,
            (None, _, true) => FileFate::New,
            (Some(_), None, _) => FileFate::Deleted,
            (Some(_), Some(_), false) => FileFate::Corrected,
            (Some(_), Some(_), true) => FileFate::Changed,
        };
        let rows = |file: Option<&FileRecord>| file.map_or(0, |file| file.rows);
        Some(FileChange {
            input: input.to_owned(),
            path: path.to_owned(),
            fate,
            rows: FileRows { older: rows(older), newer: rows(newer) },
            months,
            closed_months,
        })
    });
    changed.collect()
}

/// Whether a path leads to the same file as before, as far as its records say.
fn is_same(older: &FileRecord, newer: &FileRecord) -> bool {
    match (&older.identity, &newer.identity) {
        (Some(older), Some(newer)) => older == newer,
        _ => {
            (older.rows, older.bytes, older.modified_us)
                == (newer.rows, newer.bytes, newer.modified_us)
        }
    }
}

fn by_month(
    older: Option<&FileRecord>,
    newer: Option<&FileRecord>,
) -> Option<BTreeMap<String, FileRows>> {
    // A file all of whose rows were filtered or rejected looks like one that was not counted; the
    // one is as rare as it is harmless.
    let is_counted =
        |file: &FileRecord| file.rows == file.rejected || !file.rows_by_month.is_empty();
    if !older.is_none_or(is_counted) || !newer.is_none_or(is_counted) {
        return None;
    }
    let mut months: BTreeMap<String, FileRows> = BTreeMap::new();
    for (month, rows) in older.iter().flat_map(|file| &file.rows_by_month) {
        months.entry(month.clone()).or_default().older += rows;
    }
    for (month, rows) in newer.iter().flat_map(|file| &file.rows_by_month) {
        months.entry(month.clone()).or_default().newer += rows;
    }
    Some(months)
}

/// `2024-01`.
fn month(day: Day) -> String {
    let mut text = day.to_string();
    text.truncate("2024-01".len());
    text
}
