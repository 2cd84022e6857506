//! Whether a folder is for kohort to write to: an empty one, or one where it did before.

use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};

use crate::own::{self, Own};
use crate::{Output, PublishError, state};

/// What an output has names of its own for. Whether they are as they must be shows when they are used.
const OF_OUTPUT: [&str; 2] = ["current", "runs"];
/// Names that a folder may have from the start; hidden ones may be there, too.
const TOLERATED: &str = "lost+found";
/// Names that an error lists.
const LISTED: usize = 3;

/// Whether runs can be published in the folder of an output; files in `beside` may be there.
pub(crate) fn of_output(output: &Output, beside: &[PathBuf]) -> Result<(), PublishError> {
    let is_own = |name: &str, _: &DirEntry| OF_OUTPUT.contains(&name);
    let foreign = foreign(output.root(), beside, &is_own);
    if foreign.is_empty() || has_runs(output) {
        return Ok(());
    }
    Err(occupied(output.root(), foreign, "--output"))
}

fn has_runs(output: &Output) -> bool {
    output.own_runs().is_ok_and(|runs| !runs.is_empty())
        || output.current_id().is_ok_and(|current| current.is_some())
        || has_forms(&output.root().join(".state"))
}

/// Whether something can be kept in the folder of a state; files in `beside` may be there.
pub(crate) fn of_state(root: &Path, beside: &[PathBuf]) -> Result<(), PublishError> {
    // One where a first run was killed has nothing yet that proves it ours, and nothing else either.
    let is_form = |name: &str, entry: &DirEntry| {
        state::is_form(name)
            && Own::of_form(&entry.path()).is_ok_and(|own| !own.is_shared)
            && entry.file_type().is_ok_and(|found| found.is_dir())
    };
    let foreign = foreign(root, beside, &is_form);
    if foreign.is_empty() || has_forms(root) {
        return Ok(());
    }
    Err(occupied(root, foreign, "[state] path"))
}

fn has_forms(root: &Path) -> bool {
    let entries = fs::read_dir(root).into_iter().flatten().filter_map(Result::ok);
    entries.into_iter().any(|entry| state::is_kept(&entry))
}

/// The names of what is neither ours nor tolerated, sorted. What cannot be listed has none: who writes
/// there will say why not.
fn foreign(
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
                ".lock" => own::is_file(&entry.path()) && !crate::lock::is_own(&entry.path()),
                TOLERATED => false,
                name => !name.starts_with('.') && !is_own(name, &entry),
            };
            (is_foreign && !leads_to_one(&entry)).then_some(name)
        })
        .collect();
    names.sort_unstable();
    names
}

fn occupied(root: &Path, mut found: Vec<String>, setting: &'static str) -> PublishError {
    let more = found.len().saturating_sub(LISTED);
    found.truncate(LISTED);
    PublishError::Occupied { root: root.to_owned(), found, more, setting }
}
