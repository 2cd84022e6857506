//! Texts to days, wall clocks and instants, and back.
//!
//! What is read is ISO 8601 as far as `PostgreSQL` and DuckDB both read it: `2024-01-31`,
//! `2024-1-5`, `2024/1/5`; `2024-01-31 23:30`, `2024-01-31T23:30:00.25`; behind these an offset or a
//! zone. Blanks around do not matter. Digits behind the sixth of a fraction are cut, as DuckDB does.
//! A year has four digits or more, so that `24-01-05` is not taken for the year 24.

use std::str::FromStr;

use chrono_tz::{TZ_VARIANTS, Tz};

use crate::calendar::{
    HOUR_MICROS, MINUTE_MICROS, SECOND_MICROS, civil, in_years, instant_in_years, make_date,
    midnight,
};
use crate::zone::{DAY_MICROS, Zone, utc_in};

/// Why a text is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It does not have the shape.
    #[error("it is not written as a date or time")]
    Malformed,
    /// It has the shape, but there is no such date, time or offset in the years 1 to 9999.
    #[error("there is no such date or time in the years 1 to 9999")]
    Range,
    /// It has an offset, without which it would be another time.
    #[error("it has an offset from UTC; use TIMESTAMPTZ")]
    Offset,
}

/// The day in a text; of one with a time of the day, which must not have an offset, its day.
///
/// # Errors
///
/// See [`Unreadable`].
#[inline]
pub fn parse_date(text: &str) -> Result<i32, Unreadable> {
    let scanned = Scanned::read(text)?;
    scanned.without_zone()?;
    Ok(scanned.day)
}

/// The wall clock in a text, in microseconds; a date alone is its midnight, and 24:00:00 is that
/// of the next day.
///
/// # Errors
///
/// See [`Unreadable`].
#[inline]
pub fn parse_timestamp(text: &str) -> Result<i64, Unreadable> {
    let scanned = Scanned::read(text)?;
    scanned.without_zone()?;
    in_years(scanned.wall()).ok_or(Unreadable::Range)
}

/// The instant in a text, in microseconds UTC. Behind date and time there can be `Z`, `UTC`, `GMT`,
/// an offset such as `+02`, `+0230`, `+02:30` or `+02:30:15` of less than 16 hours, or the name of a
/// zone such as `Europe/Berlin`; without one the text is read by the wall clock of `zone`.
///
/// Short names other than `UTC` and `GMT` are refused, as `CET` means different things to
/// `PostgreSQL` and to DuckDB.
///
/// # Errors
///
/// See [`Unreadable`]; never [`Unreadable::Offset`].
#[inline]
pub fn parse_instant(text: &str, zone: &Zone) -> Result<i64, Unreadable> {
    let scanned = Scanned::read(text)?;
    let utc = if scanned.zone.is_empty() {
        zone.utc(scanned.wall())
    } else {
        Shift::read(scanned.zone)?.utc(scanned.wall())
    };
    instant_in_years(utc, zone).ok_or(Unreadable::Range)
}

/// What a text says of time.
struct Scanned<'a> {
    day: i32,
    /// Microseconds of the day, to 24:00:00.
    time: i64,
    /// What follows, without blanks around it.
    zone: &'a str,
}

impl<'a> Scanned<'a> {
    #[inline]
    fn read(text: &'a str) -> Result<Self, Unreadable> {
        let text = text.trim_ascii();
        let mut rest = Digits(text.as_bytes());
        let day = rest.date()?;
        let mut time = 0;
        if !rest.0.is_empty() && rest.begins_time() {
            time = rest.time()?;
        } else if rest.0.first() == Some(&b'-') {
            // Not an offset: there is one more field than a date has.
            return Err(Unreadable::Malformed);
        }
        // What was read is ASCII, so the rest begins with a character.
        let zone = text.get(text.len() - rest.0.len()..).unwrap_or_default().trim_ascii_start();
        Ok(Self { day, time, zone })
    }

    fn wall(&self) -> i64 {
        midnight(self.day) + self.time
    }

    #[inline]
    fn without_zone(&self) -> Result<(), Unreadable> {
        if self.zone.is_empty() {
            return Ok(());
        }
        Err(Shift::read(self.zone).err().unwrap_or(Unreadable::Offset))
    }
}

/// The bytes that are still to be read.
struct Digits<'a>(&'a [u8]);

