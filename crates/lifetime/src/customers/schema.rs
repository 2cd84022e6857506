//! The table's columns.

use kohort_model::{Column, TableSchema, Unit};

pub(super) static SCHEMA: TableSchema = TableSchema {
    name: "customers",
    description: "Every customer: what they did, where they stand and what is to be expected",
    columns: &[
        Column::id("customer_id", "the customer"),
        Column::text("status", "the first that applies: lapsed, at_risk, won_back, new, active"),
        Column::date("first_order", "first day with an order"),
        Column::date("last_order", "last day with an order"),
        Column::count("orders", Unit::Orders, "orders"),
        Column::count("order_days", Unit::Days, "days with an order"),
        Column::money("revenue", "value of orders and refunds"),
        Column::count("refunds", Unit::Orders, "refunds"),
        Column::money("refund_value", "what the refunds gave back, as a positive amount"),
        Column::average("average_order_value", "value of the orders / orders"),
        Column::count("frequency", Unit::Days, "repeat order days: order_days - 1"),
        Column::count("recency_days", Unit::Days, "last_order - first_order"),
        Column::count("age_days", Unit::Days, "days from the first order to the last known day"),
        Column::average("monetary", "mean value of a repeat order day; NULL without one"),
        Column::float("mean_gap_days", Unit::Days, "mean gap between order days").or_null(),
        Column::float("median_gap_days", Unit::Days, "median gap between order days").or_null(),
        Column::count(
            "days_since_last",
            Unit::Days,
            "days from the last order to the last known day",
        ),
        Column::float(
            "overdue_ratio",
            Unit::Ratio,
            "days_since_last / median gap: the customer's own from two gaps on, else the segment's",
        )
        .or_null(),
        Column::int("recency_quintile", Unit::None, "1 to 5 by days_since_last, 5 the latest"),
        Column::int("frequency_quintile", Unit::None, "1 to 5 by orders, 5 the most"),
        Column::int("monetary_quintile", Unit::None, "1 to 5 by revenue, 5 the most"),
        Column::count("lapses", Unit::Events, "churn events"),
        Column::flag(
            "entered_existing",
            "whether first seen within one lapse window of history_start",
        ),
        Column::rate("probability_alive", "chance that the customer still orders at as_of"),
        Column::float(
            "expected_orders",
            Unit::Days,
            "expected repeat order days in the units of time to come",
        )
        .or_null(),
        Column::average("expected_value", "expected_orders x expected value of an order day"),
        Column::average("clv", "expected_value, discounted from the end of each unit of time"),
        Column::rate(
            "risk_score",
            "chance that an active customer leaves within a month; NULL of a lapsed one",
        ),
        Column::text(
            "risk_driver",
            "what raises risk_score most above the average: a signal, recency, orders or tenure",
        )
        .or_null(),
    ],
    key: &["customer_id"],
    revisable: &[],
};
