//! What holds in each table, and between them.

use super::rule::Compare;

/// What holds within a table.
pub(super) struct OfTable {
    pub table: &'static str,
    /// The columns that are the same in rows that follow one another.
    pub group: &'static [&'static str],
    pub rules: &'static [&'static str],
    /// Whether the values of a segment of `at = "first"` add up to the overall rows: where they do.
    pub additive: Option<&'static str>,
}

/// Parts that add up to totals.
pub(super) struct Parts {
    /// The table of the totals, and which of its rows are.
    pub table: &'static str,
    pub at: &'static str,
    pub compare: Compare,
    /// The table of the parts, and which of its rows are.
    pub of: &'static str,
    pub over: &'static str,
    /// What a total and its parts have in common: columns of the totals, and those of the parts.
    pub by: &'static [&'static str],
    pub part_by: &'static [&'static str],
    /// Whether a total without parts is one of 0, and not one without such a breakdown.
    pub is_complete: bool,
    /// Totals, and what adds up to them.
    pub sums: &'static [(&'static str, &'static str)],
}

pub(super) const GROUP: &[&str] = &["grain", "segment", "segment_value"];
const PERIOD: &[&str] = &["grain", "segment", "segment_value", "period"];
const LEVEL: &[&str] = &["segment", "segment_value", "level"];
const EVERYWHERE: Option<&str> = Some("");

/// Only of orders: a subscription goes on without another one.
pub(super) const OF_ORDERS: OfTable = OfTable {
    table: "cohort_retention",
    group: GROUP,
    rules: &["active <= orders where k > 0"],
    additive: None,
};

