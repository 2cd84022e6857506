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
//! written last and replaced in one step; files of blocks that no manifest names are removed by the next
//! run. What has another name, or lies in a folder without a manifest of ours, stays. Every block is
//! checked by its BLAKE3 before it is used.

mod compact;
mod manifest;
mod segment;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirEntry};
use std::io;
use std::mem;
use std::path::{Path, PathBuf};

use crate::disk;
use crate::lock::Lock;
use crate::own::Own;
use crate::unfinished::{Registered, UNFINISHED};
use crate::{PublishError, RunId, ground, own};

use manifest::Manifest;
pub(crate) use manifest::NAME as MANIFEST;
pub use manifest::{BlockRef, FileCounts, Share};
pub use segment::Segment;
use segment::read_block;

/// The version of the state that this kohort writes and reads.
pub const STATE_VERSION: u32 = 3;

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
    /// there was one. While another run uses the folder: fails, or where `on_wait` is there waits until
    /// it ends; it is called with a sentence that says so, at once and then each minute.
    ///
    /// # Errors
    /// [`PublishError::Locked`] while another run uses the folder; [`PublishError::State`] where the disk
    /// refuses, or something is in the way.
    pub fn open(
        root: &Path,
        form: &str,
        id: &RunId,
        on_wait: Option<&dyn Fn(&str)>,
    ) -> Result<(Self, Option<Unusable>), PublishError> {
        Self::open_at(root, form, id, on_wait).map_err(PublishError::of_state)
    }

    fn open_at(
        root: &Path,
        form: &str,
        id: &RunId,
        on_wait: Option<&dyn Fn(&str)>,
    ) -> Result<(Self, Option<Unusable>), PublishError> {
        disk::create_folder(root)?;
        let lock = Lock::take(root, &format!("run {id}"), on_wait)?;
        let folder = root.join(form);
        own::create_folder(&folder)?;
        if !Manifest::is_own(&folder) {
            let cause = io::Error::new(io::ErrorKind::AlreadyExists, "kohort did not write it");
            return Err(PublishError::Write { path: folder.join(manifest::NAME), cause });
        }
        forget_forms(root, form);
        let (manifest, unusable) = match Manifest::read(&folder) {
            Ok(manifest) => (manifest.unwrap_or_default(), None),
            Err(unusable) => (Manifest::default(), Some(unusable)),
        };
        let shares = by_key(manifest.shares);
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

    /// Looks whether the folder `root` is one to keep something in: a new or an empty one, hidden files
    /// and those in `beside` aside, or one where kohort did before.
    ///
    /// # Errors
    /// [`PublishError::Occupied`].
    pub fn check(root: &Path, beside: &[PathBuf]) -> Result<(), PublishError> {
        ground::of_state(root, beside)
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
    /// [`PublishError::State`] where it cannot be made.
    pub fn segment(&self) -> Result<Segment, PublishError> {
        Segment::create(&self.folder, self.id.as_str()).map_err(PublishError::of_state)
    }

    /// Makes `shares` what is kept, flushed to disk, and puts small files of blocks together.
    ///
    /// # Errors
    /// [`PublishError::State`]; what is kept is then as before, or all of `shares`.
    pub fn save(&mut self, shares: Vec<Share>, segment: Segment) -> Result<(), PublishError> {
        let before = mem::replace(&mut self.shares, by_key(shares));
        let saved = segment.finish().and_then(|()| self.write_manifest()).and_then(|()| {
            self.sizes = segment::sizes(&self.folder);
            if self.compact()? { self.write_manifest() } else { Ok(()) }
        });
        if saved.is_err() {
            // What the disk has now says what is kept.
            let kept = Manifest::read(&self.folder).ok().flatten();
            self.shares = kept.map_or(before, |manifest| by_key(manifest.shares));
        }
        self.remove_strays();
        saved.map_err(PublishError::of_state)
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
    let new = folder.join(manifest::NEW);
    if own::begins_as(&new, manifest::BEGIN) {
        let _ = fs::remove_file(new);
    }
}

fn by_key(shares: Vec<Share>) -> BTreeMap<String, Share> {
    shares.into_iter().map(|share| (share.key.clone(), share)).collect()
}

/// Whether the folder of a form can have this name.
pub(crate) fn is_form(name: &str) -> bool {
    name.len() == 16 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether this is a folder in which kohort keeps something, whatever version of it.
pub(crate) fn is_kept(entry: &DirEntry) -> bool {
    entry.file_name().to_str().is_some_and(is_form)
        && entry.file_type().is_ok_and(|found| found.is_dir())
        && Manifest::is_there(&entry.path())
}

/// Whether a file, named from the folder of a form, is one of kohort's.
pub(crate) fn is_own(name: &str, path: &Path) -> bool {
    match name {
        manifest::NAME | manifest::NEW => own::begins_as(path, manifest::BEGIN),
        name => segment::is_named(name) && own::is_file(path),
    }
}

/// Removes the forms that were not used for the longest time. What is no form of ours stays, and what
/// others put into one.
fn forget_forms(root: &Path, used: &str) {
    let Ok(entries) = fs::read_dir(root) else { return };
    let mut others: Vec<_> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name() != used && is_kept(entry))
        .filter_map(|entry| {
            let path = entry.path();
            let used = fs::metadata(path.join(manifest::NAME)).and_then(|meta| meta.modified());
            Some((used.ok()?, path))
        })
        .collect();
    others.sort();
    let surplus = (others.len() + 1).saturating_sub(KEPT_FORMS);
    for (_, path) in others.iter().take(surplus) {
        // What cannot be removed now goes the next time.
        let _ = Own::of_form(path).and_then(Own::remove);
    }
}
