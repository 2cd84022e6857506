//! What a Parquet file says of itself, and the scan that reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Cursor;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};

use polars::io::mmap::MmapBytesReader;
use polars::io::parquet::read::infer_schema;
use polars::prelude::{
    ArrowDataType, DataFrame, DataType, Expr, FileMetadata, HiveOptions, IntoLazy, LazyFrame,
    ParquetReader, PlRefPath, PlSmallStr, PolarsError, PolarsResult, ScanArgsParquet, Schema,
    SerReader, TimeZone, col,
};
use polars_plan::dsl::{DslPlan, FileScanDsl, FileScanIR, ScanSources};
use polars_plan::plans::{FileInfo, IR};

use crate::error::LoadError;
use crate::quiet::quietly;
use crate::relocate::relocated;
use crate::remote::{Remote, reason};

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
    /// What it is the footer of, where that is not a local file.
    remote: Option<Remote>,
}

impl Footer {
    /// Reads the end of the file, and no data.
    pub fn read(path: &Path) -> Result<Self, LoadError> {
        let file =
            File::open(path).map_err(|source| LoadError::Io { path: path.to_owned(), source })?;
        Self::of(file, path)
    }

    /// Fetches the end of the object, and no data; `path` is its URL.
    pub fn fetch(remote: &Remote, path: &Path) -> Result<Self, LoadError> {
        let footer = Self::of(Cursor::new(remote.tail()?), path)?;
        Ok(Self { remote: Some(remote.clone()), ..footer })
    }

    fn of(end: impl MmapBytesReader, path: &Path) -> Result<Self, LoadError> {
        let mut reader = ParquetReader::new(end);
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
        let (columns, metadata) = (Arc::new(columns), Arc::new(metadata));
        Ok(Self { columns, unreadable, zones, metadata, remote: None })
    }

    /// Of its bytes, as hexadecimal digits.
    pub fn hash(&self) -> String {
        blake3::hash(&self.metadata.footer_buf).to_hex()[..32].to_owned()
    }

    /// Whether data has to be fetched, all of it before the engine takes it up.
    pub fn is_remote(&self) -> bool {
        self.remote.is_some()
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
        let zones = self.zones_of(|name| wanted.contains(name)).cloned().collect();
        self.zones = zones;
    }

    /// Row groups in runs of about `rows` rows, as ranges of rows: the pieces in which a file is
    /// read. Few rows at a time keep little of a file in memory; too few cost more in plans.
    pub fn pieces(&self, rows: u64) -> Vec<Range<u64>> {
        pieces(self.metadata.row_groups.iter().map(|group| group.num_rows() as u64), rows)
    }

    /// A scan of the kept columns of a piece, or of the whole file. Of an object the columns that
    /// are needed are fetched before, and the others are not there.
    pub fn scan(
        &self,
        path: &Path,
        piece: Option<&Range<u64>>,
        needed: Option<&BTreeSet<PlSmallStr>>,
    ) -> PolarsResult<LazyFrame> {
        let (sources, metadata) = if let Some(remote) = &self.remote {
            let (bytes, metadata) = self.fetched(remote, piece, needed)?;
            if metadata.schema().fields().is_empty() {
                return Ok(DataFrame::empty_with_height(metadata.num_rows).lazy());
            }
            (ScanSources::Buffers(Arc::new([bytes.into()])), metadata)
        } else {
            let paths = [PlRefPath::try_from_path(path)?].into_iter().collect();
            let metadata = piece.map_or_else(|| Arc::clone(&self.metadata), |rows| self.part(rows));
            (ScanSources::Paths(paths), metadata)
        };
        let args = ScanArgsParquet {
            glob: false,
            cache: false,
            hive_options: HiveOptions::new_disabled(),
            ..ScanArgsParquet::default()
        };
        let frame = LazyFrame::scan_parquet_sources(sources, args)?;
        let DslPlan::Scan { sources, unified_scan_args, scan_type, .. } = frame.logical_plan else {
            unreachable!("a scan is a scan");
        };
        let FileScanDsl::Parquet { options } = &*scan_type else {
            unreachable!("a scan of Parquet is one of Parquet");
        };
        let arrow = infer_schema(&metadata)?;
        let zones: Vec<_> = self.zones_of(|name| arrow.contains(name)).cloned().collect();
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
        Ok(if zones.is_empty() { frame } else { frame.with_columns(zones) })
    }

    /// The conversions of some columns.
    fn zones_of(&self, is_there: impl Fn(&PlSmallStr) -> bool) -> impl Iterator<Item = &Expr> {
        self.zones.iter().filter(move |zone| {
            let names = (*zone).clone().meta().root_names();
            names.iter().all(&is_there)
        })
    }

