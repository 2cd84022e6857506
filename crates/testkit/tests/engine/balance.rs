//! The rules that a run checks: they hold in the tables of any history, and find a wrong number.

use std::collections::BTreeMap;

use kohort_checks::{Identity, identities};
use kohort_model::{Cell, ColumnType, SegmentAt, Table};
use kohort_testkit::strategies::{Case, cases, subscription_cases};
use kohort_testkit::{NaiveRow, table_rows};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::drive::run;
use crate::{PLAIN, any_case};

/// Every rule about the tables of a case.
fn check(case: &Case, tables: &[Table]) -> Vec<Identity> {
    let first = case.settings.segments.iter().filter(|(_, at)| *at == SegmentAt::First);
    let segments: Vec<&str> = first.map(|(name, _)| *name).collect();
    identities(tables, kohort_measures::tables(), case.settings.basis, &segments)
}

proptest! {
    #[test]
    fn identities_hold(case in any_case()) {
        let broken = check(&case, &run(&case, PLAIN).tables).into_iter().find(|i| i.broken > 0);
        prop_assert_eq!(broken, None);
    }
}

/// Whether a rule names no column: those have tests of their own.
fn of_all_columns(rule: &str) -> bool {
    ["one row for each", "floats are finite", "the values of segment"]
        .iter()
        .any(|words| rule.starts_with(words))
}

/// Table and rule.
type Name = (&'static str, String);

/// Changes one cell after the other until each rule that was about any row was broken once.
#[test]
fn one_wrong_number_is_found_by_each_rule() {
    const CASES: usize = 25;
    let mut runner = TestRunner::deterministic();
    let mut found: BTreeMap<Name, bool> = BTreeMap::new();
    let mut draw = |of: BoxedStrategy<Case>| of.new_tree(&mut runner).expect("a case").current();
    for _ in 0..CASES {
        for case in [draw(cases().boxed()), draw(subscription_cases().boxed())] {
            break_rules(&case, &mut found);
        }
    }
    let never: Vec<_> = found.iter().filter(|(_, is_broken)| !**is_broken).collect();
    assert!(never.is_empty(), "{never:?}");
    assert!(found.len() > 100, "{} rules", found.len());
}

/// Changes the tables of a case as long as rules are left that were about a row and held.
fn break_rules(case: &Case, found: &mut BTreeMap<Name, bool>) {
    let tables = run(case, PLAIN).tables;
    for identity in check(case, &tables) {
        if identity.rows > 0 && !of_all_columns(&identity.rule) {
            found.entry((identity.table, identity.rule)).or_default();
        }
    }
    for whole in tables.iter().filter(|table| table.rows() <= LARGEST) {
        let (name, rows) = (whole.schema().name, table_rows(whole));
        for (row, column, cell) in changes(whole, &rows) {
            let left = found.iter().filter(|((of, _), is_broken)| *of == name && !**is_broken);
            let left: Vec<&str> = left.map(|((_, rule), _)| &**rule).collect();
            let changed = whole.schema().columns[column].name;
            if !left.iter().any(|rule| rule.contains(changed)) {
                continue;
            }
            // The tables that the rules are about which are left.
            let is_other = |table: &&Table| {
                let of = format!("sum({}: ", table.schema().name);
                left.iter().any(|rule| rule.contains(&of))
            };
            let mut some: Vec<_> = tables.iter().filter(is_other).cloned().collect();
            some.push(with_cell(whole, &rows, (row, column), &cell));
            for identity in check(case, &some).into_iter().filter(|i| i.broken > 0) {
                assert!(identity.example.is_some(), "{identity:?}");
                if let Some(is_broken) = found.get_mut(&(identity.table, identity.rule)) {
                    *is_broken = true;
                }
            }
        }
    }
}

/// Rows of the largest table in which cells are changed.
const LARGEST: usize = 1000;
/// Rows of a table of which cells are changed.
const ROWS: usize = 4;

/// Cells that a table could have instead of its own, by row and column.
fn changes(table: &Table, rows: &[NaiveRow]) -> Vec<(usize, usize, Cell)> {
    let mut changes = Vec::new();
    // The rows that say most, and some in between.
    let mut full: Vec<usize> = (0..rows.len()).collect();
    full.sort_by_key(|row| rows[*row].iter().filter(|(_, cell)| *cell == Cell::Null).count());
    let between = (0..rows.len()).step_by(rows.len().div_ceil(ROWS).max(1));
    for row in full.into_iter().take(ROWS).chain(between) {
        for (place, column) in table.schema().columns.iter().enumerate() {
            let others = match (&rows[row][place].1, column.ty) {
                (Cell::Int(n), _) => [n + 1, n - 1, n + 1000, n - 1000].map(Cell::Int).to_vec(),
                (Cell::Money(n), _) => [n + 1, n - 1, n + 90_000].map(Cell::Money).to_vec(),
                (Cell::Float(x), _) => [f64::NAN, x + 1e6, x - 1e6].map(Cell::Float).to_vec(),
                (Cell::Text(_), _) => vec!["other".into()],
                (Cell::Null, ColumnType::Int32 | ColumnType::Int64) => vec![Cell::Int(1)],
                (Cell::Null, ColumnType::Money) => vec![Cell::Money(1)],
                (Cell::Null, ColumnType::Float64) => vec![Cell::Float(1.0)],
                _ => Vec::new(),
            };
            let null = column.nullable.then_some(Cell::Null);
            changes.extend(others.into_iter().chain(null).map(|cell| (row, place, cell)));
        }
    }
    changes
}

/// A table with another cell in one place.
fn with_cell(table: &Table, rows: &[NaiveRow], place_of: (usize, usize), cell: &Cell) -> Table {
    let mut changed = Table::of_ids(table.schema(), table.scale(), table.ids(), Vec::new());
    let mut fill = changed.fill();
    for (place, schema) in table.schema().columns.iter().enumerate() {
        let cells = rows.iter().enumerate().map(|(at, cells)| {
            if (at, place) == place_of { cell.clone() } else { cells[place].1.clone() }
        });
        fill = fill.column(schema.name, cells);
    }
    fill.finish();
    changed
}
