//! Events of a run while it is at work.

use std::time::Duration;

use chrono::{DateTime, Utc};
use kohort_publish::RunId;

/// A step of a run. Stages follow one another.
#[derive(Clone, Debug)]
pub enum Event {
    /// A run begins; everything that follows is of it.
    RunStarted {
        /// Its id.
        run_id: String,
        /// Name of the pipeline.
        pipeline: String,
    },
    /// The run has its output for itself, or where that is on an object store knows what is current
    /// there. From here on it can leave something behind.
    Begun {
        /// Its id.
        run_id: RunId,
        /// When it began.
        started_at: DateTime<Utc>,
    },
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
    /// Something that helps to find a fault.
    Detail(String),
    /// Something that the reader of the tables should know.
    Warning(String),
}
