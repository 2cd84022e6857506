//! Small histories on the edges: days around the turn of periods and leap days, gaps around W,
//! contacts around the days on which somebody leaves or returns.

mod orders;
mod side_inputs;
mod subscriptions;

use std::fmt;

use chrono::Datelike;
use kohort_model::{Basis, Calendar, Day, Grain, SegmentAt, Weekday};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

use crate::history::{Answer, Contact, History, Id, Prospect, Row, render_history};
use crate::settings::{Activity, Gaps, LapseDays, Lifetime, Loyalty, RowsMode, Settings};

pub use orders::{cases, side_cases};
pub use subscriptions::subscription_cases;

/// A history and the settings of a run over it.
#[derive(Clone)]
pub struct Case {
    /// The rows of each input, in no order.
    pub history: History,
    /// The settings.
    pub settings: Settings,
}

/// As a text table that can be pasted into a test, and the settings.
impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.settings.segments.iter().map(|(name, _)| *name).collect();
        write!(f, "{}{:?}", render_history(&self.history, &names), self.settings)
    }
}

/// Settings, without what lies near the days of a history: `as_of`, `history_start` and the end of
/// the calibration.
pub fn settings(basis: Basis) -> BoxedStrategy<Settings> {
    (settings_of_time(), settings_of_activity(), settings_of_measures(), settings_of_further())
        .prop_map(move |(of_time, of_activity, of_measures, of_further)| Settings {
            basis,
            lapse_days: of_activity.lapse_days,
            reactivation_gap_days: of_activity.reactivation_gap_days,
            activity: of_activity.activity,
            recovery_window_days: of_activity.recovery_window_days,
            segments: of_activity.segments,
            rows: of_activity.rows,
            prospect_after_days: of_measures.prospect_after_days,
            attribution_window_days: of_measures.attribution_window_days,
            window_hours: of_further.window_hours,
            cart_window_hours: of_further.cart_window_hours,
            stages: of_further.stages,
            return_window_days: of_further.return_window_days,
            terms_days: of_further.terms_days,
            indicator_window_days: of_further.indicator_window_days,
            min_support: of_further.min_support,
            max_items: of_further.max_items,
            survey_window_days: of_measures.survey_window_days,
            lost_survey_window_days: of_further.lost_survey_window_days,
            invoice_lines: of_further.invoice_lines,
            loyalty: of_measures.loyalty,
            gaps: of_measures.gaps,
            lifetime: of_measures.lifetime,
            ..of_time
        })
        .boxed()
}

fn settings_of_time() -> BoxedStrategy<Settings> {
    let calendar = (select(Weekday::ALL.to_vec()), 1..=12_u32)
        .prop_map(|(week_start, fiscal_year_start)| Calendar { week_start, fiscal_year_start });
    (
        subsequence(Grain::ALL.to_vec(), 1..=Grain::ALL.len()),
        calendar,
        vec(1..=3_u32, Grain::ALL.len()),
        weighted(0.2, 0..=3_u32),
    )
        .prop_map(|(grains, calendar, windows, max_k)| Settings {
            calendar,
            revenue_windows: grains.iter().copied().zip(windows).collect(),
            max_k: grains.iter().copied().zip(max_k.into_iter().cycle()).collect(),
            grains,
            ..Settings::default()
        })
        .boxed()
}

fn settings_of_activity() -> BoxedStrategy<Settings> {
    let lapse_days = prop_oneof![
        5 => select(vec![1, 2, 7, 28, 30, 31, 90]).prop_map(LapseDays::Fixed),
        1 => Just(LapseDays::Auto),
    ];
    let rows = prop_oneof![
        3 => Just(RowsMode::Rows),
        1 => Just(RowsMode::Lines),
        1 => Just(RowsMode::Latest),
    ];
    (
        lapse_days,
        select(vec![0_u32, 0, 1, 7, 35]),
        select(vec![Activity::Sales, Activity::Any]),
        select(vec![0_u32, 1, 7, 30]),
        vec(select(vec![SegmentAt::First, SegmentAt::Order]), 0..=2),
        rows,
    )
        .prop_map(|(lapse_days, gap, activity, recovery, at, rows)| Settings {
            lapse_days,
            reactivation_gap_days: gap,
            activity,
            recovery_window_days: recovery,
            // Not in the order of their names.
            segments: ["country", "channel"].into_iter().zip(at).collect(),
            rows,
            ..Settings::default()
        })
        .boxed()
}

