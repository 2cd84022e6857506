//! One reader's way into the partitions.

use std::ops::Range;
use std::sync::Arc;

use kohort_inputs::spec;
use kohort_model::{
    Cells, Day, DayOf, EventBatch, Input, InputSpec, Keys, Kind, NEVER, UNDATED, ValueKind,
};

use crate::TimelineError;
use crate::chunk::ordered;
use crate::ids::to_u32;
use crate::layout::{HistoryColumns, KeyType, Resolve, Stream};
use crate::shared::{Seen, Shared, Totals, extend, first_of, newest_of};
use crate::stages::{Owners, SORTED_ROWS, Sealed, Stages};
use crate::values::Values;

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
    /// Rows of a batch that go to the main stages, and those that go to the others.
    room: [Vec<u32>; 2],
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

    /// The words of the rows of a stream that has these columns.
    fn values(&self, columns: &HistoryColumns, owners: Owners<'a>) -> Vec<Values<'a>> {
        let or = |is_empty: bool, constant: u64, values: Values<'a>| {
            if is_empty { Values::Constant(constant) } else { values }
        };
        let never = ordered(NEVER.into());
        let days = Values::Days(self.days);
        let instants = if self.instants.is_empty() {
            Values::Midnights(self.days)
        } else {
            Values::Numbers(self.instants)
        };
        let completed = u64::from(Kind::Completed as u8);
        let mut values = vec![Values::Constant(0); columns.width];
        values[..3].copy_from_slice(&[owners.values(), days, Values::Numbers(self.values)]);
        let optional = [
            (columns.kind, or(self.kinds.is_empty(), completed, Values::Small(self.kinds))),
            (columns.instant, instants),
            (columns.order, self.orders.map_or(Values::Constant(0), Values::ids)),
            (columns.updated, Values::Numbers(self.updated)),
            (columns.reason, or(self.reasons.is_empty(), 0, Values::Codes(self.reasons))),
            (columns.end, or(self.ends.is_empty(), never, Values::Days(self.ends))),
            (columns.cancelled, or(self.cancelled.is_empty(), never, Values::Days(self.cancelled))),
            (columns.cause, Values::Small(self.causes)),
        ];
        for (place, of) in optional {
            if let Some(place) = place {
                values[place] = of;
            }
        }
        for (place, codes) in values[columns.segments..].iter_mut().zip(self.segments) {
            *place = Values::Codes(codes);
        }
        values
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
            room: Default::default(),
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
        let owners = match owner {
            _ if differs => return Err(TimelineError::MixedKeys),
            Some(Keys::Integers(ids)) => Owners::Integers(ids),
            Some(Keys::Bytes(ids)) => Owners::Bytes(ids),
            None if self.spec.may_be_anonymous() => Owners::None,
            None => return Err(TimelineError::MixedKeys),
        };
        let is_spans = self.shared.layout.resolve == Resolve::Spans;
        match (self.spec.input, is_spans) {
            (Input::Orders, false) => self.scatter(&history, owners),
            (Input::Subscriptions, true) => self.scatter_spans(&history, owners),
            (Input::Orders | Input::Subscriptions, _) => Err(TimelineError::MixedKeys),
            _ => self.scatter_items(batch, owners),
        }
    }

    /// Rows of an input beside the history, which go to one stream as they are, and those of nobody to
    /// another.
    fn scatter_items(
        &mut self,
        batch: &EventBatch<'_>,
        owners: Owners<'_>,
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
        let words = self.main.columns.words[1..].iter();
        let mut values = vec![owners.values()];
        values.extend(words.map(|word| Values::of(*word, self.spec, batch)));
        let known = match (owners, batch.columns.get(self.spec.owner())) {
            (Owners::None, _) => Some(&[][..]),
            (_, Some(Some(Cells::OptionalIds(_, known)))) => Some(*known),
            _ => None,
        };
        let mut of_nobody = values.clone();
        of_nobody[0] = Owners::None.values();
        let Self { main, side, shared, room, .. } = self;
        for rows in slices(batch.rows) {
            let [own, others] = room;
            own.clear();
            others.clear();
            for row in rows {
                let is_known = known
                    .is_none_or(|known| known.get(row as usize).is_some_and(|known| *known != 0));
                if is_known { own.push(row) } else { others.push(row) }
            }
            main.extend(shared, (owners, own), &values)?;
            side.extend(shared, (Owners::None, others), &of_nobody)?;
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
        owners: Owners<'_>,
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
        let values = rows.values(&self.main.columns.history, owners);
        for slice in slices(rows.days.len()) {
            let own = &mut self.room[0];
            own.clear();
            own.extend(slice);
            self.main.extend(&self.shared, (owners, own), &values)?;
        }
        Ok(())
    }

    fn scatter(&mut self, rows: &HistoryRows<'_>, owners: Owners<'_>) -> Result<(), TimelineError> {
        let layout = self.shared.layout;
        let main = rows.values(&self.main.columns.history, owners);
        let side = rows.values(&self.side.columns.history, owners);
        // Where rows are put together first, all are brought together.
        let is_activity = |kind: u8, value: i64| {
            layout.is_resolved()
                || kind == Kind::Completed as u8 && (value >= 0 || layout.any_activity)
        };
        for slice in slices(rows.days.len()) {
            let [activity, others] = &mut self.room;
            activity.clear();
            others.clear();
            for row in slice {
                let value = rows.values[row as usize];
                let kind = rows.kinds.get(row as usize).copied();
                let kind = kind.unwrap_or(Kind::Completed as u8);
                if is_activity(kind, value) {
                    activity.push(row);
                } else if kind == Kind::Ignored as u8 {
                    self.ignored += 1;
                } else if kind != Kind::Completed as u8 && value < 0 {
                    self.negative_attempts += 1;
                } else {
                    others.push(row);
                }
            }
            let seen = &mut self.seen;
            let days = days_from(self.first_day, rows.days, activity);
            if let Some(days) = days {
                extend(&mut seen.activity, days);
            }
            for days in days.into_iter().chain(days_from(self.first_day, rows.days, others)) {
                extend(&mut seen.any, days);
            }
            self.main.extend(&self.shared, (owners, activity), &main)?;
            self.side.extend(&self.shared, (owners, others), &side)?;
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

/// What a lane took in.
pub(crate) struct Taken {
    /// By stream, each in order of its partitions.
    pub chunks: [(Stream, Sealed); 2],
    pub totals: Totals,
}

/// The rows of a batch, some at a time.
fn slices(rows: usize) -> impl Iterator<Item = Range<u32>> {
    let rows = to_u32(rows as u64);
    (0..rows).step_by(SORTED_ROWS as usize).map(move |from| from..rows.min(from + SORTED_ROWS))
}

/// The first and the last day of some rows, of those from `first` on.
fn days_from(first: i32, days: &[i32], rows: &[u32]) -> Option<(Day, Day)> {
    let ends = rows.iter().fold((i32::MAX, i32::MIN), |(from, to), row| {
        let day = days[*row as usize];
        if day < first { (from, to) } else { (from.min(day), to.max(day)) }
    });
    (ends.0 <= ends.1).then_some((Day(ends.0), Day(ends.1)))
}
