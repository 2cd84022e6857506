//! The order of rows.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt8Array, UInt32Array};
use arrow::compute::{concat, take};
use arrow::datatypes::{DataType, Schema};
use arrow::row::{RowConverter, Rows, SortField};
use kohort_model::{Grain, Table, TableSchema, Values, keys};
use parquet::errors::ParquetError;

/// Indices of the key's columns.
pub(crate) fn key(schema: &TableSchema) -> Vec<usize> {
    let position = |name: &&str| schema.columns.iter().position(|column| column.name == *name);
    schema.key.iter().filter_map(position).collect()
}

/// Indices of the leading key columns by whose plain order, NULL first, the rows are sorted.
///
/// Tables have an order that people expect, with `day` before `week` and totals before their
/// parts. Engines skip sorts and whole pages on the word of a file, so it says only what holds for
/// the order of bytes that they know.
pub(crate) fn sorted_by(table: &Table) -> Vec<usize> {
    let mut sorted = key(table.schema());
    for row in 1..table.rows() {
        for (place, index) in sorted.iter().enumerate() {
            match compare(&table.columns()[*index], row - 1, row) {
                Ordering::Less => break,
                Ordering::Equal => {}
                Ordering::Greater => {
                    sorted.truncate(place);
                    break;
                }
            }
        }
    }
    sorted
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
        Values::Id(v) => v[a].cmp(&v[b]),
    }
}

/// The order of rows by a key: NULL first, texts by their bytes, grains from `day` to `year`.
pub(crate) struct KeyOrder {
    columns: Vec<usize>,
    /// Place of the grain in the key.
    grain: Option<usize>,
    converter: RowConverter,
}

impl KeyOrder {
    /// The order by the columns of `schema` that have these indices.
    pub fn by_columns(columns: Vec<usize>, schema: &Schema) -> Result<Self, ParquetError> {
        let is_grain = |index: &usize| {
            let field = schema.field(*index);
            field.name() == keys::GRAIN.name && *field.data_type() == DataType::Utf8
        };
        let types = columns.iter().map(|index| match schema.field(*index).data_type() {
            _ if is_grain(index) => SortField::new(DataType::UInt8),
            other => SortField::new(other.clone()),
        });
        let converter = RowConverter::new(types.collect())?;
        let grain = columns.iter().position(is_grain);
        Ok(Self { columns, grain, converter })
    }

    /// The keys of rows, as bytes that have their order.
    pub fn keys(&self, batch: &RecordBatch) -> Result<Rows, ParquetError> {
        let arrays = self.columns.iter().enumerate().map(|(place, index)| {
            let array = batch.column(*index);
            if self.grain == Some(place) { Self::ranks(array) } else { Ok(array.clone()) }
        });
        let arrays = arrays.collect::<Result<Vec<_>, _>>()?;
        Ok(self.converter.convert_columns(&arrays)?)
    }

    fn ranks(grains: &ArrayRef) -> Result<ArrayRef, ParquetError> {
        let rank = |name: &str| match name.parse::<Grain>() {
            Ok(grain) => Ok(grain as u8),
            Err(cause) => Err(ParquetError::External(Box::new(cause))),
        };
        let ranks = grains.as_string::<i32>().iter().map(|name| name.map(rank).transpose());
        let ranks = ranks.collect::<Result<UInt8Array, _>>()?;
        Ok(Arc::new(ranks))
    }
}

/// Rows of a block, some hundred kilobytes of a wide table.
const BLOCK_ROWS: usize = 1 << 10;

/// The rows of `batches` in order, in blocks of some hundred kilobytes of a wide table.
pub(crate) fn sort(
    order: &KeyOrder,
    batches: Vec<RecordBatch>,
) -> Result<Vec<RecordBatch>, ParquetError> {
    let Some(whole) = joined(batches)? else { return Ok(Vec::new()) };
    let keys = order.keys(&whole)?;
    // Most keys are no longer than what is compared first.
    let mut rows: Vec<(u128, u32)> =
        keys.iter().zip(0..).map(|(key, row)| (head(key.data()), row)).collect();
    let key = |row: u32| keys.row(row as usize);
    // Parts often come in order, which only the stable sort makes use of.
    rows.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| key(a.1).cmp(&key(b.1))));
    let places: UInt32Array = rows.into_iter().map(|(_, row)| row).collect();
    drop(keys);
    let (schema, columns, rows) = whole.into_parts();
    let columns = columns.into_iter().map(|column| take(&column, &places, None));
    let sorted = RecordBatch::try_new(schema, columns.collect::<Result<_, _>>()?)?;
    let blocks = (0..rows).step_by(BLOCK_ROWS);
    Ok(blocks.map(|start| sorted.slice(start, BLOCK_ROWS.min(rows - start))).collect())
}

/// All rows in one batch, made column by column so that no more than one is held twice.
fn joined(batches: Vec<RecordBatch>) -> Result<Option<RecordBatch>, ParquetError> {
    let Some(schema) = batches.first().map(RecordBatch::schema) else { return Ok(None) };
    let mut parts: Vec<_> =
        batches.into_iter().map(|batch| batch.into_parts().1.into_iter()).collect();
    let columns = schema.fields().iter().map(|_| {
        let pieces: Vec<ArrayRef> = parts.iter_mut().filter_map(Iterator::next).collect();
        concat(&pieces.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>())
    });
    let columns = columns.collect::<Result<_, _>>()?;
    Ok(Some(RecordBatch::try_new(schema, columns)?))
}

/// The first bytes of a key as a number: where those of two keys differ, so do the keys.
fn head(key: &[u8]) -> u128 {
    let mut head = [0; 16];
    let length = key.len().min(head.len());
    head[..length].copy_from_slice(&key[..length]);
    u128::from_be_bytes(head)
}
