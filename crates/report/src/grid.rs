//! Grids: aligned columns of text below a header.

use std::fmt;

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use kohort_model::shown;
use unicode_width::UnicodeWidthStr;

/// Which side of its column a text keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A header over rows of cells. Headers are wrapped at underscores; cells are lines, or where a width is
/// given wrapped to it.
#[derive(Clone, Debug)]
pub struct Grid {
    headers: Vec<Vec<String>>,
    aligns: Vec<Align>,
    rows: Vec<Vec<String>>,
}

/// Headers that are longer are wrapped where their parts are shorter.
const HEADER_WIDTH: usize = 12;
const GAP: usize = 2;

impl Grid {
    /// A table without rows.
    pub fn new<N: Into<String>>(columns: impl IntoIterator<Item = (N, Align)>) -> Self {
        let columns = columns.into_iter().map(|(name, align)| (wrap(&shown(&name.into())), align));
        let (headers, aligns): (Vec<_>, Vec<_>) = columns.unzip();
        Self { headers, aligns, rows: Vec::new() }
    }

    /// Adds a row, a cell for each column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        // Escapes take places too, and a row stays a line.
        let cells = cells.into_iter().map(|cell| shown(&cell).into_owned());
        self.rows.push(cells.take(self.headers.len()).collect());
    }

    /// Drops the last columns that do not fit into `width`, but never the first one, and says how
    /// many.
    pub fn fit(&mut self, width: usize) -> usize {
        let mut end = 0;
        let fitting = self.widths().take_while(|column| {
            end += column + GAP;
            end - GAP <= width
        });
        let (fitting, all) = (fitting.count().max(1), self.headers.len());
        self.headers.truncate(fitting);
        self.aligns.truncate(fitting);
        self.rows.iter_mut().for_each(|row| row.truncate(fitting));
        all - self.headers.len()
    }

    /// Places that each column takes.
    fn widths(&self) -> impl Iterator<Item = usize> {
        (0..self.headers.len()).map(|column| {
            let header = self.headers[column].iter();
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            header.chain(cells).map(|text| length(text)).max().unwrap_or(0)
        })
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        let height = self.headers.iter().map(Vec::len).max().unwrap_or(0);
        // Short headers are on the rule, not in the air.
        table.set_header(self.headers.iter().map(|header| {
            let above = std::iter::repeat_n("", height - header.len());
            above.chain(header.iter().map(String::as_str)).collect::<Vec<_>>().join("\n")
        }));
        table.add_row(self.widths().map(|width| "─".repeat(width)));
        table.add_rows(self.rows.iter().map(|row| row.iter().map(Cell::new)));
        for (column, align) in table.column_iter_mut().zip(&self.aligns) {
            column.set_padding((0, u16::try_from(GAP).unwrap_or(0)));
            if *align == Align::Right {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table
    }
}

impl fmt::Display for Grid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.table().lines().try_for_each(|line| writeln!(f, "{}", line.trim_end()))
    }
}

/// Places that a text takes on a terminal: two for each wide character.
pub(crate) fn length(text: &str) -> usize {
    text.width()
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
    fn wide_characters_take_two_places() {
        let mut grid = Grid::new([("country", Align::Left), ("売上", Align::Right)]);
        grid.row(["日本", "1,204"].map(str::to_owned));
        grid.row(["Österreich", "7"].map(str::to_owned));
        insta::assert_snapshot!(grid, @r"
        country      売上
        ──────────  ─────
        日本        1,204
        Österreich      7
        ");
    }

    #[test]
    fn what_does_not_fit_is_dropped() {
        for (width, expected) in [(31, 0), (30, 1), (5, 2)] {
            assert_eq!(example().fit(width), expected, "{width} places");
        }
    }
}
