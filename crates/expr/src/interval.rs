//! Spans of time in months, days and microseconds.

use crate::calendar::{
    HOUR_MICROS, MINUTE_MICROS, Part, SECOND_MICROS, civil, day_number, days_of_month, in_years,
    instant_in_years,
};
use crate::zone::{DAY_MICROS, Zone};

/// Decimal places to which numbers of an interval are read.
const PLACES: u32 = 9;
const ONE: i128 = 1_000_000_000;

/// A span of time. Months and days have no fixed length, so they are kept apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    /// Months, years being twelve of them.
    pub months: i32,
    /// Days, weeks being seven of them.
    pub days: i32,
    /// Microseconds.
    pub micros: i64,
}

impl Interval {
    /// Reads what `PostgreSQL` and DuckDB both read, such as `1 year 2 months`, `-1 day`,
    /// `1.5 hours`, `1 day 02:30:00` and `2 weeks ago`.
    ///
    /// # Errors
    ///
    /// Says what cannot be read: a number without a unit, an unknown unit, times of the day that
    /// contradict each other, or more than fits.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut rest = text.trim_ascii();
        let (mut sum, mut seen) = (Wide::default(), Seen::default());
        rest = rest.strip_prefix('@').map_or(rest, str::trim_ascii_start);
        if rest.is_empty() {
            return Err("an interval is a number and a unit, such as '1 month'".to_owned());
        }
        while !rest.is_empty() {
            if rest.eq_ignore_ascii_case("ago") {
                sum = sum.negated();
                break;
            }
            rest = sum
                .take(rest, &mut seen)
                .map_err(|reason| format!("'{text}' is no interval: {reason}"))?;
        }
        sum.narrow().ok_or_else(|| format!("'{text}' is longer than an interval can be"))
    }

    /// The same span backwards; `None` where that does not fit.
    #[must_use]
    pub fn negate(self) -> Option<Self> {
        Some(Self {
            months: self.months.checked_neg()?,
            days: self.days.checked_neg()?,
            micros: self.micros.checked_neg()?,
        })
    }

    /// Whether a day plus this is a day again.
    #[must_use]
    pub fn is_whole_days(self) -> bool {
        self.micros % DAY_MICROS == 0
    }

    /// A wall clock later by this: by the months, where a day that the month does not have becomes
    /// its last, then by the days, then by the microseconds. `None` outside the years 1 to 9999.
    #[must_use]
    pub fn after(self, wall: i64) -> Option<i64> {
        let moved = self.months_and_days_after(wall)?;
        in_years(moved.checked_add(self.micros)?)
    }

    /// An instant later by this: months and days by the wall clock of a zone, microseconds as they
    /// pass.
    #[must_use]
    pub fn after_instant(self, utc: i64, zone: &Zone) -> Option<i64> {
        let months = Self { months: self.months, ..Self::default() };
        let days = Self { days: self.days, ..Self::default() };
        let mut moved = utc;
        // One after the other: months may lead to a time that clocks skip, and days on from it.
        for step in [months, days] {
            if step != Self::default() {
                moved = zone.utc(in_years(step.months_and_days_after(zone.wall(moved))?)?);
            }
        }
        instant_in_years(moved.checked_add(self.micros)?, zone)
    }

    fn months_and_days_after(self, wall: i64) -> Option<i64> {
        let mut day = wall.div_euclid(DAY_MICROS);
        if self.months != 0 {
            let (year, month, of_month) = civil(day);
            let months = year * 12 + month - 1 + i64::from(self.months);
            let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
            day = day_number(year, month, of_month.min(days_of_month(year, month)));
        }
        let day = day.checked_add(i64::from(self.days))?;
        day.checked_mul(DAY_MICROS)?.checked_add(wall.rem_euclid(DAY_MICROS))
    }
}

/// An interval while it is put together: months, days, microseconds.
#[derive(Clone, Copy, Default)]
struct Wide(i128, i128, i128);

/// What a text of an interval has had: a time as `02:30`, and what cannot stand beside one, which
/// is fractions and what is shorter than a day.
#[derive(Clone, Copy, Default)]
struct Seen {
    clock: bool,
    others: bool,
}

impl Seen {
    fn clock(&mut self) -> Result<(), String> {
        let before = std::mem::replace(&mut self.clock, true);
        contradiction(before || self.others)
    }

    fn other(&mut self, number: &str, part: Part) -> Result<(), String> {
        self.others |= number.contains('.') || part.micros().is_some();
        contradiction(self.others && self.clock)
    }
}

