//! Fields of days and of wall clocks, in the proleptic Gregorian calendar.
//!
//! Days count from 1970-01-01, wall clocks are microseconds since 1970-01-01 00:00:00 of whatever
//! clock they are read from. Years go from 1 to 9999; what would lie outside of them is `None`.

use std::fmt;

use crate::zone::{DAY_MICROS, Zone};

/// Microseconds of a second.
pub const SECOND_MICROS: i64 = 1_000_000;
/// Microseconds of a minute.
pub const MINUTE_MICROS: i64 = 60 * SECOND_MICROS;
/// Microseconds of an hour.
pub const HOUR_MICROS: i64 = 60 * MINUTE_MICROS;
/// 0001-01-01.
pub const FIRST_DAY: i32 = -719_162;
/// 9999-12-31.
pub const LAST_DAY: i32 = 2_932_896;
/// 0001-01-01 00:00:00.
pub const FIRST_MICROS: i64 = -719_162 * DAY_MICROS;
/// 9999-12-31 23:59:59.999999.
pub const LAST_MICROS: i64 = 2_932_897 * DAY_MICROS - 1;

/// A field of a time, or the unit that it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The year.
    Year,
    /// 1 to 4.
    Quarter,
    /// 1 to 12.
    Month,
    /// The ISO week, 1 to 53.
    Week,
    /// Day of the month.
    Day,
    /// 0 for Sunday to 6 for Saturday.
    DayOfWeek,
    /// 1 for Monday to 7 for Sunday.
    IsoDayOfWeek,
    /// 1 to 366.
    DayOfYear,
    /// 0 to 23.
    Hour,
    /// 0 to 59.
    Minute,
    /// 0 to 59, without the fraction.
    Second,
    /// Of the minute: seconds and their thousandths.
    Millisecond,
    /// Of the minute: seconds and their millionths.
    Microsecond,
    /// Microseconds since 1970-01-01 00:00:00; SQL's value is a millionth of it.
    Epoch,
    /// The year by ten.
    Decade,
    /// 21 for 2001 to 2100.
    Century,
    /// 3 for 2001 to 3000.
    Millennium,
    /// The year that the ISO week belongs to.
    IsoYear,
}

/// The parts, each with the names that SQL has for it; the first is the one that is shown.
const NAMES: [(Part, &[&str]); 18] = [
    (Part::Year, &["year", "years", "y", "yr", "yrs"]),
    (Part::Quarter, &["quarter", "quarters", "qtr"]),
    (Part::Month, &["month", "months", "mon", "mons"]),
    (Part::Week, &["week", "weeks", "w", "weekofyear"]),
    (Part::Day, &["day", "days", "d", "dayofmonth"]),
    (Part::DayOfWeek, &["dow", "dayofweek", "weekday"]),
    (Part::IsoDayOfWeek, &["isodow"]),
    (Part::DayOfYear, &["doy", "dayofyear"]),
    (Part::Hour, &["hour", "hours", "h", "hr", "hrs"]),
    // In both PostgreSQL and DuckDB m is no month.
    (Part::Minute, &["minute", "minutes", "m", "min", "mins"]),
    (Part::Second, &["second", "seconds", "s", "sec", "secs"]),
    (
        Part::Millisecond,
        &["millisecond", "milliseconds", "ms", "msec", "msecs", "msecond", "mseconds"],
    ),
    (
        Part::Microsecond,
        &["microsecond", "microseconds", "us", "usec", "usecs", "usecond", "useconds"],
    ),
    (Part::Epoch, &["epoch"]),
    (Part::Decade, &["decade", "decades", "dec", "decs"]),
    (Part::Century, &["century", "centuries", "c", "cent"]),
    (Part::Millennium, &["millennium", "millennia", "mil", "mils", "millenium"]),
    (Part::IsoYear, &["isoyear"]),
];

impl Part {
    /// The parts' own names, as they are listed in messages.
    pub const NAMES: [&'static str; 18] = {
        let mut names = [""; 18];
        let mut at = 0;
        while at < names.len() {
            names[at] = NAMES[at].1[0];
            at += 1;
        }
        names
    };

    /// The part that a name stands for, in whatever case: the names of `PostgreSQL` and of DuckDB.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(_, names)| names.iter().any(|known| known.eq_ignore_ascii_case(name)))
            .map(|(part, _)| *part)
    }

    /// Whether times can be cut down to it; not to days of weeks and years, nor to the epoch.
    #[must_use]
    pub fn truncates(self) -> bool {
        !matches!(self, Self::DayOfWeek | Self::IsoDayOfWeek | Self::DayOfYear | Self::Epoch)
    }

    /// Length in microseconds, of parts that are shorter than a day.
    #[must_use]
    pub fn micros(self) -> Option<i64> {
        match self {
            Self::Hour => Some(HOUR_MICROS),
            Self::Minute => Some(MINUTE_MICROS),
            Self::Second | Self::Epoch => Some(SECOND_MICROS),
            Self::Millisecond => Some(1_000),
            Self::Microsecond => Some(1),
            _ => None,
        }
    }

    /// Length in months, of parts that have one.
    #[must_use]
    pub fn months(self) -> Option<i64> {
        match self {
            Self::Month => Some(1),
            Self::Quarter => Some(3),
            Self::Year | Self::IsoYear => Some(12),
            Self::Decade => Some(120),
            Self::Century => Some(1_200),
            Self::Millennium => Some(12_000),
            _ => None,
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(part, _)| part == self).map_or("", |(_, names)| names[0]);
        f.pad(name)
    }
}

