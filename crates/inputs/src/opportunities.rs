//! Sales that somebody worked on.

use kohort_model::{
    IdSpace, Input, InputColumn, InputIds, InputSpec, Precision, StatusTexts, TextOrder, ValueKind,
};

/// See the module.
pub static OPPORTUNITIES: InputSpec = InputSpec {
    input: Input::Opportunities,
    sentence: "Sales that somebody worked on; of several rows with one id the latest counts",
    holds: "the opportunities",
    columns: &COLUMNS,
    beside: None,
    more_keys: &[],
    is_history: false,
    sets_frame: true,
};

static COLUMNS: [InputColumn; 9] = [
    InputColumn::new(
        "opportunity_id",
        ValueKind::Id(InputIds { of: IdSpace::Own, missing: Some("null_order_id") }),
        "that tells a buyer's opportunities apart",
    )
    .optional()
    .null("the row is rejected"),
    InputColumn::new("buyer", ValueKind::CUSTOMER, "that tells who would buy")
        .null("the row is rejected"),
    InputColumn::new("created_at", ValueKind::Time(Precision::Day), "that tells when")
        .null("the row is rejected"),
    InputColumn::new("closed_at", ValueKind::Day, "that tells when it was decided")
        .optional()
        .null("it is not decided yet"),
    InputColumn::new(
        "outcome",
        ValueKind::Status(OUTCOME),
        "for what became of it; the lists won, lost, open and ignored sort its texts",
    )
    .null("it is open where closed_at is NULL, and the row is rejected where it is not"),
    InputColumn::new(
        "stage",
        ValueKind::TEXT.ordered(TextOrder::ListedFirst("lost_sales.stages")),
        "that tells how far it got",
    )
    .optional()
    .not_in_every_file()
    .null("it is (none)"),
    InputColumn::new("value", ValueKind::PRICE, "for what it was worth")
        .null("the row is rejected"),
    InputColumn::new(
        "reason",
        ValueKind::reason("lost_sales.reasons"),
        "that tells why it was lost",
    )
    .optional()
    .not_in_every_file()
    .null("the reason is unknown"),
    InputColumn::new("competitor", ValueKind::TEXT, "that tells who got it instead")
        .optional()
        .not_in_every_file()
        .null("it is (none)"),
];

const OUTCOME: StatusTexts = StatusTexts {
    keys: ["won", "lost", "open", "ignored"],
    by_default: [&["won"], &["lost"], &["open"], &[]],
    completed: None,
    allowed: "a list of texts such as [\"closed won\", \"signed\"]",
    alone: "sorts the texts of an outcome, but inputs.opportunities.outcome is not set",
    is_open_without_end: true,
};
