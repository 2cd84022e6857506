//! Last stage: the tables are written, and current in one step.

use std::path::PathBuf;

use chrono::Utc;
use kohort_model::{Context, Passes, Table};
use kohort_publish::{
    KOHORT_VERSION, RECORD_VERSION, RowSink, RunRecord, Staging, TableMeta, TableRecord,
};
use kohort_scorecard::Alert;
use kohort_timeline::{FoldOptions, Gathered as Rows};

use super::checked::Checked;
use super::folded::Folded;
use super::gathered::Gathered;
use super::opened::{Inputs, Opened, sync_delta_tables};
use super::shared::Run;
use super::summary::RunSummary;
use crate::memory::peak_bytes;
use crate::record::{alert_record, events, hiding, lookup_record, rejected_row, risk_record};
use crate::{Currency, Event, Lapse, Pipeline, RunError};

/// A run that readers see.
pub(super) struct Published {
    record: RunRecord,
    folder: PathBuf,
    alerts: Vec<Alert>,
}

impl Published {
    pub fn into_summary(self) -> RunSummary {
        let Self { record, folder, alerts } = self;
        RunSummary { record, published: folder, is_unchanged: false, alerts }
    }
}

impl Checked {
    /// Writes the tables and the record, and makes the run current.
    pub fn publish(self, mut run: Run<'_>) -> Result<Published, RunError> {
        let pipeline = run.pipeline;
        let Self { folded, inputs, rejected, checks } = self;
        let meta = table_meta(pipeline, &folded.context);
        let mut tables = folded.write(&mut run, &meta)?;
        tables.extend(folded.list(&mut run, &meta)?);
        let (spilled_bytes, alerts) = (folded.spilled_bytes, folded.alerts.clone());
        let Folded { gathered, context, as_of_from, finished, census, .. } = folded;
        let Gathered { opened, late, rows, .. } = gathered;
        drop(rows);
        let Opened { inputs: Inputs { fingerprint, plan, .. }, staging } = opened;
        for (input, rows) in inputs.iter().zip(&rejected).filter(|(_, rows)| !rows.is_empty()) {
            let rows: Vec<_> =
                rows.iter().map(|row| rejected_row(row, &pipeline.substituted)).collect();
            staging.write_rejected(&input.input, &rows)?;
        }
        let place = |record: &TableRecord| pipeline.tables.iter().position(|t| *t == record.name);
        tables.sort_by_key(place);
        for omitted in finished.omitted.iter().filter(|omitted| omitted.rows > 0) {
            if let Some(table) = tables.iter_mut().find(|table| table.name == omitted.table) {
                table.left_out.insert(omitted.name.to_owned(), omitted.rows);
            }
        }

        let peak = peak_bytes();
        run.warnings.warn_of_memory(run.options.memory_limit, peak, run.threads);
        let record = RunRecord {
            record_version: RECORD_VERSION,
            run_id: run.id,
            kohort_version: KOHORT_VERSION.to_owned(),
            pipeline: pipeline.name.clone(),
            pipeline_digest: pipeline.digest(),
            fingerprint: Some(fingerprint),
            started_at: run.started_at,
            finished_at: Utc::now(),
            as_of: context.as_of,
            as_of_from,
            basis: pipeline.basis.name().to_owned(),
            lapse_after_days: context.lapse_days,
            lapse_is_auto: pipeline.lapse_after == Lapse::Auto,
            grains: context.periods.iter().map(|periods| periods.grain).collect(),
            inputs,
            lookups: plan.lookups.iter().map(|lookup| lookup_record(lookup)).collect(),
            late,
            events: events(&census),
            risk_model: finished.risk.as_ref().map(risk_record),
            tables,
            alerts: alerts.as_ref().map(|alerts| alerts.iter().map(alert_record).collect()),
            checks,
            warnings: run.warnings.into_list(),
            timings: run.timings,
            peak_memory_bytes: peak,
            threads: u32::try_from(run.threads).unwrap_or(u32::MAX),
            memory_limit_bytes: run.options.memory_limit,
            spilled_bytes,
        };
        let published =
            staging.commit(&hiding(&record, &pipeline.substituted), pipeline.keep_runs)?;
        if let Some(error) = &published.prune_error {
            (run.observe)(Event::Warning(error.to_string()));
        }
        sync_delta_tables(pipeline)?;
        Ok(Published { record, folder: published.folder, alerts: alerts.unwrap_or_default() })
    }
}

impl Folded {
    fn staging(&self) -> &Staging {
        &self.gathered.opened.staging
    }

    /// Writes the tables that are in memory.
    fn write(&self, run: &mut Run<'_>, meta: &TableMeta) -> Result<Vec<TableRecord>, RunError> {
        let tables = &self.finished.tables;
        run.stage("write", Some(tables.len() as u64), "tables", |_, advance| {
            let mut records = Vec::with_capacity(tables.len());
            for table in tables {
                records.push(self.staging().write_table(table, meta)?);
                advance(records.len() as u64);
            }
            Ok(records)
        })
    }

    /// Writes the tables with a row for each customer: every timeline is looked at once more.
    fn list(&self, run: &mut Run<'_>, meta: &TableMeta) -> Result<Vec<TableRecord>, RunError> {
        let customer_tables = &self.finished.customer_tables;
        if customer_tables.is_empty() {
            return Ok(Vec::new());
        }
        run.stage("list", Some(Rows::PARTITIONS), "partitions", |run, progress| {
            let (context, slots) = (&self.context, &self.slots);
            let plan = &self.gathered.opened.inputs.plan;
            let reads = plan.read_by(Passes::ThenRows).unwrap_or_default();
            let options = FoldOptions { context, slots, reads, keeps: None, progress };
            let shapes: Vec<Table> = customer_tables.iter().map(|rows| rows.table()).collect();
            let sinks: Vec<_> = shapes
                .iter()
                .map(|shape| self.staging().begin_rows(shape, meta))
                .collect::<Result<_, _>>()?;
            self.gathered.rows.list(&run.pool, &options, customer_tables, |place, part| {
                Ok::<(), RunError>(sinks[place].push(part)?)
            })?;
            Ok(sinks.into_iter().map(RowSink::finish).collect::<Result<_, _>>()?)
        })
    }
}

fn table_meta(pipeline: &Pipeline, context: &Context) -> TableMeta {
    TableMeta {
        as_of: context.as_of,
        lapse_after_days: context.lapse_days,
        currency: match pipeline.basis.currency() {
            Currency::Code(code) => Some(code.clone()),
            Currency::Unnamed | Currency::Converted { .. } => None,
        },
        segments: pipeline.segments.iter().map(|s| (s.name.clone(), s.at)).collect(),
    }
}
