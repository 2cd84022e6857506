//! The table's columns and rows.

use std::sync::Arc;

use kohort_model::formulas::conversion_rate;
use kohort_model::{Cell, Column, Context, Funnel, Grid, Table, TableSchema, Unit, keys, rate};

use super::Step;

/// The columns of `funnel`.
pub static FUNNEL: TableSchema = TableSchema {
    name: "funnel",
    description: "Where visitors stop on the way through the steps, and what it is worth",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        Column::date("period", "first day of the period in which the paths start"),
        Column::int("step_number", Unit::None, "place of the step, from 1"),
        Column::text("step", "its name"),
        Column::count("entered", Unit::Visitors, "visitors whose path reached the step"),
        Column::count(
            "converted",
            Unit::Visitors,
            "of entered, those whose path reached the next step; NULL of the last",
        )
        .or_null(),
        Column::count(
            "dropped",
            Unit::Visitors,
            "of entered, those whose path did not, and whose window is over; NULL of the last",
        )
        .or_null(),
        Column::count(
            "open",
            Unit::Visitors,
            "of entered, the rest: their window is still open; NULL of the last",
        )
        .or_null(),
        Column::rate("step_conversion_rate", "converted / (converted + dropped)"),
        Column::float(
            "median_seconds",
            Unit::Seconds,
            "median time to the next step of the converted, each in whole seconds, rounded down",
        )
        .or_null(),
        Column::count("visitors", Unit::Visitors, "visitors who started a path"),
        Column::rate("overall_conversion_rate", "entered / visitors"),
        Column::money(
            "lost_value",
            "value of the dropped: of each the newest on its path; NULL of the last step",
        )
        .or_null(),
        Column::count(
            "dropped_without_value",
            Unit::Visitors,
            "dropped whose path has no value, which count as 0; NULL of the last step",
        )
        .or_null(),
        Column::flag(
            "is_complete",
            "whether the period is over and known, and the window of its last paths is over too",
        ),
    ],
    key: &["grain", "segment", "segment_value", "period", "step_number"],
    revisable: &[],
};

/// The table from its counts.
pub(super) fn write(context: &Context, cells: &Grid<Vec<Step>>) -> Table {
    let names = &context.funnel.steps;
    let window = Funnel::days(context.funnel.window_micros);
    let nobody = vec![Step::default(); names.len()];
    let mut table = context.table(&FUNNEL);
    for (g, periods) in context.periods.iter().enumerate() {
        for (s, slot) in context.slots.iter().enumerate() {
            let cells = cells.get(s, g);
            let Some(first) = cells.iter().position(|steps| !steps.is_empty()) else { continue };
            for p in first..periods.len() {
                let steps = cells.get(p).filter(|steps| !steps.is_empty()).unwrap_or(&nobody);
                let visitors = steps[0].entered;
                let is_over = periods.end(p).plus(window) <= context.as_of;
                for (k, (step, name)) in steps.iter().zip(names).enumerate() {
                    let [converted, dropped, open, conversion, median, lost, without_value] =
                        match steps.get(k + 1) {
                            Some(next) => onward(step, next),
                            None => [const { Cell::Null }; 7],
                        };
                    table.push([
                        periods.grain.name().into(),
                        Arc::clone(&slot.segment).into(),
                        slot.value.clone().into(),
                        periods.start(p).into(),
                        (k + 1).into(),
                        Arc::clone(name).into(),
                        step.entered.into(),
                        converted,
                        dropped,
                        open,
                        conversion,
                        median,
                        visitors.into(),
                        rate(step.entered.into(), visitors.into()).into(),
                        lost,
                        without_value,
                        (context.is_complete(periods, p) && is_over).into(),
                    ]);
                }
            }
        }
    }
    table
}

/// What only a step has that is followed by another, in the order of the columns.
fn onward(step: &Step, next: &Step) -> [Cell; 7] {
    let converted = next.entered;
    [
        converted.into(),
        step.dropped.into(),
        step.open.into(),
        conversion_rate(converted.into(), step.dropped.into()).into(),
        step.seconds.percentile(50).into(),
        step.lost_value.into(),
        step.dropped_without_value.into(),
    ]
}
