//! Subscriptions and contracts: one of the two histories that make customers of people.

use kohort_model::{IdSpace, Input, InputColumn, InputIds, InputSpec, Precision, ValueKind};

/// See the module.
pub static SUBSCRIPTIONS: InputSpec = InputSpec {
    input: Input::Subscriptions,
    sentence: "Subscriptions and contracts, each a row or several with one id, one a price",
    holds: "the subscriptions",
    columns: &COLUMNS,
    beside: None,
    more_keys: &["plan"],
    is_history: true,
    may_be_planned: true,
    sets_frame: false,
    first_days_of: None,
    latest: None,
    items: &[],
};

static COLUMNS: [InputColumn; 10] = [
    InputColumn::new("customer_id", ValueKind::CUSTOMER, "that tells who pays")
        .null("the row is rejected"),
    InputColumn::new(
        "subscription_id",
        ValueKind::Id(InputIds { of: IdSpace::Own, missing: Some("null_subscription_id") }),
        "that tells a customer's subscriptions apart",
    )
    .null("the row is rejected"),
    InputColumn::new(
        "started_at",
        ValueKind::Time(Precision::Day),
        "for the first day that is paid",
    )
    .null("the row is rejected"),
    InputColumn::new(
        "ended_at",
        ValueKind::End,
        "for the day after the last that is paid; where it gives NULL, the end is open",
    )
    .null("the end is open"),
    InputColumn::new("amount", ValueKind::MONEY, "for what an interval costs")
        .null("the row is rejected unless it is a trial")
        .example("price"),
    InputColumn::new(
        "interval",
        ValueKind::Interval,
        "that gives month, quarter or year; \"'month'\" where all pay monthly",
    )
    .null("the row is rejected unless it is a trial")
    .example("'month'"),
    InputColumn::new("cancelled_at", ValueKind::Day, "that tells when it was cancelled")
        .optional()
        .not_in_every_file()
        .null("it was not cancelled"),
    InputColumn::new(
        "cancel_reason",
        ValueKind::reason("churn_reasons.reasons"),
        "that tells why it was cancelled",
    )
    .optional()
    .not_in_every_file()
    .null("the reason is unknown"),
    InputColumn::new(
        "involuntary",
        ValueKind::Involuntary,
        "for whether it ended against the customer's will",
    )
    .optional()
    .not_in_every_file()
    .null("nobody knows")
    .example("payment_failed"),
    InputColumn::new("trial", ValueKind::Trial, "for whether it is a trial, which costs nothing")
        .optional()
        .not_in_every_file()
        .null("it is none")
        .example("kind = 'trial'"),
];
