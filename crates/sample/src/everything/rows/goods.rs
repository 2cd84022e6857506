//! What is bought, sent back and paid.

use chrono::NaiveDate;

use super::super::catalog::Item;
use super::super::terms::{CATEGORIES, CAUSES};
use super::MONEY;
use crate::columns::{Column, days, ids, money, names, some_texts, texts, times};
use crate::habits::{CHANNELS, COUNTRIES};
use crate::table::Row;
use crate::write::customer_id;

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

    fn columns(rows: &[Self]) -> Vec<Column> {
        let customer =
            |row: &Self| (row.damage != Some(Damage::NoCustomer)).then(|| customer_id(row.person));
        let time = |row: &Self| (row.damage != Some(Damage::NoTime)).then_some(row.at);
        vec![
            ids("customer_id", rows, customer).nullable(),
            ids("order_id", rows, |row| row.number),
            times("ordered_at", rows, time).nullable(),
            money("amount", rows, &MONEY, |row| row.cents),
            texts("status", rows, status),
            some_texts("lost_reason", rows, lost_reason),
            names("country", rows, &COUNTRIES, |row| row.country).nullable(),
            names("channel", rows, &CHANNELS, |row| row.channel),
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

    fn columns(rows: &[Self]) -> Vec<Column> {
        vec![
            ids("customer_id", rows, |row| customer_id(row.person)),
            ids("order_id", rows, |row| row.order),
            times("ordered_at", rows, |row| row.at),
            texts("product", rows, |row| product(&row.item)),
            texts("category", rows, |row| CATEGORIES[row.item.category].name),
            ids("units", rows, |row| row.item.units),
            money("value", rows, &MONEY, |row| row.item.cents()),
        ]
    }
}

impl Row for Return {
    const FILE: &'static str = "returns.parquet";
    const DISTINCT: &'static str = "order_id";

    fn columns(rows: &[Self]) -> Vec<Column> {
        vec![
            ids("customer_id", rows, |row| customer_id(row.person)),
            ids("order_id", rows, |row| row.order),
            times("returned_at", rows, |row| row.at),
            texts("product", rows, |row| product(&row.item)),
            ids("units", rows, |row| row.item.units),
            money("value", rows, &MONEY, |row| row.item.cents()),
            some_texts("reason", rows, |row| row.reason),
        ]
    }
}

impl Row for Invoice {
    const FILE: &'static str = "invoices.parquet";
    const DISTINCT: &'static str = "invoice_id";

    fn columns(rows: &[Self]) -> Vec<Column> {
        vec![
            ids("invoice_id", rows, |row| row.number),
            ids("customer_id", rows, |row| customer_id(row.person)),
            days("invoiced_at", rows, |row| row.invoiced),
            days("due_at", rows, |row| row.due),
            days("paid_at", rows, |row| row.paid).nullable(),
            money("amount", rows, &MONEY, |row| row.cents),
        ]
    }
}
