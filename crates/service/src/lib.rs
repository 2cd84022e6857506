//! What a business has beside its orders: goods that came back, invoices, scores, and what is
//! bought together.
//!
//! `docs/tables` at the top of the repository defines the columns.

mod cross_sell;
mod nps;
mod product_returns;
mod receivables;

pub use cross_sell::CROSS_SELL;
pub use nps::NPS;
pub use product_returns::PRODUCT_RETURNS;
pub use receivables::RECEIVABLES;
