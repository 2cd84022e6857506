//! What runs keep of what they read, so that the next one reads only what is new.
//!
//! ```text
//! STATE/.lock                          held by the run that uses it
//! STATE/<form>/state.json              what there is, and where: a manifest
//! STATE/<form>/<run id>.blocks         blocks of bytes, one after the other
//! ```
//!
//! What a run keeps depends on what it reads and carries, its *form*: each form has a folder of its
//! own, so that runs of several forms do not take turns in reading everything again. A manifest is
//! written last and replaced in one step; what no manifest names is removed by the next run. Every
//! block is checked by its BLAKE3 before it is used.

mod compact;
mod manifest;
mod segment;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::disk;
use crate::lock::Lock;
use crate::unfinished::{Registered, UNFINISHED};
use crate::{PublishError, RunId};

use manifest::Manifest;
pub use manifest::{BlockRef, FileCounts, Share};
pub use segment::Segment;
use segment::read_block;

/// The version of the state that this kohort writes and reads.
pub const STATE_VERSION: u32 = 2;

/// Forms that stay beside the one in use.
const KEPT_FORMS: usize = 3;

/// The state folder of an output, while a run uses it.
#[derive(Debug)]
pub struct State {
    folder: PathBuf,
    id: RunId,
    shares: BTreeMap<String, Share>,
    /// Bytes of each file of blocks.
    sizes: BTreeMap<String, u64>,
    _unfinished: Registered<'static>,
    _lock: Lock,
}

/// Why nothing was found where something was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// Another version of kohort kept it.
    Version(String),
    /// It is not what was written.
    Damaged(String),
}

impl State {
    /// The state of `form` in the folder `root`, which need not exist, and why it is empty although
    /// there was one.
    ///
    /// # Errors
    /// [`PublishError::Locked`] while another run uses the folder; what the disk says.
    pub fn open(
        root: &Path,
        form: &str,
        id: &RunId,
    ) -> Result<(Self, Option<Unusable>), PublishError> {
        disk::create_folder(root)?;
        let lock = Lock::take(root, &format!("run {id}"), None)?;
        let folder = root.join(form);
        disk::create_folder(&folder)?;
        forget_forms(root, form);
        let (manifest, unusable) = match Manifest::read(&folder) {
            Ok(manifest) => (manifest.unwrap_or_default(), None),
            Err(unusable) => (Manifest::default(), Some(unusable)),
        };
        let shares = manifest.shares.into_iter().map(|share| (share.key.clone(), share)).collect();
        let at_work = folder.clone();
        let unfinished = UNFINISHED.register(move || {
            let kept = Manifest::read(&at_work).ok().flatten().unwrap_or_default();
            remove_strays(&at_work, kept.shares.iter());
        });
        let (id, sizes) = (id.clone(), BTreeMap::new());
        let mut state = Self { folder, id, shares, sizes, _unfinished: unfinished, _lock: lock };
        state.remove_strays();
        Ok((state, unusable))
    }

    /// The shares of a form in the folder `root`, without using them; none where there is no state of use.
    #[must_use]
    pub fn look(root: &Path, form: &str) -> Vec<Share> {
        let manifest = Manifest::read(&root.join(form)).ok().flatten();
        manifest.map(|manifest| manifest.shares).unwrap_or_default()
    }

    /// The share with this key.
    #[must_use]
    pub fn share(&self, key: &str) -> Option<&Share> {
        self.shares.get(key)
    }

    /// Every share, in order of the keys.
    pub fn shares(&self) -> impl Iterator<Item = &Share> {
        self.shares.values()
    }

    /// Forgets everything: what is kept from now on is all there is.
    pub fn clear(&mut self) {
        self.shares.clear();
    }

    /// Bytes on disk.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.sizes.values().sum()
    }

    /// The bytes of a block, as they were kept; `None` where they are not.
    #[must_use]
    pub fn read(&self, block: &BlockRef) -> Option<Vec<u8>> {
        read_block(&self.folder, block)
    }

    /// A new file for blocks of this run.
    ///
    /// # Errors
    /// [`PublishError::Write`] where it cannot be made.
    pub fn segment(&self) -> Result<Segment, PublishError> {
        Segment::create(&self.folder, format!("{}.blocks", self.id))
    }

    /// Makes `shares` what is kept, flushed to disk, and puts small files of blocks together.
    ///
    /// # Errors
    /// [`PublishError::Write`]; what was kept before then still is.
    pub fn save(&mut self, shares: Vec<Share>, segment: Segment) -> Result<(), PublishError> {
        segment.finish()?;
        self.shares = shares.into_iter().map(|share| (share.key.clone(), share)).collect();
        self.write_manifest()?;
        self.sizes = segment::sizes(&self.folder);
        if self.compact()? {
            self.write_manifest()?;
        }
        self.remove_strays();
        Ok(())
    }

    fn write_manifest(&self) -> Result<(), PublishError> {
        // Of a process that is told to end it is written whole, with all that it names, or not at all.
        let _undisturbed = UNFINISHED.publishing();
        Manifest::new(self.shares.values().cloned().collect()).write(&self.folder)
    }

    fn remove_strays(&mut self) {
        remove_strays(&self.folder, self.shares.values());
        self.sizes = segment::sizes(&self.folder);
    }
}

/// Removes files of blocks that no share names, and half a manifest. What cannot be removed now
/// goes the next time.
fn remove_strays<'a>(folder: &Path, shares: impl Iterator<Item = &'a Share>) {
    let named: BTreeSet<&str> =
        shares.flat_map(|share| &share.blocks).map(|block| block.file.as_str()).collect();
    for name in segment::sizes(folder).into_keys() {
        if !named.contains(name.as_str()) {
            let _ = fs::remove_file(folder.join(name));
        }
    }
    let _ = fs::remove_file(folder.join(manifest::NEW));
}

/// Removes the forms that were not used for the longest time.
fn forget_forms(root: &Path, used: &str) {
    let Ok(entries) = fs::read_dir(root) else { return };
    let mut others: Vec<_> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name() != used && entry.path().is_dir())
        .filter_map(|entry| {
            let path = entry.path();
            let used = fs::metadata(path.join(manifest::NAME)).and_then(|meta| meta.modified());
            Some((used.ok()?, path))
        })
        .collect();
    others.sort();
    let surplus = (others.len() + 1).saturating_sub(KEPT_FORMS);
    for (_, path) in others.iter().take(surplus) {
        let _ = disk::remove_folder(path);
    }
}
