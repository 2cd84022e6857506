//! The row cache: what earlier runs kept of the inputs, and what of it is still valid.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use chrono::{DateTime, Utc};
use kohort_cache::{BlockRef, CacheError, FileCounts, Segment, Share, State, Unusable};
use kohort_load::{DaysSeen, FileReport, Opened, TextsSeen};
use kohort_model::{Basis, Day};
use kohort_publish::{KOHORT_VERSION, LateRows, RunId, RunRecord};
use kohort_timeline::Keep;

use crate::plan::{Plan, today};
use crate::warnings::Warnings;
use crate::{Lapse, Pipeline, RunError, lookups};

/// The state of a run, where its pipeline keeps one; `on_wait` as in [`State::open`].
pub(crate) fn open_state(
    pipeline: &Pipeline,
    parts: &Parts,
    id: &RunId,
    on_wait: Option<&dyn Fn(&str)>,
    warnings: &Warnings<'_>,
) -> Result<Option<State>, RunError> {
    let Some(folder) = &pipeline.state else { return Ok(None) };
    let (state, unusable) = match State::open(folder, &parts.form, id, on_wait) {
        Err(error) if error.is_of_disk() => {
            warnings.warn(not_kept(&error));
            return Ok(None);
        }
        opened => opened?,
    };
    if let Some(unusable) = unusable {
        let why = match unusable {
            Unusable::Version(version) => format!("is of another version of kohort ({version})"),
            Unusable::Damaged(cause) => format!("is damaged ({cause})"),
        };
        warnings.warn(format!("what was kept of the inputs {why}; everything is read again"));
    }
    Ok(Some(state))
}

/// That nothing is kept of a run, which it can do without.
pub(crate) fn not_kept(error: &CacheError) -> String {
    format!("what is read is not kept for the next run: {error}")
}

/// Where the blocks of a run go, until one of them cannot be written: then no more are.
pub(crate) struct Blocks {
    segment: Option<Segment>,
    failure: OnceLock<CacheError>,
}

impl Blocks {
    pub fn new(segment: Result<Segment, CacheError>) -> Self {
        match segment {
            Ok(segment) => Self { segment: Some(segment), failure: OnceLock::new() },
            Err(error) => Self { segment: None, failure: error.into() },
        }
    }

    fn append(&self, block: &[u8]) -> Option<BlockRef> {
        let segment = self.segment.as_ref().filter(|_| self.failure.get().is_none())?;
        match segment.append(block) {
            Ok(block) => Some(block),
            Err(error) => {
                // Of several threads the first says why.
                let _ = self.failure.set(error);
                None
            }
        }
    }

    /// All blocks.
    ///
    /// # Errors
    /// Why some are missing.
    pub fn finish(self) -> Result<Option<Segment>, CacheError> {
        self.failure.into_inner().map_or(Ok(self.segment), Err)
    }
}

/// The parts of a plan's inputs, by what decides about their rows.
pub(crate) struct Parts {
    /// What decides in which form they are kept.
    pub form: String,
    /// By input and part: equal keys, equal rows.
    pub keys: Vec<Vec<String>>,
}

impl Parts {
    pub fn new(plan: &Plan) -> Self {
        let keys = plan.inputs.iter().map(|opened| {
            let form = opened.form(plan.needs_of(opened.input()));
            let form = blake3::hash(form.as_bytes());
            let key = |part: usize| {
                let mut hasher = blake3::Hasher::new();
                hasher.update(opened.input().name().as_bytes());
                hasher.update(form.as_bytes());
                for file in opened.files_of(part) {
                    hasher.update(opened.file_identity(file).as_bytes());
                }
                hasher.finalize().to_hex().to_string()
            };
            (0..opened.parts()).map(key).collect()
        });
        let form = blake3::hash(plan.layout.form().as_bytes()).to_hex();
        Self { form: form[..16].to_owned(), keys: keys.collect() }
    }

