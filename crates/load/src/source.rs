//! What to read: the inputs of a pipeline, resolved.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono_tz::Tz;
use kohort_model::{Input, Scale};

/// An input: where it lies and how its columns become events. Every mapped value is an SQL
/// expression over the columns of a row.
#[derive(Clone, Debug)]
pub struct Source {
    /// Absolute globs, folders (read recursively) and files. Folders named `key=value` become
    /// columns, unless the file has a column of that name.
    pub paths: Vec<String>,
    /// Whose event it is: integers, text or binary.
    pub customer_id: String,
    /// When, a date or a timestamp: `ordered_at`, `started_at`, `first_seen_at`, `contacted_at`
    /// or `answered_at`.
    pub time: String,
    /// Only rows for which it is true are read.
    pub filter: Option<String>,
    /// Count rows that are equal in every column once. All distinct rows are then held in
    /// memory while they are read.
    pub deduplicate: bool,
    /// The most distinct values that a segment, a campaign or a strategy may have.
    pub max_segment_values: u32,
    /// Business-local time.
    pub timezone: Tz,
    /// What a row is, and the values that only such rows have.
    pub content: Content,
}

/// What the rows of an input are.
#[derive(Clone, Debug)]
pub enum Content {
    /// Orders, or lines of orders.
    Orders(OrdersSource),
    /// Subscriptions and contracts.
    Subscriptions(SubscriptionsSource),
    /// People from the day on which they were first seen.
    Prospects,
    /// Campaign messages.
    Contacts(ContactsSource),
    /// Answers of people who were asked.
    Surveys(SurveysSource),
}

/// How columns become orders.
#[derive(Clone, Debug)]
pub struct OrdersSource {
    /// The order's id: integers, text or binary.
    pub order_id: Option<String>,
    /// Its value.
    pub money: MoneySource,
    /// When the row was last changed: a date or a timestamp. NULL is before every other.
    pub updated_at: Option<String>,
    /// What became of the order; without it every row is completed.
    pub status: Option<StatusSource>,
    /// Why an order was lost.
    pub lost_reason: Option<ReasonSource>,
    /// The segments, in the order of [`kohort_model::EventBatch::segments`].
    pub segments: Vec<SegmentSource>,
}

/// How columns become subscriptions.
#[derive(Clone, Debug)]
pub struct SubscriptionsSource {
    /// The subscription's id: integers, text or binary.
    pub subscription_id: String,
    /// Its price for an interval, not below zero.
    pub money: MoneySource,
    /// The texts `month`, `quarter` and `year`: what the price is paid for. Another text, and NULL,
    /// is a rejected row. Without it every price is that of a month.
    pub interval: Option<String>,
    /// True for a trial, which is free: neither its price nor its interval is looked at.
    pub trial: Option<String>,
    /// Exclusive end, a date or a timestamp; NULL is open, as every subscription is without it.
    pub ended_at: Option<String>,
    /// When it was cancelled: a date or a timestamp, or NULL.
    pub cancelled_at: Option<String>,
    /// Whether it ended against the customer's will; NULL is not known.
    pub involuntary: Option<String>,
    /// Why it was cancelled.
    pub cancel_reason: Option<ReasonSource>,
    /// The segments, as for orders.
    pub segments: Vec<SegmentSource>,
}

/// How columns become contacts. What is not mapped is `(none)` in every row.
#[derive(Clone, Debug)]
pub struct ContactsSource {
    /// The campaign's name; NULL and the empty text are `(none)`.
    pub campaign: Option<String>,
    /// The kind of campaign, likewise.
    pub strategy: Option<String>,
    /// Who was only noted down, to compare with; without it nobody.
    pub variant: Option<VariantSource>,
}

/// How columns become answers.
#[derive(Clone, Debug)]
pub struct SurveysSource {
    /// Why the person left, or is about to.
    pub reason: ReasonSource,
}

/// Amounts.
#[derive(Clone, Debug)]
pub struct MoneySource {
    /// Value in whole units: decimals, integers or floats.
    pub amount: String,
    /// Minor units.
    pub scale: Scale,
    /// In what the amounts are.
    pub currency: CurrencySource,
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

/// A reason in words. NULL and the empty text are `unknown`.
#[derive(Clone, Debug)]
pub struct ReasonSource {
    /// SQL expression.
    pub expr: String,
    /// Texts by the reason that they stand for; others are kept as they are.
    pub names: BTreeMap<String, String>,
}

/// How a variant's text tells the holdout from those who were contacted.
#[derive(Clone, Debug)]
pub struct VariantSource {
    /// SQL expression.
    pub expr: String,
    /// Texts of the holdout; every other, and NULL, was contacted.
    pub holdout: Vec<String>,
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
    /// Order ids, where `order_id` is mapped. Those of subscriptions are always read.
    pub order_ids: bool,
    /// Instants, where the time is a timestamp.
    pub instants: bool,
    /// Reasons, where they are mapped.
    pub reasons: bool,
}

impl Source {
    /// Which input it is.
    #[must_use]
    pub fn input(&self) -> Input {
        match &self.content {
            Content::Orders(_) => Input::Orders,
            Content::Subscriptions(_) => Input::Subscriptions,
            Content::Prospects => Input::Prospects,
            Content::Contacts(_) => Input::Contacts,
            Content::Surveys(_) => Input::Surveys,
        }
    }

    pub(crate) fn money(&self) -> Option<&MoneySource> {
        match &self.content {
            Content::Orders(orders) => Some(&orders.money),
            Content::Subscriptions(subscriptions) => Some(&subscriptions.money),
            _ => None,
        }
    }

    pub(crate) fn reason(&self) -> Option<&ReasonSource> {
        match &self.content {
            Content::Orders(orders) => orders.lost_reason.as_ref(),
            Content::Subscriptions(subscriptions) => subscriptions.cancel_reason.as_ref(),
            Content::Surveys(surveys) => Some(&surveys.reason),
            _ => None,
        }
    }

    pub(crate) fn segments(&self) -> &[SegmentSource] {
        match &self.content {
            Content::Orders(orders) => &orders.segments,
            Content::Subscriptions(subscriptions) => &subscriptions.segments,
            _ => &[],
        }
    }

    /// How many texts a row has as codes.
    pub(crate) fn codes(&self) -> usize {
        match &self.content {
            Content::Contacts(_) => 2,
            _ => self.segments().len(),
        }
    }
}
