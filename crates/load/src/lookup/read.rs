//! Reading a lookup: whole, in the order of its files.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::PoisonError;
use std::sync::mpsc::sync_channel;
use std::{panic, thread};

use kohort_expr::{Failure, Mapped, Repeated};
use polars::prelude::{AnyValue, BooleanChunked, DataFrame, DataType, PlSmallStr, Series};

use super::{Detail, OpenedLookup};
use crate::columns::shown::named;
use crate::columns::values;
use crate::distinct::write_value;
use crate::error::LoadError;
use crate::frame::PLACE;
use crate::quiet::QUERY_THREAD;
use crate::read::start;
use crate::remote::as_url;
use crate::scan::Scan;

/// Rows that are decoded at once.
const PIECE_ROWS: u64 = 1 << 19;
/// Bytes that a row's place among those of all files takes while the lookup is read, and its key in the
/// index.
const ROW_BYTES: u64 = 8 + 16;

/// What was read of a lookup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupReport {
    /// Rows that can be found.
    pub rows: u64,
    /// Rows without a key, which are never found.
    pub without_key: u64,
    /// Bytes that it takes.
    pub bytes: u64,
    /// Of each column that is used a digest of its values by key: the same whatever the order of the rows.
    digests: BTreeMap<PlSmallStr, String>,
}

impl LookupReport {
    /// What tells two states of the columns apart.
    #[must_use]
    pub fn digest(&self) -> String {
        format!("{:?}", self.digests)
    }
}

impl OpenedLookup {
    /// Reads it, within so many bytes, if it was not read before.
    ///
    /// # Errors
    /// See [`LoadError`]; [`LoadError::RepeatedKey`] where two rows have one key.
    pub fn read(&self, most: Option<u64>) -> Result<&LookupReport, LoadError> {
        if let Some(report) = self.read.get() {
            return Ok(report);
        }
        // The engine's panics are quiet only on threads of this name.
        let report = thread::scope(|scope| {
            let reading = start(scope, QUERY_THREAD, || self.read_all(most));
            reading.join().unwrap_or_else(|panic| panic::resume_unwind(panic))
        })?;
        Ok(self.read.get_or_init(|| report))
    }

    /// What was read of it, if anything was.
    #[must_use]
    pub fn report(&self) -> Option<&LookupReport> {
        self.read.get()
    }

    /// A digest of a column once it was read: of its values by key, of their type, on which an expression may
    /// depend, and of whether unknown keys are counted. Rows read under one digest can be used under it again.
    pub(crate) fn digest(&self, column: &str) -> Option<String> {
        let digest = self.read.get()?.digests.get(column)?;
        let counted = self.source.is_counted;
        Some(format!("{}.{column} {digest} {counted}", self.name()))
    }

    fn read_all(&self, most: Option<u64>) -> Result<LookupReport, LoadError> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut rows = Rows {
            lookup: self,
            most,
            keys: None,
            columns: BTreeMap::new(),
            places: Vec::new(),
            ends: Vec::new(),
        };
        for (place, detail) in self.details.iter().enumerate() {
            let columns = used.iter().map(|name| {
                let dtype = &self.table.column(name)?.dtype;
                Ok((name.clone(), detail.column(&self.source, name, dtype)?))
            });
            let columns = columns.collect::<Result<Vec<_>, String>>();
            let columns = columns.map_err(|reason| self.failed(place, reason))?;
            for range in detail.footer.pieces(PIECE_ROWS) {
                self.piece(place, range, &columns, &mut rows)?;
            }
            rows.ends.push(rows.places.len());
        }
        for file in &self.files {
            if file.changed()? {
                return Err(LoadError::FileChanged { path: file.path.clone() });
            }
        }
        rows.finish(&used)
    }

    fn failed(&self, file: usize, reason: String) -> LoadError {
        LoadError::Read { path: self.files[file].path.clone(), reason }
    }

    /// Reads some rows of a file.
    fn piece(
        &self,
        file: usize,
        range: Range<u64>,
        columns: &[(PlSmallStr, Mapped)],
        rows: &mut Rows<'_>,
    ) -> Result<(), LoadError> {
        let detail = &self.details[file];
        let mapped = columns.iter().map(|(_, mapped)| mapped).chain([&detail.key]);
        let named = mapped.chain(&detail.residual).flat_map(Mapped::columns);
        let there = |name: &PlSmallStr| detail.footer.columns.contains(name);
        let scan = Scan {
            footer: &detail.footer,
            path: &self.files[file].path,
            place: Some((PLACE.into(), range.start.cast_signed())),
            piece: Some(range),
            needed: named.filter(there).collect(),
            filter: detail.pushed.clone(),
        };
        let (sender, receiver) = sync_channel(0);
        thread::scope(|scope| {
            let scanning = start(scope, QUERY_THREAD, move || {
                scan.stream(true, move |frame| sender.send(frame).is_ok())
            });
            let taken = receiver.iter().try_for_each(|frame| rows.add(frame, file, columns));
            drop(receiver);
            let scanned = scanning.join().unwrap_or_else(|panic| panic::resume_unwind(panic));
            taken?;
            scanned.map_err(|error| {
                let source = &self.files[file];
                let is_local = as_url(&source.path).is_none();
                if is_local && source.changed().unwrap_or(true) {
                    return LoadError::FileChanged { path: source.path.clone() };
                }
                error.of(&source.path)
            })
        })
    }
}

