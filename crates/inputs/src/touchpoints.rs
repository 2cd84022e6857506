//! What visitors did.

use kohort_model::{
    IdSpace, Input, InputColumn, InputIds, InputSpec, NO_VALUE, Number, NumberUnit, Precision,
    TextOrder, ValueKind,
};

/// See the module.
pub static TOUCHPOINTS: InputSpec = InputSpec {
    input: Input::Touchpoints,
    sentence: "What visitors did, one step a row",
    holds: "what visitors did",
    columns: &COLUMNS,
    beside: None,
    more_keys: &[],
    is_history: false,
    sets_frame: true,
};

static COLUMNS: [InputColumn; 6] = [
    InputColumn::new("visitor_id", ValueKind::VISITOR, "that tells visitors apart")
        .null("the row is rejected"),
    InputColumn::new("occurred_at", ValueKind::Time(Precision::Instant), "that tells when")
        .null("the row is rejected"),
    InputColumn::new(
        "step",
        ValueKind::TEXT.ordered(TextOrder::ListedOnly("funnel.steps")),
        "that tells what was done",
    )
    .null("it is no step of the funnel"),
    InputColumn::new(
        "cart_id",
        ValueKind::Id(InputIds { of: IdSpace::Own, missing: None }),
        "that tells about which cart it was",
    )
    .optional()
    .null("it was about none"),
    InputColumn::new(
        "value",
        ValueKind::Number(VALUE),
        "for what the cart, or the sale, was worth",
    )
    .optional()
    .null("nobody knows"),
    InputColumn::new("customer_id", ValueKind::CUSTOMER_OR_NULL, "that tells who the visitor is")
        .optional()
        .null("the row does not tell"),
];

const VALUE: Number =
    Number { unit: NumberUnit::Money, may_be_negative: false, null: Some(NO_VALUE) };
