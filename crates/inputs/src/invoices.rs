//! What customers owe, or with a credit note are owed.

use kohort_model::{IdSpace, Input, InputColumn, InputIds, InputSpec, Precision, ValueKind};

/// See the module.
pub static INVOICES: InputSpec = InputSpec {
    input: Input::Invoices,
    sentence: "What customers owe, and when it was paid; of several rows with one id the latest counts",
    holds: "the invoices",
    columns: &COLUMNS,
    beside: None,
    more_keys: &[],
    is_history: false,
    sets_frame: true,
};

static COLUMNS: [InputColumn; 6] = [
    InputColumn::new("customer_id", ValueKind::CUSTOMER, "that tells who owes")
        .null("the row is rejected"),
    InputColumn::new(
        "invoice_id",
        ValueKind::Id(InputIds { of: IdSpace::Own, missing: Some("null_order_id") }),
        "that tells a customer's invoices apart",
    )
    .optional()
    .null("the row is rejected"),
    InputColumn::new(
        "invoiced_at",
        ValueKind::Time(Precision::Day),
        "that tells when it was written",
    )
    .null("the row is rejected"),
    InputColumn::new("due_at", ValueKind::Day, "for the last day on which it is paid in time")
        .optional()
        .not_in_every_file()
        .null("it is due receivables.terms_days after it was written"),
    InputColumn::new(
        "paid_at",
        ValueKind::Day,
        "that tells when it was paid; where it gives NULL, it is not paid yet",
    )
    .null("it is not paid yet"),
    InputColumn::new("amount", ValueKind::MONEY, "for what is owed").null("the row is rejected"),
];
