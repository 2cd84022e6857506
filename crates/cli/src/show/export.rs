//! CSV and JSON: every row and column, decimals digit by digit.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::csv;
use arrow::json;
use arrow::json::writer::JsonArray;

use super::Chosen;
use super::source::Source;
use crate::args::ShowFormat;
use crate::error::CliError;

/// Writes what is chosen.
pub fn export(
    source: &Source,
    chosen: &Chosen,
    format: ShowFormat,
    to: &mut impl Write,
) -> Result<(), CliError> {
    let rows = |batch: &RecordBatch| -> Result<RecordBatch, CliError> {
        Ok(chosen.selection.filter(batch)?.project(&chosen.projection)?)
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
    writer.write(&none.project(&chosen.projection)?)?;
    source.scan(|batch| Ok(writer.write(&rows(&batch)?)?))
}
