//! One query over a file: some columns of some row groups, as frames.
//!
//! There are two readers. The engine decodes several columns at a time, and a row group as a whole.
//! What it can't decode, and row groups that are too large to be decoded as a whole, are left to the
//! second reader, which goes from page to page. Both get a footer of their own ([`written`]) and
//! pages that were read from the file before: a file that is cut meanwhile is an error, not a signal.

use std::collections::BTreeSet;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use kohort_store::StoreError;
use polars::prelude::{
    Column as FrameColumn, DataFrame, Expr, Int64Chunked, IntoColumn, IntoLazy, IntoSeries,
    PlSmallStr, PolarsError, PolarsResult, Series,
};

mod convert;
mod engine;
mod meta;
mod pages;
mod run;
mod second;
mod skip;
mod source;
#[cfg(test)]
mod tests;
mod thrift;
mod types;
mod written;

use crate::error::{LoadError, ReaderText};
use crate::footer::Footer;
use crate::quiet::quietly;
use engine::Steps;
pub(crate) use meta::Meta;
use meta::{Chunk, Column};
use pages::Needs;
use run::{Run, batch};
use second::{BATCH, Frames};
pub(crate) use source::Source;
use source::{Fetched, Paged, Pages};
use types::Form;

/// Rows of row groups that are fetched together where they are small.
const RUN_ROWS: u64 = 1 << 19;
/// The same where whoever asks decodes them: bytes that were just fetched are then still in a core's caches.
const DIRECT_RUN_ROWS: u64 = 1 << 16;
/// A row group of more rows, or of more bytes in the columns that are needed, is read page by page.
const LARGE_ROWS: u64 = 4 << 20;
const LARGE_BYTES: u64 = 512 << 20;
// Rows and bytes of the largest row group that is decoded as a whole, and whether the engine may do
// that; tests have the second reader do what the engine could.
#[cfg(test)]
thread_local! {
    static LIMITS: std::cell::Cell<(u64, u64, bool)> =
        const { std::cell::Cell::new((LARGE_ROWS, LARGE_BYTES, true)) };
}

#[cfg(test)]
fn limits() -> (u64, u64, bool) {
    LIMITS.get()
}

#[cfg(not(test))]
fn limits() -> (u64, u64, bool) {
    (LARGE_ROWS, LARGE_BYTES, true)
}

/// Why a file could not be read to its end.
#[derive(Debug)]
pub(crate) enum ScanError {
    /// The system does not hand it out.
    Io(io::Error),
    /// It is no longer what it was when it was opened.
    Changed,
    /// Values that are not what the writer wrote.
    Damaged { column: String, row_group: usize, reason: String },
    /// Values that are stored where or how nothing here can read them.
    Unreadable { column: String, row_group: usize, reason: String },
    /// An object store does not hand it out.
    Store(StoreError),
    /// Anything else, in words.
    Failed(String),
}

impl ScanError {
    /// As an error of the file.
    pub fn of(self, path: &Path) -> LoadError {
        let path = path.to_owned();
        match self {
            Self::Io(source) => LoadError::Io { path, source },
            Self::Changed => LoadError::FileChanged { path },
            Self::Damaged { column, row_group, reason } => {
                LoadError::Damaged { path, column, row_group, reason: ReaderText(reason) }
            }
            Self::Unreadable { column, row_group, reason } => {
                LoadError::Unreadable { path, column, row_group, reason }
            }
            Self::Store(error) => error.into(),
            Self::Failed(reason) => LoadError::Read { path, reason },
        }
    }
}

impl From<StoreError> for ScanError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Changed { .. } => Self::Changed,
            error => Self::Store(error),
        }
    }
}

/// A query over a file.
#[derive(Clone, Debug)]
pub(crate) struct Scan<'a> {
    /// The file's footer.
    pub footer: &'a Footer,
    /// Where it lies; the text of its URL where that is an object.
    pub path: &'a Path,
    /// Which rows, as [`Footer::pieces`] gives them; without it all.
    pub piece: Option<Range<u64>>,
    /// The columns of the frames, all of them of [`Footer::columns`].
    pub needed: BTreeSet<PlSmallStr>,
    /// Which rows are handed over: comparisons of a column and a literal of its type, with AND and OR.
    pub filter: Option<Expr>,
    /// Name and first value of a column of 64-bit integers that numbers the rows before the filter.
    pub place: Option<(PlSmallStr, i64)>,
}