/// The rows so far.
struct Rows<'a> {
    lookup: &'a OpenedLookup,
    most: Option<u64>,
    keys: Option<Series>,
    columns: BTreeMap<PlSmallStr, Series>,
    /// The place of each in its file.
    places: Vec<i64>,
    /// How many there were at the end of each file.
    ends: Vec<usize>,
}

impl Rows<'_> {
    fn add(
        &mut self,
        frame: DataFrame,
        file: usize,
        columns: &[(PlSmallStr, Mapped)],
    ) -> Result<(), LoadError> {
        let lookup = self.lookup;
        let detail = &lookup.details[file];
        let frame = self.passing(completed(frame, detail), file)?;
        let key = detail.key.evaluate(&frame);
        if let Some((row, failure)) = key.failures.first() {
            return Err(self.unreadable("key", &detail.key, (&frame, *row), *failure, file));
        }
        let whole = |failed: &dyn std::fmt::Display| lookup.failed(file, failed.to_string());
        append(&mut self.keys, key.values).map_err(|error| whole(&error))?;
        for (name, mapped) in columns {
            let mut all = self.columns.remove(name);
            append(&mut all, mapped.evaluate(&frame).values).map_err(|error| whole(&error))?;
            self.columns.extend(all.map(|all| (name.clone(), all)));
        }
        self.places.extend(places(&frame));
        let rows = self.places.len() as u64;
        let values = self.keys.iter().chain(self.columns.values());
        let needed = values.map(|values| values.estimated_size() as u64).sum::<u64>();
        let needed = needed.saturating_add(rows * ROW_BYTES);
        match self.most.filter(|most| needed > *most) {
            Some(most) => Err(LoadError::LookupTooLarge {
                lookup: lookup.name().to_owned(),
                rows,
                needed,
                most,
            }),
            // Places of rows have 32 bits, of which the last stands for none.
            None if rows >= u64::from(u32::MAX) => Err(LoadError::LookupTooLarge {
                lookup: lookup.name().to_owned(),
                rows,
                needed,
                most: needed,
            }),
            None => Ok(()),
        }
    }

    /// The rows that the filter lets through.
    fn passing(&self, frame: DataFrame, file: usize) -> Result<DataFrame, LoadError> {
        let Some(filter) = &self.lookup.details[file].residual else { return Ok(frame) };
        let passing = filter.passing(&frame);
        let mut kept =
            filtered(&frame, &passing.kept).map_err(|reason| self.lookup.failed(file, reason))?;
        if let Some((row, failure)) = passing.failures.first() {
            return Err(self.unreadable("where", filter, (&kept, *row), *failure, file));
        }
        if kept.max_n_chunks() > 1 {
            kept.rechunk_mut();
        }
        Ok(kept)
    }

    fn unreadable(
        &self,
        of: &str,
        mapped: &Mapped,
        (frame, row): (&DataFrame, usize),
        failure: Failure,
        file: usize,
    ) -> LoadError {
        let source = &self.lookup.source;
        let text = if of == "key" { Some(&source.key) } else { source.filter.as_ref() };
        LoadError::LookupRow {
            key: source.dotted(of),
            expression: text.cloned().unwrap_or_default(),
            path: self.lookup.files[file].path.clone(),
            row: places(frame).get(row).map_or(0, |place| place.cast_unsigned() + 1),
            value: named(frame, &mapped.columns(), row, failure),
        }
    }

    fn finish(self, used: &BTreeSet<PlSmallStr>) -> Result<LookupReport, LoadError> {
        let table = &self.lookup.table;
        let empty = |dtype: &DataType| Series::new_empty(PlSmallStr::EMPTY, dtype);
        let keys = self.keys.unwrap_or_else(|| empty(&table.key().dtype())).rechunk();
        let mut columns = BTreeMap::new();
        for name in used {
            let dtype = table.column(name).map_or(DataType::Null, |column| column.dtype.clone());
            let values =
                self.columns.get(name).map_or_else(|| empty(&dtype), |values| values.rechunk());
            columns.insert(name.clone(), values);
        }
        let digest = |(name, values): (&PlSmallStr, &Series)| {
            let of = table.column(name).map(|column| (&column.dtype, column.is_wall));
            (name.clone(), format!("{of:?} {}", digest(&keys, values)))
        };
        let digests = columns.iter().map(digest).collect();
        let (rows, without_key) = (keys.len() as u64, keys.null_count() as u64);
        let bytes = table.fill(keys, columns).map_err(|repeated| {
            let Repeated { key, rows } = repeated;
            let place = |row: usize| {
                let file = self.ends.partition_point(|end| *end <= row);
                let path = self.lookup.files[file].path.clone();
                (path, self.places[row].cast_unsigned() + 1)
            };
            let lookup = self.lookup.name().to_owned();
            let rows = Box::new(rows.map(place));
            LoadError::RepeatedKey { lookup, key: key.to_string(), rows }
        })?;
        let rows = rows - without_key;
        Ok(LookupReport { rows, without_key, bytes: bytes as u64, digests })
    }
}

