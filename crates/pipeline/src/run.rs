//! One run: read, fold, list, write, publish.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::available_parallelism;
use std::time::Instant;

use chrono::{DateTime, Utc};
use kohort_load::{LoadReport, Opened, RejectedDetail, Sink};
use kohort_model::{
    Basis, Context, Day, EventBatch, Finished, Id, Input, Ledger, Measure, Spill, Table,
};
use kohort_publish::{
    InputRecord, KOHORT_VERSION, Output, RECORD_VERSION, RowSink, RunId, RunRecord, Staging,
    TableMeta, TableRecord, Timing,
};
use kohort_scorecard::Alert;
use kohort_timeline::{
    Census, FoldOptions, Gathered, Gatherer, Lane, SlotMap, Survey, TimelineError,
};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::Rejections;
use crate::frame::Found;
use crate::labels::Reports;
use crate::memory::{gather_budget, peak_bytes};
use crate::plan::Plan;
use crate::record::{events, input_record, rejected_row, risk_record, unwritten};
use crate::tables::DERIVED;
use crate::{Currency, Event, Lapse, Pipeline, RunError};

/// Runs that stay beside the current one, itself included.
const KEPT_RUNS: usize = 7;
/// Rejected rows of each reason whose details are written.
const REJECTED_CAP: usize = 1000;
/// Rejected rows that an error shows.
const REJECTED_EXAMPLES: usize = 3;

/// How to run, beside what the pipeline file says.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunOptions {
    /// Threads at work; by default as many as there are processors.
    pub threads: Option<usize>,
    /// Bytes of memory to stay within.
    pub memory_limit: Option<u64>,
    /// Compute everything and publish nothing.
    pub dry_run: bool,
    /// Look for alerts, also where their table is not asked for.
    pub alerts: bool,
}

/// What a run did.
#[derive(Debug)]
pub struct RunSummary {
    /// The record, as in `run.json`.
    pub record: RunRecord,
    /// The folder of the published run; `None` after a dry run.
    pub published: Option<PathBuf>,
    /// The newest values that are beyond a threshold; none where nothing asked for alerts.
    pub alerts: Vec<Alert>,
}

/// The parts of a run that its stages share.
struct Run<'a> {
    pipeline: &'a Pipeline,
    observe: &'a (dyn Fn(Event) + Sync),
    pool: ThreadPool,
    threads: usize,
    timings: Vec<Timing>,
}

/// Runs a pipeline and publishes its tables. `observe` is called from several threads.
///
/// # Errors
/// The first [`RunError`]; then nothing is published and what was current stays so.
pub fn run(
    pipeline: &Pipeline,
    options: &RunOptions,
    observe: &(dyn Fn(Event) + Sync),
) -> Result<RunSummary, RunError> {
    let started_at = Utc::now();
    let run_id = RunId::at(started_at);
    let threads = options.threads.or(available_parallelism().ok().map(usize::from)).unwrap_or(1);
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|cause| RunError::Threads { threads, cause })?;
    let mut run = Run { pipeline, observe, pool, threads, timings: Vec::new() };

    let plan =
        run.stage("open", None, "files", |_, _| Plan::new(pipeline, started_at, options.alerts))?;
    let staging =
        if options.dry_run { None } else { Some(Output::at(&pipeline.output).begin(&run_id)?) };
    let (reports, gathered) = run.read(&plan, staging.as_ref(), options, started_at)?;
    let read = Reports { inputs: &plan.inputs, reports: &reports };
    let found = Found::new(pipeline, read);
    let survey = run.survey(&gathered, &found.slots)?;
    let lapse_days = match pipeline.lapse_after {
        Lapse::Days(days) => days,
        Lapse::Auto if survey.events.is_none() => 1,
        Lapse::Auto => survey.lapse_days().ok_or(RunError::NoGaps)?,
    };
    let as_of = Found::as_of(pipeline, &survey, started_at);
    let (slots, context) = found.context(pipeline, &survey, lapse_days, read, as_of);
    let context = Arc::new(context);
    let late_touches = run.identify(&gathered, &plan, as_of)?;
    let (mut finished, mut census) = run.fold(&gathered, &plan, &slots, &context)?;
    let spilled_bytes = gathered.spilled_bytes();
    census.left_out.further[Input::Touchpoints as usize].after_as_of += late_touches;
    let alerts = derive(pipeline, options.alerts, &context, &mut finished.tables);

    let inputs: Vec<InputRecord> = (plan.inputs.iter().zip(&reports))
        .map(|(opened, report)| input_record(opened, report, &census.left_out))
        .collect();
    let rejected = run.rejected(&plan, &reports, &inputs, &survey.mixed)?;
    let meta = table_meta(pipeline, &context);
    let mut tables = run.write(&finished.tables, &meta, staging.as_ref())?;
    let frame = Frame { context: &context, slots: &slots, meta: &meta };
    tables.extend(run.list(&gathered, &frame, &finished.ledgers, staging.as_ref())?);
    drop(gathered);
    if let Some(staging) = &staging {
        for (input, rows) in inputs.iter().zip(&rejected).filter(|(_, rows)| !rows.is_empty()) {
            let rows: Vec<_> = rows.iter().map(rejected_row).collect();
            staging.write_rejected(&input.input, &rows)?;
        }
    }
    let place = |record: &TableRecord| pipeline.tables.iter().position(|t| *t == record.name);
    tables.sort_by_key(place);

    let record = RunRecord {
        record_version: RECORD_VERSION,
        run_id,
        kohort_version: KOHORT_VERSION.to_owned(),
        pipeline: pipeline.name.clone(),
        pipeline_digest: pipeline.digest(),
        started_at,
        finished_at: Utc::now(),
        as_of: context.as_of,
        basis: match context.basis {
            Basis::Orders => "orders".to_owned(),
            Basis::Subscriptions => "subscriptions".to_owned(),
        },
        lapse_after_days: lapse_days,
        lapse_is_auto: pipeline.lapse_after == Lapse::Auto,
        grains: context.periods.iter().map(|periods| periods.grain).collect(),
        inputs,
        events: events(&census),
        risk_model: finished.risk.as_ref().map(risk_record),
        tables,
        timings: run.timings,
        peak_memory_bytes: peak_bytes(),
        threads: u32::try_from(threads).unwrap_or(u32::MAX),
        memory_limit_bytes: options.memory_limit,
        spilled_bytes,
    };
    let published = staging.map(|staging| staging.commit(&record, KEPT_RUNS)).transpose()?;
    if let Some(error) = published.as_ref().and_then(|published| published.prune_error.as_ref()) {
        observe(Event::Warning(error.to_string()));
    }
    Ok(RunSummary { record, published: published.map(|published| published.folder), alerts })
}

