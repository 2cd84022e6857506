//! What to read: the load section of a pipeline, resolved.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono_tz::Tz;
use kohort_model::Scale;

/// An order history: where it lies and how its columns become orders. Every mapped value is an
/// SQL expression over the columns of a row.
#[derive(Clone, Debug)]
pub struct OrdersSource {
    /// Absolute globs, folders (read recursively) and files. Folders named `key=value` become
    /// columns, unless the file has a column of that name.
    pub paths: Vec<String>,
    /// Who ordered: integers, text or binary.
    pub customer_id: String,
    /// The order's id: integers, text or binary.
    pub order_id: Option<String>,
    /// When: a date or a timestamp.
    pub ordered_at: String,
    /// Value in whole units: decimals, integers or floats.
    pub amount: String,
    /// When the row was last changed: a date or a timestamp. NULL is before every other.
    pub updated_at: Option<String>,
    /// What became of the order; without it every row is completed.
    pub status: Option<StatusSource>,
    /// Why an order was lost.
    pub lost_reason: Option<String>,
    /// Texts of `lost_reason` by the reason that they stand for; others are kept as they are.
    pub reasons: BTreeMap<String, String>,
    /// Only rows for which it is true are read.
    pub filter: Option<String>,
    /// Minor units.
    pub scale: Scale,
    /// In what the amounts are.
    pub currency: CurrencySource,
    /// Count rows that are equal in every column once. All distinct rows are then held in
    /// memory while they are read.
    pub deduplicate: bool,
    /// The segments, in the order of [`kohort_model::OrderBatch::segments`].
    pub segments: Vec<SegmentSource>,
    /// The most distinct values that a segment may have.
    pub max_segment_values: u32,
    /// Business-local time.
    pub timezone: Tz,
}

/// How a status text becomes a [`kohort_model::Kind`]. A text in none of the lists, and NULL,
/// is a rejected row.
#[derive(Clone, Debug)]
pub struct StatusSource {
    /// SQL expression.
    pub expr: String,
    /// Texts of completed orders.
    pub completed: Vec<String>,
    /// Texts of lost orders.
    pub lost: Vec<String>,
    /// Texts of orders that are not decided.
    pub open: Vec<String>,
    /// Texts of rows of no interest.
    pub ignored: Vec<String>,
}

/// In what the amounts are.
#[derive(Clone, Debug)]
pub enum CurrencySource {
    /// All in one currency, whose code may be given.
    Fixed(Option<String>),
    /// Each row in its own, converted by the rate of its day.
    Column {
        /// SQL expression.
        expr: String,
        /// Parquet or CSV with the columns date, currency and rate: one unit of the currency
        /// is `rate` units of the report's. A rate holds from its date until the next one.
        rates: PathBuf,
    },
}

/// A breakdown.
#[derive(Clone, Debug)]
pub struct SegmentSource {
    /// Name in the tables.
    pub name: String,
    /// SQL expression; its text is the value, and NULL or the empty text is `(none)`.
    pub expr: String,
}

/// What the selected measures need beside customer, day and value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Order ids, where `order_id` is mapped.
    pub order_ids: bool,
    /// Instants, where `ordered_at` is a timestamp.
    pub instants: bool,
    /// Reasons of lost orders, where `lost_reason` is mapped.
    pub reasons: bool,
}
