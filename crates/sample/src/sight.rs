//! Who was seen when, whatever the business.

use chrono::NaiveDate;

use crate::columns::{Column, days, ids};
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

    fn columns(rows: &[Self]) -> Vec<Column> {
        vec![
            ids("customer_id", rows, |row| customer_id(row.person)),
            days("first_seen_at", rows, |row| row.at),
        ]
    }
}
