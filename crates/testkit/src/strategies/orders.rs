//! Orders: equal instants, refunds that come first, orders that come twice.

use kohort_model::{Basis, Day, Kind};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;

use super::{
    Case, Frame, Gap, IdStyle, NoteStep, frames, note_steps, notes, reasons, segment_values,
    settings, side_inputs, starts,
};
use crate::history::{History, Id, Row, Shuffled};
use crate::settings::{RowsMode, Settings};

/// Histories of orders of up to six people with up to eight events each, and settings of every
/// kind.
pub fn cases() -> BoxedStrategy<Case> {
    (
        settings(Basis::Orders),
        frames(),
        vec(people(), 0..=6),
        (note_steps(), side_inputs::steps()),
        any::<u64>().no_shrink(),
    )
        .prop_map(|(settings, frame, people, (notes, further), seed)| {
            let Case { history, settings } = case(settings, &frame, &people, &notes, &further);
            let mut history = history.reordered(&Shuffled(seed));
            settle_ties(&mut history.rows, &settings);
            Case { history, settings }
        })
        .boxed()
}

/// Histories without orders: what the further inputs tell of the same people.
pub fn side_cases() -> BoxedStrategy<Case> {
    let without = |Case { history, settings }: Case| Case {
        history: History { rows: Vec::new(), ..history },
        settings: Settings { has_history: false, segments: Vec::new(), ..settings },
    };
    cases().prop_map(without).boxed()
}

/// One event of a person, and further rows of the same order.
#[derive(Clone, Debug)]
struct Step {
    gap: Gap,
    micros: i64,
    kind: Kind,
    value: i64,
    /// Which of the person's orders: few, so that they meet again.
    order: usize,
    updated: i64,
    reason: Option<&'static str>,
    segments: [Option<&'static str>; 2],
    copies: Vec<Copy>,
}

/// Another row of an order: a line, or a version.
#[derive(Clone, Debug)]
struct Copy {
    later_days: i64,
    more: i64,
    updated: i64,
    kind: Option<Kind>,
    segment: Option<&'static str>,
}

/// Where a person starts, and what follows.
fn people() -> BoxedStrategy<(Day, Vec<Step>)> {
    (starts(), vec(steps(), 1..=8)).boxed()
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![
        7 => Just(Kind::Completed),
        3 => Just(Kind::Lost),
        1 => Just(Kind::Open),
        1 => Just(Kind::Ignored),
    ]
}

fn steps() -> BoxedStrategy<Step> {
    let gap = prop_oneof![
        2 => Just(Gap::Days(0)),
        2 => (1..=3_i64).prop_map(Gap::Days),
        2 => (4..=60_i64).prop_map(Gap::Days),
        3 => (-1..=1_i64).prop_map(Gap::Lapse),
        1 => (-1..=1_i64).prop_map(Gap::Window),
        3 => (-1..=1_i64).prop_map(Gap::Month),
        1 => (180..=366_i64).prop_map(Gap::Days),
    ];
    let value = prop_oneof![
        5 => select(vec![0_i64, 50, 100, 100, 100]),
        2 => 1..=5000_i64,
        2 => select(vec![-50_i64, -100, -1]),
        1 => -3000..=-1_i64,
    ];
    let micros = select(vec![0_i64, 1, 43_200_000_000, 86_399_999_999]);
    let copy = (0..=2_i64, -150..=150_i64, 0..=3_i64, weighted(0.2, kinds()), segment_values())
        .prop_map(|(later_days, more, updated, kind, segment)| Copy {
            later_days,
            more,
            updated,
            kind,
            segment,
        });
    (
        gap,
        micros,
        kinds(),
        value,
        0..=5_usize,
        0..=3_i64,
        reasons(),
        [segment_values(), segment_values()],
        prop_oneof![3 => Just(Vec::new()), 1 => vec(copy, 1..=3)],
    )
        .prop_map(|(gap, micros, kind, value, order, updated, reason, segments, copies)| Step {
            gap,
            micros,
            kind,
            value,
            order,
            updated,
            reason,
            segments,
            copies,
        })
        .boxed()
}

fn case(
    mut settings: Settings,
    frame: &Frame,
    people: &[(Day, Vec<Step>)],
    notes_near: &[NoteStep],
    further: &side_inputs::Steps,
) -> Case {
    let mut rows = Vec::new();
    let mut anchors = vec![Vec::new(); people.len()];
    for (p, (start, steps)) in people.iter().enumerate() {
        let mut day = *start;
        for (s, step) in steps.iter().enumerate() {
            day = step.gap.from(day, &settings).max(day);
            anchors[p].push(day);
            // The lines of an order are seldom of mixed status, as most orders are of one step.
            let number = match settings.rows {
                RowsMode::Lines if step.order > 0 => 10 + s,
                _ => step.order,
            };
            let order_ids = match settings.rows {
                RowsMode::Rows => frame.order_ids,
                _ => frame.order_ids.or(Some(IdStyle::Integers)),
            };
            let segments = step.segments.iter().take(settings.segments.len());
            let row = Row {
                customer: frame.customer_ids.id(p),
                order: order_ids.map(|style| style.id(number)),
                kind: step.kind,
                reason: step.reason.map(str::to_owned),
                updated: step.updated,
                segments: segments.map(|value| value.map(str::to_owned)).collect(),
                ..Row::new(Id::Integer(0), day, step.value)
            };
            let row = if frame.has_times { row.at(step.micros) } else { row };
            let time = row.instant - Row::new(Id::Integer(0), row.day, 0).instant;
            for copy in &step.copies {
                let mut other = row.clone();
                other.day = row.day.plus(copy.later_days);
                other.value += copy.more;
                other.updated = copy.updated;
                other.kind = copy.kind.unwrap_or(row.kind);
                if let Some(value) = other.segments.first_mut() {
                    *value = copy.segment.map(str::to_owned);
                }
                rows.push(other.at(time));
            }
            rows.push(row);
        }
    }
    let days: Vec<_> = rows.iter().map(|r| r.day).collect();
    frame.settle(&mut settings, &days);
    let history = notes(notes_near, frame, &anchors, &settings);
    let history = side_inputs::add(history, further, frame, &anchors, &settings);
    Case { history: History { rows, ..history }, settings }
}

/// Versions of an order that agree in all that decides which stands are made to agree in the rest.
fn settle_ties(rows: &mut [Row], settings: &Settings) {
    if settings.rows == RowsMode::Latest {
        let decides =
            |r: &Row| (r.customer.clone(), r.order.clone(), r.updated, r.instant, r.value);
        for at in 1..rows.len() {
            let (earlier, later) = rows.split_at_mut(at);
            if let Some(same) = earlier.iter().find(|r| decides(r) == decides(&later[0])) {
                later[0] = same.clone();
            }
        }
    }
}
