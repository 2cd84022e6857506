//! Rows of a part until there are enough of them to be packed.

use std::collections::BTreeMap;

use kohort_model::{Cells, EventBatch, Keys, UNDATED};

/// Batches of one input, one after the other.
#[derive(Default)]
pub(super) struct Held {
    rows: usize,
    columns: Vec<Option<HeldCells>>,
    instants: Vec<i64>,
    segments: Vec<Vec<u32>>,
}

/// The values of a column.
enum HeldCells {
    Ids(HeldKeys),
    OptionalIds(HeldKeys, Vec<u8>),
    Days(Vec<i32>),
    Numbers(Vec<i64>),
    Codes(Vec<u32>),
    Small(Vec<u8>),
}

impl HeldCells {
    /// No values, of the kind of those of a batch.
    fn like(cells: Cells<'_>) -> Self {
        match cells {
            Cells::Ids(_) => Self::Ids(HeldKeys::default()),
            Cells::OptionalIds(..) => Self::OptionalIds(HeldKeys::default(), Vec::new()),
            Cells::Days(_) => Self::Days(Vec::new()),
            Cells::Numbers(_) => Self::Numbers(Vec::new()),
            Cells::Codes(_) => Self::Codes(Vec::new()),
            Cells::Small(_) => Self::Small(Vec::new()),
        }
    }

    /// Adds values of the same kind.
    fn extend(&mut self, cells: Cells<'_>) {
        match (self, cells) {
            (Self::Ids(own), Cells::Ids(ids)) => own.extend(ids),
            (Self::OptionalIds(own, held), Cells::OptionalIds(ids, known)) => {
                own.extend(ids);
                held.extend_from_slice(known);
            }
            (Self::Days(own), Cells::Days(days)) => own.extend_from_slice(days),
            (Self::Numbers(own), Cells::Numbers(numbers)) => own.extend_from_slice(numbers),
            (Self::Codes(own), Cells::Codes(codes)) => own.extend_from_slice(codes),
            (Self::Small(own), Cells::Small(values)) => own.extend_from_slice(values),
            _ => unreachable!("a column of an input is of one kind"),
        }
    }

    fn clear(&mut self) {
        match self {
            Self::Ids(own) => own.clear(),
            Self::OptionalIds(own, known) => {
                own.clear();
                known.clear();
            }
            Self::Days(own) => own.clear(),
            Self::Numbers(own) => own.clear(),
            Self::Codes(own) => own.clear(),
            Self::Small(own) => own.clear(),
        }
    }

    fn slices(&self) -> Vec<&[u8]> {
        match self {
            Self::Ids(own) | Self::OptionalIds(own, _) => own.slices(),
            _ => Vec::new(),
        }
    }

    fn cells<'a>(&'a self, slices: &'a [&'a [u8]]) -> Cells<'a> {
        match self {
            Self::Ids(own) => Cells::Ids(own.keys(slices)),
            Self::OptionalIds(own, known) => Cells::OptionalIds(own.keys(slices), known),
            Self::Days(own) => Cells::Days(own),
            Self::Numbers(own) => Cells::Numbers(own),
            Self::Codes(own) => Cells::Codes(own),
            Self::Small(own) => Cells::Small(own),
        }
    }
}

#[derive(Default)]
struct HeldKeys {
    are_bytes: bool,
    integers: Vec<u64>,
    heap: Vec<u8>,
    /// Where the bytes of each id end.
    ends: Vec<usize>,
}

impl HeldKeys {
    fn extend(&mut self, keys: Keys<'_>) {
        self.are_bytes = matches!(keys, Keys::Bytes(_));
        match keys {
            Keys::Integers(ids) => self.integers.extend_from_slice(ids),
            Keys::Bytes(ids) => {
                for id in ids {
                    self.heap.extend_from_slice(id);
                    self.ends.push(self.heap.len());
                }
            }
        }
    }

    fn clear(&mut self) {
        self.integers.clear();
        self.heap.clear();
        self.ends.clear();
    }

    fn slices(&self) -> Vec<&[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.heap[start..*end]).collect()
    }

    fn keys<'a>(&'a self, slices: &'a [&'a [u8]]) -> Keys<'a> {
        if self.are_bytes { Keys::Bytes(slices) } else { Keys::Integers(&self.integers) }
    }
}

impl Held {
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether the batch has the same columns, so that it can follow.
    pub fn takes(&self, batch: &EventBatch<'_>) -> bool {
        let columns = self.columns.iter().map(Option::is_some);
        self.rows == 0
            || self.instants.is_empty() == batch.instants.is_empty()
                && columns.eq(batch.columns.iter().map(Option::is_some))
    }

    pub fn extend(&mut self, batch: &EventBatch<'_>) {
        if self.rows == 0 {
            // What there is has room that can be used again, unless the batch has other columns.
            self.columns.resize_with(batch.columns.len(), || None);
            for (own, cells) in self.columns.iter_mut().zip(batch.columns) {
                if own.is_some() != cells.is_some() {
                    *own = cells.map(HeldCells::like);
                }
            }
        }
        self.rows += batch.rows;
        for (own, cells) in self.columns.iter_mut().zip(batch.columns) {
            if let (Some(own), Some(cells)) = (own, cells) {
                own.extend(*cells);
            }
        }
        self.instants.extend_from_slice(batch.instants);
        self.segments.resize_with(batch.segments.len(), Vec::new);
        for (own, codes) in self.segments.iter_mut().zip(batch.segments) {
            own.extend_from_slice(codes);
        }
    }

    /// How many rows each day has by the column of the rows' days; without one all are of day 0. Rows of no day
    /// are not counted.
    pub fn days_seen(&self, time: Option<usize>) -> BTreeMap<i32, u64> {
        let mut seen = BTreeMap::new();
        let column = time.and_then(|time| self.columns.get(time)?.as_ref());
        let Some(HeldCells::Days(days)) = column else {
            seen.insert(0, self.rows as u64);
            return seen;
        };
        // Files are often of one day, or sorted by it.
        for run in days.chunk_by(|a, b| a == b).filter(|run| run[0] != UNDATED) {
            *seen.entry(run[0]).or_default() += run.len() as u64;
        }
        seen
    }

    pub fn clear(&mut self) {
        self.rows = 0;
        self.columns.iter_mut().flatten().for_each(HeldCells::clear);
        self.instants.clear();
        self.segments.iter_mut().for_each(Vec::clear);
    }

    /// All rows as one batch.
    pub fn with_batch<R>(&self, work: impl FnOnce(&EventBatch<'_>) -> R) -> R {
        let slices: Vec<_> = (self.columns.iter())
            .map(|own| own.as_ref().map(HeldCells::slices).unwrap_or_default())
            .collect();
        let columns: Vec<_> = (self.columns.iter().zip(&slices))
            .map(|(own, slices)| own.as_ref().map(|own| own.cells(slices)))
            .collect();
        let segments: Vec<&[u32]> = self.segments.iter().map(Vec::as_slice).collect();
        let (rows, instants) = (self.rows, &*self.instants);
        work(&EventBatch { rows, columns: &columns, instants, segments: &segments })
    }
}
