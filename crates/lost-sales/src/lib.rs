//! `lost_sales`, `funnel` and `carts`: what was nearly sold, and where visitors stop.
//!
//! `docs/tables` at the top of the repository defines the columns. Attempts to buy come from the
//! order history (orders that were completed, lost or are still open), from what visitors put into
//! carts, and from opportunities that somebody worked on.

mod carts;
mod funnel;
mod lost_sales;
mod recovery;
mod settings;
mod tally;
#[cfg(test)]
mod tests;

pub use carts::CARTS;
pub use funnel::FUNNEL;
pub use lost_sales::LOST_SALES;
