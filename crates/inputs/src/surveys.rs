//! Answers of people who were asked why they left or did not buy, or how likely they are to recommend.

use std::cmp::Reverse;

use kohort_model::{
    Day, Input, InputColumn, InputSpec, Item, ItemKind, NoItem, Precision, Row, TextOrder,
    ValueKind, place,
};

use crate::opportunities::LOST_REASON;

/// See the module.
pub static SURVEYS: InputSpec = InputSpec {
    sets_frame: true,
    items: &[ItemKind::of::<Answer>(), ItemKind::of::<Score>(), ItemKind::of::<LostAnswer>()],
    ..InputSpec::new(
        Input::Surveys,
        "Rows of people: an answer to why they left or did not buy, a score, or several of these",
        "the answers",
        &COLUMNS,
    )
};

static COLUMNS: [InputColumn; 5] = [
    InputColumn::new("customer_id", ValueKind::CUSTOMER_OR_NULL, "who answered")
        .optional()
        .needed("with `reason` or `lost_reason`")
        .null("the answer is anonymous: its score counts as that of one more person, its reasons nowhere")
        .unmapped("every answer is anonymous"),
    InputColumn::new(
        "answered_at",
        ValueKind::Time(Precision::Instant),
        "when it was answered, or one day for all such as `DATE '2024-06-30'`; for reasons the day counts, \
         for scores the instant orders them",
    )
    .or_constant()
    .null("`COALESCE(answered_at, DATE '2024-06-30')` gives such rows a day"),
    InputColumn::new(
        "reason",
        ValueKind::reason("churn_reasons.reasons").ordered(TextOrder::MissingLast),
        "why the person left",
    )
    .unless(&["lost_reason", "score"])
    .beside("customer_id")
    .not_in_every_file()
    .null("no reason was given"),
    InputColumn::new("lost_reason", LOST_REASON, "why the person did not buy")
        .optional()
        .beside("customer_id")
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

/// The reason that a person gave for not buying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostAnswer {
    /// The day of the answer.
    pub day: Day,
    /// Index into the context's `sales.reasons`.
    pub reason: u32,
}

impl Item for LostAnswer {
    const INPUT: Input = Input::Surveys;
    type Order = (Day, u32);

    fn read(row: Row<'_>) -> Result<Self, NoItem> {
        Ok(Self { day: row.day(), reason: row.text(const { at("lost_reason") }) })
    }

    /// In order of day, then of the reasons' texts.
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
