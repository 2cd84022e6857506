//! Goods that came back.

use kohort_model::{Input, InputColumn, InputSpec, Precision, ValueKind};

/// See the module.
pub static RETURNS: InputSpec = InputSpec {
    input: Input::Returns,
    sentence: "Goods that came back, with the order that they were in",
    holds: "what came back",
    columns: &COLUMNS,
    beside: Some((
        Input::OrderLines,
        "tells what came back of orders, but no input tells what was in them; add \
         [inputs.order_lines] or remove it",
    )),
    more_keys: &[],
    is_history: false,
    sets_frame: true,
};

static COLUMNS: [InputColumn; 7] = [
    InputColumn::new("customer_id", ValueKind::CUSTOMER, "that tells who had ordered it")
        .null("the row is rejected"),
    InputColumn::new("order_id", ValueKind::ORDER, "that tells in which order")
        .null("the row is rejected"),
    InputColumn::new("returned_at", ValueKind::Time(Precision::Day), "that tells when")
        .null("the row is rejected"),
    InputColumn::new("product", ValueKind::MANY_TEXTS, "for what came back")
        .optional()
        .not_in_every_file()
        .null("it is (none)"),
    InputColumn::new("units", ValueKind::UNITS, "for how many").optional().null("it is one"),
    InputColumn::new("value", ValueKind::PRICE, "for what was given back")
        .null("the row is rejected"),
    InputColumn::new("reason", ValueKind::reason("product_returns.reasons"), "that tells why")
        .optional()
        .not_in_every_file()
        .null("the reason is unknown"),
];