impl Digits<'_> {
    #[inline]
    fn date(&mut self) -> Result<i32, Unreadable> {
        let (year, month, day) = match self.0.split_first_chunk() {
            Some((text, rest)) if is_exact_date(text) && !starts_with_digit(rest) => {
                self.0 = rest;
                let [century, year, month, day] =
                    [0, 2, 5, 8].map(|at| pair(text[at], text[at + 1]));
                (century * 100 + year, month, day)
            }
            _ => self.free_date()?,
        };
        make_date(year, month, day).ok_or(Unreadable::Range)
    }

    #[cold]
    fn free_date(&mut self) -> Result<(i64, i64, i64), Unreadable> {
        // Fewer digits may be a day or a year of this century.
        let year = self.number(4, 9)?;
        let separator = if self.skip(b'-') { b'-' } else { b'/' };
        if separator == b'/' && !self.skip(b'/') {
            return Err(Unreadable::Malformed);
        }
        let month = self.number(1, 2)?;
        if !self.skip(separator) {
            return Err(Unreadable::Malformed);
        }
        Ok((year, month, self.number(1, 2)?))
    }

    /// Skips what stands between a date and a time, if one follows.
    #[inline]
    fn begins_time(&mut self) -> bool {
        let rest = match self.0 {
            [b'T' | b't', rest @ ..] => rest,
            blanks => blanks.trim_ascii_start(),
        };
        let begins = rest.len() < self.0.len() && starts_with_digit(rest);
        if begins {
            self.0 = rest;
        }
        begins
    }

    #[inline]
    fn time(&mut self) -> Result<i64, Unreadable> {
        let hour = self.number(1, 2)?;
        if !self.skip(b':') {
            return Err(Unreadable::Malformed);
        }
        let minute = self.number(1, 2)?;
        let (mut second, mut micros) = (0, 0);
        if self.skip(b':') {
            second = self.number(1, 2)?;
            if self.skip(b'.') {
                micros = self.fraction();
            }
        }
        let time = hour * HOUR_MICROS + minute * MINUTE_MICROS + second * SECOND_MICROS + micros;
        let valid = minute < 60 && second < 60 && time <= DAY_MICROS;
        if valid { Ok(time) } else { Err(Unreadable::Range) }
    }

    /// Millionths, of any number of digits.
    #[inline]
    fn fraction(&mut self) -> i64 {
        let (mut micros, mut unit) = (0, 100_000);
        while let [digit @ b'0'..=b'9', rest @ ..] = self.0 {
            micros += i64::from(digit - b'0') * unit;
            unit /= 10;
            self.0 = rest;
        }
        micros
    }

    /// A number of so many digits, behind which there is no further one.
    #[inline]
    fn number(&mut self, least: usize, most: usize) -> Result<i64, Unreadable> {
        let (mut value, mut count) = (0_i64, 0);
        while let [digit @ b'0'..=b'9', rest @ ..] = self.0 {
            if count == most {
                return Err(Unreadable::Malformed);
            }
            value = value * 10 + i64::from(digit - b'0');
            count += 1;
            self.0 = rest;
        }
        if count < least { Err(Unreadable::Malformed) } else { Ok(value) }
    }

    #[inline]
    fn skip(&mut self, byte: u8) -> bool {
        if let [first, rest @ ..] = self.0
            && *first == byte
        {
            self.0 = rest;
            return true;
        }
        false
    }
}

/// Whether bytes are those of `2024-01-31`.
#[inline]
fn is_exact_date(text: &[u8; 10]) -> bool {
    let digits = [0, 1, 2, 3, 5, 6, 8, 9].iter().all(|at| text[*at].is_ascii_digit());
    digits && text[4] == b'-' && text[7] == b'-'
}

#[inline]
fn starts_with_digit(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_digit)
}

#[inline]
fn pair(tens: u8, ones: u8) -> i64 {
    i64::from(tens - b'0') * 10 + i64::from(ones - b'0')
}

/// How far a wall clock is from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shift {
    /// Seconds ahead of UTC.
    Seconds(i64),
    /// By the rules of a zone.
    Zone(Tz),
}

impl Shift {
    /// Reads an offset or the name of a zone.
    pub(crate) fn read(text: &str) -> Result<Self, Unreadable> {
        match text.as_bytes() {
            [b'+', rest @ ..] => offset(rest).map(Self::Seconds),
            [b'-', rest @ ..] => offset(rest).map(|seconds| Self::Seconds(-seconds)),
            _ => Self::named(text).ok_or(Unreadable::Malformed),
        }
    }