fn append(all: &mut Option<Series>, values: Series) -> Result<(), polars::prelude::PolarsError> {
    if let Some(all) = all {
        return all.append(&values).map(drop);
    }
    *all = Some(values);
    Ok(())
}

/// With the columns that the file does not hold itself.
fn completed(mut frame: DataFrame, detail: &Detail) -> DataFrame {
    if frame.max_n_chunks() > 1 {
        frame.rechunk_mut();
    }
    let rows = frame.height();
    for constant in &detail.constants {
        // Names differ, and heights are equal.
        let _ = frame.with_column(constant.column(rows));
    }
    frame
}

fn filtered(frame: &DataFrame, kept: &BooleanChunked) -> Result<DataFrame, String> {
    frame.filter_seq(kept).map_err(|error| error.to_string())
}

fn places(frame: &DataFrame) -> &[i64] {
    let places = frame.column(PLACE).ok().and_then(|column| column.i64().ok());
    places.map_or(&[], |places| values!(places))
}

/// The rows stand in no order that means anything, so that their hashes are added up.
fn digest(keys: &Series, values: &Series) -> String {
    let (mut sum, mut bytes) = (0_u128, Vec::new());
    for row in 0..keys.len() {
        let key = keys.get(row).unwrap_or(AnyValue::Null);
        if key.is_null() {
            continue;
        }
        bytes.clear();
        write_value(&key, &mut bytes);
        write_value(&values.get(row).unwrap_or(AnyValue::Null), &mut bytes);
        let mut half = [0; 16];
        half.copy_from_slice(&blake3::hash(&bytes).as_bytes()[..16]);
        sum = sum.wrapping_add(u128::from_le_bytes(half));
    }
    format!("{} {sum:032x}", keys.len() - keys.null_count())
}
