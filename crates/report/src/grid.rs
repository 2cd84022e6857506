//! Aligned columns of text.

use std::fmt;

use kohort_model::shown;

/// Which side of its column a text keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A header, which is wrapped at underscores, over rows of cells.
#[derive(Clone, Debug)]
pub struct Grid {
    columns: Vec<Column>,
    rows: usize,
}

#[derive(Clone, Debug)]
struct Column {
    header: Vec<String>,
    align: Align,
    cells: Vec<String>,
    width: usize,
}

/// Headers that are longer are wrapped where their parts are shorter.
const HEADER_WIDTH: usize = 12;
const GAP: usize = 2;

impl Grid {
    /// A table without rows.
    pub fn new<N: Into<String>>(columns: impl IntoIterator<Item = (N, Align)>) -> Self {
        let column = |(name, align): (N, Align)| {
            let header = wrap(&shown(&name.into()));
            let width = header.iter().map(|line| length(line)).max().unwrap_or(0);
            Column { header, align, cells: Vec::new(), width }
        };
        Self { columns: columns.into_iter().map(column).collect(), rows: 0 }
    }

    /// Adds a row, a cell for each column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            // Escapes take places too, and a row stays a line.
            let cell = shown(&cell).into_owned();
            column.width = column.width.max(length(&cell));
            column.cells.push(cell);
        }
        self.rows += 1;
    }

    /// Drops the last columns that do not fit into `width`, but never the first one, and says how
    /// many.
    pub fn fit(&mut self, width: usize) -> usize {
        let mut end = 0;
        let fitting = self.columns.iter().take_while(|column| {
            end += column.width + GAP;
            end - GAP <= width
        });
        let fitting = fitting.count().max(1).min(self.columns.len());
        self.columns.drain(fitting..).count()
    }
}

impl fmt::Display for Grid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let height = self.columns.iter().map(|column| column.header.len()).max().unwrap_or(0);
        for i in 0..height {
            // Short headers stand on the rule, not in the air.
            line(f, &self.columns, |column| {
                let skip = height - column.header.len();
                i.checked_sub(skip).map_or("", |i| &column.header[i])
            })?;
        }
        let rules: Vec<_> = self.columns.iter().map(|column| "─".repeat(column.width)).collect();
        writeln!(f, "{}", rules.join(&" ".repeat(GAP)))?;
        for row in 0..self.rows {
            line(f, &self.columns, |column| &column.cells[row])?;
        }
        Ok(())
    }
}

fn line<'a>(
    f: &mut fmt::Formatter<'_>,
    columns: &'a [Column],
    cell: impl Fn(&'a Column) -> &'a str,
) -> fmt::Result {
    let mut text = String::new();
    for column in columns {
        let cell = cell(column);
        let space = " ".repeat(column.width - length(cell));
        match column.align {
            Align::Left => text.extend([cell, &space]),
            Align::Right => text.extend([&space, cell]),
        }
        text.push_str(&" ".repeat(GAP));
    }
    writeln!(f, "{}", text.trim_end())
}

/// Places that a text takes: one per character.
pub(crate) fn length(text: &str) -> usize {
    text.chars().count()
}

/// `gross_revenue_churn_rate` as `gross_`, `revenue_`, `churn_rate`.
fn wrap(name: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for part in name.split_inclusive('_') {
        let last = lines.last_mut().expect("starts with one line and only grows");
        if last.is_empty() || length(last) + length(part) <= HEADER_WIDTH {
            last.push_str(part);
        } else {
            lines.push(part.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Grid {
        let mut grid = Grid::new([
            ("period", Align::Left),
            ("gross_revenue_churn_rate", Align::Right),
            ("buyers", Align::Right),
        ]);
        grid.row(["2024-01-01", "4.2", "1,204"].map(str::to_owned));
        grid.row(["2024-02-01*", "–", "7"].map(str::to_owned));
        grid
    }

    #[test]
    fn columns_are_aligned() {
        insta::assert_snapshot!(example(), @r#"
                         gross_
                       revenue_
        period       churn_rate  buyers
        ───────────  ──────────  ──────
        2024-01-01          4.2   1,204
        2024-02-01*           –       7
        "#);
    }

    #[test]
    fn a_row_is_a_line_and_moves_no_cursor() {
        let mut grid = Grid::new([("a\u{1b}", Align::Left), ("b", Align::Right)]);
        grid.row(["\u{202e}x\n", "1"].map(str::to_owned));
        insta::assert_snapshot!(grid, @r"
        a\u{1b}      b
        ───────────  ─
        \u{202e}x\n  1
        ");
    }

    #[test]
    fn what_does_not_fit_is_dropped() {
        for (width, expected) in [(31, 0), (30, 1), (5, 2)] {
            assert_eq!(example().fit(width), expected, "{width} places");
        }
    }
}
