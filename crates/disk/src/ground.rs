//! Folders that kohort may begin to write in: empty ones, or those where it did before.

use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};

use crate::{DiskError, lock, own};

/// Names that a folder may have from the start; hidden ones may be there, too.
const TOLERATED: &str = "lost+found";
/// Names that an error lists.
const LISTED: usize = 3;

/// The names in the folder `root` that are neither `is_own`, nor hidden, nor lead to a file in `beside`, sorted.
/// What cannot be listed has none: who writes there will say why not.
#[must_use]
pub fn foreign(
    root: &Path,
    beside: &[PathBuf],
    is_own: &dyn Fn(&str, &DirEntry) -> bool,
) -> Vec<String> {
    let entries = fs::read_dir(root).into_iter().flatten().filter_map(Result::ok);
    // Of two ways to name a file.
    let beside: Vec<_> = beside.iter().filter_map(|path| path.canonicalize().ok()).collect();
    let leads_to_one = |entry: &DirEntry| {
        entry.path().canonicalize().is_ok_and(|path| beside.iter().any(|it| it.starts_with(&path)))
    };
    let mut names: Vec<_> = entries
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_foreign = match name.as_str() {
                ".lock" => own::is_file(&entry.path()) && !lock::is_own(&entry.path()),
                TOLERATED => false,
                name => !name.starts_with('.') && !is_own(name, &entry),
            };
            (is_foreign && !leads_to_one(&entry)).then_some(name)
        })
        .collect();
    names.sort_unstable();
    names
}

/// The error that `root`, which `setting` names, holds what others put there.
#[must_use]
pub fn occupied(root: &Path, mut found: Vec<String>, setting: &'static str) -> DiskError {
    let more = found.len().saturating_sub(LISTED);
    found.truncate(LISTED);
    DiskError::Occupied { root: root.to_owned(), found, more, setting }
}
