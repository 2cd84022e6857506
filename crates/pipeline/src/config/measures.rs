//! The tables' own settings: `[win_back]`, `[churn_reasons]`, `[lost_sales]`, `[purchase_gaps]`,
//! `[loyalty]`, `[product_returns]`, `[receivables]`, `[churn_indicators]`, `[lifetime]` and
//! `[cross_sell]`.

use kohort_model::{Basis, Day, Gaps, Input, Lifetime, Loyalty, Model};

use super::Lapse;
use super::conflict::Conflict;
use super::error::ConfigError;
use super::inputs::Inputs;
use super::section::{DAYS_FROM_1, Section};

/// Days after which a prospect counts as inactive; `None` for the lapse window, where that is still
/// to be measured.
pub(super) fn prospect_after_days(
    win_back: &Section<'_>,
    basis: Basis,
    lapse_after: Lapse,
) -> Result<Option<u32>, ConfigError> {
    match (win_back.get("prospect_after_days"), basis, lapse_after) {
        (Some(item), ..) => item.integer(1..=36_500, DAYS_FROM_1).map(Some),
        (None, Basis::Subscriptions, _) => Ok(Some(90)),
        (None, Basis::Orders, Lapse::Days(days)) => Ok(Some(days)),
        (None, Basis::Orders, Lapse::Auto) => Ok(None),
    }
}

/// Reasons why customers left.
pub(super) fn churn_reasons(
    table: &Section<'_>,
    inputs: &Inputs,
) -> Result<Vec<(String, String)>, ConfigError> {
    let has_reasons =
        inputs.maps(Input::Surveys, "reason") || inputs.maps(Input::Subscriptions, "cancel_reason");
    reasons(table, has_reasons, Conflict::ReasonsOfNobody)
}

/// Reasons why sales were lost.
pub(super) fn lost_reasons(
    table: &Section<'_>,
    inputs: &Inputs,
) -> Result<Vec<(String, String)>, ConfigError> {
    let of_orders = inputs.maps(Input::Orders, "lost_reason");
    let of_opportunities = inputs.maps(Input::Opportunities, "reason");
    reasons(table, of_orders || of_opportunities, Conflict::ReasonsWithoutReason)
}

/// The stages of opportunities that `[lost_sales]` lists, in order; none where it lists none.
pub(super) fn stages(
    lost_sales: &Section<'_>,
    inputs: &Inputs,
) -> Result<Vec<String>, ConfigError> {
    if !inputs.maps(Input::Opportunities, "stage") {
        lost_sales.unused("stages", Conflict::StagesWithoutStage)?;
    }
    let allowed = "a list of texts in order, such as [\"qualified\", \"offer\", \"contract\"]";
    Ok(lost_sales.texts("stages", allowed)?.unwrap_or_default())
}

/// The table's `reasons`, which are in `conflict` with an input that has none.
fn reasons(
    table: &Section<'_>,
    has_reasons: bool,
    conflict: Conflict,
) -> Result<Vec<(String, String)>, ConfigError> {
    let mut reasons = Vec::new();
    for (found, item) in table.open_table("reasons")?.items() {
        reasons.push((found.to_owned(), item.text("a text, the reason to report")?));
    }
    reasons.sort();
    match table.get("reasons").filter(|_| !reasons.is_empty()) {
        Some(item) if !has_reasons => Err(item.conflict(conflict)),
        _ => Ok(reasons),
    }
}

pub(super) fn gaps(root: &Section<'_>) -> Result<Gaps, ConfigError> {
    let table = root.table("purchase_gaps")?;
    let allowed = "a whole number of gaps from 1 to 1000";
    Ok(Gaps {
        max_number: table.integer_or("max_gap_number", 10, 1..=1000, allowed)?,
        bucket_days: table.integer_or("bucket_days", 7, 1..=36_500, DAYS_FROM_1)?,
    })
}

pub(super) fn loyalty(root: &Section<'_>) -> Result<Loyalty, ConfigError> {
    let table = root.table("loyalty")?;
    let allowed = "a whole number of orders from 1 to 100000";
    Ok(Loyalty {
        window_days: table.integer_or("window_days", 365, 1..=36_500, DAYS_FROM_1)?,
        orders: table.integer_or("orders", 3, 1..=100_000, allowed)?,
    })
}

