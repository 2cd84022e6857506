//! `[inputs.touchpoints]` and `[inputs.identities]`: what visitors do, and who of them is a customer;
//! `[funnel]` and `[carts]` beside them.

use std::path::PathBuf;

use super::conflict::Conflict;
use super::error::ConfigError;
use super::inputs::read_paths;
use super::section::Section;

/// What visitors did. Every mapped value is an SQL expression over the source's columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TouchpointsInput {
    /// Files, folders and globs, absolute, at least one.
    pub paths: Vec<PathBuf>,
    /// Which visitor.
    pub visitor_id: String,
    /// When.
    pub occurred_at: String,
    /// What was done: a step of the funnel, or something else.
    pub step: String,
    /// About which cart.
    pub cart_id: Option<String>,
    /// What the cart, or the sale, was worth, in whole currency units.
    pub value: Option<String>,
    /// Who the visitor is, where the event tells.
    pub customer_id: Option<String>,
    /// The rows that count; `None` for all.
    pub filter: Option<String>,
}

impl TouchpointsInput {
    /// Whether they name carts.
    #[must_use]
    pub fn has_carts(&self) -> bool {
        self.cart_id.is_some()
    }
}

/// Which visitors are customers. Every mapped value is an SQL expression over the source's columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentitiesInput {
    /// Files, folders and globs, absolute, at least one.
    pub paths: Vec<PathBuf>,
    /// Which visitor.
    pub visitor_id: String,
    /// Which customer it is.
    pub customer_id: String,
    /// The rows that count; `None` for all.
    pub filter: Option<String>,
}

/// How visitors become buyers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunnelSettings {
    /// The steps in order, 2 to 100 different ones, the last the purchase; none without touchpoints.
    pub steps: Vec<String>,
    /// Hours from a path's start within which it gets on, 1 to 876000.
    pub window_hours: u32,
    /// Hours from a cart's creation within which it is purchased, 1 to 876000.
    pub cart_window_hours: u32,
}

pub(super) fn read_touchpoints(
    inputs: &Section<'_>,
) -> Result<Option<TouchpointsInput>, ConfigError> {
    let Some(table) = inputs.optional_table("touchpoints")? else { return Ok(None) };
    Ok(Some(TouchpointsInput {
        paths: read_paths(&table, "a file, folder or glob that holds what visitors did")?,
        visitor_id: table
            .need_expression("visitor_id", "an SQL expression that tells visitors apart")?,
        occurred_at: table.need_expression("occurred_at", "an SQL expression that tells when")?,
        step: table.need_expression("step", "an SQL expression that tells what was done")?,
        cart_id: table.expression("cart_id")?,
        value: table.expression("value")?,
        customer_id: table.expression("customer_id")?,
        filter: table.expression("where")?,
    }))
}

/// Reads the table, which has no use unless there are touchpoints.
pub(super) fn read_identities(
    inputs: &Section<'_>,
    has_touchpoints: bool,
) -> Result<Option<IdentitiesInput>, ConfigError> {
    let Some(table) = inputs.optional_table("identities")? else { return Ok(None) };
    if !has_touchpoints {
        inputs.unused("identities", Conflict::IdentitiesOfNobody)?;
    }
    Ok(Some(IdentitiesInput {
        paths: read_paths(
            &table,
            "a file, folder or glob that holds which visitors are customers",
        )?,
        visitor_id: table
            .need_expression("visitor_id", "an SQL expression that tells which visitor")?,
        customer_id: table
            .need_expression("customer_id", "an SQL expression that tells which customer it is")?,
        filter: table.expression("where")?,
    }))
}

/// `[funnel]` and `[carts]`.
pub(super) fn read_funnel(
    root: &Section<'_>,
    touchpoints: Option<&TouchpointsInput>,
) -> Result<FunnelSettings, ConfigError> {
    let (funnel, carts) = (root.table("funnel")?, root.table("carts")?);
    if touchpoints.is_none() {
        root.unused("funnel", Conflict::FunnelOfNobody)?;
    }
    if !touchpoints.is_some_and(TouchpointsInput::has_carts) {
        root.unused("carts", Conflict::CartsOfNobody)?;
    }
    let steps = match touchpoints {
        Some(_) => read_steps(&funnel)?,
        None => Vec::new(),
    };
    Ok(FunnelSettings {
        steps,
        window_hours: hours_or(&funnel, 168)?,
        cart_window_hours: hours_or(&carts, 24)?,
    })
}

fn read_steps(funnel: &Section<'_>) -> Result<Vec<String>, ConfigError> {
    let meaning = "the steps of [inputs.touchpoints] in order, such as [\"visit\", \"cart\", \
                   \"purchase\"]; the last is the purchase";
    let allowed = "a list of 2 to 100 texts such as [\"visit\", \"cart\", \"purchase\"]";
    let item = funnel.need("steps", meaning)?;
    let steps = item.texts(allowed)?;
    if !(2..=100).contains(&steps.len()) {
        return Err(item.wrong(allowed));
    }
    Ok(steps.into_iter().map(|(step, _)| step).collect())
}

fn hours_or(table: &Section<'_>, default: u32) -> Result<u32, ConfigError> {
    let allowed = "a whole number of hours from 1 to 876000";
    table.integer_or("window_hours", default, 1..=876_000, allowed)
}
