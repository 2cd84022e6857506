//! Reports: published tables, runs, and the differences between runs, as text.
//!
//! A caller says what it asks for and gets text or writes rows; this crate knows no command line and
//! prints nothing. A table is drawn in three steps: a [`Source`] opens its file, a [`Query`] says which
//! rows and columns are asked for, and [`draw`] fits them to a [`Canvas`], as a heatmap, a table, sums or
//! bars. [`export`] writes the same rows whole, as CSV or JSON.

pub mod declaration;
pub mod diff;
mod error;
pub mod grid;
pub mod number;
pub mod runs;
pub mod schema;
pub mod summary;
mod table;

pub use error::ReportError;
pub use table::{Canvas, Guard, NULL, Picture, Query, Source, draw, export, list};

/// A form for other programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values with a header.
    Csv,
    /// An array of objects.
    Json,
}
