//! The rows of the files.

use arrow::datatypes::DataType;
use chrono::NaiveDate;

use super::terms::{INTERVALS, PLANS, PRICES, STRATEGIES};
use crate::columns::{Column, days, flags, ids, money, names, some_texts, texts};
use crate::habits::COUNTRIES;
use crate::table::Row;
use crate::write::{AMOUNT, customer_id};

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

    fn columns(rows: &[Self]) -> Vec<Column> {
        vec![
            texts("subscription_id", rows, |row| {
                format!("S{:08}-{}", u64::from(row.person) + 1, row.subscription)
            }),
            ids("customer_id", rows, |row| customer_id(row.person)),
            days("started_at", rows, |row| row.started),
            days("ended_at", rows, |row| row.ended).nullable(),
            money("amount", rows, &MONEY, price),
            names("interval", rows, &INTERVALS, |row| row.interval).nullable(),
            names("plan", rows, &PLANS, |row| row.plan).nullable(),
            names("country", rows, &COUNTRIES, |row| row.country).nullable(),
            days("cancelled_at", rows, |row| row.cancelled).nullable(),
            some_texts("cancel_reason", rows, |row| row.reason),
            flags("involuntary", rows, |row| row.is_involuntary),
            flags("trial", rows, |row| row.is_trial),
        ]
    }
}

impl Row for Contact {
    const FILE: &'static str = "contacts.parquet";
    const DISTINCT: &'static str = "customer_id";

    fn columns(rows: &[Self]) -> Vec<Column> {
        let variant = |row: &Self| if row.is_holdout { "holdout" } else { "treatment" };
        vec![
            ids("customer_id", rows, |row| customer_id(row.person)),
            days("contacted_at", rows, |row| row.at),
            texts("campaign", rows, |row| row.at.format("win-back %Y-%m").to_string()),
            names("strategy", rows, &STRATEGIES, |row| row.strategy).nullable(),
            texts("variant", rows, variant),
        ]
    }
}

impl Row for Answer {
    const FILE: &'static str = "surveys.parquet";
    const DISTINCT: &'static str = "customer_id";

    fn columns(rows: &[Self]) -> Vec<Column> {
        vec![
            ids("customer_id", rows, |row| customer_id(row.person)),
            days("answered_at", rows, |row| row.at),
            some_texts("reason", rows, |row| row.reason),
        ]
    }
}

impl Row for Order {
    const FILE: &'static str = "orders.parquet";
    const DISTINCT: &'static str = "order_id";

    fn columns(rows: &[Self]) -> Vec<Column> {
        vec![
            ids("customer_id", rows, |row| FIRST_SHOP_CUSTOMER_ID + i64::from(row.person)),
            texts("order_id", rows, |row| format!("B{:08}", row.number)),
            days("ordered_at", rows, |row| row.at),
            money("amount", rows, &MONEY, |row| row.cents),
        ]
    }
}

const MONEY: DataType = DataType::Decimal128(AMOUNT.0, AMOUNT.1);

fn price(span: &Span) -> i64 {
    i64::from(PRICES[usize::from(span.plan)][usize::from(span.interval)])
}
