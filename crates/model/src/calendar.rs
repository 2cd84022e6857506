//! Days and the periods that they fall into.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, Months, NaiveDate};

/// Days from 0001-01-01 to 1970-01-01.
const CE_OF_EPOCH: i32 = 719_163;

/// A calendar day in business-local time, as days since 1970-01-01.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Day(pub i32);

impl Day {
    /// 0001-01-01: earlier days are not accepted from an input.
    pub const MIN: Self = Self(1 - CE_OF_EPOCH);
    /// 9999-12-31: later days are not accepted from an input.
    pub const MAX: Self = Self(2_932_896);

    /// The day as a date. Days outside [`Day::MIN`]..=[`Day::MAX`] are clamped to it.
    #[must_use]
    pub fn date(self) -> NaiveDate {
        let clamped = self.clamp(Self::MIN, Self::MAX);
        // Years 1 to 9999 are within chrono's range.
        NaiveDate::from_num_days_from_ce_opt(clamped.0 + CE_OF_EPOCH).unwrap_or(NaiveDate::MAX)
    }

    /// The day `n` days later (earlier where negative), saturating.
    #[must_use]
    pub fn plus(self, n: i64) -> Self {
        let sum = i64::from(self.0).saturating_add(n);
        Self(i32::try_from(sum).unwrap_or(if n < 0 { i32::MIN } else { i32::MAX }))
    }

    /// The same day of the month `n` months later, or that month's last day where it is shorter;
    /// [`Day::MAX`] where it would be later than that.
    #[must_use]
    pub fn plus_months(self, n: u32) -> Self {
        self.date().checked_add_months(Months::new(n)).map_or(Self::MAX, Self::from).min(Self::MAX)
    }

    /// The same day of the month `n` months earlier, or that month's last day where it is shorter;
    /// [`Day::MIN`] where it would be earlier than that.
    #[must_use]
    pub fn minus_months(self, n: u32) -> Self {
        self.date().checked_sub_months(Months::new(n)).map_or(Self::MIN, Self::from).max(Self::MIN)
    }
}

impl From<NaiveDate> for Day {
    fn from(date: NaiveDate) -> Self {
        Self(date.num_days_from_ce() - CE_OF_EPOCH)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.date().fmt(f)
    }
}

/// Which day opens a week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weekday {
    /// ISO weeks, the default.
    #[default]
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday, as in North America.
    Sunday,
}

impl Weekday {
    /// Every weekday, Monday first.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// The English name in lower case, as the pipeline file has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
            [self as usize]
    }
}

/// The length of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grain {
    /// One day.
    Day,
    /// Seven days from the calendar's first weekday.
    Week,
    /// A calendar month.
    Month,
    /// Three months from the fiscal year's first month.
    Quarter,
    /// Twelve months from the fiscal year's first month.
    Year,
}

/// A grain's name that is none of `day`, `week`, `month`, `quarter`, `year`.
#[derive(Debug, thiserror::Error)]
#[error("no grain is named {0:?}; a grain is one of day, week, month, quarter, year")]
pub struct UnknownGrain(pub String);

impl FromStr for Grain {
    type Err = UnknownGrain;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|g| g.name() == s).ok_or_else(|| UnknownGrain(s.to_owned()))
    }
}

impl Grain {
    /// Every grain, finest first.
    pub const ALL: [Self; 5] = [Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year];

    /// The name in pipelines and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        ["day", "week", "month", "quarter", "year"][self as usize]
    }

    /// How many of it make a year, for annualised rates.
    #[must_use]
    pub fn periods_per_year(self) -> i32 {
        [365, 52, 12, 4, 1][self as usize]
    }

    /// The `k` at which a cohort table ends unless the pipeline says otherwise.
    #[must_use]
    pub fn default_max_k(self) -> Option<u32> {
        (self <= Self::Week).then_some(400)
    }
}

/// How days form periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// First day of a week.
    pub week_start: Weekday,
    /// Month, 1 to 12, in which quarters and years start.
    pub fiscal_year_start: u32,
}

impl Default for Calendar {
    fn default() -> Self {
        Self { week_start: Weekday::Monday, fiscal_year_start: 1 }
    }
}

impl Calendar {
    /// First day of the period of `grain` that holds `day`.
    #[must_use]
    pub fn period_start(&self, grain: Grain, day: Day) -> Day {
        let months = match grain {
            Grain::Day => return day,
            Grain::Week => {
                // 1970-01-01 was a Thursday.
                let weekday = (day.0 + 3).rem_euclid(7);
                return Day(day.0 - (weekday - self.week_start as i32).rem_euclid(7));
            }
            Grain::Month => 1,
            Grain::Quarter => 3,
            Grain::Year => 12,
        };
        let date = day.date();
        let since_fiscal_start = (date.month() + 12 - self.fiscal_year_start) % 12;
        let first_of_month = date - Days::new(date.day0().into());
        (first_of_month - Months::new(since_fiscal_start % months)).into()
    }

    /// First day of the period after the one that starts at `start`.
    #[must_use]
    pub fn next_start(&self, grain: Grain, start: Day) -> Day {
        let date = start.date();
        match grain {
            Grain::Day => start.plus(1),
            Grain::Week => start.plus(7),
            Grain::Month => (date + Months::new(1)).into(),
            Grain::Quarter => (date + Months::new(3)).into(),
            Grain::Year => (date.checked_add_months(Months::new(12)))
                .unwrap_or(NaiveDate::MAX - Days::new(1))
                .into(),
        }
    }
}

