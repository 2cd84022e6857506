//! Columns as Delta Lake names them.

use arrow::datatypes::{DataType, Field, Schema};
use serde_json::{Map, Value, json};

/// How unsigned integers are kept, which Delta does not have.
pub(super) const UNSIGNED: DataType = DataType::Decimal128(20, 0);

/// The columns as the text of a `schemaString`.
///
/// # Panics
/// Where a column has a type that no table has.
pub(super) fn schema_string(schema: &Schema) -> String {
    let fields: Vec<_> = schema.fields().iter().map(|field| column(field)).collect();
    json!({ "type": "struct", "fields": fields }).to_string()
}

fn column(field: &Field) -> Value {
    let notes = [("description", "comment"), ("unit", "kohort.unit")];
    let notes = notes.into_iter().filter_map(|(key, name)| {
        Some((name.to_owned(), field.metadata().get(key)?.clone().into()))
    });
    json!({
        "name": field.name(),
        "type": type_name(field.data_type()),
        "nullable": field.is_nullable(),
        "metadata": notes.collect::<Map<_, _>>(),
    })
}

fn type_name(ty: &DataType) -> String {
    match ty {
        DataType::Utf8 => "string".to_owned(),
        DataType::Binary => "binary".to_owned(),
        DataType::Date32 => "date".to_owned(),
        DataType::Int32 => "integer".to_owned(),
        DataType::Int64 => "long".to_owned(),
        DataType::UInt64 => type_name(&UNSIGNED),
        DataType::Float64 => "double".to_owned(),
        DataType::Decimal128(precision, scale) => format!("decimal({precision},{scale})"),
        DataType::Boolean => "boolean".to_owned(),
        other => unreachable!("tables have no columns of type {other}"),
    }
}
