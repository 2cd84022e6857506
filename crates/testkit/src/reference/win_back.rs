//! `win_back`.

use std::collections::BTreeSet;
use std::sync::Arc;

use kohort_model::{Basis, Day};

use super::gaps::quantile;
use super::notes::Message;
use super::people::{Group, Person};
use super::periods::Period;
use super::{Frame, row, segment_value, share};
use crate::compare::NaiveRow;
use crate::history::Id;

/// Which messages a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Breakdown<'a> {
    Total,
    Campaign(&'a str),
    Strategy(&'a str),
}

impl Breakdown<'_> {
    fn is_of(self, message: &Message) -> bool {
        match self {
            Self::Total => true,
            Self::Campaign(name) => message.campaign == name,
            Self::Strategy(name) => message.strategy == name,
        }
    }

    fn name_and_value(self) -> (&'static str, Option<Arc<str>>) {
        match self {
            Self::Total => ("total", None),
            Self::Campaign(name) => ("campaign", Some(name.into())),
            Self::Strategy(name) => ("strategy", Some(name.into())),
        }
    }
}

pub(super) fn win_back(frame: &Frame<'_>) -> Vec<NaiveRow> {
    let mut rows = Vec::new();
    for (grain, group) in frame.grains_and_groups() {
        let messages = messages_to(frame, group);
        let spells = lapse_spells(frame, group);
        for period in frame.periods(grain, group.first_activity()) {
            let here = messages.iter().flatten().filter(|m| period.holds(m.day));
            let mut breakdowns = BTreeSet::from([Breakdown::Total]);
            for message in here {
                breakdowns.insert(Breakdown::Campaign(&message.campaign));
                breakdowns.insert(Breakdown::Strategy(&message.strategy));
            }
            for breakdown in breakdowns {
                let (name, value) = breakdown.name_and_value();
                let mut row = row! {
                    grain: grain.name(),
                    segment: group.segment,
                    segment_value: segment_value(group),
                    period: period.start,
                    breakdown: name,
                    breakdown_value: value,
                };
                let is_total = breakdown == Breakdown::Total;
                row.extend(returns(frame, group, &spells, period, is_total));
                row.extend(answers(frame, &spells, period, breakdown, messages.as_deref()));
                let window_end = period.end.plus(frame.settings.attribution_window_days.into());
                let is_complete = frame.is_complete(period);
                row.extend(row! {
                    is_complete: is_complete,
                    attribution_is_complete:
                        messages.as_ref().map(|_| is_complete && window_end <= frame.as_of),
                });
                rows.push(row);
            }
        }
    }
    rows
}

/// The messages to the people of a group: to whomever for everybody, else to customers.
fn messages_to<'a>(frame: &'a Frame<'_>, group: &Group) -> Option<Vec<&'a Message>> {
    let messages = frame.notes.messages.as_ref()?;
    let is_here =
        |m: &&Message| group.value.is_none() || group.customers().any(|p| p.id == m.customer);
    Some(messages.iter().filter(is_here).collect())
}

/// A stretch in which a customer had left.
struct Spell<'a> {
    customer: &'a Person,
    /// The day of the churn event.
    churned: Day,
    /// The day of the return, where it is known.
    returned: Option<Day>,
    /// Whether the customer had left before.
    is_again: bool,
}

fn lapse_spells<'a>(frame: &Frame<'_>, group: &'a Group) -> Vec<Spell<'a>> {
    let mut spells = Vec::new();
    for customer in group.customers() {
        let churn_events = customer.churn_events(frame.as_of, frame.w);
        for churned in churn_events.iter().copied() {
            let mut later = (churned.0..frame.as_of.0).map(Day);
            let returned = later.find(|day| customer.returns_on(*day, frame.w));
            let is_again = churn_events.iter().any(|earlier| *earlier < churned);
            spells.push(Spell { customer, churned, returned, is_again });
        }
    }
    spells
}

