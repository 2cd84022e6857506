//! The source of a picture: a table's file, and the selection of its rows.

use std::collections::BTreeSet;
use std::path::Path;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch, StringArray};
use arrow::compute::{cast, concat_batches, filter_record_batch};
use arrow::datatypes::{DataType, SchemaRef};
use kohort_publish::{PublishedRun, PublishedTable};

use super::Query;
use crate::error::ReportError;

/// Names of values that an error message lists.
const LISTED: usize = 20;

/// A published table that can be read more than once.
pub struct Source {
    table: PublishedTable,
    pub(super) schema: SchemaRef,
}

/// Which rows: those of a grain and of a segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// `None` for all grains.
    pub grain: Option<String>,
    /// `None` for all segments, `all` for everybody.
    pub segment: Option<String>,
    /// `None` for all values.
    pub value: Option<String>,
}

/// What the key columns hold.
#[derive(Debug, Default)]
pub struct Present {
    /// Grains in the order of the table.
    pub grains: Vec<String>,
    /// Segments in the order of the table.
    pub segments: Vec<String>,
    /// Values of the segment asked for.
    values: BTreeSet<String>,
}

impl Source {
    /// The table `name` of the run at `path`, or where `path` is a table, that.
    ///
    /// # Errors
    ///
    /// There is no run or no such table, or its file cannot be read.
    pub fn find(path: &Path, name: Option<&str>) -> Result<Self, ReportError> {
        let table = match name {
            Some(name) if !PublishedTable::is_at(path) => PublishedRun::open(path)?.table(name)?,
            _ => PublishedTable::open_at(path)?,
        };
        Ok(Self { schema: table.schema().clone(), table })
    }

    /// The table's name.
    pub fn name(&self) -> String {
        let stem =
            || self.table.path().file_stem().unwrap_or_default().to_string_lossy().into_owned();
        self.note("table").map_or_else(stem, str::to_owned)
    }

    /// What the file says of itself under `kohort.<key>`.
    pub(super) fn note(&self, key: &str) -> Option<&str> {
        self.schema.metadata().get(&format!("kohort.{key}")).map(String::as_str)
    }

    /// Names of its columns.
    pub(super) fn columns(&self) -> Vec<String> {
        self.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    /// Checks, before anything is shown, that the table is what the run wrote.
    pub(super) fn verify(&self) -> Result<(), ReportError> {
        Ok(self.table.verify()?)
    }

    /// Calls `each` for every batch.
    pub(super) fn scan(
        &self,
        mut each: impl FnMut(RecordBatch) -> Result<(), ReportError>,
    ) -> Result<(), ReportError> {
        self.table.batches()?.try_for_each(|batch| each(batch?))
    }

    /// What the key columns hold; values of `segment` only.
    pub(super) fn present(&self, segment: Option<&str>) -> Result<Present, ReportError> {
        let mut present = Present::default();
        self.scan(|batch| {
            let keys = Keys::from_batch(&batch)?;
            for row in 0..batch.num_rows() {
                if let Some(grain) = keys.grain(row) {
                    add(&mut present.grains, grain);
                }
                if let Some(name) = keys.segment(row) {
                    add(&mut present.segments, name);
                    if segment == Some(name)
                        && let Some(value) = keys.value(row)
                        && !present.values.contains(value)
                    {
                        present.values.insert(value.to_owned());
                    }
                }
            }
            Ok(())
        })?;
        Ok(present)
    }

    /// The rows that are selected, in one batch.
    pub(super) fn rows(&self, selection: &Selection) -> Result<RecordBatch, ReportError> {
        let mut batches = Vec::new();
        self.scan(|batch| {
            batches.push(selection.filter(&batch)?);
            Ok(())
        })?;
        Ok(concat_batches(&self.schema, &batches)?)
    }
}

fn add(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}

impl Selection {
    /// What a query asks for, as far as it is there.
    pub fn asked(query: &Query, present: &Present) -> Result<Self, ReportError> {
        let mut selection = Self::default();
        if let Some(grain) = query.grain {
            let name = grain.name().to_owned();
            selection.grain = Some(known("grain", name, &present.grains)?);
        }
        if let Some((name, value)) = query.segment.as_deref().map(segment) {
            selection.segment = Some(known("segment", name.to_owned(), &present.segments)?);
            if let Some(value) = value {
                let values: Vec<_> = present.values.iter().cloned().collect();
                selection.value = Some(known("segment value", value.to_owned(), &values)?);
            }
        }
        Ok(selection)
    }

