//! What is known of people besides what they buy.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int32Array};
use arrow::datatypes::{DataType, Field};
use chrono::NaiveDate;

use super::super::planted::PLANTED_EVERYTHING;
use super::super::terms::{STAGES, STRATEGIES};
use super::MONEY;
use crate::columns::{TIME, days, ids, money, some_texts, texts, times};
use crate::table::Row;
use crate::write::{customer_id, names};

/// A lapsed customer in a campaign.
#[derive(Debug)]
pub(crate) struct Contact {
    pub person: u32,
    pub at: NaiveDate,
    /// Index into [`STRATEGIES`].
    pub strategy: u8,
    pub is_control: bool,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub person: u32,
    pub at: NaiveDate,
    pub score: Option<i32>,
    pub reason: Option<&'static str>,
}

/// An event that may tell whether a customer stays.
#[derive(Debug)]
pub(crate) struct Signal {
    pub person: u32,
    pub at: i64,
    /// Index into the signals of [`PLANTED_EVERYTHING`].
    pub kind: usize,
    pub value: Option<f64>,
}

/// What became of an opportunity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ruling {
    Won,
    Lost,
    Open,
}

#[derive(Debug)]
pub(crate) struct Opportunity {
    pub number: i64,
    pub person: u32,
    pub created: NaiveDate,
    pub closed: Option<NaiveDate>,
    pub ruling: Ruling,
    /// Index into [`STAGES`].
    pub stage: u8,
    pub cents: i64,
    pub reason: Option<&'static str>,
    pub competitor: Option<&'static str>,
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
        vec![
            ids(rows, |row| customer_id(row.person)),
            days(rows, |row| Some(row.at)),
            texts(rows, |row| row.at.format("win-back %Y-%m").to_string()),
            names(&STRATEGIES, rows.iter().map(|row| row.strategy)),
            texts(rows, |row| if row.is_control { "control" } else { "sent" }),
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
            Field::new("score", DataType::Int32, true),
            Field::new("reason", DataType::Utf8, true),
        ]
    }

    fn columns(rows: &[Self]) -> Vec<ArrayRef> {
        vec![
            ids(rows, |row| customer_id(row.person)),
            days(rows, |row| Some(row.at)),
            Arc::new(rows.iter().map(|row| row.score).collect::<Int32Array>()),
            some_texts(rows, |row| row.reason),
        ]
    }
}

impl Row for Signal {
    const FILE: &'static str = "engagement.parquet";
    const DISTINCT: &'static str = "occurred_at";

    fn fields() -> Vec<Field> {
        vec![
            Field::new("customer_id", DataType::Int64, false),
            Field::new("occurred_at", TIME, false),
            Field::new("kind", DataType::Utf8, false),
            Field::new("value", DataType::Float64, true),
        ]
    }

    fn columns(rows: &[Self]) -> Vec<ArrayRef> {
        vec![
            ids(rows, |row| customer_id(row.person)),
            times(rows, |row| Some(row.at)),
            texts(rows, |row| PLANTED_EVERYTHING.signals[row.kind].kind),
            Arc::new(rows.iter().map(|row| row.value).collect::<Float64Array>()),
        ]
    }
}

impl Row for Opportunity {
    const FILE: &'static str = "opportunities.parquet";
    const DISTINCT: &'static str = "opportunity_id";

    fn fields() -> Vec<Field> {
        vec![
            Field::new("opportunity_id", DataType::Int64, false),
            Field::new("buyer", DataType::Int64, false),
            Field::new("created_at", DataType::Date32, false),
            Field::new("closed_at", DataType::Date32, true),
            Field::new("outcome", DataType::Utf8, false),
            Field::new("stage", DataType::Utf8, true),
            Field::new("value", MONEY, false),
            Field::new("reason", DataType::Utf8, true),
            Field::new("competitor", DataType::Utf8, true),
        ]
    }

    fn columns(rows: &[Self]) -> Vec<ArrayRef> {
        let outcome = |row: &Self| match row.ruling {
            Ruling::Won => "won",
            Ruling::Lost => "lost",
            Ruling::Open => "open",
        };
        vec![
            ids(rows, |row| row.number),
            ids(rows, |row| customer_id(row.person)),
            days(rows, |row| Some(row.created)),
            days(rows, |row| row.closed),
            texts(rows, outcome),
            names(&STAGES, rows.iter().map(|row| row.stage)),
            money(rows, &MONEY, |row| Some(row.cents)),
            some_texts(rows, |row| row.reason),
            some_texts(rows, |row| row.competitor),
        ]
    }
}
