//! One run: read, fold, list, write, publish.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::available_parallelism;
use std::time::Instant;

use chrono::{DateTime, Utc};
use kohort_cache::State;
use kohort_checks::Severity;
use kohort_load::{LoadReport, Opened, RejectedDetail};
use kohort_model::{Context, Day, Id, Input, Ledger, Spill, Table};
use kohort_notify::Notifier;
use kohort_publish::{
    InputRecord, KOHORT_VERSION, LateRows, Layout, Output, PublishedRun, RECORD_VERSION, RowSink,
    RunId, RunRecord, Staging, TableMeta, TableRecord, Timing, delta,
};
use kohort_scorecard::Alert;
use kohort_timeline::{FoldOptions, Gathered, Gatherer, SlotMap, Survey};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::accepted::known_days;
use crate::before::Before;
use crate::checks::Known;
use crate::error::Rejections;
use crate::fold::Counted;
use crate::frame::Found;
use crate::kept::{Parts, late_rows, open_state, pinned_lapse};
use crate::labels::Reports;
use crate::memory::{gather_budget, peak_bytes};
use crate::plan::{Plan, check_folders, today};
use crate::read::{ReadError, ReadInputs, Reader};
use crate::record::{alert_record, events, hiding, input_record, rejected_row, risk_record};
use crate::tables::{metrics, wants_scorecard};
use crate::warnings::{Warnings, history};
use crate::{Currency, Event, Lapse, Pipeline, RunError, detail, notifications, outlook};

/// Rejected rows of each reason whose details are written.
const REJECTED_CAP: usize = 1000;
/// Rejected rows that an error shows.
const REJECTED_EXAMPLES: usize = 3;

/// How to run, beside what the pipeline file says.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command")]
#[derive(Clone, Copy, Debug, Default)]
pub struct RunOptions {
    /// Threads at work; by default as many as there are processors.
    pub threads: Option<usize>,
    /// Bytes of memory to stay within.
    pub memory_limit: Option<u64>,
    /// Read every file, whatever was kept of it, and compute the tables even if they are there.
    pub full_refresh: bool,
    /// Measure the lapse window anew, where the pipeline has it measured.
    pub recalibrate: bool,
    /// Look for alerts, also where their table is not asked for.
    pub alerts: bool,
    /// Wait while another run holds the output or the state folder, rather than fail.
    pub wait: bool,
}

/// What a run did.
#[derive(Debug)]
pub struct RunSummary {
    /// The record; `run.json` has the names of variables in place of what they stand for.
    pub record: RunRecord,
    /// The folder of the published run.
    pub published: PathBuf,
    /// Whether it is what was current already: nothing that decides about the tables has changed since.
    pub is_unchanged: bool,
    /// The newest values that are beyond a threshold; none where nothing asked for alerts.
    pub alerts: Vec<Alert>,
}

/// The parts of a run that its stages share.
pub(crate) struct Run<'a> {
    id: RunId,
    pub(crate) pipeline: &'a Pipeline,
    observe: &'a (dyn Fn(Event) + Sync),
    warnings: Warnings<'a>,
    pub(crate) pool: ThreadPool,
    pub(crate) threads: usize,
    timings: Vec<Timing>,
}

/// Runs a pipeline and publishes its tables. `observe` is called from several threads.
///
/// # Errors
/// The first [`RunError`]; then nothing is published and what was current stays so, unless it is
/// the Delta tables that cannot follow.
pub fn run(
    pipeline: &Pipeline,
    options: &RunOptions,
    observe: &(dyn Fn(Event) + Sync),
) -> Result<RunSummary, RunError> {
    let started_at = Utc::now();
    let run_id = RunId::at(started_at);
    let name = pipeline.substituted.hide(&pipeline.name).into_owned();
    observe(Event::RunStarted { run_id: run_id.to_string(), pipeline: name });
    let warn = |text| observe(Event::Warning(text));
    let settings = notifications::settings(pipeline);
    let mut notifier = Notifier::begin(settings, &run_id, started_at, &warn);
    let result = run_notified(pipeline, options, started_at, observe, &mut notifier);
    notifications::end(notifier, &result);
    result
}

