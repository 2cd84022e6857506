//! `customers`: one row each.
//!
//! The measure counts what a row needs to know about everybody: quintiles, medians and the models'
//! fits, that of leaving included. A customer table that comes of it writes the rows.

mod facts;
mod measure;
mod outlook;
mod quintiles;
mod rows;
mod schema;
#[cfg(test)]
mod tests;

pub use measure::CUSTOMERS;
