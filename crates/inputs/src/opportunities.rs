//! Sales that somebody worked on.

use std::cmp::{Ordering, Reverse};

use kohort_model::{
    Day, IdSpace, Input, InputColumn, InputIds, InputSpec, Item, ItemKind, Kind, Latest, NoItem,
    Precision, Row, StatusTexts, TextOrder, ValueKind, place,
};

/// See the module.
pub static OPPORTUNITIES: InputSpec = InputSpec {
    input: Input::Opportunities,
    sentence: "Sales that somebody worked on; of several rows with one id the latest counts",
    holds: "the opportunities",
    columns: &COLUMNS,
    beside: None,
    more_keys: &[],
    is_history: false,
    may_be_planned: false,
    sets_frame: true,
    first_days_of: None,
    latest: Some(Latest { by: "opportunity_id", order: newer }),
    items: &[ItemKind::of::<Opportunity>()],
};

static COLUMNS: [InputColumn; 9] = [
    InputColumn::new("buyer", ValueKind::CUSTOMER, "that tells who would buy")
        .null("the row is rejected"),
    InputColumn::new(
        "opportunity_id",
        ValueKind::Id(InputIds { of: IdSpace::Own, missing: Some("null_order_id") }),
        "that tells a buyer's opportunities apart",
    )
    .optional()
    .null("the row is rejected"),
    InputColumn::new("created_at", ValueKind::Time(Precision::Day), "that tells when")
        .null("the row is rejected"),
    InputColumn::new("closed_at", ValueKind::Day, "that tells when it was decided")
        .optional()
        .null("it is not decided yet"),
    InputColumn::new(
        "outcome",
        ValueKind::Status(OUTCOME),
        "for what became of it; the lists won, lost, open and ignored sort its texts",
    )
    .null("it is open where closed_at is NULL, and the row is rejected where it is not"),
    InputColumn::new(
        "stage",
        ValueKind::TEXT.ordered(TextOrder::ListedFirst("lost_sales.stages")),
        "that tells how far it got",
    )
    .optional()
    .not_in_every_file()
    .null("it is (none)"),
    InputColumn::new("value", ValueKind::PRICE, "for what it was worth")
        .null("the row is rejected"),
    InputColumn::new(
        "reason",
        ValueKind::reason("lost_sales.reasons"),
        "that tells why it was lost",
    )
    .optional()
    .not_in_every_file()
    .null("the reason is unknown"),
    InputColumn::new("competitor", ValueKind::TEXT, "that tells who got it instead")
        .optional()
        .not_in_every_file()
        .null("it is (none)"),
];

const OUTCOME: StatusTexts = StatusTexts {
    keys: ["won", "lost", "open", "ignored"],
    by_default: [&["won"], &["lost"], &["open"], &[]],
    completed: None,
    allowed: "a list of texts such as [\"closed won\", \"signed\"]",
    alone: "sorts the texts of an outcome, but inputs.opportunities.outcome is not set",
    is_open_without_end: true,
};

/// The place of a column.
const fn at(name: &str) -> usize {
    place(&COLUMNS, name)
}

/// What became of an opportunity up to `as_of`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Outcome {
    Won,
    Lost,
    Open,
}

/// A sale that somebody worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opportunity {
    /// The day on which it was created.
    pub created: Day,
    /// The day on which it was won or lost; nothing for an open one.
    pub decided: Day,
    /// What became of it.
    pub outcome: Outcome,
    /// Minor units, not below 0.
    pub value: i64,
    /// Index into the context's `sales.stages`.
    pub stage: u32,
    /// Index into the context's `sales.reasons`.
    pub reason: u32,
    /// Index into the context's `sales.competitors`.
    pub competitor: u32,
}

impl Item for Opportunity {
    const INPUT: Input = Input::Opportunities;
    type Order = (Day, Day, Option<u64>, Kind, i64, Texts);

    fn read(row: Row<'_>) -> Result<Self, NoItem> {
        let closed = row.date(const { at("closed_at") });
        let is_decided = closed.is_none_or(|closed| closed < row.until());
        let outcome = match row.status(const { at("outcome") }) {
            Kind::Ignored => return Err(NoItem::Ignored),
            Kind::Completed if is_decided => Outcome::Won,
            Kind::Lost if is_decided => Outcome::Lost,
            _ => Outcome::Open,
        };
        let (stage, reason, competitor) = texts(row);
        Ok(Self {
            created: row.day(),
            decided: closed.unwrap_or(row.day()).max(row.day()),
            outcome,
            value: row.number(const { at("value") }),
            stage,
            reason,
            competitor,
        })
    }

    /// In order of the days, then of id, status, value and texts.
    fn order(&self, row: Row<'_>) -> Self::Order {
        let id = row.id(const { at("opportunity_id") });
        let status = row.status(const { at("outcome") });
        (self.created, self.decided, id, status, self.value, texts(row))
    }
}

/// Places of stage, reason and competitor.
type Texts = (u32, u32, u32);

fn texts(row: Row<'_>) -> Texts {
    let reason = row.text(const { at("reason") });
    (row.text(const { at("stage") }), reason, row.text(const { at("competitor") }))
}

/// By when it was decided, created, and what it was worth; of equal ones the first by status and texts.
fn newer(a: Row<'_>, b: Row<'_>) -> Ordering {
    let key = |row: Row<'_>| {
        let (closed, value) =
            (row.date(const { at("closed_at") }), row.number(const { at("value") }));
        (closed, row.day(), value, Reverse((row.status(const { at("outcome") }), texts(row))))
    };
    key(a).cmp(&key(b))
}