fn contradiction(found: bool) -> Result<(), String> {
    let message = "a time as 02:30 stands once, beside whole days, months and years";
    if found { Err(message.to_owned()) } else { Ok(()) }
}

impl Wide {
    fn negated(self) -> Self {
        Self(-self.0, -self.1, -self.2)
    }

    fn narrow(self) -> Option<Interval> {
        Some(Interval {
            months: i32::try_from(self.0).ok()?,
            days: i32::try_from(self.1).ok()?,
            micros: i64::try_from(self.2).ok()?,
        })
    }

    /// Adds what a text begins with, a number and its unit or a time, and returns the rest.
    fn take<'a>(&mut self, text: &'a str, seen: &mut Seen) -> Result<&'a str, String> {
        let (sign, unsigned) = match text.as_bytes().first() {
            Some(b'-') => (-1, text[1..].trim_ascii_start()),
            Some(b'+') => (1, text[1..].trim_ascii_start()),
            _ => (1, text),
        };
        let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':');
        let (number, rest) = unsigned.split_at(end.unwrap_or(unsigned.len()));
        if number.contains(':') {
            seen.clock()?;
            self.2 += sign * clock(number).ok_or_else(|| format!("{number} is no time"))?;
            return Ok(rest.trim_ascii_start());
        }
        let value = decimal(number).ok_or_else(|| {
            let word = text.split_ascii_whitespace().next().unwrap_or(text);
            format!("'{word}' is no number")
        })?;
        let rest = rest.trim_ascii_start();
        let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        let (unit, rest) = rest.split_at(end);
        if unit.is_empty() {
            return Err(format!("{number} has no unit, such as days"));
        }
        let part = Part::parse(unit).ok_or_else(|| format!("'{unit}' is no unit"))?;
        seen.other(number, part)?;
        self.add(sign * value, part)?;
        Ok(rest.trim_ascii_start())
    }

    /// Adds so many billionths of a unit.
    fn add(&mut self, value: i128, part: Part) -> Result<(), String> {
        let days = match part {
            Part::Week => 7,
            Part::Day => 1,
            Part::Month => {
                self.0 += value / ONE;
                // A part of a month is one of 30 days.
                return self.add(value % ONE * 30, Part::Day);
            }
            Part::Quarter | Part::Year | Part::Decade | Part::Century | Part::Millennium => {
                let months = value * i128::from(part.months().unwrap_or_default());
                if part == Part::Quarter {
                    return self.add(months, Part::Month);
                }
                self.0 += rounded(months);
                return Ok(());
            }
            Part::Hour | Part::Minute | Part::Second | Part::Millisecond | Part::Microsecond => {
                self.2 += to_micros(value, part.micros().unwrap_or_default());
                return Ok(());
            }
            _ => return Err(format!("{part} is no length of time")),
        };
        self.1 += value * days / ONE;
        self.2 += to_micros(value * days % ONE, DAY_MICROS);
        Ok(())
    }
}

/// Billionths of a unit as microseconds.
fn to_micros(value: i128, unit: i64) -> i128 {
    rounded(value * i128::from(unit))
}

/// Billionths as a whole number, rounded half away from zero.
fn rounded(value: i128) -> i128 {
    (value + value.signum() * ONE / 2) / ONE
}

/// Billionths of a number such as `12`, `1.5` and `.5`.
fn decimal(text: &str) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || whole.len() + fraction.len() == 0 {
        return None;
    }
    // More than an interval can hold, and far from what overflows here.
    if whole.len() > 19 || fraction.len() > PLACES as usize {
        return None;
    }
    let parse = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<i128>().ok() };
    let missing = PLACES - u32::try_from(fraction.len()).ok()?;
    Some(parse(whole)? * ONE + parse(fraction)? * 10_i128.pow(missing))
}

/// Microseconds of `hh:mm`, `hh:mm:ss` and `hh:mm:ss.ffffff`; hours can be any number.
fn clock(text: &str) -> Option<i128> {
    let mut fields = text.split(':');
    let (hours, minutes) = (decimal(fields.next()?)?, decimal(fields.next()?)?);
    let seconds = fields.next().map_or(Some(0), decimal)?;
    let whole = hours % ONE == 0 && minutes % ONE == 0 && fields.next().is_none();
    if !whole || minutes >= 60 * ONE || seconds >= 60 * ONE {
        return None;
    }
    Some(
        to_micros(hours, HOUR_MICROS)
            + to_micros(minutes, MINUTE_MICROS)
            + to_micros(seconds, SECOND_MICROS),
    )
}

#[cfg(test)]
mod tests;
