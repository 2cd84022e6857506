//! `[customers]`: what keeps a customer.

use kohort_model::Basis;

use super::conflict::Conflict;
use super::error::ConfigError;
use super::section::Section;

/// The lapse window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lapse {
    /// So many days: at least 1 with orders; with subscriptions the longest gap that is no end,
    /// which may be 0; 0 with neither.
    Days(u32),
    /// The 90th percentile of the gaps between purchases.
    Auto,
}

/// Which events keep a customer active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Orders.
    Sales,
    /// Orders and refunds.
    Any,
}

pub(super) fn lapse_after(
    customers: &Section<'_>,
    basis: Option<Basis>,
) -> Result<Lapse, ConfigError> {
    // Nobody is a customer, so that nobody leaves.
    let Some(basis) = basis else { return Ok(Lapse::Days(0)) };
    let lapse_after_days = customers.get("lapse_after_days");
    match (basis, lapse_after_days, customers.get("reactivation_gap_days")) {
        (Basis::Orders, _, Some(item)) => Err(item.conflict(Conflict::GapOfOrders)),
        (Basis::Subscriptions, Some(item), _) => Err(item.conflict(Conflict::LapseOfSubscriptions)),
        (Basis::Orders, None, None) => Ok(Lapse::Days(90)),
        (Basis::Subscriptions, None, _) => {
            customers.days_or("reactivation_gap_days", 0).map(Lapse::Days)
        }
        (Basis::Orders, Some(item), None) => {
            let allowed = "a whole number of days from 1 to 36500, or \"auto\"";
            match item.text(allowed) {
                Ok(text) if text == "auto" => Ok(Lapse::Auto),
                Ok(_) => Err(item.wrong(allowed)),
                Err(_) => item.integer(1..=36_500, allowed).map(Lapse::Days),
            }
        }
    }
}

pub(super) fn activity(customers: &Section<'_>) -> Result<Activity, ConfigError> {
    match customers.get("activity") {
        Some(item) => item
            .choice(&[("sales", Activity::Sales), ("any", Activity::Any)], "\"sales\" or \"any\""),
        None => Ok(Activity::Sales),
    }
}
