//! The dry run: what a run would do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::Utc;
use kohort_cache::{Share, State};
use kohort_inputs::spec;
use kohort_load::{Opened, OpenedLookup};
use kohort_model::{Context, Day, DayOf, Extent, Periods, Slot};

use crate::lookups::bytes;
use crate::plan::{Plan, check_folders, today};
use crate::previous_run::PreviousRun;
use crate::row_cache::{Parts, holds, identity};
use crate::{Pipeline, RunError, RunOptions};

/// What a run takes before the first row: code, buffers, the states of the measures.
const BASE_BYTES: u64 = 64 << 20;
/// What each thread takes: frames on their way, stages, a partition in flight.
const THREAD_BYTES: u64 = 32 << 20;
/// A gathered word of eight bytes is packed into about this many.
const PACKED_WORD_BYTES: u64 = 3;

/// What a run would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunPlan {
    /// Its inputs, in the order in which they are read.
    pub inputs: Vec<PlannedInput>,
    /// The lookups in which these look values up.
    pub lookups: Vec<PlannedLookup>,
    /// The tables that it would compute.
    pub tables: Vec<&'static str>,
    /// Threads at work.
    pub threads: usize,
    /// Bytes of memory to stay within, where there is a limit.
    pub memory_limit: Option<u64>,
    /// Bytes of memory that it is likely to take; a rough estimate, from the rows and columns that are
    /// gathered.
    pub expected_memory: u64,
    /// Of that, bytes of tables with a row for each period, for everybody; as many again at most for
    /// each value of a segment. 0 where footers do not say the first day.
    pub period_tables: u64,
    /// The days of the tables, where footers say.
    pub days: Option<(Day, Day)>,
    /// Whether there is nothing to do, because what is published is what would come out.
    pub unchanged: bool,
}

/// One input of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedInput {
    /// Its name in the pipeline file.
    pub input: &'static str,
    /// Files that would be read.
    pub decode: Planned,
    /// Files that would not, because what an earlier run kept of them holds.
    pub reuse: Planned,
    /// Files that would not either, because their folders alone show that `where` lets no row of them
    /// through.
    pub ruled_out: Planned,
    /// Files that an earlier run has read and that are not there any more.
    pub vanished: u64,
    /// Each file that would be read, in order.
    pub decode_files: Vec<PlannedFile>,
}

/// A lookup, which is read in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedLookup {
    /// Its name in the pipeline file.
    pub lookup: String,
    /// How many files.
    pub files: u64,
    /// Rows that can be found.
    pub rows: u64,
    /// Bytes of memory that they take.
    pub bytes: u64,
}

/// A file that would be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedFile {
    /// Its path or URL.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Why it is read.
    pub reason: &'static str,
}

/// Some files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Planned {
    /// How many.
    pub files: u64,
    /// Their rows.
    pub rows: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Finds out what a run of the pipeline would do. Nothing is written, and nothing is read but lookups and
/// the footers of the inputs.
///
/// # Errors
/// [`RunError::Load`] for the first input that does not fit the pipeline file; [`RunError::Publish`]
/// where a run must not write to the output or the state.
pub fn plan(pipeline: &Pipeline, options: &RunOptions) -> Result<RunPlan, RunError> {
    let now = Utc::now();
    let plan = Plan::new(pipeline, now, options)?;
    check_folders(pipeline)?;
    let parts = Parts::new(&plan);
    let fingerprint = parts.fingerprint(pipeline, now);
    let today = today(pipeline, now);
    let unchanged = PreviousRun::find(pipeline).unchanged(&fingerprint, options, today).is_some();
    let threads = options.thread_count();
    let state = pipeline.state.as_ref().filter(|_| !options.full_refresh);
    let shares = state.map(|folder| State::look(folder, &parts.form)).unwrap_or_default();
    let mut inputs: Vec<PlannedInput> = (plan.inputs.iter().zip(&parts.keys))
        .map(|(opened, keys)| of_input(opened, keys, &shares, (now.timestamp_micros(), today)))
        .collect();
    let gathered = |(opened, planned): (&Opened, &PlannedInput)| {
        let rows = planned.decode.rows + planned.reuse.rows;
        rows * PACKED_WORD_BYTES * plan.layout.row_words(opened.input()) as u64
    };
    let gathered: u64 = plan.inputs.iter().zip(&inputs).map(gathered).sum();
    let expected = BASE_BYTES + THREAD_BYTES * threads as u64 + gathered + bytes(&plan.lookups);
    let days = stored_days(pipeline, &plan.inputs, today);
    let days = days.map(|(first, last)| (first, pipeline.as_of.unwrap_or(last.plus(1))));
    let days = days.filter(|(first, as_of)| first < as_of);
    let period_tables = days.map_or(0, |days| period_tables(pipeline, &plan, days));
    for file in inputs.iter_mut().flat_map(|input| &mut input.decode_files) {
        file.path = pipeline.substituted.hide(&file.path).into_owned();
    }
    Ok(RunPlan {
        lookups: plan.lookups.iter().map(|lookup| planned_lookup(lookup)).collect(),
        inputs,
        tables: pipeline.tables.clone(),
        threads,
        memory_limit: options.memory_limit,
        // What is gathered goes to disk beyond the limit; tables do not.
        expected_memory: options
            .memory_limit
            .map_or(expected, |limit| expected.min(limit))
            .saturating_add(period_tables),
        period_tables,
        days,
        unchanged,
    })
}

