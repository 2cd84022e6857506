//! Columns of the files: a field and its values, from rows.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray, RecordBatch, StringArray,
};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Field, Float64Type, Int32Type, Int64Type, Schema,
    SchemaRef, TimestampMicrosecondType,
};
use arrow::error::ArrowError;
use chrono::NaiveDate;

use crate::habits::Choice;

/// A column that has a value in every row, unless it is [nullable](Column::nullable).
pub(crate) struct Column {
    field: Field,
    values: ArrayRef,
}

impl Column {
    fn new(name: &str, values: ArrayRef) -> Self {
        Self { field: Field::new(name, values.data_type().clone(), false), values }
    }

    /// The same, but rows may lack a value.
    pub fn nullable(self) -> Self {
        Self { field: self.field.with_nullable(true), ..self }
    }
}

pub(crate) fn schema(columns: Vec<Column>) -> Schema {
    Schema::new(columns.into_iter().map(|column| column.field).collect::<Vec<_>>())
}

/// # Errors
/// Where a column that is not nullable lacks a value.
pub(crate) fn batch(schema: &SchemaRef, columns: Vec<Column>) -> Result<RecordBatch, ArrowError> {
    let values = columns.into_iter().map(|column| column.values).collect();
    RecordBatch::try_new(Arc::clone(schema), values)
}

fn primitives<R, T: ArrowPrimitiveType>(
    rows: &[R],
    value: impl Fn(&R) -> Option<T::Native>,
) -> PrimitiveArray<T> {
    rows.iter().map(value).collect()
}

/// Ids and other whole numbers.
pub(crate) fn ids<R, V: Into<Option<i64>>>(name: &str, rows: &[R], id: impl Fn(&R) -> V) -> Column {
    Column::new(name, Arc::new(primitives::<_, Int64Type>(rows, |row| id(row).into())))
}

/// Numbers of a scale.
pub(crate) fn scores<R>(name: &str, rows: &[R], score: impl Fn(&R) -> Option<i32>) -> Column {
    Column::new(name, Arc::new(primitives::<_, Int32Type>(rows, score)))
}

pub(crate) fn floats<R>(name: &str, rows: &[R], value: impl Fn(&R) -> Option<f64>) -> Column {
    Column::new(name, Arc::new(primitives::<_, Float64Type>(rows, value)))
}

pub(crate) fn days<R, V: Into<Option<NaiveDate>>>(
    name: &str,
    rows: &[R],
    day: impl Fn(&R) -> V,
) -> Column {
    let days = |row: &R| day(row).into().map(|day| day.to_epoch_days());
    Column::new(name, Arc::new(primitives::<_, Date32Type>(rows, days)))
}

/// Local time without a zone, from seconds since 1970-01-01.
pub(crate) fn times<R, V: Into<Option<i64>>>(
    name: &str,
    rows: &[R],
    at: impl Fn(&R) -> V,
) -> Column {
    let times = |row: &R| at(row).into().map(|at| at * 1_000_000);
    Column::new(name, Arc::new(primitives::<_, TimestampMicrosecondType>(rows, times)))
}

/// From minor units to a decimal `kind` with two places.
pub(crate) fn money<R, V: Into<Option<i64>>>(
    name: &str,
    rows: &[R],
    kind: &DataType,
    cents: impl Fn(&R) -> V,
) -> Column {
    let cents = primitives::<_, Decimal128Type>(rows, |row| cents(row).into().map(i128::from));
    Column::new(name, Arc::new(cents.with_data_type(kind.clone())))
}

pub(crate) fn texts<R, T: AsRef<str>>(name: &str, rows: &[R], text: impl Fn(&R) -> T) -> Column {
    Column::new(name, Arc::new(StringArray::from_iter_values(rows.iter().map(text))))
}

/// Texts that rows may lack.
pub(crate) fn some_texts<R, T: AsRef<str>>(
    name: &str,
    rows: &[R],
    text: impl Fn(&R) -> Option<T>,
) -> Column {
    Column::new(name, Arc::new(rows.iter().map(text).collect::<StringArray>())).nullable()
}

/// Names of choices, by their indices.
pub(crate) fn names<R>(
    name: &str,
    rows: &[R],
    choices: &[Choice],
    index: impl Fn(&R) -> u8,
) -> Column {
    let names = rows.iter().map(|row| choices[usize::from(index(row))].name);
    Column::new(name, Arc::new(names.collect::<StringArray>()))
}

pub(crate) fn flags<R>(name: &str, rows: &[R], flag: impl Fn(&R) -> bool) -> Column {
    Column::new(name, Arc::new(rows.iter().map(|row| Some(flag(row))).collect::<BooleanArray>()))
}
