//! Keys that a pipeline file may have, but for those of inputs, which declare theirs.

use super::inputs::INPUT_KEYS;

/// The dotted names of all tables with fixed keys, and their keys.
pub(super) fn tables() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    let of_inputs = INPUT_KEYS.iter().map(|(name, keys)| (name.as_str(), keys.as_slice()));
    let (before, after) = KEYS.split_at(BEFORE_INPUTS);
    before.iter().copied().chain(of_inputs).chain(after.iter().copied())
}

/// How many tables come before those of inputs where a key is looked for elsewhere.
const BEFORE_INPUTS: usize = 3;

/// The keys of every table with fixed ones, by the table's dotted name.
const KEYS: [(&str, &[&str]); 20] = [
    (
        "",
        &[
            "name",
            "calendar",
            "customers",
            "inputs",
            "segments",
            "revenue",
            "win_back",
            "churn_reasons",
            "lost_sales",
            "funnel",
            "carts",
            "purchase_gaps",
            "loyalty",
            "product_returns",
            "receivables",
            "churn_indicators",
            "lifetime",
            "cross_sell",
            "alerts",
            "outputs",
            "checks",
            "records",
            "state",
        ],
    ),
    (
        "calendar",
        &[
            "timezone",
            "naive_times",
            "week_start",
            "fiscal_year_start",
            "grains",
            "as_of",
            "history_start",
            "max_k",
        ],
    ),
    (
        "customers",
        &[
            "lapse_after_days",
            "activity",
            "reactivation_gap_days",
            "at_risk_ratio",
            "at_risk_score",
        ],
    ),
    ("revenue", &["window"]),
    ("win_back", &["prospect_after_days", "attribution_window_days"]),
    ("churn_reasons", &["survey_window_days", "reasons"]),
    ("lost_sales", &["recovery_window_days", "stages", "reasons"]),
    ("funnel", &["steps", "window_hours"]),
    ("carts", &["window_hours"]),
    ("purchase_gaps", &["max_gap_number", "bucket_days"]),
    ("loyalty", &["window_days", "orders"]),
    ("product_returns", &["window_days", "reasons"]),
    ("receivables", &["terms_days"]),
    ("churn_indicators", &["window_days"]),
    (
        "lifetime",
        &["model", "unit_days", "horizon_units", "annual_discount_rate", "calibration_end"],
    ),
    ("cross_sell", &["min_support", "max_items"]),
    ("outputs", &["path", "tables", "format", "partition_by", "keep_runs"]),
    (
        "checks",
        &[
            "max_rejected",
            "unknown_values",
            "allow_empty",
            "earliest",
            "unique_order_ids",
            "identities",
            "columns",
            "rows",
            "freshness",
        ],
    ),
    ("records", &["lineage", "lineage_namespace", "prometheus"]),
    ("state", &["path", "keep"]),
];

/// The keys of one segment.
pub(super) const SEGMENT_KEYS: &[&str] = &["column", "at"];

/// The keys of one alert.
pub(super) const ALERT_KEYS: &[&str] = &["above", "below", "grain"];

/// The keys of a check that is nothing but on or off.
pub(super) const SEVERITY_KEYS: &[&str] = &["severity"];

/// The keys of what is checked of one column.
pub(super) const COLUMN_CHECK_KEYS: &[&str] =
    &["column", "type", "max_null_share", "accepted", "max_other_share", "severity"];

/// The keys of what is checked of the number of rows.
pub(super) const ROW_CHECK_KEYS: &[&str] = &["max_drop", "max_growth", "severity"];

/// The keys of what is checked of the newest row.
pub(super) const FRESHNESS_KEYS: &[&str] = &["max_age_days", "severity"];
