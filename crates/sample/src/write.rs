//! Events to Parquet.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use crate::SampleError;
use crate::columns::{Column, batch, ids, money, names, schema, some_texts, texts, times};
use crate::habits::{CAUSES, CHANNELS, COUNTRIES, DEVICES};
use crate::place::{create, may_replace, unfinished};
use crate::shop::{Damage, Event, Outcome};

pub(crate) const BATCH_ROWS: usize = 16_384;
/// Several groups in a large month, so that readers can share it among threads.
const ROW_GROUP_ROWS: usize = 131_072;
/// `Decimal(12, 2)`.
pub(crate) const AMOUNT: (u8, i8) = (12, 2);
/// The first person's id, so that ids look like a shop's that has counted for a while.
const FIRST_CUSTOMER_ID: i64 = 100_001;

/// The id of a person.
pub(crate) fn customer_id(person: u32) -> i64 {
    FIRST_CUSTOMER_ID + i64::from(person)
}
/// 2099-01-01, in seconds since 1970-01-01.
const FUTURE: i64 = 4_070_908_800;
const YEAR_SECONDS: i64 = 365 * 86_400;

/// Writes the files of one shop in turn and numbers the orders across them.
pub(crate) struct OrderFile {
    schema: SchemaRef,
    properties: WriterProperties,
    next_order: u64,
}

impl OrderFile {
    pub fn new() -> Self {
        let schema = Arc::new(schema(columns(&[], 1)));
        Self { schema, properties: properties("order_id"), next_order: 1 }
    }

    /// Sorts the events by time and writes them to `path`; returns the size in bytes.
    pub fn write(&mut self, path: &Path, mut events: Vec<Event>) -> Result<u64, SampleError> {
        // Stable: events of one second stay in the order of persons and of what they did.
        events.sort_by_key(|event| event.at);
        let unfinished = unfinished(path);
        let failed = |cause| SampleError::File { path: path.to_owned(), cause };
        let file = create(&unfinished).map_err(|cause| failed(cause.into()))?;
        self.write_unfinished(file, &events)
            .and_then(|bytes| {
                fs::rename(&unfinished, path)?;
                Ok(bytes)
            })
            .map_err(|cause| {
                // Best effort: what stopped the writing is the error to tell.
                let _ = fs::remove_file(&unfinished);
                failed(cause)
            })
    }

    /// Looks whether a file may be written.
    pub fn check(&self, path: &Path) -> Result<(), SampleError> {
        may_replace(path, &self.schema)
    }

    fn write_unfinished(&mut self, file: File, events: &[Event]) -> Result<u64, ParquetError> {
        let mut writer =
            ArrowWriter::try_new(file, self.schema.clone(), Some(self.properties.clone()))?;
        for events in events.chunks(BATCH_ROWS) {
            writer.write(&self.batch(events)?)?;
        }
        let file = writer.into_inner()?;
        Ok(file.metadata()?.len())
    }

    fn batch(&mut self, events: &[Event]) -> Result<RecordBatch, ParquetError> {
        let first = self.next_order;
        self.next_order += events.len() as u64;
        Ok(batch(&self.schema, columns(events, first))?)
    }
}

/// The columns of events whose orders are numbered from `first` on.
fn columns(events: &[Event], first: u64) -> Vec<Column> {
    let numbers: Vec<u64> = (first..).take(events.len()).collect();
    let money_type = DataType::Decimal128(AMOUNT.0, AMOUNT.1);
    vec![
        texts("order_id", &numbers, |number| format!("R{number:08}")),
        ids("customer_id", events, written_id).nullable(),
        times("ordered_at", events, ordered_at).nullable(),
        money("amount", events, &money_type, |event| i64::from(event.cents)),
        texts("status", events, status),
        some_texts("lost_reason", events, lost_reason),
        names("country", events, &COUNTRIES, |event| event.country).nullable(),
        names("channel", events, &CHANNELS, |event| event.channel),
        names("device", events, &DEVICES, |event| event.device),
    ]
}

/// How every file is written. The values of the column `distinct` hardly repeat.
pub(crate) fn properties(distinct: &str) -> WriterProperties {
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_column_dictionary_enabled(ColumnPath::from(distinct), false)
        .build()
}

fn written_id(event: &Event) -> Option<i64> {
    let id = customer_id(event.person);
    (event.damage != Some(Damage::NoCustomer)).then_some(id)
}

/// Seconds since 1970-01-01.
fn ordered_at(event: &Event) -> Option<i64> {
    match event.damage {
        Some(Damage::NoTime) => None,
        Some(Damage::FutureTime) => Some(FUTURE + event.at % YEAR_SECONDS),
        _ => Some(event.at),
    }
}

fn status(event: &Event) -> &'static str {
    if event.damage == Some(Damage::UnknownStatus) {
        return "???";
    }
    match event.outcome {
        Outcome::Completed => "completed",
        Outcome::Refunded => "refunded",
        Outcome::Lost(cause) => CAUSES[usize::from(cause)].status,
        Outcome::Pending => "pending",
        Outcome::Test => "test",
    }
}

fn lost_reason(event: &Event) -> Option<&'static str> {
    match event.outcome {
        Outcome::Lost(cause) => CAUSES[usize::from(cause)].reason,
        _ => None,
    }
}