    fn named(text: &str) -> Option<Self> {
        if ["Z", "UTC", "GMT"].iter().any(|name| name.eq_ignore_ascii_case(text)) {
            return Some(Self::Seconds(0));
        }
        if !text.contains('/') {
            return None;
        }
        let any_case =
            || TZ_VARIANTS.iter().find(|tz| tz.name().eq_ignore_ascii_case(text)).copied();
        Tz::from_str(text).ok().or_else(any_case).map(Self::Zone)
    }

    /// The instant at which the wall clock shows `wall`.
    pub(crate) fn utc(self, wall: i64) -> i64 {
        match self {
            Self::Seconds(seconds) => wall.saturating_sub(seconds * SECOND_MICROS),
            Self::Zone(tz) => utc_in(tz, wall),
        }
    }
}

/// Seconds of `hh`, `hhmm`, `hh:mm` and `hh:mm:ss`.
fn offset(text: &[u8]) -> Result<i64, Unreadable> {
    let mut rest = Digits(text);
    let (hours, minutes, seconds) = if let [a, b, c, d] = text
        && text.iter().all(u8::is_ascii_digit)
    {
        rest.0 = &[];
        (pair(*a, *b), pair(*c, *d), 0)
    } else {
        let hours = rest.number(2, 2)?;
        let minutes = if rest.skip(b':') { rest.number(2, 2)? } else { 0 };
        let seconds = if text.len() > 5 && rest.skip(b':') { rest.number(2, 2)? } else { 0 };
        (hours, minutes, seconds)
    };
    if !rest.0.is_empty() {
        return Err(Unreadable::Malformed);
    }
    let valid = hours < 16 && minutes < 60 && seconds < 60;
    if valid { Ok(hours * 3_600 + minutes * 60 + seconds) } else { Err(Unreadable::Range) }
}

/// Appends a day as `2024-01-31`.
pub fn date_text(day: i32, out: &mut String) {
    let (year, month, of_month) = civil(i64::from(day));
    push_number(year, 4, out);
    out.push('-');
    push_number(month, 2, out);
    out.push('-');
    push_number(of_month, 2, out);
}

/// Appends a wall clock as `2024-01-31 23:30:00`, with a fraction if it has one, without zeros at
/// its end.
pub fn timestamp_text(micros: i64, out: &mut String) {
    date_text(crate::calendar::day_of(micros), out);
    out.push(' ');
    let time = micros.rem_euclid(DAY_MICROS);
    clock_text(time / SECOND_MICROS, out);
    let fraction = time % SECOND_MICROS;
    if fraction != 0 {
        out.push('.');
        push_number(fraction, 6, out);
        while out.ends_with('0') {
            out.pop();
        }
    }
}

/// Appends an instant as the wall clock of a zone and its offset: `2024-01-31 23:30:00+01`.
pub fn instant_text(utc: i64, zone: &Zone, out: &mut String) {
    timestamp_text(zone.wall(utc), out);
    offset_text(zone.offset(utc), out);
}

/// Appends seconds of a day as `23:30:00`.
pub(crate) fn clock_text(seconds: i64, out: &mut String) {
    push_number(seconds / 3_600, 2, out);
    out.push(':');
    push_number(seconds / 60 % 60, 2, out);
    out.push(':');
    push_number(seconds % 60, 2, out);
}

/// Appends an offset in seconds as `+01`, `-03:30` or `+00:53:28`.
pub(crate) fn offset_text(seconds: i32, out: &mut String) {
    out.push(if seconds < 0 { '-' } else { '+' });
    let seconds = i64::from(seconds).abs();
    push_number(seconds / 3_600, 2, out);
    if seconds % 3_600 != 0 {
        out.push(':');
        push_number(seconds / 60 % 60, 2, out);
    }
    if seconds % 60 != 0 {
        out.push(':');
        push_number(seconds % 60, 2, out);
    }
}

/// Appends a number with zeros before it to a width.
pub(crate) fn push_number(value: i64, width: usize, out: &mut String) {
    if value < 0 {
        out.push('-');
    }
    push_digits(value.unsigned_abs(), width, out);
}

/// [`push_number`] of one that has no sign, to a width of at most 20.
pub(crate) fn push_digits(value: u64, width: usize, out: &mut String) {
    let mut buffer = [b'0'; 20];
    let (mut left, mut at) = (value, buffer.len());
    while at > 0 && (left > 0 || at + width > buffer.len()) {
        at -= 1;
        buffer[at] = b'0' + u8::try_from(left % 10).unwrap_or_default();
        left /= 10;
    }
    out.push_str(std::str::from_utf8(&buffer[at..]).unwrap_or_default());
}

#[cfg(test)]
mod tests;
