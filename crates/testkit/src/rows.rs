//! Order histories as tests write them.

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use kohort_model::{Day, Kind};

use crate::render::align;

/// Microseconds of a day.
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The id of a customer or an order. Those of one input are all of one variant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Id {
    /// Compared as a number.
    Integer(u64),
    /// Compared as bytes.
    Text(String),
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(n) => n.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

/// One accepted row of an order history.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// Who ordered.
    pub customer: Id,
    /// The order, where the input says which: in every row or in none.
    pub order: Option<Id>,
    /// The day, business-local.
    pub day: Day,
    /// Microseconds since 1970-01-01, business-local; midnight where only the day is known.
    pub instant: i64,
    /// What became of it.
    pub kind: Kind,
    /// Value in minor units.
    pub value: i64,
    /// Why it was lost.
    pub reason: Option<String>,
    /// Microseconds of the last update; 0 where the input has none.
    pub updated: i64,
    /// One value a segment, in the order of the settings.
    pub segments: Vec<Option<String>>,
}

impl Row {
    /// A completed order on `day`, at midnight, without anything else.
    #[must_use]
    pub fn new(customer: Id, day: Day, value: i64) -> Self {
        Self {
            customer,
            order: None,
            day,
            instant: i64::from(day.0) * MICROS_PER_DAY,
            kind: Kind::Completed,
            value,
            reason: None,
            updated: 0,
            segments: Vec::new(),
        }
    }

    /// The same row, `micros` microseconds after midnight of its day.
    #[must_use]
    pub fn at(mut self, micros: i64) -> Self {
        self.instant = i64::from(self.day.0) * MICROS_PER_DAY + micros;
        self
    }
}

/// Rows from a text table: a line of column names, then a line a row, cells separated by blanks.
///
/// | column | cell |
/// |---|---|
/// | `customer` | any text; integers if all of the column are |
/// | `order` | the same |
/// | `day` | `2024-02-29`, or `2024-02-29T10:30` where the instant matters |
/// | `value` | minor units |
/// | `status` | `completed` (where there is no such column), `lost`, `open`, `ignored` |
/// | `reason` | any text |
/// | `updated` | microseconds, any integer |
/// | any other | value of a segment, in the order of the columns |
///
/// `-` is a missing reason or segment value; `""` is an empty text. A blank line or one
/// that starts with `#` is none.
///
/// # Panics
/// Where the text is no such table; the message has the line.
#[must_use]
pub fn parse_rows(text: &str) -> Vec<Row> {
    let mut lines = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|cells| cells.first().is_some_and(|first| !first.starts_with('#')));
    let header = lines.next().expect("a line of column names");
    let lines: Vec<_> = lines.collect();
    for line in &lines {
        assert_eq!(line.len(), header.len(), "cells of {line:?}, one each of {header:?}");
    }
    let are_integers = |column: &str| {
        let at = header.iter().position(|name| *name == column);
        at.is_some_and(|at| lines.iter().all(|line| line[at].parse::<u64>().is_ok()))
    };
    let (integer_customers, integer_orders) = (are_integers("customer"), are_integers("order"));
    lines
        .iter()
        .map(|line| {
            let mut row = Row::new(Id::Integer(0), Day(0), 0);
            for (name, cell) in header.iter().zip(line) {
                match *name {
                    "customer" => row.customer = parse_id(cell, integer_customers),
                    "order" => row.order = Some(parse_id(cell, integer_orders)),
                    "day" => (row.day, row.instant) = parse_time(cell),
                    "value" => row.value = parse_integer(cell),
                    "status" => row.kind = parse_status(cell),
                    "reason" => row.reason = parse_text(cell),
                    "updated" => row.updated = parse_integer(cell),
                    _ => row.segments.push(parse_text(cell)),
                }
            }
            row
        })
        .collect()
}

fn parse_id(cell: &str, integer: bool) -> Id {
    match cell.parse() {
        Ok(n) if integer => Id::Integer(n),
        _ => Id::Text(cell.to_owned()),
    }
}

