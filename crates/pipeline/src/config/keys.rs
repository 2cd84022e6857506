//! Every key that a pipeline file may have.

/// The keys of every table with fixed ones, by the table's dotted name.
pub(super) const KEYS: [(&str, &[&str]); 33] = [
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
    (
        "inputs",
        &[
            "orders",
            "subscriptions",
            "prospects",
            "contacts",
            "surveys",
            "touchpoints",
            "identities",
            "opportunities",
            "order_lines",
            "returns",
            "invoices",
            "engagement",
        ],
    ),
    (
        "inputs.orders",
        &[
            "path",
            "customer_id",
            "order_id",
            "ordered_at",
            "amount",
            "rows",
            "updated_at",
            "status",
            "completed",
            "lost",
            "open",
            "ignored",
            "lost_reason",
            "where",
            "scale",
            "currency",
            "rates",
            "deduplicate",
        ],
    ),
    (
        "inputs.subscriptions",
        &[
            "path",
            "subscription_id",
            "customer_id",
            "started_at",
            "ended_at",
            "amount",
            "interval",
            "plan",
            "cancelled_at",
            "cancel_reason",
            "involuntary",
            "trial",
            "where",
            "scale",
            "currency",
            "rates",
            "deduplicate",
        ],
    ),
    ("inputs.prospects", &["path", "customer_id", "first_seen_at", "where"]),
    (
        "inputs.contacts",
        &[
            "path",
            "customer_id",
            "contacted_at",
            "campaign",
            "strategy",
            "variant",
            "holdout",
            "where",
        ],
    ),
    ("inputs.surveys", &["path", "customer_id", "answered_at", "reason", "score", "where"]),
    (
        "inputs.touchpoints",
        &["path", "visitor_id", "occurred_at", "step", "cart_id", "value", "customer_id", "where"],
    ),
    ("inputs.identities", &["path", "visitor_id", "customer_id", "where"]),
    (
        "inputs.opportunities",
        &[
            "path",
            "opportunity_id",
            "buyer",
            "created_at",
            "closed_at",
            "outcome",
            "won",
            "lost",
            "open",
            "ignored",
            "stage",
            "value",
            "reason",
            "competitor",
            "where",
        ],
    ),
    (
        "inputs.order_lines",
        &[
            "path",
            "customer_id",
            "order_id",
            "ordered_at",
            "product",
            "category",
            "units",
            "value",
            "where",
        ],
    ),
    (
        "inputs.returns",
        &[
            "path",
            "customer_id",
            "order_id",
            "returned_at",
            "product",
            "units",
            "value",
            "reason",
            "where",
        ],
    ),
    (
        "inputs.invoices",
        &[
            "path",
            "customer_id",
            "invoice_id",
            "invoiced_at",
            "due_at",
            "paid_at",
            "amount",
            "where",
        ],
    ),
    ("inputs.engagement", &["path", "customer_id", "occurred_at", "kind", "value", "where"]),
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
    ("checks", &["max_rejected", "unique_order_ids", "identities", "columns", "rows", "freshness"]),
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
