//! The run: what its stages share, and the stages one after the other.
//!
//! Each stage is a struct that holds what is known by then, and has a method that leads to the next one:
//!
//! ```text
//! Opened ─gather─▶ Gathered ─survey─▶ Surveyed ─fold─▶ Folded ─check─▶ Checked ─publish─▶ Published
//! ```

mod checked;
mod folded;
mod gathered;
mod opened;
mod published;
mod rejected;
mod surveyed;

use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::Instant;

use chrono::{DateTime, Utc};
use kohort_model::Day;
use kohort_notify::Notifier;
use kohort_publish::{RunId, RunRecord, Timing};
use kohort_scorecard::Alert;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::plan::today;
use crate::warnings::Warnings;
use crate::{Event, Pipeline, RunError, notifications};
use opened::{Begun, begin};

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

/// What a run did.
#[derive(Debug)]
pub struct RunSummary {
    /// The record; `run.json` has the names of variables in place of what they stand for.
    pub record: RunRecord,
    /// The folder of the published run.
    pub published: PathBuf,
    /// Whether it is what was current already: nothing that decides about the tables has changed since.
    pub is_unchanged: bool,
    /// The newest values that are beyond a threshold; none where nothing asked for alerts.
    pub alerts: Vec<Alert>,
}

/// Runs a pipeline and publishes its tables. `observe` is called from several threads.
///
/// # Errors
/// The first [`RunError`]; then nothing is published and what was current stays so, unless it is
/// the Delta tables that cannot follow.
pub fn run(
    pipeline: &Pipeline,
    options: &RunOptions,
    observe: &(dyn Fn(Event) + Sync),
) -> Result<RunSummary, RunError> {
    let started_at = Utc::now();
    let id = RunId::at(started_at);
    let name = pipeline.substituted.hide(&pipeline.name).into_owned();
    observe(Event::RunStarted { run_id: id.to_string(), pipeline: name });
    let warn = |text| observe(Event::Warning(text));
    let settings = notifications::settings(pipeline);
    let mut notifier = Notifier::begin(settings, &id, started_at, &warn);
    let result = Run::new(pipeline, options, id, started_at, observe)
        .and_then(|run| run.through_all_stages(&mut notifier));
    notifications::end(notifier, &result);
    result
}

/// What the stages of a run share.
pub(crate) struct Run<'a> {
    id: RunId,
    started_at: DateTime<Utc>,
    /// The business-local day on which it began.
    today: Day,
    pub(crate) pipeline: &'a Pipeline,
    pub(crate) options: RunOptions,
    observe: &'a (dyn Fn(Event) + Sync),
    warnings: Warnings<'a>,
    pub(crate) pool: ThreadPool,
    pub(crate) threads: usize,
    timings: Vec<Timing>,
}

impl<'a> Run<'a> {
    fn new(
        pipeline: &'a Pipeline,
        options: &RunOptions,
        id: RunId,
        started_at: DateTime<Utc>,
        observe: &'a (dyn Fn(Event) + Sync),
    ) -> Result<Self, RunError> {
        let threads = options.thread_count();
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|cause| RunError::Threads { threads, cause })?;
        Ok(Self {
            id,
            started_at,
            today: today(pipeline, started_at),
            pipeline,
            options: *options,
            observe,
            warnings: Warnings::new(observe),
            pool,
            threads,
            timings: Vec::new(),
        })
    }

    fn through_all_stages(mut self, notifier: &mut Notifier<'_>) -> Result<RunSummary, RunError> {
        let opened = match begin(&mut self, notifier)? {
            Begun::Opened(opened) => opened,
            Begun::Unchanged(summary) => return Ok(*summary),
        };
        let gathered = opened.gather(&mut self)?;
        let surveyed = gathered.survey(&mut self)?;
        let folded = surveyed.fold(&mut self)?;
        let checked = folded.check(&mut self)?;
        let published = checked.publish(self)?;
        Ok(published.into_summary())
    }
}

impl Run<'_> {
    /// Times a stage and reports it. `work` gets a function that reports how much is done.
    pub(crate) fn stage<T>(
        &mut self,
        stage: &'static str,
        total: Option<u64>,
        unit: &'static str,
        work: impl FnOnce(&Self, &(dyn Fn(u64) + Sync)) -> Result<T, RunError>,
    ) -> Result<T, RunError> {
        let begun = Instant::now();
        let observe = self.observe;
        observe(Event::StageStarted { stage, total, unit });
        let result = work(self, &|done| observe(Event::Advanced { stage, done }));
        let elapsed = begun.elapsed();
        observe(Event::StageFinished { stage, elapsed });
        self.timings.push(Timing { stage: stage.to_owned(), seconds: elapsed.as_secs_f64() });
        result
    }

    /// Calls `lock` with what reports that it waits, or with `None` where the run must not wait.
    fn locking<T>(&self, lock: impl FnOnce(Option<&dyn Fn(&str)>) -> T) -> T {
        let report = |text: &str| (self.observe)(Event::Warning(text.to_owned()));
        lock(self.options.wait.then_some(&report))
    }
}
