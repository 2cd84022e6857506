//! Rows that equal an earlier row in every column.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use polars::prelude::{AnyValue, Column, DataFrame, PlSmallStr, TimeUnit};

use crate::columns::values;
use crate::contract::Opened;
use crate::error::LoadError;
use crate::frame::{PLACE, Rows};
use crate::mapping::Constant;
use crate::quiet::QUERY_THREAD;
use crate::read::start;

/// Bytes that one distinct row takes while they are looked up: its hash and its place, in a table
/// that is half full.
const BYTES_PER_ROW: u64 = 64;

/// Bytes that may be taken however low the limit is; a run takes as much for anything.
const FLOOR: u64 = 64 << 20;

/// Which rows of each file are the first of their kind, a bit each.
#[derive(Debug)]
pub(crate) struct Firsts {
    files: Vec<Vec<u64>>,
}

impl Firsts {
    pub fn is_first(&self, file: usize, row: u64) -> bool {
        let word = usize::try_from(row / 64).ok().and_then(|word| self.files.get(file)?.get(word));
        word.is_some_and(|word| word >> (row % 64) & 1 == 1)
    }
}

/// Rows that are written out at once, to be hashed: as bytes they take far more than as columns.
const WRITTEN_ROWS: usize = 8 * 1024;

/// Hashes of rows and the first place of each; rows are spread over them by their hash.
const SHARDS: usize = 64;
/// File and row.
type Place = (u32, u64);
type Shard = Mutex<HashMap<u128, Place, rustc_hash::FxBuildHasher>>;

impl Opened {
    /// The first rows of their kind: of rows that are equal in every column that any file has, folders
    /// included, the one that comes first in the order of the files. Looked up once.
    pub(crate) fn firsts(&self, threads: usize) -> Result<&Firsts, LoadError> {
        if let Some(firsts) = self.firsts.get() {
            return Ok(firsts);
        }
        let firsts = self.look_up_firsts(threads)?;
        Ok(self.firsts.get_or_init(|| firsts))
    }

    /// That the rows can be told apart within a limit.
    pub(crate) fn check_distinct(&self, limit: Option<u64>) -> Result<(), LoadError> {
        let rows: u64 = self.files.iter().map(|file| file.rows).sum();
        let bytes = rows.saturating_mul(BYTES_PER_ROW);
        match limit {
            Some(limit) if bytes > limit.max(FLOOR) => Err(LoadError::TooManyToTellApart {
                input: self.source.input(),
                rows,
                needed: bytes,
                limit,
            }),
            _ => Ok(()),
        }
    }

