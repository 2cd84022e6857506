//! Events to Parquet.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use crate::SampleError;
use crate::habits::{CAUSES, CHANNELS, COUNTRIES, Choice, DEVICES};
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
        let (precision, scale) = AMOUNT;
        let schema = Arc::new(Schema::new(vec![
            Field::new("order_id", DataType::Utf8, false),
            Field::new("customer_id", DataType::Int64, true),
            Field::new("ordered_at", DataType::Timestamp(TimeUnit::Microsecond, None), true),
            Field::new("amount", DataType::Decimal128(precision, scale), false),
            Field::new("status", DataType::Utf8, false),
            Field::new("lost_reason", DataType::Utf8, true),
            Field::new("country", DataType::Utf8, true),
            Field::new("channel", DataType::Utf8, false),
            Field::new("device", DataType::Utf8, false),
        ]));
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
        let (precision, scale) = AMOUNT;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(
                (first..self.next_order).map(|number| format!("R{number:08}")),
            )),
            Arc::new(events.iter().map(written_id).collect::<Int64Array>()),
            Arc::new(events.iter().map(ordered_at).collect::<TimestampMicrosecondArray>()),
            Arc::new(
                Decimal128Array::from_iter_values(
                    events.iter().map(|event| i128::from(event.cents)),
                )
                .with_precision_and_scale(precision, scale)?,
            ),
            Arc::new(StringArray::from_iter_values(events.iter().map(status))),
            Arc::new(events.iter().map(lost_reason).collect::<StringArray>()),
            names(&COUNTRIES, events.iter().map(|event| event.country)),
            names(&CHANNELS, events.iter().map(|event| event.channel)),
            names(&DEVICES, events.iter().map(|event| event.device)),
        ];
        Ok(RecordBatch::try_new(self.schema.clone(), columns)?)
    }
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

/// Microseconds since 1970-01-01.
fn ordered_at(event: &Event) -> Option<i64> {
    let at = match event.damage {
        Some(Damage::NoTime) => return None,
        Some(Damage::FutureTime) => FUTURE + event.at % YEAR_SECONDS,
        _ => event.at,
    };
    Some(at * 1_000_000)
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

pub(crate) fn names(choices: &[Choice], indices: impl Iterator<Item = u8>) -> ArrayRef {
    let names = indices.map(|index| choices[usize::from(index)].name);
    Arc::new(names.collect::<StringArray>())
}
