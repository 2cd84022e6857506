//! The summary of a run.

use std::path::PathBuf;

use kohort_publish::RunRecord;
use kohort_scorecard::Alert;

/// What a run did.
#[derive(Debug)]
pub struct RunSummary {
    /// The record; `run.json` has the names of variables in place of their values.
    pub record: RunRecord,
    /// The folder of the published run.
    pub published: PathBuf,
    /// Whether it is what was current already: nothing that decides about the tables has changed since.
    pub is_unchanged: bool,
    /// The newest values that are beyond a threshold; none where nothing asked for alerts.
    pub alerts: Vec<Alert>,
}
