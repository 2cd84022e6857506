//! One reader's way into the partitions.

use std::sync::Arc;

use kohort_model::{Day, EventBatch, Input, Keys, Kind, NEVER, NO_SCORE, NO_VALUE};

use crate::TimelineError;
use crate::chunk::{ordered, pack};
use crate::ids::{partition_of_bytes, partition_of_integer};
use crate::layout::{Columns, DAY_MICROS, KeyType, Layout, Resolve, Stream};
use crate::rows::Rows;
use crate::shared::{Seen, Shared, Totals, extend, first_of};
use crate::store::PARTITIONS;

/// Rows that a partition's stage takes before it is sealed: few enough that the stages of a lane
/// fit a core's second cache, enough that a sealed chunk packs well. No power of two, so that the
/// columns of a stage do not fall on the same cache lines.
pub(crate) const STAGE_ROWS: usize = 240;

/// Rows of one partition, column by column, each of [`STAGE_ROWS`] words.
#[derive(Default)]
struct Stage {
    words: Vec<u64>,
    rows: usize,
    heap: Vec<u8>,
}

impl Stage {
    /// Begins a row with its first columns.
    #[inline]
    fn begin(&mut self, width: usize, core: [u64; 3]) {
        if self.words.is_empty() {
            self.words.resize(width * STAGE_ROWS, 0);
        }
        for (column, word) in core.into_iter().enumerate() {
            self.words[column * STAGE_ROWS + self.rows] = word;
        }
    }

    #[inline]
    fn set(&mut self, column: Option<usize>, word: u64) {
        if let Some(column) = column {
            self.words[column * STAGE_ROWS + self.rows] = word;
        }
    }
}

/// Scatters batches over the partitions. Each reading thread has one of its own; dropping it
/// without [`Lane::close`] loses what it has staged.
pub struct Lane {
    shared: Arc<Shared>,
    input: Input,
    main: Stages,
    side: Stages,
    first_day: i32,
    seen: Seen,
    /// Of engagement, by the code of its kind: the first day.
    kinds: Vec<Day>,
    negative_attempts: u64,
    ignored: u64,
}

/// The stages of one stream's partitions.
pub(crate) struct Stages {
    stream: Stream,
    columns: Columns,
    by_partition: Vec<Stage>,
    packed: Vec<u8>,
    /// Where sealed chunks wait to be kept; without it they go to the store.
    sealed: Option<Sealed>,
}

/// The optional columns of a batch, in the order of the row.
struct Extras<'a> {
    batch: &'a EventBatch<'a>,
    columns: Columns,
}

impl Extras<'_> {
    #[inline]
    fn set(&self, i: usize, kind: u8, stage: &mut Stage) {
        let (batch, columns) = (self.batch, &self.columns);
        stage.set(columns.kind, kind.into());
        if columns.instant.is_some() {
            let midnight = || i64::from(batch.days[i]) * DAY_MICROS;
            stage.set(
                columns.instant,
                ordered(batch.instants.get(i).copied().unwrap_or_else(midnight)),
            );
        }
        if columns.order.is_some() {
            let word = match batch.orders {
                Some(Keys::Integers(ids)) => ids[i],
                Some(Keys::Bytes(ids)) => {
                    stage.heap.extend_from_slice(ids[i]);
                    ids[i].len() as u64
                }
                None => 0,
            };
            stage.set(columns.order, word);
        }
        if columns.other.is_some() {
            let word = match batch.others {
                Some(Keys::Integers(ids)) => ids[i],
                Some(Keys::Bytes(ids)) => {
                    stage.heap.extend_from_slice(ids[i]);
                    ids[i].len() as u64
                }
                None => 0,
            };
            stage.set(columns.other, word);
        }
        if columns.updated.is_some() {
            stage.set(columns.updated, ordered(batch.updated[i]));
        }
        let reason = batch.reasons.get(i).copied().unwrap_or_default();
        stage.set(columns.reason, reason.into());
        if columns.end.is_some() {
            let day = batch.ends.get(i).copied().unwrap_or(NEVER);
            stage.set(columns.end, ordered(day.into()));
        }
        if columns.cancelled.is_some() {
            let day = batch.cancelled.get(i).copied().unwrap_or(NEVER);
            stage.set(columns.cancelled, ordered(day.into()));
        }
        if columns.cause.is_some() {
            stage.set(columns.cause, batch.causes[i].into());
        }
        if columns.units.is_some() {
            stage.set(columns.units, ordered(batch.units.get(i).copied().unwrap_or(1)));
        }
        for (s, codes) in batch.segments.iter().enumerate() {
            stage.set(Some(columns.segments + s), codes[i].into());
        }
    }
}

