//! Tables that are no heatmap, as aligned text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::NULL;
use super::frame::Frame;
use crate::grid::Grid;

/// The rows with these columns. A star after the period marks what is not complete.
pub fn grid(frame: &Frame, columns: &[String]) -> Grid {
    let header = columns.iter().map(|column| (header(frame, column), frame.align(column)));
    let mut grid = Grid::new(header);
    for row in 0..frame.len() {
        grid.row(columns.iter().map(|column| cell(frame, column, row)));
    }
    grid
}

/// A row for each step: of `columns` those in `each` once for every value of `by`, then also their
/// names.
pub fn across(frame: &Frame, columns: &[String], by: &str, each: &[&str]) -> (Grid, Vec<String>) {
    let mut values = Vec::new();
    let mut steps: BTreeMap<_, Vec<(String, usize)>> = BTreeMap::new();
    for row in 0..frame.len() {
        let value = frame.text(by, row);
        if !values.contains(&value) {
            values.push(value.clone());
        }
        steps.entry(frame.integer("step", row)).or_default().push((value, row));
    }
    let mut places: Vec<(&String, Option<&String>)> = Vec::new();
    for column in columns {
        if each.contains(&column.as_str()) {
            places.extend(values.iter().map(|value| (column, Some(value))));
        } else {
            places.push((column, None));
        }
    }
    let name = |(column, value): &(&String, Option<&String>)| match value {
        Some(value) => format!("{column}_{value}"),
        None => header(frame, column),
    };
    let names: Vec<_> = places.iter().map(name).collect();
    let header = names.iter().zip(&places).map(|(name, (column, _))| (name, frame.align(column)));
    let mut grid = Grid::new(header);
    for rows in steps.values() {
        grid.row(places.iter().map(|(column, value)| {
            let row = rows.iter().find(|(found, _)| value.is_none_or(|value| value == found));
            row.map_or_else(|| NULL.to_owned(), |(_, row)| cell(frame, column, *row))
        }));
    }
    (grid, names)
}

/// What the marks in rows with these columns mean, where there are any.
pub fn legend(frame: &Frame, columns: &[String]) -> String {
    let is_marked = columns.iter().any(|column| MARKED.contains(&column.as_str()));
    let incomplete = (0..frame.len()).any(|row| !frame.is_final(row));
    let mut legend = String::new();
    if is_marked && incomplete {
        legend.push_str("* not complete yet\n");
    }
    let cells = columns.iter().flat_map(|column| (0..frame.len()).map(move |row| (column, row)));
    let above: BTreeSet<_> =
        cells.filter_map(|(column, row)| frame.above_one(column, row)).collect();
    for why in above {
        let _ = writeln!(legend, "{ABOVE} above 100 %: {why}");
    }
    legend
}

/// What marks a share above 100 %.
const ABOVE: char = '†';

/// The columns with a star where the row is not complete.
const MARKED: [&str; 2] = ["period", "step_start"];

fn cell(frame: &Frame, column: &str, row: usize) -> String {
    let text = frame.text(column, row);
    if MARKED.contains(&column) && !frame.is_final(row) {
        text + "*"
    } else if frame.above_one(column, row).is_some() {
        format!("{text}{ABOVE}")
    } else {
        text
    }
}

fn header(frame: &Frame, column: &str) -> String {
    if frame.is_share(column) { format!("{column} %") } else { column.to_owned() }
}

/// Which periods the rows are of, as `12 periods from 2024-01-01 to 2024-12-01`.
pub fn periods(frame: &Frame) -> String {
    let number = frame.integers("period").len();
    let rows = || 0..frame.len();
    let first = rows().min_by_key(|row| frame.day("period", *row));
    let last = rows().max_by_key(|row| frame.day("period", *row));
    let text = |row| cell(frame, "period", row);
    match (first.map(text), last.map(text)) {
        (Some(first), Some(last)) if number > 1 => {
            format!("{number} periods from {first} to {last}")
        }
        (Some(first), _) => format!("the period {first}"),
        _ => "no period".to_owned(),
    }
}
