//! Customers over their lifetime: gaps between purchases, loyalty, models of lifetime value.
//!
//! `METRICS.md` at the top of the repository defines the columns.

mod clv;
mod counted;
mod customers;
mod gaps;
mod loyalty;
pub mod models;
mod risk;
#[cfg(test)]
mod tests;

pub use clv::{ClvModels, HOLDOUT, MODELS};
pub use customers::{CUSTOMERS, Customers};
pub use gaps::{GAPS, HISTOGRAM, PurchaseGaps};
pub use loyalty::{LOYALTY, Loyalty};
pub use risk::{ChurnIndicators, INDICATORS};
