//! Outputs: published runs, and what leads to the one that readers see.

use std::fs::DirEntry;
use std::path::{Path, PathBuf};
use std::{fs, io};

use kohort_cache::State;
use kohort_disk::{self as disk, Lock, at, foreign, occupied};
use kohort_store::{Store, is_url};

use crate::error::reading;
use crate::names::{RECORD, is_link_target, run_id};
use crate::own;
use crate::pointer::RunStatus;
use crate::remote::Remote;
use crate::{PublishError, RunId};

/// An output: published runs, and what leads to the one that readers see. It is a folder, or what
/// takes the place of one on an object store.
#[derive(Clone, Debug)]
pub struct Output {
    /// A path, or a URL as it is.
    root: PathBuf,
    /// The store, where it was given.
    store: Option<Remote>,
}

impl Output {
    /// The output at `root`, a path or a URL, which need not exist before [`Output::begin`].
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), store: None }
    }

    /// The output in the folder `key` of a store.
    #[must_use]
    pub fn in_store(store: Store, key: &str) -> Self {
        Self::from_remote(Remote::new(store, key))
    }

    pub(crate) fn from_remote(remote: Remote) -> Self {
        Self { root: remote.url("").into(), store: Some(remote) }
    }

    /// The folder or URL.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether it is on an object store, so that nothing can be read from it as from a folder.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        self.store.is_some() || self.url().is_some()
    }

    /// The folder of a run once it is published.
    #[must_use]
    pub fn run_folder(&self, id: &RunId) -> PathBuf {
        self.runs_folder().join(id.as_str())
    }

    /// The folder that `current` leads to, there or not; `None` where nothing is published.
    ///
    /// # Errors
    /// [`PublishError::CurrentInTheWay`] where it is no link to a run; what the operating system or the store
    /// says.
    pub fn current(&self) -> Result<Option<PathBuf>, PublishError> {
        if let Some(remote) = self.remote()? {
            return Ok(remote.pointer()?.map(|pointer| self.run_folder(&pointer.says.run_id)));
        }
        let path = self.current_link();
        match fs::read_link(&path) {
            Ok(target) if is_link_target(&target) => Ok(Some(self.root.join(target))),
            Ok(_) => Err(PublishError::CurrentInTheWay { path }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(_) if path.symlink_metadata().is_ok() => {
                Err(PublishError::CurrentInTheWay { path })
            }
            Err(cause) => Err(reading(path, cause)),
        }
    }

    /// The run that `current` leads to, there or not; `None` where nothing is published.
    ///
    /// # Errors
    /// As [`Output::current`].
    pub fn current_id(&self) -> Result<Option<RunId>, PublishError> {
        Ok(self.current()?.as_deref().and_then(run_id))
    }

    /// The runs that are kept and were current at some time, oldest first.
    pub(crate) fn published(&self) -> Result<Vec<RunId>, PublishError> {
        let Some(remote) = self.remote()? else { return self.runs() };
        let mut runs = remote.kept()?;
        runs.retain(|(_, status)| *status != RunStatus::Unpublished);
        Ok(runs.into_iter().map(|(run, _)| run.id).collect())
    }

    /// The runs that are kept, oldest first; on a store also those that never became current.
    ///
    /// # Errors
    /// [`PublishError::Disk`] where the folder cannot be listed; one that is missing has no runs.
    /// What the store says.
    pub fn runs(&self) -> Result<Vec<RunId>, PublishError> {
        if let Some(remote) = self.remote()? {
            return Ok(remote.runs()?.into_iter().map(|run| run.id).collect());
        }
        let path = self.runs_folder();
        let list = || -> io::Result<Vec<RunId>> {
            let mut runs = Vec::new();
            for entry in fs::read_dir(&path)? {
                let folder = entry?.path();
                // What has no record is no run; one that cannot be read is listed all the same.
                let is_run = !folder.is_symlink() && own::is_file(&folder.join(RECORD));
                runs.extend(run_id(&folder).filter(|_| is_run));
            }
            runs.sort_unstable();
            Ok(runs)
        };
        match list() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            listed => listed.map_err(|cause| reading(path, cause)),
        }
    }

    /// Those of the runs in a folder that a record shows to be kohort's, which alone are removed.
    pub(crate) fn own_runs(&self) -> Result<Vec<RunId>, PublishError> {
        let mut runs = self.runs()?;
        runs.retain(|id| own::record(&self.run_folder(id), id).is_some());
        Ok(runs)
    }

    /// Looks whether a run may write here: to a new or an empty folder, hidden files and those in
    /// `beside` aside, or to one where kohort did before. Nothing is said of a store.
    ///
    /// # Errors
    /// [`PublishError::Disk`]; [`PublishError::CurrentInTheWay`].
    pub fn check(&self, beside: &[PathBuf]) -> Result<(), PublishError> {
        if self.is_remote() {
            return Ok(());
        }
        self.check_folder(beside)?;
        match self.current() {
            Err(error @ PublishError::CurrentInTheWay { .. }) => Err(error),
            _ => Ok(()),
        }
    }

    /// Looks whether runs can be published in the folder of the output; files in `beside` may be there.
    pub(crate) fn check_folder(&self, beside: &[PathBuf]) -> Result<(), PublishError> {
        // Whether they are as they must be shows when they are used.
        let is_own = |name: &str, _: &DirEntry| ["current", "runs"].contains(&name);
        let foreign = foreign(&self.root, beside, &is_own);
        if foreign.is_empty() || self.has_runs() {
            return Ok(());
        }
        Err(occupied(&self.root, foreign, "--output").into())
    }

    fn has_runs(&self) -> bool {
        self.own_runs().is_ok_and(|runs| !runs.is_empty())
            || self.current_id().is_ok_and(|current| current.is_some())
            || State::is_at(&self.root.join(".state"))
    }

    /// Locks a folder for `who`, and makes it where it is missing.
    pub(crate) fn lock(
        &self,
        who: &str,
        on_wait: Option<&dyn Fn(&str)>,
    ) -> Result<Lock, PublishError> {
        disk::create_folder_for_good(&self.root)?;
        Ok(Lock::take(&self.root, who, on_wait)?)
    }

    /// The store, where the output is on one.
    pub(crate) fn remote(&self) -> Result<Option<Remote>, PublishError> {
        match &self.store {
            Some(remote) => Ok(Some(remote.clone())),
            None => self.url().map(Remote::open).transpose(),
        }
    }

    fn url(&self) -> Option<&str> {
        self.root.to_str().filter(|root| is_url(root))
    }

    pub(crate) fn runs_folder(&self) -> PathBuf {
        self.root.join("runs")
    }

    pub(crate) fn staging_folder(&self) -> PathBuf {
        self.root.join(".staging")
    }

    pub(crate) fn current_link(&self) -> PathBuf {
        self.root.join("current")
    }

    /// Has `current` lead to `target`, a path from here, and flushes that to disk. Where this fails
    /// `current` leads where it did before, as far as the disk allows. The staging folder must be
    /// there.
    pub(crate) fn swap_current(&self, target: &Path) -> Result<(), PublishError> {
        let current = self.current_link();
        let before = fs::read_link(&current).ok();
        let swapped = self.point_current_at(target);
        swapped.and_then(|()| Ok(disk::sync_folder(self.root())?)).inspect_err(|_| {
            if fs::read_link(&current).is_ok_and(|found| found == target) {
                let _ = match &before {
                    Some(before) => self.point_current_at(before),
                    None => at(&current, fs::remove_file(&current)).map_err(PublishError::from),
                };
            }
        })
    }

    /// A link cannot be changed in place, but another can be renamed over it in one step.
    fn point_current_at(&self, target: &Path) -> Result<(), PublishError> {
        let link = self.staging_folder().join("current");
        let current = self.current_link();
        if fs::read_link(&link).is_ok_and(|target| is_link_target(&target)) {
            at(&link, fs::remove_file(&link))?;
        }
        at(&link, disk::link_folder(target, &link))?;
        // Over a folder nothing can be renamed; a file, or the link of somebody else, would be gone.
        if current.is_symlink() || !current.is_dir() {
            self.current()?;
        }
        Ok(at(&current, fs::rename(&link, &current))?)
    }

    /// Removes a run's files, and its folder unless others put something there. The staging folder
    /// must be there.
    pub(crate) fn remove_run(&self, id: &RunId) -> Result<(), PublishError> {
        let path = self.run_folder(id);
        let remove = || {
            let Some(names) = own::record(&path, id) else { return Ok(()) };
            let own = own::of_run(&path, &names)?;
            if own.is_shared {
                return own.remove();
            }
            // First out of sight as a whole: nobody finds a run with half of its tables.
            let aside = self.staging_folder().join(id.as_str());
            if aside.symlink_metadata().is_ok() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            fs::rename(&path, &aside)?;
            // Also after a power cut.
            disk::sync(&self.runs_folder())?;
            own::of_run(&aside, &names)?.remove()
        };
        remove().map_err(|cause| PublishError::Prune { path: path.clone(), cause })
    }
}
