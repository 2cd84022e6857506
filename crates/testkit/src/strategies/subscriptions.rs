//! Subscriptions: spans that touch, overlap, last no day, pay nothing, never end, and end or start
//! around `as_of`.

use kohort_model::{Basis, Cause, Day};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;

use super::{
    Case, Frame, Gap, IdStyle, NoteStep, frames, note_steps, notes, reasons, segment_values,
    settings, side_inputs, starts,
};
use crate::history::{History, Shuffled, Span};
use crate::settings::Settings;

/// Histories of subscriptions of up to five people with up to six spans each, and settings of every
/// kind.
pub fn subscription_cases() -> BoxedStrategy<Case> {
    (
        settings(Basis::Subscriptions),
        frames(),
        vec((starts(), vec(steps(), 1..=6)), 0..=5),
        (note_steps(), side_inputs::steps()),
        (weighted(0.3, Just(())), any::<u64>().no_shrink()),
    )
        .prop_map(|(settings, frame, people, (notes, further), (has_updates, seed))| {
            let Case { mut history, settings } = case(settings, &frame, &people, &notes, &further);
            if has_updates.is_none() {
                history.spans.iter_mut().for_each(|span| span.updated = 0);
            }
            Case { history: history.reordered(&Shuffled(seed)), settings }
        })
        .boxed()
}

/// One span of a person.
#[derive(Clone, Debug)]
struct Step {
    /// From the end of the one before.
    gap: Gap,
    /// `None`: it never ends.
    length: Option<Gap>,
    /// Which of the person's subscriptions: few, so that they meet again.
    subscription: usize,
    value: i64,
    reason: Option<&'static str>,
    cause: Cause,
    /// Days from the end.
    cancelled: Option<i64>,
    segments: [Option<&'static str>; 2],
    /// When it was last changed.
    updated: i64,
    /// A discount on its first day or the day after: how much, of which subscription, and when.
    discount: Option<(i64, usize, i64)>,
    /// The same row again, with another value and reason, perhaps from before it had an end, and when
    /// that was last changed.
    copy: Option<(i64, Option<&'static str>, bool, i64)>,
}

fn values() -> impl Strategy<Value = i64> {
    prop_oneof![
        1 => Just(0_i64),
        4 => select(vec![50_i64, 100, 100, 150]),
        1 => 1..=5000_i64,
    ]
}

fn steps() -> BoxedStrategy<Step> {
    let gap = prop_oneof![
        3 => Just(Gap::Days(0)),
        3 => (0..=2_i64).prop_map(Gap::Lapse),
        2 => (-40..=-1_i64).prop_map(Gap::Days),
        2 => (1..=60_i64).prop_map(Gap::Days),
        1 => (-1..=1_i64).prop_map(Gap::Month),
    ];
    let length = prop_oneof![
        1 => Just(Gap::Days(0)),
        2 => (1..=3_i64).prop_map(Gap::Days),
        3 => (4..=90_i64).prop_map(Gap::Days),
        2 => (0..=1_i64).prop_map(Gap::Month),
        1 => Just(Gap::Days(365)),
    ];
    (
        gap,
        weighted(0.8, length),
        select(vec![0_usize, 0, 0, 1, 2]),
        values(),
        reasons(),
        select(Cause::ALL.to_vec()),
        weighted(0.5, -30..=3_i64),
        (
            [segment_values(), segment_values()],
            0..=2_i64,
            weighted(
                0.1,
                (select(vec![1_i64, 30, 100, 6000]), 0..=2_usize, select(vec![0_i64, 0, 1])),
            ),
        ),
        weighted(0.15, (select(vec![-50_i64, 0, 0, 1]), reasons(), any::<bool>(), 0..=2_i64)),
    )
        .prop_map(|(gap, length, subscription, value, reason, cause, cancelled, more, copy)| {
            let (segments, updated, discount) = more;
            Step {
                gap,
                length,
                subscription,
                value,
                reason,
                cause,
                cancelled,
                segments,
                updated,
                discount,
                copy,
            }
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
    let mut spans = Vec::new();
    let mut anchors = vec![Vec::new(); people.len()];
    let ids = frame.order_ids.unwrap_or(IdStyle::Integers);
    for (p, (start, steps)) in people.iter().enumerate() {
        let mut end = *start;
        for step in steps {
            let started = step.gap.from(end, &settings).max(*start);
            let ended = step.length.map(|length| length.from(started, &settings));
            end = ended.unwrap_or(started.plus(30));
            anchors[p].extend([started, end]);
            let segments = step.segments.iter().take(settings.segments.len());
            let span = Span {
                ended,
                reason: step.reason.map(str::to_owned),
                cause: step.cause,
                cancelled: step.cancelled.map(|days| end.plus(days)),
                updated: step.updated,
                segments: segments.map(|value| value.map(str::to_owned)).collect(),
                ..Span::new(
                    frame.customer_ids.id(p),
                    ids.id(step.subscription),
                    started,
                    step.value,
                )
            };
            if let Some((more, reason, is_open, updated)) = step.copy {
                let (value, reason) = ((span.value + more).max(0), reason.map(str::to_owned));
                let ended = span.ended.filter(|_| !is_open);
                spans.push(Span { ended, value, reason, updated, ..span.clone() });
            }
            if let Some((off, of, days)) = step.discount {
                let (subscription, started) = (ids.id(of), span.started.plus(days));
                spans.push(Span { subscription, started, value: -off, ..span.clone() });
            }
            spans.push(span);
        }
    }
    let days: Vec<_> = spans.iter().flat_map(|s| [Some(s.started), s.ended]).flatten().collect();
    frame.settle(&mut settings, &days);
    let history = notes(notes_near, frame, &anchors, &settings);
    let history = side_inputs::add(history, further, frame, &anchors, &settings);
    Case { history: History { spans, ..history }, settings }
}
