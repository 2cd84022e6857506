//! `lost_sales`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::people::{Event, Person, Role};
use super::{Frame, nearest, row, segment_value, share};
use crate::compare::NaiveRow;

/// An attempt, and what became of it.
struct Attempt<'a> {
    event: &'a Event,
    buyer: &'static str,
    is_recovered: bool,
    /// Lost, and a purchase may still recover it.
    is_recoverable: bool,
}

impl Attempt<'_> {
    fn is(&self, role: Role) -> bool {
        self.event.role == role
    }
}

fn attempts_of<'a>(person: &'a Person, frame: &Frame<'_>) -> Vec<Attempt<'a>> {
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
            event,
            buyer: if bought_before { "customer" } else { "prospect" },
            is_recovered,
            is_recoverable: is_lost && !is_recovered && event.day.plus(window) >= frame.as_of,
        });
    }
    seen
}

pub(super) fn lost_sales(frame: &Frame<'_>) -> Vec<NaiveRow> {
    let mut rows = Vec::new();
    for (grain, group) in frame.grains_and_groups() {
        let attempts: Vec<_> = group.people.iter().flat_map(|p| attempts_of(p, frame)).collect();
        let periods = frame.periods(grain, group.first_attempt());
        let of_buyers = ["customer", "prospect"].map(|buyer| {
            let all: Vec<_> = attempts.iter().filter(|a| a.buyer == buyer).collect();
            let is_complete = |a: &&&Attempt<'_>| {
                periods.iter().any(|p| p.holds(a.event.day) && frame.is_complete(*p))
            };
            let complete: Vec<_> = all.iter().filter(is_complete).copied().collect();
            (buyer, all, complete)
        });
        for period in &periods {
            for (buyer, all, complete) in &of_buyers {
                let here: Vec<_> =
                    all.iter().filter(|a| period.holds(a.event.day)).copied().collect();
                let lost = here.iter().filter(|a| a.is(Role::Lost));
                let reasons: BTreeSet<_> = lost.map(|a| a.event.reason.as_str()).collect();
                for reason in std::iter::once(None).chain(reasons.into_iter().map(Some)) {
                    let mut row = row! {
                        source: "orders",
                        grain: grain.name(),
                        segment: group.segment,
                        segment_value: segment_value(group),
                        period: period.start,
                        buyer: *buyer,
                        breakdown: reason.map_or("total", |_| "reason"),
                        breakdown_value: reason.map(Arc::<str>::from),
                    };
                    row.extend(numbers(&here, reason, complete));
                    row.extend(row! { is_complete: frame.is_complete(*period) });
                    rows.push(row);
                }
            }
        }
    }
    rows
}

/// What stands between the key and `is_complete`: of the buyer's attempts in the period, `here`,
/// all or those lost for a reason. `complete` are the buyer's attempts in complete periods.
fn numbers(here: &[&Attempt<'_>], reason: Option<&str>, complete: &[&Attempt<'_>]) -> NaiveRow {
    let is_of_row =
        |a: &Attempt<'_>| reason.is_none_or(|reason| a.is(Role::Lost) && a.event.reason == reason);
    let of_row = here.iter().filter(|a| is_of_row(a)).collect::<Vec<_>>();
    let number = |which: &dyn Fn(&Attempt<'_>) -> bool| of_row.iter().filter(|a| which(a)).count();
    let value = |which: &dyn Fn(&Attempt<'_>) -> bool| {
        of_row.iter().filter(|a| which(a)).map(|a| a.event.value).sum::<i128>()
    };
    // What only a total row has.
    let is_total = reason.is_none();
    let (won, lost) = (number(&|a| a.is(Role::Order)), number(&|a| a.is(Role::Lost)));
    let (lost_value, recovered_value) = (value(&|a| a.is(Role::Lost)), value(&|a| a.is_recovered));
    let net_lost = lost_value - recovered_value;
    let won_in_all = complete.iter().filter(|a| a.is(Role::Order)).count() as i128;
    let lost_in_all = complete.iter().filter(|a| a.is(Role::Lost)).count() as i128;
    let decided_in_all = won_in_all + lost_in_all;
    row! {
        attempts: of_row.len(),
        won: is_total.then_some(won),
        open: is_total.then(|| number(&|a| a.is(Role::Open))),
        lost: lost,
        recovered: number(&|a| a.is_recovered),
        recovery_open: number(&|a| a.is_recoverable),
        conversion_rate: is_total.then(|| share(won, won + lost)).flatten(),
        attempted_value: value(&|_| true),
        won_value: is_total.then(|| value(&|a| a.is(Role::Order))),
        lost_value: lost_value,
        recovered_value: recovered_value,
        net_lost_value: net_lost,
        expected_lost_value: (decided_in_all > 0)
            .then(|| nearest(net_lost * won_in_all, decided_in_all)),
    }
}
