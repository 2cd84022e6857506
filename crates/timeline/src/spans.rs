//! Subscriptions: which span stands on which day, and what a customer pays a month.
//!
//! Of the rows of a subscription that count, the one that started last stands.

use kohort_model::{Cause, Day, NEVER};

use rustc_hash::FxHashSet;

use crate::census::LeftOut;
use crate::counted_rows::{Counting, Ends};
use crate::counting::counting_sort;
use crate::ids::to_u32;
use crate::rows::Rows;
use crate::slots::SlotMap;
use crate::track::OwnedTrack;

/// A stretch of days on which one row of a subscription stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub start: Day,
    /// Exclusive.
    pub end: Day,
    /// Minor units a month; 0 for what is not paid.
    pub value: i64,
    /// The subscription: its id, or the rank of its bytes among the partition's.
    subscription: u64,
    /// What became of the row, where this stretch is its last.
    pub ending: Option<Ending>,
}

/// The end of a row that stands to its last day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ending {
    pub reason: u32,
    pub cause: Cause,
    pub cancelled: Option<Day>,
}

/// The spans of a partition's customers, customer after customer, in order of start and subscription.
#[derive(Clone, Debug)]
pub(crate) struct Spans {
    pub offsets: Vec<u32>,
    pub stretches: Vec<Span>,
    /// Segment codes of each span, one vector a segment.
    pub segments: Vec<Vec<u32>>,
}

impl Spans {
    /// The stretches on which each row stands, and how ends lie to the starts that follow. Rows that start
    /// on or after `until`, are empty or stand nowhere are left out.
    pub fn new(
        rows: &Rows,
        customers: usize,
        until: Day,
        slots: &SlotMap,
        left_out: &mut LeftOut,
    ) -> (Self, Ends) {
        let counting = Counting::new(rows, until, slots, left_out);
        let values = &*counting.values;
        let id = |row: u32| (rows.ids[row as usize], rows.orders[row as usize]);
        let mut painter = Painter { rows, values, until, covered: Vec::new(), pieces: Vec::new() };
        for group in counting.order.chunk_by(|a, b| id(*a) == id(*b)) {
            painter.covered.clear();
            for row in group {
                let row = *row as usize;
                let before = painter.pieces.len();
                painter.paint(row);
                if painter.pieces.len() == before {
                    left_out.superseded += 1;
                } else if values[row] == 0 {
                    left_out.unpaid += 1;
                }
            }
        }
        let mut pieces = painter.pieces;
        pieces.sort_unstable_by_key(|(row, span)| (rows.ids[*row], span.start, span.subscription));
        let (order, offsets) =
            counting_sort(pieces.len(), customers, |i| rows.ids[pieces[i].0] as usize);
        let picked =
            |codes: &Vec<u32>| order.iter().map(|i| codes[pieces[*i as usize].0]).collect();
        let spans = Self {
            segments: rows.segments.iter().map(picked).collect(),
            stretches: order.iter().map(|i| pieces[*i as usize].1).collect(),
            offsets,
        };
        (spans, counting.ends)
    }

    pub fn range(&self, customer: usize) -> std::ops::Range<usize> {
        self.offsets[customer] as usize..self.offsets[customer + 1] as usize
    }

    /// The first paid day of each subscription, with what it is worth a month then.
    pub fn activity(&self) -> OwnedTrack {
        let mut offsets = vec![0];
        let mut picked = Vec::new();
        let mut paid = FxHashSet::default();
        for customer in 0..self.offsets.len() - 1 {
            paid.clear();
            for span in self.range(customer).filter(|span| self.stretches[*span].value > 0) {
                if paid.insert(self.stretches[span].subscription) {
                    picked.push(span);
                }
            }
            offsets.push(to_u32(picked.len() as u64));
        }
        let of_segment = |codes: &Vec<u32>| picked.iter().map(|span| codes[*span]).collect();
        OwnedTrack {
            offsets,
            days: picked.iter().map(|span| self.stretches[*span].start).collect(),
            values: picked.iter().map(|span| self.stretches[*span].value).collect(),
            segments: self.segments.iter().map(of_segment).collect(),
            ..OwnedTrack::default()
        }
    }

    /// The spans at `owners`, one owner a span, as those of other customers.
    pub fn regroup(&self, owners: &[u32], customers: usize) -> Self {
        let (order, offsets) = counting_sort(owners.len(), customers, |i| owners[i] as usize);
        let picked = |codes: &Vec<u32>| order.iter().map(|i| codes[*i as usize]).collect();
        Self {
            stretches: order.iter().map(|i| self.stretches[*i as usize]).collect(),
            segments: self.segments.iter().map(picked).collect(),
            offsets,
        }
    }
}

/// Paints the rows of a subscription, the one that stands first.
struct Painter<'a> {
    rows: &'a Rows,
    /// What each row pays a month.
    values: &'a [i64],
    /// No stretch starts on this day or later: it would not be known yet.
    until: Day,
    /// Days that are covered, as stretches that do not touch; the earliest last. None starts before
    /// a row that is still to be painted.
    covered: Vec<(i32, i32)>,
    /// Row and stretch.
    pieces: Vec<(usize, Span)>,
}

impl Painter<'_> {
    fn paint(&mut self, row: usize) {
        let (start, end) = (self.rows.days[row], self.rows.ends[row]);
        let mut at = start;
        while let Some((from, to)) = self.covered.pop_if(|(from, _)| *from <= end) {
            if at < from {
                self.piece(row, at, from);
            }
            at = at.max(to);
        }
        if at < end {
            self.piece(row, at, end);
        }
        self.covered.push((start, at.max(end)));
    }

    fn piece(&mut self, row: usize, start: i32, end: i32) {
        if start >= self.until.0 {
            return;
        }
        let rows = self.rows;
        let cause = |code: &u8| Cause::ALL[usize::from(*code).min(Cause::ALL.len() - 1)];
        let cancelled = rows.cancelled.get(row).copied().unwrap_or(NEVER);
        let ending = Ending {
            reason: rows.reasons.get(row).copied().unwrap_or_default(),
            cause: rows.causes.get(row).map_or(Cause::Unknown, cause),
            cancelled: (cancelled != NEVER).then_some(Day(cancelled)),
        };
        let is_last = end == rows.ends[row] && end != NEVER;
        let span = Span {
            start: Day(start),
            end: Day(end),
            value: self.values[row],
            subscription: rows.orders[row],
            ending: is_last.then_some(ending),
        };
        self.pieces.push((row, span));
    }
}
