use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;

use super::*;
use crate::stamp::{date_text, parse_date, parse_timestamp, timestamp_text};

fn stamp(text: &str) -> i64 {
    parse_timestamp(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn shown(micros: Option<i64>) -> String {
    let mut out = String::new();
    micros.inspect(|micros| timestamp_text(*micros, &mut out));
    out
}

#[test]
fn names() {
    let cases = [
        ("year", Some(Part::Year)),
        ("YEARS", Some(Part::Year)),
        ("y", Some(Part::Year)),
        ("qtr", Some(Part::Quarter)),
        ("mon", Some(Part::Month)),
        ("m", Some(Part::Minute)),
        ("min", Some(Part::Minute)),
        ("w", Some(Part::Week)),
        ("weekday", Some(Part::DayOfWeek)),
        ("isodow", Some(Part::IsoDayOfWeek)),
        ("ms", Some(Part::Millisecond)),
        ("us", Some(Part::Microsecond)),
        ("c", Some(Part::Century)),
        ("epoch", Some(Part::Epoch)),
        ("yearweek", None),
        ("fortnight", None),
        ("", None),
    ];
    for (name, expected) in cases {
        assert_eq!(Part::parse(name), expected, "{name}");
    }
    for name in Part::NAMES {
        assert_eq!(Part::parse(name).map(|part| part.to_string()).as_deref(), Some(name));
    }
}

#[test]
fn days_agree_with_chrono() {
    let first = NaiveDate::from_ymd_opt(1, 1, 1).unwrap();
    for (date, day) in first.iter_days().zip(FIRST_DAY..=LAST_DAY) {
        let (year, month, of_month) = civil(i64::from(day));
        let expected = (date.year().into(), date.month().into(), date.day().into());
        assert_eq!((year, month, of_month), expected);
        assert_eq!(make_date(year, month, of_month), Some(day));
        if day % 7 == 0 {
            let week = date.iso_week();
            assert_eq!(iso_week(day.into()), (week.year().into(), week.week().into()), "{date}");
            let micros = midnight(day) + 1;
            let weekday = i64::from(date.weekday().number_from_monday());
            assert_eq!(extract(Part::IsoDayOfWeek, micros), weekday);
            assert_eq!(extract(Part::DayOfYear, micros), i64::from(date.ordinal()));
        }
    }
}

#[test]
fn dates_and_times() {
    let dates = [
        ((2024, 2, 29), "2024-02-29"),
        ((2023, 2, 29), ""),
        ((2024, 2, 30), ""),
        ((1900, 2, 29), ""),
        ((0, 2, 3), ""),
        ((-5, 2, 3), ""),
        ((10_000, 1, 1), ""),
        ((2024, 13, 1), ""),
        ((2024, 0, 1), ""),
        ((2024, 1, 0), ""),
        ((9999, 12, 31), "9999-12-31"),
        ((i64::MAX, i64::MAX, i64::MIN), ""),
    ];
    for ((year, month, day), expected) in dates {
        let mut out = String::new();
        make_date(year, month, day).inspect(|day| date_text(*day, &mut out));
        assert_eq!(out, expected, "{year}-{month}-{day}");
    }
    let day = parse_date("2024-02-03").unwrap();
    let times = [
        ((4, 5, 6_250_000), "2024-02-03 04:05:06.25"),
        ((24, 0, 0), "2024-02-04 00:00:00"),
        ((23, 59, 60_000_000), "2024-02-04 00:00:00"),
        ((24, 0, 1), ""),
        ((25, 0, 0), ""),
        ((0, 60, 0), ""),
        ((0, 0, 60_000_001), ""),
        ((-1, 0, 0), ""),
        ((i64::MAX, i64::MIN, i64::MAX), ""),
    ];
    for ((hour, minute, second), expected) in times {
        let micros = make_timestamp(day, hour, minute, second);
        assert_eq!(shown(micros), expected, "{hour}:{minute}:{second}");
    }
    assert_eq!(make_timestamp(LAST_DAY, 24, 0, 0), None);
    assert_eq!(make_timestamp(i32::MAX, 24, 0, 0), None);
    assert_eq!(add_days(day, 26), parse_date("2024-02-29").ok());
    for (day, n) in [(LAST_DAY, 1), (FIRST_DAY, -1), (0, i64::MAX), (0, i64::MIN)] {
        assert_eq!(add_days(day, n), None, "{day} + {n}");
    }
}

#[test]
fn parts() {
    let cases = [
        (Part::Year, "2024-03-31 10:11:12", 2024),
        (Part::Decade, "2024-03-31 10:11:12", 202),
        (Part::Decade, "0001-03-31 10:11:12", 0),
        (Part::Century, "2000-03-31 10:11:12", 20),
        (Part::Century, "2001-01-01 00:00:00", 21),
        (Part::Century, "0001-01-01 00:00:00", 1),
        (Part::Millennium, "2000-03-31 10:11:12", 2),
        (Part::Millennium, "2001-01-01 10:11:12", 3),
        (Part::IsoYear, "2024-12-31 10:11:12", 2025),
        (Part::Week, "2024-12-31 10:11:12", 1),
        (Part::Week, "2021-01-03 10:11:12", 53),
        (Part::DayOfWeek, "2024-03-31 10:11:12", 0),
        (Part::DayOfWeek, "2024-12-31 10:11:12", 2),
        (Part::IsoDayOfWeek, "2024-03-31 10:11:12", 7),
        (Part::DayOfYear, "2024-03-31 10:11:12", 91),
        (Part::DayOfYear, "2024-12-31 10:11:12", 366),
        (Part::Quarter, "1960-12-31 10:11:12", 4),
        (Part::Quarter, "2024-04-01 00:00:00", 2),
        (Part::Month, "2024-04-01 00:00:00", 4),
        (Part::Day, "2024-12-31 10:11:12", 31),
        (Part::Hour, "1969-12-31 23:59:59.25", 23),
        (Part::Minute, "1969-12-31 23:58:59.25", 58),
        (Part::Second, "1969-12-31 23:59:59.999999", 59),
        (Part::Millisecond, "1969-12-31 23:59:59.250001", 59_250),
        (Part::Microsecond, "1969-12-31 23:59:59.250001", 59_250_001),
        (Part::Epoch, "1969-12-31 23:59:59.25", -750_000),
    ];
    for (part, text, expected) in cases {
        assert_eq!(extract(part, stamp(text)), expected, "{part} of {text}");
    }
}

#[test]
fn truncated() {
    let time = "2024-03-31 10:11:12.567891";
    let cases = [
        (Part::Microsecond, time, "2024-03-31 10:11:12.567891"),
        (Part::Millisecond, time, "2024-03-31 10:11:12.567"),
        (Part::Second, time, "2024-03-31 10:11:12"),
        (Part::Minute, time, "2024-03-31 10:11:00"),
        (Part::Minute, "1960-03-31 10:11:12.567891", "1960-03-31 10:11:00"),
        (Part::Hour, time, "2024-03-31 10:00:00"),
        (Part::Day, time, "2024-03-31 00:00:00"),
        (Part::Week, time, "2024-03-25 00:00:00"),
        (Part::Week, "0001-01-03 10:11:12", "0001-01-01 00:00:00"),
        (Part::Month, time, "2024-03-01 00:00:00"),
        (Part::Quarter, time, "2024-01-01 00:00:00"),
        (Part::Quarter, "2024-12-31", "2024-10-01 00:00:00"),
        (Part::Year, time, "2024-01-01 00:00:00"),
        (Part::IsoYear, time, "2024-01-01 00:00:00"),
        (Part::IsoYear, "2024-12-31", "2024-12-30 00:00:00"),
        (Part::Decade, time, "2020-01-01 00:00:00"),
        (Part::Century, time, "2001-01-01 00:00:00"),
        (Part::Century, "2000-03-31", "1901-01-01 00:00:00"),
        (Part::Century, "0001-03-31", "0001-01-01 00:00:00"),
        (Part::Millennium, "2000-03-31", "1001-01-01 00:00:00"),
        (Part::Millennium, "2024-03-31", "2001-01-01 00:00:00"),
        // In the year 0.
        (Part::Decade, "0005-03-31", ""),
        (Part::DayOfWeek, time, ""),
        (Part::Epoch, time, ""),
    ];
    for (part, text, expected) in cases {
        assert_eq!(shown(truncate(part, stamp(text))), expected, "{part} of {text}");
    }
    let berlin = Zone::new(Tz::Europe__Berlin);
    let instants = [
        (Part::Hour, "2024-10-27 00:30:00", "2024-10-27 00:00:00"),
        (Part::Hour, "2024-10-27 01:30:00", "2024-10-27 01:00:00"),
        (Part::Minute, "2024-10-27 00:30:30", "2024-10-27 00:30:00"),
        (Part::Day, "2024-10-27 01:30:00", "2024-10-26 22:00:00"),
        (Part::Month, "2024-07-31 22:30:00", "2024-07-31 22:00:00"),
    ];
    for (part, utc, expected) in instants {
        let cut = truncate_instant(part, stamp(utc), &berlin);
        assert_eq!(shown(cut), expected, "{part} of {utc}");
    }
}

#[test]
fn differences() {
    // Boundaries between, and whole parts.
    let cases = [
        (Part::Year, "2023-12-31", "2024-01-01", 1, 0),
        (Part::Year, "2024-02-29", "2025-02-28", 1, 1),
        (Part::Month, "2024-01-31", "2024-03-01", 2, 1),
        (Part::Month, "2024-01-31", "2024-02-29", 1, 1),
        (Part::Month, "2024-01-31", "2024-03-30", 2, 1),
        (Part::Month, "2024-01-31", "2024-03-31", 2, 2),
        (Part::Month, "2024-02-29", "2024-01-31", -1, -1),
        (Part::Month, "2024-02-29", "2024-01-29", -1, -1),
        (Part::Month, "2024-02-29", "2024-01-30", -1, -1),
        (Part::Month, "2024-03-31", "2024-02-29", -1, -1),
        (Part::Month, "2024-03-31 10:00:00", "2024-04-30 09:00:00", 1, 0),
        (Part::Month, "2024-03-31 10:00:00", "2024-04-30 10:00:00", 1, 1),
        (Part::Quarter, "2024-03-31", "2024-04-01", 1, 0),
        (Part::Quarter, "1960-03-31", "1959-04-01", -3, -3),
        (Part::Quarter, "2024-01-31", "2024-08-30", 2, 2),
        (Part::Week, "2024-01-07", "2024-01-08", 0, 0),
        (Part::Week, "2024-01-01", "2024-01-14", 1, 1),
        (Part::Week, "2024-01-15", "2024-01-07", -1, -1),
        (Part::Week, "2024-01-01 23:00:00", "2024-01-08 01:00:00", 1, 0),
        (Part::Day, "2024-01-01 23:00:00", "2024-01-02 01:00:00", 1, 0),
        (Part::Day, "2024-01-01 12:00:00", "2023-12-31 13:00:00", -1, 0),
        (Part::DayOfWeek, "2024-12-29", "2024-12-31", 2, 2),
        (Part::Hour, "1969-12-31 23:58:59.9995", "1970-01-01 00:59:59", 1, 1),
        (Part::Hour, "2024-01-01 12:00:00", "2023-12-31 13:30:00", -23, -22),
        (Part::Minute, "1969-12-31 23:58:59.9995", "1969-12-31 23:59:30", 1, 0),
        (Part::Second, "1969-12-31 23:59:59.9995", "1970-01-01 00:00:00", 1, 0),
        (Part::Millisecond, "2024-12-29 00:00:00.0009", "2024-12-29 00:00:00.001", 1, 0),
        (Part::Epoch, "2024-12-29", "2024-12-30", 86_400, 86_400),
        (Part::IsoYear, "2024-12-29", "2024-12-30", 1, 0),
        (Part::IsoYear, "2024-01-02", "2025-01-01", 1, 0),
        (Part::Decade, "2019-12-31", "2020-01-01", 1, 0),
        (Part::Century, "2000-12-31", "2001-01-01", 0, 0),
        (Part::Century, "1999-12-31", "2000-01-01", 1, 0),
        (Part::Century, "1924-12-29", "2024-12-31", 1, 1),
        (Part::Millennium, "1999-12-31", "2000-01-01", 1, 0),
    ];
    for (part, from, to, boundaries, whole) in cases {
        let (first, last) = (stamp(from), stamp(to));
        assert_eq!(difference(part, first, last), boundaries, "{part}s from {from} to {to}");
        assert_eq!(age_difference(part, first, last), whole, "whole {part}s from {from} to {to}");
    }
}

#[test]
fn nothing_is_too_far() {
    let zone = Zone::new(Tz::America__New_York);
    for micros in [i64::MIN, FIRST_MICROS - 1, -1, 0, LAST_MICROS + 1, i64::MAX] {
        for part in NAMES.map(|(part, _)| part) {
            let _ = (extract(part, micros), truncate(part, micros), day_of(micros));
            let _ = (difference(part, micros, i64::MAX), age_difference(part, i64::MIN, micros));
            let _ = truncate_instant(part, micros, &zone);
        }
    }
}
