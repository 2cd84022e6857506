//! Spill files: room on disk without a name, for what does not fit into memory.

use std::fs::File;
use std::io;
#[cfg(unix)]
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use kohort_model::Spill;
#[cfg(windows)]
use windows::FileExt;

/// A file without a name, read and written by several threads at once: its space is free again
/// when it is dropped, however the process ends.
#[derive(Debug)]
pub struct SpillFile {
    file: File,
    len: AtomicU64,
}

impl SpillFile {
    /// A new one in a folder.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn new(folder: &Path) -> io::Result<Self> {
        tempfile::tempfile_in(folder).map(Self::over)
    }

    /// One whose bytes go to an empty `file`.
    #[must_use]
    pub fn over(file: File) -> Self {
        Self { file, len: AtomicU64::new(0) }
    }

    /// Bytes appended so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.len.load(Ordering::Relaxed)
    }
}

impl Spill for SpillFile {
    fn append(&self, bytes: &[u8]) -> io::Result<u64> {
        // Each caller takes its own stretch of the file first, so that writes need no lock.
        let offset = self.len.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.file.write_all_at(bytes, offset)?;
        Ok(offset)
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(into, offset)
    }
}

/// The two calls above by those that Windows has.
#[cfg(windows)]
mod windows {
    use std::fs::File;
    use std::io;
    use std::os::windows::fs::FileExt as _;

    pub(super) trait FileExt {
        fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
        fn read_exact_at(&self, into: &mut [u8], offset: u64) -> io::Result<()>;
    }

    impl FileExt for File {
        fn write_all_at(&self, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
            while !bytes.is_empty() {
                let n = self.seek_write(bytes, offset)?;
                (bytes, offset) = (&bytes[n..], offset + n as u64);
            }
            Ok(())
        }

        fn read_exact_at(&self, mut into: &mut [u8], mut offset: u64) -> io::Result<()> {
            while !into.is_empty() {
                let n = self.seek_read(into, offset)?;
                if n == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                (into, offset) = (&mut into[n..], offset + n as u64);
            }
            Ok(())
        }
    }
}
