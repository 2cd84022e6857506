//! Small histories on the edges: days around the turn of periods and leap days, gaps around W,
//! equal instants, refunds that come first, orders that come twice.

use std::fmt;

use chrono::Datelike;
use kohort_model::{Calendar, Day, Grain, Kind, SegmentAt, Weekday};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

use crate::rows::{Id, Row, render_rows};
use crate::settings::{Activity, LapseDays, RowsMode, Settings};

/// A history and the settings of a run over it.
#[derive(Clone)]
pub struct Case {
    /// The rows, in no order.
    pub rows: Vec<Row>,
    /// The settings.
    pub settings: Settings,
}

/// As a text table that can be pasted into a test, and the settings.
impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.settings.segments.iter().map(|(name, _)| *name).collect();
        write!(f, "{}{:?}", render_rows(&self.rows, &names), self.settings)
    }
}

/// Histories of up to six people with up to eight events each, and settings of every kind.
pub fn cases() -> impl Strategy<Value = Case> {
    (settings(), frames(), vec(people(), 0..=6), any::<u64>().no_shrink()).prop_map(
        |(settings, frame, people, seed)| {
            let Case { mut rows, settings } = case(settings, &frame, &people);
            shuffle(&mut rows, seed);
            Case { rows: settle_ties(rows, &settings), settings }
        },
    )
}

/// Shuffled here, and not by a strategy, the rows still shrink.
fn shuffle(rows: &mut [Row], seed: u64) {
    let mut state = seed | 1;
    for at in (1..rows.len()).rev() {
        // The generator of MMIX (Knuth); its high bits are the random ones.
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let other = (state >> 33) % (at as u64 + 1);
        rows.swap(at, usize::try_from(other).expect("a place in a short list"));
    }
}

/// Settings, without `as_of` and `history_start`, which lie near the days of a history.
pub fn settings() -> impl Strategy<Value = Settings> {
    let calendar = (select(Weekday::ALL.to_vec()), 1..=12_u32)
        .prop_map(|(week_start, fiscal_year_start)| Calendar { week_start, fiscal_year_start });
    let lapse_days = prop_oneof![
        5 => select(vec![1, 2, 7, 28, 30, 31, 90]).prop_map(LapseDays::Fixed),
        1 => Just(LapseDays::Auto),
    ];
    let segment_at = || select(vec![SegmentAt::First, SegmentAt::Order]);
    (
        subsequence(Grain::ALL.to_vec(), 1..=Grain::ALL.len()),
        calendar,
        lapse_days,
        select(vec![Activity::Sales, Activity::Any]),
        select(vec![0_u32, 1, 7, 30]),
        vec(1..=3_u32, Grain::ALL.len()),
        weighted(0.2, 0..=3_u32),
        vec(segment_at(), 0..=2),
        prop_oneof![
            3 => Just(RowsMode::Rows),
            1 => Just(RowsMode::Lines),
            1 => Just(RowsMode::Latest),
        ],
    )
        .prop_map(|(grains, calendar, lapse, activity, recovery, windows, max_k, at, rows)| {
            Settings {
                calendar,
                lapse_days: lapse,
                activity,
                recovery_window_days: recovery,
                revenue_windows: grains.iter().copied().zip(windows).collect(),
                max_k: grains.iter().copied().zip(max_k.into_iter().cycle()).collect(),
                // Not in the order of their names.
                segments: ["country", "channel"].into_iter().zip(at).collect(),
                rows,
                grains,
                ..Settings::default()
            }
        })
}

/// What is chosen once for all people of a history.
#[derive(Clone, Debug)]
struct Frame {
    customer_ids: IdStyle,
    /// `None`: no order ids, where the mode of rows allows it.
    order_ids: Option<IdStyle>,
    has_times: bool,
    /// Days from that of some row.
    as_of: Option<(Index, i64)>,
    history_start: Option<(Index, i64)>,
}

#[derive(Clone, Copy, Debug)]
enum IdStyle {
    Integers,
    Texts,
}

impl IdStyle {
    fn id(self, n: usize) -> Id {
        match self {
            // 10 is after 9, and before it as text.
            Self::Integers => Id::Integer(n as u64 + 7),
            Self::Texts => Id::Text(format!("x{}", n + 7)),
        }
    }
}

