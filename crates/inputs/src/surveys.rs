//! Answers of people who were asked why they left, or how likely they are to recommend.

use kohort_model::{Input, InputColumn, InputSpec, Precision, TextOrder, ValueKind};

/// See the module.
pub static SURVEYS: InputSpec = InputSpec {
    input: Input::Surveys,
    sentence: "Answers of people who were asked, each with a reason, a score or both",
    holds: "the answers",
    columns: &COLUMNS,
    beside: None,
    more_keys: &[],
    is_history: false,
    sets_frame: true,
};

static COLUMNS: [InputColumn; 4] = [
    InputColumn::new("customer_id", ValueKind::CUSTOMER, "that tells who")
        .null("the row is rejected"),
    InputColumn::new("answered_at", ValueKind::Time(Precision::Instant), "that tells when")
        .null("the row is rejected"),
    InputColumn::new(
        "reason",
        ValueKind::reason("churn_reasons.reasons").ordered(TextOrder::MissingLast),
        "for the answer; or set score, one that gives 0 to 10",
    )
    .unless("score")
    .not_in_every_file()
    .null("the reason is unknown"),
    InputColumn::new("score", ValueKind::Score, "that gives 0 to 10")
        .optional()
        .null("the answer has no score"),
];
