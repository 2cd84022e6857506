//! The table's columns.

use kohort_model::calc::{Check, Formula, Input, Outcome};
use kohort_model::{Column, TableSchema, Unit, rate};

pub(super) static SCHEMA: TableSchema = TableSchema {
    name: "customers",
    description: "Every customer: what they did, where they stand and what is to be expected",
    columns: &[
        Column::id("customer_id", "the customer"),
        Column::text(
            "status",
            "the first that applies: lapsed (not active at the end of as_of - 1), at_risk \
             (risk_score or, where that is NULL, overdue_ratio at or above its limit), won_back \
             (came back after a lapse spell, at most W days ago), new (one order day), active",
        ),
        Column::date("first_order", "first activity day"),
        Column::date("last_order", "last activity day"),
        Column::count(
            "orders",
            Unit::Orders,
            "activity events: orders, with activity = \"any\" refunds too",
        ),
        Column::count("order_days", Unit::Days, "days with activity"),
        Column::money("revenue", "value of orders and refunds"),
        Column::count("refunds", Unit::Orders, "refunds"),
        Column::money("refund_value", "what the refunds gave back, as a positive amount"),
        Column::average("average_order_value", "value of the activity / orders"),
        Column::count("frequency", Unit::Days, "repeat order days: order_days - 1"),
        Column::count("recency_days", Unit::Days, "last_order - first_order"),
        Column::count("age_days", Unit::Days, "as_of - 1 - first_order, the T of the literature"),
        Column::average(
            "monetary",
            "mean value of the activity of a repeat order day; NULL without one",
        ),
        Column::float(
            "mean_gap_days",
            Unit::Days,
            "mean of the gaps between order days; NULL without one",
        )
        .or_null(),
        Column::float(
            "median_gap_days",
            Unit::Days,
            "median of the gaps between order days; NULL without one",
        )
        .or_null(),
        Column::count("days_since_last", Unit::Days, "as_of - 1 - last_order"),
        Column::float(
            "overdue_ratio",
            Unit::Ratio,
            "days_since_last / median_gap_days; with fewer than two gaps / the median of all gaps \
             of customers with the same value of the first segment; NULL without any gap",
        )
        .or_null(),
        Column::int(
            "recency_quintile",
            Unit::None,
            "1 + floor(5 x customers who are worse / customers) by days_since_last: 1 to 5, 5 the \
             latest",
        ),
        Column::int(
            "frequency_quintile",
            Unit::None,
            "1 + floor(5 x customers who are worse / customers) by orders: 1 to 5, 5 the most",
        ),
        Column::int(
            "monetary_quintile",
            Unit::None,
            "1 + floor(5 x customers who are worse / customers) by revenue: 1 to 5, 5 the most",
        ),
        Column::count("lapses", Unit::Events, "churn events"),
        Column::flag(
            "entered_existing",
            "whether first seen before history_start + the lapse window",
        ),
        Column::rate(
            "probability_alive",
            "probability that the customer still orders at as_of, by [lifetime] model; NULL where \
             the model has no maximum, as the next three",
        ),
        Column::float(
            "expected_orders",
            Unit::Days,
            "expected repeat order days in the next [lifetime] horizon_units units (default 52 \
             weeks)",
        )
        .or_null(),
        Column::average(
            "expected_value",
            "expected_orders x the expected value of an order day (Gamma-Gamma), in whole \
             currency units with decimals",
        ),
        Column::average(
            "clv",
            "expected_value discounted from the end of each unit of time at [lifetime] \
             annual_discount_rate",
        ),
        Column::rate(
            "risk_score",
            "probability that an active customer does not order in the next W days (or [customers] \
             risk_window); NULL of a lapsed one, and without a model",
        ),
        Column::text(
            "risk_driver",
            "what the customer has that raises risk_score most above the average customer's: a \
             signal, recency (silence) or overdue (silence beyond its usual gap); NULL where \
             nothing does",
        )
        .or_null(),
    ],
    key: &["customer_id"],
    revisable: &[],
};

/// What can be computed from numbers that are typed in. A customer whose chance to leave is the same
/// in every period stays for 1 / churn periods on average.
// The usual multiple: Skok, "SaaS Metrics 2.0" (forentrepreneurs.com/saas-metrics-2).
pub(super) const FORMULAS: &[Formula] = &[
    OVERDUE,
    Formula {
        name: "lifetime-value",
        about: "What a customer is worth who leaves with the same chance in every period",
        inputs: &[
            Input::share("margin", "Share of the revenue that is profit, such as 0.6 or 60%"),
            Input::amount("revenue", "Revenue from a customer in a period"),
            Input::share("churn", "Churn rate of a period, such as 0.05 or 5%"),
        ],
        checks: &[Check::AboveZero {
            input: "churn",
            why: "of a customer who never leaves the value has no end; give a rate above 0",
        }],
        results: &[Outcome::number("lifetime_value", "{margin} × {revenue} / {churn}", |g| {
            // All three are whole numbers of the same unit, of which one has to go.
            rate(g.one("margin") * g.one("revenue"), g.one("churn") * g.scale().unit())
        })
        .means("Until it leaves a customer brings {} of profit on average.")
        .usual(
            "A rule of thumb asks for three times what it costs to win a customer, or more (Skok, \
         \"SaaS Metrics 2.0\").",
        )],
        example: "--margin 60% --revenue 50 --churn 5%",
    },
];

const OVERDUE: Formula = Formula {
    name: "overdue",
    about: "How late a customer is with the next order",
    inputs: &[
        Input::count("days-since-last", "Days since the customer's last order"),
        Input::amount("median-gap-days", "Median of the days between the customer's orders"),
    ],
    checks: &[],
    results: &[Outcome::number("overdue_ratio", "{days-since-last} / {median-gap-days}", |g| {
        rate(g.one("days-since-last"), g.one("median-gap-days"))
    })
    .means("It has been {} times as long as usual; above 1 the customer is late.")],
    example: "--days-since-last 90 --median-gap-days 25",
};
