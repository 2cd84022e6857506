//! What is known of people besides what they buy.

use chrono::NaiveDate;

use super::super::planted::PLANTED_EVERYTHING;
use super::super::terms::{STAGES, STRATEGIES};
use super::MONEY;
use crate::columns::{Column, days, floats, ids, money, names, scores, some_texts, texts, times};
use crate::table::Row;
use crate::write::customer_id;

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

    fn columns(rows: &[Self]) -> Vec<Column> {
        vec![
            ids("customer_id", rows, |row| customer_id(row.person)),
            days("contacted_at", rows, |row| row.at),
            texts("campaign", rows, |row| row.at.format("win-back %Y-%m").to_string()),
            names("strategy", rows, &STRATEGIES, |row| row.strategy).nullable(),
            texts("variant", rows, |row| if row.is_control { "control" } else { "sent" }),
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
            scores("score", rows, |row| row.score).nullable(),
            some_texts("reason", rows, |row| row.reason),
        ]
    }
}

impl Row for Signal {
    const FILE: &'static str = "engagement.parquet";
    const DISTINCT: &'static str = "occurred_at";

    fn columns(rows: &[Self]) -> Vec<Column> {
        vec![
            ids("customer_id", rows, |row| customer_id(row.person)),
            times("occurred_at", rows, |row| row.at),
            texts("kind", rows, |row| PLANTED_EVERYTHING.signals[row.kind].kind),
            floats("value", rows, |row| row.value).nullable(),
        ]
    }
}

impl Row for Opportunity {
    const FILE: &'static str = "opportunities.parquet";
    const DISTINCT: &'static str = "opportunity_id";

    fn columns(rows: &[Self]) -> Vec<Column> {
        let outcome = |row: &Self| match row.ruling {
            Ruling::Won => "won",
            Ruling::Lost => "lost",
            Ruling::Open => "open",
        };
        vec![
            ids("opportunity_id", rows, |row| row.number),
            ids("buyer", rows, |row| customer_id(row.person)),
            days("created_at", rows, |row| row.created),
            days("closed_at", rows, |row| row.closed).nullable(),
            texts("outcome", rows, outcome),
            names("stage", rows, &STAGES, |row| row.stage).nullable(),
            money("value", rows, &MONEY, |row| row.cents),
            some_texts("reason", rows, |row| row.reason),
            some_texts("competitor", rows, |row| row.competitor),
        ]
    }
}
