//! Parquet files of tables, which explain themselves.

use std::collections::HashSet;
use std::path::PathBuf;
use std::slice;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, RecordBatch};
use arrow::datatypes::{DECIMAL128_MAX_PRECISION, SchemaRef};
use arrow::row::{RowConverter, SortField};
use kohort_disk::at;
use kohort_model::{Day, SegmentAt, TableSchema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use crate::digest::HashedFile;
use crate::error::writing;
use crate::{KOHORT_VERSION, PublishError, arrays, own};

/// Rows of a row group: some megabytes of a wide table, so that readers can skip by statistics and
/// share the work, and the compressed pages of one group are little to hold in memory.
pub(crate) const GROUP_ROWS: usize = 1 << 18;

/// What a reader must know of a run to understand its tables; it goes into each file's metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableMeta {
    /// Exclusive end of what is known.
    pub as_of: Day,
    /// Lapse window W in days.
    pub lapse_after_days: u32,
    /// ISO code of the currency of money, where one is known.
    pub currency: Option<String>,
    /// Name of each segment and which of a customer's orders gives its value.
    pub segments: Vec<(String, SegmentAt)>,
}

impl TableMeta {
    /// The metadata pairs of the run, without those of the table.
    fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![
            ("kohort.as_of", self.as_of.to_string()),
            ("kohort.lapse_after_days", self.lapse_after_days.to_string()),
        ];
        pairs.extend(self.currency.clone().map(|code| ("kohort.currency", code)));
        if !self.segments.is_empty() {
            let notes: Vec<_> = self.segments.iter().map(|(name, at)| note(name, *at)).collect();
            pairs.push(("kohort.segments", notes.join("; ")));
        }
        pairs
    }
}

fn note(segment: &str, at: SegmentAt) -> String {
    let rule = match at {
        SegmentAt::First => "a customer counts in one value, that of the first order",
        SegmentAt::Order => {
            "each (customer, value) counts as a customer of its own, \
             so values do not add up to the overall rows"
        }
    };
    format!("{segment}: {rule}")
}

/// A Parquet file that is being written.
pub(crate) struct TableFile {
    path: PathBuf,
    writer: ArrowWriter<HashedFile>,
}

/// A file that was written.
pub(crate) struct Written {
    pub path: PathBuf,
    pub bytes: u64,
    /// BLAKE3 in hexadecimal.
    pub digest: String,
}

/// What decides how the rows of a table are written.
pub(crate) struct Shape<'a> {
    pub table: &'static TableSchema,
    /// The columns by which the rows are sorted in the order of their bytes, NULL first.
    pub sorted: &'a [usize],
    /// The first rows, where there are any.
    pub first: Option<&'a RecordBatch>,
}

impl TableFile {
    /// A file at `path` for rows of `schema`.
    pub fn create(
        path: PathBuf,
        schema: SchemaRef,
        properties: WriterProperties,
    ) -> Result<Self, PublishError> {
        let file = at(&path, own::create_table(&path))?;
        match ArrowWriter::try_new(HashedFile::new(file), schema, Some(properties)) {
            Ok(writer) => Ok(Self { path, writer }),
            Err(cause) => Err(writing(path, cause)),
        }
    }

    /// Adds rows.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), PublishError> {
        let written = check(batch).and_then(|()| self.writer.write(batch));
        written.map_err(|cause| writing(self.path.clone(), cause))
    }

    /// Rows that are still in memory.
    pub fn waiting_rows(&self) -> usize {
        self.writer.in_progress_rows()
    }

    /// Writes the rows that are still in memory, as a row group.
    pub fn flush(&mut self) -> Result<(), PublishError> {
        self.writer.flush().map_err(|cause| writing(self.path.clone(), cause))
    }

    /// Adds to the metadata.
    pub fn note(&mut self, note: KeyValue) {
        self.writer.append_key_value_metadata(note);
    }

    /// Flushes the file to disk.
    pub fn finish(mut self) -> Result<Written, PublishError> {
        self.writer.finish().map_err(|cause| writing(self.path.clone(), cause))?;
        // `into_inner` would do both, but wraps what the disk says.
        at(&self.path, self.writer.sync())?;
        let file = self.writer.inner();
        at(&self.path, file.file.sync_all())?;
        let (bytes, digest) = (self.writer.bytes_written() as u64, file.digest());
        Ok(Written { path: self.path, bytes, digest })
    }
}

/// Money has no more digits than its column.
fn check(batch: &RecordBatch) -> Result<(), ParquetError> {
    let money = batch.columns().iter().filter_map(|array| array.as_primitive_opt());
    money.into_iter().try_for_each(|money: &Decimal128Array| {
        Ok(money.validate_decimal_precision(DECIMAL128_MAX_PRECISION)?)
    })
}

impl Shape<'_> {
    /// The settings of a file of such rows.
    pub fn properties(&self, meta: Option<&TableMeta>) -> Result<WriterProperties, ParquetError> {
        let table = self.table;
        let mut pairs = vec![
            ("kohort.version", KOHORT_VERSION.to_owned()),
            ("kohort.table", table.name.to_owned()),
            ("kohort.description", table.description.to_owned()),
            ("kohort.key", table.key.join(",")),
            ("kohort.revisable", table.revisable.join(",")),
        ];
        pairs.extend(meta.map(TableMeta::pairs).unwrap_or_default());
        let pairs = pairs.into_iter().map(|(key, value)| KeyValue::new(key.to_owned(), value));

        let sorted = self.sorted.iter().map(|index| SortingColumn {
            column_idx: i32::try_from(*index).expect("a table has some tens of columns"),
            descending: false,
            nulls_first: true,
        });
        let sorted = Some(sorted.collect::<Vec<_>>()).filter(|sorted| !sorted.is_empty());
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_statistics_enabled(EnabledStatistics::Page)
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_sorting_columns(sorted)
            .set_key_value_metadata(Some(pairs.collect()));
        // Looking up each value only to find the dictionary too large is half the work of a file.
        if let Some(first) = self.first.filter(|batch| batch.num_rows() == arrays::BATCH_ROWS) {
            for (field, column) in first.schema_ref().fields().iter().zip(first.columns()) {
                if rarely_repeats(column)? {
                    let path = ColumnPath::from(field.name().as_str());
                    properties = properties.set_column_dictionary_enabled(path, false);
                }
            }
        }
        Ok(properties.build())
    }
}

/// Whether nine in ten values are others than those before them.
fn rarely_repeats(column: &ArrayRef) -> Result<bool, ParquetError> {
    let converter = RowConverter::new(vec![SortField::new(column.data_type().clone())])?;
    let values = converter.convert_columns(slice::from_ref(column))?;
    let repeated = column.len() / 10;
    let mut seen = HashSet::with_capacity(column.len());
    Ok(values.iter().filter(|value| !seen.insert(value.data())).nth(repeated).is_none())
}
