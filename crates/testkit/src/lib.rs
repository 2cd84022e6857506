//! What tests need, and nothing else needs.
//!
//! - [`parse_rows`] turns a small text table into an order history;
//! - [`reference()`] computes every table from it by definition: one loop a customer, a period
//!   and a day, so that it can be read beside METRICS.md and shares no structure with the engine;
//! - [`assert_same`] and [`assert_text`] compare tables with that, or with text;
//! - [`identities`] are what must hold in any table, whatever the history;
//! - [`strategies`] draw small histories that live on the edges: period boundaries, gaps of
//!   exactly W days, ties, refunds that come first.
//!
//! ```
//! use kohort_testkit::{Settings, assert_text, parse_rows, reference};
//!
//! let rows = parse_rows(
//!     "customer day        value
//!      ann      2024-01-05  1000
//!      ann      2024-02-07   500",
//! );
//! let tables = reference(&rows, &Settings::default()).tables;
//! assert_text(
//!     &tables["cohort_retention"],
//!     "cohort     k active revenue
//!      2024-01-01 0 1      1000
//!      2024-01-01 1 1      500",
//! );
//! ```

mod columns;
mod compare;
pub mod identities;
pub mod reference;
mod render;
mod rows;
mod settings;
pub mod strategies;

pub use columns::{Codes, Columns};
pub use compare::{AsRows, NaiveRow, assert_same, cell, diff, pick, table_rows};
pub use reference::{Reference, reference};
pub use render::{assert_text, render};
pub use rows::{Id, Row, parse_rows, render_rows};
pub use settings::{Activity, LapseDays, RowsMode, Settings};