impl Lane {
    pub(crate) fn new(shared: Arc<Shared>, input: Input) -> Self {
        let stages = |stream| Stages::new(stream, &shared.layout);
        Self {
            input,
            main: stages(Stream::of(input)),
            side: stages(Stream::Side),
            first_day: shared.layout.history_start.map_or(i32::MIN, |d| d.0),
            seen: Seen::default(),
            kinds: Vec::new(),
            negative_attempts: 0,
            ignored: 0,
            shared,
        }
    }

    /// Scatters the rows of a batch.
    ///
    /// # Errors
    /// [`TimelineError::Spill`] where the disk refuses what is over the budget,
    /// [`TimelineError::MixedKeys`] where the ids are of another type than announced.
    pub fn push(&mut self, batch: &EventBatch<'_>) -> Result<(), TimelineError> {
        let type_of = |keys: Keys<'_>| match keys {
            Keys::Integers(_) => KeyType::Integers,
            Keys::Bytes(_) => KeyType::Bytes,
        };
        let keys = self.main.columns.keys;
        let differs = |held: Option<KeyType>, came: Option<Keys<'_>>| {
            held.zip(came).is_some_and(|(held, came)| held != type_of(came))
        };
        if keys.customer != type_of(batch.customers)
            || differs(keys.order, batch.orders)
            || differs(keys.other, batch.others)
        {
            return Err(TimelineError::MixedKeys);
        }
        match batch.customers {
            Keys::Integers(ids) => self.take(batch, |i, _| partition_of_integer(ids[i])),
            Keys::Bytes(ids) => self.take(batch, |i, stage| {
                let partition = partition_of_bytes(ids[i]);
                stage.stage(partition).heap.extend_from_slice(ids[i]);
                (partition, ids[i].len() as u64)
            }),
        }
    }

    fn take(
        &mut self,
        batch: &EventBatch<'_>,
        place: impl Fn(usize, &mut Stages) -> (usize, u64),
    ) -> Result<(), TimelineError> {
        match (self.input, self.shared.layout.resolve) {
            (Input::Orders, _) => self.scatter(batch, place),
            (Input::Subscriptions, Resolve::Spans) => {
                let today = self.shared.layout.today.0;
                let days = batch.days.iter().chain(batch.ends).chain(batch.cancelled);
                let (past, future): (Vec<i32>, Vec<i32>) =
                    days.copied().filter(|day| *day != NEVER).partition(|day| *day <= today);
                self.seen.newest = self.seen.newest.max(past.into_iter().max().map(Day));
                self.seen.future.extend(future.into_iter().map(Day));
                self.scatter_notes(batch, place)
            }
            (Input::Subscriptions, _) => Err(TimelineError::MixedKeys),
            _ => self.scatter_notes(batch, place),
        }
    }

    /// Rows that go to one stream as they are.
    fn scatter_notes(
        &mut self,
        batch: &EventBatch<'_>,
        place: impl Fn(usize, &mut Stages) -> (usize, u64),
    ) -> Result<(), TimelineError> {
        let columns = self.main.columns;
        let extras = Extras { batch, columns };
        let days = || batch.days.iter().copied().map(Day);
        if let (Some(first), Some(last)) = (days().min(), days().max()) {
            extend(&mut self.seen.further[self.input as usize], (first, last));
        }
        if self.input == Input::Engagement {
            for (kind, day) in batch.segments[0].iter().zip(days()) {
                first_of(&mut self.kinds, *kind as usize, day);
            }
        }
        // What a row has where the input does not tell.
        let no_value = if self.input == Input::Touchpoints { NO_VALUE } else { 0 };
        let no_kind = if self.input == Input::Surveys { NO_SCORE } else { 0 };
        for i in 0..batch.days.len() {
            let value = batch.values.get(i).copied().unwrap_or(no_value);
            let kind = batch.kinds.get(i).copied().unwrap_or(no_kind);
            let (partition, customer) = place(i, &mut self.main);
            let stage = self.main.stage(partition);
            let core = [customer, ordered(i64::from(batch.days[i])), ordered(value)];
            stage.begin(columns.width, core);
            extras.set(i, kind, stage);
            stage.rows += 1;
            if stage.rows == STAGE_ROWS {
                self.main.seal(&self.shared, partition)?;
            }
        }
        Ok(())
    }

    fn scatter(
        &mut self,
        batch: &EventBatch<'_>,
        place: impl Fn(usize, &mut Stages) -> (usize, u64),
    ) -> Result<(), TimelineError> {
        let layout = self.shared.layout;
        let resolved = layout.is_resolved();
        let (main, side) = (self.main.columns, self.side.columns);
        let extras = [Extras { batch, columns: main }, Extras { batch, columns: side }];
        let has_extras = main.width > 3;
        let (mut first, mut last) = (i32::MAX, i32::MIN);
        let (mut first_side, mut last_side) = (i32::MAX, i32::MIN);
        for i in 0..batch.days.len() {
            let (day, value) = (batch.days[i], batch.values[i]);
            let kind = batch.kinds.get(i).copied().unwrap_or(Kind::Completed as u8);
            let is_activity = kind == Kind::Completed as u8 && (value >= 0 || layout.any_activity);
            let core = [ordered(i64::from(day)), ordered(value)];
            if resolved || is_activity {
                let (partition, customer) = place(i, &mut self.main);
                let stage = self.main.stage(partition);
                stage.begin(main.width, [customer, core[0], core[1]]);
                if has_extras {
                    extras[0].set(i, kind, stage);
                }
                stage.rows += 1;
                if stage.rows == STAGE_ROWS {
                    self.main.seal(&self.shared, partition)?;
                }
                if day >= self.first_day {
                    first = first.min(day);
                    last = last.max(day);
                }
            } else if kind == Kind::Ignored as u8 {
                self.ignored += 1;
            } else if kind != Kind::Completed as u8 && value < 0 {
                self.negative_attempts += 1;
            } else {
                let (partition, customer) = place(i, &mut self.side);
                let stage = self.side.stage(partition);
                stage.begin(side.width, [customer, core[0], core[1]]);
                extras[1].set(i, kind, stage);
                stage.rows += 1;
                if stage.rows == STAGE_ROWS {
                    self.side.seal(&self.shared, partition)?;
                }
                if day >= self.first_day {
                    first_side = first_side.min(day);
                    last_side = last_side.max(day);
                }
            }
        }
        if first <= last {
            extend(&mut self.seen.activity, (Day(first), Day(last)));
            extend(&mut self.seen.any, (Day(first), Day(last)));
        }
        if first_side <= last_side {
            extend(&mut self.seen.any, (Day(first_side), Day(last_side)));
        }
        Ok(())
    }

    /// A lane whose chunks are taken from it rather than handed on.
    pub(crate) fn that_keeps(shared: Arc<Shared>, input: Input) -> Self {
        let mut lane = Self::new(shared, input);
        lane.main.sealed = Some(Vec::new());
        lane.side.sealed = Some(Vec::new());
        lane
    }

    /// What was pushed to a lane that keeps, since it was last taken.
    pub(crate) fn take_kept(&mut self) -> Result<Taken, TimelineError> {
        let mut chunks = [Vec::new(), Vec::new()];
        for (stages, into) in [&mut self.main, &mut self.side].into_iter().zip(&mut chunks) {
            stages.seal_all(&self.shared)?;
            into.extend(stages.sealed.iter_mut().flat_map(std::mem::take));
            into.sort_by_key(|(partition, _)| *partition);
        }
        let [main, side] = chunks;
        Ok(Taken {
            chunks: [(self.main.stream, main), (Stream::Side, side)],
            totals: Totals {
                seen: std::mem::take(&mut self.seen),
                kinds: std::mem::take(&mut self.kinds),
                negative_attempts: std::mem::take(&mut self.negative_attempts),
                ignored: std::mem::take(&mut self.ignored),
            },
        })
    }

    /// Hands everything on to the partitions.
    ///
    /// # Errors
    /// [`TimelineError::Spill`], as [`Lane::push`].
    pub fn close(mut self) -> Result<(), TimelineError> {
        for stages in [&mut self.main, &mut self.side] {
            stages.seal_all(&self.shared)?;
        }
        let Self { seen, kinds, negative_attempts, ignored, .. } = self;
        self.shared.close(&Totals { seen, kinds, negative_attempts, ignored });
        Ok(())
    }
}