fn frames() -> impl Strategy<Value = Frame> {
    let style = || select(vec![IdStyle::Integers, IdStyle::Texts]);
    let near = |from: i64, to: i64| (any::<Index>(), from..=to);
    (
        style(),
        weighted(0.7, style()),
        any::<bool>(),
        weighted(0.7, near(-2, 40)),
        weighted(0.3, near(-40, 3)),
    )
        .prop_map(|(customer_ids, order_ids, has_times, as_of, history_start)| Frame {
            customer_ids,
            order_ids,
            has_times,
            as_of,
            history_start,
        })
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

/// Days from a person's previous event.
#[derive(Clone, Copy, Debug)]
enum Gap {
    Days(i64),
    /// W days and so many more.
    Lapse(i64),
    /// The recovery window and so many days more.
    Recovery(i64),
    /// To so many days after the next first of a month.
    Month(i64),
}

impl Gap {
    fn from(self, day: Day, settings: &Settings) -> Day {
        let next = match self {
            Self::Days(n) => day.plus(n),
            Self::Lapse(n) => match settings.lapse_days {
                LapseDays::Fixed(w) => day.plus(i64::from(w) + n),
                LapseDays::Auto => day.plus(20 + n),
            },
            Self::Recovery(n) => day.plus(i64::from(settings.recovery_window_days) + n),
            Self::Month(n) => {
                let left = (1..=31).find(|days| day.plus(*days).date().day() == 1);
                day.plus(left.expect("a month has at most 31 days") + n)
            }
        };
        next.max(day)
    }
}

/// Where a person starts, and what follows.
fn people() -> impl Strategy<Value = (Day, Vec<Step>)> {
    let near = |first: i32| first - 3..=first + 3;
    // Turns of a year, a leap day, a common February, a quarter.
    let start = prop_oneof![near(19_723), near(19_782), near(19_417), near(19_447), near(19_814)];
    (start.prop_map(Day), vec(steps(), 1..=8))
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![
        7 => Just(Kind::Completed),
        3 => Just(Kind::Lost),
        1 => Just(Kind::Open),
        1 => Just(Kind::Ignored),
    ]
}

fn segment_values() -> impl Strategy<Value = Option<&'static str>> {
    select(vec![None, Some("a"), Some("b"), Some("Z"), Some("")])
}

fn steps() -> impl Strategy<Value = Step> {
    let gap = prop_oneof![
        2 => Just(Gap::Days(0)),
        2 => (1..=3_i64).prop_map(Gap::Days),
        2 => (4..=60_i64).prop_map(Gap::Days),
        3 => (-1..=1_i64).prop_map(Gap::Lapse),
        1 => (-1..=1_i64).prop_map(Gap::Recovery),
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
    let reason = select(vec![None, Some(""), Some("price"), Some("stock"), Some("Zoll")]);
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
        reason,
        [segment_values(), segment_values()],
        prop_oneof![3 => Just(Vec::new()), 1 => vec(copy, 1..=3)],
    )
        .prop_map(|(gap, micros, kind, value, order, updated, reason, segments, copies)| {
            Step { gap, micros, kind, value, order, updated, reason, segments, copies }
        })
}

fn case(mut settings: Settings, frame: &Frame, people: &[(Day, Vec<Step>)]) -> Case {
    let mut rows = Vec::new();
    for (p, (start, steps)) in people.iter().enumerate() {
        let mut day = *start;
        for (s, step) in steps.iter().enumerate() {
            day = step.gap.from(day, &settings);
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
    if !rows.is_empty() {
        let day_near = |(row, days): (Index, i64)| row.get(&rows).day.plus(days);
        settings.as_of = frame.as_of.map(day_near);
        // A history that starts at or after as_of is refused with the pipeline file.
        settings.history_start = (frame.history_start.map(day_near))
            .filter(|start| settings.as_of.is_none_or(|as_of| *start < as_of));
    }
    Case { rows, settings }
}

/// Versions of an order that agree in all that decides which stands are made to agree in the rest.
fn settle_ties(mut rows: Vec<Row>, settings: &Settings) -> Vec<Row> {
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
    rows
}
