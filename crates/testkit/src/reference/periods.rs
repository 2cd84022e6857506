//! Periods found by walking from day to day.

use chrono::Datelike;
use kohort_model::{Calendar, Day, Grain};

/// A period, `[start, end)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Period {
    pub start: Day,
    pub end: Day,
}

impl Period {
    pub fn holds(self, day: Day) -> bool {
        self.start <= day && day < self.end
    }

    /// The days of the period that are before `as_of`.
    pub fn known_days(self, as_of: Day) -> impl Iterator<Item = Day> {
        (self.start.0..self.end.min(as_of).0).map(Day)
    }

    /// The last of them, at whose end the period closes.
    pub fn last_known(self, as_of: Day) -> Day {
        self.end.min(as_of).plus(-1)
    }
}

/// Whether a period of `grain` starts on `day`.
fn opens(calendar: Calendar, grain: Grain, day: Day) -> bool {
    let date = day.date();
    let first_of = |months: u32| {
        date.day() == 1 && (12 + date.month() - calendar.fiscal_year_start).is_multiple_of(months)
    };
    match grain {
        Grain::Day => true,
        Grain::Week => date.weekday().num_days_from_monday() == calendar.week_start as u32,
        Grain::Month => first_of(1),
        Grain::Quarter => first_of(3),
        Grain::Year => first_of(12),
    }
}

/// The period that holds `day`.
pub(super) fn period_of(calendar: Calendar, grain: Grain, day: Day) -> Period {
    let mut start = day;
    while !opens(calendar, grain, start) {
        start = start.plus(-1);
    }
    let mut end = day.plus(1);
    while !opens(calendar, grain, end) {
        end = end.plus(1);
    }
    Period { start, end }
}

/// First day of the `n`-th period before the one that starts at `start`.
pub(super) fn starts_before(calendar: Calendar, grain: Grain, start: Day, n: u32) -> Day {
    (0..n).fold(start, |start, _| period_of(calendar, grain, start.plus(-1)).start)
}

/// The periods from that of `first` to the last that starts before `as_of`.
pub(super) fn periods(calendar: Calendar, grain: Grain, first: Day, as_of: Day) -> Vec<Period> {
    let mut periods = Vec::new();
    let mut next = period_of(calendar, grain, first);
    while next.start < as_of {
        periods.push(next);
        next = period_of(calendar, grain, next.end);
    }
    periods
}

#[cfg(test)]
mod tests {
    use kohort_model::Weekday;

    use super::*;

    #[test]
    fn periods_by_hand() {
        let fiscal = Calendar { week_start: Weekday::Sunday, fiscal_year_start: 11 };
        let cases = [
            (Grain::Day, "2024-02-29", "2024-02-29", "2024-03-01"),
            (Grain::Week, "2024-02-24", "2024-02-18", "2024-02-25"),
            (Grain::Week, "2024-02-25", "2024-02-25", "2024-03-03"),
            (Grain::Month, "2024-02-29", "2024-02-01", "2024-03-01"),
            (Grain::Quarter, "2024-01-31", "2023-11-01", "2024-02-01"),
            (Grain::Quarter, "2024-02-01", "2024-02-01", "2024-05-01"),
            (Grain::Year, "2024-10-31", "2023-11-01", "2024-11-01"),
        ];
        for (grain, of, start, end) in cases {
            let day = |text: &str| Day::from(text.parse::<chrono::NaiveDate>().unwrap());
            let expected = Period { start: day(start), end: day(end) };
            assert_eq!(period_of(fiscal, grain, day(of)), expected, "{grain:?} of {of}");
        }
    }
}
