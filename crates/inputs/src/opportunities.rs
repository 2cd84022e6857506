//! Sales that somebody worked on.

use std::cmp::{Ordering, Reverse};

use kohort_model::{
    Day, DayOf, IdSpace, Input, InputColumn, InputIds, InputSpec, Item, ItemKind, Kind, Latest,
    NoItem, Precision, Row, StatusTexts, TextList, TextOrder, ValueKind, place,
};

/// See the module.
pub static OPPORTUNITIES: InputSpec = InputSpec {
    may_be_undated: true,
    sets_frame: true,
    latest: Some(Latest { by: "opportunity_id", order: newer }),
    items: &[ItemKind::of::<Opportunity>()],
    ..InputSpec::new(
        Input::Opportunities,
        "Rows of buyers, customers or not: sales that somebody worked on",
        "the opportunities",
        &COLUMNS,
    )
};

static COLUMNS: [InputColumn; 10] = [
    InputColumn::new("buyer", ValueKind::CUSTOMER, "who would buy"),
    InputColumn::new(
        "opportunity_id",
        ValueKind::Id(InputIds { of: IdSpace::Own, missing: Some("null_order_id") }),
        "which opportunity, within its buyer: of several rows the one closed latest counts, or that with \
         the latest `updated_at`",
    )
    .optional()
    .unmapped("each row is one"),
    InputColumn::new("created_at", ValueKind::Time(Precision::Day), "when it was created").null(
        "one that is open is so today, but stands in no table, and is left out as `undated`",
    ),
    InputColumn::new("closed_at", ValueKind::Day(DayOf::Decision), "when it was decided").optional().null(
        "open where `outcome` is NULL or open; won or lost ones were decided when they were created",
    ),
    InputColumn::new(
        "outcome",
        ValueKind::Status(&OUTCOME),
        "what became of it, sorted by the lists `won`, `lost`, `open` and `ignored`",
    )
    .null("open where `closed_at` is NULL too, else the row is rejected: `unknown_status`"),
    InputColumn::new(
        "stage",
        ValueKind::TEXT.ordered(TextOrder::ListedFirst("lost_sales.stages")),
        "how far it got, won ones too",
    )
    .optional()
    .not_in_every_file()
    .unmapped("no rows by stage"),
    InputColumn::new("value", ValueKind::PRICE, "what it was worth"),
    InputColumn::new("reason", LOST_REASON, "why it was lost")
        .optional()
        .not_in_every_file(),
    InputColumn::new("competitor", ValueKind::TEXT, "who got it instead")
        .optional()
        .not_in_every_file()
        .unmapped("no rows by competitor"),
    InputColumn::new(
        "updated_at",
        ValueKind::Update,
        "when the row was last changed: of several rows of one opportunity the latest counts; needs \
         `opportunity_id`",
    )
    .optional()
    .not_in_every_file()
    .null("the oldest")
    .unmapped("the one closed latest counts"),
];

static OUTCOME: StatusTexts = StatusTexts {
    lists: [
        TextList::new("won", "the outcomes that mean won", "[\"closed won\", \"signed\"]")
            .or(&["won"]),
        TextList::new("lost", "the outcomes that mean lost", "[\"closed lost\"]").or(&["lost"]),
        TextList::new("open", "the outcomes that are not decided yet", "[\"open\", \"on hold\"]")
            .or(&["open"]),
        TextList::new("ignored", "the outcomes that never count", "[\"duplicate\"]"),
    ],
    is_open_without_end: true,
};

/// Why a sale was lost, here and in answers about it.
pub(crate) const LOST_REASON: ValueKind =
    ValueKind::reason("lost_sales.reasons").shared("lost_reasons");

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
        if row.is_undated() {
            return Err(NoItem::Undated);
        }
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

/// By when the row was changed, the sale decided and created, and what it was worth; of equal ones the first by status and texts.
fn newer(a: Row<'_>, b: Row<'_>) -> Ordering {
    let key = |row: Row<'_>| {
        let (closed, value) =
            (row.date(const { at("closed_at") }), row.number(const { at("value") }));
        let updated = row.number(const { at("updated_at") });
        (
            updated,
            closed,
            row.day(),
            value,
            Reverse((row.status(const { at("outcome") }), texts(row))),
        )
    };
    key(a).cmp(&key(b))
}
