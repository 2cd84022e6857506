//! What customers did that may tell whether they stay.

use kohort_model::{
    Day, Input, InputColumn, InputSpec, Item, ItemKind, NoItem, Number, NumberUnit, Precision, Row,
    ValueKind, place,
};

/// See the module.
pub static ENGAGEMENT: InputSpec = InputSpec {
    sets_frame: true,
    first_days_of: Some("kind"),
    items: &[ItemKind::of::<Signal>()],
    ..InputSpec::new(
        Input::Engagement,
        "Rows of customers: what they did that may tell whether they stay",
        "what customers did",
        &COLUMNS,
    )
};

static COLUMNS: [InputColumn; 4] = [
    InputColumn::new("customer_id", ValueKind::CUSTOMER, "who did it"),
    InputColumn::new("occurred_at", ValueKind::Time(Precision::Day), "when it was done"),
    InputColumn::new(
        "kind",
        ValueKind::TEXT,
        "what was done; each text is a signal of `churn_indicators`",
    ),
    InputColumn::new("value", ValueKind::Number(VALUE), "how much of it, rounded to two decimals")
        .optional()
        .null("1"),
];

/// One where it is not said.
const VALUE: Number =
    Number { unit: NumberUnit::Hundredths, may_be_negative: false, null: Some(100) };

/// The place of a column.
const fn at(name: &str) -> usize {
    place(&COLUMNS, name)
}

/// Something that a customer did and that may tell whether it stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal {
    /// Its day.
    pub day: Day,
    /// Index into the context's `engagement.signals`.
    pub signal: u32,
    /// Hundredths, not below 0.
    pub value: i64,
}

impl Item for Signal {
    const INPUT: Input = Input::Engagement;
    type Order = (Day, u32, i64);

    fn read(row: Row<'_>) -> Result<Self, NoItem> {
        let signal = row.text(const { at("kind") });
        Ok(Self { day: row.day(), signal, value: row.number(const { at("value") }) })
    }

    /// In order of day, then of signal and value.
    fn order(&self, _row: Row<'_>) -> Self::Order {
        (self.day, self.signal, self.value)
    }
}
