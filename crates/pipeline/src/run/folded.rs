//! Fourth stage: every measure has seen every timeline.

use std::sync::Arc;

use kohort_model::{Context, Finished, Input, Table};
use kohort_scorecard::Alert;
use kohort_timeline::{Census, SlotMap, Survey};

use super::gathered::Gathered;
use super::shared::Run;
use super::surveyed::Surveyed;
use crate::fold::Counted;
use crate::tables::{metrics, wants_scorecard};
use crate::{Pipeline, RunError};

/// The tables, but for those with a row for each customer.
pub(super) struct Folded {
    pub gathered: Gathered,
    pub survey: Survey,
    pub slots: SlotMap,
    pub context: Arc<Context>,
    /// As [`Surveyed::as_of_from`].
    pub as_of_from: Option<String>,
    pub finished: Finished,
    pub census: Census,
    /// Bytes that went to disk to stay within memory.
    pub spilled_bytes: u64,
    /// The newest alerts, where anything asks for them.
    pub alerts: Option<Vec<Alert>>,
}

impl Surveyed {
    /// Shows every timeline to every measure, and makes the tables that are made of others.
    pub fn fold(self, run: &mut Run<'_>) -> Result<Folded, RunError> {
        let Self { gathered, survey, slots, context, as_of_from, late_touches } = self;
        let plan = &gathered.opened.inputs.plan;
        let memory_limit = run.options.memory_limit;
        let counted = run.fold(&gathered.rows, plan, &slots, context, memory_limit)?;
        let Counted { context, mut finished, mut census } = counted;
        run.warnings.warn_of_tables(run.pipeline, std::mem::take(&mut finished.warnings));
        let spilled_bytes = gathered.rows.spilled_bytes();
        census.left_out.further[Input::Touchpoints as usize].after_as_of += late_touches;
        run.warnings.warn_of_subscriptions(run.pipeline, &census);
        run.warnings.warn_of_unmatched(&census);
        let alerts = derive(run.pipeline, run.options.alerts, &context, &mut finished.tables);
        Ok(Folded {
            gathered,
            survey,
            slots,
            context,
            as_of_from,
            finished,
            census,
            spilled_bytes,
            alerts,
        })
    }
}

/// Adds the tables that are made of others, and leaves those that are wanted. Gives the alerts,
/// where anything asks for them.
fn derive(
    pipeline: &Pipeline,
    wants_alerts: bool,
    context: &Context,
    tables: &mut Vec<Table>,
) -> Option<Vec<Alert>> {
    let wanted = |name: &str| pipeline.tables.contains(&name);
    let mut newest = None;
    if wants_scorecard(&pipeline.tables, wants_alerts) {
        let mut metrics = metrics();
        metrics.retain(|metric| pipeline.lack(metric.headline.requires).is_none());
        let scorecard =
            kohort_scorecard::scorecard(context.scale, &metrics, tables, &pipeline.alerts);
        let alerts = kohort_scorecard::alerts(&scorecard);
        newest = Some(kohort_scorecard::latest_alerts(&alerts));
        tables.extend([scorecard, alerts]);
    }
    tables.retain(|table| wanted(table.schema().name));
    newest
}
