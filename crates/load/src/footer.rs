//! What a Parquet file says of itself, and the scan that reads it.

use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::{
    ArrowDataType, DataType, HiveOptions, IdxSize, LazyFrame, ParquetReader, PlRefPath,
    PolarsResult, ScanArgsParquet, Schema, SerReader,
};

use crate::error::LoadError;
use crate::quiet::quietly;

/// The footer of a file: its columns and how many rows are in each row group.
#[derive(Debug)]
pub(crate) struct Footer {
    pub columns: Arc<Schema>,
    pub groups: Vec<u64>,
}

impl Footer {
    /// Reads the end of the file, and no data.
    pub fn read(path: &Path) -> Result<Self, LoadError> {
        let file =
            File::open(path).map_err(|source| LoadError::Io { path: path.to_owned(), source })?;
        let mut reader = ParquetReader::new(file);
        let (metadata, schema) =
            quietly(|| Ok((Arc::clone(reader.get_metadata()?), reader.schema()?)))
                .map_err(|reason| LoadError::NotParquet { path: path.to_owned(), reason })?;
        // The engine converts the type of every column of a file that it scans.
        let unreadable = schema.iter_values().find(|field| !readable(&field.dtype));
        if let Some(field) = unreadable {
            return Err(LoadError::ColumnType {
                column: field.name.to_string(),
                path: path.to_owned(),
                found: format!("{:?}", field.dtype),
                advice: "write the file without it, or as text",
            });
        }
        let fields = schema.iter_values();
        let columns = fields.map(|f| (f.name.clone(), DataType::from_arrow_field(f))).collect();
        let groups = metadata.row_groups.iter().map(|group| group.num_rows() as u64).collect();
        Ok(Self { columns: Arc::new(columns), groups })
    }

    pub fn rows(&self) -> u64 {
        self.groups.iter().sum()
    }

    /// Row groups in runs of about `rows` rows, as ranges of rows: the pieces in which a file is
    /// read. Few rows at a time keep little of a file in memory; too few cost more in plans.
    pub fn pieces(&self, rows: u64) -> Vec<Range<u64>> {
        let mut pieces: Vec<Range<u64>> = Vec::new();
        let mut end = 0;
        for group in &self.groups {
            let start = end;
            end += group;
            match pieces.last_mut() {
                Some(piece) if end - piece.start <= rows => piece.end = end,
                _ => pieces.push(start..end),
            }
        }
        pieces.retain(|piece| !piece.is_empty());
        pieces
    }
}

/// A scan of all columns of the rows.
pub(crate) fn scan(path: &Path, rows: Option<Range<u64>>) -> PolarsResult<LazyFrame> {
    let args = ScanArgsParquet {
        glob: false,
        cache: false,
        hive_options: HiveOptions::new_disabled(),
        ..ScanArgsParquet::default()
    };
    let frame = LazyFrame::scan_parquet(PlRefPath::try_from_path(path)?, args)?;
    let Some(rows) = rows else { return Ok(frame) };
    let start = i64::try_from(rows.start).unwrap_or(i64::MAX);
    let length = IdxSize::try_from(rows.end - rows.start).unwrap_or(IdxSize::MAX);
    Ok(frame.slice(start, length))
}

fn readable(dtype: &ArrowDataType) -> bool {
    use ArrowDataType as A;
    match dtype {
        A::List(field) | A::LargeList(field) => readable(&field.dtype),
        A::Decimal256(precision, _) => *precision <= 38,
        A::Null
        | A::Boolean
        | A::Int8
        | A::Int16
        | A::Int32
        | A::Int64
        | A::UInt8
        | A::UInt16
        | A::UInt32
        | A::UInt64
        | A::Float32
        | A::Float64
        | A::Date32
        | A::Date64
        | A::Time32(_)
        | A::Time64(_)
        | A::Timestamp(..)
        | A::Duration(_)
        | A::Decimal(..)
        | A::Decimal32(..)
        | A::Decimal64(..)
        | A::Utf8
        | A::LargeUtf8
        | A::Utf8View
        | A::Binary
        | A::LargeBinary
        | A::BinaryView
        | A::FixedSizeBinary(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_runs_of_row_groups() {
        let cases: [(&[u64], &[Range<u64>]); 5] = [
            (&[], &[]),
            (&[0], &[]),
            (&[7], &[0..7]),
            (&[4, 4, 4, 9, 0, 30, 1], &[0..8, 8..12, 12..21, 21..51, 51..52]),
            (&[10, 10], &[0..10, 10..20]),
        ];
        for (groups, expected) in cases {
            let footer = Footer { columns: Arc::default(), groups: groups.to_vec() };
            assert_eq!(footer.pieces(10), expected, "{groups:?}");
        }
    }
}
