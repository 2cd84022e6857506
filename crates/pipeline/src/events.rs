//! What a run tells while it is at work.

use std::time::Duration;

/// A step of a run. Stages follow one another.
#[derive(Clone, Debug)]
pub enum Event {
    /// A stage begins.
    StageStarted {
        /// Its name.
        stage: &'static str,
        /// How much there is to do, where that is known.
        total: Option<u64>,
        /// What is counted.
        unit: &'static str,
    },
    /// So much of the stage is done.
    Advanced {
        /// Its name.
        stage: &'static str,
        /// Done so far.
        done: u64,
    },
    /// A stage is over.
    StageFinished {
        /// Its name.
        stage: &'static str,
        /// How long it took.
        elapsed: Duration,
    },
    /// Something that the reader of the tables should know.
    Warning(String),
}
