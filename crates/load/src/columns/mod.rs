//! From the engine's columns to plain slices. Each reader makes one pass over the physical
//! values; what it finds wrong with a row goes to [`Flaws`], and only a batch that has some takes
//! the slower path.

use std::collections::HashMap;

use kohort_expr::Failure;
use kohort_model::{InputIds, InputSpec, Interval, Number, ValueKind};
use polars::prelude::{DataType, Series};

use crate::mapping::Role;

pub(crate) mod amount;
pub(crate) mod flags;
pub(crate) mod ids;
pub(crate) mod interval;
pub(crate) mod score;
pub(crate) mod shown;
pub(crate) mod status;
pub(crate) mod text;
pub(crate) mod time;

/// Why a row is rejected. Of several reasons the first in this order counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Reason {
    /// Of a value that has no reason of its own, or of the filter.
    UnreadableValue,
    NullId,
    NullTime,
    UnreadableTime,
    UnreadableAmount,
    NegativeAmount,
    UnknownInterval,
    EndBeforeStart,
    ScoreOutOfRange,
    UnknownStatus,
    InFuture,
    BeforeEarliest,
}

impl Reason {
    const ALL: [Self; 12] = [
        Self::UnreadableValue,
        Self::NullId,
        Self::NullTime,
        Self::UnreadableTime,
        Self::UnreadableAmount,
        Self::NegativeAmount,
        Self::UnknownInterval,
        Self::EndBeforeStart,
        Self::ScoreOutOfRange,
        Self::UnknownStatus,
        Self::InFuture,
        Self::BeforeEarliest,
    ];

    /// That of a value of the kind which could not be computed.
    fn of_failure(kind: Option<ValueKind>) -> Self {
        match kind {
            Some(ValueKind::Time(_) | ValueKind::Day(_) | ValueKind::End | ValueKind::Update) => {
                Self::UnreadableTime
            }
            Some(ValueKind::Number(_)) => Self::UnreadableAmount,
            _ => Self::UnreadableValue,
        }
    }

    /// The name in reports, for a value of the kind.
    fn name(self, kind: Option<ValueKind>) -> &'static str {
        match self {
            Self::UnreadableValue => "unreadable_value",
            Self::NullId => match kind {
                Some(ValueKind::Id(ids)) => ids.missing.unwrap_or("null_id"),
                _ => "null_id",
            },
            Self::NullTime => "null_time",
            Self::UnreadableTime => "unreadable_time",
            Self::UnreadableAmount => "unreadable_amount",
            Self::NegativeAmount => "negative_amount",
            Self::UnknownInterval => "unknown_interval",
            Self::EndBeforeStart => "end_before_start",
            Self::ScoreOutOfRange => "score_out_of_range",
            Self::UnknownStatus => "unknown_status",
            Self::InFuture => "in_future",
            Self::BeforeEarliest => "before_earliest",
        }
    }

    /// The flaw of a row for what it has in a column, by the column's place.
    pub fn at(self, column: usize) -> Flaw {
        Flaw { reason: self, role: Role::Column(column) }
    }
}

/// Why a row is rejected in which a value of the kind is NULL; `None` where it is not for that alone.
#[must_use]
pub fn reason_of_null(kind: ValueKind) -> Option<&'static str> {
    let reason = match kind {
        ValueKind::Id(InputIds { missing: Some(_), .. }) => Reason::NullId,
        ValueKind::Time(_) => Reason::NullTime,
        ValueKind::Number(Number { null: None, .. }) => Reason::UnreadableAmount,
        ValueKind::Status(status) if !status.is_open_without_end => Reason::UnknownStatus,
        ValueKind::Interval => Reason::UnknownInterval,
        _ => return None,
    };
    Some(reason.name(Some(kind)))
}

/// What to do with rows of an input that are rejected for a reason; `None` where that is plain.
#[must_use]
pub fn advice(spec: &InputSpec, reason: &str) -> Option<String> {
    let is = |of: Reason| of.name(None) == reason;
    if is(Reason::UnknownInterval) {
        return Some(format!("an interval is {}", Interval::TEXTS));
    }
    let below_zero = Some(spec.below_zero).filter(|advice| !advice.is_empty());
    below_zero.filter(|_| is(Reason::NegativeAmount)).map(str::to_owned)
}

/// Why a row is rejected, and for which of its values. Of several with one reason the first counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub reason: Reason,
    pub role: Role,
}

