//! Campaign messages, and the people who were left out to compare with.

use kohort_model::{
    Day, Input, InputColumn, InputSpec, Item, ItemKind, NoItem, Precision, Row, TextList,
    ValueKind, place,
};

/// See the module.
pub static CONTACTS: InputSpec = InputSpec {
    items: &[ItemKind::of::<Contact>()],
    ..InputSpec::new(
        Input::Contacts,
        "Rows of people: messages to win them back, those that were withheld to compare with included",
        "the messages",
        &COLUMNS,
    )
};

static COLUMNS: [InputColumn; 5] = [
    InputColumn::new("customer_id", ValueKind::CUSTOMER, "to whom the message was"),
    InputColumn::new(
        "contacted_at",
        ValueKind::Time(Precision::Day),
        "when it was sent or, of the holdout, withheld",
    ),
    InputColumn::new("campaign", ValueKind::TEXT, "the campaign")
        .optional()
        .not_in_every_file()
        .unmapped("no rows by campaign"),
    InputColumn::new("strategy", ValueKind::TEXT, "the strategy, such as mail or call")
        .optional()
        .not_in_every_file()
        .unmapped("no rows by strategy"),
    InputColumn::new(
        "variant",
        ValueKind::Listed(HOLDOUT),
        "the arm of the test; those in `holdout` were withheld",
    )
    .optional()
    .not_in_every_file()
    .null("it was sent"),
];

const HOLDOUT: TextList =
    TextList::new("holdout", "the variants that were withheld to compare with", "[\"control\"]")
        .needed();

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
