//! What a Parquet file says of itself, and the scan that reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};

use polars::io::parquet::read::infer_schema;
use polars::prelude::{
    ArrowDataType, DataType, Expr, FileMetadata, HiveOptions, LazyFrame, ParquetReader, PlRefPath,
    PlSmallStr, PolarsResult, ScanArgsParquet, Schema, SerReader, TimeZone, col,
};
use polars_plan::dsl::{DslPlan, FileScanDsl, FileScanIR};
use polars_plan::plans::{FileInfo, IR};

use crate::error::LoadError;
use crate::quiet::quietly;

/// The footer of a file: its columns and its row groups.
#[derive(Debug)]
pub(crate) struct Footer {
    /// The columns that can be read.
    pub columns: Arc<Schema>,
    /// The others, with their types.
    pub unreadable: BTreeMap<PlSmallStr, String>,
    /// Times that the file keeps in UTC, but that were written in another zone.
    pub zones: Vec<Expr>,
    metadata: Arc<FileMetadata>,
}

impl Footer {
    /// Reads the end of the file, and no data.
    pub fn read(path: &Path) -> Result<Self, LoadError> {
        let file =
            File::open(path).map_err(|source| LoadError::Io { path: path.to_owned(), source })?;
        let mut reader = ParquetReader::new(file);
        let found = quietly(|| {
            let written = reader.schema()?;
            // Without the writer's own schema the types are those of Parquet: a dictionary of
            // texts, say, is just texts.
            let mut metadata = FileMetadata::clone(reader.get_metadata()?);
            metadata.key_value_metadata = None;
            let schema = infer_schema(&metadata)?;
            Ok((written, metadata, schema))
        });
        let (written, metadata, schema) =
            found.map_err(|reason| LoadError::NotParquet { path: path.to_owned(), reason })?;
        let mut columns = Schema::default();
        let (mut unreadable, mut zones) = (BTreeMap::new(), Vec::new());
        for field in schema.iter_values() {
            if !readable(&field.dtype) {
                unreadable.insert(field.name.clone(), format!("{:?}", field.dtype));
                continue;
            }
            let mut dtype = DataType::from_arrow_field(field);
            if let (DataType::Datetime(unit, Some(_)), Some(ArrowDataType::Timestamp(_, zone))) =
                (&dtype, written.get(&field.name).map(|field| &field.dtype))
                && let Ok(Some(zone)) = TimeZone::opt_try_new(zone.clone())
                && zone != TimeZone::UTC
            {
                zones.push(col(field.name.clone()).dt().convert_time_zone(zone.clone()));
                dtype = DataType::Datetime(*unit, Some(zone));
            }
            columns.with_column(field.name.clone(), dtype);
        }
        Ok(Self { columns: Arc::new(columns), unreadable, zones, metadata: Arc::new(metadata) })
    }

    pub fn rows(&self) -> u64 {
        self.metadata.num_rows as u64
    }

    /// Forgets all columns but some of those that can be read: the engine would convert the types
    /// of the others too, and there may be thousands of footers.
    pub fn keep(&mut self, wanted: &BTreeSet<PlSmallStr>) {
        let names = self.columns.iter_names().filter(|name| wanted.contains(*name));
        let names: Vec<_> = names.cloned().collect();
        // Where that fails, the whole footer serves as well.
        if let Ok(metadata) = self.metadata.pruned(&names, &names) {
            self.metadata = Arc::new(metadata);
        }
        self.zones.retain(|zone| {
            zone.clone().meta().root_names().iter().all(|name| wanted.contains(name))
        });
    }

    /// Row groups in runs of about `rows` rows, as ranges of rows: the pieces in which a file is
    /// read. Few rows at a time keep little of a file in memory; too few cost more in plans.
    pub fn pieces(&self, rows: u64) -> Vec<Range<u64>> {
        pieces(self.metadata.row_groups.iter().map(|group| group.num_rows() as u64), rows)
    }

