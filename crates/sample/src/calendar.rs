//! The months of a sample. Times are seconds of local wall-clock time since 1970-01-01.

use chrono::{Datelike, Months, NaiveDate, NaiveTime};

use crate::SampleError;

pub(crate) const DAY_SECONDS: i64 = 86_400;

/// How much is going on in each month of the year, January first; 1 is an ordinary month.
const SEASON: [f64; 12] = [0.82, 0.78, 0.90, 0.95, 1.00, 0.96, 0.88, 0.84, 1.00, 1.08, 1.45, 1.50];
/// The largest value of [`Month::season`].
pub(crate) const SEASON_PEAK: f64 = 1.50;

/// The part of a calendar month that lies in the sample.
#[derive(Debug, PartialEq)]
pub(crate) struct Month {
    /// Year and month, as in `2024-02`.
    pub name: String,
    pub start: i64,
    pub days: u16,
    pub season: f64,
}

/// All months of a sample, without holes.
#[derive(Debug)]
pub(crate) struct Calendar {
    months: Vec<Month>,
}

impl Calendar {
    pub fn new(end: NaiveDate, months: u32) -> Result<Self, SampleError> {
        let wrong = || SampleError::Period { end, months };
        let start = end.checked_sub_months(Months::new(months)).ok_or_else(wrong)?;
        if months == 0 || seconds(start) < 0 || end > latest_end() {
            return Err(wrong());
        }
        let mut parts = Vec::new();
        let mut day = start;
        while day < end {
            let next = day.with_day(1).and_then(|first| first.checked_add_months(Months::new(1)));
            let next = next.ok_or_else(wrong)?.min(end);
            let days = (next - day).num_days();
            parts.push(Month {
                name: day.format("%Y-%m").to_string(),
                start: seconds(day),
                days: u16::try_from(days).map_err(|_| wrong())?,
                season: SEASON[day.month0() as usize],
            });
            day = next;
        }
        Ok(Self { months: parts })
    }

    pub fn months(&self) -> &[Month] {
        &self.months
    }

    /// The exclusive end of the first `months` months, of which there must be one at least.
    pub fn end_of(&self, months: usize) -> i64 {
        let last = &self.months[months - 1];
        last.start + i64::from(last.days) * DAY_SECONDS
    }

    pub fn first_day(&self) -> NaiveDate {
        day(self.months[0].start)
    }

    /// The day after the last day.
    pub fn end(&self) -> NaiveDate {
        day(self.end_of(self.months.len()))
    }

    /// The month in which a moment of the sample lies.
    pub fn month_of(&self, at: i64) -> usize {
        self.months.partition_point(|month| month.start <= at) - 1
    }
}

/// Dirty rows carry dates in 2099, which only are in the future of a sample that ends before.
fn latest_end() -> NaiveDate {
    NaiveDate::from_ymd_opt(2099, 1, 1).expect("the first of January is a date")
}

fn seconds(day: NaiveDate) -> i64 {
    day.and_time(NaiveTime::MIN).and_utc().timestamp()
}

/// The day on which a moment lies.
pub(crate) fn day(at: i64) -> NaiveDate {
    let days = i32::try_from(at.div_euclid(DAY_SECONDS)).ok();
    days.and_then(NaiveDate::from_epoch_days).expect("a sample ends before 2100")
}
