//! The runs of an output, newest first, as a list.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray, UInt64Array};
use arrow::csv;
use arrow::error::ArrowError;
use arrow::json;
use arrow::json::writer::JsonArray;
use kohort_publish::{Attempt, InputRecord, KeptRun, RunRecord};

use crate::error::ReportError;
use crate::grid::{Align, Grid};
use crate::number::{count, size, span};
use crate::{Format, NULL};

/// The status of a run that is whole and never became current.
pub const UNPUBLISHED: &str = "unpublished";

/// A run as it is listed; what it does not say is `None`.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// Run id.
    pub run: String,
    /// `current`, `kept`, `failed`, `unfinished`, or [`UNPUBLISHED`].
    pub status: &'static str,
    /// When it began, in UTC.
    pub started_at: Option<String>,
    /// First day that it did not know.
    pub as_of: Option<String>,
    /// How long it took.
    pub seconds: Option<f64>,
    /// Rows of all files of its inputs.
    pub rows_in: Option<u64>,
    /// Orders that it counted.
    pub orders: Option<u64>,
    /// Tables that it wrote.
    pub tables: Option<u64>,
    /// Bytes of all its files.
    pub bytes: Option<u64>,
    /// Why it failed.
    pub error: Option<String>,
}

impl Row {
    /// A run that is there; `record` is its record, if it can be read.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a run have few digits")]
    #[must_use]
    pub fn kept(run: &KeptRun, record: Option<&RunRecord>) -> Self {
        let seconds = |record: &RunRecord| {
            (record.finished_at - record.started_at).num_milliseconds() as f64 / 1000.0
        };
        Self {
            run: run.id.to_string(),
            status: match (run.is_current, run.is_published) {
                (true, _) => "current",
                (false, true) => "kept",
                (false, false) => UNPUBLISHED,
            },
            started_at: record.map(|record| record.started_at.format(MOMENT).to_string()),
            as_of: record.map(|record| record.as_of.to_string()),
            seconds: record.map(seconds),
            rows_in: record.map(|record| record.inputs.iter().map(InputRecord::rows).sum()),
            orders: record.map(|record| record.events.orders),
            tables: record.map(|record| record.tables.len() as u64),
            bytes: Some(run.bytes),
            error: None,
        }
    }

    /// A run that began and did not succeed.
    #[must_use]
    pub fn attempted(attempt: Attempt) -> Self {
        Self {
            run: attempt.run_id.to_string(),
            status: if attempt.error.is_some() { "failed" } else { "unfinished" },
            started_at: Some(attempt.started_at.format(MOMENT).to_string()),
            error: attempt.error,
            ..Self::default()
        }
    }
}

const MOMENT: &str = "%Y-%m-%dT%H:%M:%SZ";

/// The rows for a person.
#[must_use]
pub fn table(rows: &[Row]) -> Grid {
    let mut grid = Grid::new([
        ("run", Align::Left),
        ("status", Align::Left),
        ("started", Align::Left),
        ("as of", Align::Left),
        ("took", Align::Right),
        ("rows in", Align::Right),
        ("orders", Align::Right),
        ("tables", Align::Right),
        ("size", Align::Right),
    ]);
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| NULL.to_owned());
    for row in rows {
        let seconds = row.seconds.map(|seconds| Duration::from_secs_f64(seconds.max(0.0)));
        grid.row([
            row.run.clone(),
            row.status.to_owned(),
            or_dash(row.started_at.clone()),
            or_dash(row.as_of.clone()),
            or_dash(seconds.map(span)),
            or_dash(row.rows_in.map(count)),
            or_dash(row.orders.map(count)),
            or_dash(row.tables.map(count)),
            or_dash(row.bytes.map(size)),
        ]);
    }
    grid
}

/// Writes the rows for other programs.
///
/// # Errors
///
/// A writer that fails.
pub fn export(rows: &[Row], format: Format, to: &mut impl Write) -> Result<(), ReportError> {
    let batch = batch(rows)?;
    match format {
        Format::Csv => csv::Writer::new(to).write(&batch)?,
        Format::Json => {
            let options = json::WriterBuilder::new().with_explicit_nulls(true);
            let mut writer = options.build::<_, JsonArray>(&mut *to);
            writer.write(&batch)?;
            writer.finish()?;
            writeln!(to)?;
        }
    }
    Ok(())
}

/// The rows as columns.
fn batch(rows: &[Row]) -> Result<RecordBatch, ArrowError> {
    let texts = |text: fn(&Row) -> Option<&str>| -> ArrayRef {
        Arc::new(rows.iter().map(text).collect::<StringArray>())
    };
    let numbers = |number: fn(&Row) -> Option<u64>| -> ArrayRef {
        Arc::new(rows.iter().map(number).collect::<UInt64Array>())
    };
    let seconds: Float64Array = rows.iter().map(|row| row.seconds).collect();
    RecordBatch::try_from_iter_with_nullable([
        ("run", texts(|row| Some(&row.run)), false),
        ("status", texts(|row| Some(row.status)), false),
        ("started_at", texts(|row| row.started_at.as_deref()), true),
        ("as_of", texts(|row| row.as_of.as_deref()), true),
        ("seconds", Arc::new(seconds) as ArrayRef, true),
        ("rows_in", numbers(|row| row.rows_in), true),
        ("orders", numbers(|row| row.orders), true),
        ("tables", numbers(|row| row.tables), true),
        ("bytes", numbers(|row| row.bytes), true),
        ("error", texts(|row| row.error.as_deref()), true),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Vec<Row> {
        let published = Row {
            run: "20260102T030405Z-0abc".to_owned(),
            status: "current",
            started_at: Some("2026-01-02T03:04:05Z".to_owned()),
            as_of: Some("2026-01-02".to_owned()),
            seconds: Some(12.25),
            rows_in: Some(1_234_567),
            orders: Some(1_200_000),
            tables: Some(13),
            bytes: Some(4_500_000),
            error: None,
        };
        let failed = Row {
            run: "20260103T030405Z-0000".to_owned(),
            status: "failed",
            started_at: Some("2026-01-03T03:04:05Z".to_owned()),
            error: Some("no space, \"again\"".to_owned()),
            ..Row::default()
        };
        vec![failed, published]
    }

    #[test]
    fn runs_are_listed_for_people() {
        insta::assert_snapshot!(table(&example()), @r#"
        run                    status   started               as of         took    rows in     orders  tables    size
        ─────────────────────  ───────  ────────────────────  ──────────  ──────  ─────────  ─────────  ──────  ──────
        20260103T030405Z-0000  failed   2026-01-03T03:04:05Z  –                –          –          –       –       –
        20260102T030405Z-0abc  current  2026-01-02T03:04:05Z  2026-01-02  12.2 s  1,234,567  1,200,000      13  4.5 MB
        "#);
    }

    #[test]
    fn runs_are_listed_for_programs() {
        let mut text = Vec::new();
        export(&example(), Format::Csv, &mut text).unwrap();
        insta::assert_snapshot!(String::from_utf8(text).unwrap(), @r#"
        run,status,started_at,as_of,seconds,rows_in,orders,tables,bytes,error
        20260103T030405Z-0000,failed,2026-01-03T03:04:05Z,,,,,,,"no space, ""again"""
        20260102T030405Z-0abc,current,2026-01-02T03:04:05Z,2026-01-02,12.25,1234567,1200000,13,4500000,
        "#);
    }
}
