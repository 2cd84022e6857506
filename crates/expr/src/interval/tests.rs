use chrono_tz::Tz;

use super::*;
use crate::calendar::{FIRST_MICROS, LAST_MICROS};
use crate::stamp::{parse_timestamp, timestamp_text};

const HOUR: i64 = HOUR_MICROS;

fn shown(micros: Option<i64>) -> String {
    let mut out = String::new();
    micros.inspect(|micros| timestamp_text(*micros, &mut out));
    out
}

#[test]
fn texts() {
    let cases = [
        ("1 month", (1, 0, 0)),
        ("3 days", (0, 3, 0)),
        ("1 year 2 months", (14, 0, 0)),
        ("-1 year 2 months", (-10, 0, 0)),
        ("-1 day", (0, -1, 0)),
        ("+1 day", (0, 1, 0)),
        ("- 1 day", (0, -1, 0)),
        ("02:00:00", (0, 0, 2 * HOUR)),
        ("-02:00", (0, 0, -2 * HOUR)),
        ("02:00:00.5", (0, 0, 2 * HOUR + 500_000)),
        ("100:00:00", (0, 0, 100 * HOUR)),
        ("1.5 hours", (0, 0, 3 * HOUR / 2)),
        ("0.3 hours", (0, 0, 18 * MINUTE_MICROS)),
        ("2 weeks", (0, 14, 0)),
        ("1.5 weeks", (0, 10, 12 * HOUR)),
        ("1.5 months", (1, 15, 0)),
        ("-1.5 months", (-1, -15, 0)),
        ("0.1 months", (0, 3, 0)),
        ("0.01 months", (0, 0, 7 * HOUR + 12 * MINUTE_MICROS)),
        ("1.5 days", (0, 1, 12 * HOUR)),
        ("-1.5 days", (0, -1, -12 * HOUR)),
        ("1.5 years", (18, 0, 0)),
        ("1.5 quarters", (4, 15, 0)),
        ("8.56 years", (103, 0, 0)),
        ("0.1 years", (1, 0, 0)),
        ("-0.1 centuries", (-120, 0, 0)),
        ("1 decade", (120, 0, 0)),
        ("1 century", (1_200, 0, 0)),
        ("1 millennium", (12_000, 0, 0)),
        ("1 day ago", (0, -1, 0)),
        ("1 year 1 day ago", (-12, -1, 0)),
        ("@ 1 day", (0, 1, 0)),
        ("1 mon", (1, 0, 0)),
        ("1 m", (0, 0, MINUTE_MICROS)),
        ("1 h", (0, 0, HOUR)),
        ("1 ms", (0, 0, 1_000)),
        ("1 us", (0, 0, 1)),
        ("1.23456789 seconds", (0, 0, 1_234_568)),
        ("1 day -02:00:00", (0, 1, -2 * HOUR)),
        ("-1 day +02:00:00", (0, -1, 2 * HOUR)),
        ("1 day 26:00:00", (0, 1, 26 * HOUR)),
        ("1day", (0, 1, 0)),
        ("1 DAY", (0, 1, 0)),
        ("  1 hour 30 minutes ", (0, 0, 3 * HOUR / 2)),
        (".5 day", (0, 0, 12 * HOUR)),
        ("1. day", (0, 1, 0)),
        ("2147483647 days", (0, i32::MAX, 0)),
    ];
    for (text, (months, days, micros)) in cases {
        assert_eq!(Interval::parse(text), Ok(Interval { months, days, micros }), "{text}");
    }
}

#[test]
fn texts_that_are_none() {
    let cases = [
        ("", "an interval is a number and a unit, such as '1 month'"),
        ("1", "'1' is no interval: 1 has no unit, such as days"),
        ("1 fortnight", "'1 fortnight' is no interval: 'fortnight' is no unit"),
        ("1 day, 2 hours", "'1 day, 2 hours' is no interval: ',' is no number"),
        ("1 day and 2 hours", "'1 day and 2 hours' is no interval: 'and' is no number"),
        ("days 1", "'days 1' is no interval: 'days' is no number"),
        ("1 2 days", "'1 2 days' is no interval: 1 has no unit, such as days"),
        ("1e2 days", "'1e2 days' is no interval: 'e' is no unit"),
        ("P1Y2M", "'P1Y2M' is no interval: 'P1Y2M' is no number"),
        ("1-2", "'1-2' is no interval: 1 has no unit, such as days"),
        ("1:60:00", "'1:60:00' is no interval: 1:60:00 is no time"),
        (
            "02:00 03:00",
            "'02:00 03:00' is no interval: a time as 02:30 stands once, beside whole days, months and years",
        ),
        (
            "02:00 3 minutes",
            "'02:00 3 minutes' is no interval: a time as 02:30 stands once, beside whole days, months and years",
        ),
        ("1:2:3:4", "'1:2:3:4' is no interval: 1:2:3:4 is no time"),
        (
            "-13:33 +7.59 day",
            "'-13:33 +7.59 day' is no interval: a time as 02:30 stands once, beside whole days, months and years",
        ),
        ("1 dow", "'1 dow' is no interval: dow is no length of time"),
        ("1 epoch", "'1 epoch' is no interval: epoch is no length of time"),
        ("1 month ago 2 days", "'1 month ago 2 days' is no interval: 'ago' is no number"),
        ("3000000000 days", "'3000000000 days' is longer than an interval can be"),
        (
            "99999999999999999999 us",
            "'99999999999999999999 us' is no interval: '99999999999999999999' is no number",
        ),
        (
            "9999999999999999999 millennia",
            "'9999999999999999999 millennia' is longer than an interval can be",
        ),
        (
            "9999999999999999999 hours",
            "'9999999999999999999 hours' is longer than an interval can be",
        ),
        ("..", "'..' is no interval: '..' is no number"),
        ("1 Tag", "'1 Tag' is no interval: 'Tag' is no unit"),
        ("é", "'é' is no interval: 'é' is no number"),
        ("-é", "'-é' is no interval: '-é' is no number"),
    ];
    for (text, expected) in cases {
        assert_eq!(Interval::parse(text), Err(expected.to_owned()), "{text}");
    }
}

