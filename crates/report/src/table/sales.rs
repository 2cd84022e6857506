//! How each table about sales is drawn: what was nearly sold, what came back, what is sold together.

use super::layout::{Apart, Block, Layout, Measure, Order, Ratio, Shape, Sums, Where};
use super::layouts::{FEWER, MOST, PLAIN, TOTAL};

pub const LAYOUTS: [Layout; 7] = [
    Layout {
        table: "lost_sales",
        columns: &[
            "won",
            "open",
            "lost",
            "recovered",
            "conversion_rate",
            "lost_value",
            "net_lost_value",
        ],
        told: &["breakdown", "breakdown_value"],
        apart: Some(Apart { column: "source", usual: "orders", instead_of: &["recovered"] }),
        shape: Shape::Totals(&[TOTAL]),
        blocks: &[
            lost("reasons", "reason", &[Where("breakdown", Some("reason"))]),
            Block::Sums(Sums {
                title: "stages",
                name: "stage",
                of: &[Where("breakdown", Some("stage"))],
                by: "breakdown_value",
                measures: &[
                    Measure::Sum("attempts"),
                    Measure::Sum("lost"),
                    Measure::Sum("stopped"),
                    Measure::Rate("stopped_share", Ratio("stopped", "attempts")),
                    Measure::Sum("stopped_value"),
                ],
                // That of the way.
                order: None,
                most: usize::MAX,
            }),
            lost("competitors", "competitor", &[Where("breakdown", Some("competitor"))]),
        ],
        rows: FEWER,
        ..PLAIN
    },
    Layout {
        table: "funnel",
        shape: Shape::Blocks,
        blocks: &[
            Block::Period {
                title: "steps, in the last complete period",
                by: "step",
                of: Where("step_number", Some("1")),
                settled: "entered",
                columns: &[
                    "entered",
                    "converted",
                    "dropped",
                    "step_conversion_rate",
                    "overall_conversion_rate",
                    "median_seconds",
                    "lost_value",
                ],
            },
            Block::Rows {
                title: "who reached the last step, by period",
                // It alone leads to no other.
                of: Where("converted", None),
                columns: &["period", "visitors", "entered", "overall_conversion_rate"],
            },
        ],
        ..PLAIN
    },
    Layout {
        table: "carts",
        columns: &[
            "created",
            "purchased",
            "open",
            "abandoned",
            "abandonment_rate",
            "recovery_rate",
            "abandoned_value",
            "recovered_value",
        ],
        ..PLAIN
    },
    Layout {
        table: "product_returns",
        columns: &[
            "sold_units",
            "returned_units",
            "unit_return_rate",
            "sold_value",
            "returned_value",
            "value_return_rate",
        ],
        told: &["breakdown", "breakdown_value"],
        shape: Shape::Totals(&[BY_ORDER, TOTAL]),
        blocks: &[
            returned("categories", "category", &[BY_ORDER, Where("breakdown", Some("category"))]),
            returned("products", "product", &[BY_ORDER, Where("breakdown", Some("product"))]),
            Block::Sums(Sums {
                title: "reasons",
                name: "reason",
                of: &[BY_ORDER, Where("breakdown", Some("reason"))],
                by: "breakdown_value",
                measures: &[
                    Measure::Sum("returned_orders"),
                    Measure::Sum("returned_units"),
                    Measure::Sum("returned_value"),
                    Measure::Share("returned_value_share", "returned_value"),
                ],
                order: Some("returned_value"),
                most: MOST,
            }),
        ],
        rows: 6,
        ..PLAIN
    },
    Layout {
        table: "receivables",
        columns: &[
            "receivables",
            "dso",
            "late_share",
            "overdue_1_30",
            "overdue_31_60",
            "overdue_61_90",
            "overdue_over_90",
        ],
        ..PLAIN
    },
    Layout {
        table: "cross_sell",
        apart: Some(LEVEL),
        shape: Shape::Lists,
        blocks: &[
            pairs("pairs in one order (each once)", &[Where("relation", Some("order"))], PAIR),
            pairs("pairs of a first item and the next", &[Where("relation", Some("next"))], None),
            pairs(
                "pairs of one customer (each once)",
                &[Where("relation", Some("customer"))],
                PAIR,
            ),
        ],
        rows: 6,
        ..PLAIN
    },
    Layout {
        table: "cross_sell_customers",
        apart: Some(LEVEL),
        shape: Shape::Lists,
        blocks: &[Block::First {
            title: "items",
            of: &[],
            order: Order::Highest("customers"),
            pair: None,
            columns: &[
                "item",
                "customers",
                "with_others_rate",
                "repeat_purchases",
                "upgrades",
                "downgrades",
                "upgrade_rate",
            ],
        }],
        rows: MOST,
        ..PLAIN
    },
];

/// What was nearly sold.
const fn lost(title: &'static str, name: &'static str, of: &'static [Where]) -> Block {
    Block::Sums(Sums {
        title,
        name,
        of,
        by: "breakdown_value",
        measures: &[
            Measure::Sum("lost"),
            Measure::Sum("recovered"),
            Measure::Sum("lost_value"),
            Measure::Sum("recovered_value"),
            Measure::Sum("net_lost_value"),
        ],
        order: Some("net_lost_value"),
        most: usize::MAX,
    })
}

/// Returns of what was ordered in the period.
const BY_ORDER: Where = Where("attribution", Some("order_date"));

/// What came back of what was sold.
const fn returned(title: &'static str, name: &'static str, of: &'static [Where]) -> Block {
    Block::Sums(Sums {
        title,
        name,
        of,
        by: "breakdown_value",
        measures: &[
            Measure::Sum("sold_units"),
            Measure::Sum("returned_units"),
            Measure::Rate("unit_return_rate", Ratio("returned_units", "sold_units")),
            Measure::Sum("sold_value"),
            Measure::Sum("returned_value"),
            Measure::Rate("value_return_rate", Ratio("returned_value", "sold_value")),
        ],
        order: Some("returned_value"),
        most: MOST,
    })
}

/// Categories and products.
const LEVEL: Apart = Apart { column: "level", usual: "category", instead_of: &[] };
const PAIR: Option<(&str, &str)> = Some(("item", "other_item"));

/// What goes with what.
const fn pairs(
    title: &'static str,
    of: &'static [Where],
    pair: Option<(&'static str, &'static str)>,
) -> Block {
    Block::First {
        title,
        of,
        order: Order::Highest("lift"),
        pair,
        columns: &["item", "other_item", "lift", "with_both", "support", "confidence"],
    }
}
