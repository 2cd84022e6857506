//! Rows of tables, and what differs between two of them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use kohort_model::{Cell, Table, Values};

use crate::render::render_cell;

/// A row: each column's name with its value, in the order of the columns.
pub type NaiveRow = Vec<(Cow<'static, str>, Cell)>;

/// Differences that a report shows.
const SHOWN: usize = 20;

/// Columns of floats that depend on the way they are computed. All others are one division, one
/// difference or a sum in a given order.
pub const ROUNDED: [&str; 13] = [
    "annualised_churn_rate",
    "p25_days",
    "p75_days",
    "p90_days",
    "uplift_low",
    "uplift_high",
    "nps_standard_error",
    "dso",
    "dso_average",
    "dso_countback",
    "best_possible_dso",
    "odds_ratio_low",
    "odds_ratio_high",
];

/// Anything that is a table.
pub trait AsRows {
    /// Its rows.
    fn as_rows(&self) -> Vec<NaiveRow>;
}

impl AsRows for Table {
    fn as_rows(&self) -> Vec<NaiveRow> {
        table_rows(self)
    }
}

impl AsRows for [NaiveRow] {
    fn as_rows(&self) -> Vec<NaiveRow> {
        self.to_vec()
    }
}

impl AsRows for Vec<NaiveRow> {
    fn as_rows(&self) -> Vec<NaiveRow> {
        self.clone()
    }
}

/// The rows of a table.
#[must_use]
pub fn table_rows(table: &Table) -> Vec<NaiveRow> {
    let names = table.schema().columns.iter().map(|c| Cow::Borrowed(c.name));
    let names = names.chain(table.more().iter().map(|name| Cow::Owned(name.to_string())));
    let columns: Vec<_> = names.zip(table.columns()).collect();
    let cells = |at: usize| columns.iter().map(|(c, v)| (c.clone(), cell_at(v, at))).collect();
    (0..table.rows()).map(cells).collect()
}

/// Rows without some of their columns.
///
/// # Panics
/// Where a row has no such column.
#[must_use]
pub fn without(mut rows: Vec<NaiveRow>, columns: &[&str]) -> Vec<NaiveRow> {
    for row in &mut rows {
        for column in columns {
            let _ = cell(row, column);
        }
        row.retain(|(column, _)| !columns.contains(&&**column));
    }
    rows
}

fn cell_at(values: &Values, at: usize) -> Cell {
    match values {
        Values::Text(v) => v[at].clone().into(),
        Values::Date(v) => v[at].into(),
        Values::Int32(v) => v[at].map(i64::from).into(),
        Values::Int64(v) => v[at].into(),
        Values::Float64(v) => v[at].into(),
        Values::Money(v) => v[at].into(),
        Values::Boolean(v) => v[at].into(),
        Values::Id(v) => v[at].clone().into(),
    }
}

/// The value of column `name`.
///
/// # Panics
/// Where the row has no such column.
#[must_use]
pub fn cell<'a>(row: &'a NaiveRow, name: &str) -> &'a Cell {
    let found = row.iter().find(|(column, _)| column == name).map(|(_, cell)| cell);
    found.unwrap_or_else(|| {
        let columns: Vec<_> = row.iter().map(|(column, _)| column).collect();
        panic!("no column {name:?}, there are {columns:?}")
    })
}

/// The integer in column `name`, 0 where it is NULL.
pub(crate) fn count(row: &NaiveRow, name: &str) -> i64 {
    match cell(row, name) {
        Cell::Int(n) => *n,
        Cell::Null => 0,
        other => panic!("{name} is no count: {other:?}"),
    }
}

/// The minor units in column `name`, 0 where it is NULL.
pub(crate) fn money(row: &NaiveRow, name: &str) -> i128 {
    match cell(row, name) {
        Cell::Money(n) => *n,
        Cell::Null => 0,
        other => panic!("{name} is no money: {other:?}"),
    }
}

/// The rows in which each named column has the value, written as [`crate::render`] writes it.
#[must_use]
pub fn pick(rows: &(impl AsRows + ?Sized), wanted: &[(&str, &str)]) -> Vec<NaiveRow> {
    let mut rows = rows.as_rows();
    rows.retain(|row| wanted.iter().all(|(name, text)| render_cell(cell(row, name)) == *text));
    rows
}

/// What differs between two tables, in lines that name the rows by their key; `None` where they
/// are the same, row for row and column for column. Floats are the same where they are equal,
/// except in [`ROUNDED`] columns, where they may differ by 1e-9 of their size.
#[must_use]
pub fn diff(actual: &[NaiveRow], expected: &[NaiveRow], key: &[&str]) -> Option<String> {
    let names = |row: &NaiveRow| row.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    if let (Some(a), Some(e)) = (actual.first(), expected.first())
        && names(a) != names(e)
    {
        return Some(format!("columns\n  actual   {:?}\n  expected {:?}\n", names(a), names(e)));
    }
    let key_of = |row: &NaiveRow| {
        let parts = key.iter().map(|name| format!("{name}={}", render_cell(cell(row, name))));
        parts.collect::<Vec<_>>().join(" ")
    };
    let mut lines = Vec::new();
    let mut expected_of = BTreeMap::new();
    for row in expected {
        if expected_of.insert(key_of(row), row).is_some() {
            lines.push(format!("twice in expected: {}", key_of(row)));
        }
    }
    for row in actual {
        match expected_of.remove(&key_of(row)) {
            None => lines.push(format!("only in actual: {}", key_of(row))),
            Some(other) => {
                let cells =
                    row.iter().zip(other).filter(|((name, a), (_, e))| !is_same(name, a, e));
                lines.extend(cells.map(|((name, a), (_, e))| {
                    format!("{}: {name} is {a:?}, expected {e:?}", key_of(row))
                }));
            }
        }
    }
    lines.extend(expected_of.keys().map(|key| format!("missing in actual: {key}")));
    if lines.is_empty() {
        let at = actual.iter().zip(expected).position(|(a, e)| key_of(a) != key_of(e));
        lines.extend(at.map(|at| format!("row {at} is out of order: {}", key_of(&actual[at]))));
    }
    (!lines.is_empty()).then(|| summary(&lines))
}