/// Messages in no lapse spell: to people who were no customers yet, and to active customers.
pub(super) fn idle_messages(frame: &Frame<'_>) -> [usize; 2] {
    let everybody = &frame.groups[0];
    let spells = lapse_spells(frame, everybody);
    let is_lapsed = |m: &&Message| {
        let mut own = spells.iter().filter(|s| s.customer.id == m.customer);
        own.any(|s| s.churned <= m.day && s.returned.is_none_or(|day| m.day <= day))
    };
    let is_early = |m: &Message| {
        let first = everybody.customers().find(|p| p.id == m.customer).map(Person::first_day);
        first.is_none_or(|first| m.day < first)
    };
    let (early, later): (Vec<&Message>, Vec<_>) =
        frame.notes.messages.iter().flatten().partition(|m| is_early(m));
    [early.len(), later.into_iter().filter(|m| !is_lapsed(m)).count()]
}

/// From `lapsed_opening` to `reactivation_rate`; all NULL unless the row is a total.
fn returns(
    frame: &Frame<'_>,
    group: &Group,
    spells: &[Spell<'_>],
    period: Period,
    is_total: bool,
) -> NaiveRow {
    let is_open_at_start = |s: &&Spell<'_>| {
        s.churned < period.start && s.returned.is_none_or(|day| period.start <= day)
    };
    let lapsed: Vec<_> = spells.iter().filter(is_open_at_start).collect();
    // Each of those who return, with the day.
    let won_back: Vec<_> = (lapsed.iter())
        .filter_map(|spell| Some((spell, spell.returned?)))
        .filter(|(_, day)| period.holds(*day))
        .collect();
    let revenue = |spell: &Spell<'_>, day| match frame.settings.basis {
        Basis::Orders => spell.customer.revenue(day, period.end),
        Basis::Subscriptions => spell.customer.monthly(period.last_known(frame.as_of)),
    };
    let won_back_revenue: i128 = won_back.iter().map(|(spell, day)| revenue(spell, *day)).sum();
    let days_lapsed: Vec<_> = won_back.iter().map(|(spell, day)| day.0 - spell.churned.0).collect();
    let again = spells.iter().filter(|s| s.is_again && period.holds(s.churned));
    let spells_again = again.count();

    // Prospects seen long ago who are no customers when the period begins: of how many that is
    // known, and how many become customers in it.
    let prospects = frame.notes.first_seen.as_ref().filter(|_| group.value.is_none());
    let prospects = prospects.map(|first_seen| {
        let after = frame.settings.prospect_after_days.into();
        let first_day = |id: &Id| group.customers().find(|p| p.id == *id).map(Person::first_day);
        let silent: Vec<_> = (first_seen.iter())
            .filter(|(_, seen)| seen.plus(after) < period.start)
            .map(|(id, _)| first_day(id))
            .filter(|first| first.is_none_or(|day| day >= period.start))
            .collect();
        let start = silent.iter().flatten().filter(|day| period.holds(**day)).count();
        (silent.len(), start)
    });
    let inactive = prospects.map(|(silent, _)| lapsed.len() + silent);
    let reactivated = prospects.map(|(_, start)| won_back.len() + start);
    let rate = |n: Option<usize>, of: Option<usize>| share(n?, of?);
    row! {
        lapsed_opening: is_total.then_some(lapsed.len()),
        won_back: is_total.then_some(won_back.len()),
        win_back_rate: is_total.then(|| share(won_back.len(), lapsed.len())).flatten(),
        won_back_revenue: is_total.then_some(won_back_revenue),
        median_days_lapsed: is_total.then(|| quantile(&days_lapsed, 50)).flatten(),
        spells_again: is_total.then_some(spells_again),
        inactive_opening: inactive.filter(|_| is_total),
        reactivated: reactivated.filter(|_| is_total),
        reactivation_rate: rate(reactivated, inactive).filter(|_| is_total),
    }
}

/// What one arm of a campaign did.
#[derive(Default)]
struct Arm {
    spells: usize,
    converted: usize,
    open: usize,
}

