//! What customers owe, or with a credit note are owed.

use std::cmp::Ordering;

use kohort_model::{
    Day, DayOf, IdSpace, Input, InputColumn, InputIds, InputSpec, Item, ItemKind, Latest, NoItem,
    Precision, Requires, Row, Setting, SettingKind, Settings, SettingsSection, Source, ValueKind,
    place,
};

/// See the module.
pub static INVOICES: InputSpec = InputSpec {
    sets_frame: true,
    latest: Some(Latest { by: "invoice_id", order: newer }),
    items: &[ItemKind::of::<Invoice>()],
    ..InputSpec::new(Input::Invoices, "Rows of customers: what they owe", "the invoices", &COLUMNS)
};

static COLUMNS: [InputColumn; 7] = [
    InputColumn::new("customer_id", ValueKind::CUSTOMER, "who owes it"),
    InputColumn::new(
        "invoice_id",
        ValueKind::Id(InputIds { of: IdSpace::Own, missing: Some("null_order_id") }),
        "which invoice, within its customer: of several rows the one paid latest counts, or that with the \
         latest `updated_at`",
    )
    .optional()
    .unmapped("each row is an invoice"),
    InputColumn::new("invoiced_at", ValueKind::Time(Precision::Day), "when it was written"),
    InputColumn::new("due_at", ValueKind::Day(DayOf::Plan), "the last day on which it is paid in time")
        .optional()
        .not_in_every_file()
        .null("`invoiced_at` + `[receivables] terms_days`"),
    InputColumn::new("paid_at", ValueKind::Day(DayOf::Event), "when it was paid").null("not paid yet"),
    InputColumn::new("amount", ValueKind::MONEY, "what is owed; below zero a credit note"),
    InputColumn::new(
        "updated_at",
        ValueKind::Update,
        "when the row was last changed: of several rows of one invoice the latest counts; needs `invoice_id`",
    )
    .optional()
    .not_in_every_file()
    .null("the oldest")
    .unmapped("the one paid latest counts"),
];

/// The section of the pipeline file that says when an invoice is due that does not.
pub static INVOICE_TERMS: SettingsSection = SettingsSection {
    name: "receivables",
    meaning: "Invoices without a due date.",
    requires: Requires(&[Source::Input(Input::Invoices)]),
    keys: &[Setting::new(
        "terms_days",
        SettingKind::days_from_0(30),
        "Days after which an invoice is due that does not say so itself.",
        "terms_days = 14",
    )],
};

/// Days after which an invoice is due that does not say so itself.
#[must_use]
pub fn terms_days(settings: &Settings) -> u32 {
    settings.whole(&INVOICE_TERMS, "terms_days")
}

/// The place of a column.
const fn at(name: &str) -> usize {
    place(&COLUMNS, name)
}

/// What a customer owes, or below zero is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// Its day.
    pub issued: Day,
    /// The last day on which it is paid in time, where the input tells.
    pub due: Option<Day>,
    /// The day on which it was paid, not before `issued`; `None` where that is not before `as_of`.
    pub paid: Option<Day>,
    /// Minor units; below zero of a credit note.
    pub amount: i64,
}

impl Invoice {
    /// The last day on which it is paid in time; where the input does not tell, `terms_days` after it
    /// was written.
    #[must_use]
    pub fn due_after(&self, terms_days: u32) -> Day {
        self.due.unwrap_or_else(|| self.issued.plus(terms_days.into()))
    }
}

impl Item for Invoice {
    const INPUT: Input = Input::Invoices;
    type Order = (Day, Option<Day>, Option<Day>, i64);

    fn read(row: Row<'_>) -> Result<Self, NoItem> {
        let issued = row.day();
        let paid = row.date(const { at("paid_at") }).filter(|paid| *paid < row.until());
        Ok(Self {
            issued,
            due: row.date(const { at("due_at") }),
            paid: paid.map(|paid| paid.max(issued)),
            amount: row.number(const { at("amount") }),
        })
    }

    /// In order of day, then of all else.
    fn order(&self, _row: Row<'_>) -> Self::Order {
        (self.issued, self.due, self.paid, self.amount)
    }
}

/// By when the row was changed, the invoice paid and written, what it amounts to and when it is due.
fn newer(a: Row<'_>, b: Row<'_>) -> Ordering {
    let key = |row: Row<'_>| {
        let (paid, due) = (row.date(const { at("paid_at") }), row.date(const { at("due_at") }));
        let updated = row.number(const { at("updated_at") });
        (updated, paid, row.day(), row.number(const { at("amount") }), due)
    };
    key(a).cmp(&key(b))
}
