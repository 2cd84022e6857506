//! A run: read, survey, fold, write, publish.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::available_parallelism;
use std::time::{Instant, SystemTime};

use chrono::{DateTime, Utc};
use kohort_load::{Id, LoadReport, RejectedDetail, Sink};
use kohort_model::{Context, Day, Measure, OrderBatch, Periods, Slot, Spill, Table};
use kohort_publish::{
    EventCounts, FileRecord, InputRecord, KOHORT_VERSION, Output, RECORD_VERSION, RejectedRow,
    RunId, RunRecord, Staging, TableMeta, TableRecord, Timing,
};
use kohort_timeline::{
    Census, FoldOptions, Gathered, Gatherer, Lane, LeftOut, OwnedKey, SegmentValues, SlotMap,
    Survey, TimelineError,
};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::Rejections;
use crate::memory::{gather_budget, peak_bytes};
use crate::plan::Plan;
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
}

/// What a run did.
#[derive(Debug)]
pub struct RunSummary {
    /// The record, as in `run.json`.
    pub record: RunRecord,
    /// The folder of the published run; `None` after a dry run.
    pub published: Option<PathBuf>,
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

    let plan = run.stage("open", None, "files", |_, _| Plan::new(pipeline))?;
    let staging =
        if options.dry_run { None } else { Some(Output::at(&pipeline.output).begin(&run_id)?) };
    let (report, gathered) = run.read(&plan, staging.as_ref(), options, started_at)?;
    let (slots, slot_names, reasons) = slots_of(pipeline, &report);
    let survey = run.survey(&gathered, &slots)?;
    let lapse_days = match pipeline.lapse_after {
        Lapse::Days(days) => days,
        Lapse::Auto if survey.events.is_none() => 1,
        Lapse::Auto => survey.lapse_days().ok_or(RunError::NoGaps)?,
    };
    let context = Arc::new(context(pipeline, &survey, lapse_days, slot_names, reasons, started_at));
    let spilled_bytes = gathered.spilled_bytes();
    let (tables, census) = run.fold(gathered, &plan, &slots, &context)?;

    let input = input_record(&plan, &report, &census.left_out);
    let mixed: Vec<(Id, Id)> = survey.mixed.into_iter().map(|(c, o)| (id(c), id(o))).collect();
    let rejected = run.rejected(&plan, &report, &input, &mixed)?;
    let tables = run.write(&tables, &context, staging.as_ref(), &rejected)?;

    let record = RunRecord {
        record_version: RECORD_VERSION,
        run_id,
        kohort_version: KOHORT_VERSION.to_owned(),
        pipeline: pipeline.name.clone(),
        pipeline_digest: pipeline.digest(),
        started_at,
        finished_at: Utc::now(),
        as_of: context.as_of,
        lapse_after_days: lapse_days,
        lapse_is_auto: pipeline.lapse_after == Lapse::Auto,
        grains: context.periods.iter().map(|periods| periods.grain).collect(),
        inputs: vec![input],
        events: events(&census),
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
    Ok(RunSummary { record, published: published.map(|published| published.folder) })
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
    ) -> Result<(LoadReport, Gathered), RunError> {
        let rows = plan.orders.files().iter().map(|file| file.rows).sum();
        let spill = match (options.memory_limit, staging) {
            (Some(_), Some(staging)) => Some(Box::new(staging.spill()?) as Box<dyn Spill>),
            _ => None,
        };
        let gatherer = Gatherer::new(plan.layout, gather_budget(options.memory_limit), spill);
        self.stage("read", Some(rows), "rows", |run, advance| {
            let done = AtomicU64::new(0);
            let progress = |rows| advance(done.fetch_add(rows, Ordering::Relaxed) + rows);
            let new_sink = || ToLane(gatherer.lane());
            let now = now.timestamp_micros();
            let (report, sinks) =
                plan.orders.read(plan.needs, now, run.threads, &progress, &new_sink)?;
            for sink in sinks {
                sink.0.close()?;
            }
            Ok((report, gatherer.finish()))
        })
    }

    fn survey(&mut self, gathered: &Gathered, slots: &SlotMap) -> Result<Survey, RunError> {
        let gaps = self.pipeline.lapse_after == Lapse::Auto;
        self.stage("survey", None, "partitions", |run, _| {
            Ok(gathered.survey(&run.pool, slots, gaps)?)
        })
    }

