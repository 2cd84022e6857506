//! Names in an output: of its files and folders, and what they say.

use std::path::{Path, PathBuf};

use crate::RunId;

/// The file with which a run is whole.
pub(crate) const RECORD: &str = "run.json";

/// The file of a part of a table, in the folder of its value.
pub(crate) const PART: &str = "part-0.parquet";

/// What `current` holds where it leads to a run: relative, so that the output can be moved.
pub(crate) fn link_target(id: &RunId) -> PathBuf {
    Path::new("runs").join(id.as_str())
}

/// Whether a link leads to a run, there or not.
pub(crate) fn is_link_target(target: &Path) -> bool {
    target.parent().is_some_and(|parent| parent.ends_with("runs"))
}

/// The run whose folder this is, by its name.
pub(crate) fn run_id(folder: &Path) -> Option<RunId> {
    folder.file_name()?.to_str()?.parse().ok()
}

/// The table that a file is part of, where `name` is that of a part, as a path from the folder of
/// the run.
pub(crate) fn table_of_part(name: &str) -> Option<&str> {
    let (table, part) = name.split_once('/')?;
    let (folder, file) = part.split_once('/')?;
    (folder.contains('=') && file == PART).then_some(table)
}
