//! `[inputs.order_lines]`, `[inputs.returns]` and `[inputs.invoices]`: what customers bought, what came
//! back, and what they owe.

use std::path::PathBuf;

use super::conflict::Conflict;
use super::error::ConfigError;
use super::inputs::read_paths;
use super::section::Section;

/// Lines of orders. Every mapped value is an SQL expression over the source's columns, and at least
/// one of product and category is mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderLinesInput {
    /// Files, folders and globs, absolute, at least one.
    pub paths: Vec<PathBuf>,
    /// Who ordered.
    pub customer_id: String,
    /// In which order.
    pub order_id: String,
    /// When.
    pub ordered_at: String,
    /// What.
    pub product: Option<String>,
    /// What kind of product that is.
    pub category: Option<String>,
    /// How many; `None` where each line is one.
    pub units: Option<String>,
    /// The value of the line, in whole currency units.
    pub value: String,
    /// The rows that count; `None` for all.
    pub filter: Option<String>,
}

/// Goods that came back. Every mapped value is an SQL expression over the source's columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnsInput {
    /// Files, folders and globs, absolute, at least one.
    pub paths: Vec<PathBuf>,
    /// Who had ordered them.
    pub customer_id: String,
    /// In which order: an id as those of the lines.
    pub order_id: String,
    /// When they came back.
    pub returned_at: String,
    /// What came back.
    pub product: Option<String>,
    /// How many; `None` where each row is one.
    pub units: Option<String>,
    /// What was given back, in whole currency units.
    pub value: String,
    /// Why.
    pub reason: Option<String>,
    /// The rows that count; `None` for all.
    pub filter: Option<String>,
}

/// What customers owe. Every mapped value is an SQL expression over the source's columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoicesInput {
    /// Files, folders and globs, absolute, at least one.
    pub paths: Vec<PathBuf>,
    /// Who owes it.
    pub customer_id: String,
    /// Which invoice; `None` where every row is one.
    pub invoice_id: Option<String>,
    /// When it was written.
    pub invoiced_at: String,
    /// The last day on which it is paid in time; NULL is `terms_days` after it was written.
    pub due_at: Option<String>,
    /// When it was paid; NULL is not yet.
    pub paid_at: String,
    /// What is owed, in whole currency units; below zero of a credit note.
    pub amount: String,
    /// The rows that count; `None` for all.
    pub filter: Option<String>,
}

pub(super) fn read_order_lines(
    inputs: &Section<'_>,
) -> Result<Option<OrderLinesInput>, ConfigError> {
    let Some(table) = inputs.optional_table("order_lines")? else { return Ok(None) };
    Ok(Some(OrderLinesInput {
        paths: read_paths(&table, "a file, folder or glob that holds the lines of orders")?,
        customer_id: table
            .need_expression("customer_id", "an SQL expression that tells who ordered")?,
        order_id: table.need_expression(
            "order_id",
            "an SQL expression that tells which lines are one order",
        )?,
        ordered_at: table.need_expression("ordered_at", "an SQL expression that tells when")?,
        product: table.expression_or(
            "product",
            "category",
            "an SQL expression for what was bought; or set category, one for its kind",
        )?,
        category: table.expression("category")?,
        units: table.expression("units")?,
        value: table.need_expression("value", "an SQL expression for the value of the line")?,
        filter: table.expression("where")?,
    }))
}

/// Reads the table, which has no use unless there are lines of orders.
pub(super) fn read_returns(
    inputs: &Section<'_>,
    has_order_lines: bool,
) -> Result<Option<ReturnsInput>, ConfigError> {
    let Some(table) = inputs.optional_table("returns")? else { return Ok(None) };
    if !has_order_lines {
        inputs.unused("returns", Conflict::ReturnsWithoutLines)?;
    }
    Ok(Some(ReturnsInput {
        paths: read_paths(&table, "a file, folder or glob that holds what came back")?,
        customer_id: table
            .need_expression("customer_id", "an SQL expression that tells who had ordered it")?,
        order_id: table
            .need_expression("order_id", "an SQL expression that tells in which order")?,
        returned_at: table.need_expression("returned_at", "an SQL expression that tells when")?,
        product: table.expression("product")?,
        units: table.expression("units")?,
        value: table.need_expression("value", "an SQL expression for what was given back")?,
        reason: table.expression("reason")?,
        filter: table.expression("where")?,
    }))
}

pub(super) fn read_invoices(inputs: &Section<'_>) -> Result<Option<InvoicesInput>, ConfigError> {
    let Some(table) = inputs.optional_table("invoices")? else { return Ok(None) };
    Ok(Some(InvoicesInput {
        paths: read_paths(&table, "a file, folder or glob that holds the invoices")?,
        customer_id: table.need_expression("customer_id", "an SQL expression that tells who owes")?,
        invoice_id: table.expression("invoice_id")?,
        invoiced_at: table
            .need_expression("invoiced_at", "an SQL expression that tells when it was written")?,
        due_at: table.expression("due_at")?,
        paid_at: table.need_expression(
            "paid_at",
            "an SQL expression that tells when it was paid; where it gives NULL, it is not paid yet",
        )?,
        amount: table.need_expression("amount", "an SQL expression for what is owed")?,
        filter: table.expression("where")?,
    }))
}