/// A run that began at `started_at`.
fn run_notified(
    pipeline: &Pipeline,
    options: &RunOptions,
    started_at: DateTime<Utc>,
    observe: &(dyn Fn(Event) + Sync),
    notifier: &mut Notifier<'_>,
) -> Result<RunSummary, RunError> {
    let run_id = RunId::at(started_at);
    let mut run = Run::new(pipeline, options, &run_id, observe)?;
    let threads = run.threads;

    let begun = match run.begin(options, started_at, notifier)? {
        Ok(begun) => begun,
        Err(summary) => return Ok(summary),
    };
    let Begun { inputs: Inputs { plan, parts, fingerprint, before }, staging, today } = begun;
    let (read, late, gathered) =
        run.read(&plan, &parts, (&staging, &before), (options, started_at))?;
    let ReadInputs { reports, shares, reused } = read;
    let read = Reports { inputs: &plan.inputs, reports: &reports };
    known_days(pipeline, plan.inputs[0].input(), &reports[0])?;
    let found = Found::new(pipeline, read);
    let pinned = pinned_lapse(pipeline, before.record()).filter(|_| !options.recalibrate);
    let survey = run.survey(&gathered, &found.slots, pinned)?;
    if pipeline.checks.unique_order_ids == Some(Severity::Error) {
        survey.unique()?;
    }
    let lapse_days = lapse_days(pipeline, pinned, &survey)?;
    let as_of = Found::as_of(pipeline, &survey, started_at);
    let (slots, context) = found.context(pipeline, &survey, lapse_days, read, as_of);
    let late_touches = run.identify(&gathered, &plan, as_of)?;
    let counted = run.fold(&gathered, &plan, (&slots, context), options.memory_limit)?;
    let Counted { context, mut finished, mut census } = counted;
    let spilled_bytes = gathered.spilled_bytes();
    census.left_out.further[Input::Touchpoints as usize].after_as_of += late_touches;
    let alerts = derive(pipeline, options.alerts, &context, &mut finished.tables);

    let inputs: Vec<InputRecord> = (plan.inputs.iter().zip(&reports).enumerate())
        .map(|(place, (opened, report))| {
            input_record(opened, report, &census.left_out, &shares[place], reused[place])
        })
        .collect();
    run.warnings.tell_rounded(pipeline, &inputs);
    let rejected = run.rejected(&plan, &reports, &inputs, &survey.mixed)?;
    let known = Known {
        pipeline,
        inputs: &plan.inputs,
        reports: &reports,
        records: &inputs,
        survey: &survey,
        before: before.record(),
        tables: &finished.tables,
        today,
    };
    let (table, checks) = known.check(&run.warnings)?;
    if pipeline.tables.contains(&table.schema().name) {
        finished.tables.push(table);
    }
    let meta = table_meta(pipeline, &context);
    let mut tables = run.write(&finished.tables, &meta, &staging)?;
    let frame = Frame { context: &context, slots: &slots, meta: &meta };
    tables.extend(run.list(&gathered, &frame, &finished.ledgers, &staging)?);
    drop(gathered);
    for (input, rows) in inputs.iter().zip(&rejected).filter(|(_, rows)| !rows.is_empty()) {
        let rows: Vec<_> =
            rows.iter().map(|row| rejected_row(row, &pipeline.substituted)).collect();
        staging.write_rejected(&input.input, &rows)?;
    }
    let place = |record: &TableRecord| pipeline.tables.iter().position(|t| *t == record.name);
    tables.sort_by_key(place);

    let peak = peak_bytes();
    run.warnings.tell_passed(options.memory_limit, peak, threads);
    let record = RunRecord {
        record_version: RECORD_VERSION,
        run_id,
        kohort_version: KOHORT_VERSION.to_owned(),
        pipeline: pipeline.name.clone(),
        pipeline_digest: pipeline.digest(),
        fingerprint: Some(fingerprint),
        started_at,
        finished_at: Utc::now(),
        as_of: context.as_of,
        basis: history(pipeline).name().to_owned(),
        lapse_after_days: lapse_days,
        lapse_is_auto: pipeline.lapse_after == Lapse::Auto,
        grains: context.periods.iter().map(|periods| periods.grain).collect(),
        inputs,
        late,
        events: events(&census),
        risk_model: finished.risk.as_ref().map(risk_record),
        tables,
        alerts: alerts.as_ref().map(|alerts| alerts.iter().map(alert_record).collect()),
        checks,
        warnings: run.warnings.into_list(),
        timings: run.timings,
        peak_memory_bytes: peak,
        threads: u32::try_from(threads).unwrap_or(u32::MAX),
        memory_limit_bytes: options.memory_limit,
        spilled_bytes,
    };
    let told = hiding(&record, &pipeline.substituted);
    let published = staging.commit(&told, pipeline.keep_runs)?;
    if let Some(error) = &published.prune_error {
        observe(Event::Warning(error.to_string()));
    }
    bring_delta_tables(pipeline)?;
    let alerts = alerts.unwrap_or_default();
    Ok(RunSummary { record, published: published.folder, is_unchanged: false, alerts })
}

