//! Layouts of tables on disk: whole files, folders by value, Delta Lake.

pub mod delta;
pub(crate) mod hive;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use kohort_model::{ColumnType, Table, TableSchema};

use crate::digest::Digest;
use crate::error::writing;
use crate::order::sorted_by;
use crate::parquet_file::{Shape, TableFile};
use crate::{PublishError, TableMeta, TableRecord, arrays};
use hive::Parts;

/// How the tables of a run lie on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// One file a table, `<table>.parquet`.
    #[default]
    Files,
    /// `<table>/<column>=<value>/part-0.parquet` for every value of a key column. Tables without
    /// this column, and tables without rows, are one file.
    Hive {
        /// The column's name.
        partition_by: String,
    },
    /// One file a table, which [`delta::sync`] adds to the table's Delta Lake log.
    Delta,
}

impl Layout {
    /// Its name in a pipeline file.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Files => "parquet",
            Self::Hive { .. } => "hive",
            Self::Delta => "delta",
        }
    }

    /// Whether folders can be named after the values of a column of this type.
    #[must_use]
    pub fn can_partition_by(ty: ColumnType) -> bool {
        matches!(ty, ColumnType::Text | ColumnType::Date | ColumnType::Int32 | ColumnType::Int64)
    }
}

/// Where a table goes.
pub(crate) struct Place {
    /// Its file, where it is one.
    path: PathBuf,
    /// The column by whose values it is divided.
    partition: Option<usize>,
}

/// One file.
impl From<PathBuf> for Place {
    fn from(path: PathBuf) -> Self {
        Self { path, partition: None }
    }
}

impl Place {
    /// Where `table` goes in the folder of a run.
    pub fn for_table(table: &TableSchema, folder: &Path, layout: &Layout) -> Self {
        let path = folder.join(format!("{}.parquet", table.name));
        let Layout::Hive { partition_by } = layout else { return path.into() };
        let partition = table.columns.iter().position(|column| {
            column.name == partition_by
                && table.key.contains(&column.name)
                && Layout::can_partition_by(column.ty)
        });
        Self { path, partition }
    }

    /// What errors name.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A table that is being written.
pub(crate) struct TableWriter {
    schema: SchemaRef,
    /// That of the run.
    folder: PathBuf,
    files: Files,
    digest: Digest,
    rows: u64,
}

enum Files {
    One(TableFile),
    Parts(Parts),
}

impl TableWriter {
    /// A writer of rows of `schema`, which come in the order that `shape` names.
    pub fn create(
        place: &Place,
        shape: &Shape<'_>,
        schema: SchemaRef,
        meta: Option<&TableMeta>,
    ) -> Result<Self, PublishError> {
        let path = place.path.clone();
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        // Where there are no rows, there is no value to name a folder after.
        let files = if let (Some(column), Some(first)) = (place.partition, shape.first) {
            Files::Parts(Parts::create(&path, column, first, shape, meta)?)
        } else {
            let properties = shape.properties(meta).map_err(|e| writing(path.clone(), e))?;
            Files::One(TableFile::create(path, schema.clone(), properties)?)
        };
        Ok(Self { digest: Digest::new(&schema), schema, folder, files, rows: 0 })
    }

    /// Adds rows. All batches but the last have [`crate::arrays::BATCH_ROWS`].
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), PublishError> {
        match &mut self.files {
            Files::One(file) => file.write(batch)?,
            Files::Parts(parts) => parts.write(batch)?,
        }
        self.digest.update(batch);
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Flushes the table to disk.
    pub fn finish(self, name: &str) -> Result<TableRecord, PublishError> {
        let written = match self.files {
            Files::One(file) => vec![file.finish()?],
            Files::Parts(parts) => parts.finish()?,
        };
        let (digest, rows) = (self.digest.finish(&self.schema), self.rows);
        let bytes = written.iter().map(|file| file.bytes).sum();
        let path = |path: &Path| {
            // With slashes, whatever the system.
            let names = path.strip_prefix(&self.folder).unwrap_or(path).iter();
            names.map(|name| name.to_string_lossy()).collect::<Vec<_>>().join("/")
        };
        let files = written.iter().map(|file| (path(&file.path), file.digest.clone())).collect();
        let left_out = BTreeMap::new();
        Ok(TableRecord { name: name.to_owned(), rows, bytes, digest, files, left_out })
    }
}

/// Writes `table` to its place and flushes it to disk.
pub(crate) fn write_table(
    place: impl Into<Place>,
    table: &Table,
    meta: Option<&TableMeta>,
) -> Result<TableRecord, PublishError> {
    let schema = arrays::schema(table, meta.and_then(|m| m.currency.as_deref()));
    let sorted = sorted_by(table);
    let mut batches = arrays::batches(table, &schema).peekable();
    let shape = Shape { table: table.schema(), sorted: &sorted, first: batches.peek() };
    let mut writer = TableWriter::create(&place.into(), &shape, schema.clone(), meta)?;
    for batch in batches {
        writer.write(&batch)?;
    }
    writer.finish(table.schema().name)
}
