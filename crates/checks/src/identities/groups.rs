//! Rows by the values of some columns.

use std::collections::HashMap;

use kohort_model::{Table, Values};

use super::rule::column;

/// A value of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Part<'a> {
    Null,
    Text(&'a str),
    Number(i64),
}

fn part(values: &Values, row: usize) -> Part<'_> {
    let number = |number: Option<i64>| number.map_or(Part::Null, Part::Number);
    match values {
        Values::Text(texts) => texts[row].as_deref().map_or(Part::Null, Part::Text),
        Values::Date(days) => number(days[row].map(|day| i64::from(day.0))),
        Values::Int32(numbers) => number(numbers[row].map(i64::from)),
        Values::Int64(numbers) => number(numbers[row]),
        other => panic!("{other:?} are in no key"),
    }
}

/// Whether two rows have the same values in some columns.
pub(super) fn same_group<'a>(
    table: &'a Table,
    names: &[&str],
) -> impl Fn(usize, usize) -> bool + use<'a> {
    let columns: Vec<_> = names.iter().map(|name| column(table, name)).collect();
    move |a, b| columns.iter().all(|values| part(values, a) == part(values, b))
}

/// Some rows of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side<'a> {
    pub table: &'a Table,
    pub rows: &'a [usize],
    /// Names of the columns that make the groups.
    pub by: &'a [&'a str],
}

/// Numbers the groups of the rows of some sides, which share their groups: of each row its group,
/// and how many groups there are.
pub(super) fn number<const N: usize>(sides: [Side<'_>; N]) -> ([Vec<usize>; N], usize) {
    let mut groups = sides.map(|side| vec![0; side.rows.len()]);
    let mut count = 1;
    for place in 0..sides[0].by.len() {
        // Column by column, so that no row needs a key of its own.
        let mut known: HashMap<(usize, Part<'_>), usize> = HashMap::new();
        for (side, groups) in sides.iter().zip(&mut groups) {
            let values = column(side.table, side.by[place]);
            let mut last = None;
            for (row, group) in side.rows.iter().zip(groups.iter_mut()) {
                let key = (*group, part(values, *row));
                // Rows are sorted, so that most are like the one before.
                let number = match last {
                    Some((last, number)) if last == key => number,
                    _ => {
                        let next = known.len();
                        *known.entry(key).or_insert(next)
                    }
                };
                last = Some((key, number));
                *group = number;
            }
        }
        count = known.len();
    }
    (groups, count)
}

/// The key of a row as text.
pub(super) fn shown(table: &Table, names: &[&str], row: usize) -> String {
    let of = |name: &&str| {
        let text = match column(table, name) {
            Values::Date(days) => days[row].map(|day| day.to_string()),
            values => match part(values, row) {
                Part::Null => None,
                Part::Text(text) => Some(text.to_owned()),
                Part::Number(number) => Some(number.to_string()),
            },
        };
        format!("{name} {}", text.as_deref().unwrap_or("NULL"))
    };
    names.iter().map(of).collect::<Vec<_>>().join(", ")
}
