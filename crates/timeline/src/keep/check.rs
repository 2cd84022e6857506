//! The border for rows of a block: what is indexed, counted or allocated by them later is looked at
//! here, once.

use std::ops::RangeInclusive;

use kohort_inputs::spec;
use kohort_model::{Cause, Day, IdSpace, Input, Kind, NEVER, NO_SCORE, UNDATED, ValueKind};

use super::block::dated_texts;
use crate::chunk::{Chunk, PackedColumn, ordered, signed};
use crate::ids::LARGEST_REST;
use crate::layout::{CUSTOMER, Cell, Columns, DAY, DAY_MICROS, KeyType, Layout, Stream};
use crate::shared::{Seen, Totals, extend, first_of};
use crate::stages::STAGE_ROWS;

/// Rows of a block: more than any reader hands on at once.
const MOST_ROWS: usize = 1 << 24;
/// The highest score of an answer.
const HIGHEST_SCORE: u64 = 10;
/// The days of rows.
const DAYS: RangeInclusive<Day> = Day::MIN..=Day::MAX;

/// Looks at the rows of a block, and adds up what a lane would have seen of them.
pub(super) struct Inspector<'a> {
    layout: &'a Layout,
    input: Input,
    totals: &'a Totals,
    /// By column of texts the largest code; `None` where there is no text.
    last_codes: Vec<Option<u32>>,
    rows: usize,
    seen: Seen,
    first_days: Vec<Day>,
    /// The values of a column of one chunk, and of another.
    words: [Vec<u64>; 3],
}

/// Goes on where `holds`.
fn check(holds: bool) -> Option<()> {
    holds.then_some(())
}

impl<'a> Inspector<'a> {
    /// For rows of `input` with `texts` behind their codes; `None` where the texts are of other columns.
    pub fn new(
        layout: &'a Layout,
        input: Input,
        totals: &'a Totals,
        texts: &[Vec<(u32, &str)>],
    ) -> Option<Self> {
        let spec = spec(input);
        let segments = if spec.is_history { layout.segments } else { 0 };
        check(texts.len() == spec.texts().count() + segments)?;
        let last_codes = texts.iter().map(|texts| texts.last().map(|(code, _)| *code));
        Some(Self {
            layout,
            input,
            totals,
            last_codes: last_codes.collect(),
            rows: 0,
            seen: Seen::default(),
            first_days: Vec::new(),
            words: Default::default(),
        })
    }

    /// Whether rows of the input may be orders that are told apart as they come.
    fn has_side(&self) -> bool {
        self.input == Input::Orders && !self.layout.is_resolved()
    }

    /// Looks at the chunks of one partition's stream.
    pub fn stretch(&mut self, stream: Stream, chunks: &[u8]) -> Option<()> {
        check(!chunks.is_empty() && (stream != Stream::Side || self.has_side()))?;
        let columns = self.layout.columns(stream);
        let before = self.rows;
        let mut rest = chunks;
        while !rest.is_empty() {
            let chunk;
            (chunk, rest) = Chunk::checked(rest, columns.width(), STAGE_ROWS)?;
            self.rows += chunk.rows();
            self.ids(&columns, &chunk)?;
            self.days(stream, &columns, &chunk)?;
            self.others(&columns, &chunk)?;
            self.codes(&columns, &chunk)?;
        }
        // They may be put together to one chunk, whose size has 32 bits.
        let unpacked = (self.rows - before).checked_mul(8 * columns.width())?;
        check(self.rows <= MOST_ROWS && u32::try_from(unpacked.checked_add(chunks.len())?).is_ok())
    }

    /// Ids of bytes take up the heap, and those of customers are texts where that is said of them.
    fn ids(&mut self, columns: &Columns, chunk: &Chunk<'_>) -> Option<()> {
        let spec = spec(self.input);
        if columns.owner() == KeyType::Integers {
            check(chunk.column(CUSTOMER).max <= LARGEST_REST)?;
        }
        let held: Vec<_> = columns.ids.iter().filter(|id| id.held == KeyType::Bytes).collect();
        let mut rest = chunk.heap();
        if held.is_empty() {
            return check(rest.is_empty());
        }
        for (id, lengths) in held.iter().zip(&mut self.words) {
            chunk.column(id.word).unpack(0, lengths);
        }
        let is_text = |column: Option<usize>| match column.map(|place| spec.columns[place].kind) {
            Some(ValueKind::Id(ids)) => ids.of == IdSpace::Customer,
            _ => false,
        };
        for row in 0..chunk.rows() {
            for (id, lengths) in held.iter().zip(&self.words) {
                let bytes;
                let length = usize::try_from(*lengths.get(row)?).ok()?;
                (bytes, rest) = rest.split_at_checked(length)?;
                let is_customer =
                    if spec.is_history { id.word == CUSTOMER } else { is_text(id.column) };
                if is_customer && self.layout.text_customers {
                    std::str::from_utf8(bytes).ok()?;
                }
            }
        }
        check(rest.is_empty())
    }

