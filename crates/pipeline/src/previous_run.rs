//! The previous run: what is current when another begins, and whether that would find the same.

use kohort_model::Day;
use kohort_publish::{PublishedRun, RunRecord};

use crate::record::alert;
use crate::row_cache::holds_today;
use crate::{Pipeline, RunOptions, RunSummary};

/// The run that is current when another begins.
pub(crate) struct PreviousRun(Option<(PublishedRun, RunRecord)>);

impl PreviousRun {
    /// What cannot be read is as if it were not there: the new run replaces it.
    pub fn find(pipeline: &Pipeline) -> Self {
        let run = PublishedRun::open(&pipeline.output).ok();
        Self(run.and_then(|run| run.record().ok().map(|record| (run, record))))
    }

    /// Whether it still is.
    pub fn is_current(&self, pipeline: &Pipeline) -> bool {
        let id = |run: &Self| run.record().map(|record| record.run_id.clone());
        id(self) == id(&Self::find(pipeline))
    }

    pub fn record(&self) -> Option<&RunRecord> {
        self.0.as_ref().map(|(_, record)| record)
    }

    /// The current run as the outcome of one that would find the same, where all of it is there.
    pub fn unchanged(
        &self,
        fingerprint: &str,
        options: &RunOptions,
        today: Day,
    ) -> Option<RunSummary> {
        let (run, record) = self.0.as_ref()?;
        let is_same = record.fingerprint.as_deref() == Some(fingerprint);
        let is_asked = options.full_refresh || options.recalibrate;
        let lacks_alerts = options.alerts && record.alerts.is_none();
        if !is_same || is_asked || lacks_alerts || !holds_today(record, today) {
            return None;
        }
        let tables = run.tables().ok()?;
        let is_whole = record.tables.iter().all(|table| tables.contains(&table.name));
        is_whole.then(|| RunSummary {
            record: record.clone(),
            published: run.folder().to_owned(),
            is_unchanged: true,
            alerts: record.alerts.iter().flatten().map(alert).collect(),
        })
    }
}
