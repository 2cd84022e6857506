//! Who was seen when, whatever the business.

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field};
use chrono::NaiveDate;

use crate::columns::{days, ids};
use crate::table::Row;
use crate::write::customer_id;

/// Somebody, seen for the first time.
#[derive(Debug)]
pub(crate) struct Sight {
    pub person: u32,
    pub at: NaiveDate,
}

impl Row for Sight {
    const FILE: &'static str = "prospects.parquet";
    const DISTINCT: &'static str = "customer_id";

    fn fields() -> Vec<Field> {
        vec![
            Field::new("customer_id", DataType::Int64, false),
            Field::new("first_seen_at", DataType::Date32, false),
        ]
    }

    fn columns(rows: &[Self]) -> Vec<ArrayRef> {
        vec![ids(rows, |row| customer_id(row.person)), days(rows, |row| Some(row.at))]
    }
}
