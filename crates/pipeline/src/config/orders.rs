//! `[inputs.orders]`: where the order history lies and what its columns mean.

use std::path::PathBuf;

use kohort_model::Scale;

use super::conflict::Conflict;
use super::error::ConfigError;
use super::inputs::{Currency, read_currency, read_deduplicate, read_paths, read_scale};
use super::section::{EXPRESSION, Item, Section};
use super::status::{StatusLists, read_lists};

/// The order history. Every mapped value is an SQL expression over the source's columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrdersInput {
    /// Files, folders and globs, absolute, at least one.
    pub paths: Vec<PathBuf>,
    /// Who ordered.
    pub customer_id: String,
    /// Which order. There wherever it is needed: with [`Rows::Lines`], `updated_at` or
    /// `unique_order_ids`.
    pub order_id: Option<String>,
    /// When.
    pub ordered_at: String,
    /// The value, in whole currency units.
    pub amount: String,
    /// What a row is.
    pub rows: Rows,
    /// Of several rows of an order, the one with the latest stands; only with [`Rows::Orders`].
    pub updated_at: Option<String>,
    /// What became of the order; `None` where every row is completed.
    pub status: Option<StatusLists>,
    /// Why it was lost; only where some status means lost.
    pub lost_reason: Option<String>,
    /// The rows that count; `None` for all.
    pub filter: Option<String>,
    /// Decimal places of money.
    pub scale: Scale,
    /// In which currency the amounts are.
    pub currency: Currency,
    /// Whether rows that are equal in all columns of the source count once.
    pub deduplicate: bool,
}

/// What a row of the source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// An order, or a state of one.
    Orders,
    /// A line; the lines of one `order_id` are one order.
    Lines,
}

/// Reads the table. `unique_order_ids` is that check, where it is on: it needs the order ids.
pub(super) fn read(
    table: &Section<'_>,
    unique_order_ids: Option<&Item<'_>>,
) -> Result<OrdersInput, ConfigError> {
    let paths = read_paths(table, "a file, folder or glob that holds the order history")?;
    let customer_id =
        table.need_expression("customer_id", "an SQL expression that tells who ordered")?;
    let ordered_at = table.need_expression("ordered_at", "an SQL expression that tells when")?;
    let amount = table.need_expression("amount", "an SQL expression for the value of the row")?;
    let rows = match table.get("rows") {
        Some(item) => item.choice(
            &[("orders", Rows::Orders), ("lines", Rows::Lines)],
            "\"orders\" or \"lines\"",
        )?,
        None => Rows::Orders,
    };
    let updated_at = table.expression("updated_at")?;
    if let Some(item) = table.get("updated_at").filter(|_| rows == Rows::Lines) {
        return Err(item.conflict(Conflict::UpdatedLines));
    }
    let needed_order_id = |meaning| table.need_expression("order_id", meaning).map(Some);
    let order_id = if rows == Rows::Lines {
        needed_order_id("with rows = \"lines\" it tells which lines are one order")?
    } else if updated_at.is_some() {
        needed_order_id("with updated_at it tells which rows are one order")?
    } else if unique_order_ids.is_some() {
        needed_order_id("[checks] unique_order_ids looks for repeated ones")?
    } else {
        table.expression("order_id")?
    };
    let status = read_status(table)?;
    let lost_reason = table.expression("lost_reason")?;
    let none_is_lost = status.as_ref().is_none_or(|status| status.lost.is_empty());
    if let Some(item) = table.get("lost_reason").filter(|_| none_is_lost) {
        return Err(item.conflict(Conflict::ReasonWithoutLost));
    }
    if let Some(item) = unique_order_ids.filter(|_| rows == Rows::Lines) {
        return Err(item.conflict(Conflict::UniqueLines));
    }
    Ok(OrdersInput {
        paths,
        customer_id,
        order_id,
        ordered_at,
        amount,
        rows,
        updated_at,
        status,
        lost_reason,
        filter: table.expression("where")?,
        scale: read_scale(table)?,
        currency: read_currency(table)?,
        deduplicate: read_deduplicate(table)?,
    })
}

fn read_status(table: &Section<'_>) -> Result<Option<StatusLists>, ConfigError> {
    const LISTS: [&str; 4] = ["completed", "lost", "open", "ignored"];
    let Some(column) = table.get("status") else {
        return match LISTS.into_iter().find_map(|key| table.get(key)) {
            Some(item) => Err(item.conflict(Conflict::ListWithoutStatus)),
            None => Ok(None),
        };
    };
    let column = column.text(EXPRESSION)?;
    table.need("completed", "the statuses that mean sold, such as [\"paid\", \"shipped\"]")?;
    let allowed = "a list of texts such as [\"paid\", \"shipped\"]";
    read_lists(table, column, LISTS, [&[]; 4], allowed).map(Some)
}