pub(super) const TABLES: [OfTable; 19] = [
    OfTable {
        table: "cohort_retention",
        group: &["grain", "segment", "segment_value", "cohort"],
        rules: &[
            "active = cohort_size where k = 0",
            "on_or_after = cohort_size where k = 0",
            "cumulative_revenue = revenue where k = 0",
            "active <= orders where k = 0",
            "active <= on_or_after",
            "repurchased_by <= cohort_size",
            "next.k = k + 1",
            "next.cohort_size = cohort_size",
            "next.on_or_after <= on_or_after",
            "repurchased_by <= next.repurchased_by",
            "next.cumulative_revenue = cumulative_revenue + next.revenue",
        ],
        additive: EVERYWHERE,
    },
    OfTable {
        table: "cohort_curve",
        group: GROUP,
        rules: &[
            "active = customers where k = 0",
            "revenue = base_revenue where k = 0",
            "mean_retention_rate = 1 where k = 0",
            "cohorts > 0",
            "cohorts <= customers",
            "active <= customers",
            "next.cohorts <= cohorts",
        ],
        additive: EVERYWHERE,
    },
    OfTable {
        table: "customer_retention",
        group: GROUP,
        rules: &[
            "closing = opening + new + entered_existing + returned - churned",
            "buyers = lifecycle_new + entered_existing + lifecycle_returning + lifecycle_resurrected",
            "lost = opening - kept",
            "kept <= closing",
            "kept <= opening",
            "lifecycle_new = new",
            "new_at_close <= new",
            "next.opening = closing",
            "next.lifecycle_returning + next.lifecycle_dormant = buyers",
        ],
        additive: EVERYWHERE,
    },
    OfTable {
        table: "revenue_churn",
        group: GROUP,
        rules: &[
            "closing_revenue = opening_revenue + new_revenue + reactivated_revenue + expansion_revenue \
             - contraction_revenue - churned_revenue",
            "opening_customers = expansion_customers + contraction_customers + unchanged_customers \
             + churned_customers",
            "closing_customers = expansion_customers + contraction_customers + unchanged_customers \
             + new_customers + reactivated_customers",
            "next.opening_revenue = closing_revenue where window_periods = 1",
            "next.opening_credits = closing_credits where window_periods = 1",
        ],
        additive: EVERYWHERE,
    },
    OfTable {
        table: "win_back",
        group: GROUP,
        rules: &[
            "won_back <= lapsed_opening",
            "reactivated <= inactive_opening where inactive_opening is set",
            "lapsed_opening <= inactive_opening where inactive_opening is set",
            "won_back <= reactivated where inactive_opening is set",
            "converted <= contacted",
            "holdout_converted <= holdout",
            "contacted + holdout <= contacts",
            "converted + holdout_converted + attribution_open <= contacted + holdout",
            "uplift is set exactly where contacted > 0 and holdout > 0",
            "uplift_low <= uplift",
            "uplift <= uplift_high",
            "contacts > 0 where breakdown is not total",
            "lapsed_opening is set exactly where breakdown is total",
        ],
        additive: EVERYWHERE,
    },
    OfTable {
        table: "churn_reasons",
        group: GROUP,
        rules: &[
            "churned > 0",
            "with_notice <= churned",
            "mean_notice_days is set exactly where with_notice > 0",
            "source is none exactly where reason is unknown",
        ],
        additive: EVERYWHERE,
    },
    OfTable {
        table: "lost_sales",
        group: GROUP,
        rules: &[
            "attempts = won + lost + open",
            "recovered + recovery_open <= lost",
            "stopped <= lost",
            "net_lost_value = lost_value - recovered_value",
            "won_value + lost_value <= attempted_value",
        ],
        additive: EVERYWHERE,
    },
    OfTable {
        table: "funnel",
        group: PERIOD,
        rules: &[
            "entered = converted + dropped + open where converted is set",
            "dropped_without_value <= dropped",
            "next.step_number = step_number + 1",
            "next.entered = converted",
            "dropped is set exactly where converted is set",
            "lost_value is set exactly where converted is set",
        ],
        additive: EVERYWHERE,
    },
    OfTable {
        table: "carts",
        group: GROUP,
        rules: &[
            "created = purchased + open + abandoned",
            "recovered + recovery_open <= abandoned",
            "recovered_value <= abandoned_value",
            "purchased_value + abandoned_value <= created_value",
            "without_value <= created",
        ],
        additive: EVERYWHERE,
    },
    OfTable {
        table: "purchase_gaps",
        group: PERIOD,
        rules: &[
            "p25_days <= median_days",
            "median_days <= p75_days",
            "p75_days <= p90_days",
            "mean_days is set exactly where gaps > 0",
            "median_days is set exactly where gaps > 0",
            "km_median_days is not set where gaps = 0",
        ],
        additive: EVERYWHERE,
    },
    OfTable {
        table: "purchase_gap_histogram",
        group: GROUP,
        rules: &["gaps + open > 0", "days_from <= days_to"],
        additive: EVERYWHERE,
    },
    OfTable {
        table: "loyalty",
        group: GROUP,
        rules: &[
            "repeat_buyers <= buyers",
            "buyers <= orders",
            "window_repeat_buyers <= window_buyers",
            "loyal <= window_buyers",
            "order_revenue = 0 where orders = 0",
        ],
        additive: EVERYWHERE,
    },
    OfTable {
        table: "product_returns",
        group: GROUP,
        rules: &[
            "unmatched is set exactly where breakdown is total and attribution is return_date",
        ],
        additive: Some("breakdown is not reason"),
    },
    OfTable {
        table: "receivables",
        group: GROUP,
        rules: &[
            "receivables = current + overdue_1_30 + overdue_31_60 + overdue_61_90 + overdue_over_90",
            "paid_late <= paid",
            "open_credits >= 0",
            "days > 0",
            "next.opening_receivables = receivables",
        ],
        additive: EVERYWHERE,
    },
    OfTable {
        table: "nps",
        group: GROUP,
        rules: &[
            "responses = promoters + passives + detractors",
            "nps is set exactly where responses > 0",
            "nps_standard_error is set exactly where responses > 0",
        ],
        additive: EVERYWHERE,
    },
    OfTable {
        table: "churn_indicators",
        group: GROUP,
        rules: &[
            "observations > 0",
            "observations = exposed + unexposed",
            "churned = exposed_churned + unexposed_churned",
            "with_signal <= observations",
            "odds_ratio is set exactly where exposed_churned > 0 and exposed - exposed_churned > 0 \
             and unexposed_churned > 0 and unexposed - unexposed_churned > 0",
            "auc >= 0",
            "auc <= 1",
        ],
        additive: EVERYWHERE,
    },
    OfTable {
        table: "clv_holdout",
        group: &["segment", "segment_value", "model"],
        rules: &[
            "actual_cumulative = actual_orders where step = 1",
            "next.step = step + 1",
            "next.actual_cumulative = actual_cumulative + next.actual_orders",
            "next.customers >= customers",
        ],
        additive: EVERYWHERE,
    },
    OfTable {
        table: "cross_sell",
        group: LEVEL,
        rules: &[
            "with_both >= 2",
            "with_both <= with_item",
            "with_both <= with_other",
            "with_item <= baskets",
            "with_other <= baskets",
        ],
        additive: None,
    },
    OfTable {
        table: "cross_sell_customers",
        group: LEVEL,
        rules: &["with_others <= customers", "upgrades + downgrades <= repeat_purchases"],
        additive: EVERYWHERE,
    },
];

