//! What tests need, and nothing else needs.
//!
//! - [`parse_rows`] and [`parse_history`] turn small text tables into a history;
//! - [`reference()`] computes every table from it by definition: one loop a customer, a period
//!   and a day, so that it can be read beside docs/tables and shares no structure with the engine;
//! - [`Columns`] are a history as the engine takes it in;
//! - [`assert_same`] and [`assert_text`] compare tables with that, or with text;
//! - [`hostile`] tries readers with what nobody wrote;
//! - [`strategies`] draw small histories that live on the edges: period boundaries, gaps of
//!   exactly W days, ties, refunds that come first, spans that touch, overlap and never end.
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
mod history;
pub mod hostile;
pub mod reference;
mod render;
mod settings;
pub mod strategies;

pub use columns::{Codes, Columns};
pub use compare::{AsRows, NaiveRow, ROUNDED, assert_same, cell, diff, pick, table_rows, without};
pub use history::{
    Answer, Contact, Engagement, History, Id, Identity, Invoice, Mapped, Opportunity, OrderLine,
    Prospect, Reorder, Return, Reversed, Row, Shuffled, Sorted, Span, Touchpoint, parse_history,
    parse_rows, render_history,
};
pub use reference::{Reference, reference};
pub use render::{assert_text, render};
pub use settings::{Activity, Gaps, LapseDays, Lifetime, Loyalty, RowsMode, Settings};
