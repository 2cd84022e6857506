//! `[funnel]` and `[carts]`: how visitors become buyers.

use kohort_model::Input;

use super::conflict::Conflict;
use super::error::ConfigError;
use super::inputs::Inputs;
use super::section::Section;

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

/// `[funnel]` and `[carts]`.
pub(super) fn read_funnel(
    root: &Section<'_>,
    inputs: &Inputs,
) -> Result<FunnelSettings, ConfigError> {
    let (funnel, carts) = (root.table("funnel")?, root.table("carts")?);
    if !inputs.has(Input::Touchpoints) {
        root.unused("funnel", Conflict::FunnelOfNobody)?;
    }
    if !inputs.maps(Input::Touchpoints, "cart_id") {
        root.unused("carts", Conflict::CartsOfNobody)?;
    }
    let steps = if inputs.has(Input::Touchpoints) { read_steps(&funnel)? } else { Vec::new() };
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
