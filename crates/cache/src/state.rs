//! The state folder: what is kept of each form of the inputs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirEntry};
use std::io;
use std::mem;
use std::path::{Path, PathBuf};

use kohort_disk::own::{self, Own};
use kohort_disk::{
    DiskError, Lock, Registered, RunId, UNFINISHED, create_folder, foreign, occupied,
};

use crate::CacheError;
use crate::manifest::{self, BlockRef, Manifest, Share};
use crate::segment::{self, Segment, read_block};

/// Forms that stay beside the one in use.
const KEPT_FORMS: usize = 3;

/// The state folder of an output, while a run uses it.
#[derive(Debug)]
pub struct State {
    pub(crate) folder: PathBuf,
    pub(crate) id: RunId,
    pub(crate) shares: BTreeMap<String, Share>,
    /// Bytes of each file of blocks.
    pub(crate) sizes: BTreeMap<String, u64>,
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
    /// [`DiskError::Locked`] while another run uses the folder; [`CacheError::Write`] where the disk
    /// refuses, or something is in the way.
    pub fn open(
        root: &Path,
        form: &str,
        id: &RunId,
        on_wait: Option<&dyn Fn(&str)>,
    ) -> Result<(Self, Option<Unusable>), CacheError> {
        create_folder(root)?;
        let lock = Lock::take(root, &format!("run {id}"), on_wait)?;
        let folder = root.join(form);
        own::create_folder(&folder)?;
        if !Manifest::is_own(&folder) {
            let cause = io::Error::new(io::ErrorKind::AlreadyExists, "kohort did not write it");
            return Err(CacheError::Write { path: folder.join(manifest::NAME), cause });
        }
        forget_forms(root, form);
        let (manifest, unusable) = match Manifest::read(&folder) {
            Ok(Some(manifest)) => (manifest, None),
            Ok(None) => (Manifest::default(), of_another_version(root)),
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
    /// [`DiskError::Occupied`].
    pub fn check(root: &Path, beside: &[PathBuf]) -> Result<(), CacheError> {
        // One where a first run was killed has nothing yet that proves it ours, and nothing else either.
        let is_form = |name: &str, entry: &DirEntry| {
            is_form(name)
                && own_of_form(&entry.path()).is_ok_and(|own| !own.is_shared)
                && entry.file_type().is_ok_and(|found| found.is_dir())
        };
        let foreign = foreign(root, beside, &is_form);
        if foreign.is_empty() || Self::is_at(root) {
            return Ok(());
        }
        Err(occupied(root, foreign, "[state] path").into())
    }

    /// Whether kohort, of whatever version, has kept something in the folder `root`.
    #[must_use]
    pub fn is_at(root: &Path) -> bool {
        let entries = fs::read_dir(root).into_iter().flatten().filter_map(Result::ok);
        entries.into_iter().any(|entry| is_kept(&entry))
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
    /// [`CacheError::Write`] where it cannot be made.
    pub fn segment(&self) -> Result<Segment, CacheError> {
        Ok(Segment::create(&self.folder, self.id.as_str())?)
    }

    /// Makes `shares` what is kept, flushed to disk, and puts small files of blocks together.
    ///
    /// # Errors
    /// [`CacheError::Write`]; what is kept is then as before, or all of `shares`.
    pub fn save(&mut self, shares: Vec<Share>, segment: Segment) -> Result<(), CacheError> {
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
        Ok(saved?)
    }

    fn write_manifest(&self) -> Result<(), DiskError> {
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
fn is_form(name: &str) -> bool {
    name.len() == 16 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether this is a folder in which kohort keeps something, whatever version of it.
fn is_kept(entry: &DirEntry) -> bool {
    entry.file_name().to_str().is_some_and(is_form)
        && entry.file_type().is_ok_and(|found| found.is_dir())
        && Manifest::is_there(&entry.path())
}

/// That all that is kept in the folder `root` is of another version, whose forms have other names.
fn of_another_version(root: &Path) -> Option<Unusable> {
    let entries = fs::read_dir(root).into_iter().flatten().filter_map(Result::ok);
    let mut others = Vec::new();
    for entry in entries.filter(is_kept) {
        match Manifest::read(&entry.path()) {
            Err(Unusable::Version(version)) => others.push(version),
            _ => return None,
        }
    }
    others.into_iter().max().map(Unusable::Version)
}

/// What is kept of one form of the inputs.
fn own_of_form(folder: &Path) -> io::Result<Own> {
    let own = Own::below(folder, &|name, path| match name {
        manifest::NAME | manifest::NEW => own::begins_as(path, manifest::BEGIN),
        name => segment::is_named(name) && own::is_file(path),
    })?;
    // As long as it is there the rest is known to be ours.
    Ok(own.last(&folder.join(manifest::NAME)))
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
        let _ = own_of_form(path).and_then(Own::remove);
    }
}
