//! Rejected rows: their details, from a second look at the files that have some.

use kohort_inputs::spec;
use kohort_load::{LoadReport, RejectedDetail, advice};
use kohort_model::Id;
use kohort_publish::InputRecord;

use super::shared::Run;
use crate::RunError;
use crate::error::Rejections;
use crate::plan::Plan;

/// Rejected rows of each reason whose details are written.
const REJECTED_CAP: usize = 1000;
/// Rejected rows that an error shows.
const REJECTED_EXAMPLES: usize = 3;

impl Run<'_> {
    /// The details of each input's rejected rows; an error where there are too many. `mixed` are orders
    /// whose lines have several statuses.
    pub(super) fn rejected(
        &mut self,
        plan: &Plan,
        reports: &[LoadReport],
        records: &[InputRecord],
        mixed: &[(Id, Id)],
    ) -> Result<Vec<Vec<RejectedDetail>>, RunError> {
        let mut details = Vec::with_capacity(records.len());
        for (place, record) in records.iter().enumerate() {
            let rejected: u64 = record.rejected.values().sum();
            if rejected == 0 {
                details.push(Vec::new());
                continue;
            }
            let rows = record.rows() - record.rows_filtered;
            let allowed = self.pipeline.checks.max_rejected;
            #[expect(clippy::cast_precision_loss, reason = "a limit of a share is no exact number")]
            let too_many = rejected as f64 > allowed * rows as f64;
            let cap = if too_many { REJECTED_EXAMPLES } else { REJECTED_CAP };
            // Only the first input, of orders, can have orders of mixed status.
            let mixed = if place == 0 { mixed } else { &[] };
            let found = self.stage("rejected", None, "rows", |_, _| {
                Ok(plan.inputs[place].rejected(&reports[place], mixed, cap)?)
            })?;
            if too_many {
                let rejections = Rejections {
                    input: plan.inputs[place].input(),
                    rejected,
                    rows,
                    allowed,
                    reasons: record.rejected.clone(),
                    examples: found,
                };
                return Err(RunError::TooManyRejected(Box::new(rejections)));
            }
            for (reason, rows) in &record.rejected {
                let input = plan.inputs[place].input();
                if let Some(advice) = advice(spec(input), reason) {
                    let name = input.name();
                    let all = record.rows() - record.rows_filtered;
                    let text = format!("{rows} of {all} rows were rejected as {reason}: {advice}");
                    self.warnings.warn(format!("{name}: {text}"));
                }
            }
            details.push(found);
        }
        Ok(details)
    }
}
