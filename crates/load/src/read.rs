//! The main scan.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::error::Error;
use std::panic;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Scope, ScopedJoinHandle};

use kohort_expr::UnknownKeys;
use kohort_model::{Day, EventBatch};
use polars::prelude::DataFrame;

use crate::batch::{Batcher, Selection, Taken};
use crate::codes::Texts;
use crate::columns::Reason;
use crate::columns::time::Now;
use crate::contract::Opened;
use crate::days_seen::DaysSeen;
use crate::distinct::Firsts;
use crate::error::LoadError;
use crate::files::SourceFile;
use crate::frame::Rows;
use crate::quiet::QUERY_THREAD;
use crate::scan::ScanError;
use crate::sink::{FileReport, LoadReport, Sink};
use crate::source::Needs;
use crate::texts_seen::{self, TextsSeen};

/// Rows of a frame that is made of the pages right before it is taken: few enough for what is made of it to
/// stay in a core's second cache.
const DIRECT_ROWS: usize = 1 << 13;

/// What is to be read of an input, and who is told.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// What is needed beside the least.
    pub needs: Needs,
    /// The moment of the run in microseconds since 1970-01-01 UTC.
    pub now: i64,
    /// How many queries and how many sinks are at work at the same time.
    pub threads: usize,
    /// Bytes that the run may take; `None` without a limit.
    pub memory_limit: Option<u64>,
    /// What is known of parts that are not to be read, by part; what is not in the list is read.
    pub known: &'a [Option<Vec<FileReport>>],
    /// The texts behind codes, those of known parts among them.
    pub texts: &'a Texts,
    /// Told of rows that are done with, which in the end add up to those of all files.
    pub progress: &'a (dyn Fn(u64) + Sync),
    /// Told, by any thread, of each part that was read, once all of its rows are with the sinks, with
    /// the reports of its files.
    pub done: &'a PartDone<'a>,
}

/// See [`Reading::done`].
pub type PartDone<'a> =
    dyn Fn(usize, &[FileReport]) -> Result<(), Box<dyn Error + Send + Sync>> + Sync + 'a;

impl Opened {
    /// Reads every file once and hands its accepted rows to sinks: one for each of `threads`
    /// threads, made by `new_sink` and given back at the end; see [`Opened::read_parts`].
    ///
    /// # Errors
    /// The first that any file or sink has; see [`LoadError`].
    pub fn read<S: Sink>(
        &self,
        needs: Needs,
        now: i64,
        threads: usize,
        progress: &(dyn Fn(u64) + Sync),
        new_sink: &(dyn Fn() -> S + Sync),
    ) -> Result<(LoadReport, Vec<S>), LoadError> {
        let (texts, done) = (self.texts(), |_: usize, _: &[FileReport]| Ok(()));
        let reading = Reading {
            needs,
            now,
            threads,
            memory_limit: None,
            known: &[],
            texts: &texts,
            progress,
            done: &done,
        };
        let (files, sinks) = self.read_parts(&reading, new_sink)?;
        Ok((LoadReport::new(files, texts, needs, now), sinks))
    }

    /// Reads every part that is not known and hands its accepted rows to sinks: one for each of the
    /// threads, made by `new_sink` and given back at the end. As many queries run at the same time,
    /// each over some row groups of one file, so that memory does not grow with the input (unless
    /// `deduplicate` is set). Gives the reports of all files, in the order of [`Opened::files`].
    ///
    /// # Errors
    /// The first that any file or sink has; see [`LoadError`].
    pub fn read_parts<S: Sink>(
        &self,
        reading: &Reading<'_>,
        new_sink: &(dyn Fn() -> S + Sync),
    ) -> Result<(Vec<FileReport>, Vec<S>), LoadError> {
        let selection = Selection::new(self, reading.needs, |_| true);
        self.run(reading, &selection, &Task::Read(new_sink))
    }

    /// Counts the rows of the texts of which the pipeline names some, and reads no other columns than
    /// that takes: the reports are of nothing else. Of a reading only threads, limit and progress count.
    ///
    /// # Errors
    /// As [`Opened::read_parts`].
    pub fn count_texts(&self, reading: &Reading<'_>) -> Result<Vec<FileReport>, LoadError> {
        let is_watched = |role| self.watched.iter().any(|watched| watched.role == role);
        let needs = Needs { order_ids: false, instants: false, reasons: true };
        let selection = Selection::new(self, needs, is_watched);
        if selection.mappings.is_empty() {
            return Ok(Vec::new());
        }
        let reading = Reading { known: &[], done: &|_, _| Ok(()), ..*reading };
        self.run::<Nowhere>(&reading, &selection, &Task::Count).map(|(files, _)| files)
    }

