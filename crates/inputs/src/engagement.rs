//! What customers did that may tell whether they stay.

use kohort_model::{Input, InputColumn, InputSpec, Number, NumberUnit, Precision, ValueKind};

/// See the module.
pub static ENGAGEMENT: InputSpec = InputSpec {
    input: Input::Engagement,
    sentence: "What customers did that may tell whether they stay, such as logins or calls for help",
    holds: "what customers did",
    columns: &COLUMNS,
    beside: None,
    more_keys: &[],
    is_history: false,
    sets_frame: true,
};

static COLUMNS: [InputColumn; 4] = [
    InputColumn::new("customer_id", ValueKind::CUSTOMER, "that tells who")
        .null("the row is rejected"),
    InputColumn::new("occurred_at", ValueKind::Time(Precision::Day), "that tells when")
        .null("the row is rejected"),
    InputColumn::new("kind", ValueKind::TEXT, "that tells what was done").null("it is (none)"),
    InputColumn::new("value", ValueKind::Number(VALUE), "for how much of it")
        .optional()
        .null("it is one"),
];

/// One where it is not said.
const VALUE: Number =
    Number { unit: NumberUnit::Hundredths, may_be_negative: false, null: Some(100) };