fn planned_lookup(lookup: &OpenedLookup) -> PlannedLookup {
    let report = lookup.report();
    PlannedLookup {
        lookup: lookup.name().to_owned(),
        files: lookup.files().len() as u64,
        rows: report.map_or(0, |report| report.rows),
        bytes: report.map_or(0, |report| report.bytes),
    }
}

/// First and last day of the rows: of a history its own, without one those of all inputs. `None` where
/// footers do not say, as where the newest day may be that of a decision.
fn stored_days(pipeline: &Pipeline, inputs: &[Opened], today: Day) -> Option<(Day, Day)> {
    if let Some(history) = pipeline.basis.input() {
        return inputs.iter().find(|opened| opened.input() == history)?.stored_days();
    }
    let of_rows = inputs.iter().filter(|opened| spec(opened.input()).time().is_some());
    let of_rows: Option<Vec<_>> = of_rows.map(Opened::stored_days).collect();
    let all = of_rows?.into_iter().reduce(|(a, b), (first, last)| (a.min(first), b.max(last)));
    let (first, mut last) = all?;
    if pipeline.as_of.is_some() {
        return Some((first, last));
    }
    for opened in inputs {
        let column = spec(opened.input()).event_day();
        let Some((place, of)) = column.filter(|(place, _)| opened.maps(*place)) else { continue };
        let (_, newest) = opened.stored_days_of(place)?;
        // Whether a row is decided, or which day is not to come, is not in footers.
        if newest > today || of == DayOf::Decision && newest > last {
            return None;
        }
        last = last.max(newest);
    }
    Some((first, last))
}

/// Bytes of the tables that have a row for each period, for everybody.
fn period_tables(pipeline: &Pipeline, plan: &Plan, (first, as_of): (Day, Day)) -> u64 {
    let periods = pipeline.grains.iter();
    let periods = periods.map(|grain| Periods::new(&pipeline.calendar, grain.grain, first, as_of));
    let everybody = Slot { segment: "all".into(), value: None };
    let context = Arc::new(Context {
        as_of,
        first_activity: Some(first),
        periods: periods.collect(),
        revenue_windows: pipeline.grains.iter().map(|grain| grain.revenue_window).collect(),
        max_k: pipeline.grains.iter().map(|grain| grain.max_k).collect(),
        slots: vec![everybody],
        ..Context::default()
    });
    let extent = Extent { context: &context, first_days: &[Some(first)] };
    let bytes = plan.measures.iter().map(|measure| {
        (measure.start)(Arc::clone(&context), &pipeline.measures).expected_bytes(&extent)
    });
    bytes.fold(0, u64::saturating_add)
}

/// What would be read of an input where `shares` are kept.
pub(crate) fn of_input(
    opened: &Opened,
    keys: &[String],
    shares: &[Share],
    (now, today): (i64, Day),
) -> PlannedInput {
    let name = opened.input().name();
    let shares: Vec<&Share> = shares.iter().filter(|share| share.input == name).collect();
    let by_key: BTreeMap<&str, &Share> =
        shares.iter().map(|share| (share.key.as_str(), *share)).collect();
    let kept_files: BTreeSet<&str> =
        shares.iter().flat_map(|share| &share.files).map(|file| file.path.as_str()).collect();
    let mut input = PlannedInput {
        input: name,
        decode: Planned::default(),
        reuse: Planned::default(),
        ruled_out: Planned::default(),
        vanished: 0,
        decode_files: Vec::new(),
    };
    // What is kept of it was made with other expressions, settings or lookups.
    let identities: BTreeSet<&str> = shares.iter().map(|share| share.identity.as_str()).collect();
    let is_as_it_was = |part: usize| identities.contains(identity(opened, part).as_str());
    let to_read = opened.to_read();
    let mut there = BTreeSet::new();
    for (part, key) in keys.iter().enumerate() {
        let share = by_key.get(key.as_str());
        let is_kept = share.is_some_and(|share| holds(share, now, today));
        for place in opened.files_of(part) {
            let file = &opened.files()[place];
            let path = file.path.display().to_string();
            // An empty file has nothing that would have to be read, and nothing rules it out.
            let is_read = to_read[place] || file.rows == 0;
            let planned = match (is_kept, is_read) {
                (true, _) => &mut input.reuse,
                (false, true) => &mut input.decode,
                (false, false) => &mut input.ruled_out,
            };
            planned.files += 1;
            planned.rows += file.rows;
            planned.bytes += file.size;
            if !is_kept && is_read {
                let reason = match share {
                    Some(_) => "rows of it were in the future",
                    None if is_as_it_was(part) => "read in another way than before",
                    None if kept_files.contains(path.as_str()) => "changed",
                    None if shares.is_empty() => "nothing is kept",
                    None => "new",
                };
                let (path, bytes) = (path.clone(), file.size);
                input.decode_files.push(PlannedFile { path, bytes, reason });
            }
            there.insert(path);
        }
    }
    input.vanished = kept_files.iter().filter(|path| !there.contains(**path)).count() as u64;
    input
}
