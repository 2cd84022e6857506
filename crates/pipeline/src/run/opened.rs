//! First stage: the inputs are looked at and the output is held, unless there is nothing to do.

use kohort_notify::Notifier;
use kohort_publish::{Layout, Output, PublishedRun, Staging, delta};

use super::shared::Run;
use super::summary::RunSummary;
use crate::plan::{Plan, check_folders};
use crate::previous_run::PreviousRun;
use crate::row_cache::Parts;
use crate::{Event, Pipeline, RunError, notifications};

/// Inputs that are looked at, and an output that is held.
pub(super) struct Opened {
    pub inputs: Inputs,
    pub staging: Staging,
}

/// The inputs, and what is current.
pub(super) struct Inputs {
    pub plan: Plan,
    pub parts: Parts,
    pub fingerprint: String,
    pub previous: PreviousRun,
}

/// How a run begins.
pub(super) enum Begun {
    /// There is something to do.
    Opened(Box<Opened>),
    /// What is current is what would come out.
    Unchanged(Box<RunSummary>),
}

/// Looks at the inputs, and takes the output unless there is nothing to do.
pub(super) fn begin(run: &mut Run<'_>, notifier: &mut Notifier<'_>) -> Result<Begun, RunError> {
    let pipeline = run.pipeline;
    let mut inputs = Inputs::open(run)?;
    notifications::opened(notifier, &inputs.plan.inputs);
    if let Some(summary) = inputs.unchanged(run) {
        if pipeline.output.join(".staging").exists() {
            // Of a run that was killed once it was published: who takes the output clears it. Where
            // another run is at work it is not ours to clear.
            drop(Output::at(&pipeline.output).begin(&run.id, None));
        }
        sync_delta_tables(pipeline)?;
        return Ok(Begun::Unchanged(Box::new(summary)));
    }
    // Before the output is made, for nothing.
    check_folders(pipeline)?;
    let staging = run.locking(|on_wait| Output::at(&pipeline.output).begin(&run.id, on_wait))?;
    let staging = staging.in_layout(pipeline.layout.clone());
    // Another run may have ended since, for which this one has perhaps waited for hours.
    if !inputs.previous.is_current(pipeline) {
        inputs = Inputs::open(run)?;
        if let Some(summary) = inputs.unchanged(run) {
            drop(staging);
            sync_delta_tables(pipeline)?;
            return Ok(Begun::Unchanged(Box::new(summary)));
        }
    }
    (run.observe)(Event::Begun { run_id: run.id.clone(), started_at: run.started_at });
    Ok(Begun::Opened(Box::new(Opened { inputs, staging })))
}

impl Inputs {
    fn open(run: &mut Run<'_>) -> Result<Self, RunError> {
        let (pipeline, now) = (run.pipeline, run.started_at);
        let plan =
            run.stage("open", None, "files", |run, _| Plan::new(pipeline, now, &run.options))?;
        let parts = Parts::new(&plan);
        let fingerprint = parts.fingerprint(pipeline, now);
        Ok(Self { plan, parts, fingerprint, previous: PreviousRun::find(pipeline) })
    }

    /// The outcome, where there is nothing to do.
    fn unchanged(&self, run: &Run<'_>) -> Option<RunSummary> {
        self.previous.unchanged(&self.fingerprint, &run.options, run.today)
    }
}

/// Brings the Delta tables, where the pipeline has some, to what is current.
pub(super) fn sync_delta_tables(pipeline: &Pipeline) -> Result<(), RunError> {
    if pipeline.layout == Layout::Delta {
        let current = PublishedRun::open(&pipeline.output)?;
        delta::sync(&Output::at(&pipeline.output), &current, pipeline.keep_runs)?;
    }
    Ok(())
}
