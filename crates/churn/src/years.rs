//! The customers of a year ago: who of them is still active, and who has bought since.

use std::ops::Range;

use kohort_model::calc::{Check, Formula, Input, Outcome, Presence};
use kohort_model::{Basis, Context, Day, Periods, Spell, rate, tally};

/// A gap between activity days that is shorter than a year leaves no year without activity.
const YEAR_DAYS: i32 = 365;

/// Changes against the period before of what is counted of the year up to its close.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Yearly {
    /// Customers who were active when the year began.
    pub opening: i64,
    /// Of them, those active at the close.
    pub kept: i64,
    /// Of them, those without activity in the year.
    pub quiet: i64,
}

tally!(Yearly { opening, kept, quiet });

/// What can be computed of it from numbers that are typed in.
pub(crate) const YEARLY: Formula = Formula {
    name: "yearly",
    about: "Which share of the customers of a year ago is left, and which bought",
    inputs: &[
        Input::count("start", "Customers a year ago"),
        Input::count("kept", "Those of them who are customers now"),
        Input::count("buyers", "Those of them who bought within the year: adds their share")
            .with(Presence::Optional),
    ],
    checks: &[
        Check::AtMost {
            parts: &["kept"],
            whole: "start",
            why: "only those count who were there a year ago; leave out who joined later",
        },
        Check::AtMost {
            parts: &["buyers"],
            whole: "start",
            why: "only those count who were there a year ago; leave out who joined later",
        },
    ],
    results: &[
        Outcome::share("yearly_kept_rate", "{kept} / {start}", |g| {
            share_of_year(g.one("kept"), g.one("start"))
        })
        .means("{} of the customers of a year ago are customers now."),
        Outcome::share("yearly_buyer_rate", "{buyers} / {start}", |g| {
            share_of_year(g.one("buyers"), g.one("start"))
        })
        .means("{} of the customers of a year ago have bought since.")
        .needs("buyers"),
    ],
    example: "--start 1000 --kept 300 --buyers 620",
};

/// A share of the customers who were active when the year began.
pub(crate) fn share_of_year(customers: i128, opening: i128) -> Option<f64> {
    rate(customers, opening)
}

/// One of the counters of [`Yearly`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum Counter {
    Opening,
    Kept,
    Quiet,
}

impl Yearly {
    #[inline]
    pub fn counter(&mut self, counter: Counter) -> &mut i64 {
        match counter {
            Counter::Opening => &mut self.opening,
            Counter::Kept => &mut self.kept,
            Counter::Quiet => &mut self.quiet,
        }
    }
}

/// The year up to the close of each period of a grain. It begins with the same date of the year
/// before, or 28 February.
#[derive(Debug)]
pub(crate) struct Years {
    /// First day of each.
    starts: Vec<Day>,
    /// First day of the first period.
    first: Day,
    /// By day from `first` on: how many years begin on it or before.
    begun: Vec<u32>,
}

impl Years {
    pub fn new(periods: &Periods, as_of: Day) -> Self {
        let ends = (0..periods.len()).map(|p| periods.end(p).min(as_of));
        let starts: Vec<Day> = ends.map(|end| end.minus_months(12)).collect();
        let first = periods.start(0);
        let mut reached = 0;
        let by_day = |day: i32| {
            reached += starts[reached..].iter().take_while(|start| start.0 <= day).count();
            u32::try_from(reached).unwrap_or(u32::MAX)
        };
        let begun = (first.0..as_of.0).map(by_day).collect();
        Self { starts, first, begun }
    }

    /// First day of the year of period `p`.
    pub fn start(&self, p: usize) -> Day {
        self.starts[p]
    }

    /// How many years begin on a day or before it.
    fn begun(&self, day: Day) -> usize {
        let days = day.0.wrapping_sub(self.first.0).cast_unsigned() as usize;
        self.begun.get(days).map_or(self.starts.len(), |years| *years as usize)
    }

    /// Counts a customer: `spells` are when it is active, `days` those of its activity, rising.
    /// `found` takes a counter, and the years in which the customer counts in it, which may be none.
    #[inline]
    pub fn count(
        &self,
        context: &Context,
        periods: &Periods,
        spells: &[Spell],
        days: &[Day],
        mut found: impl FnMut(Counter, Range<usize>),
    ) {
        // How many years are over with the day before.
        let over = |day: Day| if day < context.as_of { periods.of(day) } else { periods.len() };
        // The first spell that lasts into a year that is still looked at.
        let mut lasting = 0;
        for (i, spell) in spells.iter().enumerate() {
            // The years at whose beginning the customer is active.
            let there = self.begun(spell.start)..self.begun(spell.end);
            if there.is_empty() {
                continue;
            }
            // Whether there are any of them is as good as random, so nothing asks for that.
            let mut count = |counter: Counter, years: Range<usize>| {
                let in_there = |year: usize| year.clamp(there.start, there.end);
                let start = in_there(years.start);
                found(counter, start..in_there(years.end).max(start));
            };
            count(Counter::Opening, there.clone());
            while spells.get(lasting).is_some_and(|spell| over(spell.end) <= there.start) {
                lasting += 1;
            }
            for later in &spells[lasting..] {
                let active = over(later.start)..over(later.end);
                if active.start >= there.end {
                    break;
                }
                count(Counter::Kept, active);
            }
            let mut quiet = |last: Day, next: Option<Day>| {
                if next.is_none_or(|next| next.0.saturating_sub(last.0) >= YEAR_DAYS) {
                    count(Counter::Quiet, self.begun(last)..next.map_or(periods.len(), over));
                }
            };
            match (context.basis, i32::try_from(context.lapse_days)) {
                (Basis::Subscriptions, _) => {}
                // Nobody is active for a year without activity.
                (Basis::Orders, Ok(lapse)) if lapse < YEAR_DAYS => {
                    let next = spells.get(i + 1).map(|next| next.start);
                    quiet(spell.end.plus(-i64::from(lapse)), next);
                }
                (Basis::Orders, _) => {
                    for (place, day) in days.iter().enumerate() {
                        quiet(*day, days.get(place + 1).copied());
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use kohort_model::{Calendar, Grain};

    use super::*;

    fn day(text: &str) -> Day {
        text.parse::<chrono::NaiveDate>().unwrap().into()
    }

    #[test]
    fn years_begin_a_year_before_the_close() {
        let periods =
            Periods::new(&Calendar::default(), Grain::Month, day("2023-02-10"), day("2024-02-29"));
        let years = Years::new(&periods, day("2024-02-29"));
        let cases = [
            // Up to the end of February 2023, of January 2024, and of 28 February 2024.
            (0, "2022-03-01"),
            (11, "2023-02-01"),
            (12, "2023-02-28"),
        ];
        for (p, start) in cases {
            assert_eq!(years.start(p), day(start), "{p}");
        }
        for (of, begun) in [
            ("2023-02-01", 12),
            ("2023-02-27", 12),
            ("2023-02-28", 13),
            ("2024-02-28", 13),
            ("2024-03-01", 13),
        ] {
            assert_eq!(years.begun(day(of)), begun, "{of}");
        }
    }
}
