//! `[inputs.subscriptions]`: where subscriptions lie and what their columns mean.
//!
//! Its key `plan` is a segment (`segments.rs`).

use std::path::PathBuf;

use kohort_model::Scale;

use super::error::ConfigError;
use super::inputs::{Currency, read_currency, read_deduplicate, read_paths, read_scale};
use super::section::Section;

/// Subscriptions and contracts. Every mapped value is an SQL expression over the source's columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionsInput {
    /// Files, folders and globs, absolute, at least one.
    pub paths: Vec<PathBuf>,
    /// Which subscription.
    pub subscription_id: String,
    /// Who pays.
    pub customer_id: String,
    /// Its first day.
    pub started_at: String,
    /// The day after its last; NULL is an open end.
    pub ended_at: String,
    /// What an interval costs, in whole currency units.
    pub amount: String,
    /// `month`, `quarter` or `year`.
    pub interval: String,
    /// When it was cancelled.
    pub cancelled_at: Option<String>,
    /// Why.
    pub cancel_reason: Option<String>,
    /// Whether it ended against the customer's will.
    pub involuntary: Option<String>,
    /// Whether it is a trial, which costs nothing.
    pub trial: Option<String>,
    /// The rows that count; `None` for all.
    pub filter: Option<String>,
    /// Decimal places of money.
    pub scale: Scale,
    /// In which currency the amounts are.
    pub currency: Currency,
    /// Whether rows that are equal in all columns of the source count once.
    pub deduplicate: bool,
}

pub(super) fn read(table: &Section<'_>) -> Result<SubscriptionsInput, ConfigError> {
    Ok(SubscriptionsInput {
        paths: read_paths(table, "a file, folder or glob that holds the subscriptions")?,
        subscription_id: table.need_expression(
            "subscription_id",
            "an SQL expression that tells a customer's subscriptions apart",
        )?,
        customer_id: table
            .need_expression("customer_id", "an SQL expression that tells who pays")?,
        started_at: table
            .need_expression("started_at", "an SQL expression for the first day that is paid")?,
        ended_at: table.need_expression(
            "ended_at",
            "an SQL expression for the day after the last that is paid; where it gives NULL, the \
             end is open",
        )?,
        amount: table.need_expression("amount", "an SQL expression for what an interval costs")?,
        interval: table.need_expression(
            "interval",
            "an SQL expression that gives month, quarter or year; \"'month'\" where all pay \
             monthly",
        )?,
        cancelled_at: table.expression("cancelled_at")?,
        cancel_reason: table.expression("cancel_reason")?,
        involuntary: table.expression("involuntary")?,
        trial: table.expression("trial")?,
        filter: table.expression("where")?,
        scale: read_scale(table)?,
        currency: read_currency(table)?,
        deduplicate: read_deduplicate(table)?,
    })
}
