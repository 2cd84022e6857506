//! `[inputs.orders]`: what goes together there beside what every input has.

use super::conflict::Conflict;
use super::error::ConfigError;
use super::inputs::{MappedInput, Rows};
use super::section::{Item, Section};

/// What a row is, once it is clear that the other settings go with it. `unique_order_ids` is that check,
/// where it is on: it needs the order ids.
pub(super) fn read_rows(
    table: &Section<'_>,
    orders: &MappedInput,
    unique_order_ids: Option<&Item<'_>>,
) -> Result<Rows, ConfigError> {
    let rows = if orders.are_lines { Rows::Lines } else { Rows::Orders };
    let needs_id = if table.get("updated_at").is_some() {
        Some("with updated_at it tells which rows are one order")
    } else {
        unique_order_ids.map(|_| "[checks] unique_order_ids looks for repeated ones")
    };
    if let Some(meaning) = needs_id {
        table.need("order_id", meaning)?;
    }
    let has_lost =
        orders.column("status").is_some_and(|status| !status.lists[LOST].texts.is_empty());
    if let Some(item) = table.get("lost_reason").filter(|_| !has_lost) {
        return Err(item.conflict(Conflict::ReasonWithoutLost));
    }
    match unique_order_ids.filter(|_| rows == Rows::Lines) {
        Some(item) => Err(item.conflict(Conflict::UniqueLines)),
        None => Ok(rows),
    }
}

/// The place of the list of lost ones among those of a status.
const LOST: usize = 1;
