//! Values as text, for messages and for rejected rows.

use chrono::{DateTime, NaiveDate};
use kohort_expr::Failure;
use polars::prelude::{DataFrame, DataType, PlSmallStr, Series, TimeUnit};

/// Bytes as the text that they are, or else in hexadecimal digits.
pub(crate) fn bytes_text(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let digit = |nibble| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// A value as text, with all its digits; `None` where it is NULL.
pub(crate) fn shown(column: &Series, row: usize) -> Option<String> {
    // The engine can't write times that are far off, and cuts floats.
    match column.dtype() {
        DataType::Date => {
            let day = column.date().ok()?.physical().get(row)?;
            let date = day.checked_add(719_163).and_then(NaiveDate::from_num_days_from_ce_opt);
            Some(date.map_or_else(|| format!("day {day}"), |date| date.to_string()))
        }
        DataType::Datetime(unit, zone) => {
            let stamp = column.datetime().ok()?.physical().get(row)?;
            let time = match unit {
                TimeUnit::Milliseconds => DateTime::from_timestamp_millis(stamp),
                TimeUnit::Microseconds => DateTime::from_timestamp_micros(stamp),
                TimeUnit::Nanoseconds => Some(DateTime::from_timestamp_nanos(stamp)),
            };
            let suffix = if zone.is_some() { " UTC" } else { "" };
            let text = |time: DateTime<_>| format!("{}{suffix}", time.naive_utc());
            Some(time.map_or_else(|| format!("{stamp} {unit}"), text))
        }
        DataType::Float64 => Some(format!("{:?}", column.f64().ok()?.get(row)?)),
        DataType::Float32 => Some(format!("{:?}", column.f32().ok()?.get(row)?)),
        DataType::Binary => column.binary().ok()?.get(row).map(bytes_text),
        _ => {
            let value = column.get(row).ok().filter(|value| !value.is_null())?;
            Some(value.str_value().into_owned())
        }
    }
}

/// What a row has in some columns, and what is wrong with what is made of it, such as
/// `x = '12,50' (not readable)`.
pub(crate) fn named(
    frame: &DataFrame,
    columns: &[PlSmallStr],
    row: usize,
    failure: Failure,
) -> String {
    let column = |name: &PlSmallStr| {
        let series = frame.column(name).ok()?.as_materialized_series();
        let value = match shown(series, row) {
            None => "NULL".to_owned(),
            Some(text) if *series.dtype() == DataType::String => format!("'{text}'"),
            Some(text) => text,
        };
        Some(format!("{name} = {value}"))
    };
    let columns: Vec<_> = columns.iter().filter_map(column).collect();
    format!("{} ({failure})", columns.join(", "))
}
