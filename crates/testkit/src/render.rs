//! Tables as text that can be pasted into a test.

use kohort_model::{Cell, Id};

use crate::compare::{AsRows, cell};

/// The named columns as a table: a line of names, then a line a row, aligned. NULL is `-`, money
/// is in minor units, floats have up to six decimal places, an empty text is `""`.
#[must_use]
pub fn render(table: &(impl AsRows + ?Sized), columns: &[&str]) -> String {
    let mut lines = vec![columns.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()];
    for row in table.as_rows() {
        lines.push(columns.iter().map(|name| render_cell(cell(&row, name))).collect());
    }
    align(&lines)
}

/// Cells in columns of equal width, one blank between them.
pub(crate) fn align(lines: &[Vec<String>]) -> String {
    let width = |at: usize| lines.iter().map(|l| l[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<_> = (0..lines[0].len()).map(width).collect();
    let line = |cells: &Vec<String>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join(" ").trim_end().to_owned() + "\n"
    };
    lines.iter().map(line).collect()
}

pub(crate) fn render_cell(cell: &Cell) -> String {
    match cell {
        Cell::Null => "-".to_owned(),
        Cell::Text(text) if text.is_empty() => "\"\"".to_owned(),
        // A blank would end the cell.
        Cell::Text(text) => text.replace(char::is_whitespace, "_"),
        Cell::Date(day) => day.to_string(),
        Cell::Int(n) => n.to_string(),
        Cell::Money(n) => n.to_string(),
        Cell::Bool(b) => b.to_string(),
        Cell::Id(Id::Integer(n)) => n.to_string(),
        Cell::Id(Id::Bytes(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        Cell::Float(x) => {
            let text = format!("{x:.6}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    }
}

/// Asserts that a table reads as `expected`, whose first line names the columns to look at.
/// Blanks between cells and lines without any are of no importance.
///
/// # Panics
/// Where it reads otherwise; the message has both, and the actual one can be pasted back.
#[track_caller]
pub fn assert_text(actual: &(impl AsRows + ?Sized), expected: &str) {
    let cells = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let lines: Vec<_> = expected.lines().map(cells).filter(|l| !l.is_empty()).collect();
    let names: Vec<_> =
        lines.first().expect("a line of column names").iter().map(String::as_str).collect();
    for line in &lines {
        assert_eq!(line.len(), names.len(), "cells of {line:?}, one each of {names:?}");
    }
    let (actual, expected) = (render(actual, &names), align(&lines));
    assert!(actual == expected, "the table reads\n{actual}\nbut was expected to read\n{expected}");
}

#[cfg(test)]
mod tests {
    use kohort_model::Day;

    use super::*;
    use crate::compare::NaiveRow;

    fn rows() -> Vec<NaiveRow> {
        let row = |day, name: &'static str, x| {
            vec![
                ("day".into(), Cell::from(Day(day))),
                ("name".into(), name.into()),
                ("x".into(), x),
            ]
        };
        vec![row(0, "", Cell::Null), row(1, "two words", (1.0 / 3.0).into())]
    }

    #[test]
    fn tables_read_as_text() {
        let text = "day        x        name\n\
                    1970-01-01 -        \"\"\n\
                    1970-01-02 0.333333 two_words\n";
        assert_eq!(render(&rows(), &["day", "x", "name"]), text);
        assert_text(&rows(), &text.replace('\n', "\n\n   "));
    }

    #[test]
    #[should_panic(expected = "but was expected to read\nday        x\n1970-01-01 0\n")]
    fn another_text_is_refused() {
        assert_text(&rows(), "day x\n1970-01-01 0");
    }

    #[test]
    #[should_panic(expected = "no column \"y\", there are [\"day\", \"name\", \"x\"]")]
    fn an_unknown_column_is_refused() {
        let _ = render(&rows(), &["y"]);
    }
}