/// Days after a period's end from which its returns are all there, and the reasons why goods came back.
pub(super) fn product_returns(
    root: &Section<'_>,
    inputs: &Inputs,
) -> Result<(u32, Vec<(String, String)>), ConfigError> {
    let table = root.table("product_returns")?;
    if !inputs.has(Input::Returns) {
        root.unused("product_returns", Conflict::ReturnsOfNobody)?;
        return Ok((30, Vec::new()));
    }
    let window_days = table.days_or("window_days", 30)?;
    let reasons =
        reasons(&table, inputs.maps(Input::Returns, "reason"), Conflict::ReasonsOfReturns)?;
    Ok((window_days, reasons))
}

/// Days after which an invoice without a due date is due.
pub(super) fn terms_days(root: &Section<'_>, has_invoices: bool) -> Result<u32, ConfigError> {
    let table = root.table("receivables")?;
    if !has_invoices {
        root.unused("receivables", Conflict::InvoicesOfNobody)?;
    }
    table.days_or("terms_days", 30)
}

/// Days before a period over which a signal is added up.
pub(super) fn indicator_window_days(root: &Section<'_>) -> Result<u32, ConfigError> {
    root.table("churn_indicators")?.integer_or("window_days", 30, 1..=36_500, DAYS_FROM_1)
}

/// The smallest share of the baskets that a pair is listed with, and how many items are paired.
pub(super) fn cross_sell(
    root: &Section<'_>,
    has_order_lines: bool,
) -> Result<(f64, u32), ConfigError> {
    let table = root.table("cross_sell")?;
    if !has_order_lines {
        root.unused("cross_sell", Conflict::LinesOfNobody)?;
    }
    let min_support = match table.get("min_support") {
        Some(item) => item.number(0.0..=1.0, "a share from 0 to 1, such as 0.001")?,
        None => 0.001,
    };
    let allowed = "a whole number of items from 2 to 10000";
    Ok((min_support, table.integer_or("max_items", 500, 2..=10_000, allowed)?))
}

/// `[lifetime]`, and what `[customers]` says of customers at risk.
pub(super) fn lifetime(
    root: &Section<'_>,
    customers: &Section<'_>,
    (as_of, history_start): (Option<Day>, Option<Day>),
) -> Result<Lifetime, ConfigError> {
    let table = root.table("lifetime")?;
    let default = Lifetime::default();
    let model = match table.get("model") {
        Some(item) => {
            let models = [Model::BgNbd, Model::MbgNbd, Model::ParetoNbd];
            let choices = models.map(|model| (model_name(model), model));
            item.choice(&choices, "a model such as \"bg_nbd\"")?
        }
        None => default.model,
    };
    let units = "a whole number of units from 1 to 10000";
    Ok(Lifetime {
        model,
        unit_days: table.integer_or("unit_days", default.unit_days, 1..=36_500, DAYS_FROM_1)?,
        horizon_units: table.integer_or(
            "horizon_units",
            default.horizon_units,
            1..=10_000,
            units,
        )?,
        annual_discount_rate: match table.get("annual_discount_rate") {
            Some(item) => item.number(0.0..10.0, "a share from 0 to below 10, such as 0.1")?,
            None => default.annual_discount_rate,
        },
        calibration_end: match table.get("calibration_end") {
            Some(item) => {
                let end = item.day()?;
                let has_before = history_start.is_none_or(|start| start < end);
                let has_after = as_of.is_none_or(|as_of| end < as_of);
                if !(has_before && has_after) {
                    return Err(item.conflict(Conflict::NothingCalibrated));
                }
                Some(end)
            }
            None => None,
        },
        at_risk_ratio: match customers.get("at_risk_ratio") {
            Some(item) => item.number(f64::MIN_POSITIVE.., "a number above 0, such as 2")?,
            None => default.at_risk_ratio,
        },
    })
}

/// How tables and pipeline files call the model.
pub(super) fn model_name(model: Model) -> &'static str {
    match model {
        Model::BgNbd => "bg_nbd",
        Model::MbgNbd => "mbg_nbd",
        Model::ParetoNbd => "pareto_nbd",
    }
}
