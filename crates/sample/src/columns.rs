//! Rows to Arrow arrays.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int64Array, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, TimeUnit};
use chrono::NaiveDate;

/// Local time without a zone.
pub(crate) const TIME: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

pub(crate) fn ids<R>(rows: &[R], id: impl Fn(&R) -> i64) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(rows.iter().map(id)))
}

pub(crate) fn some_ids<R>(rows: &[R], id: impl Fn(&R) -> Option<i64>) -> ArrayRef {
    Arc::new(rows.iter().map(id).collect::<Int64Array>())
}

pub(crate) fn days<R>(rows: &[R], day: impl Fn(&R) -> Option<NaiveDate>) -> ArrayRef {
    let days = rows.iter().map(|row| day(row).map(|day| day.to_epoch_days()));
    Arc::new(days.collect::<Date32Array>())
}

/// From seconds since 1970-01-01.
pub(crate) fn times<R>(rows: &[R], at: impl Fn(&R) -> Option<i64>) -> ArrayRef {
    let times = rows.iter().map(|row| at(row).map(|at| at * 1_000_000));
    Arc::new(times.collect::<TimestampMicrosecondArray>())
}

/// From minor units to a decimal type with two places.
pub(crate) fn money<R>(rows: &[R], kind: &DataType, cents: impl Fn(&R) -> Option<i64>) -> ArrayRef {
    let cents = rows.iter().map(|row| cents(row).map(i128::from));
    Arc::new(cents.collect::<Decimal128Array>().with_data_type(kind.clone()))
}

pub(crate) fn texts<R, T: AsRef<str>>(rows: &[R], text: impl Fn(&R) -> T) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(rows.iter().map(text)))
}

pub(crate) fn some_texts<R, T: AsRef<str>>(rows: &[R], text: impl Fn(&R) -> Option<T>) -> ArrayRef {
    Arc::new(rows.iter().map(text).collect::<StringArray>())
}

pub(crate) fn flags<R>(rows: &[R], flag: impl Fn(&R) -> bool) -> ArrayRef {
    Arc::new(rows.iter().map(|row| Some(flag(row))).collect::<BooleanArray>())
}