/// Year, month and day of the month of any day.
#[must_use]
#[inline]
pub fn civil(day: i64) -> (i64, i64, i64) {
    // Years that begin in March end with the leap day; 400 of them have 146,097 days.
    let shifted = day + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let month = if march < 10 { march + 3 } else { march - 9 };
    (year + era * 400 + i64::from(month <= 2), month, of_year - (153 * march + 2) / 5 + 1)
}

/// The inverse of [`civil`], for months 1 to 12; days beyond the month's run on into the next.
#[must_use]
#[inline]
pub fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let march = if month > 2 { month - 3 } else { month + 9 };
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * march + 2) / 5 + day - 719_469
}

/// Days of a month, 28 to 31.
#[must_use]
pub fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The day of a date, `None` where there is no such date in the years 1 to 9999.
#[must_use]
#[inline]
pub fn make_date(year: i64, month: i64, day: i64) -> Option<i32> {
    let valid = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && day >= 1
        && (day <= 28 || day <= days_of_month(year, month));
    if valid { i32::try_from(day_number(year, month, day)).ok() } else { None }
}

/// Wall clock of a day and a time of the day. `second_micros` are the microseconds of the minute,
/// up to and including 60 seconds, and 24:00:00 is the next midnight, as in `PostgreSQL`.
#[must_use]
pub fn make_timestamp(day: i32, hour: i64, minute: i64, second_micros: i64) -> Option<i64> {
    let valid = (0..=24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=MINUTE_MICROS).contains(&second_micros)
        && (hour < 24 || (minute == 0 && second_micros == 0));
    let time = hour.checked_mul(HOUR_MICROS)?.checked_add(minute.checked_mul(MINUTE_MICROS)?)?;
    let micros = midnight(day).checked_add(time)?.checked_add(second_micros)?;
    if valid { in_years(micros) } else { None }
}

/// Wall clock of a day's first moment; saturates beyond the year 290,000.
#[must_use]
#[inline]
pub fn midnight(day: i32) -> i64 {
    i64::from(day).saturating_mul(DAY_MICROS)
}

/// The day that a wall clock shows. Days beyond 32 bits, which no year to 9999 has, are cut to them.
#[must_use]
#[inline]
pub fn day_of(micros: i64) -> i32 {
    let day = micros.div_euclid(DAY_MICROS);
    i32::try_from(day).unwrap_or(if day < 0 { i32::MIN } else { i32::MAX })
}

/// A wall clock in the years 1 to 9999.
#[must_use]
#[inline]
pub fn in_years(micros: i64) -> Option<i64> {
    (FIRST_MICROS..=LAST_MICROS).contains(&micros).then_some(micros)
}

/// An instant at which the wall clock of a zone is in the years 1 to 9999.
#[must_use]
#[inline]
pub fn instant_in_years(utc: i64, zone: &Zone) -> Option<i64> {
    // No zone is a day ahead or behind.
    let certain = (FIRST_MICROS + DAY_MICROS..LAST_MICROS - DAY_MICROS).contains(&utc);
    if certain || in_years(zone.wall(utc)).is_some() { Some(utc) } else { None }
}

/// The day `n` days later.
#[must_use]
#[inline]
pub fn add_days(day: i32, n: i64) -> Option<i32> {
    let sum = i64::from(day).checked_add(n)?;
    i32::try_from(sum).ok().filter(|sum| (FIRST_DAY..=LAST_DAY).contains(sum))
}

/// 0 for Monday to 6 for Sunday.
#[must_use]
#[inline]
pub fn from_monday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

/// The ISO year of a day and its week, 1 to 53.
#[must_use]
pub fn iso_week(day: i64) -> (i64, i64) {
    // A week belongs to the year of its Thursday.
    let thursday = day - from_monday(day) + 3;
    let (year, _, _) = civil(thursday);
    (year, (thursday - day_number(year, 1, 1)) / 7 + 1)
}

/// A part of a wall clock: an integer, and for [`Part::Epoch`] all of the microseconds.
#[must_use]
pub fn extract(part: Part, micros: i64) -> i64 {
    let day = micros.div_euclid(DAY_MICROS);
    let of_day = micros.rem_euclid(DAY_MICROS);
    match part {
        Part::Year => civil(day).0,
        Part::Quarter => (civil(day).1 + 2) / 3,
        Part::Month => civil(day).1,
        Part::Week => iso_week(day).1,
        Part::Day => civil(day).2,
        Part::DayOfWeek => (from_monday(day) + 1) % 7,
        Part::IsoDayOfWeek => from_monday(day) + 1,
        Part::DayOfYear => day - day_number(civil(day).0, 1, 1) + 1,
        Part::Hour => of_day / HOUR_MICROS,
        Part::Minute => of_day / MINUTE_MICROS % 60,
        Part::Second => of_day / SECOND_MICROS % 60,
        Part::Millisecond => of_day % MINUTE_MICROS / 1_000,
        Part::Microsecond => of_day % MINUTE_MICROS,
        Part::Epoch => micros,
        Part::Decade => civil(day).0.div_euclid(10),
        Part::Century => (civil(day).0 + 99).div_euclid(100),
        Part::Millennium => (civil(day).0 + 999).div_euclid(1_000),
        Part::IsoYear => iso_week(day).0,
    }
}

