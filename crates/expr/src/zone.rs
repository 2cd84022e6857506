//! Business-local days of instants.

use chrono::{DateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;
use kohort_model::Day;

use crate::calendar::{civil, day_number, from_monday};

/// Microseconds of a day.
pub const DAY_MICROS: i64 = 86_400_000_000;
const SECOND: i64 = 1_000_000;

/// Years for which offsets are kept; an instant outside of them is looked up on its own.
const YEARS: std::ops::Range<i32> = 1970..2101;
/// 2100-01-01 in seconds; the rules of zones are written down to the year before. What holds then
/// is taken to hold for ever, as databases do.
const LAST_RULES: i64 = 4_102_444_800;
/// Marks a day on which clocks change.
const CHANGES: i32 = i32::MIN;

/// The offsets of a time zone: one for most days, and the moments at which it changes.
#[derive(Debug)]
pub struct Zone {
    tz: Tz,
    /// Offset in seconds of each UTC day from 1970-01-01 on.
    days: Vec<i32>,
    /// Start in seconds since 1970-01-01 UTC and offset in seconds, ascending.
    changes: Vec<(i64, i32)>,
}

impl Zone {
    /// Looks up the offsets of all days from 1970 to 2100: some milliseconds of work, so once a run.
    #[must_use]
    pub fn new(tz: Tz) -> Self {
        let last = Day::from(chrono::NaiveDate::from_ymd_opt(YEARS.end, 1, 1).unwrap_or_default());
        let (mut days, mut changes) = (Vec::new(), Vec::new());
        let mut offset = offset_at(tz, 0);
        changes.push((i64::MIN, offset));
        for day in 0..i64::from(last.0) {
            let (start, end) = (day * 86_400, (day + 1) * 86_400);
            let next = offset_at(tz, end);
            days.push(if next == offset { offset } else { CHANGES });
            if next != offset {
                // No zone changes twice in one day.
                let (mut before, mut after) = (start, end);
                while after - before > 1 {
                    let middle = before.midpoint(after);
                    let unchanged = offset_at(tz, middle) == offset;
                    (before, after) = if unchanged { (middle, after) } else { (before, middle) };
                }
                changes.push((after, next));
                offset = next;
            }
        }
        Self { tz, days, changes }
    }

    /// The zone that this is the table of.
    #[must_use]
    pub fn tz(&self) -> Tz {
        self.tz
    }

    /// Microseconds of the local wall clock at an instant in microseconds UTC.
    #[must_use]
    #[inline]
    pub fn wall(&self, micros: i64) -> i64 {
        micros.saturating_add(i64::from(self.offset(micros)) * SECOND)
    }

    /// Seconds that the local wall clock is ahead of UTC at an instant in microseconds UTC.
    #[must_use]
    #[inline]
    pub fn offset(&self, micros: i64) -> i32 {
        let day = micros.div_euclid(DAY_MICROS);
        match usize::try_from(day).ok().and_then(|day| self.days.get(day)) {
            Some(&CHANGES) => self.on_change(micros),
            Some(&offset) => offset,
            None => offset_at(self.tz, micros.div_euclid(SECOND)),
        }
    }

    /// The instant in microseconds UTC at which the local wall clock shows `wall`, by the rule of
    /// `PostgreSQL`: a time that clocks skip is read with the offset before the change, so that
    /// 02:30 becomes 03:30; of a time that comes twice the later one is meant.
    ///
    /// Saturates at the ends of the range.
    #[must_use]
    #[inline]
    pub fn utc(&self, wall: i64) -> i64 {
        // Offsets are less than a day, so where none of three days has a change, there is one.
        let day =
            usize::try_from(wall.div_euclid(DAY_MICROS)).ok().and_then(|day| day.checked_sub(1));
        if let Some(&[before, on, after]) = day.and_then(|day| self.days.get(day..day + 3))
            && before == on
            && on == after
            && on != CHANGES
        {
            return wall.saturating_sub(i64::from(on) * SECOND);
        }
        resolve(wall, |micros| self.offset(micros))
    }

    /// The first moment of a day, in microseconds UTC; where clocks skip it, that at which they do.
    #[must_use]
    pub fn midnight(&self, day: Day) -> i64 {
        let wall = i64::from(day.0).saturating_mul(DAY_MICROS);
        let local = DateTime::from_timestamp_micros(wall).unwrap_or_default().naive_utc();
        if let Some(utc) = self.tz.from_local_datetime(&local).earliest() {
            return utc.timestamp_micros();
        }
        let (mut before, mut after) =
            (wall.saturating_sub(DAY_MICROS), wall.saturating_add(DAY_MICROS));
        while after - before > 1 {
            let middle = before.midpoint(after);
            let skipped = self.wall(middle) >= wall;
            (before, after) = if skipped { (before, middle) } else { (middle, after) };
        }
        after
    }

    #[cold]
    fn on_change(&self, micros: i64) -> i32 {
        let second = micros.div_euclid(SECOND);
        let next = self.changes.partition_point(|(start, _)| *start <= second);
        self.changes[next - 1].1
    }
}

/// [`Zone::utc`] of a zone that has no table; slower.
#[must_use]
pub fn utc_in(tz: Tz, wall: i64) -> i64 {
    resolve(wall, |micros| offset_at(tz, micros.div_euclid(SECOND)))
}

/// The instant of a wall clock's time, given the offset of every instant.
fn resolve(wall: i64, offset: impl Fn(i64) -> i32) -> i64 {
    let early = offset(wall.saturating_sub(DAY_MICROS));
    let late = offset(wall.saturating_add(DAY_MICROS));
    let by = |offset: i32| wall.saturating_sub(i64::from(offset) * SECOND);
    // Both readings hold where the time comes twice, none where it is skipped.
    if early == late || offset(by(late)) != late { by(early) } else { by(late) }
}

/// The same second of a year before 2100 that begins on the same weekday and has as many days.
#[cold]
fn alike(second: i64) -> i64 {
    let day = second.div_euclid(86_400);
    let shape = |year: i64| {
        let first = day_number(year, 1, 1);
        (from_monday(first), day_number(year + 1, 1, 1) - first)
    };
    let year = civil(day).0;
    // Any 28 years in which every fourth has a leap day have one of each shape.
    let known = (2072..2100).find(|known| shape(*known) == shape(year)).unwrap_or(2099);
    second - (day_number(year, 1, 1) - day_number(known, 1, 1)) * 86_400
}

fn offset_at(tz: Tz, second: i64) -> i32 {
    let second = if second < LAST_RULES { second } else { alike(second) };
    let utc = DateTime::<Utc>::from_timestamp(second, 0).unwrap_or(if second < 0 {
        DateTime::<Utc>::MIN_UTC
    } else {
        DateTime::<Utc>::MAX_UTC
    });
    tz.offset_from_utc_datetime(&utc.naive_utc()).fix().local_minus_utc()
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDateTime;

    use super::*;

    fn micros(text: &str) -> i64 {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f")
            .unwrap()
            .and_utc()
            .timestamp_micros()
    }

    #[test]
    fn walls_at_clock_changes() {
        let cases = [
            (Tz::Europe__London, "2024-03-31 00:59:59.999999", "2024-03-31 00:59:59.999999"),
            (Tz::Europe__London, "2024-03-31 01:00:00", "2024-03-31 02:00:00"),
            (Tz::Europe__London, "2024-03-31 22:59:59.999999", "2024-03-31 23:59:59.999999"),
            (Tz::Europe__London, "2024-03-31 23:00:00", "2024-04-01 00:00:00"),
            (Tz::Europe__London, "2024-10-26 23:00:00", "2024-10-27 00:00:00"),
            (Tz::Europe__London, "2024-10-27 00:59:59", "2024-10-27 01:59:59"),
            (Tz::Europe__London, "2024-10-27 01:00:00", "2024-10-27 01:00:00"),
            (Tz::Europe__London, "2024-10-27 23:59:59", "2024-10-27 23:59:59"),
            (Tz::America__New_York, "2024-03-10 06:59:59", "2024-03-10 01:59:59"),
            (Tz::America__New_York, "2024-03-10 07:00:00", "2024-03-10 03:00:00"),
            (Tz::America__New_York, "2024-11-03 05:59:59", "2024-11-03 01:59:59"),
            (Tz::America__New_York, "2024-11-03 06:00:00", "2024-11-03 01:00:00"),
            (Tz::America__New_York, "2024-03-01 04:59:59", "2024-02-29 23:59:59"),
            (Tz::Asia__Kolkata, "2024-02-29 18:30:00", "2024-03-01 00:00:00"),
            (Tz::Pacific__Apia, "2011-12-30 10:00:00", "2011-12-31 00:00:00"),
            (Tz::UTC, "1969-12-31 23:59:59.999999", "1969-12-31 23:59:59.999999"),
            (Tz::Europe__Paris, "1950-07-01 23:00:00", "1950-07-02 00:00:00"),
            (Tz::Europe__Paris, "2150-01-01 23:00:00", "2150-01-02 00:00:00"),
            (Tz::Europe__Paris, "2150-07-01 22:00:00", "2150-07-02 00:00:00"),
            (Tz::Europe__Paris, "2100-03-28 00:59:59", "2100-03-28 01:59:59"),
            (Tz::Europe__Paris, "2100-03-28 01:00:00", "2100-03-28 03:00:00"),
            (Tz::Australia__Sydney, "9999-12-31 12:00:00", "9999-12-31 23:00:00"),
        ];
        for (tz, utc, expected) in cases {
            let wall = Zone::new(tz).wall(micros(utc));
            assert_eq!(wall, micros(expected), "{utc} in {tz}");
        }
    }

    #[test]
    fn midnights() {
        let cases = [
            (Tz::UTC, "2024-03-31", "2024-03-31 00:00:00"),
            (Tz::Europe__London, "2024-03-31", "2024-03-31 00:00:00"),
            (Tz::Europe__London, "2024-04-01", "2024-03-31 23:00:00"),
            (Tz::America__New_York, "2024-11-04", "2024-11-04 05:00:00"),
            (Tz::Europe__Paris, "2150-01-01", "2149-12-31 23:00:00"),
            // Midnight is skipped, ...
            (Tz::Africa__Cairo, "2024-04-26", "2024-04-25 22:00:00"),
            (Tz::America__Sao_Paulo, "2018-11-04", "2018-11-04 03:00:00"),
            // ... so is the whole day, ...
            (Tz::Pacific__Apia, "2011-12-30", "2011-12-30 10:00:00"),
            // ... and midnight comes twice.
            (Tz::America__Havana, "2024-11-03", "2024-11-03 04:00:00"),
        ];
        for (tz, day, expected) in cases {
            let date = chrono::NaiveDate::parse_from_str(day, "%Y-%m-%d").unwrap();
            let midnight = Zone::new(tz).midnight(Day::from(date));
            assert_eq!(midnight, micros(expected), "{day} in {tz}");
        }
    }

    #[test]
    fn instants_of_walls() {
        let cases = [
            (Tz::America__New_York, "2024-01-31 23:30:00", "2024-02-01 04:30:00"),
            // Skipped: with the offset before the change.
            (Tz::America__New_York, "2024-03-10 01:59:59.999999", "2024-03-10 06:59:59.999999"),
            (Tz::America__New_York, "2024-03-10 02:00:00", "2024-03-10 07:00:00"),
            (Tz::America__New_York, "2024-03-10 02:30:00", "2024-03-10 07:30:00"),
            (Tz::America__New_York, "2024-03-10 03:00:00", "2024-03-10 07:00:00"),
            // Twice: the later.
            (Tz::America__New_York, "2024-11-03 00:59:59", "2024-11-03 04:59:59"),
            (Tz::America__New_York, "2024-11-03 01:00:00", "2024-11-03 06:00:00"),
            (Tz::America__New_York, "2024-11-03 01:30:00", "2024-11-03 06:30:00"),
            (Tz::America__New_York, "2024-11-03 02:00:00", "2024-11-03 07:00:00"),
            (Tz::Europe__Berlin, "2024-03-31 02:30:00", "2024-03-31 01:30:00"),
            (Tz::Europe__Berlin, "2024-10-27 02:30:00", "2024-10-27 01:30:00"),
            // In winter clocks are behind what is standard in Ireland.
            (Tz::Europe__Dublin, "2024-10-27 01:30:00", "2024-10-27 01:30:00"),
            (Tz::Europe__Dublin, "2024-03-31 01:30:00", "2024-03-31 01:30:00"),
            // A change between two standard times, one of half an hour, one of a day.
            (Tz::Europe__Moscow, "2014-10-26 01:30:00", "2014-10-25 22:30:00"),
            (Tz::Australia__Lord_Howe, "2024-04-07 01:45:00", "2024-04-06 15:15:00"),
            (Tz::Pacific__Apia, "2011-12-30 12:00:00", "2011-12-30 22:00:00"),
            // Before and behind the table, the offset of 1880 is that of the sun.
            (Tz::Europe__Berlin, "1880-01-01 00:00:00", "1879-12-31 23:06:32"),
            (Tz::Europe__Berlin, "1945-05-24 02:30:00", "1945-05-24 00:30:00"),
            (Tz::Europe__Paris, "2150-01-02 00:00:00", "2150-01-01 23:00:00"),
            (Tz::Europe__Berlin, "0001-01-01 12:00:00", "0001-01-01 11:06:32"),
            (Tz::UTC, "9999-12-31 23:59:59.999999", "9999-12-31 23:59:59.999999"),
        ];
        for (tz, wall, expected) in cases {
            assert_eq!(Zone::new(tz).utc(micros(wall)), micros(expected), "{wall} in {tz}");
            assert_eq!(utc_in(tz, micros(wall)), micros(expected), "{wall} in {tz}");
        }
        for extreme in [i64::MIN, i64::MAX] {
            let zone = Zone::new(Tz::America__New_York);
            assert_eq!(zone.utc(extreme).signum(), extreme.signum());
            assert_eq!(zone.wall(extreme).signum(), extreme.signum());
        }
    }

    #[test]
    fn walls_around_every_change_come_back() {
        for tz in [Tz::Europe__Berlin, Tz::Africa__Casablanca, Tz::Pacific__Apia, Tz::Asia__Gaza] {
            let zone = Zone::new(tz);
            // The library has no rules for the years after.
            let known = zone.changes.iter().skip(1).filter(|(start, _)| *start < LAST_RULES);
            for &(change, _) in known {
                for minutes in (-36 * 60..36 * 60).step_by(15) {
                    let local = DateTime::from_timestamp(change + minutes * 60, 0).unwrap();
                    let wall = local.timestamp_micros();
                    let Some(expected) = tz.from_local_datetime(&local.naive_utc()).latest() else {
                        continue;
                    };
                    let message = format!("{local} in {tz}");
                    assert_eq!(zone.utc(wall), expected.timestamp_micros(), "{message}");
                    assert_eq!(utc_in(tz, wall), expected.timestamp_micros(), "{message}");
                }
            }
        }
    }

    #[test]
    fn the_table_agrees_with_the_zone() {
        for tz in [Tz::Europe__London, Tz::America__New_York, Tz::Australia__Lord_Howe] {
            let zone = Zone::new(tz);
            // A prime number of seconds, so that every hour of the day comes up.
            for step in 0..40_000 {
                let second = step * 98_429;
                let expected = (second + i64::from(offset_at(tz, second))) * SECOND;
                assert_eq!(zone.wall(second * SECOND), expected, "{second} in {tz}");
            }
        }
    }
}
