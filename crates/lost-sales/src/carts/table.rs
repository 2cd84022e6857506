//! The table's columns and rows.

use std::sync::Arc;

use kohort_model::calc::{Check, Formula, Input, Outcome};
use kohort_model::{Column, Context, Places, Series, Table, TableSchema, Unit, keys, rate, row};

use super::Created;
use crate::settings::Hours;

pub(super) static SCHEMA: TableSchema = TableSchema {
    name: "carts",
    description: "What became of carts: purchased, abandoned, and bought later after all",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        Column::date("period", "first day of the period in which the carts were created"),
        Column::count("created", Unit::Carts, "purchased + open + abandoned"),
        Column::count(
            "purchased",
            Unit::Carts,
            "carts with an event of the last step within window_hours after they were created",
        ),
        Column::count("open", Unit::Carts, "not purchased, and the window is not over"),
        Column::count(
            "abandoned",
            Unit::Carts,
            "carts not purchased within the window, which is over",
        ),
        Column::count(
            "recovered",
            Unit::Carts,
            "of abandoned, those whose person bought at most recovery_window_days days later, \
             before its next lost cart, as in lost_sales",
        ),
        Column::count(
            "recovery_open",
            Unit::Carts,
            "of abandoned, those not recovered whose recovery window has not elapsed at as_of",
        ),
        Column::rate("abandonment_rate", "abandoned / (purchased + abandoned)"),
        Column::rate("recovery_rate", "recovered / abandoned"),
        Column::money(
            "created_value",
            "value of the carts: of each the newest value that is not NULL up to the purchase or \
             the end of the window, 0 without one",
        ),
        Column::money("purchased_value", "value of the purchased ones"),
        Column::money("abandoned_value", "value of the abandoned ones"),
        Column::money("recovered_value", "value of the recovered ones"),
        Column::count(
            "without_value",
            Unit::Carts,
            "carts whose events have no value; they count as 0",
        ),
        Column::flag(
            "is_complete",
            "whether the period is complete and its end + window_hours (rounded up to days) lies \
             at or before as_of",
        ),
    ],
    key: &["grain", "segment", "segment_value", "period"],
    revisable: &["recovered", "recovery_open", "recovery_rate", "recovered_value"],
};

/// What can be computed from numbers that are typed in. The usual rate: Baymard Institute, "Cart
/// Abandonment Rate Statistics" (baymard.com/lists/cart-abandonment-rate), 70.2 % in 2023.
pub(super) const FORMULAS: &[Formula] = &[
    Formula {
        name: "abandonment",
        about: "Which share of the carts was left without a purchase",
        inputs: &[
            Input::count("purchased", "Carts that were bought"),
            Input::count("abandoned", "Carts that were not; without those still open"),
        ],
        checks: &[],
        results: &[Outcome::share(
            "abandonment_rate",
            "{abandoned} / ({purchased} + {abandoned})",
            |g| rate(g.one("abandoned"), g.one("purchased") + g.one("abandoned")),
        )
        .means("{} of the carts were left without a purchase.")
        .usual("About 70 % is the mean of some 50 published studies (Baymard Institute 2023).")],
        example: "--purchased 11_498 --abandoned 4813",
    },
    Formula {
        name: "recovery",
        about: "Which share of the abandoned carts was bought later after all",
        inputs: &[
            Input::count("abandoned", "Carts that were left without a purchase"),
            Input::count("recovered", "Those of them whose visitor bought later"),
        ],
        checks: &[Check::AtMost {
            parts: &["recovered"],
            whole: "abandoned",
            why: "recovered carts are among the abandoned ones; leave out the others",
        }],
        results: &[Outcome::share("recovery_rate", "{recovered} / {abandoned}", |g| {
            rate(g.one("recovered"), g.one("abandoned"))
        })
        .means("{} of the abandoned carts were bought later after all.")],
        example: "--abandoned 4813 --recovered 620",
    },
];

/// Adds the rows of a series; a cart may take the time `window`.
pub(super) fn write(
    table: &mut Table,
    context: &Context,
    Series { periods, slot, .. }: Series<'_>,
    cells: &Places<Created>,
    window: Hours,
) {
    let Some(first) = cells.iter().position(|cell| cell.all.attempts() > 0) else { return };
    for (p, Created { all, without_value }) in cells.iter().enumerate().skip(first) {
        let (purchased, abandoned) = (i128::from(all.won), i128::from(all.lost.attempts));
        let is_over = periods.end(p).plus(window.days()) <= context.as_of;
        table.push(row!(SCHEMA {
            grain: periods.grain.name(),
            segment: Arc::clone(&slot.segment),
            segment_value: slot.value.clone(),
            period: periods.start(p),
            created: all.attempts(),
            purchased: all.won,
            open: all.open,
            abandoned: all.lost.attempts,
            recovered: all.lost.recovered,
            recovery_open: all.lost.recovery_open,
            abandonment_rate: rate(abandoned, purchased + abandoned),
            recovery_rate: rate(all.lost.recovered.into(), abandoned),
            created_value: all.value(),
            purchased_value: all.won_value,
            abandoned_value: all.lost.value,
            recovered_value: all.lost.recovered_value,
            without_value: *without_value,
            is_complete: context.is_complete(periods, p) && is_over,
        }));
    }
}
