//! `lost_sales`.

use std::collections::BTreeSet;
use std::sync::Arc;

use kohort_model::{Basis, Day, Kind};

use super::carts::{Fate, carts_of};
use super::opportunities::opportunities_of;
use super::orders::{or_none, or_unknown};
use super::people::{Person, Role};
use super::{Frame, nearest, row, segment_value, share};
use crate::compare::NaiveRow;

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Won,
    Lost,
    Open,
}

/// An attempt of whatever source, and what became of it.
struct Attempt {
    day: Day,
    buyer: &'static str,
    outcome: Outcome,
    value: i128,
    reason: String,
    /// `None` where competitors are not mapped.
    competitor: Option<String>,
    /// The stages that it reached; none where stages are not mapped.
    reached: BTreeSet<Stage>,
    /// The stage beyond which it did not get.
    stopped_at: Option<Stage>,
    is_recovered: bool,
    /// Lost, and a purchase may still recover it.
    is_recoverable: bool,
}

/// Those that the pipeline lists in its order, then all others by text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Stage {
    place: usize,
    name: String,
}

/// What a row is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Breakdown {
    Total,
    Competitor(String),
    Reason(String),
    Stage(Stage),
}

impl Breakdown {
    fn is_of(&self, attempt: &Attempt) -> bool {
        let is_lost = attempt.outcome == Outcome::Lost;
        match self {
            Self::Total => true,
            Self::Competitor(name) => is_lost && attempt.competitor.as_ref() == Some(name),
            Self::Reason(name) => is_lost && attempt.reason == *name,
            Self::Stage(stage) => attempt.reached.contains(stage),
        }
    }

    fn name_and_value(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Total => ("total", None),
            Self::Competitor(name) => ("competitor", Some(name)),
            Self::Reason(name) => ("reason", Some(name)),
            Self::Stage(stage) => ("stage", Some(&stage.name)),
        }
    }
}

fn orders(frame: &Frame<'_>, person: &Person) -> Vec<Attempt> {
    let attempts = person.attempts();
    let window = i64::from(frame.settings.recovery_window_days);
    let mut seen = Vec::new();
    for (i, event) in attempts.iter().enumerate() {
        let bought_before = person.activity().any(|a| a.instant < event.instant);
        let next_decided = attempts[i + 1..].iter().find(|a| a.role != Role::Open);
        let is_lost = event.role == Role::Lost;
        let is_recovered = is_lost
            && next_decided
                .is_some_and(|next| next.role == Role::Order && next.day <= event.day.plus(window));
        seen.push(Attempt {
            day: event.day,
            buyer: buyer(bought_before),
            outcome: match event.role {
                Role::Lost => Outcome::Lost,
                Role::Open => Outcome::Open,
                Role::Order | Role::Refund => Outcome::Won,
            },
            value: event.value,
            reason: reason(frame, person, &event.reason, (event.day, event.day)),
            competitor: None,
            reached: BTreeSet::new(),
            stopped_at: None,
            is_recovered,
            is_recoverable: is_lost && !is_recovered && event.day.plus(window) >= frame.as_of,
        });
    }
    seen
}

fn carts(frame: &Frame<'_>, person: &Person) -> Vec<Attempt> {
    let step = |place: usize| Stage { place, name: frame.settings.steps[place].to_owned() };
    let attempt = |cart: super::carts::Cart| Attempt {
        day: cart.created,
        buyer: buyer(person.activity().any(|a| a.day < cart.created)),
        outcome: match cart.fate {
            Fate::Purchased => Outcome::Won,
            Fate::Abandoned => Outcome::Lost,
            Fate::Open => Outcome::Open,
        },
        value: cart.value.unwrap_or_default().into(),
        reason: reason(frame, person, "unknown", (cart.created, cart.lost)),
        competitor: None,
        reached: cart.steps.clone().map(step).collect(),
        stopped_at: Some(step(*cart.steps.end())),
        is_recovered: cart.is_recovered,
        is_recoverable: cart.is_recoverable,
    };
    carts_of(frame, person).into_iter().map(attempt).collect()
}

