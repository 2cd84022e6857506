//! The table's columns.

use kohort_model::{Column, TableSchema, Unit};

pub(super) static SCHEMA: TableSchema = TableSchema {
    name: "subscribers",
    description: "Every subscriber: how long they stay, what they pay and what is to be expected",
    columns: &[
        Column::id("customer_id", "the customer"),
        Column::text(
            "status",
            "the first that applies: lapsed (not active at the end of as_of - 1), at_risk \
             (risk_score at or above its limit), won_back (came back after a lapse spell less than \
             a month ago), new (came less than a month ago), active",
        ),
        Column::date("first_paid", "first active day"),
        Column::date("last_paid", "last active day before as_of"),
        Column::count(
            "active_days",
            Unit::Days,
            "active days before as_of, with the unpaid ones that are bridged",
        ),
        Column::count(
            "tenure_months",
            Unit::Months,
            "months of the last spell of activity that are over: by its end, of an active customer \
             by as_of - 1",
        ),
        Column::money(
            "mrr",
            "monthly recurring revenue at the end of as_of - 1; 0 of a lapsed one",
        ),
        Column::count("lapses", Unit::Events, "churn events"),
        Column::float(
            "expected_months",
            Unit::Months,
            "months of the next [lifetime] horizon_months (default 12) that an active customer is \
             expected to pay, by sBG; NULL of a lapsed one, and where the model has no maximum, as \
             the next three",
        )
        .or_null(),
        Column::average("expected_value", "mrr x expected_months, in whole currency units"),
        Column::float(
            "residual_months",
            Unit::Months,
            "months that an active customer is still expected to pay, each discounted from its \
             end at [lifetime] annual_discount_rate; NULL at a rate below 0.000012",
        )
        .or_null(),
        Column::average("clv", "mrr x residual_months, in whole currency units"),
        Column::rate(
            "risk_score",
            "probability that an active customer leaves within a month; NULL of a lapsed one, and \
             without a model",
        ),
        Column::text(
            "risk_driver",
            "the signal that the customer shows and that raises risk_score most above the average \
             customer's; NULL where none does",
        )
        .or_null(),
    ],
    key: &["customer_id"],
    revisable: &[],
};
