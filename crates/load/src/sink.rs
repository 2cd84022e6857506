//! Where batches go, and what is said of them at the end.

use std::collections::BTreeMap;

use kohort_expr::UnknownKeys;
use kohort_model::{Day, EventBatch};

use crate::codes::Texts;
use crate::days_seen::DaysSeen;
use crate::source::Needs;
use crate::texts_seen::TextsSeen;

/// Takes batches of accepted rows, in no particular order. Each reader thread has one of its own.
pub trait Sink: Send {
    /// Why a batch can't be taken.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Takes a batch of one part of the input.
    ///
    /// # Errors
    /// Ends the whole read with [`crate::LoadError::Sink`].
    fn push(&mut self, part: usize, batch: &EventBatch<'_>) -> Result<(), Self::Error>;
}

/// Rows of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileReport {
    /// Rows that the file holds.
    pub rows: u64,
    /// Of these, rows that were read: all, or none where it was known without a look at them what
    /// becomes of them, as where folders alone show that the filter lets none through.
    pub read: u64,
    /// Rows that the filter left out.
    pub filtered: u64,
    /// Rows that equal a row of this or another file in every column.
    pub duplicates: u64,
    /// Rows that were rejected, by reason; reasons without a row are left out.
    pub rejected: BTreeMap<String, u64>,
    /// Rows whose amount had more digits than [`crate::Source::scale`] keeps and was rounded to it,
    /// of those that went to the sinks.
    pub rounded: u64,
    /// First business-local day of those that were rejected because they are in the future: from that
    /// day on the same file may be read as something else.
    pub future: Option<Day>,
    /// Rows that fail each of [`crate::Source::checks`], of those that the filter lets through, rejected
    /// ones too; 0 of checks of types.
    pub checks: Vec<u64>,
    /// Of each value of which the pipeline names some texts, in an order that follows from the source, the
    /// rows of its texts: of those that the filter lets through, rejected ones too.
    pub texts: Vec<TextsSeen>,
    /// The days of the rows that went to the sinks, where they have a time.
    pub days: DaysSeen,
    /// By lookup the rows in which it lacks a key that is looked for, rejected ones too: of what `where`
    /// looks up those that all else in it lets through, of the other values those that it lets through.
    pub unknown_keys: BTreeMap<String, UnknownKeys>,
}

impl FileReport {
    /// Rows that were rejected, for any reason.
    #[must_use]
    pub fn rejected_rows(&self) -> u64 {
        self.rejected.values().sum()
    }
}

/// What became of the rows of an input: those of its files that are neither filtered, nor
/// duplicates, nor rejected went to the sinks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadReport {
    /// In the order of [`crate::Opened::files`].
    pub files: Vec<FileReport>,
    /// Rejected rows by reason; reasons without a row are left out.
    pub rejected: BTreeMap<String, u64>,
    /// Of each column of texts, by its place in the declaration, the text of each code. Which text has
    /// which code differs from one read to the next.
    pub texts: Vec<(usize, Vec<String>)>,
    /// Of each of [`EventBatch::segments`] the text of each code, likewise.
    pub segment_values: Vec<Vec<String>>,
    pub(crate) needs: Needs,
    pub(crate) now: i64,
}

impl LoadReport {
    /// What [`crate::Opened::read_parts`] found, in full.
    #[must_use]
    pub fn new(files: Vec<FileReport>, texts: Texts, needs: Needs, now: i64) -> Self {
        let mut rejected = BTreeMap::new();
        for (reason, rows) in files.iter().flat_map(|file| &file.rejected) {
            *rejected.entry(reason.clone()).or_default() += rows;
        }
        let (texts, segment_values) = texts.into_lists();
        Self { files, rejected, texts, segment_values, needs, now }
    }

    /// The texts of a column by code; none of a column that holds none.
    #[must_use]
    pub fn texts_of(&self, place: usize) -> &[String] {
        let own = self.texts.iter().find(|(of, _)| *of == place);
        own.map_or(&[], |(_, texts)| texts)
    }

    /// Rows that the files hold.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// Rows of them that were read.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.files.iter().map(|file| file.read).sum()
    }

    /// Rows that the filter left out.
    #[must_use]
    pub fn filtered(&self) -> u64 {
        self.files.iter().map(|file| file.filtered).sum()
    }

    /// Rows whose amount was rounded.
    #[must_use]
    pub fn rounded(&self) -> u64 {
        self.files.iter().map(|file| file.rounded).sum()
    }

    /// Rows that equal another row.
    #[must_use]
    pub fn duplicates(&self) -> u64 {
        self.files.iter().map(|file| file.duplicates).sum()
    }

    /// Rows that were rejected.
    #[must_use]
    pub fn rejected_rows(&self) -> u64 {
        self.files.iter().map(FileReport::rejected_rows).sum()
    }

    /// Rows that went to the sinks.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        let others = self.filtered() + self.duplicates() + self.rejected_rows();
        self.rows().saturating_sub(others)
    }

    /// By lookup the rows in which it lacks a key.
    #[must_use]
    pub fn unknown_keys(&self) -> BTreeMap<String, UnknownKeys> {
        let mut unknown: BTreeMap<String, UnknownKeys> = BTreeMap::new();
        for (lookup, keys) in self.files.iter().flat_map(|file| &file.unknown_keys) {
            unknown.entry(lookup.clone()).or_default().merge(keys);
        }
        unknown
    }

    /// Their days.
    #[must_use]
    pub fn days(&self) -> DaysSeen {
        let mut days = DaysSeen::default();
        self.files.iter().for_each(|file| days.merge(&file.days));
        days
    }
}
