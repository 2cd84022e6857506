//! From the engine's columns to plain slices. Each reader makes one pass over the physical
//! values; what it finds wrong with a row goes to [`Flaws`], and only a batch that has some takes
//! the slower path.

use polars::prelude::{DataType, Series};

use crate::mapping::Role;

pub(crate) mod amount;
pub(crate) mod flags;
pub(crate) mod ids;
pub(crate) mod score;
pub(crate) mod shown;
pub(crate) mod status;
pub(crate) mod text;
pub(crate) mod time;

/// Why a row is rejected. Of several reasons the first in this order counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Reason {
    NullVisitorId,
    NullCustomerId,
    /// Of a visitor's customer.
    NullOther,
    NullOrderId,
    NullSubscriptionId,
    NullTime,
    UnreadableTime,
    UnreadableEnd,
    UnreadableCancellation,
    UnreadableAmount,
    UnreadableUnits,
    NegativeAmount,
    NegativeUnits,
    UnknownInterval,
    EndBeforeStart,
    ScoreOutOfRange,
    UnknownStatus,
    InFuture,
}

impl Reason {
    pub const ALL: [Self; 18] = [
        Self::NullVisitorId,
        Self::NullCustomerId,
        Self::NullOther,
        Self::NullOrderId,
        Self::NullSubscriptionId,
        Self::NullTime,
        Self::UnreadableTime,
        Self::UnreadableEnd,
        Self::UnreadableCancellation,
        Self::UnreadableAmount,
        Self::UnreadableUnits,
        Self::NegativeAmount,
        Self::NegativeUnits,
        Self::UnknownInterval,
        Self::EndBeforeStart,
        Self::ScoreOutOfRange,
        Self::UnknownStatus,
        Self::InFuture,
    ];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::NullVisitorId => "null_visitor_id",
            Self::NullCustomerId | Self::NullOther => "null_customer_id",
            Self::NullOrderId => "null_order_id",
            Self::NullSubscriptionId => "null_subscription_id",
            Self::NullTime => "null_time",
            Self::UnreadableTime | Self::UnreadableEnd | Self::UnreadableCancellation => {
                "unreadable_time"
            }
            Self::UnreadableAmount | Self::UnreadableUnits => "unreadable_amount",
            Self::NegativeAmount | Self::NegativeUnits => "negative_amount",
            Self::UnknownInterval => "unknown_interval",
            Self::EndBeforeStart => "end_before_start",
            Self::ScoreOutOfRange => "score_out_of_range",
            Self::UnknownStatus => "unknown_status",
            Self::InFuture => "in_future",
        }
    }

    /// The mapped value that it is about.
    pub fn role(self) -> Role {
        match self {
            Self::NullVisitorId | Self::NullCustomerId => Role::Customer,
            Self::NullOther => Role::Other,
            Self::NullOrderId | Self::NullSubscriptionId => Role::Order,
            Self::NullTime | Self::UnreadableTime | Self::InFuture => Role::Time,
            Self::UnreadableEnd | Self::EndBeforeStart => Role::Ended,
            Self::UnreadableCancellation => Role::Cancelled,
            Self::UnreadableAmount | Self::NegativeAmount => Role::Amount,
            Self::UnreadableUnits | Self::NegativeUnits => Role::Units,
            Self::UnknownInterval => Role::Interval,
            Self::ScoreOutOfRange => Role::Score,
            Self::UnknownStatus => Role::Status,
        }
    }
}

/// The rejected rows of one batch.
#[derive(Debug, Default)]
pub(crate) struct Flaws {
    /// [`Reason`] of each row as a number; empty while no row has one.
    marks: Vec<u8>,
    /// First day of the rows that are in the future.
    future: Option<i32>,
}

impl Flaws {
    const NONE: u8 = u8::MAX;

    pub fn clear(&mut self) {
        self.marks.clear();
        self.future = None;
    }

    /// A row of that day is in the future.
    pub fn mark_future(&mut self, rows: usize, row: usize, day: i32) {
        self.mark(rows, row, Reason::InFuture);
        self.future = Some(self.future.map_or(day, |first| first.min(day)));
    }

    /// First day of the rows that are in the future.
    pub fn future(&self) -> Option<i32> {
        self.future
    }

    pub fn any(&self) -> bool {
        !self.marks.is_empty()
    }

    pub fn mark(&mut self, rows: usize, row: usize, reason: Reason) {
        if self.marks.is_empty() {
            self.marks.resize(rows, Self::NONE);
        }
        self.marks[row] = self.marks[row].min(reason as u8);
    }

    pub fn mark_nulls(&mut self, series: &Series, reason: Reason) {
        if series.null_count() > 0 {
            for (row, null) in series.is_null().iter().flatten().enumerate() {
                if null {
                    self.mark(series.len(), row, reason);
                }
            }
        }
    }

    pub fn is_marked(&self, row: usize) -> bool {
        self.marks.get(row).is_some_and(|mark| *mark != Self::NONE)
    }

    /// Rows and their reasons, in order of row.
    pub fn iter(&self) -> impl Iterator<Item = (usize, Reason)> {
        let reason = |mark: &u8| Reason::ALL.get(usize::from(*mark)).copied();
        self.marks.iter().enumerate().filter_map(move |(row, mark)| Some((row, reason(mark)?)))
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