    /// The same, and where nothing is asked for: everybody, or else the first segment, by month or
    /// else by what is there.
    pub fn or_default(mut self, present: &Present) -> Self {
        let usual = ["month", "quarter", "week", "year", "day"];
        let usual = usual.iter().find(|grain| present.grains.iter().any(|there| there == *grain));
        self.grain = self.grain.or_else(|| usual.map(|grain| (*grain).to_owned()));
        let is_all = |segment: &&String| *segment == "all";
        let usual = || present.segments.iter().find(is_all).or(present.segments.first()).cloned();
        self.segment = self.segment.or_else(usual);
        self
    }

    /// Whether rows of several values of a segment are selected.
    pub fn has_values(&self) -> bool {
        self.value.is_none() && self.segment.as_deref().is_some_and(|segment| segment != "all")
    }

    /// The rows of `batch` that are selected.
    pub fn filter(&self, batch: &RecordBatch) -> Result<RecordBatch, ReportError> {
        if *self == Self::default() {
            return Ok(batch.clone());
        }
        let keys = Keys::from_batch(batch)?;
        let fits = |asked: &Option<String>, found: Option<&str>| {
            asked.as_deref().is_none_or(|asked| found == Some(asked))
        };
        let chosen: BooleanArray = (0..batch.num_rows())
            .map(|row| {
                let chosen = fits(&self.grain, keys.grain(row))
                    && fits(&self.segment, keys.segment(row))
                    && fits(&self.value, keys.value(row));
                Some(chosen)
            })
            .collect();
        Ok(filter_record_batch(batch, &chosen)?)
    }
}

/// `country=GB` as name and value.
pub fn segment(argument: &str) -> (&str, Option<&str>) {
    match argument.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (argument, None),
    }
}

/// `name`, if it is one of `names`.
pub fn known(what: &'static str, name: String, names: &[String]) -> Result<String, ReportError> {
    if names.contains(&name) {
        return Ok(name);
    }
    let mut known: Vec<_> = names.iter().take(LISTED).cloned().collect();
    match names.len() {
        0 => known.push("none in this table".to_owned()),
        all if all > LISTED => known.push(format!("… ({all} in all)")),
        _ => {}
    }
    Err(ReportError::Unknown { what, name, known })
}

/// The key columns of a batch that select rows; a file of another origin may lack them.
struct Keys {
    grain: Option<StringArray>,
    segment: Option<StringArray>,
    value: Option<StringArray>,
}

impl Keys {
    fn from_batch(batch: &RecordBatch) -> Result<Self, ReportError> {
        let texts = |name| -> Result<Option<StringArray>, ReportError> {
            let Some(column) = batch.column_by_name(name) else { return Ok(None) };
            Ok(Some(cast(column, &DataType::Utf8)?.as_string().clone()))
        };
        Ok(Self {
            grain: texts("grain")?,
            segment: texts("segment")?,
            value: texts("segment_value")?,
        })
    }

    fn grain(&self, row: usize) -> Option<&str> {
        at(self.grain.as_ref(), row)
    }

    fn segment(&self, row: usize) -> Option<&str> {
        at(self.segment.as_ref(), row)
    }

    fn value(&self, row: usize) -> Option<&str> {
        at(self.value.as_ref(), row)
    }
}

fn at(column: Option<&StringArray>, row: usize) -> Option<&str> {
    column.filter(|column| column.is_valid(row)).map(|column| column.value(row))
}
