//! Files of blocks.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use kohort_model::Spill;

use super::BlockRef;
use crate::disk::at;
use crate::{PublishError, SpillFile};

/// A file of blocks at work; several threads may append at once.
#[derive(Debug)]
pub struct Segment {
    path: PathBuf,
    name: String,
    file: File,
    blocks: SpillFile,
}

impl Segment {
    pub(super) fn create(folder: &Path, name: String) -> Result<Self, PublishError> {
        let path = folder.join(&name);
        let file = at(&path, File::create(&path))?;
        let blocks = SpillFile::over(at(&path, file.try_clone())?);
        Ok(Self { path, name, file, blocks })
    }

    /// Appends a block.
    ///
    /// # Errors
    /// What the disk says.
    pub fn append(&self, block: &[u8]) -> io::Result<BlockRef> {
        let offset = self.blocks.append(block)?;
        let digest = blake3::hash(block).to_hex().to_string();
        Ok(BlockRef { file: self.name.clone(), offset, bytes: block.len() as u64, digest })
    }

    /// Removes it; nothing names it.
    pub fn discard(self) {
        // What cannot be removed now goes when the state is opened the next time.
        let _ = fs::remove_file(&self.path);
    }

    /// Flushes it to disk; one without a block goes.
    pub(super) fn finish(self) -> Result<(), PublishError> {
        if self.blocks.bytes() == 0 {
            return at(&self.path, fs::remove_file(&self.path));
        }
        at(&self.path, self.file.sync_all())
    }
}

/// The bytes of a block in `folder`, as they were kept; `None` where they are not.
pub(super) fn read_block(folder: &Path, block: &BlockRef) -> Option<Vec<u8>> {
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
pub(super) fn sizes(folder: &Path) -> BTreeMap<String, u64> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let size = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        let bytes = entry.metadata().ok()?.len();
        name.ends_with(".blocks").then_some((name, bytes))
    };
    entries.filter_map(size).collect()
}
