//! Lines of orders: what was bought together.

use kohort_model::{
    Day, Input, InputColumn, InputSpec, Item, ItemKind, NoItem, Precision, Row, ValueKind, place,
};

/// See the module.
pub static ORDER_LINES: InputSpec = InputSpec {
    sets_frame: true,
    below_zero: "the value of a line is what is paid for it: take a discount off the line that it belongs to, and \
                 leave out what came back, which [inputs.returns] has, such as with where = \"value >= 0\"",
    items: &[ItemKind::of::<Line>()],
    ..InputSpec::new(
        Input::OrderLines,
        "Rows of customers: what was in the orders",
        "the lines of orders",
        &COLUMNS,
    )
};

static COLUMNS: [InputColumn; 7] = [
    InputColumn::new("customer_id", ValueKind::CUSTOMER, "who ordered"),
    InputColumn::new(
        "order_id",
        ValueKind::ORDER,
        "which lines are one order, within the customer",
    ),
    InputColumn::new(
        "ordered_at",
        ValueKind::Time(Precision::Instant),
        "when it was ordered; an order is dated by its earliest line",
    ),
    InputColumn::new("product", ValueKind::PRODUCT, "what was bought")
        .unless(&["category"])
        .not_in_every_file(),
    InputColumn::new("category", ValueKind::TEXT, "the kind of product")
        .optional()
        .not_in_every_file(),
    InputColumn::new("units", ValueKind::UNITS, "how many").optional().null("1"),
    InputColumn::new("value", ValueKind::PRICE, "the value of the line"),
];

/// The place of a column.
const fn at(name: &str) -> usize {
    place(&COLUMNS, name)
}

/// A line of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The order: equal for the lines and returns of one order of a person, and rising with the order id.
    pub order: u32,
    /// Its business-local day.
    pub day: Day,
    /// Index into the context's `goods.products`.
    pub product: u32,
    /// Index into the context's `goods.categories`.
    pub category: u32,
    /// Units, not below 0.
    pub units: i64,
    /// Minor units, not below 0.
    pub value: i64,
}

impl Item for Line {
    const INPUT: Input = Input::OrderLines;
    type Order = (Day, i64, u32, u32, u32, i64, i64);

    fn read(row: Row<'_>) -> Result<Self, NoItem> {
        let order = row.id(const { at("order_id") }).and_then(|order| u32::try_from(order).ok());
        Ok(Self {
            order: order.ok_or(NoItem::Lacking)?,
            day: row.day(),
            product: row.text(const { at("product") }),
            category: row.text(const { at("category") }),
            units: row.number(const { at("units") }),
            value: row.number(const { at("value") }),
        })
    }

    /// In order of instant, order, category, product, units and value.
    fn order(&self, row: Row<'_>) -> Self::Order {
        let Self { order, day, product, category, units, value } = *self;
        (day, row.instant(), order, category, product, units, value)
    }
}
