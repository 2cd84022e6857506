//! The history of an output: its runs, and which of them go.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::Utc;
use kohort_disk::{self as disk, at};

use crate::error::reading;
use crate::find::Found;
use crate::names::{RECORD, link_target};
use crate::own::{self, Own};
use crate::pointer::RunStatus;
use crate::{Output, PublishError, PublishedRun, RunId};

/// A run that an output keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRun {
    /// Its id.
    pub id: RunId,
    /// Whether readers see it.
    pub is_current: bool,
    /// Whether readers see it or did so at some time. On an object store a run may be there whole that
    /// never became current.
    pub is_published: bool,
    /// Size of all its files.
    pub bytes: u64,
}

/// What [`Output::clear`] removed, or would.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleared {
    /// Runs, oldest first.
    pub runs: Vec<KeptRun>,
    /// Size of the files that killed runs left behind.
    pub left_behind_bytes: u64,
    /// How many runs stay.
    pub kept: usize,
}

impl Output {
    /// The runs that are kept, newest first.
    ///
    /// # Errors
    /// As [`Output::current`] and [`Output::runs`].
    pub fn history(&self) -> Result<Vec<KeptRun>, PublishError> {
        let mut runs = Vec::new();
        if let Some(remote) = self.remote()? {
            runs.extend(remote.kept()?.into_iter().map(|(run, status)| KeptRun {
                id: run.id,
                is_current: status == RunStatus::Current,
                is_published: status != RunStatus::Unpublished,
                bytes: run.bytes,
            }));
        } else {
            let current = self.current_id()?;
            for id in self.runs()? {
                let folder = self.run_folder(&id);
                let is_current = current.as_ref() == Some(&id);
                match size(&folder) {
                    Ok(bytes) => runs.push(KeptRun { id, is_current, is_published: true, bytes }),
                    // A run at work removed it just now.
                    Err(_) if !folder.exists() => {}
                    Err(error) => return Err(error),
                }
            }
        }
        runs.reverse();
        Ok(runs)
    }

    /// A run that is kept.
    ///
    /// # Errors
    /// [`PublishError::UnknownRun`] with the runs that there are; as [`Output::runs`].
    pub fn run(&self, id: &RunId) -> Result<PublishedRun, PublishError> {
        let found = Found::in_output(self.clone(), id)?;
        let is_there = match &found.remote {
            Some(remote) => remote.has(RECORD)?,
            None => found.folder.is_dir(),
        };
        if is_there {
            return PublishedRun::found(found);
        }
        let mut runs = self.runs()?;
        runs.reverse();
        let (name, output) = (id.to_string(), self.root().to_owned());
        Err(PublishError::UnknownRun { name, output, runs })
    }

    /// Removes all published runs but the newest `keep` and the current one, and what killed runs left
    /// behind; on a store also runs that never became current, once they are older than a day. With
    /// `only_look` nothing is removed, and what was left behind in a folder is not counted, as
    /// a run may be at work on it.
    ///
    /// # Errors
    /// [`PublishError::Disk`] while a run holds the output; [`PublishError::Prune`], then some
    /// are removed; as [`Output::history`].
    pub fn clear(&self, keep: usize, only_look: bool) -> Result<Cleared, PublishError> {
        match self.remote()? {
            Some(_) => self.clear_store(keep, only_look),
            None if only_look => self.surplus(keep),
            None => self.clear_folder(keep),
        }
    }

    fn surplus(&self, keep: usize) -> Result<Cleared, PublishError> {
        let mut all = self.history()?;
        all.retain(|run| run.is_published);
        let count = all.len();
        let own = if self.is_remote() { None } else { Some(self.own_runs()?) };
        let is_own = |run: &KeptRun| own.as_ref().is_none_or(|own| own.contains(&run.id));
        let own = all.into_iter().filter(is_own);
        let mut runs: Vec<_> = own.skip(keep).filter(|run| !run.is_current).collect();
        runs.reverse();
        Ok(Cleared { kept: count - runs.len(), runs, left_behind_bytes: 0 })
    }

    fn clear_folder(&self, keep: usize) -> Result<Cleared, PublishError> {
        // A folder of somebody else's is not even locked.
        let runs = self.runs_folder();
        if !runs.is_dir() || runs.is_symlink() || self.check_folder(&[]).is_err() {
            return Ok(Cleared::default());
        }
        let _lock = self.lock("kohort gc", None)?;
        let staging = self.staging_folder();
        let left_behind = at(&staging, own::of_staging(&staging))?;
        let left_behind_bytes = left_behind.bytes;
        at(&staging, left_behind.remove())?;
        let cleared = self.surplus(keep)?;
        disk::create_folder(&staging)?;
        let removed = cleared.runs.iter().try_for_each(|run| self.remove_run(&run.id));
        // What cannot be removed goes when the next run begins.
        let _ = own::of_staging(&staging).and_then(Own::remove);
        removed?;
        Ok(Cleared { left_behind_bytes, ..cleared })
    }

    fn clear_store(&self, keep: usize, only_look: bool) -> Result<Cleared, PublishError> {
        let (mut cleared, now) = (self.surplus(keep)?, Utc::now());
        let Some(remote) = self.remote()? else { return Ok(cleared) };
        let left_behind = remote.left_behind(now)?;
        cleared.left_behind_bytes = left_behind.iter().map(|run| run.bytes).sum();
        if !only_look {
            let surplus: BTreeSet<_> = cleared.runs.iter().map(|run| &run.id).collect();
            let mut runs = remote.runs()?;
            runs.retain(|run| surplus.contains(&run.id));
            runs.extend(left_behind);
            let removed = remote.remove(&runs, now)?;
            let count = cleared.runs.len();
            // One may have become current meanwhile.
            cleared.runs.retain(|run| removed.contains(&run.id));
            cleared.kept += count - cleared.runs.len();
        }
        Ok(cleared)
    }

    /// Makes a run that is kept current; says which one was before.
    ///
    /// # Errors
    /// [`PublishError::Disk`] while a run holds the output; [`PublishError::Outrun`] where another
    /// run became current on the store just now, [`PublishError::Cleared`] where this one is being
    /// removed there, [`PublishError::Incomplete`] where a file of it is missing,
    /// [`PublishError::Unsettled`] where the store is silent; as [`Output::run`].
    pub fn make_current(&self, id: &RunId) -> Result<Option<RunId>, PublishError> {
        if let Some(remote) = self.remote()? {
            let before = remote.pointer()?;
            // That it is there, and can be read.
            remote.check_whole(id, &self.run(id)?.record()?)?;
            remote.point_at(id, before.as_ref())?;
            return Ok(before.map(|before| before.says.run_id));
        }
        let _lock = self.lock("kohort publish", None)?;
        self.run(id)?.record()?;
        let before = self.current_id()?;
        if before.as_ref() != Some(id) {
            let staging = self.staging_folder();
            disk::create_folder(&staging)?;
            let swapped = self.swap_current(&link_target(id));
            // What others have put there stays.
            let _ = own::of_staging(&staging).and_then(Own::remove);
            swapped?;
        }
        Ok(before)
    }
}

/// Size of the files in and below a folder.
fn size(folder: &Path) -> Result<u64, PublishError> {
    let size = |name: &String| {
        let path = folder.join(name);
        match path.symlink_metadata() {
            Ok(metadata) => Ok(metadata.len()),
            Err(cause) => Err(reading(path, cause)),
        }
    };
    disk::files(folder)?.iter().map(size).sum()
}
