//! CSV and JSON: every row and column, decimals digit by digit.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::csv;
use arrow::datatypes::{DataType, Schema};
use arrow::json;
use arrow::json::writer::JsonArray;

use super::Chosen;
use super::source::Source;
use crate::args::ShowFormat;
use crate::error::CliError;

/// Writes what is chosen; with `guard` no text of CSV is a formula to a spreadsheet.
pub fn export(
    source: &Source,
    chosen: &Chosen,
    (format, guard): (ShowFormat, bool),
    to: &mut impl Write,
) -> Result<(), CliError> {
    source.verify()?;
    let rows = |batch: &RecordBatch| -> Result<RecordBatch, CliError> {
        let batch = chosen.selection.filter(batch)?.project(&chosen.projection)?;
        if guard { guarded(&batch) } else { Ok(batch) }
    };
    if format == ShowFormat::Json {
        let options = json::WriterBuilder::new().with_explicit_nulls(true);
        let mut writer = options.build::<_, JsonArray>(&mut *to);
        source.scan(|batch| Ok(writer.write(&rows(&batch)?)?))?;
        writer.finish()?;
        return Ok(writeln!(to)?);
    }
    let mut writer = csv::Writer::new(&mut *to);
    // The header, also where there is no row.
    let none = RecordBatch::new_empty(source.schema.clone());
    writer.write(&rows(&none)?)?;
    source.scan(|batch| Ok(writer.write(&rows(&batch)?)?))
}

/// What begins a formula, or is passed over in front of one.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The rows with an apostrophe before each text that a spreadsheet would compute. Numbers and days are
/// left alone, and so are ids that are numbers.
fn guarded(batch: &RecordBatch) -> Result<RecordBatch, CliError> {
    let mut fields = Vec::with_capacity(batch.num_columns());
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(batch.num_columns());
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        if !is_text(column.data_type()) {
            fields.push(Arc::clone(field));
            columns.push(Arc::clone(column));
            continue;
        }
        let texts = cast(column, &DataType::Utf8)?;
        let guard = |text: &str| {
            let apostrophe = if text.starts_with(FORMULA) { "'" } else { "" };
            format!("{apostrophe}{text}")
        };
        let texts: StringArray =
            texts.as_string::<i32>().iter().map(|text| text.map(guard)).collect();
        fields.push(Arc::new(field.as_ref().clone().with_data_type(DataType::Utf8)));
        columns.push(Arc::new(texts));
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

fn is_text(ty: &DataType) -> bool {
    match ty {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::Int64Array;

    use super::*;

    #[test]
    fn formulas_become_texts() {
        let texts = [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-5", "'-5"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("a=1", "a=1"),
            ("'=1", "'=1"),
            ("", ""),
        ];
        let column: StringArray = texts.iter().map(|(text, _)| Some(*text)).chain([None]).collect();
        let types = [
            DataType::Utf8,
            DataType::LargeUtf8,
            DataType::Utf8View,
            DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
        ];
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(-9..=0));
        for ty in types {
            let column = cast(&column, &ty).unwrap();
            let rows = [("text", column), ("number", Arc::clone(&numbers))];
            let found = guarded(
                &RecordBatch::try_from_iter_with_nullable(
                    rows.map(|(name, column)| (name, column, true)),
                )
                .unwrap(),
            )
            .unwrap();
            let found_texts: Vec<_> = found.column(0).as_string::<i32>().iter().collect();
            let expected: Vec<_> =
                texts.iter().map(|(_, text)| Some(*text)).chain([None]).collect();
            assert_eq!(found_texts, expected, "{ty}");
            assert_eq!(found.column(1), &numbers);
        }
    }
}