fn opportunities(frame: &Frame<'_>, person: &Person) -> Vec<Attempt> {
    let mapped = frame.history.mapped();
    let listed = &frame.settings.stages;
    let stage = |name: &str| {
        let place = listed.iter().position(|stage| *stage == name);
        Stage { place: place.unwrap_or(listed.len()), name: name.to_owned() }
    };
    let mut attempts = Vec::new();
    for sale in opportunities_of(frame, person) {
        let row = sale.row;
        // Open ones are lost on no day and have no row by reason.
        let decided = row.closed.unwrap_or(row.created);
        let own = stage(&or_none(row.stage.as_ref()));
        let is_won = row.outcome == Kind::Completed;
        let is_reached = |place: usize| is_won || (own.place < listed.len() && place < own.place);
        let before = (0..listed.len()).filter(|place| is_reached(*place));
        let mut reached: BTreeSet<_> = before.map(|place| stage(listed[place])).collect();
        reached.insert(own.clone());
        attempts.push(Attempt {
            day: row.created,
            buyer: buyer(person.activity().any(|a| a.day < row.created)),
            outcome: match row.outcome {
                Kind::Completed => Outcome::Won,
                Kind::Lost => Outcome::Lost,
                Kind::Open | Kind::Ignored => Outcome::Open,
            },
            value: row.value.into(),
            reason: reason(frame, person, &or_unknown(row.reason.as_ref()), (decided, decided)),
            competitor: mapped.competitors.then(|| or_none(row.competitor.as_ref())),
            reached: if mapped.stages { reached } else { BTreeSet::new() },
            stopped_at: mapped.stages.then_some(own),
            is_recovered: sale.is_recovered,
            is_recoverable: sale.is_recoverable,
        });
    }
    attempts
}

/// Why an attempt was lost that began and was lost on these days: what its row says, else the first answer.
fn reason(frame: &Frame<'_>, person: &Person, own: &str, (from, lost): (Day, Day)) -> String {
    let until = lost.plus(frame.settings.lost_survey_window_days.into());
    let answers = person.further.lost_answers.iter();
    let near = answers.filter(|(day, _)| from <= *day && *day <= until).min();
    let told = near.filter(|_| own == "unknown").map(|(_, reason)| reason.as_str());
    told.unwrap_or(own).to_owned()
}

fn buyer(bought_before: bool) -> &'static str {
    if bought_before { "customer" } else { "prospect" }
}