    fn days(&mut self, stream: Stream, columns: &Columns, chunk: &Chunk<'_>) -> Option<()> {
        if columns.words.get(DAY).is_none_or(|word| word.cell != Cell::Day) {
            return Some(());
        }
        let column = chunk.column(DAY);
        if self.input != Input::Orders {
            return self.see_dated(&column);
        }
        let (mut first, last) = (day(column.min)?, day(column.max)?);
        let start = self.layout.history_start.unwrap_or(Day(i32::MIN));
        if last < start {
            return Some(());
        }
        if first < start {
            let words = &mut self.words[0];
            column.unpack(0, words);
            let start = ordered(start.0.into());
            first = day(words.iter().copied().filter(|word| *word >= start).min()?)?;
        }
        if stream == Stream::Main {
            extend(&mut self.seen.activity, (first, last));
        }
        extend(&mut self.seen.any, (first, last));
        Some(())
    }

    /// Sees the days of an input beside the history; rows of no day have none.
    fn see_dated(&mut self, column: &PackedColumn<'_>) -> Option<()> {
        let undated = ordered(UNDATED.into());
        let mut first = Some(column.min);
        if column.min == undated && spec(self.input).may_be_undated {
            let words = &mut self.words[0];
            column.unpack(0, words);
            first = words.iter().copied().filter(|word| *word != undated).min();
        }
        if let Some(first) = first {
            let days = (day(first)?, day(column.max)?);
            extend(&mut self.seen.further[self.input as usize], days);
        }
        Some(())
    }

    /// What has a range of its own.
    fn others(&mut self, columns: &Columns, chunk: &Chunk<'_>) -> Option<()> {
        for (place, word) in columns.words.iter().enumerate() {
            let column = chunk.column(place);
            match word.cell {
                Cell::Known | Cell::Flag => check(column.max <= 1)?,
                Cell::Status => check(column.max < Kind::ALL.len() as u64)?,
                Cell::Cause => check(column.max < Cause::ALL.len() as u64)?,
                Cell::Score => {
                    let no_score = Some(NO_SCORE.into());
                    check(self.are_within(&column, 0..=HIGHEST_SCORE, no_score))?;
                }
                Cell::Instant => {
                    // The days are those of the wall clock, and a zone is less than a day away.
                    let at = |day: Day, n: i64| ordered((i64::from(day.0) + n) * DAY_MICROS);
                    check(at(Day::MIN, -1) <= column.min && column.max <= at(Day::MAX, 2))?;
                }
                Cell::Date => {
                    let range = ordered(Day::MIN.0.into())..=ordered(Day::MAX.0.into());
                    let never = Some(ordered(NEVER.into()));
                    check(self.are_within(&column, range, never))?;
                }
                Cell::Id | Cell::Day | Cell::Number | Cell::Code(_) | Cell::Visitor => {}
            }
        }
        Some(())
    }

    /// Whether the values of a column are in a range, or are the one that may be elsewhere.
    fn are_within(
        &mut self,
        column: &PackedColumn<'_>,
        range: RangeInclusive<u64>,
        or: Option<u64>,
    ) -> bool {
        if range.contains(&column.min) && range.contains(&column.max) {
            return true;
        }
        let words = &mut self.words[0];
        column.unpack(0, words);
        or.is_some() && words.iter().all(|word| range.contains(word) || Some(*word) == or)
    }

    /// Codes of texts are no larger than the largest that has a text.
    fn codes(&mut self, columns: &Columns, chunk: &Chunk<'_>) -> Option<()> {
        for (place, word) in columns.words.iter().enumerate() {
            let Cell::Code(texts) = word.cell else { continue };
            let last = (*self.last_codes.get(texts)?)?;
            check(chunk.column(place).max <= last.into())?;
            if dated_texts(spec(self.input)) == Some(texts) {
                let [codes, days, _] = &mut self.words;
                chunk.column(place).unpack(0, codes);
                chunk.column(DAY).unpack(0, days);
                for (code, at) in codes.iter().zip(days) {
                    let code = usize::try_from(*code).ok()?;
                    check(code < self.totals.first_days.len())?;
                    first_of(&mut self.first_days, code, day(*at)?);
                }
            }
        }
        Some(())
    }

    /// Whether what is said of the rows is what they are.
    pub fn finish(self) -> bool {
        let Totals { seen, first_days, negative_attempts, ignored } = self.totals;
        let left_out = [*negative_attempts, *ignored];
        let own = (&self.seen.activity, &self.seen.any, &self.seen.further, &self.first_days);
        let newest = seen.newest.iter().map(|((_, place), day)| (*place, *day));
        let mut told = newest.chain(seen.future.iter().map(|(day, _, place)| (*place, *day)));
        let spec = spec(self.input);
        let may_tell = |place: usize| match spec.columns.get(place).map(|column| column.kind) {
            Some(ValueKind::Time(_) | ValueKind::Day(_) | ValueKind::End) => {
                self.input == Input::Subscriptions
                    || spec.event_day().is_some_and(|(own, _)| own == place)
            }
            _ => false,
        };
        own == (&seen.activity, &seen.any, &seen.further, first_days)
            && told.all(|(place, day)| may_tell(place) && DAYS.contains(&day))
            && left_out
                .iter()
                .all(|rows| *rows == 0 || self.has_side() && *rows <= MOST_ROWS as u64)
    }
}

/// The day that a word is.
fn day(word: u64) -> Option<Day> {
    i32::try_from(signed(word)).ok().map(Day).filter(|day| DAYS.contains(day))
}
