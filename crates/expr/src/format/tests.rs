use super::*;
use crate::stamp::{parse_timestamp, timestamp_text};

const M: Unreadable = Unreadable::Malformed;
const R: Unreadable = Unreadable::Range;

fn read(text: &str, pattern: &str) -> Result<String, Unreadable> {
    let format = Format::compile(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    assert_eq!(format.readable(), Ok(()), "{pattern}");
    let mut out = String::new();
    format.parse(text).map(|micros| timestamp_text(micros, &mut out))?;
    Ok(out)
}

fn check(cases: &[(&str, &str, Result<&str, Unreadable>)]) {
    for (text, pattern, expected) in cases {
        assert_eq!(read(text, pattern), expected.map(str::to_owned), "{text} as {pattern}");
    }
}

#[test]
fn dates() {
    check(&[
        ("2024-01-05", "%Y-%m-%d", Ok("2024-01-05 00:00:00")),
        ("2024-1-5", "%Y-%m-%d", Ok("2024-01-05 00:00:00")),
        ("2024-01-5", "%Y-%-m-%-d", Ok("2024-01-05 00:00:00")),
        ("2024-01-05", "%x", Ok("2024-01-05 00:00:00")),
        ("20240105", "%Y%m%d", Ok("2024-01-05 00:00:00")),
        ("05.01.2024", "%d.%m.%Y", Ok("2024-01-05 00:00:00")),
        ("05/01/24", "%d/%m/%y", Ok("2024-01-05 00:00:00")),
        ("24-1-5", "%-y-%m-%d", Ok("2024-01-05 00:00:00")),
        ("69-01-05", "%y-%m-%d", Ok("1969-01-05 00:00:00")),
        ("68-01-05", "%y-%m-%d", Ok("2068-01-05 00:00:00")),
        ("24-01-05", "%Y-%m-%d", Ok("0024-01-05 00:00:00")),
        ("Jan 5 2024", "%b %d %Y", Ok("2024-01-05 00:00:00")),
        ("JAN 5 2024", "%h %d %Y", Ok("2024-01-05 00:00:00")),
        ("january 5 2024", "%B %d %Y", Ok("2024-01-05 00:00:00")),
        ("May 5 2024", "%B %d %Y", Ok("2024-05-05 00:00:00")),
        ("Fri 5 Jan 2024", "%a %d %b %Y", Ok("2024-01-05 00:00:00")),
        ("Mon 5 Jan 2024", "%a %d %b %Y", Ok("2024-01-05 00:00:00")),
        ("Friday 5 Jan 2024", "%A %d %b %Y", Ok("2024-01-05 00:00:00")),
        ("2024-060", "%Y-%j", Ok("2024-02-29 00:00:00")),
        ("2024-5", "%Y-%-j", Ok("2024-01-05 00:00:00")),
        ("2024-366", "%Y-%j", Ok("2024-12-31 00:00:00")),
        ("2024-05", "%Y-%m", Ok("2024-05-01 00:00:00")),
        ("10:30", "%H:%M", Ok("1900-01-01 10:30:00")),
        ("100%", "%Y%%", Ok("0100-01-01 00:00:00")),
        (" 2024-01-05 ", "%Y-%m-%d", Ok("2024-01-05 00:00:00")),
        ("2024-01-05", " %Y-%m-%d ", Ok("2024-01-05 00:00:00")),
        ("2023-366", "%Y-%j", Err(R)),
        ("2024-000", "%Y-%j", Err(R)),
        ("2024-02-30", "%Y-%m-%d", Err(R)),
        ("2024-13-01", "%Y-%m-%d", Err(R)),
        ("0000-02-03", "%Y-%m-%d", Err(R)),
        ("2024-001-5", "%Y-%m-%d", Err(R)),
        ("12024-01-05", "%Y-%m-%d", Err(M)),
        ("-2024-01-05", "%Y-%m-%d", Err(M)),
        ("2024-01-05x", "%Y-%m-%d", Err(M)),
        ("2024-01-05 10:00", "%Y-%m-%d", Err(M)),
        ("January 5 2024", "%b %d %Y", Err(M)),
        ("xx 5 Jan 2024", "%a %d %b %Y", Err(M)),
        ("5012024", "%-d%m%Y", Err(R)),
        ("é", "%b", Err(M)),
        ("aé", "%b", Err(M)),
        ("", "%Y", Err(M)),
    ]);
}

#[test]
fn times() {
    check(&[
        ("2024-01-05 10:11:12", "%c", Ok("2024-01-05 10:11:12")),
        ("2024-01-05 10:11:12", "%Y-%m-%d %T", Ok("2024-01-05 10:11:12")),
        ("2024-01-05T10:11:12", "%Y-%m-%dT%X", Ok("2024-01-05 10:11:12")),
        ("20240105101112", "%Y%m%d%H%M%S", Ok("2024-01-05 10:11:12")),
        ("2024-01-05  10", "%Y-%m-%d %H", Ok("2024-01-05 10:00:00")),
        ("2024-01-05 1:2:3", "%Y-%m-%d %-H:%-M:%-S", Ok("2024-01-05 01:02:03")),
        ("2024-01-05 01:30 PM", "%Y-%m-%d %I:%M %p", Ok("2024-01-05 13:30:00")),
        ("2024-01-05 12:30 AM", "%Y-%m-%d %I:%M %p", Ok("2024-01-05 00:30:00")),
        ("2024-01-05 12:30 pm", "%Y-%m-%d %I:%M %p", Ok("2024-01-05 12:30:00")),
        ("2024-01-05 03:30 PM", "%Y-%m-%d %H:%M %p", Ok("2024-01-05 15:30:00")),
        ("2024-01-05 PM 3", "%Y-%m-%d %p %I", Ok("2024-01-05 15:00:00")),
        ("2024-01-05 12:30", "%Y-%m-%d %I:%M", Ok("2024-01-05 12:30:00")),
        ("2024-01-05 10:11:12.5", "%Y-%m-%d %T.%f", Ok("2024-01-05 10:11:12.5")),
        ("2024-01-05 10:11:12.000005", "%Y-%m-%d %T.%f", Ok("2024-01-05 10:11:12.000005")),
        ("2024-01-05 10:11:12.5", "%Y-%m-%d %T.%g", Ok("2024-01-05 10:11:12.5")),
        ("2024-01-05 10:11:12.123456789", "%Y-%m-%d %T.%n", Ok("2024-01-05 10:11:12.123456")),
        ("2024-01-05 10:11:12.1234567", "%Y-%m-%d %T.%f", Err(M)),
        ("2024-01-05 10:11:12.", "%Y-%m-%d %T.%f", Err(M)),
        ("2024-01-0510", "%Y-%m-%d %H", Err(M)),
        ("2024-01-05 10", "%Y-%m-%dT%H", Err(M)),
        ("2024-01-05 13:30 PM", "%Y-%m-%d %I:%M %p", Err(R)),
        ("2024-01-05 00:30 AM", "%Y-%m-%d %I:%M %p", Err(R)),
        ("2024-01-05 15:30 PM", "%Y-%m-%d %H:%M %p", Err(R)),
        ("2024-01-05 00:30 AM", "%Y-%m-%d %H:%M %p", Ok("2024-01-05 00:30:00")),
        ("2024-01-05 PM", "%Y-%m-%d %p", Ok("2024-01-05 12:00:00")),
        ("41 2024-01-05", "%m %x", Err(R)),
        ("2024-01-05 10:11:60", "%Y-%m-%d %T", Err(R)),
        ("2024-01-05 24:00:00", "%Y-%m-%d %T", Err(R)),
        ("2024-01-05 10:60", "%Y-%m-%d %H:%M", Err(R)),
    ]);
}

#[test]
fn offsets() {
    check(&[
        ("2024-01-05 10:00 +0100", "%Y-%m-%d %H:%M %z", Ok("2024-01-05 09:00:00")),
        ("2024-01-05 10:00 +01:00", "%Y-%m-%d %H:%M %z", Ok("2024-01-05 09:00:00")),
        ("2024-01-05 10:00+01", "%Y-%m-%d %H:%M%z", Ok("2024-01-05 09:00:00")),
        ("2024-01-05 10:00 -0530", "%Y-%m-%d %H:%M %z", Ok("2024-01-05 15:30:00")),
        ("2024-01-05 10:00 +01:00:30", "%Y-%m-%d %H:%M %z", Ok("2024-01-05 08:59:30")),
        ("2024-01-05 10:00Z", "%Y-%m-%d %H:%M%z", Ok("2024-01-05 10:00:00")),
        ("+0100 2024-01-05", "%z %Y-%m-%d", Ok("2024-01-04 23:00:00")),
        ("2024-01-05 10:00 UTC", "%Y-%m-%d %H:%M %Z", Ok("2024-01-05 10:00:00")),
        ("2024-07-05 10:00 Europe/Berlin", "%Y-%m-%d %H:%M %Z", Ok("2024-07-05 08:00:00")),
        ("2024-01-05 10:00 America/New_York", "%Y-%m-%d %H:%M %Z", Ok("2024-01-05 15:00:00")),
        ("2024-01-05 10:00 +1", "%Y-%m-%d %H:%M %z", Err(M)),
        ("2024-01-05 10:00 UTC", "%Y-%m-%d %H:%M %z", Err(M)),
        ("2024-01-05 10:00", "%Y-%m-%d %H:%M%z", Err(M)),
        ("2024-01-05 10:00 Mars/X", "%Y-%m-%d %H:%M %Z", Err(M)),
        ("2024-01-05 10:00 +16", "%Y-%m-%d %H:%M %z", Err(R)),
        ("0001-01-01 +01", "%Y-%m-%d %z", Err(R)),
    ]);
    let cases = [("%c", false), ("%c%z", true), ("%c %Z", true), ("%%z", false)];
    for (pattern, expected) in cases {
        assert_eq!(Format::compile(pattern).unwrap().has_offset(), expected, "{pattern}");
    }
}

#[test]
fn patterns_that_are_none() {
    let listed = format!("; there are {KNOWN}");
    let cases = [
        ("%Y-%F", "%F is no specifier"),
        ("%e", "%e is no specifier"),
        ("%Y-%m-%d%", "% is no specifier"),
        ("%-", "%- is no specifier"),
        ("%-b", "%-b is no specifier"),
        ("%é", "%é is no specifier"),
    ];
    for (pattern, expected) in cases {
        assert_eq!(Format::compile(pattern).err(), Some(format!("{expected}{listed}")));
    }
    assert_eq!(Format::compile(" ").err().as_deref(), Some("a format cannot be empty"));
    for pattern in ["%G-W%V-%u", "%Y %U", "%Y %W", "%c %w", "%Y-%m %j"] {
        assert!(Format::compile(pattern).unwrap().readable().is_err(), "{pattern}");
    }
}

#[test]
fn written() {
    let early = "2024-03-05 04:07:09.025";
    let cases = [
        (early, "%Y %y %m %-m %b %B %h", "2024 24 03 3 Mar March Mar"),
        (early, "%d %-d %a %A %w %u", "05 5 Tue Tuesday 2 2"),
        (early, "%H %-H %I %-I %M %-M %S %-S %p", "04 4 04 4 07 7 09 9 AM"),
        (early, "%f %g %n", "025000 025 025000000"),
        (early, "%j %-j %U %W %G %V", "065 65 09 10 2024 10"),
        (early, "%c|%x|%X|%T|%%", "2024-03-05 04:07:09|2024-03-05|04:07:09|04:07:09|%"),
        (early, "  é%Y  ", "  é2024  "),
        ("2024-03-05 00:07:09", "%I %p", "12 AM"),
        ("2024-03-05 12:07:09", "%I %p", "12 PM"),
        ("0099-03-05", "%Y %y %-y", "0099 99 99"),
        ("0001-03-05", "%Y %y %-y", "0001 01 1"),
        ("2023-01-01", "%U %W %V %G %w %u", "01 00 52 2022 0 7"),
        ("2024-12-31", "%U %W %V %G", "52 53 01 2025"),
    ];
    for (wall, pattern, expected) in cases {
        let mut out = String::new();
        let micros = parse_timestamp(wall).unwrap();
        Format::compile(pattern).unwrap().write(micros, 0, "", &mut out);
        assert_eq!(out, expected, "{wall} as {pattern}");
    }
    let cases = [
        (0, "", "+00 "),
        (3_600, "Europe/Berlin", "+01 Europe/Berlin"),
        (-12_600, "America/St_Johns", "-03:30 America/St_Johns"),
        (3_208, "Europe/Berlin", "+00:53:28 Europe/Berlin"),
    ];
    for (offset, zone, expected) in cases {
        let mut out = String::new();
        Format::compile("%z %Z").unwrap().write(0, offset, zone, &mut out);
        assert_eq!(out, expected);
    }
    for micros in [i64::MIN, i64::MAX] {
        let all = "%Y %y %m %b %B %d %j %a %A %H %I %p %M %S %f %g %n %w %u %U %W %G %V";
        let mut out = String::new();
        Format::compile(all).unwrap().write(micros, i32::MIN, "", &mut out);
        assert!(!out.contains('?'), "{out}");
    }
}
