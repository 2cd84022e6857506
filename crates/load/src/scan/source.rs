//! The bytes of a file, on disk or in an object store.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

use super::ScanError;
use crate::remote::{Remote, Runs};

/// Bytes that are read at a time of a column chunk that is read page by page.
const WINDOW: usize = 256 << 10;
const REMOTE_WINDOW: usize = 4 << 20;

/// Some ranges of a file, one behind the other.
pub(crate) struct Fetched {
    pub bytes: Vec<u8>,
    runs: Runs,
}

impl Fetched {
    /// Where an offset into the file is in the bytes; beyond them where it was not fetched.
    pub fn place(&self, old: u64) -> u64 {
        let run = self.runs.iter().rev().find(|(run, _)| run.start <= old);
        match run {
            Some((run, start)) if old < run.end => start + (old - run.start),
            _ => self.bytes.len() as u64,
        }
    }

    /// A range that was fetched.
    pub fn slice(&self, range: &Range<u64>) -> &[u8] {
        let start = usize::try_from(self.place(range.start)).unwrap_or(usize::MAX);
        let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        self.bytes.get(start..).and_then(|rest| rest.get(..length)).unwrap_or_default()
    }
}

/// An opened file.
pub(crate) struct Source {
    of: Of,
    /// What went wrong behind the back of a reader, who knows no more than that something did.
    lost: Mutex<Option<ScanError>>,
}

enum Of {
    File(File),
    Object(Remote),
}

impl Source {
    /// Opens a local file that is what it was: of so many bytes, modified then.
    pub fn local(path: &Path, (size, modified): (u64, SystemTime)) -> Result<Self, ScanError> {
        let file = File::open(path).map_err(ScanError::Io)?;
        let meta = file.metadata().map_err(ScanError::Io)?;
        if (meta.len(), meta.modified().map_err(ScanError::Io)?) != (size, modified) {
            return Err(ScanError::Changed);
        }
        Ok(Self { of: Of::File(file), lost: Mutex::default() })
    }

    /// An object.
    pub fn remote(remote: &Remote) -> Self {
        Self { of: Of::Object(remote.clone()), lost: Mutex::default() }
    }

    /// Reads ranges, and of an object what lies between near ones.
    pub fn fetch(&mut self, mut ranges: Vec<Range<u64>>) -> Result<Fetched, ScanError> {
        let file = match &mut self.of {
            Of::Object(remote) => {
                let (bytes, runs) = remote.fetch(ranges)?;
                return Ok(Fetched { bytes, runs });
            }
            Of::File(file) => file,
        };
        ranges.retain(|range| !range.is_empty());
        ranges.sort_unstable_by_key(|range| (range.start, range.end));
        let mut runs = Runs::with_capacity(ranges.len());
        let mut length = 0;
        for range in ranges {
            match runs.last_mut() {
                Some((last, _)) if range.start <= last.end => {
                    length += range.end.saturating_sub(last.end);
                    last.end = last.end.max(range.end);
                }
                _ => {
                    runs.push((range.clone(), length));
                    length += range.end - range.start;
                }
            }
        }
        // A footer may claim anything: nothing is reserved for bytes that the file does not have.
        let size = file.metadata().map_err(ScanError::Io)?.len();
        if runs.last().is_some_and(|(run, _)| run.end > size) {
            return Err(ScanError::Changed);
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        for (run, _) in &runs {
            file.seek(SeekFrom::Start(run.start)).map_err(ScanError::Io)?;
            let length = run.end - run.start;
            let read = file.take(length).read_to_end(&mut bytes).map_err(ScanError::Io)?;
            if read as u64 != length {
                return Err(ScanError::Changed);
            }
        }
        Ok(Fetched { bytes, runs })
    }

    /// Reads the whole of a range; what goes wrong is told by [`Self::lost`].
    fn exactly(&self, start: u64, length: usize) -> io::Result<Vec<u8>> {
        let read = match &self.of {
            Of::File(file) => {
                let mut bytes = vec![0; length];
                file.read_exact_at(&mut bytes, start).map(|()| bytes).map_err(|error| {
                    let is_cut = error.kind() == io::ErrorKind::UnexpectedEof;
                    if is_cut { ScanError::Changed } else { ScanError::Io(error) }
                })
            }
            Of::Object(remote) => {
                let range = start..start.saturating_add(length as u64);
                let parts = remote.store.get_ranges(&remote.object, &[range]);
                parts.map(|parts| parts.concat()).map_err(ScanError::from)
            }
        };
        read.map_err(|error| {
            let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
            lost.get_or_insert(error);
            io::Error::other("the file can't be read")
        })
    }

    fn window(&self) -> usize {
        if matches!(self.of, Of::Object(_)) { REMOTE_WINDOW } else { WINDOW }
    }

    /// Bytes in the file.
    pub fn size(&self) -> Result<u64, ScanError> {
        match &self.of {
            Of::File(file) => Ok(file.metadata().map_err(ScanError::Io)?.len()),
            Of::Object(remote) => Ok(remote.object.size),
        }
    }

    /// What went wrong while pages were read, if that is why a reader failed.
    pub fn lost(&self) -> Option<ScanError> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Where some bytes are in the file, and the bytes.
type Window = (u64, Bytes);

/// A file of which pages are read as they are needed.
pub(super) struct Paged {
    source: Arc<Source>,
    /// Bytes in the file.
    size: u64,
    /// What was read last, the newest at the end.
    windows: Mutex<Vec<Window>>,
    /// How many of them are kept: one for each column that is read, and a few.
    kept: usize,
}

impl Paged {
    /// `columns` are read side by side.
    pub fn new(source: Arc<Source>, size: u64, columns: usize) -> Arc<Self> {
        Arc::new(Self { source, size, windows: Mutex::default(), kept: columns + 2 })
    }

    /// Bytes from some place on: no less than so many, but for the end of the file.
    fn from(&self, start: u64, least: usize) -> io::Result<Bytes> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        for (at, bytes) in windows.iter().rev() {
            let skipped = start.checked_sub(*at).and_then(|skipped| usize::try_from(skipped).ok());
            if let Some(skipped) = skipped
                && bytes.len().checked_sub(skipped).is_some_and(|left| left >= least.max(1))
            {
                return Ok(bytes.slice(skipped..));
            }
        }
        let left = usize::try_from(self.size.saturating_sub(start)).unwrap_or(usize::MAX);
        let bytes =
            Bytes::from(self.source.exactly(start, least.max(self.source.window()).min(left))?);
        if windows.len() == self.kept {
            windows.remove(0);
        }
        windows.push((start, bytes.clone()));
        Ok(bytes)
    }
}

/// Reads on from some place of a file.
pub(super) struct Ahead {
    file: Arc<Paged>,
    at: u64,
}

impl Read for Ahead {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let bytes = self.file.from(self.at, 1)?;
        let count = to.len().min(bytes.len());
        to[..count].copy_from_slice(&bytes[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

/// As a reader of Parquet takes it.
#[derive(Clone)]
pub(super) struct Pages(pub Arc<Paged>);

impl Length for Pages {
    fn len(&self) -> u64 {
        self.0.size
    }
}

impl ChunkReader for Pages {
    type T = Ahead;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Ahead> {
        Ok(Ahead { file: Arc::clone(&self.0), at: start })
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        if start.checked_add(length as u64).is_none_or(|end| end > self.0.size) {
            return Err(ParquetError::EOF("a page ends behind the end of the file".to_owned()));
        }
        let mut bytes = self.0.from(start, length)?;
        bytes.truncate(length);
        Ok(bytes)
    }
}
