//! Tables as Parquet files that explain themselves.

use std::cmp::Ordering;
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array,
    RecordBatch, StringArray,
};
use arrow::datatypes::{DECIMAL128_MAX_PRECISION, DataType, Field, Fields, Schema, SchemaRef};
use arrow::error::ArrowError;
use kohort_model::{Column, ColumnType, Day, Scale, SegmentAt, Table, Unit, Values};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use crate::error::writing;
use crate::{KOHORT_VERSION, PublishError};

/// Rows that are copied into Arrow arrays at a time.
const SLICE_ROWS: usize = 1 << 15;

/// Rows of a row group: some megabytes of a wide table, so that readers can skip by statistics and
/// share the work, and the compressed pages of one group are little to hold in memory.
const GROUP_ROWS: usize = 1 << 18;

/// What a reader must know of a run to understand its tables; it goes into each file's metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableMeta {
    /// Exclusive end of what is known.
    pub as_of: Day,
    /// Lapse window W in days.
    pub lapse_after_days: u32,
    /// ISO code of the currency of money, where one is known.
    pub currency: Option<String>,
    /// Name of each segment and which of a customer's orders gives its value.
    pub segments: Vec<(String, SegmentAt)>,
}

impl TableMeta {
    /// The metadata pairs of the run, without those of the table.
    fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![
            ("kohort.as_of", self.as_of.to_string()),
            ("kohort.lapse_after_days", self.lapse_after_days.to_string()),
        ];
        pairs.extend(self.currency.clone().map(|code| ("kohort.currency", code)));
        if !self.segments.is_empty() {
            let notes: Vec<_> = self.segments.iter().map(|(name, at)| note(name, *at)).collect();
            pairs.push(("kohort.segments", notes.join("; ")));
        }
        pairs
    }
}

fn note(segment: &str, at: SegmentAt) -> String {
    let rule = match at {
        SegmentAt::First => "a customer counts in one value, that of the first order",
        SegmentAt::Order => {
            "each (customer, value) counts as a customer of its own, \
             so values do not add up to the overall rows"
        }
    };
    format!("{segment}: {rule}")
}

/// Writes `table` to `path` and flushes it to disk. Gives the size of the file in bytes.
pub(crate) fn write(
    path: &Path,
    table: &Table,
    meta: Option<&TableMeta>,
) -> Result<u64, PublishError> {
    let refused = |cause| PublishError::Write { path: path.to_owned(), cause };
    let failed = |cause| writing(path.to_owned(), cause);

    let schema = arrow_schema(table, meta.and_then(|m| m.currency.as_deref()));
    let file = File::create(path).map_err(refused)?;
    let properties = Some(properties(table, meta));
    let mut writer = ArrowWriter::try_new(file, schema.clone(), properties).map_err(failed)?;
    for start in (0..table.rows()).step_by(SLICE_ROWS) {
        let rows = start..table.rows().min(start + SLICE_ROWS);
        let batch = batch(table, &schema, rows).map_err(|cause| failed(cause.into()))?;
        writer.write(&batch).map_err(failed)?;
    }
    writer.finish().map_err(failed)?;
    // `into_inner` would do both, but wraps what the disk says.
    writer.sync().map_err(refused)?;
    writer.inner().sync_all().map_err(refused)?;
    Ok(writer.bytes_written() as u64)
}

fn arrow_schema(table: &Table, currency: Option<&str>) -> SchemaRef {
    let columns = table.schema().columns.iter();
    let fields: Fields = columns.map(|column| field(column, table.scale(), currency)).collect();
    Arc::new(Schema::new(fields))
}

fn field(column: &Column, scale: Scale, currency: Option<&str>) -> Field {
    let unit = match column.unit {
        Unit::Currency => currency.unwrap_or(Unit::Currency.name()),
        other => other.name(),
    };
    let notes = [("description", column.description), ("unit", unit)];
    let notes = notes.into_iter().filter(|(_, text)| !text.is_empty());
    Field::new(column.name, data_type(column.ty, scale), column.nullable)
        .with_metadata(notes.map(|(key, text)| (key.to_owned(), text.to_owned())).collect())
}

