//! Goods that came back.

use kohort_model::{
    Day, Input, InputColumn, InputSpec, Item, ItemKind, NoItem, Precision, Row, ValueKind, place,
};

/// See the module.
pub static RETURNS: InputSpec = InputSpec {
    beside: Some((
        Input::OrderLines,
        "tells what came back of orders, but no input tells what was in them; add \
         [inputs.order_lines] or remove it",
    )),
    sets_frame: true,
    below_zero: "the value of a return is what was given back, as a positive amount: map -value or ABS(value)",
    items: &[ItemKind::of::<Return>()],
    ..InputSpec::new(
        Input::Returns,
        "Rows of customers: goods that came back",
        "what came back",
        &COLUMNS,
    )
};

static COLUMNS: [InputColumn; 7] = [
    InputColumn::new("customer_id", ValueKind::CUSTOMER, "who had ordered it, as in the lines"),
    InputColumn::new("order_id", ValueKind::ORDER, "in which order it was, as in the lines"),
    InputColumn::new("returned_at", ValueKind::Time(Precision::Day), "when it came back"),
    InputColumn::new("product", ValueKind::PRODUCT, "what came back")
        .optional()
        .not_in_every_file()
        .unmapped("no rows by product"),
    InputColumn::new("units", ValueKind::UNITS, "how many").optional().null("1"),
    InputColumn::new("value", ValueKind::PRICE, "what was given back, as a positive amount"),
    InputColumn::new("reason", ValueKind::reason("product_returns.reasons"), "why it came back")
        .optional()
        .not_in_every_file()
        .unmapped("no rows by reason"),
];

/// The place of a column.
const fn at(name: &str) -> usize {
    place(&COLUMNS, name)
}

/// Goods that came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Return {
    /// The order, as in [`crate::Line`].
    pub order: u32,
    /// The day on which they came back.
    pub day: Day,
    /// Index into the context's `goods.products`.
    pub product: u32,
    /// Index into the context's `goods.reasons`.
    pub reason: u32,
    /// Units, not below 0.
    pub units: i64,
    /// Minor units, not below 0.
    pub value: i64,
}

impl Item for Return {
    const INPUT: Input = Input::Returns;
    type Order = (Day, u32, u32, u32, i64, i64);

    fn read(row: Row<'_>) -> Result<Self, NoItem> {
        let order = row.id(const { at("order_id") }).and_then(|order| u32::try_from(order).ok());
        Ok(Self {
            order: order.ok_or(NoItem::Lacking)?,
            day: row.day(),
            product: row.text(const { at("product") }),
            reason: row.text(const { at("reason") }),
            units: row.number(const { at("units") }),
            value: row.number(const { at("value") }),
        })
    }

    /// In order of day, order, product, reason, units and value.
    fn order(&self, _row: Row<'_>) -> Self::Order {
        (self.day, self.order, self.product, self.reason, self.units, self.value)
    }
}
