//! Orders, or lines of orders: one of the two histories that make customers of people.

use kohort_model::{
    IdSpace, Input, InputColumn, InputIds, InputSpec, Lines, Precision, StatusTexts, TextList,
    ValueKind,
};

/// See the module.
pub static ORDERS: InputSpec = InputSpec {
    lines: Some(Lines { one: "order", many: "orders", by: "order_id", join: None }),
    is_history: true,
    ..InputSpec::new(
        Input::Orders,
        "Rows of customers; each row an order, or with `rows = \"lines\"` a line of one",
        "the orders",
        &COLUMNS,
    )
};

static COLUMNS: [InputColumn; 7] = [
    InputColumn::new("customer_id", ValueKind::CUSTOMER, "who ordered"),
    InputColumn::new(
        "order_id",
        ValueKind::Id(InputIds { of: IdSpace::Own, missing: Some("null_order_id") }),
        "which order, within its customer",
    )
    .optional()
    .needed("with `rows = \"lines\"`, `updated_at` or `[checks] unique_order_ids`")
    .null("where it is not needed the row is an order of its own")
    .unmapped("each row is an order"),
    InputColumn::new("ordered_at", ValueKind::Time(Precision::Instant), "when it was placed"),
    InputColumn::new(
        "amount",
        ValueKind::MONEY,
        "the value of the row, discounts taken off; below zero a refund",
    )
    .example("quantity * price - discount"),
    InputColumn::new(
        "updated_at",
        ValueKind::Update,
        "when the row was last changed: of several rows of one order the latest counts; only with \
         `rows = \"orders\"`",
    )
    .optional()
    .not_in_every_file()
    .null("the oldest")
    .unmapped("each row is an order"),
    InputColumn::new(
        "status",
        ValueKind::Status(&STATUS),
        "what became of it, sorted by the lists `completed`, `lost`, `open` and `ignored`",
    )
    .optional()
    .not_in_every_file()
    .unmapped("every row is a completed order"),
    InputColumn::new(
        "lost_reason",
        ValueKind::reason("lost_sales.reasons"),
        "why a lost order was lost; needs `lost`",
    )
    .optional()
    .not_in_every_file(),
];

static STATUS: StatusTexts = StatusTexts {
    lists: [
        TextList::new("completed", "the statuses that mean sold", "[\"paid\", \"shipped\"]")
            .needed(),
        TextList::new("lost", "the statuses that mean a lost sale", "[\"cancelled\"]"),
        TextList::new("open", "the statuses that are not decided yet", "[\"pending\"]"),
        TextList::new("ignored", "the statuses that never count", "[\"test\"]"),
    ],
    is_open_without_end: false,
};
