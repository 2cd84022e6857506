//! The table's columns and rows.

use std::sync::Arc;

use kohort_model::calc::{Formula, Input, Outcome};
use kohort_model::{
    Cell, Column, Context, Periods, Places, Series, Slot, Table, TableSchema, Unit, keys, rate, row,
};

use super::facts::{Part, Side};
use super::{Moved, Tallied};

/// The table's columns.
pub(super) static SCHEMA: TableSchema = TableSchema {
    name: "product_returns",
    description: "What came back, of what was sold: by category, product and reason",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        keys::PERIOD,
        Column::text(
            "attribution",
            "order_date: a return counts in the period of its order; return_date: in that in \
             which it came back. What was sold counts in the period of its order in both",
        ),
        Column::text("breakdown", "total, category, product or reason"),
        Column::text("breakdown_value", "the category, product or reason; NULL on total rows")
            .or_null(),
        Column::count(
            "sold_units",
            Unit::Goods,
            "units of the lines of the period's orders; on reason rows those of the whole period, \
             whatever the reason",
        ),
        Column::count(
            "sold_orders",
            Unit::Orders,
            "orders with such a line; on reason rows those of the whole period",
        ),
        Column::money("sold_value", "value of the lines; on reason rows that of the whole period"),
        Column::count("returned_units", Unit::Goods, "units that came back"),
        Column::count("returned_orders", Unit::Orders, "orders of which something came back"),
        Column::money("returned_value", "value of what came back"),
        Column::rate("unit_return_rate", "returned_units / sold_units"),
        Column::rate("order_return_rate", "returned_orders / sold_orders"),
        Column::rate("value_return_rate", "returned_value / sold_value"),
        Column::count(
            "unmatched",
            Unit::Returns,
            "rows of returns whose order has no line, which count under return_date only; NULL on \
             rows of order_date and of a breakdown",
        )
        .or_null(),
        Column::flag(
            "is_mature",
            "whether the period is complete and, with order_date, its end + [product_returns] \
             window_days lies at or before as_of",
        ),
        keys::IS_COMPLETE,
    ],
    key: &[
        "grain",
        "segment",
        "segment_value",
        "period",
        "attribution",
        "breakdown",
        "breakdown_value",
    ],
    // A line that comes later belongs to the day of its order's first, and to what came back of it.
    revisable: &[
        "sold_units",
        "sold_orders",
        "sold_value",
        "returned_units",
        "returned_orders",
        "returned_value",
        "unit_return_rate",
        "order_return_rate",
        "value_return_rate",
        "unmatched",
        "is_mature",
    ],
};

/// What can be computed from numbers that are typed in. The usual rate: National Retail Federation and
/// Happy Returns, "2024 Consumer Returns in the Retail Industry".
pub(super) const FORMULAS: &[Formula] = &[Formula {
    name: "return-rate",
    about: "Which share of what was sold came back",
    inputs: &[
        Input::amount("sold", "Units, orders or money sold"),
        Input::amount("returned", "The same of what came back; by date of return it can be more"),
    ],
    checks: &[],
    results: &[Outcome::share("return_rate", "{returned} / {sold}", |g| {
        rate(g.one("returned"), g.one("sold"))
    })
    .means("{} of what was sold came back.")
    .usual(
        "Shops in the United States expected 16.9 % of their sales of 2024 to come back, by value \
         (National Retail Federation 2024).",
    )],
    example: "--sold 1500 --returned 45",
}];

/// Adds the rows of a series; `window_days` is the time in which goods may come back.
pub(super) fn write(
    table: &mut Table,
    context: &Context,
    Series { periods, slot, .. }: Series<'_>,
    cells: &Places<Tallied>,
    window_days: u32,
) {
    let nothing = Tallied::default();
    let is_first = |cell: &Tallied| cell.total.iter().any(|moved| moved.orders > 0);
    let Some(first) = cells.iter().position(is_first) else { return };
    for p in first..periods.len() {
        let cell = cells.get(p).unwrap_or(&nothing);
        Rows { context, slot, periods, p, cell, window_days }.write(table);
    }
}

/// The rows of one period.
struct Rows<'a> {
    context: &'a Context,
    slot: &'a Slot,
    periods: &'a Periods,
    p: usize,
    cell: &'a Tallied,
    window_days: u32,
}

impl Rows<'_> {
    fn write(&self, table: &mut Table) {
        let total = &self.cell.total;
        let parts = || {
            let parts = Part::ALL.into_iter().zip(&self.cell.parts);
            parts.flat_map(|(part, tallies)| {
                tallies.iter().map(move |(code, moved)| (part, code, moved))
            })
        };
        let [sold, by_order, by_return] = Side::ALL.map(|side| side as usize);
        for (attribution, side) in [("order_date", by_order), ("return_date", by_return)] {
            let is_by_return = side == by_return;
            let mut push = |part: &'static str, name: Cell, sold: &Moved, returned: &Moved| {
                let unmatched = (is_by_return && name == Cell::Null).then_some(self.cell.unmatched);
                self.push(table, [attribution, part], name, [sold, returned], unmatched);
            };
            push("total", Cell::Null, &total[sold], &total[side]);
            for (part, code, moved) in parts() {
                if moved[sold].orders + moved[side].orders == 0 {
                    continue;
                }
                let (part, names, of) = match part {
                    Part::Category => ("category", &self.context.goods.categories, moved),
                    Part::Product => ("product", &self.context.goods.products, moved),
                    // Nothing is sold for a reason to send it back.
                    Part::Reason => ("reason", &self.context.goods.reasons, total),
                };
                let name = Arc::clone(&names[code as usize]);
                push(part, name.into(), &of[sold], &moved[side]);
            }
        }
    }

    fn push(
        &self,
        table: &mut Table,
        [attribution, part]: [&'static str; 2],
        name: Cell,
        [sold, returned]: [&Moved; 2],
        unmatched: Option<u64>,
    ) {
        let Self { context, slot, periods, p, window_days, .. } = *self;
        let is_complete = context.is_complete(periods, p);
        let is_over = periods.end(p).plus(window_days.into()) <= context.as_of;
        table.push(row!(SCHEMA {
            grain: periods.grain.name(),
            segment: Arc::clone(&slot.segment),
            segment_value: slot.value.clone(),
            period: periods.start(p),
            attribution: attribution,
            breakdown: part,
            breakdown_value: name,
            sold_units: sold.units,
            sold_orders: sold.orders,
            sold_value: sold.value,
            returned_units: returned.units,
            returned_orders: returned.orders,
            returned_value: returned.value,
            unit_return_rate: rate(returned.units.into(), sold.units.into()),
            order_return_rate: rate(returned.orders.into(), sold.orders.into()),
            value_return_rate: rate(returned.value, sold.value),
            unmatched: unmatched,
            is_mature: is_complete && (is_over || attribution == "return_date"),
            is_complete: is_complete,
        }));
    }
}
