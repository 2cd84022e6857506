//! Values of a table by the names of its columns.

use std::sync::Arc;

use kohort_model::{Day, Table, Values};

/// A column of a table.
///
/// # Panics
/// Where there is no such column, or, in what follows, where it holds something else: which
/// columns a table has is fixed in this workspace, so its tests would not pass.
pub(crate) fn column<'a>(table: &'a Table, name: &str) -> &'a Values {
    let found = table.column(name);
    found.unwrap_or_else(|| panic!("{} has no column {name}", table.schema().name))
}

macro_rules! columns_of {
    ($($of:ident $variant:ident $ty:ty),+) => {$(
        pub(crate) fn $of<'a>(table: &'a Table, name: &str) -> &'a [Option<$ty>] {
            match column(table, name) {
                Values::$variant(values) => values,
                other => panic!("{name} of {} is {other:?}", table.schema().name),
            }
        }
    )+};
}

columns_of!(
    texts Text Arc<str>,
    days Date Day,
    counts Int64 i64,
    floats Float64 f64,
    amounts Money i128,
    flags Boolean bool
);

/// A count, or minor units.
pub(crate) fn integer(values: &Values, row: usize) -> Option<i128> {
    match values {
        Values::Int64(counts) => counts[row].map(i128::from),
        Values::Money(amounts) => amounts[row],
        other => panic!("{other:?} are no integers"),
    }
}
