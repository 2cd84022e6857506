//! Third stage: the days, periods and segments of the tables are known.

use kohort_checks::Severity;
use kohort_model::{Context, Day, Input};
use kohort_timeline::{SlotMap, Survey};

use super::gathered::Gathered;
use super::shared::Run;
use crate::accepted::known_days;
use crate::frame::Found;
use crate::row_cache::pinned_lapse;
use crate::{Lapse, Pipeline, RunError};

/// Rows by customer, and what the tables are made over.
pub(super) struct Surveyed {
    pub gathered: Gathered,
    pub survey: Survey,
    pub slots: SlotMap,
    pub context: Context,
    /// Rows of visitors on or after `as_of`.
    pub late_touches: u64,
}

impl Gathered {
    /// Looks at all partitions for what the tables depend on, and finds out who visitors are.
    pub fn survey(self, run: &mut Run<'_>) -> Result<Surveyed, RunError> {
        let pipeline = run.pipeline;
        let (history, report) = self.history();
        known_days(pipeline, history, report)?;
        let found = Found::new(pipeline, self.reports());
        let previous = self.opened.inputs.previous.record();
        let pinned = pinned_lapse(pipeline, previous).filter(|_| !run.options.recalibrate);
        let gaps = pipeline.lapse_after == Lapse::Auto && pinned.is_none();
        let survey = run.stage("survey", None, "partitions", |run, _| {
            Ok(self.rows.survey(&run.pool, &found.slots, gaps)?)
        })?;
        run.warnings.warn_of_ends(pipeline, survey.ends);
        if pipeline.checks.unique_order_ids == Some(Severity::Error) {
            survey.unique()?;
        }
        let lapse_days = lapse_days(pipeline, pinned, &survey)?;
        let as_of = Found::as_of(pipeline, &survey, run.started_at);
        let (slots, context) = found.context(pipeline, &survey, lapse_days, self.reports(), as_of);
        let late_touches = self.identify(run, as_of)?;
        Ok(Surveyed { gathered: self, survey, slots, context, late_touches })
    }

    /// Finds out who visitors are; gives how many of their rows are too late.
    fn identify(&self, run: &mut Run<'_>, as_of: Day) -> Result<u64, RunError> {
        let inputs = &self.opened.inputs.plan.inputs;
        if inputs.iter().all(|opened| opened.input() != Input::Touchpoints) {
            return Ok(0);
        }
        run.stage("identify", None, "partitions", |run, _| {
            Ok(self.rows.identify(&run.pool, as_of)?)
        })
    }
}

/// The lapse window: as the pipeline has it, as it was measured before, or as it is measured now.
fn lapse_days(pipeline: &Pipeline, pinned: Option<u32>, survey: &Survey) -> Result<u32, RunError> {
    match (pipeline.lapse_after, pinned) {
        (Lapse::Days(days), _) | (Lapse::Auto, Some(days)) => Ok(days),
        (Lapse::Auto, None) if survey.events.is_none() => Ok(1),
        (Lapse::Auto, None) => survey.lapse_days().ok_or(RunError::NoGaps),
    }
}