    fn fold(
        &mut self,
        gathered: Gathered,
        plan: &Plan,
        slots: &SlotMap,
        context: &Arc<Context>,
    ) -> Result<(Vec<Table>, Census), RunError> {
        let measures =
            plan.offers.iter().map(|offer| (offer.measure)(Arc::clone(context))).collect();
        self.stage("fold", Some(Gathered::PARTITIONS), "partitions", |run, progress| {
            let options = FoldOptions { context, slots, progress };
            let folded = gathered.fold(&run.pool, &options, measures)?;
            let tables = folded.measures.into_iter().flat_map(Measure::finish);
            let wanted = &run.pipeline.tables;
            let tables = tables.filter(|table| wanted.contains(&table.schema().name)).collect();
            Ok((tables, folded.census))
        })
    }

    /// The details of rejected rows; an error where there are too many.
    fn rejected(
        &mut self,
        plan: &Plan,
        report: &LoadReport,
        input: &InputRecord,
        mixed: &[(Id, Id)],
    ) -> Result<Vec<RejectedDetail>, RunError> {
        let rejected: u64 = input.rejected.values().sum();
        if rejected == 0 {
            return Ok(Vec::new());
        }
        let rows = input.rows_read - input.rows_filtered;
        let allowed = self.pipeline.max_rejected;
        #[expect(clippy::cast_precision_loss, reason = "a limit of a share is no exact number")]
        let too_many = rejected as f64 > allowed * rows as f64;
        let cap = if too_many { REJECTED_EXAMPLES } else { REJECTED_CAP };
        let details = self.stage("rejected", None, "rows", |_, _| {
            Ok(plan.orders.rejected(report, mixed, cap)?)
        })?;
        if too_many {
            let reasons = input.rejected.clone();
            let examples = details;
            let rejections = Rejections { rejected, rows, allowed, reasons, examples };
            return Err(RunError::TooManyRejected(Box::new(rejections)));
        }
        Ok(details)
    }

    fn write(
        &mut self,
        tables: &[Table],
        context: &Context,
        staging: Option<&Staging>,
        rejected: &[RejectedDetail],
    ) -> Result<Vec<TableRecord>, RunError> {
        let pipeline = self.pipeline;
        let meta = TableMeta {
            as_of: context.as_of,
            lapse_after_days: context.lapse_days,
            currency: match &pipeline.orders.currency {
                Currency::Code(code) => Some(code.clone()),
                Currency::Unnamed | Currency::Converted { .. } => None,
            },
            segments: pipeline.segments.iter().map(|s| (s.name.clone(), s.at)).collect(),
        };
        self.stage("write", Some(tables.len() as u64), "tables", |_, advance| {
            let Some(staging) = staging else {
                return Ok(tables.iter().map(unwritten).collect());
            };
            let mut records = Vec::with_capacity(tables.len());
            for table in tables {
                records.push(staging.write_table(table, &meta)?);
                advance(records.len() as u64);
            }
            if !rejected.is_empty() {
                let rows: Vec<_> = rejected.iter().map(rejected_row).collect();
                staging.write_rejected("orders", &rows)?;
            }
            Ok(records)
        })
    }
}

/// A lane as the reader knows it.
struct ToLane(Lane);

impl Sink for ToLane {
    type Error = TimelineError;

    fn push(&mut self, batch: &OrderBatch<'_>) -> Result<(), TimelineError> {
        self.0.push(batch)
    }
}

fn id(key: OwnedKey) -> Id {
    match key {
        OwnedKey::Integer(id) => Id::Integer(id),
        OwnedKey::Bytes(bytes) => Id::Bytes(bytes),
    }
}

fn slots_of(pipeline: &Pipeline, report: &LoadReport) -> (SlotMap, Vec<Slot>, Vec<Arc<str>>) {
    let texts = |texts: &[String]| texts.iter().map(|text| Arc::from(&**text)).collect::<Vec<_>>();
    let mut reasons = texts(&report.reasons);
    if reasons.is_empty() {
        // Without a mapped reason every lost order has this one.
        reasons.push(Arc::from("unknown"));
    }
    let values = report.segment_values.iter().map(|values| texts(values));
    let segments: Vec<_> = (pipeline.segments.iter())
        .zip(values)
        .map(|(segment, texts)| SegmentValues {
            name: Arc::from(&*segment.name),
            at: segment.at,
            texts,
        })
        .collect();
    let (slots, names) = SlotMap::new(&segments, &reasons);
    (slots, names, reasons)
}

