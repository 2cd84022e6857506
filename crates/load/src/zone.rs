//! Business-local days of instants.

use chrono::{DateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;
use kohort_model::Day;

pub(crate) const DAY_MICROS: i64 = 86_400_000_000;
const SECOND: i64 = 1_000_000;

/// Years for which offsets are kept; an instant outside of them is looked up on its own.
const YEARS: std::ops::Range<i32> = 1970..2101;
/// Marks a day on which clocks change.
const CHANGES: i32 = i32::MIN;

/// The offsets of a time zone: one for most days, and the moments at which it changes.
#[derive(Debug)]
pub(crate) struct Zone {
    tz: Tz,
    /// Offset in seconds of each UTC day from 1970-01-01 on.
    days: Vec<i32>,
    /// Start in seconds since 1970-01-01 UTC and offset in seconds, ascending.
    changes: Vec<(i64, i32)>,
}

impl Zone {
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

    /// Microseconds of the local wall clock at an instant in microseconds UTC.
    #[inline]
    pub fn wall(&self, micros: i64) -> i64 {
        let day = micros.div_euclid(DAY_MICROS);
        let offset = match usize::try_from(day).ok().and_then(|day| self.days.get(day)) {
            Some(&CHANGES) => self.on_change(micros),
            Some(&offset) => offset,
            None => offset_at(self.tz, micros.div_euclid(SECOND)),
        };
        micros + i64::from(offset) * SECOND
    }

    /// The first moment of a day, in microseconds UTC; where clocks skip it, that at which they do.
    pub fn midnight(&self, day: Day) -> i64 {
        let wall = i64::from(day.0).saturating_mul(DAY_MICROS);
        let local = DateTime::from_timestamp_micros(wall).unwrap_or_default().naive_utc();
        if let Some(utc) = self.tz.from_local_datetime(&local).earliest() {
            return utc.timestamp_micros();
        }
        let (mut before, mut after) = (wall - DAY_MICROS, wall + DAY_MICROS);
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

fn offset_at(tz: Tz, second: i64) -> i32 {
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
