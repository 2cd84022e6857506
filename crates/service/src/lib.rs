//! What a business has beside its orders: goods that came back, invoices, scores, and what is
//! bought together.
//!
//! `METRICS.md` at the top of the repository defines the columns.

mod cross_sell;
mod nps;
mod product_returns;
mod receivables;
#[cfg(test)]
mod tests;

pub use cross_sell::{CROSS_SELL, CROSS_SELL_CUSTOMERS, CrossSell};
pub use nps::{NPS, Nps};
pub use product_returns::{PRODUCT_RETURNS, ProductReturns};
pub use receivables::{RECEIVABLES, Receivables};