/// Takes frames; whether more is wanted.
type Receive<'h> = Box<dyn Fn(DataFrame) -> bool + Send + Sync + 'h>;

/// What becomes of the frames of either reader on their way to whoever asked.
struct Hand<'h> {
    /// Name and form of each column of the frames, in their order.
    columns: Vec<(PlSmallStr, Form)>,
    place: Option<PlSmallStr>,
    /// What has to wait until columns are what they stand for.
    filter: Option<Expr>,
    /// How many of the columns are handed over: the others are there for the filter.
    width: usize,
    receive: Receive<'h>,
    /// The receiver has enough.
    is_done: AtomicBool,
    /// Any frame was handed over of the row groups at hand.
    has_begun: AtomicBool,
}

impl Hand<'_> {
    /// Completes a frame and hands it over; whether more is wanted.
    fn over(&self, frame: &DataFrame) -> PolarsResult<bool> {
        self.has_begun.store(true, Ordering::Relaxed);
        if self.is_done() {
            return Ok(false);
        }
        let frame = self.completed(frame)?;
        Ok(frame.height() == 0 || self.receive(frame))
    }

    /// A frame with the columns that were asked for, of the rows that the filter lets through.
    fn completed(&self, frame: &DataFrame) -> PolarsResult<DataFrame> {
        let height = frame.height();
        let column = |(name, form): &(PlSmallStr, Form)| {
            if *form == Form::Null {
                return Ok(Series::new_null(name.clone(), height).into_column());
            }
            convert::finished(frame.column(name)?, *form)
        };
        let columns = self.columns.iter().map(column);
        let place = self.place.iter().map(|place| frame.column(place).cloned());
        let columns = columns.chain(place).collect::<PolarsResult<Vec<FrameColumn>>>()?;
        let mut frame = DataFrame::new(height, columns)?;
        if let Some(filter) = &self.filter {
            frame = frame.lazy().filter(filter.clone()).collect()?;
        }
        if self.width == self.columns.len() {
            return Ok(frame);
        }
        let (height, mut columns) = (frame.height(), frame.into_columns());
        columns.drain(self.width..self.columns.len());
        DataFrame::new(height, columns)
    }

    fn receive(&self, frame: DataFrame) -> bool {
        let more = (self.receive)(frame);
        if !more {
            self.is_done.store(true, Ordering::Relaxed);
        }
        more
    }

    fn is_done(&self) -> bool {
        self.is_done.load(Ordering::Relaxed)
    }
}

/// A query whose columns were found.
struct Query<'a, 'h> {
    /// Those that are decoded, by their places in the footer.
    places: Vec<usize>,
    columns: Vec<&'a Column>,
    /// What the readers filter by.
    filter: Option<Expr>,
    hand: Arc<Hand<'h>>,
    /// The most rows of a frame of the second reader.
    batch: usize,
}

/// Row groups whose pages were fetched and looked at.
struct Ready<'a> {
    /// By row group, those of the columns that are decoded.
    chunks: Vec<Vec<&'a Chunk>>,
    fetched: Fetched,
    /// Who can decode them.
    needs: Needs,
    /// Of each column whether it has few texts, all in dictionaries.
    few: Vec<bool>,
}

