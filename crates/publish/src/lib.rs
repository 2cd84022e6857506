//! Result tables as Parquet, made visible in one atomic step.
//!
//! An output folder looks like this:
//!
//! ```text
//! OUTPUT/current                     symlink to the run that readers see
//! OUTPUT/runs/<run id>/<table>.parquet
//! OUTPUT/runs/<run id>/rejected/<input>.parquet
//! OUTPUT/runs/<run id>/run.json      what the run read, left out and wrote: a RunRecord
//! OUTPUT/.staging/<run id>/          a run at work
//! OUTPUT/.lock                       held and signed by that run
//! ```
//!
//! [`Output::begin`] takes the lock and gives a [`Staging`]; [`Staging::commit`] flushes it to
//! disk, moves it to `runs` and swaps `current`. A run that ends in any other way leaves
//! `current` as it was, and what it staged is removed: by its drop, or where it was killed by the
//! next run. [`PublishedRun`] and [`PublishedTable`] read what was published.

mod arrays;
mod digest;
mod disk;
mod error;
mod lock;
mod merge;
mod order;
mod output;
mod parquet_file;
mod read;
mod record;
mod rejected;
mod rows;
mod run_id;
mod spill;
mod staging;

#[cfg(test)]
mod tests;

pub use digest::digest;
pub use error::PublishError;
pub use output::Output;
pub use parquet_file::TableMeta;
pub use read::{Batches, PublishedRun, PublishedTable};
pub use record::{
    Calibration, EventCounts, FileRecord, InputRecord, RECORD_VERSION, RiskRecord, RunRecord,
    TableRecord, Timing,
};
pub use rejected::{REJECTED, RejectedRow};
pub use rows::RowSink;
pub use run_id::{InvalidRunId, RunId};
pub use spill::SpillFile;
pub use staging::{Published, Staging};

/// The version of kohort that stands in run records and Parquet metadata.
pub const KOHORT_VERSION: &str = env!("CARGO_PKG_VERSION");
