//! Rows on their way into the partitions: stages that are packed when they are full.

use crate::TimelineError;
use crate::chunk::pack;
use crate::ids::{partition_of_bytes, partition_of_integer};
use crate::layout::{Columns, Layout, Stream};
use crate::shared::Shared;
use crate::store::PARTITIONS;
use crate::values::Values;

/// Rows that a partition's stage takes before it is sealed: few enough that the stages of a lane
/// fit a core's second cache, enough that a sealed chunk packs well. No power of two, so that the
/// columns of a stage do not fall on the same cache lines.
pub(crate) const STAGE_ROWS: usize = 240;

/// Rows of a batch that are brought into the order of their partitions at once: what they are made of fits a
/// core's first caches.
pub(crate) const SORTED_ROWS: u32 = 1 << 13;

/// Rows of one partition, column by column, each of [`STAGE_ROWS`] words.
#[derive(Default)]
struct Stage {
    words: Vec<u64>,
    rows: usize,
    heap: Vec<u8>,
}

impl Stage {
    /// Makes room for rows of so many words.
    fn widen(&mut self, width: usize) {
        if self.words.is_empty() {
            self.words.resize(width * STAGE_ROWS, 0);
        }
    }

    /// Adds rows of a batch.
    fn extend(&mut self, values: &[Values<'_>], rows: &[u32]) {
        self.widen(values.len());
        for (words, values) in self.words.chunks_exact_mut(STAGE_ROWS).zip(values) {
            values.copy(rows, &mut words[self.rows..self.rows + rows.len()]);
        }
        self.rows += rows.len();
    }
}

/// By whom the rows of a batch are, which decides on their partitions.
#[derive(Clone, Copy)]
pub(crate) enum Owners<'a> {
    Integers(&'a [u64]),
    Bytes(&'a [&'a [u8]]),
    /// People of one partition, by their numbers.
    Numbers(usize, &'a [u64]),
    /// Nobody.
    None,
}

impl<'a> Owners<'a> {
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "less than the number of partitions")]
    fn partition(&self, row: u32) -> u32 {
        let partition = match self {
            Self::Integers(ids) => partition_of_integer(ids[row as usize]).0,
            Self::Bytes(ids) => partition_of_bytes(ids[row as usize]),
            Self::Numbers(partition, _) => *partition,
            // Wherever: nobody has rows in two partitions.
            Self::None => row as usize % PARTITIONS,
        };
        partition as u32
    }

    /// The first word of the rows.
    pub fn values(self) -> Values<'a> {
        match self {
            Self::Integers(ids) => Values::Rests(ids),
            Self::Bytes(ids) => Values::Bytes(ids),
            Self::Numbers(_, numbers) => Values::Integers(numbers),
            Self::None => Values::Constant(0),
        }
    }
}

/// The stages of one stream's partitions.
pub(crate) struct Stages {
    pub stream: Stream,
    pub columns: Columns,
    by_partition: Vec<Stage>,
    packed: Vec<u8>,
    /// Where sealed chunks wait to be kept; without it they go to the store.
    pub sealed: Option<Sealed>,
    sorted: Sorted,
}

/// Chunks and their partitions.
pub(crate) type Sealed = Vec<(usize, Box<[u8]>)>;

/// Rows in the order of their partitions, stable; room that is used again.
#[derive(Default)]
struct Sorted {
    partitions: Vec<u32>,
    rows: Vec<u32>,
    /// Where the rows of each partition end.
    ends: Vec<u32>,
}

impl Sorted {
    fn sort(&mut self, rows: &[u32], owners: Owners<'_>) {
        self.partitions.clear();
        self.partitions.extend(rows.iter().map(|row| owners.partition(*row)));
        self.ends.clear();
        self.ends.resize(PARTITIONS + 1, 0);
        // Where each begins first, which placing its rows turns into where it ends.
        self.partitions.iter().for_each(|partition| self.ends[*partition as usize + 1] += 1);
        for partition in 0..PARTITIONS {
            self.ends[partition + 1] += self.ends[partition];
        }
        self.rows.resize(rows.len(), 0);
        for (row, partition) in rows.iter().zip(&self.partitions) {
            let place = &mut self.ends[*partition as usize];
            self.rows[*place as usize] = *row;
            *place += 1;
        }
    }
}

impl Stages {
    pub fn new(stream: Stream, layout: &Layout) -> Self {
        Self {
            stream,
            columns: layout.columns(stream),
            by_partition: (0..PARTITIONS).map(|_| Stage::default()).collect(),
            packed: Vec::new(),
            sealed: None,
            sorted: Sorted::default(),
        }
    }

    /// Adds rows of a batch; `values` are their words, that of whose they are first.
    ///
    /// # Errors
    /// [`TimelineError::Spill`] where the disk refuses what is over the budget.
    pub fn extend(
        &mut self,
        shared: &Shared,
        (owners, rows): (Owners<'_>, &[u32]),
        values: &[Values<'_>],
    ) -> Result<(), TimelineError> {
        let mut sorted = std::mem::take(&mut self.sorted);
        sorted.sort(rows, owners);
        let has_bytes = values.iter().any(|values| matches!(values, Values::Bytes(_)));
        let mut begin = 0;
        for (partition, end) in sorted.ends[..PARTITIONS].iter().enumerate() {
            let mut rest = &sorted.rows[begin..*end as usize];
            begin = *end as usize;
            while !rest.is_empty() {
                let stage = &mut self.by_partition[partition];
                let (now, later) = rest.split_at(rest.len().min(STAGE_ROWS - stage.rows));
                stage.extend(values, now);
                if has_bytes {
                    for row in now {
                        let bytes = values.iter().filter_map(|values| values.bytes(*row));
                        bytes.for_each(|bytes| stage.heap.extend_from_slice(bytes));
                    }
                }
                if stage.rows == STAGE_ROWS {
                    self.seal(shared, partition)?;
                }
                rest = later;
            }
        }
        self.sorted = sorted;
        Ok(())
    }

    /// Seals all stages.
    ///
    /// # Errors
    /// As [`Stages::extend`].
    pub fn seal_all(&mut self, shared: &Shared) -> Result<(), TimelineError> {
        (0..PARTITIONS).try_for_each(|partition| self.seal(shared, partition))
    }

    fn seal(&mut self, shared: &Shared, partition: usize) -> Result<(), TimelineError> {
        let Stage { words, rows, heap } = &mut self.by_partition[partition];
        if *rows == 0 {
            return Ok(());
        }
        self.packed.clear();
        let columns = words.chunks_exact(STAGE_ROWS).map(|column| &column[..*rows]);
        pack(columns, *rows, heap, &mut self.packed);
        *rows = 0;
        heap.clear();
        let packed = self.packed.as_slice().into();
        match &mut self.sealed {
            Some(sealed) => sealed.push((partition, packed)),
            None => shared.store.push(partition, (self.stream, self.columns.width()), packed)?,
        }
        Ok(())
    }
}
