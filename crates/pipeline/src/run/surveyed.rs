//! Third stage: the days, periods and segments of the tables are known.

use kohort_checks::Severity;
use kohort_model::{Context, Day, Input};
use kohort_timeline::{SlotMap, Survey};

use super::gathered::Gathered;
use super::shared::Run;
use crate::accepted::known_days;
use crate::frame::{AsOf, Found};
use crate::row_cache::pinned_lapse;
use crate::{Lapse, Pipeline, RunError};

/// Rows by customer, and what the tables are made over.
pub(super) struct Surveyed {
    pub gathered: Gathered,
    pub survey: Survey,
    pub slots: SlotMap,
    pub context: Context,
    /// Where `as_of` comes from, as [`AsOf::from`].
    pub as_of_from: Option<String>,
    /// Rows of visitors on or after `as_of`.
    pub late_touches: u64,
}

impl Gathered {
    /// Looks at all partitions for what the tables depend on, and finds out who visitors are.
    pub fn survey(self, run: &mut Run<'_>) -> Result<Surveyed, RunError> {
        let pipeline = run.pipeline;
        known_days(pipeline, self.reports())?;
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
        let AsOf { day, from } = AsOf::new(pipeline, &survey, self.reports().inputs, run.today);
        run.tell_as_of(day, from.as_deref());
        let (slots, context) = found.context(pipeline, &survey, lapse_days, self.reports(), day);
        let late_touches = self.identify(run, day)?;
        Ok(Surveyed { gathered: self, survey, slots, context, as_of_from: from, late_touches })
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