fn data_type(ty: ColumnType, scale: Scale) -> DataType {
    match ty {
        ColumnType::Text => DataType::Utf8,
        ColumnType::Date => DataType::Date32,
        ColumnType::Int32 => DataType::Int32,
        ColumnType::Int64 => DataType::Int64,
        ColumnType::Float64 => DataType::Float64,
        ColumnType::Money => {
            DataType::Decimal128(DECIMAL128_MAX_PRECISION, scale.places().cast_signed())
        }
        ColumnType::Boolean => DataType::Boolean,
    }
}

fn batch(table: &Table, schema: &SchemaRef, rows: Range<usize>) -> Result<RecordBatch, ArrowError> {
    let arrays: Result<Vec<_>, _> =
        table.columns().iter().map(|values| array(values, rows.clone(), table.scale())).collect();
    RecordBatch::try_new(schema.clone(), arrays?)
}

fn array(values: &Values, rows: Range<usize>, scale: Scale) -> Result<ArrayRef, ArrowError> {
    Ok(match values {
        Values::Text(v) => Arc::new(v[rows].iter().map(Option::as_deref).collect::<StringArray>()),
        Values::Date(v) => {
            Arc::new(v[rows].iter().map(|day| day.map(|d| d.0)).collect::<Date32Array>())
        }
        Values::Int32(v) => Arc::new(v[rows].iter().copied().collect::<Int32Array>()),
        Values::Int64(v) => Arc::new(v[rows].iter().copied().collect::<Int64Array>()),
        Values::Float64(v) => Arc::new(v[rows].iter().copied().collect::<Float64Array>()),
        Values::Money(v) => {
            let money = v[rows].iter().copied().collect::<Decimal128Array>();
            let money = money
                .with_precision_and_scale(DECIMAL128_MAX_PRECISION, scale.places().cast_signed())?;
            money.validate_decimal_precision(DECIMAL128_MAX_PRECISION)?;
            Arc::new(money)
        }
        Values::Boolean(v) => Arc::new(v[rows].iter().copied().collect::<BooleanArray>()),
    })
}

fn properties(table: &Table, meta: Option<&TableMeta>) -> WriterProperties {
    let schema = table.schema();
    let mut pairs = vec![
        ("kohort.version", KOHORT_VERSION.to_owned()),
        ("kohort.table", schema.name.to_owned()),
        ("kohort.description", schema.description.to_owned()),
        ("kohort.key", schema.key.join(",")),
        ("kohort.revisable", schema.revisable.join(",")),
    ];
    pairs.extend(meta.map(TableMeta::pairs).unwrap_or_default());
    let pairs = pairs.into_iter().map(|(key, value)| KeyValue::new(key.to_owned(), value));

    let sorted = sorted_by(table);
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_sorting_columns((!sorted.is_empty()).then_some(sorted))
        .set_key_value_metadata(Some(pairs.collect()))
        .build()
}

/// The leading key columns by whose plain order, NULL first, the rows are sorted.
///
/// Tables have an order that people expect, with `day` before `week` and totals before their
/// parts. Engines skip sorts and whole pages on the word of a file, so it says only what holds for
/// the order of bytes that they know.
fn sorted_by(table: &Table) -> Vec<SortingColumn> {
    let schema = table.schema();
    let indices: Vec<usize> = (schema.key.iter())
        .filter_map(|name| schema.columns.iter().position(|column| column.name == *name))
        .collect();
    let mut sorted = indices.len();
    for row in 1..table.rows() {
        for (place, index) in indices[..sorted].iter().enumerate() {
            match compare(&table.columns()[*index], row - 1, row) {
                Ordering::Less => break,
                Ordering::Equal => {}
                Ordering::Greater => {
                    sorted = place;
                    break;
                }
            }
        }
    }
    let column = |index: &usize| SortingColumn {
        column_idx: i32::try_from(*index).expect("a table has some tens of columns"),
        descending: false,
        nulls_first: true,
    };
    indices[..sorted].iter().map(column).collect()
}

fn compare(values: &Values, a: usize, b: usize) -> Ordering {
    match values {
        Values::Text(v) => v[a].cmp(&v[b]),
        Values::Date(v) => v[a].cmp(&v[b]),
        Values::Int32(v) => v[a].cmp(&v[b]),
        Values::Int64(v) => v[a].cmp(&v[b]),
        Values::Float64(v) => v[a].partial_cmp(&v[b]).unwrap_or(Ordering::Greater),
        Values::Money(v) => v[a].cmp(&v[b]),
        Values::Boolean(v) => v[a].cmp(&v[b]),
    }
}