/// The first lines, and how many more there are.
fn summary(lines: &[String]) -> String {
    let mut text = format!("{} differences\n", lines.len());
    for line in lines.iter().take(SHOWN) {
        let _ = writeln!(text, "  {line}");
    }
    if lines.len() > SHOWN {
        let _ = writeln!(text, "  and {} more", lines.len() - SHOWN);
    }
    text
}

fn is_same(column: &str, a: &Cell, b: &Cell) -> bool {
    match (a, b) {
        (Cell::Float(a), Cell::Float(b)) if ROUNDED.contains(&column) => {
            // What is nearly zero is the difference of numbers up to 1.
            (a - b).abs() <= 1e-9 * a.abs().max(b.abs()) + 1e-12
        }
        _ => a == b,
    }
}

/// Asserts that a table has exactly the expected rows, in their order.
///
/// # Panics
/// Where it has not; the message has the first differences.
#[track_caller]
pub fn assert_same(actual: &Table, expected: &[NaiveRow]) {
    let schema = actual.schema();
    if let Some(text) = diff(&table_rows(actual), expected, schema.key) {
        panic!("{}: {text}", schema.name);
    }
}

#[cfg(test)]
mod tests {
    use kohort_model::{Column, Id, IdType, Scale, TableSchema};

    use super::*;

    fn row(period: &'static str, n: i64, rate: f64) -> NaiveRow {
        vec![
            ("period".into(), period.into()),
            ("n".into(), n.into()),
            ("p90_days".into(), rate.into()),
        ]
    }

    #[test]
    fn differences_name_row_and_column() {
        let expected = [row("a", 1, 0.5), row("b", 2, 0.25)];
        let cases = [
            (vec![row("a", 1, 0.5 + 1e-11), row("b", 2, 0.25)], None),
            (
                vec![row("a", 1, 0.5), row("b", 3, 0.26)],
                Some(
                    "2 differences\n  period=b: n is Int(3), expected Int(2)\n  \
                     period=b: p90_days is Float(0.26), expected Float(0.25)\n",
                ),
            ),
            (
                vec![row("a", 1, 0.5), row("c", 2, 0.25)],
                Some("2 differences\n  only in actual: period=c\n  missing in actual: period=b\n"),
            ),
            (
                vec![row("b", 2, 0.25), row("a", 1, 0.5)],
                Some("1 differences\n  row 0 is out of order: period=b\n"),
            ),
            (
                vec![row("a", 1, 0.5), row("a", 1, 0.5), row("b", 2, 0.25)],
                Some("1 differences\n  only in actual: period=a\n"),
            ),
            (
                vec![vec![("period".into(), "a".into())]],
                Some(
                    "columns\n  actual   [\"period\"]\n  expected [\"period\", \"n\", \"p90_days\"]\n",
                ),
            ),
        ];
        for (actual, text) in cases {
            assert_eq!(diff(&actual, &expected, &["period"]).as_deref(), text);
        }
    }

    #[test]
    fn a_rate_is_exact() {
        let rate = |x: f64| vec![vec![("rate".into(), x.into())]];
        assert_eq!(diff(&rate(0.1), &rate(0.1), &[]), None);
        assert!(diff(&rate(0.1), &rate(0.1 + 1e-16), &[]).is_some());
    }

    #[test]
    fn tables_with_ids_and_further_columns_become_rows() {
        static SCHEMA: TableSchema = TableSchema {
            name: "example",
            description: "",
            columns: &[Column::id("customer_id", ""), Column::money("value", "")],
            key: &["customer_id"],
            revisable: &[],
        };
        let more = vec!["segment_country".into()];
        let mut table = Table::of_ids(&SCHEMA, Scale::new(2).unwrap(), IdType::Text, more);
        let id = |text: &str| Id::Bytes(text.as_bytes().into());
        table.push_with([id("a").into(), 5_i128.into()], [Some("DE".into())]);
        table.push_with([id("b").into(), 6_i128.into()], [None]);
        let text = "customer_id value segment_country\n a 5 DE\n b 6 -";
        crate::assert_text(&table, text);
        let rows = without(table_rows(&table), &["value"]);
        let names: Vec<_> = rows[0].iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["customer_id", "segment_country"]);
    }

    #[test]
    fn rows_are_picked_by_their_text() {
        let rows = vec![row("a", 1, 0.5), row("b", 2, 0.5)];
        assert_eq!(pick(&rows, &[("p90_days", "0.5"), ("n", "2")]), [row("b", 2, 0.5)]);
    }
}
