//! The columns of both tables, what balances in them, and how they are drawn.

use kohort_model::calc::{Check, Formula, Input, Outcome};
use kohort_model::view::{Apart, MOST_ROWS, Order, Panel, Percent, Shape, View, Where};
use kohort_model::{
    Additive, Column, Compare, Identities, SumsOf, TableSchema, TableSpec, Unit, keys, rate,
};

use super::LINES;

pub(super) const TABLES: &[TableSpec] = &[
    TableSpec {
        needs_history: false,
        requires: LINES,
        view: View {
            apart: Some(BY_LEVEL),
            shape: Shape::Lists,
            panels: &[
                pairs("pairs in one order (each once)", &[Where("relation", Some("order"))], PAIR),
                pairs(
                    "pairs of a first item and the next",
                    &[Where("relation", Some("next"))],
                    None,
                ),
                pairs(
                    "pairs of one customer (each once)",
                    &[Where("relation", Some("customer"))],
                    PAIR,
                ),
            ],
            rows: 6,
            percent: Percent::but(&["lift"]),
            ..View::PLAIN
        },
        identities: Identities {
            group: LEVELS,
            rules: &[
                "with_both >= 2",
                "with_both <= with_item",
                "with_both <= with_other",
                "with_item <= baskets",
                "with_other <= baskets",
            ],
            sums: &[SumsOf {
                by: &["segment", "segment_value", "level", "relation", "item", "other_item"],
                part_by: &["segment", "segment_value", "level", "relation", "other_item", "item"],
                ..SumsOf::period(
                    "relation is not next",
                    "",
                    "relation is not next",
                    &[("with_both", "with_both")],
                )
            }],
            ..Identities::NONE
        },
        ..TableSpec::of(&CROSS_SELL)
    },
    TableSpec {
        needs_history: false,
        requires: LINES,
        view: View {
            apart: Some(BY_LEVEL),
            shape: Shape::Lists,
            panels: &[Panel::First {
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
            rows: MOST_ROWS,
            ..View::PLAIN
        },
        identities: Identities {
            group: LEVELS,
            rules: &["with_others <= customers", "upgrades + downgrades <= repeat_purchases"],
            additive: Additive::Everywhere,
            sums: &[
                SumsOf {
                    by: LEVELS,
                    ..SumsOf::period(
                        "item is not set",
                        "",
                        "item is set",
                        &[
                            ("repeat_purchases", "repeat_purchases"),
                            ("upgrades", "upgrades"),
                            ("downgrades", "downgrades"),
                        ],
                    )
                },
                SumsOf {
                    by: LEVELS,
                    compare: Compare::AtMost,
                    is_complete: false,
                    ..SumsOf::period(
                        "item is set",
                        "",
                        "item is not set",
                        &[("customers", "customers")],
                    )
                },
            ],
            ..Identities::NONE
        },
        ..TableSpec::of(&CROSS_SELL_CUSTOMERS)
    },
];

const LEVELS: &[&str] = &["segment", "segment_value", "level"];
/// Categories and products.
const BY_LEVEL: Apart = Apart { column: "level", usual: "category", instead_of: &[] };
const PAIR: Option<(&str, &str)> = Some(("item", "other_item"));

/// What goes with what.
const fn pairs(
    title: &'static str,
    of: &'static [Where],
    pair: Option<(&'static str, &'static str)>,
) -> Panel {
    Panel::First {
        title,
        of,
        order: Order::Highest("lift"),
        pair,
        columns: &["item", "other_item", "lift", "with_both", "support", "confidence"],
    }
}

const LEVEL: Column =
    Column::text("level", "category or product: what an item is, as they are mapped");

/// What can be computed from numbers that are typed in.
pub(super) const FORMULAS: &[Formula] = &[
    Formula {
        name: "basket",
        about: "Whether two items go together: support, confidence and lift",
        inputs: &[
            Input::count("baskets", "Customers or orders in all"),
            Input::count("with-item", "Those of them with the one item"),
            Input::count("with-other", "Those of them with the other item"),
            Input::count("with-both", "Those of them with both"),
        ],
        checks: &[
            among(&["with-item"], "baskets"),
            among(&["with-other"], "baskets"),
            among(&["with-both"], "with-item"),
            among(&["with-both"], "with-other"),
            Check::UnionAtMost {
                parts: ["with-item", "with-other"],
                shared: "with-both",
                whole: "baskets",
                why: "as many baskets have one of the items or both; count all of them",
            },
        ],
        results: &[
            Outcome::share("support", "{with-both} / {baskets}", |g| {
                rate(g.one("with-both"), g.one("baskets"))
            })
            .means("{} of the baskets have both items."),
            Outcome::share("confidence", "{with-both} / {with-item}", |g| {
                rate(g.one("with-both"), g.one("with-item"))
            })
            .means("{} of the baskets with the one item have the other one too."),
            Outcome::number(
                "lift",
                "{with-both} × {baskets} / ({with-item} × {with-other})",
                |g| {
                    rate(
                        g.one("with-both") * g.one("baskets"),
                        g.one("with-item") * g.one("with-other"),
                    )
                },
            )
            .means(
                "They are together {} times as often as chance would have it; above 1 they go \
                 together.",
            ),
        ],
        example: "--baskets 4 --with-item 3 --with-other 2 --with-both 2",
    },
    Formula {
        name: "cross-sell",
        about: "Which share of the buyers of an item bought another one",
        inputs: &[
            Input::count("customers", "Customers who bought the item, or anything"),
            Input::count("with-others", "Those of them who bought another item as well"),
        ],
        checks: &[among(&["with-others"], "customers")],
        results: &[Outcome::share("with_others_rate", "{with-others} / {customers}", |g| {
            rate(g.one("with-others"), g.one("customers"))
        })
        .means("{} of them bought something else, too.")],
        example: "--customers 400 --with-others 150",
    },
    Formula {
        name: "upgrade",
        about: "Which share of the repeat purchases of an item was at a higher price",
        inputs: &[
            Input::count("repeat-purchases", "Orders with an item that the customer had before"),
            Input::count("upgrades", "Those of them at a higher price for each unit than before"),
        ],
        checks: &[among(&["upgrades"], "repeat-purchases")],
        results: &[Outcome::share("upgrade_rate", "{upgrades} / {repeat-purchases}", |g| {
            rate(g.one("upgrades"), g.one("repeat-purchases"))
        })
        .means("{} of the repeat purchases were at a higher price.")],
        example: "--repeat-purchases 300 --upgrades 45",
    },
];

const fn among(parts: &'static [&'static str], whole: &'static str) -> Check {
    Check::AtMost { parts, whole, why: "it is a part of that; leave out what is not" }
}

pub(super) static CROSS_SELL: TableSchema = TableSchema {
    name: "cross_sell",
    description: "What goes with what: pairs of items that are bought together, or one after the other",
    columns: &[
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        LEVEL,
        Column::text(
            "relation",
            "customer (both bought by one customer), next (the customer's first item, and the \
             first other one in a later order) or order (both in one order)",
        ),
        Column::text("item", "one item; of next the first"),
        Column::text("other_item", "another one; of next the one that followed"),
        Column::count("baskets", Unit::Baskets, "customers, or with relation order orders, in all"),
        Column::count(
            "with_item",
            Unit::Baskets,
            "of baskets, those with item; of next those whose first is item",
        ),
        Column::count(
            "with_other",
            Unit::Baskets,
            "of baskets, those with other_item; of next those whose next is other_item",
        ),
        Column::count(
            "with_both",
            Unit::Baskets,
            "of baskets, those with both; of next those who went from item to other_item",
        ),
        Column::rate("support", "with_both / baskets"),
        Column::rate("confidence", "with_both / with_item"),
        Column::float(
            "lift",
            Unit::Ratio,
            "with_both x baskets / (with_item x with_other): above 1 they go together",
        )
        .or_null(),
    ],
    key: &["segment", "segment_value", "level", "relation", "item", "other_item"],
    revisable: &[],
};

pub(super) static CROSS_SELL_CUSTOMERS: TableSchema = TableSchema {
    name: "cross_sell_customers",
    description: "Who buys more than one thing, buys it again, and at which price",
    columns: &[
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        LEVEL,
        Column::text("item", "the item, NULL for all together").or_null(),
        Column::count(
            "customers",
            Unit::Customers,
            "customers who bought the item; of all items: anything",
        ),
        Column::count(
            "with_others",
            Unit::Customers,
            "of customers, those who bought another item as well; of all items: two or more \
             different ones",
        ),
        Column::rate("with_others_rate", "with_others / customers"),
        Column::count(
            "repeat_purchases",
            Unit::Orders,
            "orders with the item, of customers with an earlier order with it; of all items the \
             sum over the items, as the next two",
        ),
        Column::count(
            "upgrades",
            Unit::Orders,
            "of repeat_purchases, those at a higher unit price (value / units of the item in the \
             order) than the customer's order with it before",
        ),
        Column::count(
            "downgrades",
            Unit::Orders,
            "of repeat_purchases, those at a lower unit price than the customer's order with it \
             before",
        ),
        Column::rate("upgrade_rate", "upgrades / repeat_purchases"),
    ],
    key: &["segment", "segment_value", "level", "item"],
    revisable: &[],
};
