//! `revenue_churn`, `revenue_movements` and `revenue_events`: which share of the money left, whose it
//! was, and on which day.
//!
//! `docs/tables` at the top of the repository defines the columns.

mod churn;
mod customer;
mod events;
mod movement;
mod movements;
mod rates;

pub use churn::REVENUE_CHURN;
pub use events::REVENUE_EVENTS;
pub use movements::REVENUE_MOVEMENTS;
