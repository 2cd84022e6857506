//! `revenue_churn`: which share of the money left.
//!
//! `METRICS.md` at the top of the repository defines the columns.

mod churn;
mod movement;

pub use churn::{RevenueChurn, SCHEMA as CHURN};