    /// Runs the queries of the parts that are not known.
    fn run<S: Sink>(
        &self,
        reading: &Reading<'_>,
        selection: &Selection,
        task: &Task<'_, S>,
    ) -> Result<(Vec<FileReport>, Vec<S>), LoadError> {
        for lookup in self.lookups.used_by(std::slice::from_ref(self)) {
            lookup.read(reading.memory_limit)?;
        }
        let known = |part: usize| reading.known.get(part).and_then(Option::as_ref);
        let unread: Vec<usize> = (0..self.parts()).filter(|part| known(*part).is_none()).collect();
        let queries: Vec<_> = (self.queries().into_iter())
            .filter(|query| known(self.part_of(query.file)).is_none())
            .collect();
        let has_distinct = self.source.deduplicate && !unread.is_empty();
        let firsts = if has_distinct {
            self.check_distinct(reading.memory_limit)?;
            Some(self.firsts(reading.threads)?)
        } else {
            None
        };
        let mut open: Vec<_> = (0..self.parts()).map(|_| 0).collect();
        for query in &queries {
            open[self.part_of(query.file)] += 1;
        }
        let (direct, streamed) =
            (0..queries.len()).partition(|query| self.is_direct(&queries[*query], selection));
        let (direct, streamed) = (Queue::new(direct), Queue::new(streamed));
        let run = Run {
            input: self,
            selection,
            now: Now::new(reading.now, &self.zones.business),
            reading,
            queries,
            firsts,
            tallies: self.files.iter().map(|_| Mutex::default()).collect(),
            open: Arc::new(open.into_iter().map(AtomicUsize::new).collect()),
            direct,
            streamed,
            failed: AtomicBool::new(false),
            failure: Mutex::new(None),
        };
        let whole: u64 = self.files.iter().map(|file| file.rows).sum();
        let rows = run.queries.iter().map(|query| self.rows(query)).sum::<u64>();
        (reading.progress)(whole - rows);
        // Nothing will be heard of parts without a query.
        for part in unread.iter().filter(|part| run.open[**part].load(Ordering::Relaxed) == 0) {
            run.finish(*part);
        }
        let sinks = run.all(reading.threads.max(1), task)?;
        for part in &unread {
            if let Some(file) = self.changed_file(*part)? {
                return Err(LoadError::FileChanged { path: file.path.clone() });
            }
        }
        let reports = (0..self.parts()).flat_map(|part| match known(part) {
            Some(reports) => reports.clone(),
            None => run.reports(part),
        });
        Ok((reports.collect(), sinks))
    }

    /// The first file of a part that is no longer what it was.
    fn changed_file(&self, part: usize) -> Result<Option<&SourceFile>, LoadError> {
        for file in &self.files[self.files_of(part)] {
            if file.changed()? {
                return Ok(Some(file));
            }
        }
        Ok(None)
    }
}

/// What is done with the rows of a query.
enum Task<'a, S> {
    /// They are looked at, counted and handed to sinks, each made by this.
    Read(&'a (dyn Fn() -> S + Sync)),
    /// They are counted.
    Count,
}

/// The sink of rows that are only counted.
struct Nowhere;

impl Sink for Nowhere {
    type Error = Infallible;

    fn push(&mut self, _part: usize, _batch: &EventBatch<'_>) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Rows of one file so far.
#[derive(Default)]
struct Tally {
    kept: u64,
    duplicates: u64,
    rounded: u64,
    rejected: BTreeMap<&'static str, u64>,
    future: Option<i32>,
    /// Rows that fail each check; empty as long as none does.
    checks: Vec<u64>,
    texts: Vec<TextsSeen>,
    days: DaysSeen,
    unknown_keys: BTreeMap<String, UnknownKeys>,
}

/// What a thread makes of frames.
struct Reader<'a, S> {
    batcher: Batcher<'a>,
    /// None where rows are only counted.
    sink: Option<S>,
}

/// A frame and the query that it comes from.
type Handed = (usize, DataFrame);

/// Queries that are handed out one after the other.
struct Queue {
    queries: Vec<usize>,
    next: AtomicUsize,
}

impl Queue {
    fn new(queries: Vec<usize>) -> Self {
        Self { queries, next: AtomicUsize::new(0) }
    }