/// The total of the periods of `table` and what adds up to it over a breakdown.
const fn breakdown(
    table: &'static str,
    over: &'static str,
    by: &'static [&'static str],
    sums: &'static [(&'static str, &'static str)],
) -> Parts {
    Parts {
        table,
        at: "breakdown is total",
        compare: Compare::Equal,
        of: table,
        over,
        by,
        part_by: by,
        is_complete: false,
        sums,
    }
}

/// What adds up to each row of `table`, by period.
const fn by_period(
    table: &'static str,
    at: &'static str,
    (of, over): (&'static str, &'static str),
    sums: &'static [(&'static str, &'static str)],
) -> Parts {
    Parts {
        table,
        at,
        compare: Compare::Equal,
        of,
        over,
        by: PERIOD,
        part_by: PERIOD,
        is_complete: true,
        sums,
    }
}

const CONTACTS: &[(&str, &str)] = &[
    ("contacts", "contacts"),
    ("converted", "converted"),
    ("holdout_converted", "holdout_converted"),
];

const ATTEMPT: &[&str] = &["source", "grain", "segment", "segment_value", "period", "buyer"];
const LOST: &[(&str, &str)] = &[
    ("lost", "lost"),
    ("recovered", "recovered"),
    ("recovery_open", "recovery_open"),
    ("lost_value", "lost_value"),
    ("recovered_value", "recovered_value"),
    ("net_lost_value", "net_lost_value"),
];

const RETURNS: &[&str] = &["grain", "segment", "segment_value", "period", "attribution"];
const GOODS: &[(&str, &str)] = &[
    ("sold_units", "sold_units"),
    ("sold_value", "sold_value"),
    ("returned_units", "returned_units"),
    ("returned_value", "returned_value"),
];

const GAP: &[&str] = &["grain", "segment", "segment_value", "period", "gap_number"];
const PAIR: &[&str] = &["segment", "segment_value", "level", "relation", "item", "other_item"];
const PAIR_BACK: &[&str] = &["segment", "segment_value", "level", "relation", "other_item", "item"];

/// Of subscriptions: who is active pays.
pub(super) const OF_SUBSCRIPTIONS: Parts =
    by_period("customer_retention", "", ("revenue_churn", ""), &[("closing", "closing_customers")]);

