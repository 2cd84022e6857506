use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::disk::{self, at};
use crate::lock::Lock;
use crate::{PublishError, RunId, Staging};

/// An output folder: published runs, and the link to the one that readers see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    root: PathBuf,
}

impl Output {
    /// The output at `root`, which need not exist before [`Output::begin`].
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The output folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of a run once it is published.
    #[must_use]
    pub fn run_folder(&self, id: &RunId) -> PathBuf {
        self.runs_folder().join(id.as_str())
    }

    /// The folder that `current` points to, there or not; `None` where nothing is published.
    ///
    /// # Errors
    /// [`PublishError::CurrentInTheWay`] where it is no link; what the operating system says.
    pub fn current(&self) -> Result<Option<PathBuf>, PublishError> {
        let path = self.current_link();
        match fs::read_link(&path) {
            Ok(target) => Ok(Some(self.root.join(target))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(_) if path.symlink_metadata().is_ok() => {
                Err(PublishError::CurrentInTheWay { path })
            }
            Err(cause) => Err(PublishError::Read { path, cause }),
        }
    }

    /// The runs that are kept, oldest first.
    ///
    /// # Errors
    /// [`PublishError::Read`] where the folder cannot be listed; one that is missing has no runs.
    pub fn runs(&self) -> Result<Vec<RunId>, PublishError> {
        let path = self.runs_folder();
        let list = || -> io::Result<Vec<RunId>> {
            let mut runs = Vec::new();
            for entry in fs::read_dir(&path)? {
                let entry = entry?;
                // What has another name is not ours to list, nor to remove.
                let id = entry.file_name().to_str().and_then(|name| name.parse().ok());
                if let Some(id) = id.filter(|_| entry.path().is_dir()) {
                    runs.push(id);
                }
            }
            runs.sort_unstable();
            Ok(runs)
        };
        match list() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            listed => listed.map_err(|cause| PublishError::Read { path, cause }),
        }
    }

    /// Locks the output, clears what killed runs left behind and opens a folder for run `id`.
    ///
    /// # Errors
    /// [`PublishError::Locked`] while another run holds the output; [`PublishError::RunExists`];
    /// [`PublishError::CurrentInTheWay`]; what the operating system says.
    pub fn begin(&self, id: &RunId) -> Result<Staging, PublishError> {
        disk::create_folder(&self.root)?;
        let lock = Lock::take(&self.root, id)?;
        // All that a commit needs is looked at now: an hour later would be a pity.
        self.current()?;
        disk::create_folder(&self.runs_folder())?;
        let published = self.run_folder(id);
        if published.symlink_metadata().is_ok() {
            return Err(PublishError::RunExists { path: published });
        }
        let staging = self.staging_folder();
        at(&staging, disk::remove_folder(&staging))?;
        Staging::new(self.clone(), id.clone(), lock)
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
}
