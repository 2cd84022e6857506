//! Fifth stage: what must hold does.

use kohort_load::RejectedDetail;
use kohort_publish::{CheckCounts, InputRecord};

use super::folded::Folded;
use super::opened::Inputs;
use super::shared::Run;
use crate::RunError;
use crate::checks::Known;
use crate::record::input_record;

/// Tables that may be published.
pub(super) struct Checked {
    pub folded: Folded,
    /// What was read of each input, as the record has it.
    pub inputs: Vec<InputRecord>,
    /// Details of rejected rows, by input.
    pub rejected: Vec<Vec<RejectedDetail>>,
    pub checks: CheckCounts,
}

impl Folded {
    /// Checks inputs and tables; a failed check of severity `error` ends the run.
    pub fn check(mut self, run: &mut Run<'_>) -> Result<Checked, RunError> {
        let Inputs { plan, previous, .. } = &self.gathered.opened.inputs;
        let read = &self.gathered.read;
        let inputs: Vec<InputRecord> = (plan.inputs.iter().zip(&read.reports).enumerate())
            .map(|(place, (opened, report))| {
                let (shares, reused) = (&read.shares[place], read.reused[place]);
                input_record(opened, report, &self.census.left_out, shares, reused)
            })
            .collect();
        run.warnings.warn_of_rounding(run.pipeline, &inputs);
        let as_of = (self.context.as_of, self.as_of_from.as_deref());
        run.warnings.warn_of_late_rows(run.pipeline, as_of, &inputs);
        run.warnings.warn_of_undated(&inputs);
        let rejected = run.rejected(plan, &read.reports, &inputs, &self.survey.mixed)?;
        let known = Known {
            pipeline: run.pipeline,
            inputs: &plan.inputs,
            reports: &read.reports,
            records: &inputs,
            survey: &self.survey,
            before: previous.record(),
            tables: &self.finished.tables,
            today: run.today,
        };
        let (table, checks) = known.check(&run.warnings)?;
        if run.pipeline.tables.contains(&table.schema().name) {
            self.finished.tables.push(table);
        }
        Ok(Checked { folded: self, inputs, rejected, checks })
    }
}
