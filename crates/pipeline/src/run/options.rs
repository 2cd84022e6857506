//! Options of a run.

use std::thread::available_parallelism;

/// How to run, beside what the pipeline file says.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command")]
#[derive(Clone, Copy, Debug, Default)]
pub struct RunOptions {
    /// Threads at work; by default as many as there are processors.
    pub threads: Option<usize>,
    /// Bytes of memory to stay within.
    pub memory_limit: Option<u64>,
    /// Read every file, whatever was kept of it, and compute the tables even if they are there.
    pub full_refresh: bool,
    /// Measure the lapse window anew, where the pipeline has it measured.
    pub recalibrate: bool,
    /// Look for alerts, also where their table is not asked for.
    pub alerts: bool,
    /// Wait while another run holds the output or the state folder, rather than fail.
    pub wait: bool,
}

impl RunOptions {
    /// Threads at work.
    pub(crate) fn thread_count(&self) -> usize {
        self.threads.or(available_parallelism().ok().map(usize::from)).unwrap_or(1)
    }
}
