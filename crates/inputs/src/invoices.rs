//! What customers owe, or with a credit note are owed.

use std::cmp::Ordering;

use kohort_model::{
    Day, DayOf, Input, InputColumn, InputSpec, Item, ItemKind, ItemRows, Latest, Lines, NEVER,
    NoItem, Precision, Requires, Row, Setting, SettingKind, Settings, SettingsSection, Source,
    ValueKind, place,
};

/// See the module.
pub static INVOICES: InputSpec = InputSpec {
    sets_frame: true,
    lines: Some(Lines { one: "invoice", many: "invoices", by: "invoice_id", join: Some(join) }),
    latest: Some(Latest { by: "invoice_id", order: newer }),
    items: &[ItemKind::of::<Invoice>()],
    ..InputSpec::new(
        Input::Invoices,
        "Rows of customers: what they owe, each an invoice, or with `rows = \"lines\"` a line of one",
        "the invoices",
        &COLUMNS,
    )
};

static COLUMNS: [InputColumn; 7] = [
    InputColumn::new("customer_id", ValueKind::CUSTOMER, "who owes it"),
    InputColumn::new(
        "invoice_id",
        ValueKind::INVOICE,
        "which invoice, within its customer: of several rows the one paid latest counts, or that with the \
         latest `updated_at`",
    )
    .optional()
    .needed("with `rows = \"lines\"`, `updated_at` or `[inputs.payments]`")
    .unmapped("each row is an invoice"),
    InputColumn::new("invoiced_at", ValueKind::Time(Precision::Day), "when it was written"),
    InputColumn::new("due_at", ValueKind::Day(DayOf::Plan), "the last day on which it is paid in time")
        .optional()
        .not_in_every_file()
        .null("`invoiced_at` + `[receivables] terms_days`"),
    InputColumn::new("paid_at", ValueKind::Day(DayOf::Event), "when it was paid")
        .unless_input(Input::Payments)
        .null("not paid yet"),
    InputColumn::new("amount", ValueKind::MONEY, "what is owed; below zero a credit note"),
    InputColumn::new(
        "updated_at",
        ValueKind::Update,
        "when the row was last changed: of several rows of one invoice the latest counts; needs `invoice_id`; \
         only with `rows = \"invoices\"`",
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
    /// Which of the customer's it is, as in [`crate::Payment`]; `None` where the input does not tell.
    pub id: Option<u32>,
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
    type Order = (Day, Option<Day>, Option<Day>, i64, Option<u32>);

    fn read(row: Row<'_>) -> Result<Self, NoItem> {
        let issued = row.day();
        let paid = row.date(const { at("paid_at") }).filter(|paid| *paid < row.until());
        Ok(Self {
            issued,
            due: row.date(const { at("due_at") }),
            paid: paid.map(|paid| paid.max(issued)),
            amount: row.number(const { at("amount") }),
            id: row.id(const { at("invoice_id") }).and_then(|id| u32::try_from(id).ok()),
        })
    }

    /// In order of day, then of all else.
    fn order(&self, _row: Row<'_>) -> Self::Order {
        (self.issued, self.due, self.paid, self.amount, self.id)
    }
}

/// Lines are an invoice of the day of the first, due and paid as the last of them are.
fn join(rows: &mut ItemRows, lines: &[u32]) -> Result<(), i128> {
    let [paid_at, due_at, amount] = const { [at("paid_at"), at("due_at"), at("amount")] };
    let line = |place: &u32| Row::new(rows, *place as usize);
    let sum: i128 = lines.iter().map(|place| i128::from(line(place).number(amount))).sum();
    let sum = i64::try_from(sum).map_err(|_| sum)?;
    let issued = lines.iter().map(|place| line(place).day().0).min();
    // Lines without a due date say nothing of it; one without a day of payment is open.
    let due = lines.iter().filter_map(|place| line(place).date(due_at)).max();
    let paid: Option<Vec<Day>> = lines.iter().map(|place| line(place).date(paid_at)).collect();
    let paid = paid.and_then(|days| days.into_iter().max());
    let day = |day: Option<Day>| day.map_or(NEVER, |day| day.0).into();
    if let (Some(first), Some(issued)) = (lines.first(), issued) {
        let first = *first as usize;
        rows.days[first] = issued;
        rows.set(amount, first, sum);
        rows.set(due_at, first, day(due));
        rows.set(paid_at, first, day(paid));
    }
    Ok(())
}

/// Sets the day on which an invoice is paid.
pub(crate) fn set_paid(rows: &mut ItemRows, invoice: usize, paid: Option<Day>) {
    rows.set(const { at("paid_at") }, invoice, paid.map_or(NEVER, |day| day.0).into());
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
