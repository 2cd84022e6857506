//! Days and instants.

use kohort_expr::{DAY_MICROS, Type, Zone};
use kohort_model::{Day, NEVER, UNDATED};
use polars::prelude::{DataType, Series, TimeUnit};

use super::{Flaws, Reason, values};

/// What a column of times holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// Days.
    Date,
    /// Timestamps of the wall clock.
    Naive,
    /// Timestamps with a zone.
    Zoned,
}

impl Clock {
    /// `None` for a type that is no time.
    pub fn of(dtype: &DataType) -> Option<Self> {
        match dtype {
            DataType::Date => Some(Self::Date),
            DataType::Datetime(_, None) => Some(Self::Naive),
            DataType::Datetime(_, Some(_)) => Some(Self::Zoned),
            _ => None,
        }
    }
}

impl Clock {
    /// The type of its times in expressions.
    pub fn ty(self) -> Type {
        match self {
            Self::Date => Type::Date,
            Self::Naive => Type::Timestamp,
            Self::Zoned => Type::Instant,
        }
    }
}

/// The moment of the run, after which nothing can have happened yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    /// Microseconds since 1970-01-01 UTC.
    pub utc: i64,
    /// The same of the local wall clock.
    pub wall: i64,
}

impl Now {
    pub fn new(utc: i64, zone: &Zone) -> Self {
        Self { utc, wall: zone.wall(utc) }
    }

    fn latest(self, clock: Clock) -> i64 {
        match clock {
            Clock::Date => self.wall.div_euclid(DAY_MICROS),
            Clock::Naive => self.wall,
            Clock::Zoned => self.utc,
        }
    }
}

/// When rows can be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    /// First day.
    pub earliest: Day,
    /// The last moment; `None` where there is none.
    pub until: Option<Now>,
}

/// Buffers for the times of one batch, used again and again.
#[derive(Debug, Default)]
pub(crate) struct TimeBuffer {
    days: Vec<i32>,
    instants: Vec<i64>,
}

impl TimeBuffer {
    /// Local days, and microseconds where the column has them: UTC with a zone, wall without.
    /// Rows without a readable time get a flaw, and so do those outside of `known`; but where rows
    /// `may_be_undated`, those whose time is NULL are of no day.
    pub fn read<'a>(
        &'a mut self,
        (column, place): (&'a Series, usize),
        zone: &Zone,
        (known, may_be_undated): (Known, bool),
        flaws: &mut Flaws,
    ) -> (&'a [i32], &'a [i64]) {
        let nulls = (may_be_undated && column.null_count() > 0).then(|| column.is_null());
        let is_undated = |row: usize| nulls.as_ref().is_some_and(|n| n.get(row) == Some(true));
        let clock = Clock::of(column.dtype()).expect("checked when the input was opened");
        let (days, instants) = if nulls.is_some() {
            let (days, instants) = self.days(column, clock, zone);
            let own = |(row, day): (usize, &i32)| if is_undated(row) { UNDATED } else { *day };
            let days = days.iter().enumerate().map(own).collect();
            (self.days, self.instants) = (days, instants.to_vec());
            (&*self.days, &*self.instants)
        } else {
            flaws.mark_nulls(column, Reason::NullTime.at(place));
            self.days(column, clock, zone)
        };
        let latest = known.until.map_or(i64::MAX, |now| now.latest(clock));
        let earliest = known.earliest.max(Day::MIN).0;
        let first = days.iter().fold(i32::MAX, |low, day| low.min(*day));
        let last = days.iter().fold(i32::MIN, |high, day| high.max(*day));
        let end = match clock {
            Clock::Date => i64::from(last),
            _ => instants.iter().fold(i64::MIN, |high, at| high.max(*at)),
        };
        if first < earliest || last > Day::MAX.0 || end > latest {
            for (row, day) in days.iter().enumerate().filter(|(row, _)| !is_undated(*row)) {
                let at = instants.get(row).copied().unwrap_or(i64::from(*day));
                if !is_readable(*day) {
                    flaws.mark(days.len(), row, Reason::UnreadableTime.at(place));
                } else if at > latest {
                    flaws.mark_future(days.len(), row, (*day, place));
                } else if *day < earliest {
                    flaws.mark(days.len(), row, Reason::BeforeEarliest.at(place));
                }
            }
        }
        (days, instants)
    }

