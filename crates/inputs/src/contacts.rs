//! Campaign messages, and the people who were left out to compare with.

use kohort_model::{
    Day, Input, InputColumn, InputSpec, Item, ItemKind, NoItem, Precision, Row, TextList,
    ValueKind, place,
};

/// See the module.
pub static CONTACTS: InputSpec = InputSpec {
    input: Input::Contacts,
    sentence: "Campaign messages, one a row and person, and who was only noted down to compare with",
    holds: "the messages",
    columns: &COLUMNS,
    beside: None,
    more_keys: &[],
    is_history: false,
    may_be_planned: false,
    sets_frame: false,
    first_days_of: None,
    latest: None,
    items: &[ItemKind::of::<Contact>()],
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

/// The place of a column.
const fn at(name: &str) -> usize {
    place(&COLUMNS, name)
}

/// One campaign message to one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Its day.
    pub day: Day,
    /// Whether the person was only noted down, to compare with.
    pub is_holdout: bool,
    /// Place of the campaign among the context's `campaigns`.
    pub campaign: u32,
    /// Place of the strategy among the context's `strategies`.
    pub strategy: u32,
}

impl Item for Contact {
    const INPUT: Input = Input::Contacts;
    type Order = (Day, bool, u32, u32);

    fn read(row: Row<'_>) -> Result<Self, NoItem> {
        Ok(Self {
            day: row.day(),
            is_holdout: row.flag(const { at("variant") }),
            campaign: row.text(const { at("campaign") }),
            strategy: row.text(const { at("strategy") }),
        })
    }

    /// In order of day, then those of the holdout last, then of campaign and strategy.
    fn order(&self, _row: Row<'_>) -> Self::Order {
        (self.day, self.is_holdout, self.campaign, self.strategy)
    }
}