    fn next(&self) -> Option<usize> {
        self.queries.get(self.next.fetch_add(1, Ordering::Relaxed)).copied()
    }
}

struct Run<'a> {
    input: &'a Opened,
    selection: &'a Selection,
    now: Now,
    reading: &'a Reading<'a>,
    queries: Vec<Rows>,
    /// With `deduplicate` which rows count.
    firsts: Option<&'a Firsts>,
    /// By file.
    tallies: Vec<Mutex<Tally>>,
    /// By part: queries that are not at their end, and frames that are not with a sink.
    open: Arc<Vec<AtomicUsize>>,
    /// Queries that the threads of the sinks run themselves.
    direct: Queue,
    /// Those that the engine runs on threads of its own.
    streamed: Queue,
    failed: AtomicBool,
    failure: Mutex<Option<LoadError>>,
}

impl Run<'_> {
    /// Sinks on as many threads as there may be, each of which first runs queries itself, and then takes
    /// frames, one at a time, from those that run on other threads.
    fn all<S: Sink>(&self, threads: usize, task: &Task<'_, S>) -> Result<Vec<S>, LoadError> {
        let mut sinks = Vec::with_capacity(threads);
        thread::scope(|scope| {
            let (sender, receiver) = sync_channel(0);
            let receiver = Arc::new(Mutex::new(receiver));
            for _ in 0..threads.min(self.streamed.queries.len()) {
                let sender = sender.clone();
                start(scope, QUERY_THREAD, move || self.stream(&sender));
            }
            drop(sender);
            let readers: Vec<ScopedJoinHandle<'_, _>> = (0..threads)
                .map(|_| {
                    let receiver = Arc::clone(&receiver);
                    start(scope, "kohort-reader", move || self.read(&receiver, task))
                })
                .collect();
            // The queries end when no reader is left to take their frames.
            drop(receiver);
            for reader in readers {
                sinks.extend(reader.join().unwrap_or_else(|panic| panic::resume_unwind(panic)));
            }
        });
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take();
        failure.map_or(Ok(sinks), Err)
    }

    /// Runs queries as long as there are any, and sends their frames.
    fn stream(&self, sender: &SyncSender<Handed>) {
        while !self.has_failed()
            && let Some(index) = self.streamed.next()
        {
            let rows = &self.queries[index];
            let part = self.input.part_of(rows.file);
            let handed = Arc::new(AtomicU64::new(0));
            let (count, open, sender) =
                (Arc::clone(&handed), Arc::clone(&self.open), sender.clone());
            let result = self.input.scan(rows, self.selection).stream(false, move |frame| {
                count.fetch_add(frame.height() as u64, Ordering::Relaxed);
                open[part].fetch_add(1, Ordering::AcqRel);
                sender.send((index, frame)).is_ok()
            });
            self.end(index, result, handed.load(Ordering::Relaxed));
        }
    }

    /// Runs queries and takes frames as long as there are any.
    fn read<S: Sink>(&self, receiver: &Mutex<Receiver<Handed>>, task: &Task<'_, S>) -> Option<S> {
        let dictionaries = &self.reading.texts.dictionaries;
        let mut reader = Reader {
            batcher: Batcher::new(self.input, self.selection, dictionaries, self.now),
            sink: match task {
                Task::Read(new_sink) => Some(new_sink()),
                Task::Count => None,
            },
        };
        while !self.has_failed()
            && let Some(index) = self.direct.next()
        {
            let handed = AtomicU64::new(0);
            let own = Mutex::new(&mut reader);
            let scan = self.input.scan(&self.queries[index], self.selection);
            let result = scan.read(DIRECT_ROWS, |frame| {
                handed.fetch_add(frame.height() as u64, Ordering::Relaxed);
                self.take(index, frame, &mut own.lock().unwrap_or_else(PoisonError::into_inner))
            });
            self.end(index, result, handed.into_inner());
        }
        let next = || receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        while let Ok((index, frame)) = next() {
            if !self.take(index, frame, &mut reader) {
                break;
            }
            self.close(self.input.part_of(self.queries[index].file));
        }
        reader.sink
    }

    /// Hands a frame of a query on; whether more is wanted.
    fn take<S: Sink>(&self, index: usize, frame: DataFrame, reader: &mut Reader<'_, S>) -> bool {
        if self.has_failed() {
            return false;
        }
        let Reader { batcher, sink } = reader;
        let (query, rows) = (&self.queries[index], frame.height() as u64);
        let taken = match sink {
            Some(sink) => batcher.push(frame, query, self.firsts, sink),
            None => batcher.look(frame, query, self.firsts),
        };
        match taken {
            Ok(taken) => self.count(&taken, query.file, batcher),
            Err(error) => {
                self.fail(error);
                return false;
            }
        }
        (self.reading.progress)(rows);
        true
    }

    /// A query is at its end, after so many rows that it handed over.
    fn end(&self, index: usize, result: Result<(), ScanError>, handed: u64) {
        let rows = &self.queries[index];
        match result {
            Ok(()) => {
                (self.reading.progress)(self.input.rows(rows).saturating_sub(handed));
                self.close(self.input.part_of(rows.file));
            }
            Err(error) => self.fail(self.input.failed(rows.file, error)),
        }
    }

    fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// Adds up what became of a frame's rows.
    fn count(&self, taken: &Taken, file: usize, batcher: &Batcher<'_>) {
        let texts = texts_seen::count(&taken.columns(self.selection, self.input));
        let mut tally = self.tallies[file].lock().unwrap_or_else(PoisonError::into_inner);
        texts_seen::add_all(&mut tally.texts, &texts);
        tally.days.merge(&batcher.days);
        for (lookup, keys) in &taken.unknown_keys {
            tally.unknown_keys.entry(lookup.clone()).or_default().merge(keys);
        }
        tally.kept += taken.rows() as u64;
        tally.duplicates += taken.duplicates;
        tally.rounded += taken.rounded;
        for (_, flaw) in batcher.flaws.iter() {
            tally.kept -= 1;
            *tally.rejected.entry(flaw.name(self.input.source.spec)).or_default() += 1;
            if flaw.reason == Reason::InFuture {
                // That of the whole frame, which is no later.
                tally.future = tally.future.into_iter().chain(batcher.flaws.future()).min();
            }
        }
        tally.checks.resize(self.input.source.checks.len(), 0);
        batcher.checked(taken, &mut |check, rows| tally.checks[check] += rows);
    }

    /// A query or a frame of a part is done with; whoever is last tells.
    fn close(&self, part: usize) {
        let was_last = self.open[part].fetch_sub(1, Ordering::AcqRel) == 1;
        if was_last && !self.has_failed() {
            self.finish(part);
        }
    }

    fn finish(&self, part: usize) {
        if let Err(error) = (self.reading.done)(part, &self.reports(part)) {
            self.fail(LoadError::Sink(error));
        }
    }

    /// The reports of a part's files, all of whose rows were counted.
    fn reports(&self, part: usize) -> Vec<FileReport> {
        let report = |file: usize| {
            let tally = self.tallies[file].lock().unwrap_or_else(PoisonError::into_inner);
            let rejected: u64 = tally.rejected.values().sum();
            let passing = tally.kept + rejected + tally.duplicates;
            let rows = self.input.files[file].rows;
            // Queries stand in the order of the files.
            let is_read = self.queries.binary_search_by_key(&file, |query| query.file).is_ok();
            FileReport {
                rows,
                read: if is_read { rows } else { 0 },
                filtered: rows.saturating_sub(passing),
                duplicates: tally.duplicates,
                rounded: tally.rounded,
                rejected: tally.rejected.iter().map(|(r, n)| ((*r).to_owned(), *n)).collect(),
                future: tally.future.map(Day),
                checks: (0..self.input.source.checks.len())
                    .map(|check| tally.checks.get(check).copied().unwrap_or_default())
                    .collect(),
                texts: tally.texts.clone(),
                days: tally.days.clone(),
                unknown_keys: tally.unknown_keys.clone(),
            }
        };
        self.input.files_of(part).map(report).collect()
    }

    fn fail(&self, error: LoadError) {
        self.failed.store(true, Ordering::Relaxed);
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }
}

/// Starts a named thread.
pub(crate) fn start<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    run: impl FnOnce() -> T + Send + 'scope,
) -> ScopedJoinHandle<'scope, T> {
    // As thread::spawn: without threads there is nothing to go on with.
    let builder = thread::Builder::new().name(name.to_owned());
    builder.spawn_scoped(scope, run).expect("the system gives threads")
}
