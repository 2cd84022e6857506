//! Errors of a report.

use std::io;

use arrow::error::ArrowError;
use kohort_publish::PublishError;

/// Why there is no report. Every text is complete: the cause is part of it.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Reading what was published.
    #[error("{0}")]
    Publish(#[from] PublishError),
    /// A name that does not exist.
    #[error("there is no {what} {name:?}; there is {}", known.join(", "))]
    Unknown {
        /// What it should name: `table`, `column`, `grain`.
        what: &'static str,
        /// The name as given.
        name: String,
        /// Every name that would do.
        known: Vec<String>,
    },
    /// Several columns for a heatmap.
    #[error("a heatmap shows one column; name one with --column")]
    OneColumn,
    /// A column that no heatmap can show.
    #[error("a heatmap shows numbers, and {column} is none; name another --column")]
    NotANumber {
        /// Its name.
        column: String,
    },
    /// Rows that cannot be written as CSV or JSON, or that do not fit together.
    #[error("the table cannot be written: {0}")]
    Arrow(#[from] ArrowError),
    /// The writer that rows go to has failed.
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
}
