//! `[state]`: what runs keep of what they read.

use std::path::{Path, PathBuf};

use super::conflict::Conflict;
use super::error::ConfigError;
use super::section::Section;

/// The folder of the state: beside the runs, where `path` names no other. An output that is no folder
/// has no place for one.
pub(super) fn read(section: &Section<'_>, output: &Path) -> Result<Option<PathBuf>, ConfigError> {
    let path = section.get("path");
    if let Some(item) = section.get("keep")
        && !item.boolean()?
    {
        return path.map_or(Ok(None), |path| Err(path.conflict(Conflict::StateNotKept)));
    }
    match path {
        Some(item) => {
            let path = item.path("a path to a folder")?;
            let is_url = kohort_publish::is_url(&path.to_string_lossy());
            if is_url { Err(item.conflict(Conflict::StateByUrl)) } else { Ok(Some(path)) }
        }
        None if kohort_publish::is_url(&output.to_string_lossy()) => Ok(None),
        None => Ok(Some(output.join(".state"))),
    }
}