/// From `contacts` to `uplift_high`; all NULL without messages.
fn answers(
    frame: &Frame<'_>,
    spells: &[Spell<'_>],
    period: Period,
    breakdown: Breakdown<'_>,
    messages: Option<&[&Message]>,
) -> NaiveRow {
    let is_of_row = |m: &Message| period.holds(m.day) && breakdown.is_of(m);
    let window = frame.settings.attribution_window_days.into();
    let (mut sent, mut withheld) = (Arm::default(), Arm::default());
    for Spell { customer, churned, returned, .. } in spells {
        let is_in_spell =
            |m: &Message| *churned <= m.day && returned.is_none_or(|returned| m.day <= returned);
        let of_row = frame.notes.messages_to(&customer.id).filter(|m| is_of_row(m));
        let Some(last) = of_row.filter(|m| is_in_spell(m)).max() else { continue };
        let arm = if last.is_withheld { &mut withheld } else { &mut sent };
        arm.spells += 1;
        let is_in_time = last.day.plus(window) >= returned.unwrap_or(frame.as_of);
        if let Some(returned) = *returned {
            let all = frame.notes.messages_to(&customer.id);
            let is_last = all.filter(|m| m.day <= returned).max() == Some(last);
            arm.converted += usize::from(is_in_time && is_last);
        } else {
            arm.open += usize::from(is_in_time);
        }
    }
    let known = messages.is_some();
    let uplift = known
        .then(|| uplift(sent.converted, sent.spells, withheld.converted, withheld.spells))
        .flatten();
    row! {
        contacts: messages.map(|all| all.iter().filter(|m| is_of_row(m)).count()),
        contacted: known.then_some(sent.spells),
        converted: known.then_some(sent.converted),
        holdout: known.then_some(withheld.spells),
        holdout_converted: known.then_some(withheld.converted),
        attribution_open: known.then_some(sent.open + withheld.open),
        conversion_rate: known.then(|| share(sent.converted, sent.spells)).flatten(),
        holdout_conversion_rate: known.then(|| share(withheld.converted, withheld.spells)).flatten(),
        uplift: uplift.map(|(uplift, _, _)| uplift),
        uplift_low: uplift.map(|(_, low, _)| low),
        uplift_high: uplift.map(|(_, _, high)| high),
    }
}

/// The 97.5th percentile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// The difference of two rates, `of_sent` / `sent` less `of_withheld` / `withheld`, with its 95 %
/// interval: Newcombe 1998, method 10. `None` where a rate is unknown.
pub(super) fn uplift(
    of_sent: usize,
    sent: usize,
    of_withheld: usize,
    withheld: usize,
) -> Option<(f64, f64, f64)> {
    let (rate, base) = (share(of_sent, sent)?, share(of_withheld, withheld)?);
    let ((rate_low, rate_high), (base_low, base_high)) =
        (wilson(rate, sent), wilson(base, withheld));
    let down = ((rate - rate_low).powi(2) + (base_high - base).powi(2)).sqrt();
    let up = ((rate_high - rate).powi(2) + (base - base_low).powi(2)).sqrt();
    Some((rate - base, rate - base - down, rate - base + up))
}

/// The 95 % interval of a rate `p` of `n`: Wilson 1927.
#[expect(clippy::cast_precision_loss, reason = "a test has few contacts")]
fn wilson(p: f64, n: usize) -> (f64, f64) {
    let n = n as f64;
    let middle = p + Z * Z / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let size = 1.0 + Z * Z / n;
    ((middle - half) / size, (middle + half) / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_the_uplift() {
        // Newcombe 1998, table II, method 10.
        let cases = [
            ((56, 70, 48, 80), (0.2, 0.0524, 0.3339)),
            ((9, 10, 3, 10), (0.6, 0.1705, 0.8090)),
            ((6, 7, 2, 7), (0.5714, 0.0582, 0.8062)),
            ((5, 56, 0, 29), (0.0893, -0.0381, 0.1926)),
            ((0, 10, 0, 20), (0.0, -0.1611, 0.2775)),
            ((10, 10, 0, 10), (1.0, 0.6075, 1.0)),
        ];
        for ((a, m, b, n), expected) in cases {
            let (difference, low, high) = uplift(a, m, b, n).unwrap();
            let found = [difference, low, high];
            for (found, expected) in found.iter().zip([expected.0, expected.1, expected.2]) {
                assert!(
                    (found - expected).abs() < 5.1e-5,
                    "{a}/{m} - {b}/{n}: {found:?}, {expected}"
                );
            }
        }
        assert_eq!(uplift(0, 0, 1, 2), None);
    }
}
