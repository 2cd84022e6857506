//! `revenue_churn` and `revenue_movements`: which share of the money left, and whose it was.
//!
//! `docs/tables` at the top of the repository defines the columns.

mod churn;
mod customer;
mod movement;
mod movements;

pub use churn::REVENUE_CHURN;
pub use movements::REVENUE_MOVEMENTS;
