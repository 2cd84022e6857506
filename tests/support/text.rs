//! Tables as text: a line of names, then a line a row, cells separated by blanks. `-` is NULL, a
//! text that is empty or has blanks stands in double quotes, a line that starts with `#` is a
//! comment.

/// A cell; `None` is NULL.
pub type Cell = Option<String>;

/// A table as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextTable {
    /// The comments above it, as they stand.
    pub comments: Vec<String>,
    pub names: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

impl TextTable {
    /// The table in `text`.
    pub fn parse(text: &str) -> Self {
        let (comments, lines): (Vec<_>, Vec<_>) =
            text.lines().filter(|line| !line.trim().is_empty()).partition(|l| l.starts_with('#'));
        let mut lines = lines.into_iter().map(cells);
        let names: Vec<_> = lines.next().expect("a line of names").into_iter().flatten().collect();
        let rows: Vec<_> = lines.collect();
        for row in &rows {
            assert_eq!(row.len(), names.len(), "cells of {row:?}, one each of {names:?}");
        }
        Self { comments: comments.into_iter().map(str::to_owned).collect(), names, rows }
    }

    /// The table with its columns aligned; numbers stand to the left as all else does, so that a
    /// longer one moves no line but its own.
    pub fn render(&self) -> String {
        let header = self.names.iter().map(|name| quoted(Some(name))).collect();
        let rows = self.rows.iter().map(|row| row.iter().map(|c| quoted(c.as_deref())).collect());
        let lines: Vec<Vec<String>> = std::iter::once(header).chain(rows).collect();
        let width = |at: usize| lines.iter().map(|line| line[at].chars().count()).max();
        let widths: Vec<_> = (0..self.names.len()).map(|at| width(at).unwrap_or(0)).collect();
        let mut text = String::new();
        for comment in &self.comments {
            text.push_str(comment);
            text.push('\n');
        }
        for line in &lines {
            let padded = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            text.push_str(padded.collect::<Vec<_>>().join("  ").trim_end());
            text.push('\n');
        }
        text
    }
}

/// The cells of a line.
fn cells(line: &str) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let (cell, after) = if let Some(open) = rest.strip_prefix('"') {
            let (cell, after) = open.split_once('"').expect("a quote that closes");
            (Some(cell.to_owned()), after)
        } else {
            let (cell, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            ((cell != "-").then(|| cell.to_owned()), after)
        };
        cells.push(cell);
        rest = after.trim_start();
    }
    cells
}

fn quoted(cell: Option<&str>) -> String {
    match cell {
        None => "-".to_owned(),
        Some(text) if text.is_empty() || text == "-" || text.contains(char::is_whitespace) => {
            format!("\"{text}\"")
        }
        Some(text) => text.to_owned(),
    }
}

#[test]
fn what_is_written_is_read_back() {
    let text =
        "# a comment\nname       n  when\n\"two words\"  1  2024-02-29\n-  -  \"\"\n\"-\" 3 x";
    let table = TextTable::parse(text);
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(table.rows[0], [some("two words"), some("1"), some("2024-02-29")]);
    assert_eq!(table.rows[1], [None, None, some("")]);
    assert_eq!(table.rows[2], [some("-"), some("3"), some("x")]);
    assert_eq!(TextTable::parse(&table.render()), table);
}
