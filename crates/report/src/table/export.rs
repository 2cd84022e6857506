//! CSV and JSON: every row and column, decimals digit by digit.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::csv;
use arrow::datatypes::{DataType, Schema};
use arrow::json;
use arrow::json::writer::JsonArray;

use super::Query;
use super::source::{Present, Selection, Source, known, segment};
use crate::Format;
use crate::error::ReportError;

/// What becomes of texts of CSV that a spreadsheet would compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// They stay as they are.
    Off,
    /// They get an apostrophe in front.
    On,
}

/// Writes every row that is asked for; JSON needs no guard. The file is compared with the run's record
/// before the first row is written.
///
/// # Errors
///
/// A name of the query that the table does not have, a file that cannot be read or is not what the run
/// wrote, or a writer that fails.
pub fn export(
    source: &Source,
    query: &Query,
    format: Format,
    guard: Guard,
    to: &mut impl Write,
) -> Result<(), ReportError> {
    let chosen = Chosen::new(source, query)?;
    source.verify()?;
    let rows = |batch: &RecordBatch| -> Result<RecordBatch, ReportError> {
        let batch = chosen.selection.filter(batch)?.project(&chosen.projection)?;
        if format == Format::Csv && guard == Guard::On { guarded(&batch) } else { Ok(batch) }
    };
    if format == Format::Json {
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

/// What a query asks for, as far as it is there.
struct Chosen {
    selection: Selection,
    /// Indices of the columns asked for; all where none is.
    projection: Vec<usize>,
}

impl Chosen {
    fn new(source: &Source, query: &Query) -> Result<Self, ReportError> {
        let columns = source.columns();
        let position = |name: &String| {
            let name = known("column", name.clone(), &columns)?;
            Ok(columns.iter().position(|column| *column == name).unwrap_or_default())
        };
        let mut projection =
            query.columns.iter().map(position).collect::<Result<Vec<_>, ReportError>>()?;
        if projection.is_empty() {
            projection = (0..columns.len()).collect();
        }
        // A whole table needs no look at its keys first.
        let present = if query.grain.is_none() && query.segment.is_none() {
            Present::default()
        } else {
            source.present(query.segment.as_deref().map(|argument| segment(argument).0))?
        };
        Ok(Self { selection: Selection::asked(query, &present)?, projection })
    }
}

/// What begins a formula, or is passed over in front of one.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The rows with an apostrophe before each text that a spreadsheet would compute. Numbers and days are
/// left alone, and so are ids that are numbers.
fn guarded(batch: &RecordBatch) -> Result<RecordBatch, ReportError> {
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
