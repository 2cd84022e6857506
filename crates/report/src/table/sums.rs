//! Rows of a table summed over the periods that are shown.

use std::collections::BTreeMap;

use super::NULL;
use super::frame::{Frame, share};
use kohort_model::view::{Ratio, Summed, Sums};

use crate::grid::{Align, Grid};

/// What became of the rows.
pub struct SumRows {
    pub grid: Grid,
    /// Rows that are left out.
    pub hidden: usize,
    /// Whether a row is marked because its attribution window is not over.
    pub has_open: bool,
    /// Columns that have no value in groups of several rows, where there is such.
    pub unsummed: Vec<&'static str>,
}

/// The sums of `rows`, which are of one kind, for each value of `apart`; nothing where there are no
/// rows.
pub fn sums(rows: &Frame, sums: &Sums, apart: Option<&str>) -> Option<SumRows> {
    // By what is kept apart, then by name.
    let mut groups: BTreeMap<(Option<String>, String), Vec<usize>> = BTreeMap::new();
    for row in 0..rows.len() {
        let part = apart.and_then(|column| rows.word(column, row));
        let name = rows.word(sums.by, row).unwrap_or_else(|| NULL.to_owned());
        groups.entry((part, name)).or_default().push(row);
    }
    let count = groups.len();
    let mut groups: Vec<_> = groups.into_iter().collect();
    // Stable, so that equal ones stay in order of their names.
    groups.sort_by(|((part, _), group), ((other_part, _), other)| {
        let order = match sums.order {
            Some(column) => sum(rows, column, other).cmp(&sum(rows, column, group)),
            None => group.first().cmp(&other.first()),
        };
        part.cmp(other_part).then(order)
    });
    groups.truncate(sums.most);

    let all: Vec<_> = (0..rows.len()).collect();
    let cells = |measure: &Summed| -> Vec<String> {
        groups.iter().map(|(_, group)| cell(rows, measure, group, &all)).collect()
    };
    let mut columns: Vec<_> =
        sums.columns.iter().map(|measure| (measure, cells(measure))).collect();
    columns.retain(|(_, cells)| cells.iter().any(|cell| cell != NULL));

    let is_open =
        |group: &[usize]| group.iter().any(|row| !rows.flag("attribution_is_complete", *row, true));
    let header = columns.iter().map(|(measure, _)| (header(measure), Align::Right));
    let names = apart.into_iter().chain([sums.name]).map(|name| (name.to_owned(), Align::Left));
    let mut grid = Grid::new(names.chain(header));
    for (i, ((part, name), group)) in groups.iter().enumerate() {
        let star = if is_open(group) { "*" } else { "" };
        let name = format!("{name}{star}");
        let part = apart.map(|_| part.clone().unwrap_or_else(|| NULL.to_owned()));
        let cells = columns.iter().map(|(_, cells)| cells[i].clone());
        grid.row(part.into_iter().chain([name]).chain(cells));
    }
    let has_several = groups.iter().any(|(_, group)| group.len() > 1);
    let unsummed = sums.columns.iter().filter_map(|measure| match measure {
        Summed::Single(column) if has_several && rows.has_value(column) => Some(*column),
        _ => None,
    });
    let unsummed = unsummed.collect();
    (count > 0).then(|| SumRows {
        grid,
        hidden: count - groups.len(),
        has_open: groups.iter().any(|(_, group)| is_open(group)),
        unsummed,
    })
}

fn header(measure: &Summed) -> String {
    match measure {
        Summed::Sum(column) => (*column).to_owned(),
        Summed::Rate(name, _)
        | Summed::Share(name, _)
        | Summed::Difference(name, ..)
        | Summed::Single(name) => format!("{name} %"),
    }
}

fn cell(rows: &Frame, measure: &Summed, group: &[usize], all: &[usize]) -> String {
    let rate = |Ratio(part, whole)| divide(sum(rows, part, group), sum(rows, whole, group));
    let number = match *measure {
        Summed::Sum(column) => return rows.money(column, sum(rows, column, group)),
        Summed::Single(column) => {
            return match group {
                [row] => rows.text(column, *row),
                _ => NULL.to_owned(),
            };
        }
        Summed::Rate(_, ratio) => rate(ratio),
        Summed::Share(_, column) => divide(sum(rows, column, group), sum(rows, column, all)),
        Summed::Difference(_, one, other) => {
            rate(one).zip(rate(other)).map(|(one, other)| one - other)
        }
    };
    number.map_or_else(|| NULL.to_owned(), share)
}

/// The sum over rows, in minor units where it is money.
fn sum(rows: &Frame, column: &str, group: &[usize]) -> i128 {
    group.iter().filter_map(|row| rows.integer(column, *row)).sum()
}

#[expect(clippy::cast_precision_loss, reason = "shown with a tenth of a percent")]
fn divide(part: i128, whole: i128) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