type Source = fn(&Frame<'_>, &Person) -> Vec<Attempt>;

pub(super) fn lost_sales(frame: &Frame<'_>) -> Vec<NaiveRow> {
    let history = frame.history;
    let sources: [(&str, bool, Source); 3] = [
        ("carts", history.mapped().carts, carts),
        ("opportunities", history.opportunities.is_some(), opportunities),
        ("orders", frame.settings.basis == Basis::Orders, orders),
    ];
    let there = sources.into_iter().filter(|(_, is_there, _)| *is_there);
    there.flat_map(|(name, _, source)| of_source(frame, name, source)).collect()
}

fn of_source(frame: &Frame<'_>, name: &'static str, source: Source) -> Vec<NaiveRow> {
    let mut rows = Vec::new();
    for (grain, group) in frame.grains_and_groups() {
        let attempts: Vec<_> = group.people.iter().flat_map(|p| source(frame, p)).collect();
        let periods = frame.periods(grain, attempts.iter().map(|a| a.day).min());
        let of_buyers = ["customer", "prospect"].map(|buyer| {
            let all: Vec<_> = attempts.iter().filter(|a| a.buyer == buyer).collect();
            let is_complete =
                |a: &&&Attempt| periods.iter().any(|p| p.holds(a.day) && frame.is_complete(*p));
            let complete: Vec<_> = all.iter().filter(is_complete).copied().collect();
            (buyer, all, complete)
        });
        for period in &periods {
            for (buyer, all, complete) in &of_buyers {
                let here: Vec<_> = all.iter().filter(|a| period.holds(a.day)).copied().collect();
                for breakdown in breakdowns(&here) {
                    let (breakdown_name, value) = breakdown.name_and_value();
                    let mut row = row! {
                        source: name,
                        grain: grain.name(),
                        segment: group.segment,
                        segment_value: segment_value(group),
                        period: period.start,
                        buyer: *buyer,
                        breakdown: breakdown_name,
                        breakdown_value: value.map(Arc::<str>::from),
                    };
                    row.extend(numbers(&here, &breakdown, complete));
                    row.extend(row! { is_complete: frame.is_complete(*period) });
                    rows.push(row);
                }
            }
        }
    }
    rows
}

/// The rows that a buyer's attempts in a period make.
fn breakdowns(here: &[&Attempt]) -> BTreeSet<Breakdown> {
    let mut breakdowns = BTreeSet::from([Breakdown::Total]);
    for attempt in here {
        breakdowns.extend(attempt.reached.iter().cloned().map(Breakdown::Stage));
        if attempt.outcome == Outcome::Lost {
            breakdowns.insert(Breakdown::Reason(attempt.reason.clone()));
            breakdowns.extend(attempt.competitor.clone().map(Breakdown::Competitor));
        }
    }
    breakdowns
}

/// What stands between the key and `is_complete`: of the buyer's attempts in the period, `here`,
/// those of the row. `complete` are the buyer's attempts in complete periods.
fn numbers(here: &[&Attempt], breakdown: &Breakdown, complete: &[&Attempt]) -> NaiveRow {
    let of_row: Vec<_> = here.iter().filter(|a| breakdown.is_of(a)).collect();
    let number = |which: &dyn Fn(&Attempt) -> bool| of_row.iter().filter(|a| which(a)).count();
    let value = |which: &dyn Fn(&Attempt) -> bool| {
        of_row.iter().filter(|a| which(a)).map(|a| a.value).sum::<i128>()
    };
    let is = |outcome: Outcome| move |a: &Attempt| a.outcome == outcome;
    let has_won = matches!(breakdown, Breakdown::Total | Breakdown::Stage(_));
    let stage = match breakdown {
        Breakdown::Stage(stage) => Some(stage),
        _ => None,
    };
    let is_stopped = |a: &Attempt| a.outcome == Outcome::Lost && a.stopped_at.as_ref() == stage;
    let (won, lost) = (number(&is(Outcome::Won)), number(&is(Outcome::Lost)));
    let (lost_value, recovered_value) = (value(&is(Outcome::Lost)), value(&|a| a.is_recovered));
    let net_lost = lost_value - recovered_value;
    // What is won and lost in all is that of everything, or of the stage.
    let in_all = |outcome: Outcome| {
        let of_stage = |a: &&&Attempt| stage.is_none_or(|stage| a.reached.contains(stage));
        complete.iter().filter(|a| a.outcome == outcome).filter(of_stage).count() as i128
    };
    let won_in_all = in_all(Outcome::Won);
    let decided_in_all = won_in_all + in_all(Outcome::Lost);
    row! {
        attempts: of_row.len(),
        won: has_won.then_some(won),
        open: has_won.then(|| number(&is(Outcome::Open))),
        lost: lost,
        stopped: stage.map(|_| number(&is_stopped)),
        recovered: number(&|a| a.is_recovered),
        recovery_open: number(&|a| a.is_recoverable),
        conversion_rate: has_won.then(|| share(won, won + lost)).flatten(),
        attempted_value: value(&|_| true),
        won_value: has_won.then(|| value(&is(Outcome::Won))),
        lost_value: lost_value,
        stopped_value: stage.map(|_| value(&is_stopped)),
        recovered_value: recovered_value,
        net_lost_value: net_lost,
        expected_lost_value: (decided_in_all > 0)
            .then(|| nearest(net_lost * won_in_all, decided_in_all)),
    }
}
