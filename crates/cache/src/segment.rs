//! Segments: files of blocks, one after the other.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::iter;
use std::path::{Path, PathBuf};

use kohort_disk::{DiskError, RunId, SpillFile, UNFINISHED, at};
use kohort_model::Spill;

use crate::{BlockRef, CacheError};

const ENDING: &str = ".blocks";

/// A file of blocks at work, which goes with it unless it is saved; several threads may append at once.
#[derive(Debug)]
pub struct Segment {
    path: PathBuf,
    name: String,
    file: File,
    blocks: SpillFile,
    /// Whether a manifest may name it.
    is_whole: bool,
}

impl Segment {
    /// A new file, named after `stem`.
    pub(crate) fn create(folder: &Path, stem: &str) -> Result<Self, DiskError> {
        // A run that reads twice has two.
        let names = (2..).map(|number| format!("{stem}-{number}{ENDING}"));
        for name in iter::once(format!("{stem}{ENDING}")).chain(names) {
            let path = folder.join(&name);
            // Once a process that is told to end has taken back its files it makes no new ones.
            let undisturbed = UNFINISHED.publishing();
            let created = File::create_new(&path);
            drop(undisturbed);
            let file = match created {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                file => at(&path, file)?,
            };
            let blocks = SpillFile::over(at(&path, file.try_clone())?);
            return Ok(Self { path, name, file, blocks, is_whole: false });
        }
        unreachable!("there is always another number")
    }

    /// Appends a block.
    ///
    /// # Errors
    /// [`CacheError::Write`] where the disk refuses.
    pub fn append(&self, block: &[u8]) -> Result<BlockRef, CacheError> {
        Ok(self.write(block)?)
    }

    pub(crate) fn write(&self, block: &[u8]) -> Result<BlockRef, DiskError> {
        let offset = at(&self.path, self.blocks.append(block))?;
        let digest = blake3::hash(block).to_hex().to_string();
        Ok(BlockRef { file: self.name.clone(), offset, bytes: block.len() as u64, digest })
    }

    /// Flushes it to disk; one without a block goes.
    pub(crate) fn finish(mut self) -> Result<(), DiskError> {
        at(&self.path, self.file.sync_all())?;
        self.is_whole = self.blocks.bytes() > 0;
        Ok(())
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        if !self.is_whole {
            // What cannot be removed now goes when the state is opened the next time.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether a file of blocks can have this name.
pub(crate) fn is_named(name: &str) -> bool {
    let stem = name.strip_suffix(ENDING).and_then(|stem| stem.split_at_checked(RunId::LENGTH));
    stem.is_some_and(|(run, rest)| {
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        run.parse::<RunId>().is_ok()
            && (rest.is_empty() || rest.starts_with('-'))
            && rest.bytes().all(is_plain)
    })
}

/// The bytes of a block in `folder`, as they were kept; `None` where they are not.
pub(crate) fn read_block(folder: &Path, block: &BlockRef) -> Option<Vec<u8>> {
    let mut file = File::open(folder.join(&block.file)).ok()?;
    file.seek(SeekFrom::Start(block.offset)).ok()?;
    // What the manifest says of the length is believed only as far as the file goes.
    let length = block.bytes.min(file.metadata().ok()?.len());
    let mut bytes = Vec::with_capacity(usize::try_from(length).ok()?);
    file.take(length).read_to_end(&mut bytes).ok()?;
    let is_whole = bytes.len() as u64 == block.bytes;
    (is_whole && blake3::hash(&bytes).to_hex().as_str() == block.digest).then_some(bytes)
}

/// The files of blocks in a folder and their bytes.
pub(crate) fn sizes(folder: &Path) -> BTreeMap<String, u64> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let size = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        let file = entry.metadata().ok().filter(fs::Metadata::is_file)?;
        is_named(&name).then_some((name, file.len()))
    };
    entries.filter_map(size).collect()
}