/// The periods of one grain from the one that holds the first known day to the last that
/// starts before `as_of`, numbered from 0.
#[derive(Clone, Debug)]
pub struct Periods {
    /// Their length.
    pub grain: Grain,
    /// First day of each period, and of the one after the last.
    starts: Vec<Day>,
    /// Period of each day from `starts[0]` on.
    of_day: Vec<u32>,
}

impl Periods {
    /// The periods that hold `first` and every later day before `as_of`; none where `first` is
    /// not before `as_of`.
    #[must_use]
    pub fn new(calendar: &Calendar, grain: Grain, first: Day, as_of: Day) -> Self {
        let mut starts = vec![calendar.period_start(grain, first)];
        let mut of_day = Vec::new();
        if first < as_of {
            let (mut start, mut period) = (starts[0], 0);
            while start < as_of {
                let end = calendar.next_start(grain, start);
                of_day.extend((start.0..end.0).map(|_| period));
                starts.push(end);
                start = end;
                period += 1;
            }
        }
        Self { grain, starts, of_day }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The period that holds `day`, a day on or after the first period's start; for a day after
    /// the last period [`Periods::len`].
    #[inline]
    #[must_use]
    pub fn of(&self, day: Day) -> usize {
        let offset = day.0.wrapping_sub(self.starts[0].0).cast_unsigned() as usize;
        self.of_day.get(offset).map_or(self.len(), |p| *p as usize)
    }

    /// First day of period `p`, `p` ≤ [`Periods::len`].
    ///
    /// # Panics
    /// Where `p` is more.
    #[inline]
    #[must_use]
    pub fn start(&self, p: usize) -> Day {
        self.starts[p]
    }

    /// Exclusive end of period `p`, `p` < [`Periods::len`].
    ///
    /// # Panics
    /// Where `p` is not below [`Periods::len`].
    #[inline]
    #[must_use]
    pub fn end(&self, p: usize) -> Day {
        self.starts[p + 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse::<NaiveDate>().unwrap().into()
    }

    #[test]
    fn period_starts() {
        let plain = Calendar::default();
        let fiscal = Calendar { week_start: Weekday::Sunday, fiscal_year_start: 4 };
        let cases = [
            (plain, Grain::Day, "2024-02-29", "2024-02-29"),
            (plain, Grain::Week, "2024-02-29", "2024-02-26"),
            (plain, Grain::Week, "2024-02-26", "2024-02-26"),
            (plain, Grain::Week, "1969-12-31", "1969-12-29"),
            (fiscal, Grain::Week, "2024-02-26", "2024-02-25"),
            (fiscal, Grain::Week, "2024-02-24", "2024-02-18"),
            (plain, Grain::Month, "2024-02-29", "2024-02-01"),
            (plain, Grain::Quarter, "2024-06-30", "2024-04-01"),
            (fiscal, Grain::Quarter, "2024-03-31", "2024-01-01"),
            (fiscal, Grain::Year, "2024-03-31", "2023-04-01"),
            (fiscal, Grain::Year, "2024-04-01", "2024-04-01"),
            (plain, Grain::Year, "2024-12-31", "2024-01-01"),
        ];
        for (calendar, grain, input, expected) in cases {
            let start = calendar.period_start(grain, day(input));
            assert_eq!(start, day(expected), "{grain:?} of {input}");
            assert!(calendar.next_start(grain, start) > day(input));
        }
    }

    #[test]
    fn periods_cover_the_known_days_without_holes() {
        for grain in Grain::ALL {
            let (first, as_of) = (day("2023-12-30"), day("2024-03-01"));
            let periods = Periods::new(&Calendar::default(), grain, first, as_of);
            assert!(periods.start(0) <= first);
            assert!(periods.start(periods.len() - 1) < as_of);
            assert!(periods.end(periods.len() - 1) >= as_of);
            for d in first.0..as_of.0 {
                let p = periods.of(Day(d));
                assert!(periods.start(p).0 <= d && d < periods.end(p).0);
            }
            assert_eq!(periods.of(day("2031-01-01")), periods.len());
        }
    }

    #[test]
    fn months_end_on_days_that_are_there() {
        let cases = [
            ("2024-01-31", 0, "2024-01-31"),
            ("2024-01-31", 1, "2024-02-29"),
            ("2024-01-31", 2, "2024-03-31"),
            ("2023-11-30", 3, "2024-02-29"),
            ("2024-02-29", 12, "2025-02-28"),
            ("9999-12-01", 1, "9999-12-31"),
            ("2024-01-31", u32::MAX, "9999-12-31"),
        ];
        for (start, months, expected) in cases {
            assert_eq!(day(start).plus_months(months), day(expected), "{start} + {months}");
        }
    }

    #[test]
    fn no_known_day_gives_no_period() {
        let d = day("2024-01-15");
        assert!(Periods::new(&Calendar::default(), Grain::Month, d, d).is_empty());
    }

    #[test]
    fn the_limits_are_dates() {
        assert_eq!(Day::MIN.to_string(), "0001-01-01");
        assert_eq!(Day::MAX.to_string(), "9999-12-31");
    }
}