/// The first moment of the part that a wall clock is in. Weeks begin on Monday, centuries with
/// the year 1, as `PostgreSQL` has them. `None` for parts that do not truncate, and before year 1.
#[must_use]
pub fn truncate(part: Part, micros: i64) -> Option<i64> {
    if let Some(length) = part.micros() {
        let cut = micros.checked_sub(micros.rem_euclid(length));
        return if part.truncates() { cut } else { None };
    }
    let day = micros.div_euclid(DAY_MICROS);
    let (year, month, _) = civil(day);
    let january = |year: i64| Some(day_number(year, 1, 1));
    let first = match part {
        Part::Day => Some(day),
        Part::Week => Some(day - from_monday(day)),
        Part::Month => Some(day_number(year, month, 1)),
        Part::Quarter => Some(day_number(year, (month - 1) / 3 * 3 + 1, 1)),
        Part::Year => january(year),
        Part::IsoYear => {
            let fourth = day_number(iso_week(day).0, 1, 4);
            Some(fourth - from_monday(fourth))
        }
        Part::Decade => january(year - year.rem_euclid(10)),
        Part::Century => january(year - (year - 1).rem_euclid(100)),
        Part::Millennium => january(year - (year - 1).rem_euclid(1_000)),
        _ => None,
    }?;
    in_years(first.checked_mul(DAY_MICROS)?)
}

/// [`truncate`] of an instant by the wall clock of a zone. Of an hour that comes twice, each
/// reading keeps its offset, as in `PostgreSQL`.
#[must_use]
pub fn truncate_instant(part: Part, utc: i64, zone: &Zone) -> Option<i64> {
    let wall = zone.wall(utc);
    let cut = truncate(part, wall)?;
    if part.micros().is_some() {
        return utc.checked_sub(wall.checked_sub(cut)?);
    }
    Some(zone.utc(cut))
}

/// How many boundaries of a part lie between two wall clocks: DuckDB's `DATE_DIFF`.
///
/// Weeks are the exception there and here: seven whole days from day to day, whichever weekday.
/// Boundaries of decades, centuries and millennia are the years that ten, a hundred and a thousand
/// divide. Days of weeks and years count days, the epoch counts seconds.
#[must_use]
pub fn difference(part: Part, from: i64, to: i64) -> i64 {
    let (first, last) = (from.div_euclid(DAY_MICROS), to.div_euclid(DAY_MICROS));
    if let Some(length) = part.micros() {
        return to.div_euclid(length).saturating_sub(from.div_euclid(length));
    }
    let count = |of: &dyn Fn(i64) -> i64| of(last) - of(first);
    match part {
        Part::Week => (last - first) / 7,
        Part::Month => count(&months),
        Part::Quarter => count(&|day| months(day).div_euclid(3)),
        Part::Year => count(&|day| civil(day).0),
        Part::IsoYear => count(&|day| iso_week(day).0),
        Part::Decade => count(&|day| civil(day).0.div_euclid(10)),
        Part::Century => count(&|day| civil(day).0.div_euclid(100)),
        Part::Millennium => count(&|day| civil(day).0.div_euclid(1_000)),
        _ => last - first,
    }
}

/// Months since the year 0.
fn months(day: i64) -> i64 {
    let (year, month, _) = civil(day);
    year * 12 + month - 1
}

/// How many whole parts fit between two wall clocks: DuckDB's `DATE_SUB`. Negative where `to` is
/// the earlier one; from the end of a longer month to that of a shorter one is a whole month.
#[must_use]
pub fn age_difference(part: Part, from: i64, to: i64) -> i64 {
    if let Some(months) = part.months() {
        return whole_months(from, to) / months;
    }
    let length = match part {
        Part::Week => 7 * DAY_MICROS,
        part => part.micros().unwrap_or(DAY_MICROS),
    };
    to.saturating_sub(from) / length
}

fn whole_months(from: i64, to: i64) -> i64 {
    if from > to {
        return -whole_months(to, from);
    }
    let (first, last) = (from.div_euclid(DAY_MICROS), to.div_euclid(DAY_MICROS));
    let (year, month, end) = civil(last);
    let mut start = civil(first).2;
    if end == days_of_month(year, month) {
        start = start.min(end);
    }
    let begun = (start, from.rem_euclid(DAY_MICROS)) > (end, to.rem_euclid(DAY_MICROS));
    months(last) - months(first) - i64::from(begun)
}

#[cfg(test)]
mod tests;
