//! People from the day on which they were first seen.

use kohort_model::{
    Day, Input, InputColumn, InputSpec, Item, ItemKind, NoItem, Precision, Row, ValueKind,
};

/// See the module.
pub static PROSPECTS: InputSpec = InputSpec {
    input: Input::Prospects,
    sentence: "People from the day on which they were first seen; of several days of one the earliest \
               counts",
    holds: "who was first seen when",
    columns: &COLUMNS,
    beside: None,
    more_keys: &[],
    is_history: false,
    may_be_planned: false,
    sets_frame: false,
    first_days_of: None,
    latest: None,
    items: &[ItemKind::of::<Prospect>()],
};

static COLUMNS: [InputColumn; 2] = [
    InputColumn::new("customer_id", ValueKind::CUSTOMER, "that tells who")
        .null("the row is rejected"),
    InputColumn::new("first_seen_at", ValueKind::Time(Precision::Day), "that tells when")
        .null("the row is rejected"),
];

/// That a person was first seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prospect {
    /// On which day.
    pub first_seen: Day,
}

impl Item for Prospect {
    const INPUT: Input = Input::Prospects;
    const ONLY_FIRST: bool = true;
    type Order = Day;

    fn read(row: Row<'_>) -> Result<Self, NoItem> {
        Ok(Self { first_seen: row.day() })
    }

    fn order(&self, _row: Row<'_>) -> Day {
        self.first_seen
    }
}