fn parse_integer(cell: &str) -> i64 {
    cell.parse().unwrap_or_else(|e| panic!("{cell:?} is no integer: {e}"))
}

fn parse_text(cell: &str) -> Option<String> {
    match cell {
        "-" => None,
        "\"\"" => Some(String::new()),
        text => Some(text.to_owned()),
    }
}

fn parse_status(cell: &str) -> Kind {
    match cell {
        "completed" => Kind::Completed,
        "lost" => Kind::Lost,
        "open" => Kind::Open,
        "ignored" => Kind::Ignored,
        other => panic!("{other:?} is no status: completed, lost, open or ignored"),
    }
}

fn parse_time(cell: &str) -> (Day, i64) {
    let time = cell
        .parse::<NaiveDateTime>()
        .or_else(|_| NaiveDateTime::parse_from_str(cell, "%Y-%m-%dT%H:%M"))
        .or_else(|_| cell.parse::<NaiveDate>().map(|date| date.and_time(chrono::NaiveTime::MIN)))
        .unwrap_or_else(|e| panic!("{cell:?} is neither a day nor a time: {e}"));
    (time.date().into(), time.and_utc().timestamp_micros())
}

/// Rows as text that [`parse_rows`] reads back, with a column for each named segment.
///
/// # Panics
/// Where an instant is no time of the calendar.
#[must_use]
pub fn render_rows(rows: &[Row], segments: &[&str]) -> String {
    let text = |text: &Option<String>| match text.as_deref() {
        None => "-".to_owned(),
        Some("") => "\"\"".to_owned(),
        Some(text) => text.to_owned(),
    };
    let has_orders = rows.iter().any(|r| r.order.is_some());
    let mut header = vec!["customer"];
    header.extend(has_orders.then_some("order"));
    header.extend(["day", "value", "status", "reason", "updated"]);
    header.extend(segments);
    let mut lines = vec![header.into_iter().map(str::to_owned).collect::<Vec<_>>()];
    for row in rows {
        let time = DateTime::from_timestamp_micros(row.instant).expect("a time of the calendar");
        let mut line = vec![row.customer.to_string()];
        line.extend(has_orders.then(|| row.order.as_ref().map_or("-".into(), Id::to_string)));
        line.push(time.naive_utc().format("%FT%T%.f").to_string());
        line.push(row.value.to_string());
        line.push(format!("{:?}", row.kind).to_lowercase());
        line.push(text(&row.reason));
        line.push(row.updated.to_string());
        line.extend(row.segments.iter().map(text));
        lines.push(line);
    }
    align(&lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_table_becomes_rows() {
        let rows = parse_rows(
            "customer order day              value status reason country tier
             # a comment
             7        a1    2024-02-29       100   lost   price  DE      -

             12       3     1970-01-02T00:01 -5    completed - -    \"\"",
        );
        assert_eq!(
            rows,
            [
                Row {
                    customer: Id::Integer(7),
                    order: Some(Id::Text("a1".into())),
                    day: Day(19_782),
                    instant: 19_782 * MICROS_PER_DAY,
                    kind: Kind::Lost,
                    value: 100,
                    reason: Some("price".into()),
                    updated: 0,
                    segments: vec![Some("DE".into()), None],
                },
                Row {
                    customer: Id::Integer(12),
                    order: Some(Id::Text("3".into())),
                    day: Day(1),
                    instant: MICROS_PER_DAY + 60_000_000,
                    kind: Kind::Completed,
                    value: -5,
                    reason: None,
                    updated: 0,
                    segments: vec![None, Some(String::new())],
                },
            ]
        );
        assert_eq!(parse_rows(&render_rows(&rows, &["country", "tier"])), rows);
    }

    #[test]
    fn one_text_makes_a_column_of_texts() {
        let rows = parse_rows("customer day value\n 1 2024-01-01 1\n b 2024-01-01 1");
        assert_eq!(rows[0].customer, Id::Text("1".into()));
    }

    #[test]
    #[should_panic(expected = "\"sold\" is no status")]
    fn a_wrong_status_is_named() {
        let _ = parse_rows("customer day value status\n a 2024-01-01 1 sold");
    }
}
