//! Lines of orders: what was bought together.

use kohort_model::{Input, InputColumn, InputSpec, Precision, ValueKind};

/// See the module.
pub static ORDER_LINES: InputSpec = InputSpec {
    input: Input::OrderLines,
    sentence: "Lines of orders, one a row, with a product, a category or both",
    holds: "the lines of orders",
    columns: &COLUMNS,
    beside: None,
    more_keys: &[],
    is_history: false,
    sets_frame: true,
};

static COLUMNS: [InputColumn; 7] = [
    InputColumn::new("customer_id", ValueKind::CUSTOMER, "that tells who ordered")
        .null("the row is rejected"),
    InputColumn::new("order_id", ValueKind::ORDER, "that tells which lines are one order")
        .null("the row is rejected"),
    InputColumn::new("ordered_at", ValueKind::Time(Precision::Instant), "that tells when")
        .null("the row is rejected"),
    InputColumn::new(
        "product",
        ValueKind::MANY_TEXTS,
        "for what was bought; or set category, one for its kind",
    )
    .unless("category")
    .not_in_every_file()
    .null("it is (none)"),
    InputColumn::new("category", ValueKind::TEXT, "for the kind of what was bought")
        .optional()
        .not_in_every_file()
        .null("it is (none)"),
    InputColumn::new("units", ValueKind::UNITS, "for how many").optional().null("it is one"),
    InputColumn::new("value", ValueKind::PRICE, "for the value of the line")
        .null("the row is rejected"),
];
