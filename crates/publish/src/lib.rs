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
//! OUTPUT/.state/                     what runs keep of what they read (kohort-cache)
//! OUTPUT/.lock                       held and signed by that run
//! OUTPUT/.attempt.json               what it takes to start it again: an Attempt
//! ```
//!
//! A [`Layout`] may divide a table into `<table>/<column>=<value>/part-0.parquet`, or have
//! [`delta`] keep a Delta Lake table of what is current in `OUTPUT/delta/<table>`.
//!
//! [`Output::begin`] takes the lock and gives a [`Staging`]; [`Staging::commit`] flushes it to
//! disk, moves it to `runs` and swaps `current`. A run that ends in any other way leaves
//! `current` as it was, and what it staged is removed: by its drop, or where it was killed by the
//! next run. [`PublishedRun`] and [`PublishedTable`] read what was published.
//!
//! What others put into these folders stays, and the folders around it: files are removed by their
//! names, once what is in them or beside them shows that kohort wrote them, and no link is
//! followed. What has one of these names and is of somebody else is an error. An output, or a state, is
//! begun only in a folder that is new or empty: [`Output::check`].
//!
//! On an object store an output has no link, no lock and no folder of staged files, but an object
//! `current.json`, which is written last and only if it leads to the run that it led to when the run
//! began.

mod arrays;
mod attempt;
mod content;
pub mod diff;
mod digest;
mod error;
mod find;
mod guard;
mod history;
mod keys;
mod layout;
mod merge;
mod names;
mod order;
mod output;
mod own;
mod packed;
mod parquet_file;
mod part;
mod pointer;
mod read;
mod record;
mod rejected;
mod remote;
mod rows;
mod staging;
mod unpack;

#[cfg(test)]
mod tests;

pub use attempt::Attempt;
pub use digest::digest;
pub use error::{Fault, PublishError};
pub use history::{Cleared, KeptRun};
pub use kohort_disk::{DiskError, InvalidRunId, KOHORT_VERSION, RunId};
pub use kohort_store::is_url;
pub use layout::{Layout, delta};
pub use output::Output;
pub use parquet_file::TableMeta;
pub use read::{Batches, PublishedRun, PublishedTable};
pub use record::{
    AlertRecord, Calibration, CheckCounts, EventCounts, FileRecord, InputRecord, LateRows,
    LookupRecord, RECORD_VERSION, RiskRecord, RunRecord, TableRecord, Timing,
};
pub use rejected::{REJECTED, RejectedRow};
pub use rows::RowSink;
pub use staging::{Published, Staging};

/// The JSON Schema of `run.json`, draft 2020-12.
pub const RUN_SCHEMA: &str = include_str!("run.schema.json");
