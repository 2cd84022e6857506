//! Rejected rows as a table.

use std::sync::Arc;

use kohort_model::{Column, ColumnType, Scale, Table, TableSchema, Unit};

/// One value that kept a row out of the tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedRow {
    /// Path of the file as the pipeline found it.
    pub file: Arc<str>,
    /// Number of the row in that file, from 1; `None` where the row is not known.
    pub row: Option<i64>,
    /// Name of the mapped column, such as `ordered_at`.
    pub column: Arc<str>,
    /// Why, such as `null_customer`.
    pub reason: Arc<str>,
    /// The value as text, before it was read; `None` for NULL.
    pub value: Option<Arc<str>>,
}

/// The schema of `rejected/<input>.parquet`.
pub static REJECTED: TableSchema = TableSchema {
    name: "rejected",
    description: "rows of an input that could not be used, up to a number per reason; \
                  run.json counts all of them",
    columns: &[
        Column::text("input", "name of the input in the pipeline file"),
        Column::text("file", "path of the file that holds the row"),
        Column {
            name: "row",
            ty: ColumnType::Int64,
            nullable: true,
            unit: Unit::None,
            description: "number of the row in its file, from 1; NULL where it is not known",
        },
        Column::text("column", "the mapped column that was at fault"),
        Column::text("reason", "why the row was rejected"),
        Column::text("value", "the value as text, before it was read; NULL where it was NULL")
            .or_null(),
    ],
    key: &["input", "file", "row", "column"],
    revisable: &[],
};

pub(crate) fn table(input: &str, rows: &[RejectedRow]) -> Table {
    let scale = Scale::new(0).expect("0 is a scale");
    let mut table = Table::new(&REJECTED, scale);
    let input: Arc<str> = input.into();
    for row in rows {
        table.push([
            input.clone().into(),
            row.file.clone().into(),
            row.row.into(),
            row.column.clone().into(),
            row.reason.clone().into(),
            row.value.clone().into(),
        ]);
    }
    table
}