    fn look_up_firsts(&self, threads: usize) -> Result<Firsts, LoadError> {
        let names: BTreeSet<&PlSmallStr> = (self.details.iter())
            .flat_map(|detail| {
                let constants = detail.constants.iter().map(Constant::name);
                detail.footer.columns.iter_names().chain(constants)
            })
            .collect();
        let names: Vec<_> = names.into_iter().cloned().collect();
        let shards: Vec<Shard> = (0..SHARDS).map(|_| Shard::default()).collect();
        let queries = self.queries();
        let next = AtomicUsize::new(0);
        let failure: Mutex<Option<LoadError>> = Mutex::new(None);
        thread::scope(|scope| {
            for _ in 0..threads.clamp(1, queries.len().max(1)) {
                start(scope, QUERY_THREAD, || {
                    while let Some(rows) = queries.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if let Err(error) = self.hash_rows(rows, &names, &shards) {
                            let mut failure =
                                failure.lock().unwrap_or_else(PoisonError::into_inner);
                            failure.get_or_insert(error);
                            next.store(queries.len(), Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        if let Some(error) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        let words = |rows: u64| usize::try_from(rows.div_ceil(64)).unwrap_or(0);
        let mut files: Vec<_> = self.files.iter().map(|file| vec![0; words(file.rows)]).collect();
        for shard in shards {
            let places = shard.into_inner().unwrap_or_else(PoisonError::into_inner);
            for (file, row) in places.into_values() {
                let word = usize::try_from(row / 64).unwrap_or(0);
                if let Some(word) =
                    files.get_mut(file as usize).and_then(|w: &mut Vec<u64>| w.get_mut(word))
                {
                    *word |= 1 << (row % 64);
                }
            }
        }
        Ok(Firsts { files })
    }

    fn hash_rows(
        &self,
        rows: &Rows,
        names: &[PlSmallStr],
        shards: &[Shard],
    ) -> Result<(), LoadError> {
        let (file, columns) = (rows.file, &self.details[rows.file].footer.columns);
        let needed = names.iter().filter(|name| columns.contains(name)).cloned().collect();
        let scan = self.scan_of(rows, needed);
        thread::scope(|scope| {
            let (sender, receiver) = std::sync::mpsc::sync_channel(0);
            let scanning = start(scope, QUERY_THREAD, move || {
                scan.stream(false, move |frame| sender.send(frame).is_ok())
            });
            for frame in &receiver {
                let frame = self.completed(frame, file);
                for start in (0..frame.height()).step_by(WRITTEN_ROWS) {
                    let start = i64::try_from(start).unwrap_or(i64::MAX);
                    add(&frame.slice(start, WRITTEN_ROWS), file, names, shards);
                }
            }
            let scanned = scanning.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            scanned.map_err(|error| self.failed(file, error))
        })
    }
}

/// Adds the rows of a frame.
fn add(frame: &DataFrame, file: usize, names: &[PlSmallStr], shards: &[Shard]) {
    let Some(places) = frame.column(PLACE).ok().and_then(|column| column.i64().ok()) else {
        return;
    };
    let places = values!(places);
    let file = u32::try_from(file).unwrap_or(u32::MAX);
    let mut bytes: Vec<Vec<u8>> = vec![Vec::new(); frame.height()];
    for name in names {
        let column = frame.column(name).ok().map(Column::as_materialized_series);
        for (row, bytes) in bytes.iter_mut().enumerate() {
            let value = column.and_then(|column| column.get(row).ok());
            write_value(&value.unwrap_or(AnyValue::Null), bytes);
        }
    }
    for (bytes, row) in bytes.iter().zip(places) {
        let hash = blake3::hash(bytes);
        let mut first = [0; 16];
        first.copy_from_slice(&hash.as_bytes()[..16]);
        let hash = u128::from_le_bytes(first);
        let shard = usize::try_from(hash >> 120).unwrap_or(0) % SHARDS;
        let place = (file, row.cast_unsigned());
        let mut shard = shards[shard].lock().unwrap_or_else(PoisonError::into_inner);
        match shard.entry(hash) {
            Entry::Vacant(entry) => {
                entry.insert(place);
            }
            Entry::Occupied(mut entry) => {
                let least = place.min(*entry.get());
                entry.insert(least);
            }
        }
    }
}

/// A value so that equal values of types of different widths, units and zones are equal bytes, and
/// others are not.
pub(crate) fn write_value(value: &AnyValue<'_>, into: &mut Vec<u8>) {
    use AnyValue as A;
    let mut tagged = |tag: u8, bytes: &[u8]| {
        into.push(tag);
        into.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        into.extend_from_slice(bytes);
    };
    let mut number = |n: i128, scale: usize| {
        let (mut n, mut scale) = (n, scale);
        while scale > 0 && n % 10 == 0 {
            (n, scale) = (n / 10, scale - 1);
        }
        let mut bytes = [0; 17];
        bytes[..16].copy_from_slice(&n.to_le_bytes());
        bytes[16] = u8::try_from(scale).unwrap_or(u8::MAX);
        tagged(1, &bytes);
    };
    match value {
        A::Null => tagged(0, &[]),
        A::Int8(n) => number((*n).into(), 0),
        A::Int16(n) => number((*n).into(), 0),
        A::Int32(n) => number((*n).into(), 0),
        A::Int64(n) => number((*n).into(), 0),
        A::UInt8(n) => number((*n).into(), 0),
        A::UInt16(n) => number((*n).into(), 0),
        A::UInt32(n) => number((*n).into(), 0),
        A::UInt64(n) => number((*n).into(), 0),
        A::Decimal(n, _, scale) => number(*n, *scale),
        // NaN is one value, and so is zero.
        A::Float32(x) => tagged(2, &plain(f64::from(*x)).to_le_bytes()),
        A::Float64(x) => tagged(2, &plain(*x).to_le_bytes()),
        A::Boolean(is) => tagged(3, &[u8::from(*is)]),
        A::String(text) => tagged(4, text.as_bytes()),
        A::StringOwned(text) => tagged(4, text.as_bytes()),
        A::Binary(bytes) => tagged(4, bytes),
        A::BinaryOwned(bytes) => tagged(4, bytes),
        A::Date(day) => tagged(5, &day.to_le_bytes()),
        A::Datetime(stamp, unit, zone) => {
            tagged(if zone.is_some() { 7 } else { 6 }, &nanos(*stamp, *unit).to_le_bytes());
        }
        A::DatetimeOwned(stamp, unit, zone) => {
            tagged(if zone.is_some() { 7 } else { 6 }, &nanos(*stamp, *unit).to_le_bytes());
        }
        other => tagged(8, other.to_string().as_bytes()),
    }
}

fn plain(x: f64) -> f64 {
    if x.is_nan() {
        f64::NAN
    } else if x == 0.0 {
        0.0
    } else {
        x
    }
}

fn nanos(stamp: i64, unit: TimeUnit) -> i128 {
    i128::from(stamp)
        * match unit {
            TimeUnit::Milliseconds => 1_000_000,
            TimeUnit::Microseconds => 1_000,
            TimeUnit::Nanoseconds => 1,
        }
}