#[test]
fn sums() {
    let cases = [
        ("2024-01-31 10:00:00", "1 month", "2024-02-29 10:00:00"),
        ("2023-01-31 10:00:00", "1 month", "2023-02-28 10:00:00"),
        ("2024-02-29 10:00:00", "-1 year", "2023-02-28 10:00:00"),
        ("2024-03-31 10:00:00", "1 month -1 day", "2024-04-29 10:00:00"),
        ("2024-03-31 10:00:00", "-1 month -1 day", "2024-02-28 10:00:00"),
        ("2024-01-31", "1 hour", "2024-01-31 01:00:00"),
        ("2024-12-31 23:00:00", "02:00:00", "2025-01-01 01:00:00"),
        ("1970-01-01", "-0.000001 seconds", "1969-12-31 23:59:59.999999"),
        ("9999-12-31 10:00:00", "1 month", ""),
        ("0001-01-01 00:00:00", "-1 day", ""),
        ("9999-12-31 10:00:00", "1 month -1 month", "9999-12-31 10:00:00"),
        ("9999-12-31 10:00:00", "1 day -24 hours", "9999-12-31 10:00:00"),
    ];
    for (text, interval, expected) in cases {
        let sum = Interval::parse(interval).unwrap().after(parse_timestamp(text).unwrap());
        assert_eq!(shown(sum), expected, "{text} + {interval}");
    }
    let longest = Interval { months: i32::MAX, days: i32::MAX, micros: i64::MAX };
    let shortest = Interval { months: i32::MIN, days: i32::MIN, micros: i64::MIN };
    assert_eq!(shortest.negate(), None);
    for micros in [i64::MIN, FIRST_MICROS, 0, LAST_MICROS, i64::MAX] {
        let _ = (longest.after(micros), shortest.after(micros));
    }
}

#[test]
fn sums_with_instants() {
    let berlin = Zone::new(Tz::Europe__Berlin);
    let cases = [
        ("2024-03-30 01:30:00", "1 day", "2024-03-31 01:30:00"),
        ("2024-03-30 01:30:00", "24 hours", "2024-03-31 01:30:00"),
        ("2024-03-30 12:00:00", "1 day", "2024-03-31 11:00:00"),
        ("2024-03-30 12:00:00", "24 hours", "2024-03-31 12:00:00"),
        ("2024-10-26 00:30:00", "1 day", "2024-10-27 01:30:00"),
        ("2024-10-26 00:30:00", "1 day 1 hour", "2024-10-27 02:30:00"),
        // Of a time that comes twice the first stays the first.
        ("2024-10-27 00:30:00", "0 days", "2024-10-27 00:30:00"),
        ("2024-01-30 23:30:00", "1 month", "2024-02-28 23:30:00"),
        // Months lead to 02:24:23, which clocks skip.
        ("1984-07-31 00:24:23", "8 months -34 days", "1985-02-25 02:24:23"),
        ("9999-12-31 22:30:00", "1 hour", ""),
    ];
    for (utc, interval, expected) in cases {
        let utc_micros = parse_timestamp(utc).unwrap();
        let sum = Interval::parse(interval).unwrap().after_instant(utc_micros, &berlin);
        assert_eq!(shown(sum), expected, "{utc} + {interval}");
    }
}

#[test]
fn whole_days() {
    let cases = [("1 month 2 days", true), ("24 hours", true), ("1 hour", false), ("0 s", true)];
    for (text, expected) in cases {
        assert_eq!(Interval::parse(text).unwrap().is_whole_days(), expected, "{text}");
    }
}
