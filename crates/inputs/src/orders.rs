//! Orders, or lines of orders: one of the two histories that make customers of people.

use kohort_model::{
    IdSpace, Input, InputColumn, InputIds, InputSpec, Precision, StatusTexts, ValueKind,
};

/// See the module.
pub static ORDERS: InputSpec = InputSpec {
    input: Input::Orders,
    sentence: "Orders, one a row, or their lines, or their states one after the other",
    holds: "the order history",
    columns: &COLUMNS,
    beside: None,
    more_keys: &["rows"],
    is_history: true,
    may_be_planned: false,
    sets_frame: false,
    first_days_of: None,
    latest: None,
    items: &[],
};

static COLUMNS: [InputColumn; 7] = [
    InputColumn::new("customer_id", ValueKind::CUSTOMER, "that tells who ordered")
        .null("the row is rejected"),
    InputColumn::new(
        "order_id",
        ValueKind::Id(InputIds { of: IdSpace::Own, missing: Some("null_order_id") }),
        "that tells which order a row belongs to",
    )
    .optional()
    .null("the row is rejected where something needs its order"),
    InputColumn::new("ordered_at", ValueKind::Time(Precision::Instant), "that tells when")
        .null("the row is rejected"),
    InputColumn::new("amount", ValueKind::MONEY, "for the value of the row")
        .null("the row is rejected")
        .example("price * units"),
    InputColumn::new("updated_at", ValueKind::Update, "that tells when the row was last changed")
        .optional()
        .not_in_every_file()
        .null("the row is older than every other of its order"),
    InputColumn::new("status", ValueKind::Status(STATUS), "that tells what became of the order")
        .optional()
        .not_in_every_file()
        .null("the row is rejected"),
    InputColumn::new(
        "lost_reason",
        ValueKind::reason("lost_sales.reasons"),
        "that tells why an order was lost",
    )
    .optional()
    .not_in_every_file()
    .null("the reason is unknown"),
];

const STATUS: StatusTexts = StatusTexts {
    keys: ["completed", "lost", "open", "ignored"],
    by_default: [&[]; 4],
    completed: Some("the statuses that mean sold, such as [\"paid\", \"shipped\"]"),
    allowed: "a list of texts such as [\"paid\", \"shipped\"]",
    alone: "sorts the texts of a status, but inputs.orders.status is not set; set it to the column \
            that holds them, or remove the list",
    is_open_without_end: false,
};
