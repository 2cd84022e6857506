//! The table's columns, what balances in it, and how it is drawn.

use kohort_inputs::Signal;
use kohort_model::view::{Order, Percent, Shape, View};
use kohort_model::{Column, Identities, Omission, Requires, TableSchema, TableSpec, Unit, keys};

use crate::settings::SIGNALS;

pub(super) const TABLE: TableSpec = TableSpec {
    requires: Requires(SIGNALS),
    omissions: &[Omission {
        name: "engagement_of_no_customer",
        meaning: "rows of `engagement` of people who are no customers before `as_of`",
        count: |block, person, _, _| match block.spells.of(person) {
            [] => block.items::<Signal>(person).len(),
            _ => 0,
        },
    }],
    view: View {
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
        percent: Percent::but(&["auc", "odds_ratio", "odds_ratio_low", "odds_ratio_high"]),
        ..View::PLAIN
    },
    identities: Identities {
        // Each value of a segment has a threshold of its own.
        not_additive: &["exposed", "exposed_churned", "unexposed", "unexposed_churned"],
        ..Identities::by_grain(&[
            "observations > 0",
            "observations = exposed + unexposed",
            "churned = exposed_churned + unexposed_churned",
            "with_signal <= observations",
            "odds_ratio is set exactly where exposed_churned > 0 and exposed - exposed_churned > 0 \
             and unexposed_churned > 0 and unexposed - unexposed_churned > 0",
            "auc >= 0",
            "auc <= 1",
        ])
    },
    ..TableSpec::of(&SCHEMA)
};

pub(super) static SCHEMA: TableSchema = TableSchema {
    name: "churn_indicators",
    description: "What tells who will leave: each signal before a period against who left in it",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        Column::text(
            "signal",
            "a kind of engagement, late_payments, product_returns or low_scores",
        ),
        Column::count(
            "observations",
            Unit::Observations,
            "customer-periods: customers active at the opening of a complete period, each once a \
             period",
        ),
        Column::count(
            "churned",
            Unit::Observations,
            "of observations, those with a churn event in the period",
        ),
        Column::count(
            "with_signal",
            Unit::Observations,
            "of observations, those with a level above 0",
        ),
        Column::float(
            "mean_level_churned",
            Unit::Level,
            "mean level of the churned; NULL without any",
        )
        .or_null(),
        Column::float(
            "mean_level_stayed",
            Unit::Level,
            "mean level of the others; NULL without any",
        )
        .or_null(),
        Column::float(
            "threshold",
            Unit::Level,
            "smallest level of the class above the median one, which is the first class up to \
             which at least half of the observations lie",
        ),
        Column::count(
            "exposed",
            Unit::Observations,
            "observations with a level of threshold or more",
        ),
        Column::count("exposed_churned", Unit::Observations, "of exposed, those that churned"),
        Column::count("unexposed", Unit::Observations, "observations below threshold"),
        Column::count("unexposed_churned", Unit::Observations, "of unexposed, those that churned"),
        Column::float(
            "odds_ratio",
            Unit::Ratio,
            "odds of churn of the exposed over those of the unexposed; NULL where one of the four \
             counts is 0",
        )
        .or_null(),
        Column::float(
            "odds_ratio_low",
            Unit::Ratio,
            "lower end of its 95 % interval (Woolf 1955); NULL where odds_ratio is",
        )
        .or_null(),
        Column::float(
            "odds_ratio_high",
            Unit::Ratio,
            "upper end of its 95 % interval (Woolf 1955); NULL where odds_ratio is",
        )
        .or_null(),
        Column::rate(
            "auc",
            "probability that a churned observation has the higher level than one that stayed, \
             equals (of one class) count half; below 0.5 low levels go with churn; NULL without \
             either",
        ),
    ],
    key: &["grain", "segment", "segment_value", "signal"],
    revisable: &[],
};
