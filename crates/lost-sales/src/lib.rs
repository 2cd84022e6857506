//! `lost_sales`: what was nearly sold.
//!
//! `METRICS.md` at the top of the repository defines the columns. The source of this crate's
//! table is the order history; attempts are orders that were completed, lost or are still open.

mod attempts;
mod table;
mod tally;

pub use attempts::LostSales;
pub use table::SCHEMA;
