//! The columns of both tables, what balances in them, and how they are drawn.

use kohort_model::view::{Shape, View};
use kohort_model::{Additive, Column, Identities, Requires, TableSchema, TableSpec, Unit, keys};

pub(super) const TABLES: &[TableSpec] = &[
    TableSpec::of(&MODELS),
    TableSpec {
        requires: Requires::ORDERS,
        view: View {
            columns: &[
                "step_start",
                "is_holdout",
                "customers",
                "actual_cumulative",
                "expected_cumulative",
            ],
            implied: &["model"],
            shape: Shape::Across { by: "model", each: &["expected_orders", "expected_cumulative"] },
            ..View::PLAIN
        },
        identities: Identities {
            group: &["segment", "segment_value", "model"],
            rules: &[
                "actual_cumulative = actual_orders where step = 1",
                "next.step = step + 1",
                "next.actual_cumulative = actual_cumulative + next.actual_orders",
                "next.customers >= customers",
            ],
            additive: Additive::Everywhere,
            ..Identities::NONE
        },
        ..TableSpec::of(&HOLDOUT)
    },
];

const MODEL: &str = "model";

pub(super) static MODELS: TableSchema = TableSchema {
    name: "clv_models",
    description: "Models of how often customers order, how long they stay and what they spend",
    columns: &[
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        Column::text(MODEL, "bg_nbd, gamma_gamma, mbg_nbd or pareto_nbd; sbg with subscriptions"),
        Column::text(
            "parameter",
            "name of the parameter in the model's paper: a, alpha, b, r (bg_nbd, mbg_nbd); alpha, \
             beta, r, s (pareto_nbd); gamma, p, q (gamma_gamma); alpha, beta (sbg)",
        ),
        Column::float(
            "estimate",
            Unit::None,
            "maximum likelihood estimate; NULL in a limit, and where nothing could be fitted",
        )
        .or_null(),
        Column::float(
            "standard_error",
            Unit::None,
            "from the inverse of the observed information; NULL in a limit, and where that is not \
             positive definite",
        )
        .or_null(),
        Column::float(
            "mean",
            Unit::None,
            "mean over customers of what the parameter shapes: r / alpha orders a unit of time, a / \
             (a + b) and alpha / (alpha + beta) chance to leave, s / beta rate of leaving, value of \
             an order day (gamma_gamma); NULL where there is none",
        )
        .or_null(),
        Column::float(
            "log_likelihood",
            Unit::None,
            "natural logarithm of the likelihood of the fit; NULL where nothing could be fitted",
        )
        .or_null(),
        Column::count(
            "customers",
            Unit::Customers,
            "customers behind the fit; of gamma_gamma those with a repeat day and a positive \
             value of their repeat days",
        ),
        Column::int(
            "unit_days",
            Unit::Days,
            "days of the model's unit of time; 30 for sbg, which counts months",
        ),
        Column::flag(
            "is_converged",
            "whether the likelihood has a maximum there, or rises to a limit that is one; otherwise \
             the numbers are where the search ended",
        ),
        Column::text(
            "maximum",
            "where it is: inside, or in the limit all_equal, nobody_leaves, some_at_once or \
             all_days_equal; where is_converged is false, why there is none: no_data, no_repeats, \
             flat, endless or lost",
        ),
    ],
    key: &["segment", "segment_value", MODEL, "parameter"],
    revisable: &[],
};

pub(super) static HOLDOUT: TableSchema = TableSchema {
    name: "clv_holdout",
    description: "What models fitted on the first part of the history expected, and what came",
    columns: &[
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        Column::text(MODEL, "bg_nbd, mbg_nbd or pareto_nbd"),
        Column::int(
            "step",
            Unit::None,
            "unit of time since the first activity of everybody, from 1",
        ),
        Column::date("step_start", "first day of the step"),
        Column::flag(
            "is_holdout",
            "whether the step ends after calibration_end, up to which the models were fitted",
        ),
        Column::count(
            "customers",
            Unit::Customers,
            "customers first seen before calibration_end and before the step's end",
        ),
        Column::count("actual_orders", Unit::Days, "their repeat order days in the step"),
        Column::count("actual_cumulative", Unit::Days, "sum of actual_orders since the first step"),
        Column::float(
            "expected_orders",
            Unit::Days,
            "repeat order days that the fitted model expects of these customers in the step; NULL \
             where the model has no maximum",
        )
        .or_null(),
        Column::float(
            "expected_cumulative",
            Unit::Days,
            "sum of expected_orders since the first step; NULL where the model has no maximum",
        )
        .or_null(),
        Column::flag("is_complete", "whether the step is over at as_of"),
    ],
    key: &["segment", "segment_value", MODEL, "step"],
    revisable: &[
        "is_holdout",
        "customers",
        "actual_orders",
        "actual_cumulative",
        "expected_orders",
        "expected_cumulative",
    ],
};