/// The lapse window: as the pipeline has it, as it was measured before, or as it is measured now.
fn lapse_days(pipeline: &Pipeline, pinned: Option<u32>, survey: &Survey) -> Result<u32, RunError> {
    match (pipeline.lapse_after, pinned) {
        (Lapse::Days(days), _) | (Lapse::Auto, Some(days)) => Ok(days),
        (Lapse::Auto, None) if survey.events.is_none() => Ok(1),
        (Lapse::Auto, None) => survey.lapse_days().ok_or(RunError::NoGaps),
    }
}

/// What there is when a run begins.
struct Inputs {
    plan: Plan,
    parts: Parts,
    fingerprint: String,
    before: Before,
}

impl Inputs {
    /// The outcome, where there is nothing to do.
    fn unchanged(&self, options: &RunOptions, today: Day) -> Option<RunSummary> {
        self.before.unchanged(&self.fingerprint, options, today)
    }
}

/// A run that has something to do, and its output.
struct Begun {
    inputs: Inputs,
    staging: Staging,
    /// The business-local day of the run.
    today: Day,
}

/// Takes the output for a run; where it is told to, waits for the run that holds it.
fn begin(
    pipeline: &Pipeline,
    options: &RunOptions,
    run_id: &RunId,
    observe: &(dyn Fn(Event) + Sync),
) -> Result<Staging, RunError> {
    let tell = |text: &str| observe(Event::Warning(text.to_owned()));
    let on_wait = options.wait.then_some(&tell as &dyn Fn(&str));
    let staging = Output::at(&pipeline.output).begin(run_id, on_wait)?;
    Ok(staging.in_layout(pipeline.layout.clone()))
}

/// Brings the Delta tables, where the pipeline has some, to what is current.
fn bring_delta_tables(pipeline: &Pipeline) -> Result<(), RunError> {
    if pipeline.layout == Layout::Delta {
        let current = PublishedRun::open(&pipeline.output)?;
        delta::sync(&Output::at(&pipeline.output), &current, pipeline.keep_runs)?;
    }
    Ok(())
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
        let metrics = metrics();
        let scorecard =
            kohort_scorecard::scorecard(context.scale, &metrics, tables, &pipeline.alerts);
        let alerts = kohort_scorecard::alerts(&scorecard);
        newest = Some(kohort_scorecard::latest_alerts(&alerts));
        tables.extend([scorecard, alerts]);
    }
    tables.retain(|table| wanted(table.schema().name));
    newest
}

impl<'a> Run<'a> {
    fn new(
        pipeline: &'a Pipeline,
        options: &RunOptions,
        id: &RunId,
        observe: &'a (dyn Fn(Event) + Sync),
    ) -> Result<Self, RunError> {
        let threads = options.threads.or(available_parallelism().ok().map(usize::from));
        let threads = threads.unwrap_or(1);
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|cause| RunError::Threads { threads, cause })?;
        let warnings = Warnings::new(observe);
        Ok(Self { id: id.clone(), pipeline, observe, warnings, pool, threads, timings: Vec::new() })
    }
}

