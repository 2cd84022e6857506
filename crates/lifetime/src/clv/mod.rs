//! `clv_models` and `clv_holdout`: models of lifetime value, and whether they were right.

mod holdout;
mod measure;
mod missing;
mod orders;
mod tables;
mod tenure;
#[cfg(test)]
mod tests;

pub use measure::CLV_MODELS;
pub(crate) use orders::{Histories, Minor, OrderDays, fit_value};
pub(crate) use tenure::{Tenures, whole_months};
