//! What visitors did.

use kohort_model::{
    Day, IdSpace, Input, InputColumn, InputIds, InputSpec, Item, ItemKind, NO_VALUE, NoItem,
    Number, NumberUnit, Precision, Row, TextOrder, ValueKind, place,
};

/// See the module.
pub static TOUCHPOINTS: InputSpec = InputSpec {
    sets_frame: true,
    items: &[ItemKind::of::<Touch>()],
    ..InputSpec::new(
        Input::Touchpoints,
        "Rows of visitors: what they did on the way to a purchase",
        "what visitors did",
        &COLUMNS,
    )
};

static COLUMNS: [InputColumn; 6] = [
    InputColumn::new(
        "visitor_id",
        ValueKind::VISITOR,
        "who did it, as long as the same id is kept: a cookie, a device or a user; not a visit",
    ),
    InputColumn::new(
        "occurred_at",
        ValueKind::Time(Precision::Instant),
        "when it was done: a timestamp, because the order of events counts",
    ),
    InputColumn::new(
        "step",
        ValueKind::TEXT.ordered(TextOrder::ListedOnly("funnel.steps")),
        "what was done; texts that are not in `[funnel] steps` do not count",
    )
    .null("left out as `other_step`"),
    InputColumn::new(
        "cart_id",
        ValueKind::Id(InputIds { of: IdSpace::Own, missing: None }),
        "which cart, within its person",
    )
    .optional()
    .needed("for `carts`")
    .null("the event belongs to no cart"),
    InputColumn::new(
        "value",
        ValueKind::Number(VALUE),
        "what the cart or sale was worth at that moment",
    )
    .optional()
    .null("not known: the newest value before it counts")
    .unmapped("no values"),
    InputColumn::new(
        "customer_id",
        ValueKind::CUSTOMER_OR_NULL,
        "which customer did it, where the event tells (a login)",
    )
    .optional()
    .null("the event does not tell"),
];

const VALUE: Number =
    Number { unit: NumberUnit::Money, may_be_negative: false, null: Some(NO_VALUE) };

/// The place of a column.
const fn at(name: &str) -> usize {
    place(&COLUMNS, name)
}

/// Something that a visitor did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    /// The visitor: a number that no other visitor has, and that means nothing else.
    pub visitor: u64,
    /// When, in microseconds of the input's clock: UTC of times with a zone, else the wall's.
    pub at: i64,
    /// Its business-local day.
    pub day: Day,
    /// Index into the context's `funnel.steps`.
    pub step: u32,
    /// The person's cart, where it names one, by its place in order of the person's cart ids.
    pub cart: Option<u32>,
    /// Value in minor units, not below 0, where it has one.
    pub value: Option<i64>,
}

impl Item for Touch {
    const INPUT: Input = Input::Touchpoints;
    type Order = (u64, i64, u32, Option<u32>, Option<i64>);

    fn read(row: Row<'_>) -> Result<Self, NoItem> {
        let cart = row.id(const { at("cart_id") });
        Ok(Self {
            visitor: row.visitor(),
            at: row.instant(),
            day: row.day(),
            step: row.listed(const { at("step") }).ok_or(NoItem::NotListed)?,
            cart: cart.and_then(|cart| u32::try_from(cart).ok()),
            value: row.known_number(const { at("value") }),
        })
    }

    /// In order of visitor, instant, step, cart and value.
    fn order(&self, _row: Row<'_>) -> Self::Order {
        (self.visitor, self.at, self.step, self.cart, self.value)
    }
}
