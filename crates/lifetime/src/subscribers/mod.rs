//! `subscribers`: one row for each customer of a subscription business.
//!
//! The measure counts what a row needs to know about everybody: the fits of the models of staying
//! and of leaving. A customer table that comes of it writes the rows.

mod measure;
mod outlook;
mod rows;
mod schema;

pub use measure::SUBSCRIBERS;
