//! People from the day on which they were first seen.

use kohort_model::{
    Day, Input, InputColumn, InputSpec, Item, ItemKind, NoItem, Precision, Row, ValueKind,
};

/// See the module.
pub static PROSPECTS: InputSpec = InputSpec {
    items: &[ItemKind::of::<Prospect>()],
    ..InputSpec::new(
        Input::Prospects,
        "Rows of people, customers or not: everybody ever seen",
        "the people who were seen",
        &COLUMNS,
    )
};

static COLUMNS: [InputColumn; 2] = [
    InputColumn::new("customer_id", ValueKind::CUSTOMER, "who was seen"),
    InputColumn::new(
        "first_seen_at",
        ValueKind::Time(Precision::Day),
        "when the person was first seen; of several rows the earliest counts",
    ),
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