impl Flaw {
    /// The name in reports.
    pub fn name(self, spec: &InputSpec) -> &'static str {
        self.reason.name(match self.role {
            Role::Column(place) => Some(spec.columns[place].kind),
            _ => None,
        })
    }

    /// A number in the order in which flaws count: the reason, then the place of the column.
    fn mark(self) -> u16 {
        let place = match self.role {
            Role::Column(place) => u8::try_from(place).unwrap_or(OTHERS),
            _ => OTHERS,
        };
        u16::from(self.reason as u8) << 8 | u16::from(place)
    }

    fn of_mark(mark: u16) -> Option<Self> {
        let [reason, place] = mark.to_be_bytes();
        let reason = *Reason::ALL.get(usize::from(reason))?;
        let role = if place == OTHERS { Role::Filter } else { Role::Column(place.into()) };
        Some(Self { reason, role })
    }
}

/// The place of what is no column of the input.
const OTHERS: u8 = u8::MAX;

/// The rejected rows of one batch.
#[derive(Debug, Default)]
pub(crate) struct Flaws {
    /// [`Flaw`] of each row as a number; empty while no row has one.
    marks: Vec<u16>,
    /// First day of the rows that are in the future.
    future: Option<i32>,
    /// Rows with a value that could not be computed: which, and why.
    failures: HashMap<usize, (Flaw, Failure)>,
}

impl Flaws {
    const NONE: u16 = u16::MAX;

    pub fn clear(&mut self) {
        self.marks.clear();
        self.future = None;
        self.failures.clear();
    }

    /// A mapped value of a row could not be computed; `kind` is what it is where it is a column's.
    pub fn fail(
        &mut self,
        rows: usize,
        row: usize,
        (role, kind): (Role, Option<ValueKind>),
        failure: Failure,
    ) {
        let flaw = Flaw { reason: Reason::of_failure(kind), role };
        let earlier = self.marks.get(row).copied().unwrap_or(Self::NONE);
        if flaw.mark() < earlier {
            self.failures.insert(row, (flaw, failure));
        }
        self.mark(rows, row, flaw);
    }

    /// Why a value of a row could not be computed, if the row is rejected for that.
    pub fn failure(&self, row: usize) -> Option<Failure> {
        let (flaw, failure) = self.failures.get(&row)?;
        (self.marks.get(row) == Some(&flaw.mark())).then_some(*failure)
    }

    /// A row of that day is in the future, by the column at a place.
    pub fn mark_future(&mut self, rows: usize, row: usize, (day, column): (i32, usize)) {
        self.mark(rows, row, Reason::InFuture.at(column));
        self.future = Some(self.future.map_or(day, |first| first.min(day)));
    }

    /// First day of the rows that are in the future.
    pub fn future(&self) -> Option<i32> {
        self.future
    }

    pub fn any(&self) -> bool {
        !self.marks.is_empty()
    }

    pub fn mark(&mut self, rows: usize, row: usize, flaw: Flaw) {
        if self.marks.is_empty() {
            self.marks.resize(rows, Self::NONE);
        }
        self.marks[row] = self.marks[row].min(flaw.mark());
    }

    pub fn mark_nulls(&mut self, series: &Series, flaw: Flaw) {
        if series.null_count() > 0 {
            for (row, null) in series.is_null().iter().flatten().enumerate() {
                // What could not be computed is NULL as well, and is not missing.
                let failed = self.failures.get(&row).map(|(failed, _)| failed.role);
                if null && failed != Some(flaw.role) {
                    self.mark(series.len(), row, flaw);
                }
            }
        }
    }

    pub fn is_marked(&self, row: usize) -> bool {
        self.marks.get(row).is_some_and(|mark| *mark != Self::NONE)
    }

    /// Rows and their flaws, in order of row.
    pub fn iter(&self) -> impl Iterator<Item = (usize, Flaw)> {
        self.marks.iter().enumerate().filter_map(move |(row, mark)| {
            let flaw = Flaw::of_mark(*mark)?;
            // The mark does not tell values apart that are no columns.
            let failed = self.failures.get(&row).filter(|(failed, _)| failed.mark() == *mark);
            Some((row, failed.map_or(flaw, |(failed, _)| *failed)))
        })
    }

    /// Keeps the entries of the rows without a flaw.
    pub fn kept<T: Copy>(&self, of: &[T], into: &mut Vec<T>) {
        into.clear();
        let rows = of.iter().zip(&self.marks);
        into.extend(rows.filter(|(_, mark)| **mark == Self::NONE).map(|(value, _)| *value));
    }
}

/// Whether a type is one of the integers of up to 64 bits.
pub(crate) fn is_integer(dtype: &DataType) -> bool {
    use DataType as D;
    matches!(
        dtype,
        D::Int8 | D::Int16 | D::Int32 | D::Int64 | D::UInt8 | D::UInt16 | D::UInt32 | D::UInt64
    )
}

/// The values of a physical column that is one chunk, with one entry a row also where it is null.
macro_rules! values {
    ($column:expr) => {
        $column.downcast_as_array().values().as_slice()
    };
}
pub(crate) use values;
