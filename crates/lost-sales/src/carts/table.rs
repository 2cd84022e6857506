//! The table's columns and rows.

use std::sync::Arc;

use kohort_model::formulas::{abandonment_rate, recovery_rate};
use kohort_model::{Column, Context, Funnel, Grid, Table, TableSchema, Unit, keys};

use super::Created;

/// The columns of `carts`.
pub static CARTS: TableSchema = TableSchema {
    name: "carts",
    description: "What became of carts: purchased, abandoned, and bought later after all",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        Column::date("period", "first day of the period in which the carts were created"),
        Column::count("created", Unit::Carts, "purchased + open + abandoned"),
        Column::count("purchased", Unit::Carts, "with an event of the last step within the window"),
        Column::count("open", Unit::Carts, "not purchased, and the window is not over"),
        Column::count("abandoned", Unit::Carts, "not purchased within the window"),
        Column::count(
            "recovered",
            Unit::Carts,
            "abandoned, but the same person bought within the recovery window, before the next loss",
        ),
        Column::count(
            "recovery_open",
            Unit::Carts,
            "abandoned, not recovered, and the recovery window has not elapsed",
        ),
        Column::rate("abandonment_rate", "abandoned / (purchased + abandoned)"),
        Column::rate("recovery_rate", "recovered / abandoned"),
        Column::money(
            "created_value",
            "value of the carts: of each the newest up to the purchase or the end of the window",
        ),
        Column::money("purchased_value", "value of the purchased ones"),
        Column::money("abandoned_value", "value of the abandoned ones"),
        Column::money("recovered_value", "value of the recovered ones"),
        Column::count("without_value", Unit::Carts, "carts without a value, which count as 0"),
        Column::flag(
            "is_complete",
            "whether the period is over and known, and the window of its last carts is over too",
        ),
    ],
    key: &["grain", "segment", "segment_value", "period"],
    revisable: &["recovered", "recovery_open", "recovery_rate", "recovered_value"],
};

/// The table from its counts.
pub(super) fn write(context: &Context, cells: &Grid<Created>) -> Table {
    let window = Funnel::days(context.funnel.cart_window_micros);
    let mut table = context.table(&CARTS);
    for (g, periods) in context.periods.iter().enumerate() {
        for (s, slot) in context.slots.iter().enumerate() {
            let cells = cells.get(s, g);
            let Some(first) = cells.iter().position(|cell| cell.all.attempts() > 0) else {
                continue;
            };
            for (p, Created { all, without_value }) in cells.iter().enumerate().skip(first) {
                let (purchased, abandoned) = (i128::from(all.won), i128::from(all.lost.attempts));
                let is_over = periods.end(p).plus(window) <= context.as_of;
                table.push([
                    periods.grain.name().into(),
                    Arc::clone(&slot.segment).into(),
                    slot.value.clone().into(),
                    periods.start(p).into(),
                    all.attempts().into(),
                    all.won.into(),
                    all.open.into(),
                    all.lost.attempts.into(),
                    all.lost.recovered.into(),
                    all.lost.recovery_open.into(),
                    abandonment_rate(purchased, abandoned).into(),
                    recovery_rate(all.lost.recovered.into(), abandoned).into(),
                    all.value().into(),
                    all.won_value.into(),
                    all.lost.value.into(),
                    all.lost.recovered_value.into(),
                    (*without_value).into(),
                    (context.is_complete(periods, p) && is_over).into(),
                ]);
            }
        }
    }
    table
}
