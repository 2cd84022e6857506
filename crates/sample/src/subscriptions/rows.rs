//! The rows of the files.

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field};
use chrono::NaiveDate;

use super::terms::{INTERVALS, PLANS, PRICES, STRATEGIES};
use crate::columns::{days, flags, ids, money, some_texts, texts};
use crate::habits::COUNTRIES;
use crate::table::Row;
use crate::write::{AMOUNT, customer_id, names};

/// The shop's customers are other people, far from the ids of any subscriber.
const FIRST_SHOP_CUSTOMER_ID: i64 = 5_000_000_001;

/// A span of a subscription, between two changes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub person: u32,
    /// Number of the subscription, counted per person.
    pub subscription: u32,
    pub started: NaiveDate,
    /// Exclusive.
    pub ended: Option<NaiveDate>,
    /// Index into [`PLANS`].
    pub plan: u8,
    /// Index into [`INTERVALS`].
    pub interval: u8,
    /// Index into [`COUNTRIES`].
    pub country: u8,
    pub cancelled: Option<NaiveDate>,
    pub reason: Option<&'static str>,
    pub is_involuntary: bool,
    pub is_trial: bool,
}

/// A lapsed customer in a campaign.
#[derive(Debug)]
pub(crate) struct Contact {
    pub person: u32,
    pub at: NaiveDate,
    /// Index into [`STRATEGIES`].
    pub strategy: u8,
    pub is_holdout: bool,
}

/// An answer to the exit survey.
#[derive(Debug)]
pub(crate) struct Answer {
    pub person: u32,
    pub at: NaiveDate,
    pub reason: Option<&'static str>,
}

/// An order of the shop.
#[derive(Debug)]
pub(crate) struct Order {
    pub person: u32,
    /// Counted across the file.
    pub number: u64,
    pub at: NaiveDate,
    pub cents: i64,
}

impl Row for Span {
    const FILE: &'static str = "subscriptions.parquet";
    const DISTINCT: &'static str = "subscription_id";

    fn fields() -> Vec<Field> {
        vec![
            Field::new("subscription_id", DataType::Utf8, false),
            Field::new("customer_id", DataType::Int64, false),
            Field::new("started_at", DataType::Date32, false),
            Field::new("ended_at", DataType::Date32, true),
            Field::new("amount", MONEY, false),
            Field::new("interval", DataType::Utf8, true),
            Field::new("plan", DataType::Utf8, true),
            Field::new("country", DataType::Utf8, true),
            Field::new("cancelled_at", DataType::Date32, true),
            Field::new("cancel_reason", DataType::Utf8, true),
            Field::new("involuntary", DataType::Boolean, false),
            Field::new("trial", DataType::Boolean, false),
        ]
    }

    fn columns(rows: &[Self]) -> Vec<ArrayRef> {
        vec![
            texts(rows, |row| format!("S{:08}-{}", u64::from(row.person) + 1, row.subscription)),
            ids(rows, |row| customer_id(row.person)),
            days(rows, |row| Some(row.started)),
            days(rows, |row| row.ended),
            money(rows, &MONEY, |row| Some(price(row))),
            names(&INTERVALS, rows.iter().map(|row| row.interval)),
            names(&PLANS, rows.iter().map(|row| row.plan)),
            names(&COUNTRIES, rows.iter().map(|row| row.country)),
            days(rows, |row| row.cancelled),
            some_texts(rows, |row| row.reason),
            flags(rows, |row| row.is_involuntary),
            flags(rows, |row| row.is_trial),
        ]
    }
}

impl Row for Contact {
    const FILE: &'static str = "contacts.parquet";
    const DISTINCT: &'static str = "customer_id";

    fn fields() -> Vec<Field> {
        vec![
            Field::new("customer_id", DataType::Int64, false),
            Field::new("contacted_at", DataType::Date32, false),
            Field::new("campaign", DataType::Utf8, false),
            Field::new("strategy", DataType::Utf8, true),
            Field::new("variant", DataType::Utf8, false),
        ]
    }

    fn columns(rows: &[Self]) -> Vec<ArrayRef> {
        let variant = |row: &Self| if row.is_holdout { "holdout" } else { "treatment" };
        vec![
            ids(rows, |row| customer_id(row.person)),
            days(rows, |row| Some(row.at)),
            texts(rows, |row| row.at.format("win-back %Y-%m").to_string()),
            names(&STRATEGIES, rows.iter().map(|row| row.strategy)),
            texts(rows, variant),
        ]
    }
}

impl Row for Answer {
    const FILE: &'static str = "surveys.parquet";
    const DISTINCT: &'static str = "customer_id";

    fn fields() -> Vec<Field> {
        vec![
            Field::new("customer_id", DataType::Int64, false),
            Field::new("answered_at", DataType::Date32, false),
            Field::new("reason", DataType::Utf8, true),
        ]
    }

    fn columns(rows: &[Self]) -> Vec<ArrayRef> {
        vec![
            ids(rows, |row| customer_id(row.person)),
            days(rows, |row| Some(row.at)),
            some_texts(rows, |row| row.reason),
        ]
    }
}

impl Row for Order {
    const FILE: &'static str = "orders.parquet";
    const DISTINCT: &'static str = "order_id";

    fn fields() -> Vec<Field> {
        vec![
            Field::new("customer_id", DataType::Int64, false),
            Field::new("order_id", DataType::Utf8, false),
            Field::new("ordered_at", DataType::Date32, false),
            Field::new("amount", MONEY, false),
        ]
    }

    fn columns(rows: &[Self]) -> Vec<ArrayRef> {
        vec![
            ids(rows, |row| FIRST_SHOP_CUSTOMER_ID + i64::from(row.person)),
            texts(rows, |row| format!("B{:08}", row.number)),
            days(rows, |row| Some(row.at)),
            money(rows, &MONEY, |row| Some(row.cents)),
        ]
    }
}

const MONEY: DataType = DataType::Decimal128(AMOUNT.0, AMOUNT.1);

fn price(span: &Span) -> i64 {
    i64::from(PRICES[usize::from(span.plan)][usize::from(span.interval)])
}
