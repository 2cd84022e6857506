//! Every headline rate in one long table, and those of them that have crossed a threshold.
//!
//! `docs/tables` at the top of the repository defines the columns. Both tables are made of other
//! tables: what a rate is, they alone say.

mod alerts;
mod metric;
mod read;
mod table;
#[cfg(test)]
mod tests;
mod threshold;
pub mod usual;

pub use alerts::{ALERTS, Alert, alerts, latest_alerts};
pub use metric::{Metric, metrics, sources};
pub use table::{SCORECARD, scorecard};
pub use threshold::{Beyond, Side, Threshold, built_in, over_built_in};
