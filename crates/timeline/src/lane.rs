//! One reader's way into the partitions.

use std::sync::Arc;

use kohort_inputs::spec;
use kohort_model::{
    Cells, Day, DayOf, EventBatch, Input, InputSpec, Keys, Kind, NEVER, NO_SCORE, UNDATED,
    ValueKind,
};

use crate::TimelineError;
use crate::chunk::{ordered, pack};
use crate::ids::{partition_of_bytes, partition_of_integer};
use crate::layout::{
    Cell, Columns, DAY_MICROS, HistoryColumns, KeyType, Layout, Resolve, Stream, Word,
};
use crate::rows::number_without;
use crate::shared::{Seen, Shared, Totals, extend, first_of, newest_of};
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
    fn begin<const N: usize>(&mut self, width: usize, core: [u64; N]) {
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
    spec: &'static InputSpec,
    /// The column of texts of which the first days are noted.
    dated: Option<usize>,
    main: Stages,
    side: Stages,
    first_day: i32,
    seen: Seen,
    /// By the code of such a text: the first day.
    first_days: Vec<Day>,
    negative_attempts: u64,
    ignored: u64,
}

/// The stages of one stream's partitions.
pub(crate) struct Stages {
    stream: Stream,
    pub columns: Columns,
    by_partition: Vec<Stage>,
    packed: Vec<u8>,
    /// Where sealed chunks wait to be kept; without it they go to the store.
    sealed: Option<Sealed>,
}

/// The columns of a batch of orders or subscriptions; empty where there are none.
#[derive(Clone, Copy)]
struct HistoryRows<'a> {
    orders: Option<Keys<'a>>,
    days: &'a [i32],
    values: &'a [i64],
    kinds: &'a [u8],
    instants: &'a [i64],
    updated: &'a [i64],
    reasons: &'a [u32],
    ends: &'a [i32],
    cancelled: &'a [i32],
    causes: &'a [u8],
    segments: &'a [&'a [u32]],
}

impl<'a> HistoryRows<'a> {
    fn new(spec: &InputSpec, batch: &EventBatch<'a>) -> Self {
        let owner = spec.owner();
        let ids = spec.columns.iter().enumerate();
        let order = ids.filter(|(place, _)| *place != owner);
        let order = order.filter(|(_, column)| matches!(column.kind, ValueKind::Id(_)));
        let find = |is: fn(ValueKind) -> bool| spec.find(is);
        Self {
            orders: batch.ids(order.map(|(place, _)| place).next()),
            days: batch.days(spec.time()),
            values: batch.numbers(find(|kind| matches!(kind, ValueKind::Number(_)))),
            kinds: batch.small(find(|kind| matches!(kind, ValueKind::Status(_)))),
            instants: batch.instants,
            updated: batch.numbers(find(|kind| kind == ValueKind::Update)),
            reasons: batch.codes(find(|kind| matches!(kind, ValueKind::Text(_)))),
            ends: batch.days(find(|kind| kind == ValueKind::End)),
            cancelled: batch.days(find(|kind| matches!(kind, ValueKind::Day(_)))),
            causes: batch.small(find(|kind| kind == ValueKind::Involuntary)),
            segments: batch.segments,
        }
    }

    /// Sets what a row has beside customer, day and value.
    #[inline]
    fn set(&self, columns: &HistoryColumns, i: usize, kind: u8, stage: &mut Stage) {
        stage.set(columns.kind, kind.into());
        if columns.instant.is_some() {
            let midnight = || i64::from(self.days[i]) * DAY_MICROS;
            stage.set(
                columns.instant,
                ordered(self.instants.get(i).copied().unwrap_or_else(midnight)),
            );
        }
        if columns.order.is_some() {
            let word = match self.orders {
                Some(Keys::Integers(ids)) => ids[i],
                Some(Keys::Bytes(ids)) => {
                    stage.heap.extend_from_slice(ids[i]);
                    ids[i].len() as u64
                }
                None => 0,
            };
            stage.set(columns.order, word);
        }
        if columns.updated.is_some() {
            stage.set(columns.updated, ordered(self.updated[i]));
        }
        let reason = self.reasons.get(i).copied().unwrap_or_default();
        stage.set(columns.reason, reason.into());
        if columns.end.is_some() {
            let day = self.ends.get(i).copied().unwrap_or(NEVER);
            stage.set(columns.end, ordered(day.into()));
        }
        if columns.cancelled.is_some() {
            let day = self.cancelled.get(i).copied().unwrap_or(NEVER);
            stage.set(columns.cancelled, ordered(day.into()));
        }
        if columns.cause.is_some() {
            stage.set(columns.cause, self.causes[i].into());
        }
        for (s, codes) in self.segments.iter().enumerate() {
            stage.set(Some(columns.segments + s), codes[i].into());
        }
    }
}

