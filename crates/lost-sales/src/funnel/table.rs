//! The table's declaration and rows.

use std::sync::Arc;

use kohort_inputs::Touch;
use kohort_model::calc::{Check, Formula, Input, Outcome, Presence};
use kohort_model::formulas::conversion_rate;
use kohort_model::view::{Panel, Shape, View, Where};
use kohort_model::{
    BY_PERIOD, Block, Column, Context, Headline, HeadlineValue, Identities, Omission, Places,
    RowsWhere, Series, Settings, Sum, SumsOf, Table, TableSchema, TableSpec, Unit, keys, rate, row,
};

use super::{Step, TOUCHPOINTS};
use crate::settings::Hours;

pub(super) const TABLE: TableSpec = TableSpec {
    needs_history: false,
    requires: TOUCHPOINTS,
    omissions: &[Omission {
        name: "events_without_first_step",
        meaning: "events of visitors who never took the first step: they are on no path",
        count: without_first_step,
    }],
    view: View {
        shape: Shape::Panels,
        panels: &[
            Panel::Period {
                title: "steps, in the last complete period",
                by: "step",
                of: Where("step_number", Some("1")),
                settled: "entered",
                columns: &[
                    "entered",
                    "converted",
                    "dropped",
                    "step_conversion_rate",
                    "overall_conversion_rate",
                    "median_seconds",
                    "lost_value",
                ],
            },
            Panel::Rows {
                title: "who reached the last step, by period",
                // It alone leads to no other.
                of: Where("converted", None),
                columns: &["period", "visitors", "entered", "overall_conversion_rate"],
            },
        ],
        ..View::PLAIN
    },
    identities: Identities {
        group: BY_PERIOD,
        sums: &[SumsOf::period("", "", "step_number = 1", &[("visitors", "entered")])],
        ..Identities::by_grain(&[
            "entered = converted + dropped + open where converted is set",
            "dropped_without_value <= dropped",
            "next.step_number = step_number + 1",
            "next.entered = converted",
            "dropped is set exactly where converted is set",
            "lost_value is set exactly where converted is set",
        ])
    },
    headlines: &[Headline {
        rows: &[RowsWhere::IsNull("converted")],
        value: HeadlineValue::Column("overall_conversion_rate"),
        ..Headline::ratio("funnel_conversion_rate", Sum::of(&["entered"]), &["visitors"])
    }],
    ..TableSpec::of(&SCHEMA)
};

/// What can be computed from numbers that are typed in.
pub(super) const FORMULAS: &[Formula] = &[Formula {
    name: "funnel",
    about: "Which share went on from a step of the way to the purchase",
    inputs: &[
        Input::count("converted", "Visitors of the step who reached the next one"),
        Input::count("dropped", "Visitors of the step who did not, and have no time left for it"),
        Input::count("entered", "Visitors who reached the step at all")
            .with(Presence::With("visitors")),
        Input::count("visitors", "Visitors who reached the first step")
            .with(Presence::With("entered")),
    ],
    checks: &[
        Check::AtMost {
            parts: &["converted", "dropped"],
            whole: "entered",
            why: "who went on and who did not have reached the step; count all of one step",
        },
        Check::AtMost {
            parts: &["entered"],
            whole: "visitors",
            why: "who reached a step has reached the first one; count the same visitors",
        },
    ],
    results: &[
        Outcome::share("step_conversion_rate", "{converted} / ({converted} + {dropped})", |g| {
            conversion_rate(g.one("converted"), g.one("dropped"))
        })
        .means("{} of the visitors of the step went on to the next one."),
        Outcome::share("overall_conversion_rate", "{entered} / {visitors}", |g| {
            rate(g.one("entered"), g.one("visitors"))
        })
        .means("{} of all visitors got as far as this step.")
        .needs("entered"),
    ],
    example: "--converted 5441 --dropped 1345 --entered 6786 --visitors 7905",
}];

pub(super) static SCHEMA: TableSchema = TableSchema {
    name: "funnel",
    description: "Where visitors stop on the way through the steps, and what it is worth",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        Column::date("period", "first day of the period in which the paths start"),
        Column::int("step_number", Unit::None, "place of the step, from 1"),
        Column::text("step", "name of the step, as in [funnel] steps"),
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
            "of entered, those whose path did not reach the next step and whose window is over: \
             start + window_hours lies before as_of; NULL of the last",
        )
        .or_null(),
        Column::count(
            "open",
            Unit::Visitors,
            "of entered, the rest: their window is still open; NULL of the last",
        )
        .or_null(),
        Column::rate(
            "step_conversion_rate",
            "converted / (converted + dropped); NULL of the last step",
        ),
        Column::float(
            "median_seconds",
            Unit::Seconds,
            "median time from this step to the next, of the converted, each in whole seconds, \
             rounded down; NULL without any, and of the last step",
        )
        .or_null(),
        Column::count(
            "visitors",
            Unit::Visitors,
            "visitors who started a path in the period: entered of the first step",
        ),
        Column::rate("overall_conversion_rate", "entered / visitors"),
        Column::money(
            "lost_value",
            "value of the dropped: of each the newest value that is not NULL among the events of \
             its path; NULL of the last step",
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
            "whether the period is complete and its end + window_hours (rounded up to days) lies \
             at or before as_of",
        ),
    ],
    key: &["grain", "segment", "segment_value", "period", "step_number"],
    revisable: &[],
};

/// Adds the rows of a series; a path may take the time `window`.
pub(super) fn write(
    table: &mut Table,
    context: &Context,
    Series { periods, slot, .. }: Series<'_>,
    cells: &Places<Vec<Step>>,
    window: Hours,
) {
    let names = &context.funnel.steps;
    let nobody = vec![Step::default(); names.len()];
    let Some(first) = cells.iter().position(|steps| !steps.is_empty()) else { return };
    for p in first..periods.len() {
        let steps = cells.get(p).filter(|steps| !steps.is_empty()).unwrap_or(&nobody);
        let visitors = steps[0].entered;
        let is_over = periods.end(p).plus(window.days()) <= context.as_of;
        for (k, (step, name)) in steps.iter().zip(names).enumerate() {
            // Of the last step nobody goes on.
            let next = steps.get(k + 1);
            let converted = next.map(|next| next.entered);
            table.push(row!(SCHEMA {
                grain: periods.grain.name(),
                segment: Arc::clone(&slot.segment),
                segment_value: slot.value.clone(),
                period: periods.start(p),
                step_number: k + 1,
                step: Arc::clone(name),
                entered: step.entered,
                converted: converted,
                dropped: next.map(|_| step.dropped),
                open: next.map(|_| step.open),
                step_conversion_rate: converted
                    .and_then(|on| conversion_rate(on.into(), step.dropped.into())),
                median_seconds: next.and_then(|_| step.seconds.percentile(50)),
                visitors: visitors,
                overall_conversion_rate: rate(step.entered.into(), visitors.into()),
                lost_value: next.map(|_| step.lost_value),
                dropped_without_value: next.map(|_| step.dropped_without_value),
                is_complete: context.is_complete(periods, p) && is_over,
            }));
        }
    }
}

/// Events of a person's visitors who began no path.
fn without_first_step(block: &Block<'_>, person: usize, _: &Context, _: &Settings) -> usize {
    let by_visitor = block.items::<Touch>(person).chunk_by(|a, b| a.visitor == b.visitor);
    by_visitor.filter(|own| own.iter().all(|touch| touch.step != 0)).map(<[_]>::len).sum()
}
