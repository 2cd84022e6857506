//! How each table about customers is drawn: which columns matter most, which rows stand for the
//! others.

use super::layout::{Block, Layout, Measure, Order, Ratio, Shape, Sums, Where};

pub const PLAIN: Layout = Layout {
    table: "",
    columns: &[],
    optional: &[],
    told: &[],
    apart: None,
    shape: Shape::Rows,
    blocks: &[],
    // Two years of months.
    rows: 24,
};
/// Periods of a table with blocks below.
pub const FEWER: usize = 12;
/// Customers of a table with a row for each.
const CUSTOMERS: usize = 20;
/// Rows of a block.
pub const MOST: usize = 12;

/// Rows that the others divide.
pub const TOTAL: Where = Where("breakdown", Some("total"));

pub const LAYOUTS: [Layout; 15] = [
    Layout {
        table: "cohort_curve",
        columns: &[
            "cohorts",
            "customers",
            "active",
            "retention_rate",
            "mean_retention_rate",
            "revenue",
            "revenue_retention_rate",
        ],
        ..PLAIN
    },
    Layout {
        table: "customer_retention",
        columns: &[
            "opening",
            "new",
            "returned",
            "churned",
            "closing",
            "retention_rate",
            "churn_rate",
            "buyers",
        ],
        ..PLAIN
    },
    Layout {
        table: "revenue_churn",
        columns: &[
            "opening_revenue",
            "new_revenue",
            "churned_revenue",
            "closing_revenue",
            "gross_revenue_churn_rate",
            "net_revenue_retention",
        ],
        ..PLAIN
    },
    Layout {
        table: "revenue_movements",
        columns: &["movement", "opening_revenue", "closing_revenue", "change"],
        shape: Shape::Top(Order::Largest("change")),
        rows: CUSTOMERS,
        ..PLAIN
    },
    Layout {
        table: "win_back",
        columns: &[
            "lapsed_opening",
            "won_back",
            "win_back_rate",
            "won_back_revenue",
            "median_days_lapsed",
        ],
        optional: &["reactivated", "reactivation_rate", "contacted", "uplift"],
        told: &["breakdown", "breakdown_value"],
        shape: Shape::Totals(&[TOTAL]),
        blocks: &[
            contacts("campaigns", "campaign", &[Where("breakdown", Some("campaign"))]),
            contacts("strategies", "strategy", &[Where("breakdown", Some("strategy"))]),
        ],
        rows: FEWER,
        ..PLAIN
    },
    Layout {
        table: "churn_reasons",
        shape: Shape::Blocks,
        blocks: &[
            churned("reasons", "reason"),
            churned("causes", "cause"),
            churned("sources", "source"),
        ],
        rows: FEWER,
        ..PLAIN
    },
    Layout {
        table: "purchase_gaps",
        columns: &[
            "gaps",
            "open",
            "km_median_days",
            "p25_days",
            "median_days",
            "p75_days",
            "p90_days",
            "mean_days",
        ],
        told: &["gap_number"],
        shape: Shape::Totals(&[Where("gap_number", None)]),
        blocks: &[Block::Period {
            title: "by number, of the last complete period with a km_median_days of gap 1",
            by: "gap_number",
            of: Where("gap_number", Some("1")),
            settled: "km_median_days",
            columns: &[],
        }],
        rows: FEWER,
        ..PLAIN
    },
    Layout {
        table: "purchase_gap_histogram",
        shape: Shape::Bars(Where("gap_number", None)),
        ..PLAIN
    },
    Layout {
        table: "loyalty",
        columns: &[
            "buyers",
            "repeat_purchase_ratio",
            "window_repeat_purchase_ratio",
            "loyal_customer_rate",
            "orders_per_customer",
            "average_order_value",
            "returning_revenue_share",
        ],
        ..PLAIN
    },
    Layout {
        table: "customers",
        columns: &["status", "last_order", "orders", "revenue", "median_gap_days", "overdue_ratio"],
        optional: &["risk_score", "risk_driver", "probability_alive", "clv"],
        shape: Shape::Top(Order::Highest("revenue")),
        rows: CUSTOMERS,
        ..PLAIN
    },
    Layout {
        table: "clv_holdout",
        columns: &[
            "step_start",
            "is_holdout",
            "customers",
            "actual_cumulative",
            "expected_cumulative",
        ],
        told: &["model"],
        shape: Shape::Across { by: "model", each: &["expected_orders", "expected_cumulative"] },
        ..PLAIN
    },
    Layout {
        table: "churn_indicators",
        columns: &[
            "auc",
            "odds_ratio",
            "odds_ratio_low",
            "odds_ratio_high",
            "threshold",
            "exposed",
            "exposed_churned",
            "unexposed",
            "unexposed_churned",
        ],
        shape: Shape::First(Order::Farthest("auc", 0.5)),
        ..PLAIN
    },
    Layout {
        table: "scorecard",
        shape: Shape::Lists,
        blocks: &[Block::Newest {
            title: "the last complete period of each",
            by: "metric",
            columns: &[
                "metric",
                "period",
                "value",
                "previous_value",
                "change",
                "threshold",
                "status",
            ],
        }],
        ..PLAIN
    },
    Layout {
        table: "alerts",
        columns: &["value", "previous_value", "change", "threshold", "direction", "is_latest"],
        shape: Shape::First(Order::Latest("period")),
        ..PLAIN
    },
    Layout {
        table: "checks",
        columns: &["status", "observed", "allowed", "failing"],
        shape: Shape::First(Order::Highest("failing")),
        ..PLAIN
    },
];

/// What contacts did.
const fn contacts(title: &'static str, name: &'static str, of: &'static [Where]) -> Block {
    const CONVERTED: Ratio = Ratio("converted", "contacted");
    const HOLDOUT: Ratio = Ratio("holdout_converted", "holdout");
    Block::Sums(Sums {
        title,
        name,
        of,
        by: "breakdown_value",
        measures: &[
            Measure::Sum("contacted"),
            Measure::Rate("conversion_rate", CONVERTED),
            Measure::Sum("holdout"),
            Measure::Rate("holdout_conversion_rate", HOLDOUT),
            Measure::Difference("uplift", CONVERTED, HOLDOUT),
            // An interval cannot be summed.
            Measure::Single("uplift_low"),
            Measure::Single("uplift_high"),
        ],
        order: Some("contacted"),
        most: MOST,
    })
}

/// Whom and what it cost.
const fn churned(title: &'static str, by: &'static str) -> Block {
    Block::Sums(Sums {
        title,
        name: by,
        of: &[],
        by,
        measures: &[
            Measure::Sum("churned"),
            Measure::Share("churned_share", "churned"),
            Measure::Sum("revenue_lost"),
            Measure::Share("revenue_lost_share", "revenue_lost"),
        ],
        order: Some("revenue_lost"),
        most: MOST,
    })
}