fn settings_of_measures() -> BoxedStrategy<Settings> {
    (
        select(vec![0_u32, 5, 30]),
        select(vec![0_u32, 1, 7, 30]),
        select(vec![0_u32, 3, 90]),
        (select(vec![1_u32, 30, 365]), 1..=3_u32),
        (1..=3_u32, select(vec![1_u32, 7, 30])),
        (select(vec![1_u32, 7, 30]), select(vec![0.5, 1.0, 2.0])),
    )
        .prop_map(|(prospect, attribution, survey, loyalty, gaps, lifetime)| Settings {
            prospect_after_days: prospect,
            attribution_window_days: attribution,
            survey_window_days: survey,
            loyalty: Loyalty { window_days: loyalty.0, orders: loyalty.1 },
            gaps: Gaps { max_number: gaps.0, bucket_days: gaps.1 },
            lifetime: Lifetime {
                unit_days: lifetime.0,
                calibration_end: None,
                at_risk_ratio: lifetime.1,
            },
            ..Settings::default()
        })
        .boxed()
}

fn settings_of_further() -> BoxedStrategy<Settings> {
    let hours = || select(vec![0_u32, 1, 24, 25, 48, 168]);
    // Not in the order of the texts.
    let stages = select(vec![vec![], vec!["offer", "demo"], vec!["offer", "b", "demo"]]);
    (
        (hours(), hours()),
        stages,
        select(vec![0_u32, 7, 30]),
        (select(vec![0_u32, 14, 30]), prop::bool::weighted(0.3)),
        (select(vec![1_u32, 7, 30]), select(vec![0_u32, 3, 90])),
        (select(vec![0.001, 0.3, 0.5]), select(vec![2_usize, 3, 500])),
    )
        .prop_map(|(hours, stages, returns, terms, windows, pairs)| Settings {
            window_hours: hours.0,
            cart_window_hours: hours.1,
            stages,
            return_window_days: returns,
            terms_days: terms.0,
            invoice_lines: terms.1,
            indicator_window_days: windows.0,
            lost_survey_window_days: windows.1,
            min_support: pairs.0,
            max_items: pairs.1,
            ..Settings::default()
        })
        .boxed()
}

/// What is chosen once for all people of a history.
#[derive(Clone, Debug)]
struct Frame {
    customer_ids: IdStyle,
    /// `None`: no order ids, where the mode of rows allows it.
    order_ids: Option<IdStyle>,
    has_times: bool,
    /// Days from one of the history's.
    as_of: Option<(Index, i64)>,
    history_start: Option<(Index, i64)>,
    calibration_end: Option<(Index, i64)>,
    /// Whether there are prospects, contacts and surveys.
    has_notes: [bool; 3],
    shape: side_inputs::Shape,
}

/// Near which everything lies where nobody did anything.
const LONELY_DAY: Day = Day(19_782);

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

fn frames() -> BoxedStrategy<Frame> {
    let style = || select(vec![IdStyle::Integers, IdStyle::Texts]);
    let near = |from: i64, to: i64| (any::<Index>(), from..=to);
    (
        style(),
        weighted(0.7, style()),
        any::<bool>(),
        weighted(0.7, near(-2, 40)),
        weighted(0.3, near(-40, 3)),
        weighted(0.5, near(-3, 40)),
        [prop::bool::weighted(0.6), prop::bool::weighted(0.8), prop::bool::weighted(0.7)],
        side_inputs::shapes(),
    )
        .prop_map(
            |(customer_ids, order_ids, has_times, as_of, start, calibration, has_notes, shape)| {
                Frame {
                    customer_ids,
                    order_ids,
                    has_times,
                    as_of,
                    history_start: start,
                    calibration_end: calibration,
                    has_notes,
                    shape,
                }
            },
        )
        .boxed()
}

impl Frame {
    /// Fills in the settings that lie near `days`, the days of a history.
    fn settle(&self, settings: &mut Settings, days: &[Day]) {
        let days = if days.is_empty() { &[LONELY_DAY] } else { days };
        let day_near = |(place, later): (Index, i64)| place.get(days).plus(later);
        settings.as_of = self.as_of.map(day_near);
        // A history that starts at or after as_of is refused with the pipeline file.
        settings.history_start = (self.history_start.map(day_near))
            .filter(|start| settings.as_of.is_none_or(|as_of| *start < as_of));
        settings.lifetime.calibration_end = self.calibration_end.map(day_near);
    }
}

/// Days from another day.
#[derive(Clone, Copy, Debug)]
enum Gap {
    Days(i64),
    /// W days and so many more.
    Lapse(i64),
    /// The window within which a contact, or a lost order, is answered, and so many days more.
    Window(i64),
    /// To so many days after the next first of a month.
    Month(i64),
}

impl Gap {
    fn from(self, day: Day, settings: &Settings) -> Day {
        let orders = settings.basis == Basis::Orders;
        match self {
            Self::Days(n) => day.plus(n),
            Self::Lapse(n) => match settings.lapse_days {
                _ if !orders => day.plus(i64::from(settings.reactivation_gap_days) + n),
                LapseDays::Fixed(w) => day.plus(i64::from(w) + n),
                LapseDays::Auto => day.plus(20 + n),
            },
            Self::Window(n) if orders => day.plus(i64::from(settings.recovery_window_days) + n),
            Self::Window(n) => day.plus(i64::from(settings.attribution_window_days) + n),
            Self::Month(n) => {
                let left = (1..=31).find(|days| day.plus(*days).date().day() == 1);
                day.plus(left.expect("a month has at most 31 days") + n)
            }
        }
    }
}