/// Adds the tables that are made of others, and leaves those that are wanted. Gives the alerts.
fn derive(
    pipeline: &Pipeline,
    wants_alerts: bool,
    context: &Context,
    tables: &mut Vec<Table>,
) -> Vec<Alert> {
    let wanted = |name: &str| pipeline.tables.contains(&name);
    let mut newest = Vec::new();
    if wants_alerts || DERIVED.iter().any(|schema| wanted(schema.name)) {
        let scorecard = kohort_scorecard::scorecard(context.scale, tables, &pipeline.alerts);
        let alerts = kohort_scorecard::alerts(&scorecard);
        newest = kohort_scorecard::latest_alerts(&alerts);
        tables.extend([scorecard, alerts]);
    }
    tables.retain(|table| wanted(table.schema().name));
    newest
}

impl Run<'_> {
    /// Times `work` and tells of it. `work` gets a function that tells how much is done.
    fn stage<T>(
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

    fn read(
        &mut self,
        plan: &Plan,
        staging: Option<&Staging>,
        options: &RunOptions,
        now: DateTime<Utc>,
    ) -> Result<(Vec<LoadReport>, Gathered), RunError> {
        let files = plan.inputs.iter().flat_map(Opened::files);
        let rows = files.map(|file| file.rows).sum();
        let spill = match (options.memory_limit, staging) {
            (Some(_), Some(staging)) => Some(Box::new(staging.spill()?) as Box<dyn Spill>),
            _ => None,
        };
        let gatherer = Gatherer::new(plan.layout, gather_budget(options.memory_limit), spill);
        self.stage("read", Some(rows), "rows", |run, advance| {
            let done = AtomicU64::new(0);
            let progress = |rows| advance(done.fetch_add(rows, Ordering::Relaxed) + rows);
            let now = now.timestamp_micros();
            let mut reports = Vec::with_capacity(plan.inputs.len());
            for opened in &plan.inputs {
                let new_sink = || ToLane(gatherer.lane(opened.input()));
                let needs = plan.needs_of(opened.input());
                let (report, sinks) = opened.read(needs, now, run.threads, &progress, &new_sink)?;
                for sink in sinks {
                    sink.0.close()?;
                }
                reports.push(report);
            }
            Ok((reports, gatherer.finish()))
        })
    }

    fn survey(&mut self, gathered: &Gathered, slots: &SlotMap) -> Result<Survey, RunError> {
        let gaps = self.pipeline.lapse_after == Lapse::Auto;
        self.stage("survey", None, "partitions", |run, _| {
            Ok(gathered.survey(&run.pool, slots, gaps)?)
        })
    }

    /// Finds out who visitors are; gives how many of their rows are too late.
    fn identify(&mut self, gathered: &Gathered, plan: &Plan, as_of: Day) -> Result<u64, RunError> {
        if plan.inputs.iter().all(|opened| opened.input() != Input::Touchpoints) {
            return Ok(0);
        }
        self.stage(
            "identify",
            None,
            "partitions",
            |run, _| Ok(gathered.identify(&run.pool, as_of)?),
        )
    }

    /// All tables of the measures, wanted or not.
    fn fold(
        &mut self,
        gathered: &Gathered,
        plan: &Plan,
        slots: &SlotMap,
        context: &Arc<Context>,
    ) -> Result<(Finished, Census), RunError> {
        let measures =
            plan.offers.iter().map(|offer| (offer.measure)(Arc::clone(context))).collect();
        let ledgers = plan.has_ledgers();
        let again = plan.folds_again();
        let (mut all, census) =
            self.fold_once("fold", gathered, (slots, context, ledgers || again), measures)?;
        let measures = std::mem::take(&mut all.again);
        if !measures.is_empty() {
            let frame = (slots, &**context, ledgers);
            let (more, _) = self.fold_once("fold again", gathered, frame, measures)?;
            all.tables.extend(more.tables);
        }
        Ok((all, census))
    }

    fn fold_once(
        &mut self,
        stage: &'static str,
        gathered: &Gathered,
        (slots, context, keep): (&SlotMap, &Context, bool),
        measures: Vec<Box<dyn Measure>>,
    ) -> Result<(Finished, Census), RunError> {
        self.stage(stage, Some(Gathered::PARTITIONS), "partitions", |run, progress| {
            let options = FoldOptions { context, slots, keep, progress };
            let folded = gathered.fold(&run.pool, &options, measures)?;
            let mut all = Finished::default();
            for measure in folded.measures {
                let Finished { tables, ledgers, again, risk } = measure.finish();
                all.tables.extend(tables);
                all.ledgers.extend(ledgers);
                all.again.extend(again);
                all.risk = all.risk.or(risk);
            }
            Ok((all, folded.census))
        })
    }

    /// The details of each input's rejected rows; an error where there are too many.
    fn rejected(
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
            let rows = record.rows_read - record.rows_filtered;
            let allowed = self.pipeline.max_rejected;
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
            details.push(found);
        }
        Ok(details)
    }

    fn write(
        &mut self,
        tables: &[Table],
        meta: &TableMeta,
        staging: Option<&Staging>,
    ) -> Result<Vec<TableRecord>, RunError> {
        self.stage("write", Some(tables.len() as u64), "tables", |_, advance| {
            let Some(staging) = staging else {
                return Ok(tables.iter().map(unwritten).collect());
            };
            let mut records = Vec::with_capacity(tables.len());
            for table in tables {
                records.push(staging.write_table(table, meta)?);
                advance(records.len() as u64);
            }
            Ok(records)
        })
    }

    /// Lists every customer in every ledger. A dry run only counts the rows.
    fn list(
        &mut self,
        gathered: &Gathered,
        frame: &Frame<'_>,
        ledgers: &[Box<dyn Ledger>],
        staging: Option<&Staging>,
    ) -> Result<Vec<TableRecord>, RunError> {
        if ledgers.is_empty() {
            return Ok(Vec::new());
        }
        let Frame { context, slots, meta } = *frame;
        self.stage("list", Some(Gathered::PARTITIONS), "partitions", |run, progress| {
            let options = FoldOptions { context, slots, keep: false, progress };
            let shapes: Vec<Table> = ledgers.iter().map(|ledger| ledger.table()).collect();
            let Some(staging) = staging else {
                let rows: Vec<AtomicU64> = shapes.iter().map(|_| AtomicU64::new(0)).collect();
                gathered.list(&run.pool, &options, ledgers, |ledger, part| {
                    rows[ledger].fetch_add(part.rows() as u64, Ordering::Relaxed);
                    Ok::<(), RunError>(())
                })?;
                let counted = shapes.iter().zip(rows);
                let record = |(shape, rows): (&Table, AtomicU64)| TableRecord {
                    rows: rows.into_inner(),
                    digest: String::new(),
                    ..unwritten(shape)
                };
                return Ok(counted.map(record).collect());
            };
            let sinks: Vec<_> =
                shapes.iter().map(|s| staging.begin_rows(s, meta)).collect::<Result<_, _>>()?;
            gathered.list(&run.pool, &options, ledgers, |ledger, part| {
                Ok::<(), RunError>(sinks[ledger].push(part)?)
            })?;
            Ok(sinks.into_iter().map(RowSink::finish).collect::<Result<_, _>>()?)
        })
    }
}

/// What tables are made in.
#[derive(Clone, Copy)]
struct Frame<'a> {
    context: &'a Context,
    slots: &'a SlotMap,
    meta: &'a TableMeta,
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

/// A lane as the reader knows it.
struct ToLane(Lane);

impl Sink for ToLane {
    type Error = TimelineError;

    fn push(&mut self, batch: &EventBatch<'_>) -> Result<(), TimelineError> {
        self.0.push(batch)
    }
}
