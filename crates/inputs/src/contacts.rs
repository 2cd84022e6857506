//! Campaign messages, and the people who were left out to compare with.

use kohort_model::{Input, InputColumn, InputSpec, Precision, TextList, ValueKind};

/// See the module.
pub static CONTACTS: InputSpec = InputSpec {
    input: Input::Contacts,
    sentence: "Campaign messages, one a row and person, and who was only noted down to compare with",
    holds: "the messages",
    columns: &COLUMNS,
    beside: None,
    more_keys: &[],
    is_history: false,
    sets_frame: false,
};

static COLUMNS: [InputColumn; 5] = [
    InputColumn::new("customer_id", ValueKind::CUSTOMER, "that tells to whom")
        .null("the row is rejected"),
    InputColumn::new("contacted_at", ValueKind::Time(Precision::Day), "that tells when")
        .null("the row is rejected"),
    InputColumn::new("campaign", ValueKind::TEXT, "that tells in which campaign")
        .optional()
        .not_in_every_file()
        .null("it is (none)"),
    InputColumn::new("strategy", ValueKind::TEXT, "that tells by which strategy")
        .optional()
        .not_in_every_file()
        .null("it is (none)"),
    InputColumn::new(
        "variant",
        ValueKind::Listed(HOLDOUT),
        "that tells which messages were withheld",
    )
    .optional()
    .not_in_every_file()
    .null("the message was sent"),
];

const HOLDOUT: TextList = TextList {
    key: "holdout",
    meaning: "the variants that were withheld to compare with, such as [\"control\"]",
    allowed: "a list of texts such as [\"control\"]",
    alone: "lists the variants that were withheld, but inputs.contacts.variant is not set; set it to \
            the column that holds them, or remove holdout",
};
