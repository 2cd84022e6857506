//! Values as people read them.

use kohort_publish::diff::{FileRows, Value};

use crate::NULL;
use crate::number::{count, group};

/// Digits of a float that are shown.
const DIGITS: i32 = 6;

/// A value of a key: the digits of an id are no quantity.
pub fn key(value: &Value) -> String {
    match value {
        Value::Null => NULL.to_owned(),
        value => value.to_string(),
    }
}

/// A value that is no key.
pub fn value(value: &Value) -> String {
    match value {
        Value::Boolean(flag) => (if *flag { "yes" } else { "no" }).to_owned(),
        Value::Integer(_) | Value::Decimal { .. } => group(&value.to_string()),
        Value::Float(number) => float(*number),
        _ => key(value),
    }
}

/// A change, with its sign.
pub fn change(change: Option<&Value>) -> String {
    let Some(change) = change else { return NULL.to_owned() };
    let text = value(change);
    if text.starts_with('-') { text } else { format!("+{text}") }
}

/// A relative change in percent, with its sign; none from nothing.
pub fn percent(share: Option<f64>) -> String {
    match share.filter(|share| share.is_finite()) {
        Some(share) if share.abs() < 0.0005 => signed(&float(share * 100.0)),
        Some(share) => signed(&group(&format!("{:.1}", share * 100.0))),
        None => NULL.to_owned(),
    }
}

/// What became of the rows of a file.
pub fn rows(rows: FileRows) -> String {
    match rows {
        FileRows { older: 0, newer } => format!("+{}", count(newer)),
        FileRows { older, newer: 0 } => format!("-{}", count(older)),
        FileRows { older, newer } => format!("{} → {}", count(older), count(newer)),
    }
}

fn signed(text: &str) -> String {
    if text.starts_with('-') { text.to_owned() } else { format!("+{text}") }
}

/// The first digits of a number.
fn float(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return format!("{number}");
    }
    #[expect(clippy::cast_possible_truncation, reason = "floats have at most 308 digits")]
    let first = number.abs().log10().floor() as i32;
    if first < -DIGITS {
        return format!("{number:.2e}");
    }
    let places = usize::try_from(DIGITS - 1 - first).unwrap_or(0);
    let text = format!("{number:.places$}");
    let text = if places > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    group(text)
}
