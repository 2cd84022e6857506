//! `cohort_retention` and `cohort_curve`: which share of each intake comes back.
//!
//! Both come from one fold; `docs/tables` at the top of the repository defines their columns.

mod curve;
mod order_values;
mod retention;
mod tally;

pub use order_values::COHORT_ORDER_VALUES;
pub use retention::COHORTS;
