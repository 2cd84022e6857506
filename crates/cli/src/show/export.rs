//! CSV and JSON: every row and column, decimals digit by digit.

use std::io::Write;

use arrow::csv;
use arrow::json;
use arrow::json::writer::JsonArray;

use super::source::{Selection, Source};
use crate::args::ShowFormat;
use crate::error::CliError;

/// Writes the selected rows with the columns at `projection`.
pub fn export(
    source: &Source,
    selection: &Selection,
    projection: &[usize],
    format: ShowFormat,
    to: &mut impl Write,
) -> Result<(), CliError> {
    if format == ShowFormat::Json {
        let options = json::WriterBuilder::new().with_explicit_nulls(true);
        let mut writer = options.build::<_, JsonArray>(&mut *to);
        source.scan(|batch| Ok(writer.write(&selection.filter(&batch)?.project(projection)?)?))?;
        writer.finish()?;
        return Ok(writeln!(to)?);
    }
    let mut writer = csv::Writer::new(&mut *to);
    // The header, also where there is no row.
    let none = arrow::array::RecordBatch::new_empty(source.schema.clone());
    writer.write(&none.project(projection)?)?;
    source.scan(|batch| Ok(writer.write(&selection.filter(&batch)?.project(projection)?)?))
}
