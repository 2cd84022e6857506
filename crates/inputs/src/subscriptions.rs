//! Subscriptions and contracts: one of the two histories that make customers of people.

use kohort_model::{
    DayOf, IdSpace, Input, InputColumn, InputIds, InputSpec, InputSwitch, Precision, Switch,
    ValueKind,
};

/// See the module.
pub static SUBSCRIPTIONS: InputSpec = InputSpec {
    segments: &[PLAN],
    is_history: true,
    may_be_planned: true,
    switches: &SWITCHES,
    below_zero: "a row below zero is a discount of what its customer pays from that day on, and counts with \
                 discounts = true under [inputs.subscriptions]",
    ..InputSpec::new(
        Input::Subscriptions,
        "Rows of customers; each row is a span of one subscription at one price",
        "the subscriptions",
        &COLUMNS,
    )
};

static SWITCHES: [InputSwitch; 2] = [
    InputSwitch {
        switch: Switch::InclusiveEnds,
        name: "ended_at_inclusive",
        column: "ended_at",
        meaning: "`ended_at` is the last day that is paid rather than the day after it",
    },
    InputSwitch {
        switch: Switch::Discounts,
        name: "discounts",
        column: "amount",
        meaning: "rows below zero are discounts: taken off what the same customer pays from the same day on",
    },
];

static COLUMNS: [InputColumn; 11] = [
    InputColumn::new("customer_id", ValueKind::CUSTOMER, "who pays"),
    InputColumn::new(
        "subscription_id",
        ValueKind::Id(InputIds { of: IdSpace::Own, missing: Some("null_subscription_id") }),
        "which subscription, within its customer",
    ),
    InputColumn::new(
        "started_at",
        ValueKind::Time(Precision::Day),
        "the first day that is paid",
    ),
    InputColumn::new(
        "ended_at",
        ValueKind::End,
        "the first day that is no longer paid, so the day after the last",
    )
    .optional()
    .null("it is still running")
    .unmapped("each row holds until the next one of its subscription starts; one of price 0 ends it"),
    InputColumn::new(
        "amount",
        ValueKind::MONEY,
        "the price of one interval; 0 pays nothing and so ends the subscription",
    )
    .null("a trial needs none")
    .example("price"),
    InputColumn::new(
        "interval",
        ValueKind::Interval,
        "how often the amount is paid: `month`, `3 months`, `yearly`, `P1Y` and other usual names",
    )
    .needed("may be a constant such as `\"'month'\"`, where all pay monthly")
    .null("a trial and a price of 0 need none")
    .example("'month'"),
    InputColumn::new(
        "updated_at",
        ValueKind::Update,
        "when the row was last changed: of several rows of one subscription and start the latest counts",
    )
    .optional()
    .not_in_every_file()
    .null("the oldest")
    .unmapped("one that has an end counts, of several the one that ends last"),
    InputColumn::new("cancelled_at", ValueKind::Day(DayOf::Plan), "when notice was given")
        .optional()
        .not_in_every_file()
        .null("no notice is known"),
    InputColumn::new("cancel_reason", ValueKind::reason("churn_reasons.reasons"), "why it ended")
        .optional()
        .not_in_every_file(),
    InputColumn::new(
        "involuntary",
        ValueKind::Involuntary,
        "whether it ended against the customer's will, such as by a failed payment; false where the \
         customer decided",
    )
    .optional()
    .not_in_every_file()
    .null("the cause is `unknown`")
    .example("payment_failed"),
    InputColumn::new("trial", ValueKind::Trial, "whether the row is a trial, which pays nothing")
        .optional()
        .not_in_every_file()
        .null("no trial")
        .example("kind = 'trial'"),
];

const PLAN: InputColumn = InputColumn::new(
    "plan",
    ValueKind::TEXT,
    "the plan, which makes a segment named `plan` with `at = \"first\"`",
)
.optional()
.unmapped("none");