pub(super) const PARTS: [Parts; 21] = [
    breakdown("win_back", "breakdown is campaign", PERIOD, CONTACTS),
    breakdown("win_back", "breakdown is strategy", PERIOD, CONTACTS),
    breakdown("lost_sales", "breakdown is competitor", ATTEMPT, LOST),
    breakdown("lost_sales", "breakdown is reason", ATTEMPT, LOST),
    breakdown(
        "lost_sales",
        "breakdown is stage",
        ATTEMPT,
        &[("lost", "stopped"), ("lost_value", "stopped_value")],
    ),
    breakdown("product_returns", "breakdown is category", RETURNS, GOODS),
    breakdown("product_returns", "breakdown is product", RETURNS, GOODS),
    breakdown(
        "product_returns",
        "breakdown is reason",
        RETURNS,
        &[("returned_units", "returned_units"), ("returned_value", "returned_value")],
    ),
    Parts {
        at: "breakdown is total and attribution is return_date",
        ..breakdown(
            "product_returns",
            "breakdown is total and attribution is order_date",
            PERIOD,
            &[("sold_units", "sold_units"), ("sold_orders", "sold_orders")],
        )
    },
    by_period(
        "churn_reasons",
        "",
        ("churn_reasons", ""),
        &[("churned_total", "churned"), ("revenue_lost_total", "revenue_lost")],
    ),
    by_period("funnel", "", ("funnel", "step_number = 1"), &[("visitors", "entered")]),
    Parts {
        compare: Compare::AtLeast,
        ..by_period(
            "purchase_gaps",
            "gap_number is not set",
            ("purchase_gaps", "gap_number is set"),
            &[("gaps", "gaps"), ("open", "open")],
        )
    },
    Parts {
        by: LEVEL,
        part_by: LEVEL,
        ..by_period(
            "cross_sell_customers",
            "item is not set",
            ("cross_sell_customers", "item is set"),
            &[
                ("repeat_purchases", "repeat_purchases"),
                ("upgrades", "upgrades"),
                ("downgrades", "downgrades"),
            ],
        )
    },
    Parts {
        by: LEVEL,
        part_by: LEVEL,
        compare: Compare::AtMost,
        is_complete: false,
        ..by_period(
            "cross_sell_customers",
            "item is set",
            ("cross_sell_customers", "item is not set"),
            &[("customers", "customers")],
        )
    },
    Parts {
        by: PAIR,
        part_by: PAIR_BACK,
        ..by_period(
            "cross_sell",
            "relation is not next",
            ("cross_sell", "relation is not next"),
            &[("with_both", "with_both")],
        )
    },
    by_period(
        "win_back",
        "breakdown is total",
        ("customer_retention", ""),
        &[("next.lapsed_opening - lapsed_opening", "churned - returned")],
    ),
    Parts {
        compare: Compare::AtMost,
        is_complete: false,
        ..by_period(
            "win_back",
            "breakdown is total",
            ("customer_retention", ""),
            &[("won_back", "returned")],
        )
    },
    by_period("customer_retention", "", ("churn_reasons", ""), &[("churned", "churned")]),
    Parts {
        by: GAP,
        part_by: GAP,
        ..by_period(
            "purchase_gaps",
            "",
            ("purchase_gap_histogram", ""),
            &[("gaps", "gaps"), ("open", "open")],
        )
    },
    by_period("customer_retention", "", ("loyalty", ""), &[("buyers", "buyers")]),
    by_period(
        "carts",
        "",
        ("lost_sales", "source is carts and breakdown is total"),
        &[
            ("created", "attempts"),
            ("purchased", "won"),
            ("open", "open"),
            ("abandoned", "lost"),
            ("recovered", "recovered"),
            ("recovery_open", "recovery_open"),
        ],
    ),
];

/// Columns that do not add up over the values of a segment, in whichever table.
///
/// A value has no rows before its first order, though a customer may have refunds there: of those
/// the credits of everybody know, and of the value none. Prospects and contacts of people without an
/// order have no value, and the total of a breakdown stands only where the value has the row. Each
/// value has a threshold of its own for a signal.
pub(super) const NOT_ADDITIVE: [&str; 17] = [
    "window_periods",
    "lost_revenue",
    "expected_lost_value",
    "cohorts",
    "opening_credits",
    "closing_credits",
    "inactive_opening",
    "reactivated",
    "contacts",
    "churned_total",
    "revenue_lost_total",
    "days_to",
    "days",
    "exposed",
    "exposed_churned",
    "unexposed",
    "unexposed_churned",
];
