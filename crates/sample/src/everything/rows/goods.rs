//! What is bought, sent back and paid.

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field};
use chrono::NaiveDate;

use super::super::catalog::Item;
use super::super::terms::{CATEGORIES, CAUSES};
use super::MONEY;
use crate::columns::{TIME, days, ids, money, some_ids, some_texts, texts, times};
use crate::habits::{CHANNELS, COUNTRIES};
use crate::table::Row;
use crate::write::{customer_id, names};

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Completed,
    Refunded,
    /// For one of [`CAUSES`], by its index.
    Lost(u8),
    Pending,
}

/// What makes a row dirty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Damage {
    NoCustomer,
    NoTime,
    UnknownStatus,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Order {
    pub person: u32,
    /// Counted across the file.
    pub number: i64,
    pub at: i64,
    /// Below zero for a refund.
    pub cents: i64,
    pub outcome: Outcome,
    pub damage: Option<Damage>,
    /// Index into [`COUNTRIES`].
    pub country: u8,
    /// Index into [`CHANNELS`].
    pub channel: u8,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub person: u32,
    pub order: i64,
    pub at: i64,
    pub item: Item,
}

#[derive(Debug)]
pub(crate) struct Return {
    pub person: u32,
    pub order: i64,
    pub at: i64,
    /// As much of it as comes back.
    pub item: Item,
    pub reason: Option<&'static str>,
}

#[derive(Debug)]
pub(crate) struct Invoice {
    pub number: i64,
    pub person: u32,
    pub invoiced: NaiveDate,
    pub due: NaiveDate,
    pub paid: Option<NaiveDate>,
    /// Below zero for a credit note.
    pub cents: i64,
}

impl Row for Order {
    const FILE: &'static str = "orders.parquet";
    const DISTINCT: &'static str = "order_id";

    fn fields() -> Vec<Field> {
        vec![
            Field::new("customer_id", DataType::Int64, true),
            Field::new("order_id", DataType::Int64, false),
            Field::new("ordered_at", TIME, true),
            Field::new("amount", MONEY, false),
            Field::new("status", DataType::Utf8, false),
            Field::new("lost_reason", DataType::Utf8, true),
            Field::new("country", DataType::Utf8, true),
            Field::new("channel", DataType::Utf8, false),
        ]
    }

    fn columns(rows: &[Self]) -> Vec<ArrayRef> {
        let unless = |damage, row: &Self| (row.damage != Some(damage)).then_some(());
        vec![
            some_ids(rows, |row| unless(Damage::NoCustomer, row).map(|()| customer_id(row.person))),
            ids(rows, |row| row.number),
            times(rows, |row| unless(Damage::NoTime, row).map(|()| row.at)),
            money(rows, &MONEY, |row| Some(row.cents)),
            texts(rows, status),
            some_texts(rows, lost_reason),
            names(&COUNTRIES, rows.iter().map(|row| row.country)),
            names(&CHANNELS, rows.iter().map(|row| row.channel)),
        ]
    }
}

fn status(order: &Order) -> &'static str {
    if order.damage == Some(Damage::UnknownStatus) {
        return "???";
    }
    match order.outcome {
        Outcome::Completed => "completed",
        Outcome::Refunded => "refunded",
        Outcome::Lost(cause) => CAUSES[usize::from(cause)].0,
        Outcome::Pending => "pending",
    }
}

fn lost_reason(order: &Order) -> Option<&'static str> {
    match order.outcome {
        Outcome::Lost(cause) => CAUSES[usize::from(cause)].1.name,
        _ => None,
    }
}

fn product(item: &Item) -> String {
    format!("{}-{:02}", CATEGORIES[item.category].name, item.product + 1)
}

impl Row for Line {
    const FILE: &'static str = "order_lines.parquet";
    const DISTINCT: &'static str = "order_id";

    fn fields() -> Vec<Field> {
        vec![
            Field::new("customer_id", DataType::Int64, false),
            Field::new("order_id", DataType::Int64, false),
            Field::new("ordered_at", TIME, false),
            Field::new("product", DataType::Utf8, false),
            Field::new("category", DataType::Utf8, false),
            Field::new("units", DataType::Int64, false),
            Field::new("value", MONEY, false),
        ]
    }

    fn columns(rows: &[Self]) -> Vec<ArrayRef> {
        vec![
            ids(rows, |row| customer_id(row.person)),
            ids(rows, |row| row.order),
            times(rows, |row| Some(row.at)),
            texts(rows, |row| product(&row.item)),
            texts(rows, |row| CATEGORIES[row.item.category].name),
            ids(rows, |row| row.item.units),
            money(rows, &MONEY, |row| Some(row.item.cents())),
        ]
    }
}

impl Row for Return {
    const FILE: &'static str = "returns.parquet";
    const DISTINCT: &'static str = "order_id";

    fn fields() -> Vec<Field> {
        vec![
            Field::new("customer_id", DataType::Int64, false),
            Field::new("order_id", DataType::Int64, false),
            Field::new("returned_at", TIME, false),
            Field::new("product", DataType::Utf8, false),
            Field::new("units", DataType::Int64, false),
            Field::new("value", MONEY, false),
            Field::new("reason", DataType::Utf8, true),
        ]
    }

    fn columns(rows: &[Self]) -> Vec<ArrayRef> {
        vec![
            ids(rows, |row| customer_id(row.person)),
            ids(rows, |row| row.order),
            times(rows, |row| Some(row.at)),
            texts(rows, |row| product(&row.item)),
            ids(rows, |row| row.item.units),
            money(rows, &MONEY, |row| Some(row.item.cents())),
            some_texts(rows, |row| row.reason),
        ]
    }
}

impl Row for Invoice {
    const FILE: &'static str = "invoices.parquet";
    const DISTINCT: &'static str = "invoice_id";

    fn fields() -> Vec<Field> {
        vec![
            Field::new("invoice_id", DataType::Int64, false),
            Field::new("customer_id", DataType::Int64, false),
            Field::new("invoiced_at", DataType::Date32, false),
            Field::new("due_at", DataType::Date32, false),
            Field::new("paid_at", DataType::Date32, true),
            Field::new("amount", MONEY, false),
        ]
    }

    fn columns(rows: &[Self]) -> Vec<ArrayRef> {
        vec![
            ids(rows, |row| row.number),
            ids(rows, |row| customer_id(row.person)),
            days(rows, |row| Some(row.invoiced)),
            days(rows, |row| Some(row.due)),
            days(rows, |row| row.paid),
            money(rows, &MONEY, |row| Some(row.cents)),
        ]
    }
}
