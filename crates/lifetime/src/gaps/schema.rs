//! The columns of both tables, what balances in them, and how they are drawn.

use kohort_model::calc::{Formula, Input, Outcome};
use kohort_model::formulas::mean_days_between_purchases;
use kohort_model::view::{FEW_PERIODS, Panel, Shape, View, Where};
use kohort_model::{
    BY_PERIOD, Column, Compare, Identities, Requires, SumsOf, TableSchema, TableSpec, Unit, keys,
};

const EVERY_GAP: Where = Where("gap_number", None);

pub(super) const TABLES: &[TableSpec] = &[
    TableSpec {
        requires: Requires::ORDERS,
        view: View {
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
            implied: &["gap_number"],
            shape: Shape::Totals(&[EVERY_GAP]),
            panels: &[Panel::Period {
                title: "by number, of the last complete period with a km_median_days of gap 1",
                by: "gap_number",
                of: Where("gap_number", Some("1")),
                settled: "km_median_days",
                columns: &[],
            }],
            rows: FEW_PERIODS,
            ..View::PLAIN
        },
        identities: GAP_IDENTITIES,
        ..TableSpec::of(&GAPS)
    },
    TableSpec {
        requires: Requires::ORDERS,
        view: View { shape: Shape::Bars(EVERY_GAP), ..View::PLAIN },
        identities: Identities {
            not_additive: &["days_to"],
            ..Identities::by_grain(&["gaps + open > 0", "days_from <= days_to"])
        },
        ..TableSpec::of(&HISTOGRAM)
    },
];

const BY_GAP: &[&str] = &["grain", "segment", "segment_value", "period", "gap_number"];

const GAP_IDENTITIES: Identities = Identities {
    group: BY_PERIOD,
    sums: &[
        SumsOf {
            compare: Compare::AtLeast,
            ..SumsOf::period(
                "gap_number is not set",
                "",
                "gap_number is set",
                &[("gaps", "gaps"), ("open", "open")],
            )
        },
        SumsOf {
            by: BY_GAP,
            ..SumsOf::period(
                "",
                "purchase_gap_histogram",
                "",
                &[("gaps", "gaps"), ("open", "open")],
            )
        },
    ],
    ..Identities::by_grain(&[
        "p25_days <= median_days",
        "median_days <= p75_days",
        "p75_days <= p90_days",
        "mean_days is set exactly where gaps > 0",
        "median_days is set exactly where gaps > 0",
        "km_median_days is not set where gaps = 0",
    ])
};

pub(super) static GAPS: TableSchema = TableSchema {
    name: "purchase_gaps",
    description: "How long customers take between one purchase and the next",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        Column::date("period", "first day of the period in which the gap starts"),
        GAP_NUMBER,
        Column::count("gaps", Unit::Gaps, "gaps that ended"),
        Column::count(
            "open",
            Unit::Gaps,
            "gaps still open at as_of: the customer has not ordered again",
        ),
        Column::float("mean_days", Unit::Days, "mean of the gaps that ended; NULL without any")
            .or_null(),
        Column::float(
            "p25_days",
            Unit::Days,
            "25th percentile of the gaps that ended, interpolated; NULL without any",
        )
        .or_null(),
        Column::float("median_days", Unit::Days, "median of the gaps that ended; NULL without any")
            .or_null(),
        Column::float(
            "p75_days",
            Unit::Days,
            "75th percentile of the gaps that ended, interpolated; NULL without any",
        )
        .or_null(),
        Column::float(
            "p90_days",
            Unit::Days,
            "90th percentile of the gaps that ended, interpolated; NULL without any",
        )
        .or_null(),
        Column::float(
            "km_median_days",
            Unit::Days,
            "median with the open gaps as censored (Kaplan and Meier 1958); NULL where the curve \
             stays above 0.5",
        )
        .or_null(),
        keys::IS_COMPLETE,
    ],
    key: &["grain", "segment", "segment_value", "period", "gap_number"],
    revisable: &[
        "gaps",
        "open",
        "mean_days",
        "p25_days",
        "median_days",
        "p75_days",
        "p90_days",
        "km_median_days",
    ],
};

pub(super) static HISTOGRAM: TableSchema = TableSchema {
    name: "purchase_gap_histogram",
    description: "The gaps between purchases by their length",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        Column::date("period", "first day of the period in which the gap starts"),
        GAP_NUMBER,
        Column::int("days_from", Unit::Days, "first length in the bucket"),
        Column::int("days_to", Unit::Days, "last length in the bucket"),
        Column::count("gaps", Unit::Gaps, "gaps that ended after so many days"),
        Column::count(
            "open",
            Unit::Gaps,
            "open gaps that have lasted so many days, from the day they started to as_of - 1",
        ),
        keys::IS_COMPLETE,
    ],
    key: &["grain", "segment", "segment_value", "period", "gap_number", "days_from"],
    revisable: &["gaps", "open"],
};

const GAP_NUMBER: Column = Column::int(
    "gap_number",
    Unit::None,
    "1 from the first to the second order day, and so on up to max_gap_number; NULL for gaps of \
     every number",
)
.or_null();

/// What can be computed from numbers that are typed in.
pub(super) const FORMULAS: &[Formula] = &[Formula {
    name: "purchase-gap",
    about: "How long it takes from a purchase to the next",
    inputs: &[
        Input::amount("days", "Days between purchases, added up over all gaps"),
        Input::count("gaps", "Gaps: of each customer, purchases less one"),
    ],
    checks: &[],
    results: &[Outcome::days("mean_days", "{days} / {gaps}", |g| {
        mean_days_between_purchases(g.one("days"), g.one("gaps"))
    })
    .means("From a purchase to the next it takes {} on average, of those who have come back.")],
    example: "--days 365 --gaps 10",
}];
