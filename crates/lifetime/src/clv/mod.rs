//! `clv_models` and `clv_holdout`: models of lifetime value, and whether they were right.

mod holdout;
mod measure;
mod orders;
mod tables;
mod tenure;
#[cfg(test)]
mod tests;

pub(crate) use crate::models::OrderFit;
pub use measure::ClvModels;
pub(crate) use orders::{Histories, Minor, OrderDays, fit_orders, fit_value};
pub use tables::{HOLDOUT, MODELS};
