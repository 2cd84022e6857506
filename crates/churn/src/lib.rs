//! `customer_retention`: who stayed, who left, who joined.
//!
//! `METRICS.md` at the top of the repository defines the columns.

mod retention;
mod spells;

pub use retention::{CustomerRetention, SCHEMA as RETENTION};
