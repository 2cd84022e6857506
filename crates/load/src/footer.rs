//! What a Parquet file says of itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use polars::prelude::{PlSmallStr, Schema};

use crate::error::LoadError;
use crate::formats;
use crate::remote::{Remote, TAIL};
use crate::scan::{Meta, ScanError, Source};

/// The end of a file: length of the footer and magic bytes.
const TRAILER: usize = 8;

/// The footer of a file: its columns and its row groups.
#[derive(Debug)]
pub(crate) struct Footer {
    /// The columns that can be read, and under names with points (`customer.id`) the fields of
    /// structs, which are NULL where any of the structs around them is. Times with any zone are
    /// moments in UTC; UUIDs are text; what is NULL throughout may have the type `Null`.
    pub columns: Arc<Schema>,
    /// The other columns, with their types in words.
    pub unreadable: BTreeMap<PlSmallStr, String>,
    /// Names that several columns have, none of which can be read.
    pub repeated: BTreeSet<PlSmallStr>,
    /// Times that are stored in 12 bytes: moments in UTC as most writers have them, although the
    /// file does not say so.
    pub int96: BTreeSet<PlSmallStr>,
    /// UUIDs, whose texts have hyphens and small letters.
    pub uuids: BTreeSet<PlSmallStr>,
    /// Of columns and row groups.
    pub(crate) meta: Meta,
    hash: String,
    place: Place,
}

/// What a footer is of.
#[derive(Debug)]
enum Place {
    /// A file of so many bytes, modified then.
    Local(u64, SystemTime),
    Remote(Remote),
}

impl Footer {
    /// Reads the end of a file, and no data.
    ///
    /// # Errors
    /// Why it is no Parquet file that can be read.
    pub fn read(path: &Path) -> Result<Self, LoadError> {
        let io = |source| LoadError::Io { path: path.to_owned(), source };
        let meta = fs::metadata(path).map_err(io)?;
        if let Some(found) = formats::no_file(meta.file_type()) {
            return Err(LoadError::NoFile { path: path.to_owned(), found });
        }
        let file = File::open(path).map_err(io)?;
        let size = meta.len();
        let read = |range: Range<u64>| {
            let mut bytes = vec![0; usize::try_from(range.end - range.start).unwrap_or_default()];
            file.read_exact_at(&mut bytes, range.start).map(|()| bytes)
        };
        let mut end = read(size.saturating_sub(TAIL)..size).map_err(io)?;
        if let Some(length) = footer_length(&end).filter(|length| *length > end.len() as u64) {
            end = read(size.saturating_sub(length)..size).map_err(io)?;
        }
        let start = read(0..size.min(formats::START)).map_err(io)?;
        let place = Place::Local(size, meta.modified().map_err(io)?);
        Self::of((&start, &end, size), path, place)
    }

    /// Fetches the end of the object, and no data; `path` is its URL.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn fetch(remote: &Remote, path: &Path) -> Result<Self, LoadError> {
        let end = remote.tail()?;
        // The start of a Parquet file says nothing; of another it says what it is.
        let start = if end.ends_with(b"PAR1") { b"PAR1".to_vec() } else { remote.start()? };
        Self::of((&start, &end, remote.object.size), path, Place::Remote(remote.clone()))
    }

    /// From the first and the last bytes of a file and its size.
    fn of(
        (start, end, size): (&[u8], &[u8], u64),
        path: &Path,
        place: Place,
    ) -> Result<Self, LoadError> {
        let no = |reason: String| LoadError::NotParquet { path: path.to_owned(), reason };
        let Some(length) = footer_length(end) else {
            return Err(formats::refused(start, end, path));
        };
        let footer = usize::try_from(length).ok().and_then(|length| end.len().checked_sub(length));
        let footer = footer.ok_or_else(|| {
            no(format!("its footer should have {length} bytes, the whole file has {size}"))
        })?;
        let footer = &end[footer..];
        let mut meta = Meta::read(&footer[..footer.len() - TRAILER]).map_err(no)?;
        meta.bound(size);
        let hash = blake3::hash(footer).to_hex()[..32].to_owned();
        Ok(Self {
            columns: Arc::new(meta.schema()),
            unreadable: meta.refused.clone(),
            repeated: meta.repeated.clone(),
            int96: meta.int96(),
            uuids: meta.uuids(),
            meta,
            hash,
            place,
        })
    }

    /// Of its bytes, as hexadecimal digits.
    pub fn hash(&self) -> String {
        self.hash.clone()
    }

    /// Whether data has to be fetched, all of it before the engine takes it up.
    pub fn is_remote(&self) -> bool {
        matches!(self.place, Place::Remote(_))
    }

    pub fn rows(&self) -> u64 {
        self.meta.rows()
    }

    /// Why a column that is needed can't be read, be it that its type can't, that its name is not
    /// its own, or that its values are not where they should be; `Ok` where it can, and where there
    /// is none of that name.
    pub fn check(&self, name: &str, path: &Path) -> Result<(), LoadError> {
        let path = path.to_owned();
        if self.repeated.contains(name) {
            return Err(LoadError::RepeatedColumn { column: name.to_owned(), path });
        }
        if let Some((row_group, reason)) = self.meta.fault(name) {
            let (column, reason) = (name.to_owned(), reason.to_owned());
            return Err(LoadError::Unreadable { path, column, row_group, reason });
        }
        match self.unreadable.get(name) {
            Some(found) => Err(LoadError::ColumnType {
                column: name.to_owned(),
                path,
                found: found.clone(),
                advice: "write it as text, a number or a time, or map another one",
            }),
            None => Ok(()),
        }
    }

    /// Forgets all columns but some of those that can be read: there may be thousands of footers.
    pub fn keep(&mut self, wanted: &BTreeSet<PlSmallStr>) {
        self.meta.keep(|name| wanted.contains(name));
    }

    /// Row groups in runs of about `rows` rows, as ranges of rows: the pieces in which a file is
    /// read. Few rows at a time keep little of a file in memory; too few cost more in plans.
    pub fn pieces(&self, rows: u64) -> Vec<Range<u64>> {
        pieces(self.meta.groups_of(), rows)
    }

    /// Opens the file once more.
    ///
    /// # Errors
    /// [`ScanError::Changed`] where it is no longer what it was.
    pub(crate) fn source(&self, path: &Path) -> Result<Source, ScanError> {
        match &self.place {
            Place::Local(size, modified) => Source::local(path, (*size, *modified)),
            Place::Remote(remote) => Ok(Source::remote(remote)),
        }
    }

    /// The row groups of a piece, or all.
    pub(crate) fn groups(&self, piece: Option<&Range<u64>>) -> Range<usize> {
        let Some(rows) = piece else { return 0..self.meta.groups_of().count() };
        let mut end = 0;
        let inside = self.meta.groups_of().map(|group| {
            end += group;
            rows.start < end && end <= rows.end
        });
        let inside: Vec<_> = inside.collect();
        let start = inside.iter().position(|is| *is).unwrap_or(0);
        start..inside.iter().rposition(|is| *is).map_or(start, |last| last + 1)
    }
}

/// Bytes of the footer with its trailer, where some bytes end as a Parquet file does.
fn footer_length(end: &[u8]) -> Option<u64> {
    match end.last_chunk()? {
        [a, b, c, d, b'P', b'A', b'R', b'1'] => {
            Some(u64::from(u32::from_le_bytes([*a, *b, *c, *d])) + TRAILER as u64)
        }
        _ => None,
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
