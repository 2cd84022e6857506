//! Per-customer tables, of which only the rows that weigh most are kept.

use kohort_model::view::{Order, Percent};
use std::collections::BTreeMap;

use super::frame::Frame;
use super::source::{Selection, Source};
use crate::error::ReportError;

/// The first rows in an order.
pub struct TopRows {
    pub rows: Frame,
    /// Rows to choose from.
    pub all: usize,
    /// Periods with no row here.
    pub other_periods: usize,
}

impl TopRows {
    /// The first `limit` rows of the last complete period, or of the last, if none is complete.
    /// Holds a batch and `limit` rows for each batch in memory.
    pub fn read(
        source: &Source,
        selection: &Selection,
        order: Order,
        limit: usize,
        percent: Percent,
    ) -> Result<Self, ReportError> {
        let periods = periods(source, selection)?;
        let complete = periods.iter().rev().find(|(_, is_complete)| **is_complete);
        let period = complete.or_else(|| periods.last_key_value()).map(|(day, _)| *day);
        let mut all = 0;
        let mut firsts = Vec::new();
        source.scan(|batch| {
            let rows = Frame::new(selection.filter(&batch)?, percent);
            let rows = match period {
                Some(_) => rows.filter(|row| rows.day("period", row) == period)?,
                None => rows,
            };
            all += rows.len();
            firsts.push(rows.first(order, limit)?);
            Ok(())
        })?;
        let rows = Frame::concat(&source.schema, &firsts, percent)?.first(order, limit)?;
        Ok(Self { rows, all, other_periods: periods.len().saturating_sub(1) })
    }
}

/// The periods of a table, and whether they are complete.
fn periods(source: &Source, selection: &Selection) -> Result<BTreeMap<i32, bool>, ReportError> {
    let mut periods = BTreeMap::new();
    if source.schema.column_with_name("period").is_none() {
        return Ok(periods);
    }
    source.scan(|batch| {
        let rows = Frame::new(selection.filter(&batch)?, Percent::ALL);
        for row in 0..rows.len() {
            if let Some(day) = rows.day("period", row) {
                periods.insert(day, rows.flag("is_complete", row, true));
            }
        }
        Ok(())
    })?;
    Ok(periods)
}
