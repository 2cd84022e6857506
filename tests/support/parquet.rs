//! Parquet from text and back.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, new_empty_array};
use arrow::compute::{CastOptions, cast_with_options, concat_batches};
use arrow::datatypes::{DataType, Field, Float64Type, Schema, TimeUnit, TimestampMicrosecondType};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::text::{Cell, TextTable};

/// Writes a text table as a Parquet file. The type of a column is that of its cells, or the one
/// that its name ends with: `amount:decimal`, `customer:text`, `at:zoned`, see [`typed`].
pub fn write_text(path: &Path, table: &TextTable) {
    let columns = table.names.iter().enumerate().map(|(at, name)| {
        let cells: Vec<_> = table.rows.iter().map(|row| row[at].as_deref()).collect();
        let (name, ty) = match name.split_once(':') {
            Some(named) => named,
            None => (name.as_str(), guess(name, &cells)),
        };
        let (is_zoned, ty) = (ty == "zoned", typed(ty, &cells));
        let options = CastOptions { safe: false, ..CastOptions::default() };
        let texts = StringArray::from(cells);
        let values = cast_with_options(&texts, &ty, &options)
            .unwrap_or_else(|error| panic!("{}: {name}: {error}", path.display()));
        (name, if is_zoned { in_utc(&values) } else { values })
    });
    write(path, &batch(columns));
}

/// Columns that may hold NULL, side by side.
pub fn batch<'a>(columns: impl IntoIterator<Item = (&'a str, ArrayRef)>) -> RecordBatch {
    let (fields, arrays): (Vec<_>, Vec<_>) = columns
        .into_iter()
        .map(|(name, array)| (Field::new(name, array.data_type().clone(), true), array))
        .unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

/// Writes a Parquet file, and the folders above it where they are missing.
pub fn write(path: &Path, batch: &RecordBatch) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut writer =
        ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

/// Reads a Parquet file whole.
pub fn read(path: &Path) -> RecordBatch {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let schema = reader.schema().clone();
    let batches: Vec<_> = reader.build().unwrap().map(Result::unwrap).collect();
    concat_batches(&schema, &batches).unwrap()
}

/// Reads a Parquet file as a text table. Floats have up to six decimal places.
pub fn read_text(path: &Path) -> TextTable {
    let batch = read(path);
    let names = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
    let columns: Vec<_> = batch.columns().iter().map(cells).collect();
    let row = |at: usize| columns.iter().map(|column| column[at].clone()).collect();
    TextTable { comments: Vec::new(), names, rows: (0..batch.num_rows()).map(row).collect() }
}

fn cells(column: &ArrayRef) -> Vec<Cell> {
    if *column.data_type() == DataType::Float64 {
        let floats = column.as_primitive::<Float64Type>();
        return floats.iter().map(|float| float.map(rounded)).collect();
    }
    let options = FormatOptions::default();
    let format = ArrayFormatter::try_new(column, &options).unwrap();
    let cell = |at| column.is_valid(at).then(|| format.value(at).to_string());
    (0..column.len()).map(cell).collect()
}

fn rounded(float: f64) -> String {
    let text = format!("{float:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Timestamps with the zone that they are in, which the cast from text knows nothing of.
fn in_utc(stamps: &ArrayRef) -> ArrayRef {
    Arc::new(stamps.as_primitive::<TimestampMicrosecondType>().clone().with_timezone("UTC"))
}

/// The type of a name, some with the decimal places that `cells` have.
fn typed(name: &str, cells: &[Option<&str>]) -> DataType {
    let places = |cell: &&str| cell.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let scale = cells.iter().flatten().map(places).max().unwrap_or(2);
    match name {
        "int" => DataType::Int64,
        "uint" => DataType::UInt64,
        "float" => DataType::Float64,
        "decimal" => DataType::Decimal128(18, i8::try_from(scale).unwrap()),
        "date" => DataType::Date32,
        "time" | "zoned" => DataType::Timestamp(TimeUnit::Microsecond, None),
        "bool" => DataType::Boolean,
        "text" => DataType::Utf8,
        other => panic!("no type is named {other:?}"),
    }
}

/// The name of the type that all cells look like.
fn guess(column: &str, cells: &[Option<&str>]) -> &'static str {
    let mut looks = cells.iter().flatten().map(|cell| look(cell));
    let first =
        looks.next().unwrap_or_else(|| panic!("say the type of {column}, as in {column}:text"));
    looks.fold(first, |ty, look| match (ty, look) {
        (a, b) if a == b => a,
        ("int", "decimal") | ("decimal", "int") => "decimal",
        _ => "text",
    })
}

fn look(cell: &str) -> &'static str {
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = cell.strip_prefix('-').unwrap_or(cell);
    let is_date = |text: &str| {
        let parts: Vec<_> = text.split('-').collect();
        text.len() == 10 && parts.len() == 3 && parts.iter().all(|part| are_digits(part))
    };
    match (number.split_once('.'), cell.split_once('T')) {
        _ if are_digits(number) => "int",
        (Some((whole, fraction)), _) if are_digits(whole) && are_digits(fraction) => "decimal",
        _ if is_date(cell) => "date",
        (_, Some((date, time))) if is_date(date) => {
            if time.ends_with('Z') {
                "zoned"
            } else {
                "time"
            }
        }
        _ => "text",
    }
}

#[test]
fn columns_take_the_type_of_their_cells() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let text = "n   d     day         at                   utc                   s      e:int
                1   1.50  2024-02-29  2024-02-29T10:30:00  2024-02-29T10:30:00Z  1      -
                -2  3     2024-03-01  2024-02-29T10:30:01  2024-02-29T10:30:00Z  two    -";
    write_text(&path, &TextTable::parse(text));
    let batch = read(&path);
    let types: Vec<_> = batch.schema().fields().iter().map(|f| f.data_type().to_string()).collect();
    let expected = [
        "Int64",
        "Decimal128(18, 2)",
        "Date32",
        "Timestamp(µs)",
        "Timestamp(µs, \"UTC\")",
        "Utf8",
        "Int64",
    ];
    assert_eq!(types, expected);
    let names = ["n", "d", "day", "at", "s", "e"].map(|name| batch.column_by_name(name).unwrap());
    let last = names.map(|column| cells(column).pop().unwrap());
    let expected = ["-2", "3.00", "2024-03-01", "2024-02-29T10:30:01", "two"];
    assert_eq!(last[..5], expected.map(|cell| Some(cell.to_owned())));
    assert_eq!(last[5], None);
    assert_eq!(new_empty_array(&typed("decimal", &[])).data_type(), &DataType::Decimal128(18, 2));
}
