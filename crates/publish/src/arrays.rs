//! Tables as Arrow arrays.

use std::iter;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array,
    Int64Array, RecordBatch, StringArray, UInt64Array,
};
use arrow::datatypes::{DECIMAL128_MAX_PRECISION, DataType, Field, Fields, Schema, SchemaRef};
use kohort_model::{Column, ColumnType, Id, IdType, Scale, Table, Unit, Values};

/// Rows that are copied into arrays, and written, at a time. Where one batch ends and the next
/// begins can show in the bytes of a file, so all files are written in batches of this size.
pub(crate) const BATCH_ROWS: usize = 1 << 15;

/// What a further text column means.
const MORE: &str = "the customer's value of this segment; NULL where there is none";

/// The columns of `table` with their descriptions and units.
pub(crate) fn schema(table: &Table, currency: Option<&str>) -> SchemaRef {
    let own = table.schema().columns.iter().map(|column| field(column, table, currency));
    let more = table.more().iter().map(|name| {
        Field::new(&**name, DataType::Utf8, true)
            .with_metadata([("description".to_owned(), MORE.to_owned())].into())
    });
    Arc::new(Schema::new(own.chain(more).collect::<Fields>()))
}

fn field(column: &Column, table: &Table, currency: Option<&str>) -> Field {
    let unit = match column.unit {
        Unit::Currency => currency.unwrap_or(Unit::Currency.name()),
        other => other.name(),
    };
    let notes = [("description", column.description), ("unit", unit)];
    let notes = notes.into_iter().filter(|(_, text)| !text.is_empty());
    Field::new(column.name, data_type(column.ty, table), column.nullable)
        .with_metadata(notes.map(|(key, text)| (key.to_owned(), text.to_owned())).collect())
}

fn data_type(ty: ColumnType, table: &Table) -> DataType {
    match ty {
        ColumnType::Text => DataType::Utf8,
        ColumnType::Date => DataType::Date32,
        ColumnType::Int32 => DataType::Int32,
        ColumnType::Int64 => DataType::Int64,
        ColumnType::Float64 => DataType::Float64,
        ColumnType::Money => {
            DataType::Decimal128(DECIMAL128_MAX_PRECISION, table.scale().places().cast_signed())
        }
        ColumnType::Boolean => DataType::Boolean,
        ColumnType::Id => match table.ids() {
            IdType::Signed => DataType::Int64,
            IdType::Unsigned => DataType::UInt64,
            IdType::Text => DataType::Utf8,
            IdType::Binary => DataType::Binary,
        },
    }
}

/// The rows of `table`, whose schema in Arrow is `schema`, [`BATCH_ROWS`] at a time.
///
/// # Panics
/// Where an id has not the form of the table's ids.
pub(crate) fn batches(table: &Table, schema: &SchemaRef) -> impl Iterator<Item = RecordBatch> {
    let mut start = 0;
    iter::from_fn(move || {
        let rows = start..table.rows().min(start + BATCH_ROWS);
        start = rows.end;
        (!rows.is_empty()).then(|| batch(table, schema, &rows))
    })
}

fn batch(table: &Table, schema: &SchemaRef, rows: &Range<usize>) -> RecordBatch {
    let arrays = table.columns().iter().map(|values| array(values, rows.clone(), table));
    RecordBatch::try_new(schema.clone(), arrays.collect()).expect("columns are of their schema")
}

fn array(values: &Values, rows: Range<usize>, table: &Table) -> ArrayRef {
    match values {
        Values::Text(v) => Arc::new(v[rows].iter().map(Option::as_deref).collect::<StringArray>()),
        Values::Date(v) => {
            Arc::new(v[rows].iter().map(|day| day.map(|d| d.0)).collect::<Date32Array>())
        }
        Values::Int32(v) => Arc::new(v[rows].iter().copied().collect::<Int32Array>()),
        Values::Int64(v) => Arc::new(v[rows].iter().copied().collect::<Int64Array>()),
        Values::Float64(v) => Arc::new(v[rows].iter().copied().collect::<Float64Array>()),
        Values::Money(v) => Arc::new(money(&v[rows], table.scale())),
        Values::Boolean(v) => Arc::new(v[rows].iter().copied().collect::<BooleanArray>()),
        Values::Id(v) => ids(&v[rows], table.ids()),
    }
}

fn money(values: &[Option<i128>], scale: Scale) -> Decimal128Array {
    let money = values.iter().copied().collect::<Decimal128Array>();
    let money =
        money.with_precision_and_scale(DECIMAL128_MAX_PRECISION, scale.places().cast_signed());
    money.expect("a scale is far below the precision")
}

fn ids(ids: &[Id], form: IdType) -> ArrayRef {
    match form {
        IdType::Signed => Arc::new(Int64Array::from_iter_values(ids.iter().map(|id| {
            // Mapped, so that the order of the unsigned numbers is that of the signed.
            (integer(id) ^ (1 << 63)).cast_signed()
        }))),
        IdType::Unsigned => Arc::new(UInt64Array::from_iter_values(ids.iter().map(integer))),
        IdType::Text => {
            Arc::new(StringArray::from_iter_values(ids.iter().map(|id| {
                str::from_utf8(bytes(id)).expect("ids were read from a column of UTF-8")
            })))
        }
        IdType::Binary => Arc::new(BinaryArray::from_iter_values(ids.iter().map(bytes))),
    }
}

/// # Panics
/// Where it is one of bytes.
pub(crate) fn integer(id: &Id) -> u64 {
    match id {
        Id::Integer(id) => *id,
        Id::Bytes(_) => panic!("an id of bytes in a table of integer ids"),
    }
}

/// # Panics
/// Where it is an integer.
pub(crate) fn bytes(id: &Id) -> &[u8] {
    match id {
        Id::Bytes(id) => id,
        Id::Integer(_) => panic!("an integer id in a table of byte ids"),
    }
}
