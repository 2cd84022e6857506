//! Notifications of a run: `OpenLineage` events for a catalogue of data, metrics for Prometheus.
//!
//! A [`Notifier`] says what becomes of one run: that it begins, and how it ends. What cannot be said is a
//! warning; it never fails the run.

mod datasets;
mod error;
mod lineage;
mod notifier;
mod prometheus;

pub use datasets::MappedColumn;
pub use error::NotifyError;
pub use lineage::{Dataset, DatasetField, Lineage, LineageTarget, Ports, RunState, Statistics};
pub use notifier::{InputPlace, Notifier, Outcome, Settings};
pub use prometheus::write_metrics;
