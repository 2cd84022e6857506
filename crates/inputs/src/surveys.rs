//! Answers of people who were asked why they left, or how likely they are to recommend.

use std::cmp::Reverse;

use kohort_model::{
    Day, Input, InputColumn, InputSpec, Item, ItemKind, NoItem, Precision, Row, TextOrder,
    ValueKind, place,
};

/// See the module.
pub static SURVEYS: InputSpec = InputSpec {
    sets_frame: true,
    items: &[ItemKind::of::<Answer>(), ItemKind::of::<Score>()],
    ..InputSpec::new(
        Input::Surveys,
        "Rows of people: an answer to why they left, a score, or both",
        "the answers",
        &COLUMNS,
    )
};

static COLUMNS: [InputColumn; 4] = [
    InputColumn::new("customer_id", ValueKind::CUSTOMER, "who answered"),
    InputColumn::new(
        "answered_at",
        ValueKind::Time(Precision::Instant),
        "when it was answered; for reasons the day counts, for scores the instant orders them",
    ),
    InputColumn::new(
        "reason",
        ValueKind::reason("churn_reasons.reasons").ordered(TextOrder::MissingLast),
        "why the person left",
    )
    .unless("score")
    .not_in_every_file()
    .null("no reason was given"),
    InputColumn::new(
        "score",
        ValueKind::Score,
        "how likely the person is to recommend: a whole number from 0 to 10",
    )
    .optional()
    .null("no score was given"),
];

/// The place of a column.
const fn at(name: &str) -> usize {
    place(&COLUMNS, name)
}

/// The reason that a person gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The day of the answer.
    pub day: Day,
    /// Place of the reason among the context's `survey_reasons`.
    pub reason: u32,
}

impl Item for Answer {
    const INPUT: Input = Input::Surveys;
    type Order = (Day, u32);

    fn read(row: Row<'_>) -> Result<Self, NoItem> {
        Ok(Self { day: row.day(), reason: row.text(const { at("reason") }) })
    }

    /// In order of day, then of the reasons' texts with `unknown` last.
    fn order(&self, _row: Row<'_>) -> Self::Order {
        (self.day, self.reason)
    }
}

/// The score that a person gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    /// The day of the answer.
    pub day: Day,
    /// From 0 to 10.
    pub score: u8,
}

impl Item for Score {
    const INPUT: Input = Input::Surveys;
    type Order = (Day, i64, Reverse<u8>);

    fn read(row: Row<'_>) -> Result<Self, NoItem> {
        let score = row.score(const { at("score") }).ok_or(NoItem::Lacking)?;
        Ok(Self { day: row.day(), score })
    }

    /// In order of instant, then the higher score first.
    fn order(&self, row: Row<'_>) -> Self::Order {
        (self.day, row.instant(), Reverse(self.score))
    }
}