    /// What decides what is in the tables of a run at `now`.
    pub fn fingerprint(&self, pipeline: &Pipeline, now: DateTime<Utc>) -> String {
        let mut hasher = blake3::Hasher::new();
        for text in [KOHORT_VERSION, &pipeline.digest(), &self.form] {
            hasher.update(text.as_bytes());
        }
        for keys in &self.keys {
            hasher.update(&(keys.len() as u64).to_le_bytes());
            for key in keys {
                hasher.update(key.as_bytes());
            }
        }
        // Subscriptions that begin or end later are known of once that day has come, and so are payments of
        // days to come where there is no history; what was fresh is old some day.
        let is_of_orders = pipeline.basis.basis() == Some(Basis::Orders);
        if (!is_of_orders && pipeline.as_of.is_none()) || pipeline.checks.depend_on_today() {
            hasher.update(&today(pipeline, now).0.to_le_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}

/// Whether a run with the same fingerprint as that of `record` would find the same today: not where
/// rows that were in the future have come, nor where there is nothing but the day to go by.
pub(crate) fn holds_today(record: &RunRecord, today: Day) -> bool {
    let is_empty = record.as_of_from.is_none();
    let mut future = record.inputs.iter().filter_map(|input| input.future_from);
    !is_empty && future.all(|day| today < day)
}

/// The lapse window that the run before has found from the gaps, which is used until it is measured
/// again, so that history does not change every night.
pub(crate) fn pinned_lapse(pipeline: &Pipeline, before: Option<&RunRecord>) -> Option<u32> {
    let before =
        before.filter(|record| record.lapse_is_auto && pipeline.lapse_after == Lapse::Auto);
    before.map(|record| record.lapse_after_days)
}

/// What is kept of one input's parts while it is read.
pub(crate) struct Collect<'a> {
    blocks: &'a Blocks,
    parts: Mutex<BTreeMap<usize, Part>>,
}

#[derive(Default)]
struct Part {
    days: BTreeMap<i32, u64>,
    blocks: Vec<BlockRef>,
    /// Once all of it is there.
    files: Option<Vec<FileReport>>,
}

impl<'a> Collect<'a> {
    pub fn new(blocks: &'a Blocks) -> Self {
        Self { blocks, parts: Mutex::default() }
    }

    fn parts(&self) -> MutexGuard<'_, BTreeMap<usize, Part>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All rows of a part are kept.
    pub fn done(&self, part: usize, files: &[FileReport]) {
        self.parts().entry(part).or_default().files = Some(files.to_vec());
    }

    /// The shares of the parts that were read to their end.
    pub fn into_shares(
        self,
        opened: &Opened,
        keys: &[String],
        read_at: i64,
    ) -> Vec<(usize, Share)> {
        let parts = self.parts.into_inner().unwrap_or_else(PoisonError::into_inner);
        let share = |(part, own): (usize, Part)| {
            let files = opened.files_of(part).zip(own.files?);
            let counts = |(file, report): (usize, FileReport)| FileCounts {
                path: opened.files()[file].path.display().to_string(),
                rows: report.rows,
                filtered: report.filtered,
                duplicates: report.duplicates,
                rejected: report.rejected,
                rounded: report.rounded,
                future: report.future.map(|day| day.0),
                checks: report.checks,
                texts: report.texts.iter().map(TextsSeen::all).collect(),
                unknown_keys: lookups::kept(&report.unknown_keys),
            };
            let share = Share {
                key: keys[part].clone(),
                input: opened.input().name().to_owned(),
                identity: identity(opened, part),
                read_at,
                files: files.map(counts).collect(),
                days: own.days.into_iter().collect(),
                blocks: own.blocks,
            };
            Some((part, share))
        };
        parts.into_iter().filter_map(share).collect()
    }
}

/// What the files of a part hold, however they are read.
pub(crate) fn identity(opened: &Opened, part: usize) -> String {
    let files: String = opened.files_of(part).map(|file| opened.file_identity(file)).collect();
    blake3::hash(files.as_bytes()).to_hex().to_string()
}

impl Keep for Collect<'_> {
    fn keep(&self, part: usize, days: &BTreeMap<i32, u64>, block: &[u8]) -> std::io::Result<()> {
        let block = self.blocks.append(block);
        let mut parts = self.parts();
        let own = parts.entry(part).or_default();
        own.blocks.extend(block);
        for (day, rows) in days {
            *own.days.entry(*day).or_default() += rows;
        }
        Ok(())
    }
}

/// The reports of a kept share's files, of which no row is read again.
pub(crate) fn reports(opened: &Opened, share: &Share) -> Vec<FileReport> {
    // Of files that are kept as one nobody knows which days are whose; together they have them all.
    let mut days = DaysSeen::default();
    if kohort_inputs::spec(opened.input()).time().is_some() {
        days.see(&share.days.iter().map(|(day, _)| *day).collect::<Vec<_>>());
    }
    let report = |(place, counts): (usize, &FileCounts)| FileReport {
        rows: counts.rows,
        read: 0,
        filtered: counts.filtered,
        duplicates: counts.duplicates,
        rejected: counts.rejected.clone(),
        rounded: counts.rounded,
        future: counts.future.map(Day),
        checks: counts.checks.clone(),
        texts: opened.sorted_out(&counts.texts),
        unknown_keys: lookups::of_kept(&counts.unknown_keys),
        days: if place == 0 { days.clone() } else { DaysSeen::default() },
    };
    share.files.iter().enumerate().map(report).collect()
}

/// Whether what was kept is what a read would find at `now`, on the business-local day `today`.
pub(crate) fn holds(share: &Share, now: i64, today: Day) -> bool {
    let is_of_then = |counts: &FileCounts| counts.future.is_none_or(|day| today < Day(day));
    share.read_at <= now && share.files.iter().all(is_of_then)
}

/// Rows of parts that came and went since `before` was published, in periods that were over then.
pub(crate) fn late_rows(
    pipeline: &Pipeline,
    before: &RunRecord,
    old: &[Share],
    new: &[Share],
) -> Vec<LateRows> {
    // Of inputs that only one of the runs reads nothing is known; files that are read in another way have not
    // changed.
    let inputs = |shares: &[Share]| -> BTreeSet<String> {
        shares.iter().map(|share| share.input.clone()).collect()
    };
    let identities = |shares: &[Share]| -> BTreeSet<String> {
        shares.iter().map(|share| share.identity.clone()).collect()
    };
    let (old_inputs, new_inputs) = (inputs(old), inputs(new));
    let (old_files, new_files) = (identities(old), identities(new));
    let added = new.iter().filter(|s| !old_files.contains(&s.identity)).map(|share| (share, 0));
    let removed = old.iter().filter(|s| !new_files.contains(&s.identity)).map(|share| (share, 1));
    let is_of_both =
        |share: &Share| old_inputs.contains(&share.input) && new_inputs.contains(&share.input);
    let mut late: BTreeMap<_, [u64; 2]> = BTreeMap::new();
    for (share, place) in added.chain(removed).filter(|(share, _)| is_of_both(share)) {
        for (day, rows) in &share.days {
            for settings in &pipeline.grains {
                let start = pipeline.calendar.period_start(settings.grain, Day(*day));
                let end = pipeline.calendar.next_start(settings.grain, start);
                if end <= before.as_of {
                    let key = (share.input.as_str(), settings.grain, start);
                    late.entry(key).or_default()[place] += rows;
                }
            }
        }
    }
    let mut rows = Vec::with_capacity(late.len());
    for ((input, grain, period), [rows_added, rows_removed]) in late {
        let (input, grain) = (input.to_owned(), grain.name().to_owned());
        rows.push(LateRows { input, grain, period, rows_added, rows_removed });
    }
    rows
}

/// Rows by the month of their day, such as `2024-01`.
pub(crate) fn by_month(days: &[(i32, u64)]) -> BTreeMap<String, u64> {
    let mut months = BTreeMap::new();
    for (day, rows) in days {
        let month = Day(*day).date().format("%Y-%m").to_string();
        *months.entry(month).or_default() += rows;
    }
    months
}