    /// The needed columns of a piece, or of all of an object, one behind the other, and the footer
    /// that finds them there.
    fn fetched(
        &self,
        remote: &Remote,
        piece: Option<&Range<u64>>,
        needed: Option<&BTreeSet<PlSmallStr>>,
    ) -> PolarsResult<(Vec<u8>, Arc<FileMetadata>)> {
        let groups = self.groups(piece);
        let schema = infer_schema(&self.metadata)?;
        let names = schema.iter_names();
        let names: Vec<_> = names
            .filter(|name| needed.is_none_or(|needed| needed.contains(*name)))
            .cloned()
            .collect();
        let (mut ranges, mut rows) = (Vec::new(), 0);
        for group in &self.metadata.row_groups[groups.clone()] {
            rows += group.num_rows();
            for chunk in
                names.iter().filter_map(|name| group.columns_under_root_iter(name)).flatten()
            {
                ranges.push(chunk.byte_range());
            }
        }
        let failed = |reason: String| PolarsError::ComputeError(reason.into());
        let fetched = remote.fetch(ranges).map_err(|error| failed(reason(error)))?;
        let footer = relocated(&self.metadata.footer_buf, groups, &|offset| fetched.place(offset))
            .ok_or_else(|| failed("its footer is damaged".to_owned()))?;
        let mut reader = ParquetReader::new(Cursor::new(footer));
        let mut metadata = reader.get_metadata()?.pruned(&names, &names)?;
        metadata.num_rows = rows;
        Ok((fetched.bytes, Arc::new(metadata)))
    }

    /// The row groups of a piece, or all.
    fn groups(&self, piece: Option<&Range<u64>>) -> Range<usize> {
        let groups = &self.metadata.row_groups;
        let Some(rows) = piece else { return 0..groups.len() };
        let mut end = 0;
        let inside = groups.iter().map(|group| {
            end += group.num_rows() as u64;
            rows.start < end && end <= rows.end
        });
        let inside: Vec<_> = inside.collect();
        let start = inside.iter().position(|is| *is).unwrap_or(0);
        start..inside.iter().rposition(|is| *is).map_or(start, |last| last + 1)
    }

    /// The row groups of a piece as a file of their own.
    fn part(&self, rows: &Range<u64>) -> Arc<FileMetadata> {
        let whole = &self.metadata;
        let row_groups = whole.row_groups[self.groups(Some(rows))].to_vec();
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
    use kohort_store::Store;
    use polars::prelude::{ParquetWriter, df};

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

    #[test]
    fn of_an_object_the_needed_columns_are_fetched_and_read_as_from_a_file() {
        let rows = 0..1000;
        let mut frame = df!(
            "id" => rows.clone().collect::<Vec<i64>>(),
            "name" => rows.clone().map(|n| format!("name {}", n % 37)).collect::<Vec<_>>(),
            "maybe" => rows.map(|n| (n % 3 > 0).then(|| f64::from(i32::try_from(n).unwrap()) / 7.0)).collect::<Vec<_>>(),
        )
        .unwrap();
        let mut bytes = Vec::new();
        ParquetWriter::new(&mut bytes).with_row_group_size(Some(300)).finish(&mut frame).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &bytes).unwrap();
        let store = Store::in_memory();
        store.put("x.parquet", bytes.into()).unwrap();
        let object = store.head("x.parquet").unwrap().unwrap();
        let remote = Remote { store, object };

        let local = Footer::read(file.path()).unwrap();
        let mut fetched = Footer::fetch(&remote, Path::new("memory:///x.parquet")).unwrap();
        assert_eq!((local.hash(), local.rows()), (fetched.hash(), fetched.rows()));
        assert_eq!(local.columns, fetched.columns);
        let columns: [&[&str]; 5] =
            [&["id"], &["maybe"], &["id", "maybe"], &["id", "name", "maybe"], &["else"]];
        let single = local.pieces(1);
        assert!(single.len() > 2, "{single:?}");
        let pieces = single.iter().cloned().chain(local.pieces(700)).map(Some);
        let pieces: Vec<_> = pieces.chain([None]).collect();
        for keep in [false, true] {
            if keep {
                fetched.keep(&["id", "maybe"].map(PlSmallStr::from).into());
            }
            for (columns, piece) in columns.iter().flat_map(|c| pieces.iter().map(move |p| (c, p)))
            {
                let needed: BTreeSet<_> = columns.iter().map(|name| (*name).into()).collect();
                let found = fetched.scan(file.path(), piece.as_ref(), Some(&needed)).unwrap();
                let found = found.collect().unwrap();
                let mut names = BTreeSet::from(["id", "name", "maybe"].map(PlSmallStr::from));
                names.retain(|name| needed.contains(name) && !(keep && name == "name"));
                let expected = local.scan(file.path(), piece.as_ref(), None).unwrap();
                let expected = expected.collect().unwrap();
                assert_eq!(found.height(), expected.height());
                assert_eq!(found.width(), names.len(), "{columns:?} {keep}");
                for name in &names {
                    let columns = [&found, &expected].map(|frame| frame.column(name).unwrap());
                    assert!(columns[0].equals_missing(columns[1]), "{name} of {piece:?}");
                }
            }
        }
        let all = fetched.scan(file.path(), None, None).unwrap().collect().unwrap();
        assert_eq!((all.height(), all.width()), (1000, 2));

        remote.store.put("x.parquet", "another".into()).unwrap();
        let changed = fetched.scan(file.path(), None, None).err().unwrap().to_string();
        assert!(changed.contains("it changed while it was read"), "{changed}");
    }
}
