//! Lapse spells: the time between two spells of activity.

use kohort_model::{Day, Spell, Track};

/// A stretch without activity after some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lapse {
    /// The day of the churn event.
    pub from: Day,
    /// The day of the activity that ended it.
    pub back: Option<Day>,
}

/// The lapse spells of a customer with these spells of activity, in order of time.
pub(crate) fn lapses(spells: &[Spell], as_of: Day) -> impl Iterator<Item = Lapse> {
    let next = spells.iter().skip(1).map(|spell| Some(spell.start)).chain([None]);
    let ended = spells.iter().zip(next).filter(move |(spell, _)| spell.end < as_of);
    ended.map(|(spell, back)| Lapse { from: spell.end, back })
}

/// Value of a customer's events on the days from `from` to the one before `until`.
pub(crate) fn value_between(track: &Track<'_>, customer: usize, from: Day, until: Day) -> i128 {
    let (days, values) = track.of(customer);
    let (first, last) =
        (days.partition_point(|day| *day < from), days.partition_point(|day| *day < until));
    values[first..last].iter().map(|value| i128::from(*value)).sum()
}