/// How rows are placed that have no place of their own.
type NoPlace = fn(usize, &mut Stages) -> (usize, u64);

/// Where the values of a word come from.
enum Values<'a> {
    Days(&'a [i32]),
    Numbers(&'a [i64]),
    Codes(&'a [u32]),
    Small(&'a [u8]),
    Integers(&'a [u64]),
    Bytes(&'a [&'a [u8]]),
    /// The first instant of these days.
    Midnights(&'a [i32]),
    /// The same in every row.
    Constant(u64),
}

impl<'a> Values<'a> {
    /// Those of a word of an input's rows; where the batch has none, what stands for that.
    fn of(word: Word, spec: &InputSpec, batch: &EventBatch<'a>) -> Self {
        if word.cell == Cell::Day {
            return Self::Days(batch.days(spec.time()));
        }
        if word.cell == Cell::Instant {
            return match batch.instants {
                [] => Self::Midnights(batch.days(spec.time())),
                instants => Self::Numbers(instants),
            };
        }
        let column = word.column.and_then(|place| batch.columns.get(place).copied().flatten());
        match (column, word.cell) {
            (Some(Cells::OptionalIds(_, known)), Cell::Known) => Self::Small(known),
            (Some(Cells::Ids(_)), Cell::Known) => Self::Constant(1),
            (Some(Cells::Ids(ids) | Cells::OptionalIds(ids, _)), _) => match ids {
                Keys::Integers(ids) => Self::Integers(ids),
                Keys::Bytes(ids) => Self::Bytes(ids),
            },
            (Some(Cells::Days(days)), _) => Self::Days(days),
            (Some(Cells::Numbers(numbers)), _) => Self::Numbers(numbers),
            (Some(Cells::Codes(codes)), _) => Self::Codes(codes),
            (Some(Cells::Small(values)), _) => Self::Small(values),
            (None, cell) => Self::Constant(match cell {
                Cell::Date => ordered(NEVER.into()),
                Cell::Score => NO_SCORE.into(),
                Cell::Number => ordered(word.column.map_or(0, |place| number_without(spec, place))),
                _ => 0,
            }),
        }
    }

    #[inline]
    fn word(&self, i: usize, heap: &mut Vec<u8>) -> u64 {
        match self {
            Self::Days(days) => ordered(days[i].into()),
            Self::Numbers(numbers) => ordered(numbers[i]),
            Self::Codes(codes) => codes[i].into(),
            Self::Small(values) => values[i].into(),
            Self::Integers(ids) => ids[i],
            Self::Bytes(ids) => {
                heap.extend_from_slice(ids[i]);
                ids[i].len() as u64
            }
            Self::Midnights(days) => ordered(i64::from(days[i]) * DAY_MICROS),
            Self::Constant(word) => *word,
        }
    }
}

impl Lane {
    pub(crate) fn new(shared: Arc<Shared>, input: Input) -> Self {
        let stages = |stream| Stages::new(stream, &shared.layout);
        let spec = spec(input);
        Self {
            spec,
            dated: spec.first_days_of.and_then(|name| spec.place(name)),
            main: stages(Stream::of(input)),
            side: stages(Stream::beside(input)),
            first_day: shared.layout.history_start.map_or(i32::MIN, |d| d.0),
            seen: Seen::default(),
            first_days: Vec::new(),
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
        let owner = batch.ids(Some(self.spec.owner()));
        let is_history = self.spec.is_history;
        let history = HistoryRows::new(self.spec, batch);
        let differs = self.main.columns.ids.iter().enumerate().any(|(place, id)| {
            let came = match (place, is_history) {
                (0, _) => owner,
                (_, true) => history.orders,
                _ => batch.ids(id.column),
            };
            came.is_some_and(|came| type_of(came) != id.held)
        });
        match owner {
            _ if differs => Err(TimelineError::MixedKeys),
            Some(Keys::Integers(ids)) => {
                self.take(batch, &history, |i, _| partition_of_integer(ids[i]))
            }
            Some(Keys::Bytes(ids)) => self.take(batch, &history, |i, stage| {
                let partition = partition_of_bytes(ids[i]);
                stage.stage(partition).heap.extend_from_slice(ids[i]);
                (partition, ids[i].len() as u64)
            }),
            None if self.spec.may_be_anonymous() => self.scatter_items(batch, None::<&NoPlace>),
            None => Err(TimelineError::MixedKeys),
        }
    }

    fn take(
        &mut self,
        batch: &EventBatch<'_>,
        history: &HistoryRows<'_>,
        place: impl Fn(usize, &mut Stages) -> (usize, u64),
    ) -> Result<(), TimelineError> {
        let is_spans = self.shared.layout.resolve == Resolve::Spans;
        match (self.spec.input, is_spans) {
            (Input::Orders, false) => self.scatter(history, place),
            (Input::Subscriptions, true) => self.scatter_spans(history, place),
            (Input::Orders | Input::Subscriptions, _) => Err(TimelineError::MixedKeys),
            _ => self.scatter_items(batch, Some(&place)),
        }
    }

    /// Rows of an input beside the history, which go to one stream as they are, and those of nobody to
    /// another. Without `place` all are of nobody.
    fn scatter_items(
        &mut self,
        batch: &EventBatch<'_>,
        place: Option<&impl Fn(usize, &mut Stages) -> (usize, u64)>,
    ) -> Result<(), TimelineError> {
        let time = self.spec.time();
        let days = || batch.days(time).iter().copied().filter(|day| *day != UNDATED).map(Day);
        if let (Some(first), Some(last)) = (days().min(), days().max()) {
            extend(&mut self.seen.further[self.spec.input as usize], (first, last));
        }
        self.see_events(batch);
        for (code, day) in batch.codes(self.dated).iter().zip(days()) {
            first_of(&mut self.first_days, *code as usize, day);
        }
        let words = &self.main.columns.words;
        let width = words.len();
        let values: Vec<_> =
            words[1..].iter().map(|word| Values::of(*word, self.spec, batch)).collect();
        let known = match batch.columns.get(self.spec.owner()) {
            Some(Some(Cells::OptionalIds(_, known))) => known,
            _ => &[][..],
        };
        for i in 0..batch.rows {
            let is_known = known.get(i).is_none_or(|known| *known != 0);
            let (stages, (partition, owner)) = match place.filter(|_| is_known) {
                Some(place) => {
                    let place = place(i, &mut self.main);
                    (&mut self.main, place)
                }
                // Wherever: nobody has rows in two partitions.
                None => (&mut self.side, (i % PARTITIONS, 0)),
            };
            let stage = stages.stage(partition);
            stage.begin(width, [owner]);
            for (word, values) in (1..).zip(&values) {
                let value = values.word(i, &mut stage.heap);
                stage.set(Some(word), value);
            }
            stage.rows += 1;
            if stage.rows == STAGE_ROWS {
                stages.seal(&self.shared, partition)?;
            }
        }
        Ok(())
    }

    /// Notes the days on which something happened to rows of an input beside the history.
    fn see_events(&mut self, batch: &EventBatch<'_>) {
        let Some((place, of)) = self.spec.event_day() else { return };
        let status = self.spec.find(|kind| matches!(kind, ValueKind::Status(_)));
        let statuses = batch.small(status.filter(|_| of == DayOf::Decision));
        let counts = |row: usize| {
            let kind = statuses.get(row).and_then(|kind| Kind::ALL.get(usize::from(*kind)));
            kind.is_none_or(|kind| kind.is_decided())
        };
        let days = batch.days(Some(place)).iter().copied().enumerate();
        let days = days.filter(|(row, day)| *day != NEVER && counts(*row)).map(|(_, day)| day);
        self.see_newest(Some(place), days);
    }

    /// Notes the newest of a column's days up to that of the run, and those after it.
    fn see_newest(&mut self, place: Option<usize>, days: impl Iterator<Item = i32>) {
        let Some(place) = place else { return };
        let (input, today) = (self.spec.input, self.shared.layout.today.0);
        let mut newest = None;
        for day in days {
            if day <= today {
                newest = newest.max(Some(day));
            } else {
                self.seen.future.insert((Day(day), input, place));
            }
        }
        if let Some(day) = newest {
            newest_of(&mut self.seen.newest, (input, place), Day(day));
        }
    }

    /// Spans of subscriptions, which go to one stream as they are.
    fn scatter_spans(
        &mut self,
        rows: &HistoryRows<'_>,
        place: impl Fn(usize, &mut Stages) -> (usize, u64),
    ) -> Result<(), TimelineError> {
        // As the input names them: the last day of all says nothing of the day after it.
        let named = i32::from(self.shared.layout.inclusive_ends);
        let ends = rows.ends.iter().filter(|day| **day != NEVER).map(|day| day - named);
        let cancelled = rows.cancelled.iter().copied().filter(|day| *day != NEVER);
        self.see_newest(self.spec.time(), rows.days.iter().copied());
        self.see_newest(self.spec.find(|kind| kind == ValueKind::End), ends);
        self.see_newest(self.spec.find(|kind| matches!(kind, ValueKind::Day(_))), cancelled);
        let days = || rows.days.iter().copied().map(Day);
        if let (Some(first), Some(last)) = (days().min(), days().max()) {
            extend(&mut self.seen.further[self.spec.input as usize], (first, last));
        }
        let columns = self.main.columns.history;
        for i in 0..rows.days.len() {
            let (partition, customer) = place(i, &mut self.main);
            let stage = self.main.stage(partition);
            let core = [ordered(i64::from(rows.days[i])), ordered(rows.values[i])];
            stage.begin(columns.width, [customer, core[0], core[1]]);
            rows.set(&columns, i, 0, stage);
            stage.rows += 1;
            if stage.rows == STAGE_ROWS {
                self.main.seal(&self.shared, partition)?;
            }
        }
        Ok(())
    }

    fn scatter(
        &mut self,
        rows: &HistoryRows<'_>,
        place: impl Fn(usize, &mut Stages) -> (usize, u64),
    ) -> Result<(), TimelineError> {
        let layout = self.shared.layout;
        let resolved = layout.is_resolved();
        let (main, side) = (self.main.columns.history, self.side.columns.history);
        let has_extras = main.width > 3;
        let (mut first, mut last) = (i32::MAX, i32::MIN);
        let (mut first_side, mut last_side) = (i32::MAX, i32::MIN);
        for i in 0..rows.days.len() {
            let (day, value) = (rows.days[i], rows.values[i]);
            let kind = rows.kinds.get(i).copied().unwrap_or(Kind::Completed as u8);
            let is_activity = kind == Kind::Completed as u8 && (value >= 0 || layout.any_activity);
            let core = [ordered(i64::from(day)), ordered(value)];
            if resolved || is_activity {
                let (partition, customer) = place(i, &mut self.main);
                let stage = self.main.stage(partition);
                stage.begin(main.width, [customer, core[0], core[1]]);
                if has_extras {
                    rows.set(&main, i, kind, stage);
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
                rows.set(&side, i, kind, stage);
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
            chunks: [(self.main.stream, main), (self.side.stream, side)],
            totals: Totals {
                seen: std::mem::take(&mut self.seen),
                first_days: std::mem::take(&mut self.first_days),
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
        let Self { spec, seen, first_days, negative_attempts, ignored, .. } = self;
        self.shared.close(spec.input, &Totals { seen, first_days, negative_attempts, ignored });
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

    /// Adds a row to a partition; `word` gives its words in order and puts bytes of ids on the heap.
    pub fn add(
        &mut self,
        shared: &Shared,
        partition: usize,
        mut word: impl FnMut(usize, &mut Vec<u8>) -> u64,
    ) -> Result<(), TimelineError> {
        let width = self.columns.width();
        let stage = &mut self.by_partition[partition];
        let owner = word(0, &mut stage.heap);
        stage.begin(width, [owner]);
        for place in 1..width {
            let value = word(place, &mut stage.heap);
            stage.set(Some(place), value);
        }
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
            None => shared.store.push(partition, (self.stream, self.columns.width()), packed)?,
        }
        Ok(())
    }
}
