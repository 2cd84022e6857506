//! Attempts: the note of a run that began, for whoever starts it again.

use std::path::{Path, PathBuf};
use std::{fs, io};

use chrono::{DateTime, Utc};
use kohort_disk::{self as disk, at};
use kohort_store::scrub;
use serde::{Deserialize, Serialize};

use crate::error::reading;
use crate::record::{json, moment};
use crate::{Output, PublishError, RunId, own};

const FILE: &str = ".attempt.json";

/// A run that has begun and did not succeed yet, as `OUTPUT/.attempt.json` has it: what it takes to
/// start it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The run.
    pub run_id: RunId,
    /// The pipeline file, absolute.
    pub pipeline: PathBuf,
    /// The folder in which the command was typed, absolute: its paths start there.
    pub folder: PathBuf,
    /// The command as it was typed, without `kohort`.
    pub arguments: Vec<String>,
    /// When it began.
    #[serde(with = "moment")]
    pub started_at: DateTime<Utc>,
    /// Why it failed; `None` while it is at work, or where it was killed.
    pub error: Option<String>,
}

impl Attempt {
    /// The last run that began at `output`, unless it succeeded.
    ///
    /// # Errors
    /// [`PublishError::Disk`], [`PublishError::Record`]; what the store says.
    pub fn read(output: &Output) -> Result<Option<Self>, PublishError> {
        let path = path(output);
        let json = match output.remote()? {
            Some(remote) => remote.get(FILE)?,
            None => match disk::read_file(&path) {
                Ok(json) => Some(json),
                Err(error) if is_absent(&error) => None,
                Err(cause) => return Err(reading(path, cause)),
            },
        };
        let parsed = json.map(|json| serde_json::from_slice(&json)).transpose();
        parsed.map_err(|cause| PublishError::Record { path, cause })
    }

    /// Writes it down, in one step, flushed to disk. The output must be there.
    ///
    /// # Errors
    /// [`PublishError::Disk`]; what the store says.
    pub fn write(&self, output: &Output) -> Result<(), PublishError> {
        if let Some(remote) = output.remote()? {
            return remote.put(FILE, json(self));
        }
        let path = path(output);
        let new = path.with_extension("json.new");
        disk::replace_file(&path, &new, &json(self))?;
        Ok(disk::sync_folder(output.root())?)
    }

    /// Adds why the run failed, without secrets, to its note. Where nothing does, as it
    /// was taken back, or another run began, that stays so.
    ///
    /// # Errors
    /// As [`Attempt::read`] and [`Attempt::write`].
    pub fn fail(output: &Output, run_id: &RunId, error: &str) -> Result<(), PublishError> {
        match Self::read(output)? {
            Some(attempt) if attempt.run_id == *run_id => {
                Self { error: Some(scrub(error)), ..attempt }.write(output)
            }
            _ => Ok(()),
        }
    }

    /// Removes the note of the run, as it succeeded. That of another run stays.
    ///
    /// # Errors
    /// As [`Attempt::read`]; [`PublishError::Disk`] where it cannot be removed.
    pub fn clear(output: &Output, run_id: &RunId) -> Result<(), PublishError> {
        if Self::read(output)?.is_none_or(|attempt| attempt.run_id != *run_id) {
            return Ok(());
        }
        match output.remote()? {
            Some(remote) => remote.delete(FILE),
            None => Ok(at(&path(output), remove(output))?),
        }
    }

    /// Removes the note of the run from the folder of an output. A store is left alone: a process
    /// that is told to end cannot wait for one.
    pub(crate) fn forget(output: &Output, run_id: &RunId) {
        let is_of_run = |attempt: &Self| attempt.run_id == *run_id;
        if !output.is_remote() && Self::read(output).ok().flatten().as_ref().is_some_and(is_of_run)
        {
            let _ = remove(output);
        }
    }
}

/// Removes a note that was read; a link that led to it is not ours.
fn remove(output: &Output) -> io::Result<()> {
    let path = path(output);
    if own::is_file(&path) { fs::remove_file(path) } else { Ok(()) }
}

fn path(output: &Output) -> PathBuf {
    output.root().join(Path::new(FILE))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