impl Scan<'_> {
    /// Hands over frames, one after the other, until the receiver has enough: the needed columns by
    /// name, then that of the places; without either, frames of the right height. `ordered` says
    /// whether they come in the order of the file.
    ///
    /// Blocks; the receiver is called on other threads.
    ///
    /// # Errors
    /// See [`ScanError`]; frames may have been handed over before.
    pub fn stream(
        &self,
        ordered: bool,
        receive: impl Fn(DataFrame) -> bool + Send + Sync + 'static,
    ) -> Result<(), ScanError> {
        let query = self.query(BATCH, Box::new(receive))?;
        self.each_run(&query, RUN_ROWS, |run, source| self.run(run, &query, source, ordered))
    }

    /// As [`Scan::stream`], in the order of the file and on this thread: frames of at most `batch` rows, so
    /// that what is made of them stays in a core's caches.
    ///
    /// # Errors
    /// As [`Scan::stream`].
    pub fn read(
        &self,
        batch: usize,
        receive: impl Fn(DataFrame) -> bool + Send + Sync,
    ) -> Result<(), ScanError> {
        let query = self.query(batch, Box::new(receive))?;
        self.each_run(&query, DIRECT_RUN_ROWS, |run, source| {
            let Some(Ready { chunks, fetched, few, .. }) = self.ready(run, &query, source)? else {
                return Ok(());
            };
            match self.second(run, &query, (&chunks, &few), fetched) {
                Err(reason) if !query.hand.is_done() => {
                    let tried = (Needs::Second, reason);
                    self.explained(run, &query, &chunks, source, tried)
                }
                _ => Ok(()),
            }
        })
    }

    /// Reads the row groups that are left to read, some at a time.
    fn each_run(
        &self,
        query: &Query<'_, '_>,
        run_rows: u64,
        mut read: impl FnMut(&Run<'_>, &mut Source) -> Result<(), ScanError>,
    ) -> Result<(), ScanError> {
        let groups = self.footer.groups(self.piece.as_ref());
        let mut source = None;
        for run in self.runs(groups, run_rows) {
            if query.hand.is_done() {
                break;
            }
            if query.columns.is_empty() {
                self.heights(&run, query)?;
                continue;
            }
            let source: &mut Source = match &mut source {
                Some(source) => source,
                none => none.insert(self.footer.source(self.path)?),
            };
            read(&run, source)?;
        }
        Ok(())
    }

    fn query<'h>(&self, batch: usize, receive: Receive<'h>) -> Result<Query<'_, 'h>, ScanError> {
        let meta = &self.footer.meta;
        let find = |name: &PlSmallStr| {
            let place = meta.find(name);
            place.ok_or_else(|| {
                ScanError::Failed(format!("it has no column {name:?} that can be read"))
            })
        };
        let needed = self.needed.iter().map(find).collect::<Result<Vec<_>, _>>()?;
        let roots: BTreeSet<PlSmallStr> =
            self.filter.iter().flat_map(IntoIterator::into_iter).filter_map(column_name).collect();
        let roots = roots.iter().map(find).collect::<Result<Vec<_>, _>>()?;
        // The engine has these only as bytes, or not at all.
        let waits = roots.iter().any(|place| {
            let form = meta.columns[*place].form;
            form.is_converted() || form == Form::Null
        });
        let mut all = needed.clone();
        all.extend(roots.iter().filter(|place| !needed.contains(place)));
        let kept: Vec<usize> = if waits { all.clone() } else { needed };
        let places: Vec<usize> =
            all.into_iter().filter(|place| meta.columns[*place].form != Form::Null).collect();
        let form_of =
            |place: &usize| (meta.columns[*place].name.clone(), meta.columns[*place].form);
        let (early, late) =
            if waits { (None, self.filter.clone()) } else { (self.filter.clone(), None) };
        Ok(Query {
            columns: places.iter().map(|place| &meta.columns[*place]).collect(),
            places,
            filter: early,
            hand: Arc::new(Hand {
                columns: kept.iter().map(form_of).collect(),
                place: self.place.as_ref().map(|(name, _)| name.clone()),
                filter: late,
                width: self.needed.len(),
                receive,
                is_done: AtomicBool::new(false),
                has_begun: AtomicBool::new(false),
            }),
            batch,
        })
    }

    /// The row groups of a range, without those that the filter rules out, some at a time.
    fn runs(&self, range: Range<usize>, most: u64) -> Vec<Run<'_>> {
        let meta = &self.footer.meta;
        let (mut runs, mut before) = (Vec::<Run<'_>>::new(), 0);
        for number in range {
            let group = &meta.groups[number];
            let is_out =
                self.filter.as_ref().is_some_and(|filter| skip::rules_out(filter, meta, group));
            if group.rows > 0 && !is_out {
                match runs.last_mut() {
                    Some(run)
                        if run.first + run.groups.len() == number
                            && run.rows() + group.rows <= most =>
                    {
                        run.groups = &meta.groups[run.first..=number];
                    }
                    _ => runs.push(Run {
                        first: number,
                        groups: &meta.groups[number..=number],
                        before,
                    }),
                }
            }
            before += group.rows;
        }
        runs
    }

    /// Frames without a column that is read.
    fn heights(&self, run: &Run<'_>, query: &Query<'_, '_>) -> Result<(), ScanError> {
        let failed = |error: PolarsError| ScanError::Failed(error.to_string());
        let mut done = 0;
        while done < run.rows() {
            let height = (run.rows() - done).min(RUN_ROWS);
            let frame = DataFrame::empty_with_height(usize::try_from(height).unwrap_or_default());
            let frame = self.placed(frame, run.before + done).map_err(failed)?;
            done += height;
            if !query.hand.over(&frame).map_err(failed)? {
                break;
            }
        }
        Ok(())
    }

    /// With the column of places, the first of which is so many rows behind the first.
    fn placed(&self, mut frame: DataFrame, rows: u64) -> PolarsResult<DataFrame> {
        if let Some((name, first)) = &self.place {
            let first = first.wrapping_add(rows.cast_signed());
            let places =
                (0..frame.height() as u64).map(|row| first.wrapping_add(row.cast_signed()));
            let places = Int64Chunked::from_vec(name.clone(), places.collect());
            frame.with_column(places.into_series().into_column())?;
        }
        Ok(frame)
    }

    /// Fetches the pages of row groups and looks at them; `None` where they are so large that they were read
    /// page by page.
    fn ready<'r>(
        &self,
        run: &Run<'r>,
        query: &Query<'_, '_>,
        source: &mut Source,
    ) -> Result<Option<Ready<'r>>, ScanError> {
        let chunks = run.chunks(query)?;
        let unpacked = |chunks: &Vec<&Chunk>| {
            chunks.iter().fold(0, |sum: u64, c| sum.saturating_add(c.unpacked))
        };
        let (most_rows, most_bytes, _) = limits();
        let is_large = chunks.iter().any(|chunks| unpacked(chunks) > most_bytes)
            || run.groups.iter().any(|group| group.rows > most_rows);
        if is_large {
            self.paged(run, query, &chunks)?;
            return Ok(None);
        }
        let ranges = chunks.iter().flatten().map(|chunk| chunk.bytes.clone()).collect();
        let fetched = source.fetch(ranges)?;
        let (needs, few) = run.check(query, &chunks, &fetched)?;
        query.hand.has_begun.store(false, Ordering::Relaxed);
        Ok(Some(Ready { chunks, fetched, needs, few }))
    }

    fn run(
        &self,
        run: &Run<'_>,
        query: &Query<'_, 'static>,
        source: &mut Source,
        ordered: bool,
    ) -> Result<(), ScanError> {
        let Some(Ready { chunks, fetched, needs, few }) = self.ready(run, query, source)? else {
            return Ok(());
        };
        let (.., may_engine) = limits();
        let read = if needs == Needs::Engine && may_engine {
            let footer =
                run.footer(written::Reader::Engine, query, &chunks, &|old| fetched.place(old));
            let place = self.place.clone();
            let place =
                place.map(|(name, first)| (name, first.wrapping_add(run.before.cast_signed())));
            let steps = Steps { place, filter: query.filter.clone() };
            let hand = Arc::clone(&query.hand);
            quietly(|| engine::read(footer, fetched.bytes, &steps, ordered, move |f| hand.over(&f)))
        } else {
            self.second(run, query, (&chunks, &few), fetched)
        };
        match read {
            Err(reason) if !query.hand.is_done() => {
                self.explained(run, query, &chunks, source, (needs, reason))
            }
            _ => Ok(()),
        }
    }

    /// Reads row groups with the second reader from pages that were fetched.
    fn second(
        &self,
        run: &Run<'_>,
        query: &Query<'_, '_>,
        (chunks, few): (&[Vec<&Chunk>], &[bool]),
        fetched: Fetched,
    ) -> Result<(), String> {
        let footer = run.footer(written::Reader::Second, query, chunks, &|old| fetched.place(old));
        let mut hand = self.handing(run, query);
        let rows = batch(run.rows(), chunks).min(query.batch);
        let frames = Frames { columns: &query.columns, few, rows };
        second::read(&footer, Bytes::from(fetched.bytes), &frames, &mut hand)
    }

    /// What the second reader does with its frames.
    fn handing<'a>(
        &'a self,
        run: &'a Run<'_>,
        query: &'a Query<'_, '_>,
    ) -> impl FnMut(DataFrame) -> Result<bool, String> + 'a {
        let mut done = run.before;
        move |frame| {
            let rows = frame.height() as u64;
            let filtered = quietly(|| {
                let placed = self.placed(frame, done)?;
                let filtered = match &query.filter {
                    Some(filter) => placed.lazy().filter(filter.clone()).collect()?,
                    None => placed,
                };
                query.hand.completed(&filtered)
            });
            done += rows;
            query.hand.has_begun.store(true, Ordering::Relaxed);
            // What receives it is no part of the reader, nor are its panics.
            filtered.map(|frame| frame.height() == 0 || query.hand.receive(frame))
        }
    }

    /// Reads a large row group page by page.
    fn paged(
        &self,
        run: &Run<'_>,
        query: &Query<'_, '_>,
        chunks: &[Vec<&Chunk>],
    ) -> Result<(), ScanError> {
        for (number, (group, chunks)) in run.groups.iter().zip(chunks).enumerate() {
            for (chunk, column) in chunks.iter().zip(&query.columns) {
                pages::of_chunk(chunk, column, group.rows)
                    .map_err(|trouble| run.trouble(number, column, trouble))?;
            }
        }
        let source = Arc::new(self.footer.source(self.path)?);
        let size = source.size()?;
        let pages = |columns: usize| Pages(Paged::new(Arc::clone(&source), size, columns));
        let footer = run.footer(written::Reader::Second, query, chunks, &|old| old);
        let mut hand = self.handing(run, query);
        let rows = batch(run.rows(), chunks).min(query.batch);
        let few = vec![false; query.columns.len()];
        let frames = Frames { columns: &query.columns, few: &few, rows };
        let read = second::read(&footer, pages(query.columns.len()), &frames, &mut hand);
        match (read, source.lost()) {
            (Ok(()), _) => Ok(()),
            (Err(_), _) if query.hand.is_done() => Ok(()),
            (Err(_), Some(error)) => Err(error),
            (Err(reason), None) => {
                let damage = run.damage(query, chunks, &|old| old, &|| pages(1));
                Err(damage.unwrap_or(ScanError::Failed(reason)))
            }
        }
    }

    /// What a failure of a reader means: damage in some column, or that the other reader is needed.
    fn explained(
        &self,
        run: &Run<'_>,
        query: &Query<'_, '_>,
        chunks: &[Vec<&Chunk>],
        source: &mut Source,
        (tried, reason): (Needs, String),
    ) -> Result<(), ScanError> {
        let ranges = chunks.iter().flatten().map(|chunk| chunk.bytes.clone()).collect();
        let mut fetched = source.fetch(ranges)?;
        let bytes = Bytes::from(std::mem::take(&mut fetched.bytes));
        if let Some(damage) =
            run.damage(query, chunks, &|old| fetched.place(old), &|| bytes.clone())
        {
            return Err(damage);
        }
        if tried == Needs::Second || query.hand.has_begun.load(Ordering::Relaxed) {
            return Err(ScanError::Failed(reason));
        }
        fetched.bytes = bytes.into();
        let few = vec![false; query.columns.len()];
        self.second(run, query, (chunks, &few), fetched).map_err(ScanError::Failed)
    }
}

/// The column that a part of a filter is.
fn column_name(part: &Expr) -> Option<PlSmallStr> {
    match part {
        Expr::Column(name) => Some(name.clone()),
        _ => None,
    }
}