/// Chunks and their partitions.
pub(crate) type Sealed = Vec<(usize, Box<[u8]>)>;

/// What a lane took in.
pub(crate) struct Taken {
    /// By stream, each in order of its partitions.
    pub chunks: [(Stream, Sealed); 2],
    pub totals: Totals,
}

/// An id in a row: a word, or bytes on the heap.
#[derive(Clone, Copy)]
pub(crate) enum Word<'a> {
    Integer(u64),
    Bytes(&'a [u8]),
}

impl Word<'_> {
    /// The word that stands in the row; bytes go to the heap.
    fn put(self, heap: &mut Vec<u8>) -> u64 {
        match self {
            Self::Integer(word) => word,
            Self::Bytes(bytes) => {
                heap.extend_from_slice(bytes);
                bytes.len() as u64
            }
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
        }
    }

    pub fn seal_all(&mut self, shared: &Shared) -> Result<(), TimelineError> {
        (0..PARTITIONS).try_for_each(|partition| self.seal(shared, partition))
    }

    /// Adds row `i` of what visitors did, now that it is known whose it is.
    pub fn add_touch(
        &mut self,
        shared: &Shared,
        (partition, customer): (usize, Word<'_>),
        cart: Word<'_>,
        visitor: u64,
        (rows, i): (&Rows, usize),
    ) -> Result<(), TimelineError> {
        let columns = self.columns;
        let stage = &mut self.by_partition[partition];
        let customer = customer.put(&mut stage.heap);
        let core = [customer, ordered(rows.days[i].into()), ordered(rows.values[i])];
        stage.begin(columns.width, core);
        stage.set(columns.kind, rows.kinds[i].into());
        stage.set(columns.instant, ordered(rows.instants[i]));
        if columns.order.is_some() {
            let cart = cart.put(&mut stage.heap);
            stage.set(columns.order, cart);
        }
        stage.set(columns.visitor, visitor);
        stage.set(Some(columns.segments), rows.segments[0][i].into());
        stage.rows += 1;
        if stage.rows == STAGE_ROWS { self.seal(shared, partition) } else { Ok(()) }
    }

    #[inline]
    fn stage(&mut self, partition: usize) -> &mut Stage {
        &mut self.by_partition[partition]
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
            None => shared.store.push(partition, (self.stream, self.columns.width), packed)?,
        }
        Ok(())
    }
}
