//! How many months a customer's first spell has lasted.

use kohort_model::{Day, Spell, Tally};

use crate::models::sbg::Tenure;

/// Customers by the months of their first spell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tenures {
    /// By the month, counted from 1, in which the spell ended.
    ended: Vec<u64>,
    /// By the months survived without an end.
    survived: Vec<u64>,
}

impl Tenures {
    /// Counts a customer whose first spell this is.
    pub fn push(&mut self, spell: Spell, as_of: Day) {
        let (counts, months) = if spell.end < as_of {
            let whole = whole_months(spell.start, spell.end);
            let is_over = spell.start.plus_months(whole) >= spell.end;
            (&mut self.ended, if is_over { whole } else { whole + 1 })
        } else {
            (&mut self.survived, whole_months(spell.start, as_of.plus(-1)))
        };
        let months = months as usize;
        if counts.len() <= months {
            counts.resize(months + 1, 0);
        }
        counts[months] += 1;
    }

    /// Equal customers as one row each.
    pub fn rows(&self) -> Vec<Tenure> {
        let rows = |counts: &[u64], churned| -> Vec<Tenure> {
            let rows = (0..).zip(counts).filter(|(_, customers)| **customers > 0);
            rows.map(|(periods, customers)| Tenure { periods, churned, customers: *customers })
                .collect()
        };
        [rows(&self.ended, true), rows(&self.survived, false)].concat()
    }
}

impl Tally for Tenures {
    fn add(&mut self, other: &Self) {
        for (own, more) in [(&mut self.ended, &other.ended), (&mut self.survived, &other.survived)]
        {
            own.resize(own.len().max(more.len()), 0);
            own.iter_mut().zip(more).for_each(|(own, more)| *own += more);
        }
    }
}

/// The most months that are over by `until` since `start`, which is not later.
pub(crate) fn whole_months(start: Day, until: Day) -> u32 {
    // No month has more than 31 days.
    let mut months = start.0.abs_diff(until.0) / 31;
    while start.plus_months(months + 1) <= until {
        months += 1;
    }
    months
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_calendar_months() {
        // 1970: January 1 is day 0, February 1 31, March 1 59, April 1 90.
        let as_of = 91;
        // Start and end of the spell; the month of the end, or the months survived.
        let cases = [
            ((0, 1), (1, true)),
            ((0, 31), (1, true)),
            ((0, 32), (2, true)),
            ((0, 59), (2, true)),
            ((0, 60), (3, true)),
            // From January 31 the first month ends on February 28.
            ((30, 58), (1, true)),
            ((30, 59), (2, true)),
            // The last known day is April 1.
            ((0, 91), (3, false)),
            ((1, i32::MAX), (2, false)),
            ((90, 91), (0, false)),
        ];
        for ((start, end), (periods, churned)) in cases {
            let mut tenures = Tenures::default();
            tenures.push(Spell { start: Day(start), end: Day(end) }, Day(as_of));
            let expected = vec![Tenure { periods, churned, customers: 1 }];
            assert_eq!(tenures.rows(), expected, "{start} to {end}");
        }
    }
}
