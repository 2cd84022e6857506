//! Rows written by the names of their columns.

use crate::TableSchema;

/// That `names` are the columns of `schema`, all of them and in order.
///
/// # Panics
/// Where they are not: while the code is compiled, in [`row!`](crate::row!).
pub const fn assert_columns(schema: &TableSchema, names: &[&str]) {
    assert!(schema.columns.len() == names.len(), "a row names every column of its table");
    let mut i = 0;
    while i < names.len() {
        assert!(
            is_same(schema.columns[i].name, names[i]),
            "a row names the columns of its table in order"
        );
        i += 1;
    }
}

const fn is_same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// The cells of a row of the table with this schema, each under the name of its column:
/// `table.push(row!(SCHEMA { grain: name, buyers: 3_u64 }))`. Columns that are missing, misspelt or
/// in another order than the schema's do not compile.
#[macro_export]
macro_rules! row {
    ($schema:ident { $($name:ident: $value:expr),+ $(,)? }) => {{
        const { $crate::assert_columns(&$schema, &[$(stringify!($name)),+]) };
        [$($crate::Cell::from($value)),+]
    }};
}
