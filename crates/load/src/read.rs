//! The main scan.

use std::collections::BTreeMap;
use std::panic;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Scope, ScopedJoinHandle};

use polars::prelude::DataFrame;

use crate::batch::{Batcher, Origin, Selection};
use crate::codes::Dictionaries;
use crate::columns::Reason;
use crate::columns::text::Dictionary;
use crate::columns::time::Now;
use crate::contract::Opened;
use crate::error::LoadError;
use crate::frame::{Rows, stream};
use crate::quiet::QUERY_THREAD;
use crate::sink::{FileReport, LoadReport, Sink};
use crate::source::Needs;

impl Opened {
    /// Reads every file once and hands its accepted rows to sinks: one for each of `threads`
    /// threads, made by `new_sink` and given back at the end. As many queries run at the same time,
    /// each over some row groups of one file, so that memory does not grow with the input (unless
    /// `deduplicate` is set). `now` is the moment of the run in microseconds since 1970-01-01 UTC.
    /// `progress` is told of rows that are done with, which in the end add up to those of all files.
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
        let selection = Selection::new(self, needs, |_| true);
        let dictionaries = Dictionaries::new(self);
        let passing = if self.source.deduplicate { Some(self.passing()?) } else { None };
        let run = Run {
            input: self,
            selection: &selection,
            dictionaries: &dictionaries,
            now: Now::new(now, &self.zone),
            queries: self.queries(),
            next: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
            failure: Mutex::new(None),
            progress,
        };
        let whole: u64 = self.files.iter().map(|file| file.rows).sum();
        progress(whole - run.queries.iter().map(|query| self.rows(query)).sum::<u64>());
        let (tally, sinks) = run.all(threads.max(1), new_sink)?;
        for file in &self.files {
            if file.changed()? {
                return Err(LoadError::FileChanged { path: file.path.clone() });
            }
        }
        let mut files = Vec::with_capacity(self.files.len());
        for (index, file) in self.files.iter().enumerate() {
            let (kept, rejected) = (tally.kept[index], tally.rejected[index]);
            let passing = passing.as_ref().map_or(kept + rejected, |passing| passing[index]);
            files.push(FileReport {
                rows: file.rows,
                filtered: file.rows.saturating_sub(passing),
                duplicates: passing.saturating_sub(kept + rejected),
                rejected,
            });
        }
        let Dictionaries { segments, reasons } = dictionaries;
        let report = LoadReport {
            files,
            rejected: tally.reasons,
            segment_values: segments.into_iter().map(Dictionary::into_texts).collect(),
            reasons: reasons.into_texts(),
            needs,
            now,
        };
        Ok((report, sinks))
    }
}

/// Rows of each file.
struct Tally {
    kept: Vec<u64>,
    rejected: Vec<u64>,
    reasons: BTreeMap<&'static str, u64>,
}

impl Tally {
    fn new(files: usize) -> Self {
        Self { kept: vec![0; files], rejected: vec![0; files], reasons: BTreeMap::new() }
    }

    fn merge(&mut self, other: &Self) {
        for (sum, n) in self.kept.iter_mut().zip(&other.kept) {
            *sum += n;
        }
        for (sum, n) in self.rejected.iter_mut().zip(&other.rejected) {
            *sum += n;
        }
        for (reason, n) in &other.reasons {
            *self.reasons.entry(reason).or_default() += n;
        }
    }

    fn add(&mut self, frame: &DataFrame, query: &Rows, batcher: &Batcher<'_>) {
        let origin = Origin::new(query, frame);
        if let Rows::Piece(file, _) = query {
            self.kept[*file] += frame.height() as u64;
        } else {
            (0..frame.height()).for_each(|row| self.kept[origin.file(row)] += 1);
        }
        for (row, reason) in batcher.flaws.iter() {
            self.kept[origin.file(row)] -= 1;
            self.rejected[origin.file(row)] += 1;
            *self.reasons.entry(Reason::name(reason)).or_default() += 1;
        }
    }
}

/// A frame and the query that it comes from.
type Handed = (usize, DataFrame);

struct Run<'a> {
    input: &'a Opened,
    selection: &'a Selection,
    dictionaries: &'a Dictionaries,
    now: Now,
    queries: Vec<Rows>,
    next: AtomicUsize,
    failed: AtomicBool,
    failure: Mutex<Option<LoadError>>,
    progress: &'a (dyn Fn(u64) + Sync),
}

impl Run<'_> {
    /// Queries on some threads, sinks on as many others, and a frame at a time between them.
    fn all<S: Sink>(
        &self,
        threads: usize,
        new_sink: &(dyn Fn() -> S + Sync),
    ) -> Result<(Tally, Vec<S>), LoadError> {
        let mut tally = Tally::new(self.input.files.len());
        let mut sinks = Vec::with_capacity(threads);
        thread::scope(|scope| {
            let (sender, receiver) = sync_channel(0);
            let receiver = Arc::new(Mutex::new(receiver));
            for _ in 0..threads.min(self.queries.len()) {
                let sender = sender.clone();
                start(scope, QUERY_THREAD, move || self.query(&sender));
            }
            drop(sender);
            let readers: Vec<ScopedJoinHandle<'_, _>> = (0..threads)
                .map(|_| {
                    let receiver = Arc::clone(&receiver);
                    start(scope, "kohort-reader", move || self.receive(&receiver, new_sink()))
                })
                .collect();
            // The queries end when no reader is left to take their frames.
            drop(receiver);
            for reader in readers {
                let (part, sink) =
                    reader.join().unwrap_or_else(|panic| panic::resume_unwind(panic));
                tally.merge(&part);
                sinks.push(sink);
            }
        });
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take();
        failure.map_or(Ok((tally, sinks)), Err)
    }

    /// Runs queries as long as there are any.
    fn query(&self, sender: &SyncSender<Handed>) {
        while !self.failed.load(Ordering::Relaxed) {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(rows) = self.queries.get(index) else { return };
            let handed = Arc::new(AtomicU64::new(0));
            let (count, sender) = (Arc::clone(&handed), sender.clone());
            let result = self.input.query(rows, self.selection).and_then(|query| {
                stream(query, false, move |frame| {
                    count.fetch_add(frame.height() as u64, Ordering::Relaxed);
                    sender.send((index, frame)).is_ok()
                })
            });
            let total = self.input.rows(rows);
            match result {
                Ok(()) => (self.progress)(total.saturating_sub(handed.load(Ordering::Relaxed))),
                Err(reason) => {
                    let file = if let Rows::Piece(file, _) = rows { *file } else { 0 };
                    self.fail(self.input.failed(file, reason));
                }
            }
        }
    }

    /// Takes frames as long as there are any.
    fn receive<S: Sink>(&self, receiver: &Mutex<Receiver<Handed>>, mut sink: S) -> (Tally, S) {
        let mut batcher = Batcher::new(self.input, self.selection, self.dictionaries, self.now);
        let mut tally = Tally::new(self.input.files.len());
        let next = || receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        while let Ok((index, mut frame)) = next() {
            if self.failed.load(Ordering::Relaxed) {
                break;
            }
            let query = &self.queries[index];
            match batcher.push(&mut frame, query, &mut sink) {
                Ok(()) => tally.add(&frame, query, &batcher),
                Err(error) => {
                    self.fail(error);
                    break;
                }
            }
            (self.progress)(frame.height() as u64);
        }
        (tally, sink)
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