/// Turns of a year, a leap day, a common February, a quarter.
fn starts() -> impl Strategy<Value = Day> {
    let near = |first: i32| first - 3..=first + 3;
    prop_oneof![near(19_723), near(19_782), near(19_417), near(19_447), near(19_814)].prop_map(Day)
}

fn segment_values() -> impl Strategy<Value = Option<&'static str>> {
    select(vec![None, Some("a"), Some("b"), Some("Z"), Some("")])
}

fn reasons() -> BoxedStrategy<Option<&'static str>> {
    select(vec![None, Some(""), Some("price"), Some("stock"), Some("Zoll"), Some("unknown")])
        .boxed()
}

/// A row of a further input, near a day of some person.
#[derive(Clone, Debug)]
struct NoteStep {
    kind: NoteKind,
    person: Index,
    anchor: Index,
    gap: Gap,
    later: i64,
}

#[derive(Clone, Debug)]
enum NoteKind {
    Prospect,
    Contact {
        campaign: Option<&'static str>,
        strategy: Option<&'static str>,
        is_holdout: bool,
        /// To everybody, near a day of each, every other of them in the other arm.
        is_to_all: bool,
    },
    Answer {
        reason: Option<&'static str>,
    },
}

fn note_steps() -> BoxedStrategy<Vec<NoteStep>> {
    let texts = || select(vec![None, Some("a"), Some("b"), Some("Z")]);
    let kind = prop_oneof![
        2 => Just(NoteKind::Prospect),
        12 => (texts(), texts(), prop::bool::weighted(0.4), prop::bool::weighted(0.6)).prop_map(
            |(campaign, strategy, is_holdout, is_to_all)| {
                NoteKind::Contact { campaign, strategy, is_holdout, is_to_all }
            },
        ),
        3 => reasons().prop_map(|reason| NoteKind::Answer { reason }),
    ];
    let gap = prop_oneof![
        3 => (-1..=1_i64).prop_map(Gap::Lapse),
        6 => (-2..=1_i64).prop_map(Gap::Days),
        1 => (-60..=60_i64).prop_map(Gap::Days),
        1 => (-1..=1_i64).prop_map(Gap::Month),
    ];
    let later = select(vec![0_i64, 0, 0, 0, 0, 0, 1, 7, 30]);
    let step = (kind, any::<Index>(), any::<Index>(), gap, later).prop_map(
        |(kind, person, anchor, gap, later)| NoteStep { kind, person, anchor, gap, later },
    );
    vec(step, 0..=28).boxed()
}

/// The further inputs of a history whose people have `anchors`, the days of what they did. One
/// person did nothing else.
fn notes(steps: &[NoteStep], frame: &Frame, anchors: &[Vec<Day>], settings: &Settings) -> History {
    let (mut prospects, mut contacts, mut surveys) = (Vec::new(), Vec::new(), Vec::new());
    let days: Vec<_> = anchors.iter().flatten().collect();
    for step in steps.iter().filter(|_| !days.is_empty()) {
        let day_of = |person: usize| {
            let anchor = match anchors.get(person).filter(|days| !days.is_empty()) {
                Some(days) => *step.anchor.get(days),
                None => **step.anchor.get(&days),
            };
            step.gap.from(anchor, settings).plus(step.later)
        };
        let person = step.person.index(anchors.len() + 1);
        let (customer, day) = (frame.customer_ids.id(person), day_of(person));
        let text = |text: Option<&str>| text.map(str::to_owned);
        match &step.kind {
            NoteKind::Prospect => {
                let before = i64::from(settings.prospect_after_days) + step.later;
                prospects.push(Prospect { customer, day: day.plus(-before) });
            }
            NoteKind::Contact { campaign, strategy, is_holdout, is_to_all } => {
                let to = if *is_to_all { 0..anchors.len() } else { person..person + 1 };
                contacts.extend(to.map(|other| Contact {
                    customer: frame.customer_ids.id(other),
                    day: day_of(other),
                    campaign: text(*campaign),
                    strategy: text(*strategy),
                    is_holdout: *is_holdout != ((person ^ other) % 2 == 1),
                }));
            }
            NoteKind::Answer { reason } => {
                let instant = Row::new(customer.clone(), day, 0).instant;
                surveys.push(Answer {
                    customer: Some(customer),
                    day,
                    instant,
                    reason: text(*reason),
                    lost_reason: None,
                    score: None,
                });
            }
        }
    }
    let [has_prospects, has_contacts, has_surveys] = frame.has_notes;
    History {
        prospects: has_prospects.then_some(prospects),
        contacts: has_contacts.then_some(contacts),
        surveys: has_surveys.then_some(surveys),
        ..History::default()
    }
}
