//! Histories as tests write them.

mod side_inputs;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use kohort_model::{Cause, Day, Input, Kind};

use super::{History, Id, Row, Span};
use crate::render::align;

/// The lines of one input: its column names, then cells.
type Lines<'a> = Vec<Vec<&'a str>>;

/// Rows of orders from a text table: a line of column names, then a line a row, cells separated
/// by blanks.
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
    parse_history(text).rows
}

/// A history of several inputs, each under a line with its name and a colon (`orders:` may be left
/// out at the start), as in [`parse_rows`] but for the columns:
///
/// | input | columns |
/// |---|---|
/// | `orders:` | those of [`parse_rows`] |
/// | `subscriptions:` | `customer`, `subscription`, `started`, `ended` (`-`: open), `value` (a month, in minor units; 0 of a trial, below zero of a discount), `reason`, `cause` (`voluntary`, `involuntary`, `unknown`), `cancelled` (a day or `-`), `updated` (as that of orders), and any other for a segment |
/// | `prospects:` | `customer`, `day` |
/// | `contacts:` | `customer`, `day`, `campaign`, `strategy`, `arm` (`sent` or `withheld`) |
/// | `surveys:` | `customer` (`-`: nobody knows), `day` (a time, as that of orders), `reason`, `lost_reason`, `score` |
/// | `touchpoints:` | `visitor`, `day` (a time), `step`, `cart`, `value`, `customer` |
/// | `identities:` | `visitor`, `customer` |
/// | `opportunities:` | `buyer`, `id`, `created`, `closed`, `outcome` (`won`, or as status), `stage`, `reason`, `competitor`, `updated`, `value` |
/// | `order_lines:` | `customer`, `order`, `day` (a time), `product`, `category`, `units`, `value` |
/// | `returns:` | `customer`, `order`, `day`, `product`, `reason`, `units`, `value` |
/// | `invoices:` | `customer`, `id`, `issued`, `due`, `paid`, `updated`, `amount` |
/// | `payments:` | `customer`, `id` (of the invoice), `day`, `amount` |
/// | `engagement:` | `customer`, `day`, `kind`, `value` (hundredths, 100 where it is left out) |
///
/// Customers are integers if those of all inputs are, and so are visitors, carts, the orders of lines
/// and returns, and other ids. A column that says nothing may be left out.
/// An input without its line is none that is empty.
///
/// # Panics
/// Where the text is no such table; the message has the line.
#[must_use]
pub fn parse_history(text: &str) -> History {
    let mut input = Input::Orders;
    let mut inputs: [Option<Lines<'_>>; Input::ALL.len()] = Default::default();
    for line in text.lines() {
        let cells: Vec<_> = line.split_whitespace().collect();
        match cells[..] {
            [] => {}
            [first, ..] if first.starts_with('#') => {}
            [name] if name.ends_with(':') => {
                let named = |input: &Input| name == format!("{}:", input.name());
                input = Input::ALL.into_iter().find(named).expect("the name of an input");
                inputs[input as usize].get_or_insert_default();
            }
            _ => inputs[input as usize].get_or_insert_default().push(cells),
        }
    }
    for lines in inputs.iter().flatten() {
        for line in lines {
            let header = &lines[0];
            assert_eq!(line.len(), header.len(), "cells of {line:?}, one each of {header:?}");
        }
    }
    let all = |column| inputs.iter().flatten().flat_map(move |lines| cells_of(lines, column));
    let is_integer = |cell: &str| cell.parse::<u64>().is_ok();
    let has_integers = |column| all(column).filter(|cell| *cell != "-").all(is_integer);
    let has_orders = |input: Input| {
        inputs[input as usize].iter().flat_map(|lines| cells_of(lines, "order")).all(is_integer)
    };
    let ids = Ids {
        customers: has_integers("customer") && has_integers("buyer"),
        orders: has_orders(Input::Orders),
        goods: has_orders(Input::OrderLines) && has_orders(Input::Returns),
        subscriptions: has_integers("subscription"),
        visitors: has_integers("visitor"),
        carts: has_integers("cart"),
        numbers: has_integers("id"),
    };
    let lines = |input: Input| inputs[input as usize].as_ref();
    let history = History {
        rows: lines(Input::Orders)
            .map(|lines| rows_of(lines, |line| row(line, ids)))
            .unwrap_or_default(),
        spans: lines(Input::Subscriptions)
            .map(|lines| rows_of(lines, |line| span(line, ids)))
            .unwrap_or_default(),
        ..History::default()
    };
    side_inputs::read(history, &inputs, ids)
}

/// Which ids are integers.
#[expect(clippy::struct_excessive_bools, reason = "those of each kind are integers or not")]
#[derive(Clone, Copy)]
struct Ids {
    customers: bool,
    orders: bool,
    /// The orders of lines and returns.
    goods: bool,
    subscriptions: bool,
    visitors: bool,
    carts: bool,
    /// Those of opportunities, and of invoices and payments.
    numbers: bool,
}

fn cells_of<'a>(lines: &Lines<'a>, column: &str) -> Vec<&'a str> {
    let at = lines.first().and_then(|header| header.iter().position(|name| *name == column));
    at.map_or_else(Vec::new, |at| lines[1..].iter().map(|line| line[at]).collect())
}

