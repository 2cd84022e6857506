//! The stretches in which a customer is active.

use kohort_model::Day;

/// A stretch of activity: active at the end of every day from `start` to the day before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spell {
    /// Day of the order that opens it.
    pub start: Day,
    /// W days after the last order in it: the day of the churn event, if that is known yet.
    pub end: Day,
}

/// The spells of a customer with orders on `days`, which rise. An order W days after the one
/// before it still belongs to its spell.
pub(crate) fn spells(days: &[Day], lapse_days: u32, into: &mut Vec<Spell>) {
    into.clear();
    let lapse = i64::from(lapse_days);
    for day in days {
        match into.last_mut() {
            Some(spell) if *day <= spell.end => spell.end = day.plus(lapse),
            _ => into.push(Spell { start: *day, end: day.plus(lapse) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_of_w_days_is_none() {
        let cases = [
            (vec![], vec![]),
            (vec![5], vec![(5, 15)]),
            (vec![5, 5, 15], vec![(5, 25)]),
            (vec![5, 16], vec![(5, 15), (16, 26)]),
            (vec![-3, 4, 40, 50, 61], vec![(-3, 14), (40, 60), (61, 71)]),
        ];
        for (days, expected) in cases {
            let days: Vec<Day> = days.into_iter().map(Day).collect();
            let mut found = Vec::new();
            spells(&days, 10, &mut found);
            let found: Vec<(i32, i32)> = found.iter().map(|s| (s.start.0, s.end.0)).collect();
            assert_eq!(found, expected);
        }
    }
}