impl Run<'_> {
    /// Times `work` and tells of it. `work` gets a function that tells how much is done.
    pub(crate) fn stage<T>(
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

    /// Takes the output, unless there is nothing to do: then the outcome is that of the run before.
    fn begin(
        &mut self,
        options: &RunOptions,
        now: DateTime<Utc>,
        notifier: &mut Notifier<'_>,
    ) -> Result<Result<Begun, RunSummary>, RunError> {
        let pipeline = self.pipeline;
        let today = today(pipeline, now);
        let mut inputs = self.open(options, now)?;
        notifications::opened(notifier, &inputs.plan.inputs);
        if let Some(summary) = inputs.unchanged(options, today) {
            if pipeline.output.join(".staging").exists() {
                // Of a run that was killed once it was published: who takes the output clears it. Where
                // another run is at work it is not ours to clear.
                drop(Output::at(&pipeline.output).begin(&self.id, None));
            }
            bring_delta_tables(pipeline)?;
            return Ok(Err(summary));
        }
        // Before the output is made, for nothing.
        check_folders(pipeline)?;
        let staging = begin(pipeline, options, &self.id, self.observe)?;
        // Another run may have ended since, for which this one has perhaps waited for hours.
        if !inputs.before.is_current(pipeline) {
            inputs = self.open(options, now)?;
            if let Some(summary) = inputs.unchanged(options, today) {
                drop(staging);
                bring_delta_tables(pipeline)?;
                return Ok(Err(summary));
            }
        }
        (self.observe)(Event::Begun { run_id: self.id.clone(), started_at: now });
        Ok(Ok(Begun { inputs, staging, today }))
    }

    /// Looks at the inputs and at what is current.
    fn open(&mut self, options: &RunOptions, now: DateTime<Utc>) -> Result<Inputs, RunError> {
        let pipeline = self.pipeline;
        let plan =
            self.stage("open", None, "files", |_, _| Plan::new(pipeline, now, options.alerts))?;
        let parts = Parts::of(&plan);
        let fingerprint = parts.fingerprint(pipeline, now);
        Ok(Inputs { plan, parts, fingerprint, before: Before::find(pipeline) })
    }

    /// Reads the inputs; what is kept of them is put back. Gives also the rows that came late.
    fn read(
        &mut self,
        plan: &Plan,
        parts: &Parts,
        (staging, before): (&Staging, &Before),
        (options, now): (&RunOptions, DateTime<Utc>),
    ) -> Result<(ReadInputs, Vec<LateRows>, Gathered), RunError> {
        self.warnings.tell_notes(&plan.inputs);
        let files = plan.inputs.iter().flat_map(Opened::files);
        let rows = files.map(|file| file.rows).sum();
        let today = today(self.pipeline, now);
        let tell = |text: &str| (self.observe)(Event::Warning(text.to_owned()));
        let on_wait = options.wait.then_some(&tell as &dyn Fn(&str));
        let mut state = open_state(self.pipeline, parts, &self.id, on_wait, &self.warnings)?;
        let old: Vec<_> = state.iter().flat_map(State::shares).cloned().collect();
        if let Some(state) = state.as_mut().filter(|_| options.full_refresh) {
            state.clear();
        }
        for (opened, keys) in plan.inputs.iter().zip(&parts.keys) {
            let known = if options.full_refresh { &[][..] } else { &old };
            let planned = outlook::of_input(opened, keys, known, (now.timestamp_micros(), today));
            let lines = detail::of_input(opened, &planned).into_iter();
            lines.for_each(|line| (self.observe)(Event::Detail(line)));
        }
        let (read, gathered) = self.stage("read", Some(rows), "rows", |run, advance| {
            let done = AtomicU64::new(0);
            let reader = Reader {
                plan,
                keys: &parts.keys,
                pool: &run.pool,
                threads: run.threads,
                memory_limit: options.memory_limit,
                now: now.timestamp_micros(),
                today,
                progress: &|rows| advance(done.fetch_add(rows, Ordering::Relaxed) + rows),
                warnings: &run.warnings,
            };
            loop {
                let spill = match options.memory_limit {
                    Some(_) => Some(Box::new(staging.spill()?) as Box<dyn Spill>),
                    None => None,
                };
                let budget = gather_budget(options.memory_limit);
                let gatherer = Gatherer::new(plan.layout, budget, spill);
                match reader.read(&gatherer, state.as_mut()) {
                    Ok(read) => return Ok((read, gatherer.finish())),
                    Err(ReadError::Run(error)) => return Err(error),
                    Err(ReadError::Damaged) => {
                        done.store(0, Ordering::Relaxed);
                        state.iter_mut().for_each(State::clear);
                        let text =
                            "what was kept of the inputs is damaged; everything is read again";
                        run.warnings.tell(text.to_owned());
                    }
                }
            }
        })?;
        let new: Vec<_> = read.shares.iter().flatten().cloned().collect();
        let known = before.record().filter(|_| !old.is_empty());
        let late = known.map(|before| late_rows(self.pipeline, before, &old, &new));
        Ok((read, late.unwrap_or_default(), gathered))
    }

    fn survey(
        &mut self,
        gathered: &Gathered,
        slots: &SlotMap,
        pinned_lapse: Option<u32>,
    ) -> Result<Survey, RunError> {
        let gaps = self.pipeline.lapse_after == Lapse::Auto && pinned_lapse.is_none();
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
            details.push(found);
        }
        Ok(details)
    }

    fn write(
        &mut self,
        tables: &[Table],
        meta: &TableMeta,
        staging: &Staging,
    ) -> Result<Vec<TableRecord>, RunError> {
        self.stage("write", Some(tables.len() as u64), "tables", |_, advance| {
            let mut records = Vec::with_capacity(tables.len());
            for table in tables {
                records.push(staging.write_table(table, meta)?);
                advance(records.len() as u64);
            }
            Ok(records)
        })
    }

    /// Lists every customer in every ledger.
    fn list(
        &mut self,
        gathered: &Gathered,
        frame: &Frame<'_>,
        ledgers: &[Box<dyn Ledger>],
        staging: &Staging,
    ) -> Result<Vec<TableRecord>, RunError> {
        if ledgers.is_empty() {
            return Ok(Vec::new());
        }
        let Frame { context, slots, meta } = *frame;
        self.stage("list", Some(Gathered::PARTITIONS), "partitions", |run, progress| {
            let options = FoldOptions { context, slots, keep: false, progress };
            let shapes: Vec<Table> = ledgers.iter().map(|ledger| ledger.table()).collect();
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
