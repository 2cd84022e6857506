//! Folders that an output may begin in: empty ones, or those where kohort did before.

use std::fs::DirEntry;
use std::path::PathBuf;

use kohort_cache::State;

use kohort_disk::{foreign, occupied};

use crate::{Output, PublishError};

/// What an output has names of its own for. Whether they are as they must be shows when they are used.
const OF_OUTPUT: [&str; 2] = ["current", "runs"];

/// Whether runs can be published in the folder of an output; files in `beside` may be there.
pub(crate) fn of_output(output: &Output, beside: &[PathBuf]) -> Result<(), PublishError> {
    let is_own = |name: &str, _: &DirEntry| OF_OUTPUT.contains(&name);
    let foreign = foreign(output.root(), beside, &is_own);
    if foreign.is_empty() || has_runs(output) {
        return Ok(());
    }
    Err(occupied(output.root(), foreign, "--output").into())
}

fn has_runs(output: &Output) -> bool {
    output.own_runs().is_ok_and(|runs| !runs.is_empty())
        || output.current_id().is_ok_and(|current| current.is_some())
        || State::is_at(&output.root().join(".state"))
}
