//! State that the stages of a run share.

use std::time::Instant;

use chrono::{DateTime, Utc};
use kohort_model::Day;
use kohort_publish::{RunId, Timing};
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::options::RunOptions;
use crate::plan::today;
use crate::warnings::Warnings;
use crate::{Event, Pipeline, RunError};

/// What the stages of a run share.
pub(crate) struct Run<'a> {
    pub(super) id: RunId,
    pub(super) started_at: DateTime<Utc>,
    /// The business-local day on which it began.
    pub(super) today: Day,
    pub(crate) pipeline: &'a Pipeline,
    pub(crate) options: RunOptions,
    pub(super) observe: &'a (dyn Fn(Event) + Sync),
    pub(super) warnings: Warnings<'a>,
    pub(crate) pool: ThreadPool,
    pub(crate) threads: usize,
    pub(super) timings: Vec<Timing>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
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

    /// Says where the exclusive end of what is known comes from.
    pub(super) fn tell_as_of(&self, as_of: Day, from: Option<&str>) {
        let from = from.unwrap_or("the day of the run, as no row has a day");
        (self.observe)(Event::Detail(format!("as of {as_of}: {from}")));
    }

    /// Calls `lock` with what reports that it waits, or with `None` where the run must not wait.
    pub(super) fn locking<T>(&self, lock: impl FnOnce(Option<&dyn Fn(&str)>) -> T) -> T {
        let report = |text: &str| (self.observe)(Event::Warning(text.to_owned()));
        lock(self.options.wait.then_some(&report))
    }
}
