//! People from the day on which they were first seen.

use kohort_model::{Input, InputColumn, InputSpec, Precision, ValueKind};

/// See the module.
pub static PROSPECTS: InputSpec = InputSpec {
    input: Input::Prospects,
    sentence: "People from the day on which they were first seen; of several days of one the earliest \
               counts",
    holds: "who was first seen when",
    columns: &COLUMNS,
    beside: None,
    more_keys: &[],
    is_history: false,
    sets_frame: false,
};

static COLUMNS: [InputColumn; 2] = [
    InputColumn::new("customer_id", ValueKind::CUSTOMER, "that tells who")
        .null("the row is rejected"),
    InputColumn::new("first_seen_at", ValueKind::Time(Precision::Day), "that tells when")
        .null("the row is rejected"),
];