    /// Local days of times that may be missing, which they then are for ever; so are those of the year
    /// 9999, as which databases write that something has not ended, whichever clock they mean. A row whose
    /// time is there but can't be read gets the flaw.
    pub fn optional_days(
        &mut self,
        (column, place): (&Series, usize),
        zone: &Zone,
        flaws: &mut Flaws,
        into: &mut Vec<i32>,
    ) {
        let clock = Clock::of(column.dtype()).expect("checked when the input was opened");
        let (days, instants) = self.days(column, clock, zone);
        into.clear();
        into.extend_from_slice(days);
        let nulls = (column.null_count() > 0).then(|| column.is_null());
        for (row, day) in into.iter_mut().enumerate() {
            let is_null = nulls.as_ref().is_some_and(|nulls| nulls.get(row) == Some(true));
            let utc = instants.get(row).filter(|_| clock == Clock::Zoned);
            if is_null || is_of_last_year(*day, utc) {
                *day = NEVER;
            } else if !is_readable(*day) {
                flaws.mark(column.len(), row, Reason::UnreadableTime.at(place));
            }
        }
    }

    /// Days and instants of a column; where it is null, any.
    fn days<'a>(
        &'a mut self,
        column: &'a Series,
        clock: Clock,
        zone: &Zone,
    ) -> (&'a [i32], &'a [i64]) {
        self.instants.clear();
        self.days.clear();
        if clock == Clock::Date {
            let column = column.date().expect("the type was just seen").physical();
            return (values!(column), &self.instants);
        }
        micros(column, &mut self.instants);
        let day = |wall: i64| {
            i32::try_from(wall.div_euclid(DAY_MICROS)).expect("64 bits hold 213 million days")
        };
        if clock == Clock::Zoned {
            self.days.extend(self.instants.iter().map(|utc| day(zone.wall(*utc))));
        } else {
            self.days.extend(self.instants.iter().map(|wall| day(*wall)));
        }
        (&self.days, &self.instants)
    }
}

/// The first day of the last year that there is, 9999.
const LAST_YEAR: i32 = Day::MAX.0 - 364;

/// Clocks of two zones are at most 26 hours apart.
const CLOCKS_APART: i32 = 2;

/// Whether a local day is one of the last year, or its instant, where there is one, is on some clock.
fn is_of_last_year(day: i32, utc: Option<&i64>) -> bool {
    match utc {
        Some(utc) => {
            let from = i64::from(LAST_YEAR) * DAY_MICROS;
            (day >= LAST_YEAR || *utc >= from) && day <= Day::MAX.0 + CLOCKS_APART
        }
        None => (LAST_YEAR..=Day::MAX.0).contains(&day),
    }
}

fn is_readable(day: i32) -> bool {
    (Day::MIN.0..=Day::MAX.0).contains(&day)
}

/// Microseconds of a date or timestamp, nanoseconds cut off, saturating; where null, any value.
pub(crate) fn micros(column: &Series, into: &mut Vec<i64>) {
    into.clear();
    if let Ok(dates) = column.date() {
        let days = dates.physical();
        into.extend(values!(days).iter().map(|day| i64::from(*day) * DAY_MICROS));
        return;
    }
    let times = column.datetime().expect("checked when the input was opened");
    let stamps = values!(times.physical());
    match times.time_unit() {
        TimeUnit::Milliseconds => into.extend(stamps.iter().map(|ms| ms.saturating_mul(1000))),
        TimeUnit::Microseconds => into.extend_from_slice(stamps),
        TimeUnit::Nanoseconds => into.extend(stamps.iter().map(|ns| ns.div_euclid(1000))),
    }
}

/// Microseconds of an update; NULL is before every other.
pub(crate) fn updates(column: &Series, into: &mut Vec<i64>) {
    micros(column, into);
    if column.null_count() > 0 {
        for (at, null) in into.iter_mut().zip(column.is_null().iter().flatten()) {
            if null {
                *at = i64::MIN;
            }
        }
    }
}