/// Column names and cells of a row.
type Line<'a> = &'a [(&'a str, &'a str)];

fn rows_of<T>(lines: &Lines<'_>, row: impl Fn(Line<'_>) -> T) -> Vec<T> {
    let Some((header, lines)) = lines.split_first() else { return Vec::new() };
    let named =
        |line: &Vec<_>| header.iter().copied().zip(line.iter().copied()).collect::<Vec<_>>();
    lines.iter().map(|line| row(&named(line))).collect()
}

fn row(line: Line<'_>, ids: Ids) -> Row {
    let mut row = Row::new(Id::Integer(0), Day(0), 0);
    for &(name, cell) in line {
        match name {
            "customer" => row.customer = id(cell, ids.customers),
            "order" => row.order = Some(id(cell, ids.orders)),
            "day" => (row.day, row.instant) = time(cell),
            "value" => row.value = integer(cell),
            "status" => row.kind = status(cell),
            "reason" => row.reason = optional(cell),
            "updated" => row.updated = integer(cell),
            _ => row.segments.push(optional(cell)),
        }
    }
    row
}

fn span(line: Line<'_>, ids: Ids) -> Span {
    let mut span = Span::new(Id::Integer(0), Id::Integer(0), Day(0), 0);
    for &(name, cell) in line {
        match name {
            "customer" => span.customer = id(cell, ids.customers),
            "subscription" => span.subscription = id(cell, ids.subscriptions),
            "started" => span.started = time(cell).0,
            "ended" => span.ended = day_or_none(cell),
            "value" => span.value = integer(cell),
            "reason" => span.reason = optional(cell),
            "cause" => span.cause = cause(cell),
            "cancelled" => span.cancelled = day_or_none(cell),
            "updated" => span.updated = integer(cell),
            _ => span.segments.push(optional(cell)),
        }
    }
    span
}

fn id(cell: &str, is_integer: bool) -> Id {
    match cell.parse() {
        Ok(n) if is_integer => Id::Integer(n),
        _ => Id::Text(cell.to_owned()),
    }
}

fn integer(cell: &str) -> i64 {
    cell.parse().unwrap_or_else(|e| panic!("{cell:?} is no integer: {e}"))
}

fn day_or_none(cell: &str) -> Option<Day> {
    (cell != "-").then(|| time(cell).0)
}

fn optional(cell: &str) -> Option<String> {
    match cell {
        "-" => None,
        "\"\"" => Some(String::new()),
        text => Some(text.to_owned()),
    }
}

fn status(cell: &str) -> Kind {
    match cell {
        "completed" => Kind::Completed,
        "lost" => Kind::Lost,
        "open" => Kind::Open,
        "ignored" => Kind::Ignored,
        other => panic!("{other:?} is no status: completed, lost, open or ignored"),
    }
}

fn cause(cell: &str) -> Cause {
    match cell {
        "voluntary" => Cause::Voluntary,
        "involuntary" => Cause::Involuntary,
        "unknown" => Cause::Unknown,
        other => panic!("{other:?} is no cause: voluntary, involuntary or unknown"),
    }
}

fn arm(cell: &str) -> bool {
    match cell {
        "sent" => false,
        "withheld" => true,
        other => panic!("{other:?} is no arm: sent or withheld"),
    }
}

fn time(cell: &str) -> (Day, i64) {
    let time = cell
        .parse::<NaiveDateTime>()
        .or_else(|_| NaiveDateTime::parse_from_str(cell, "%Y-%m-%dT%H:%M"))
        .or_else(|_| cell.parse::<NaiveDate>().map(|date| date.and_time(NaiveTime::MIN)))
        .unwrap_or_else(|e| panic!("{cell:?} is neither a day nor a time: {e}"));
    (time.date().into(), time.and_utc().timestamp_micros())
}

