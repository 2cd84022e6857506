//! The order of rows.

use std::cmp::Ordering;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::Relaxed;

use arrow::array::{ArrayRef, AsArray, RecordBatch, UInt8Array};
use arrow::datatypes::{DataType, Schema};
use arrow::row::{RowConverter, Rows, SortField};
use kohort_model::{Grain, Table, TableSchema, Values, keys};
use parquet::errors::ParquetError;

/// Indices of the key's columns.
fn key(schema: &TableSchema) -> Vec<usize> {
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

/// The order of a table by its key: NULL first, texts by their bytes, grains from `day` to `year`.
pub(crate) struct KeyOrder {
    columns: Vec<usize>,
    /// Place of the grain in the key.
    grain: Option<usize>,
    /// A bit for each grain that was seen.
    grains: AtomicU8,
    converter: RowConverter,
}

impl KeyOrder {
    /// The order of a table that is `schema` in Arrow.
    ///
    /// # Panics
    /// Where the table has no key.
    pub fn new(table: &TableSchema, schema: &Schema) -> Result<Self, ParquetError> {
        let columns = key(table);
        assert!(!columns.is_empty(), "the rows of {} have no order", table.name);
        Self::by_columns(columns, schema)
    }

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
        Ok(Self { columns, grain, grains: AtomicU8::new(0), converter })
    }

    /// The keys of rows, as bytes that have their order.
    pub fn keys(&self, batch: &RecordBatch) -> Result<Rows, ParquetError> {
        let arrays = self.columns.iter().enumerate().map(|(place, index)| {
            let array = batch.column(*index);
            if self.grain == Some(place) { self.ranks(array) } else { Ok(array.clone()) }
        });
        let arrays = arrays.collect::<Result<Vec<_>, _>>()?;
        Ok(self.converter.convert_columns(&arrays)?)
    }

    fn ranks(&self, grains: &ArrayRef) -> Result<ArrayRef, ParquetError> {
        let rank = |name: &str| match name.parse::<Grain>() {
            Ok(grain) => Ok(grain as u8),
            Err(cause) => Err(ParquetError::External(Box::new(cause))),
        };
        let ranks = grains.as_string::<i32>().iter().map(|name| name.map(rank).transpose());
        let ranks = ranks.collect::<Result<UInt8Array, _>>()?;
        let seen = ranks.iter().flatten().fold(0, |seen, rank| seen | 1 << rank);
        self.grains.fetch_or(seen, Relaxed);
        Ok(Arc::new(ranks))
    }

    /// As [`sorted_by`], of a table in this order whose [`KeyOrder::keys`] have all been asked for.
    /// Where other columns precede a grain that is not in the order of bytes, what follows them
    /// may be, but is not known to be.
    pub fn sorted_by(&self) -> &[usize] {
        let grains = self.grains.load(Relaxed);
        let grains = Grain::ALL.into_iter().filter(|grain| grains & 1 << *grain as u8 != 0);
        let plain = grains.map(Grain::name).is_sorted();
        let known = self.grain.filter(|_| !plain).unwrap_or(self.columns.len());
        &self.columns[..known]
    }
}