    /// A scan of the kept columns of a piece, or of the whole file.
    pub fn scan(&self, path: &Path, piece: Option<&Range<u64>>) -> PolarsResult<LazyFrame> {
        let args = ScanArgsParquet {
            glob: false,
            cache: false,
            hive_options: HiveOptions::new_disabled(),
            ..ScanArgsParquet::default()
        };
        let frame = LazyFrame::scan_parquet(PlRefPath::try_from_path(path)?, args)?;
        let DslPlan::Scan { sources, unified_scan_args, scan_type, .. } = frame.logical_plan else {
            unreachable!("a scan is a scan");
        };
        let FileScanDsl::Parquet { options } = &*scan_type else {
            unreachable!("a scan of Parquet is one of Parquet");
        };
        let metadata = piece.map_or_else(|| Arc::clone(&self.metadata), |rows| self.part(rows));
        let arrow = infer_schema(&metadata)?;
        let fields = arrow.iter_values();
        let schema: Schema =
            fields.map(|f| (f.name.clone(), DataType::from_arrow_field(f))).collect();
        let rows = metadata.num_rows;
        // The engine would read the footer again for every piece. It looks here first.
        let resolved = IR::Scan {
            sources: sources.clone(),
            file_info: FileInfo::new(
                Arc::new(schema),
                Some(Err(Arc::new(arrow)).into()),
                (Some(rows), rows),
            ),
            hive_parts: None,
            predicate: None,
            predicate_file_skip_applied: None,
            output_schema: None,
            scan_type: Box::new(FileScanIR::Parquet {
                options: options.clone(),
                first_metadata: Some(metadata),
                metadata_per_source: None,
            }),
            unified_scan_args: unified_scan_args.clone(),
        };
        let cached_ir = Arc::new(Mutex::new(Some(resolved)));
        let plan = DslPlan::Scan { sources, unified_scan_args, scan_type, cached_ir };
        let frame = LazyFrame::from(plan);
        Ok(if self.zones.is_empty() { frame } else { frame.with_columns(self.zones.clone()) })
    }

    /// The row groups of a piece as a file of their own.
    fn part(&self, rows: &Range<u64>) -> Arc<FileMetadata> {
        let whole = &self.metadata;
        let mut end = 0;
        let inside = whole.row_groups.iter().filter(|group| {
            end += group.num_rows() as u64;
            rows.start < end && end <= rows.end
        });
        let row_groups: Vec<_> = inside.cloned().collect();
        Arc::new(FileMetadata {
            version: whole.version,
            num_rows: usize::try_from(rows.end - rows.start).unwrap_or(usize::MAX),
            max_row_group_height: whole.max_row_group_height,
            created_by: None,
            row_groups,
            key_value_metadata: None,
            schema_descr: whole.schema_descr.clone(),
            column_orders: None,
            footer_buf: whole.footer_buf.clone(),
        })
    }
}

fn pieces(groups: impl Iterator<Item = u64>, rows: u64) -> Vec<Range<u64>> {
    let mut pieces: Vec<Range<u64>> = Vec::new();
    let mut end = 0;
    for group in groups {
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

fn readable(dtype: &ArrowDataType) -> bool {
    use ArrowDataType as A;
    match dtype {
        A::List(field) | A::LargeList(field) => readable(&field.dtype),
        A::Decimal(precision, _) | A::Decimal256(precision, _) => *precision <= 38,
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
        // Groups, and the ends of the pieces: each begins where the one before it ends.
        let cases: [(&[u64], &[u64]); 5] = [
            (&[], &[]),
            (&[0], &[]),
            (&[7], &[7]),
            (&[4, 4, 4, 9, 0, 30, 1], &[8, 12, 21, 51, 52]),
            (&[10, 10], &[10, 20]),
        ];
        for (groups, expected) in cases {
            let pieces = pieces(groups.iter().copied(), 10);
            let ends: Vec<_> = pieces.iter().map(|piece| piece.end).collect();
            assert_eq!(ends, expected, "{groups:?}");
            assert!(pieces.windows(2).all(|pair| pair[0].end == pair[1].start));
        }
    }
}
