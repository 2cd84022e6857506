//! Customers over their lifetime: gaps between purchases, loyalty, models of lifetime value.
//!
//! `docs/tables` at the top of the repository defines the columns.

mod clv;
mod customers;
mod gaps;
mod loyalty;
pub mod models;
mod risk;
mod settings;
mod status;
mod subscribers;
#[cfg(test)]
mod tests;

pub use clv::CLV_MODELS;
pub use customers::CUSTOMERS;
pub use gaps::PURCHASE_GAPS;
pub use loyalty::LOYALTY;
pub use risk::CHURN_INDICATORS;
pub use subscribers::SUBSCRIBERS;
