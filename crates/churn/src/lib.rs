//! `customer_retention`: who stayed, who left, who joined; `win_back`: who came back;
//! `churn_reasons`: why they left.
//!
//! `docs/tables` at the top of the repository defines the columns.

mod by_key;
mod lapse;
mod newcombe;
mod reasons;
mod retention;
mod win_back;
mod years;

pub use reasons::CHURN_REASONS;
pub use retention::CUSTOMER_RETENTION;
pub use win_back::WIN_BACK;