/// A history as text that [`parse_history`] reads back, with a column for each named segment.
///
/// # Panics
/// Where an instant is no time of the calendar, or some orders have an id and others none.
#[must_use]
pub fn render_history(history: &History, segments: &[&str]) -> String {
    let History { rows, spans, .. } = history;
    let mut parts = Vec::new();
    let mut part = |input: Input, columns: &[&str], lines: Vec<Vec<String>>| {
        let mut table = vec![columns.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()];
        table.extend(lines);
        parts.push(format!("{}:\n{}", input.name(), align(&table)));
    };
    let with_segments = |columns: &[&'static str]| {
        columns.iter().copied().chain(segments.iter().copied()).collect::<Vec<_>>()
    };
    if !rows.is_empty() {
        let has_orders = rows.iter().any(|r| r.order.is_some());
        let mut columns = vec!["customer", "day", "value", "status", "reason", "updated"];
        columns.extend(has_orders.then_some("order"));
        part(Input::Orders, &with_segments(&columns), rows.iter().map(row_cells).collect());
    }
    if !spans.is_empty() {
        let columns = with_segments(&[
            "customer",
            "subscription",
            "started",
            "ended",
            "value",
            "reason",
            "cause",
            "cancelled",
            "updated",
        ]);
        part(Input::Subscriptions, &columns, spans.iter().map(span_cells).collect());
    }
    side_inputs::write(history, part);
    parts.concat()
}

fn text(text: Option<&str>) -> String {
    match text {
        None => "-".to_owned(),
        Some("") => "\"\"".to_owned(),
        Some(text) => text.to_owned(),
    }
}

fn instant(micros: i64) -> String {
    let time = DateTime::from_timestamp_micros(micros).expect("a time of the calendar");
    time.naive_utc().format("%FT%T%.f").to_string()
}

fn row_cells(row: &Row) -> Vec<String> {
    let mut cells = vec![
        row.customer.to_string(),
        instant(row.instant),
        row.value.to_string(),
        format!("{:?}", row.kind).to_lowercase(),
        text(row.reason.as_deref()),
        row.updated.to_string(),
    ];
    cells.extend(row.order.as_ref().map(Id::to_string));
    cells.extend(row.segments.iter().map(|value| text(value.as_deref())));
    cells
}

fn span_cells(span: &Span) -> Vec<String> {
    let day_or_none = |day: Option<Day>| day.map_or_else(|| "-".to_owned(), |day| day.to_string());
    let mut cells = vec![
        span.customer.to_string(),
        span.subscription.to_string(),
        span.started.to_string(),
        day_or_none(span.ended),
        span.value.to_string(),
        text(span.reason.as_deref()),
        format!("{:?}", span.cause).to_lowercase(),
        day_or_none(span.cancelled),
        span.updated.to_string(),
    ];
    cells.extend(span.segments.iter().map(|value| text(value.as_deref())));
    cells
}

#[cfg(test)]
mod tests {
    use super::super::{Answer, Contact, MICROS_PER_DAY};
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
        let text = render_history(&rows.clone().into(), &["country", "tier"]);
        assert_eq!(parse_rows(&text), rows);
    }

    #[test]
    fn several_inputs_make_a_history() {
        let history = parse_history(
            "subscriptions:
             customer subscription started    ended      value reason cause       cancelled plan
             7        1            1970-01-02 -          50    -      unknown     -         a
             8        2            1970-01-02 1970-01-03 0     price  involuntary 1970-01-01 -
             prospects:
             contacts:
             customer day        campaign strategy arm
             7        1970-01-05 -        \"\"     withheld
             surveys:
             customer day        reason
             x        1970-01-06 -",
        );
        let id = |text: &str| Id::Text(text.into());
        let span = Span::new(id("7"), Id::Integer(1), Day(1), 50);
        let expected = History {
            rows: vec![],
            spans: vec![
                Span { segments: vec![Some("a".into())], ..span },
                Span {
                    ended: Some(Day(2)),
                    reason: Some("price".into()),
                    cause: Cause::Involuntary,
                    cancelled: Some(Day(0)),
                    segments: vec![None],
                    ..Span::new(id("8"), Id::Integer(2), Day(1), 0)
                },
            ],
            prospects: Some(vec![]),
            contacts: Some(vec![Contact {
                customer: id("7"),
                day: Day(4),
                campaign: None,
                strategy: Some(String::new()),
                is_holdout: true,
            }]),
            surveys: Some(vec![Answer {
                customer: Some(id("x")),
                day: Day(5),
                instant: 5 * MICROS_PER_DAY,
                reason: None,
                lost_reason: None,
                score: None,
            }]),
            ..History::default()
        };
        assert_eq!(history, expected);
        assert_eq!(parse_history(&render_history(&history, &["plan"])), history);
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
