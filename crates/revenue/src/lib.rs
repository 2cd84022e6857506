//! `revenue_churn` and `revenue_movements`: which share of the money left, and whose it was.
//!
//! `docs/tables` at the top of the repository defines the columns.

mod churn;
mod customer;
mod ledger;
mod movement;

pub use churn::REVENUE_CHURN;
pub use ledger::REVENUE_MOVEMENTS;
