//! Numbers as people read them.

use std::time::Duration;

/// `1234567` as `1,234,567`.
#[must_use]
pub fn count(number: u64) -> String {
    group(&number.to_string())
}

/// The decimal text of a number with its whole part in groups of three.
#[must_use]
pub fn group(number: &str) -> String {
    let (sign, digits) = number.split_at(usize::from(number.starts_with('-')));
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut grouped = String::with_capacity(number.len() + whole.len() / 3);
    grouped.push_str(sign);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped.push_str(fraction);
    grouped
}

/// Bytes in the largest unit of which there is at least one, with one decimal place.
#[expect(clippy::cast_precision_loss, reason = "rounded to a tenth anyway")]
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut size = bytes as f64 / 1000.0;
    let mut unit = 0;
    // 999.95 would be rounded to 1000.0.
    while size >= 999.95 && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

/// A time span as `0.42 s`, `12.3 s` or `3 min 20 s`.
#[must_use]
pub fn span(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds < 9.995 => format!("{seconds:.2} s"),
        seconds if seconds < 59.95 => format!("{seconds:.1} s"),
        _ => {
            let seconds = time.as_secs() + u64::from(time.subsec_millis() >= 500);
            format!("{} min {} s", seconds / 60, seconds % 60)
        }
    }
}

/// A share in percent with one decimal place; shares that are not zero never look like it.
#[must_use]
pub fn percent(share: f64) -> String {
    let text = format!("{:.1} %", share * 100.0);
    if share > 0.0 && text == "0.0 %" { "< 0.1 %".to_owned() } else { text }
}

/// `1 file`, `2 files`.
#[must_use]
pub fn plural(number: u64, noun: &str) -> String {
    match noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u'])) {
        _ if number == 1 => format!("1 {noun}"),
        Some(stem) => format!("{} {stem}ies", count(number)),
        None => format!("{} {noun}s", count(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_three() {
        for (number, expected) in [
            ("0", "0"),
            ("999", "999"),
            ("1000", "1,000"),
            ("-1000", "-1,000"),
            ("-100", "-100"),
            ("1234567.891", "1,234,567.891"),
            ("-0.05", "-0.05"),
            (
                "170141183460469231731687303715884105727",
                "170,141,183,460,469,231,731,687,303,715,884,105,727",
            ),
        ] {
            assert_eq!(group(number), expected);
        }
    }

    #[test]
    fn sizes() {
        for (bytes, expected) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (999_949, "999.9 kB"),
            (999_950, "1.0 MB"),
            (4_294_967_296, "4.3 GB"),
            (5_000_000_000_000_000, "5000.0 TB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
    }

    #[test]
    fn spans() {
        for (millis, expected) in [
            (0, "0.00 s"),
            (420, "0.42 s"),
            (9_994, "9.99 s"),
            (9_996, "10.0 s"),
            (59_900, "59.9 s"),
            (59_999, "1 min 0 s"),
            (200_499, "3 min 20 s"),
        ] {
            assert_eq!(span(Duration::from_millis(millis)), expected);
        }
    }

    #[test]
    fn shares() {
        for (share, expected) in
            [(0.0, "0.0 %"), (1.0, "100.0 %"), (0.1234, "12.3 %"), (0.0001, "< 0.1 %")]
        {
            assert_eq!(percent(share), expected);
        }
    }
}