fn context(
    pipeline: &Pipeline,
    survey: &Survey,
    lapse_days: u32,
    slots: Vec<Slot>,
    reasons: Vec<Arc<str>>,
    started_at: DateTime<Utc>,
) -> Context {
    // Without any event there is nothing to know, up to the day of the run.
    let today = Day::from(started_at.with_timezone(&pipeline.timezone).date_naive());
    let newest = survey.activity.or(survey.events).map(|(_, last)| last.plus(1));
    let as_of = pipeline.as_of.or(newest).unwrap_or(today);
    // Rows start with the first activity; the windows before it reach back to the known history.
    let first_event = survey.events.map(|(first, _)| first);
    let first = first_event.into_iter().chain(pipeline.history_start).min().unwrap_or(as_of);
    let grains = &pipeline.grains;
    Context {
        as_of,
        history_start: pipeline.history_start,
        first_activity: survey.activity.map(|(first, _)| first).filter(|first| *first < as_of),
        lapse_days,
        recovery_window_days: pipeline.recovery_window_days,
        periods: (grains.iter())
            .map(|g| Periods::new(&pipeline.calendar, g.grain, first, as_of))
            .collect(),
        revenue_windows: grains.iter().map(|g| g.revenue_window).collect(),
        max_k: grains.iter().map(|g| g.max_k).collect(),
        slots,
        reasons,
        scale: pipeline.orders.scale,
    }
}

fn input_record(plan: &Plan, report: &LoadReport, left_out: &LeftOut) -> InputRecord {
    let files = plan.orders.files().iter().zip(&report.files);
    let counted = |counts: &[(&str, u64)]| -> BTreeMap<String, u64> {
        let counts = counts.iter().filter(|(_, rows)| *rows > 0);
        counts.map(|(reason, rows)| ((*reason).to_owned(), *rows)).collect()
    };
    let mut rejected = counted(&[("mixed_status", left_out.mixed_status)]);
    rejected.extend(report.rejected.iter().map(|(reason, rows)| ((*reason).to_owned(), *rows)));
    InputRecord {
        input: "orders".to_owned(),
        files: files
            .map(|(file, counts)| FileRecord {
                path: file.path.display().to_string(),
                rows: counts.rows,
                bytes: file.size,
                modified_us: modified_us(file.modified),
                rejected: counts.rejected,
            })
            .collect(),
        rows_read: report.rows(),
        rows_filtered: report.filtered(),
        rejected,
        left_out: counted(&[
            ("duplicates", report.duplicates()),
            ("superseded", left_out.superseded),
            ("ignored", left_out.ignored),
            ("negative_attempt", left_out.negative_attempt),
            ("before_history_start", left_out.before_history_start),
            ("after_as_of", left_out.after_as_of),
            ("refund_without_order", left_out.refund_without_order),
            ("refund_before_cohort", left_out.refund_before_cohort),
        ]),
    }
}

fn modified_us(modified: SystemTime) -> Option<i64> {
    let since = modified.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_micros()).ok()
}

fn events(census: &Census) -> EventCounts {
    EventCounts {
        orders: census.orders,
        refunds: census.refunds,
        lost: census.lost,
        open: census.open,
        customers: census.customers,
        prospects: census.prospects,
    }
}

fn rejected_row(detail: &RejectedDetail) -> RejectedRow {
    RejectedRow {
        file: Arc::from(&*detail.file.to_string_lossy()),
        row: i64::try_from(detail.row).ok(),
        column: Arc::from(&*detail.column),
        reason: Arc::from(detail.reason),
        value: detail.value.as_deref().map(Arc::from),
    }
}

/// The record of a table that a dry run does not write.
fn unwritten(table: &Table) -> TableRecord {
    TableRecord {
        name: table.schema().name.to_owned(),
        rows: table.rows() as u64,
        bytes: 0,
        digest: kohort_publish::digest(table),
    }
}
