//! Which visitors are customers.

use kohort_model::{Input, InputColumn, InputSpec, ValueKind};

/// See the module.
pub static IDENTITIES: InputSpec = InputSpec {
    input: Input::Identities,
    sentence: "Which visitors are customers; of several customers of one visitor the smallest id counts",
    holds: "which visitors are customers",
    columns: &COLUMNS,
    beside: Some((
        Input::Touchpoints,
        "tells which visitors are customers, but no input tells of visitors; add \
         [inputs.touchpoints] or remove it",
    )),
    more_keys: &[],
    is_history: false,
    may_be_planned: false,
    sets_frame: false,
    first_days_of: None,
    latest: None,
    items: &[],
};

static COLUMNS: [InputColumn; 2] = [
    InputColumn::new("visitor_id", ValueKind::VISITOR, "that tells which visitor")
        .null("the row is rejected"),
    InputColumn::new("customer_id", ValueKind::CUSTOMER, "that tells which customer it is")
        .null("the row is rejected"),
];
