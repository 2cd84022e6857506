//! Lookup of the run that a path or a URL means.

use std::fs;
use std::path::{Path, PathBuf};

use crate::names::{RECORD, run_id};
use crate::remote::Remote;
use crate::{Output, PublishError, RunId};

/// A run that is there.
#[derive(Debug)]
pub(crate) struct Found {
    /// `OUTPUT/runs/<run id>`, or wherever it was moved to.
    pub folder: PathBuf,
    /// The folder, where it is on a store.
    pub remote: Option<Remote>,
    /// The output that it is a run of.
    pub output: Option<Output>,
}

impl Found {
    /// A run that an output has.
    pub fn in_output(output: Output, id: &RunId) -> Result<Self, PublishError> {
        let remote = output.remote()?.map(|remote| remote.below(&format!("runs/{id}")));
        Ok(Self { folder: output.run_folder(id), remote, output: Some(output) })
    }
}

/// The run that `path` means: of an output the current one, or with `~N` behind it the Nth before
/// that; the folder of a run; or an output and behind it the id of a run. `at` gives the output at
/// a place.
pub(crate) fn find(path: &Path, at: &dyn Fn(&Path) -> Output) -> Result<Found, PublishError> {
    let nothing = || PublishError::NothingPublished { path: path.to_owned() };
    let output = at(path);
    let found = match output.remote()? {
        Some(remote) => on_store(&output, remote, at)?,
        None => on_disk(&output, at),
    };
    if let Some(found) = found {
        return Ok(found);
    }
    if path.exists() {
        return Err(nothing());
    }
    let (output, name, number) = if let Some((output, number)) = numbered(path) {
        (at(output), format!("~{number}"), Some(number))
    } else {
        let parent = path.parent().ok_or_else(nothing)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (at(above_runs(parent).unwrap_or(here(parent))), name, None)
    };
    // Before the current one were runs that were current once.
    let mut runs = if number.is_some() { output.published()? } else { output.runs()? };
    let place = match number {
        Some(number) => {
            let current = output.current_id()?;
            let place = runs.iter().position(|id| Some(id) == current.as_ref());
            place.and_then(|place| place.checked_sub(number))
        }
        None => runs.iter().position(|id| id.as_str() == name),
    };
    match place {
        Some(place) => Found::in_output(output, &runs[place]),
        None if runs.is_empty() => Err(nothing()),
        None => {
            runs.reverse();
            Err(PublishError::UnknownRun { name, output: output.root().to_owned(), runs })
        }
    }
}

/// The current run of an output, or the run whose folder it is.
fn on_disk(output: &Output, at: &dyn Fn(&Path) -> Output) -> Option<Found> {
    let is_run = |folder: &PathBuf| folder.join(RECORD).is_file();
    // A folder that has something else of the name `current` is no output.
    if let Some(folder) = output.current().ok().flatten().filter(is_run) {
        return Some(Found { folder, remote: None, output: Some(output.clone()) });
    }
    let folder = Some(unlinked(output.root())).filter(is_run)?;
    let owner = owner(&folder).or_else(|| owner(&folder.canonicalize().ok()?));
    Some(Found { folder, remote: None, output: owner.map(|owner| at(&owner)) })
}

/// The same on a store.
fn on_store(
    output: &Output,
    remote: Remote,
    at: &dyn Fn(&Path) -> Output,
) -> Result<Option<Found>, PublishError> {
    if let Some(pointer) = remote.pointer()? {
        let found = Found::in_output(output.clone(), &pointer.says.run_id)?;
        if found.remote.as_ref().map_or(Ok(false), |remote| remote.has(RECORD))? {
            return Ok(Some(found));
        }
    }
    if !remote.has(RECORD)? {
        return Ok(None);
    }
    let folder = output.root().to_owned();
    let owner = owner(&folder).map(|owner| at(&owner));
    Ok(Some(Found { folder, remote: Some(remote), output: owner }))
}

/// The folder that a link leads to, which stays the same when the link is changed.
fn unlinked(path: &Path) -> PathBuf {
    // A slash at its end would have it followed.
    let plain: PathBuf = path.components().collect();
    match (fs::read_link(&plain), plain.parent()) {
        (Ok(target), Some(parent)) => parent.join(target),
        _ => path.to_owned(),
    }
}

/// The output that the folder of a run lies in.
fn owner(folder: &Path) -> Option<PathBuf> {
    run_id(folder)?;
    above_runs(folder.parent()?).map(Path::to_owned)
}

/// The output of a folder of runs.
fn above_runs(folder: &Path) -> Option<&Path> {
    let output =
        folder.parent().filter(|_| folder.file_name().is_some_and(|name| name == "runs"))?;
    Some(here(output))
}

/// `out~2` as output and number.
fn numbered(path: &Path) -> Option<(&Path, usize)> {
    let (output, number) = path.to_str()?.rsplit_once('~')?;
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    Some((here(Path::new(output)), number.parse().ok().filter(|_| is_number)?))
}

fn here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}
