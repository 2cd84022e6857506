//! From the engine's columns to plain slices. Each reader makes one pass over the physical
//! values; what it finds wrong with a row goes to [`Flaws`], and only a batch that has some takes
//! the slower path.

use std::collections::HashMap;

use kohort_expr::Failure;
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
    /// Of a value that is neither an amount nor a time, or of the filter.
    UnreadableValue,
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
    UnreadableUpdate,
    UnreadableAmount,
    UnreadableUnits,
    NegativeAmount,
    NegativeUnits,
    UnknownInterval,
    EndBeforeStart,
    ScoreOutOfRange,
    UnknownStatus,
    InFuture,
    BeforeEarliest,
}

impl Reason {
    pub const ALL: [Self; 21] = [
        Self::UnreadableValue,
        Self::NullVisitorId,
        Self::NullCustomerId,
        Self::NullOther,
        Self::NullOrderId,
        Self::NullSubscriptionId,
        Self::NullTime,
        Self::UnreadableTime,
        Self::UnreadableEnd,
        Self::UnreadableCancellation,
        Self::UnreadableUpdate,
        Self::UnreadableAmount,
        Self::UnreadableUnits,
        Self::NegativeAmount,
        Self::NegativeUnits,
        Self::UnknownInterval,
        Self::EndBeforeStart,
        Self::ScoreOutOfRange,
        Self::UnknownStatus,
        Self::InFuture,
        Self::BeforeEarliest,
    ];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::UnreadableValue => "unreadable_value",
            Self::NullVisitorId => "null_visitor_id",
            Self::NullCustomerId | Self::NullOther => "null_customer_id",
            Self::NullOrderId => "null_order_id",
            Self::NullSubscriptionId => "null_subscription_id",
            Self::NullTime => "null_time",
            Self::UnreadableTime
            | Self::UnreadableEnd
            | Self::UnreadableCancellation
            | Self::UnreadableUpdate => "unreadable_time",
            Self::UnreadableAmount | Self::UnreadableUnits => "unreadable_amount",
            Self::NegativeAmount | Self::NegativeUnits => "negative_amount",
            Self::UnknownInterval => "unknown_interval",
            Self::EndBeforeStart => "end_before_start",
            Self::ScoreOutOfRange => "score_out_of_range",
            Self::UnknownStatus => "unknown_status",
            Self::InFuture => "in_future",
            Self::BeforeEarliest => "before_earliest",
        }
    }

    /// The mapped value that it is about.
    fn role(self) -> Role {
        match self {
            // Unless it is said of which value; see [`Flaws::fail`].
            Self::UnreadableValue => Role::Filter,
            Self::NullVisitorId | Self::NullCustomerId => Role::Customer,
            Self::NullOther => Role::Other,
            Self::NullOrderId | Self::NullSubscriptionId => Role::Order,
            Self::NullTime | Self::UnreadableTime | Self::InFuture | Self::BeforeEarliest => {
                Role::Time
            }
            Self::UnreadableEnd | Self::EndBeforeStart => Role::Ended,
            Self::UnreadableCancellation => Role::Cancelled,
            Self::UnreadableUpdate => Role::Updated,
            Self::UnreadableAmount | Self::NegativeAmount => Role::Amount,
            Self::UnreadableUnits | Self::NegativeUnits => Role::Units,
            Self::UnknownInterval => Role::Interval,
            Self::ScoreOutOfRange => Role::Score,
            Self::UnknownStatus => Role::Status,
        }
    }
}

impl Reason {
    /// That of a row whose mapped value could not be computed.
    fn of_failure(role: Role) -> Self {
        match role {
            Role::Time => Self::UnreadableTime,
            Role::Ended => Self::UnreadableEnd,
            Role::Cancelled => Self::UnreadableCancellation,
            Role::Updated => Self::UnreadableUpdate,
            Role::Amount => Self::UnreadableAmount,
            Role::Units => Self::UnreadableUnits,
            _ => Self::UnreadableValue,
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
    /// Rows with a value that could not be computed: which, and why.
    failures: HashMap<usize, (Role, Failure)>,
}

impl Flaws {
    const NONE: u8 = u8::MAX;

    pub fn clear(&mut self) {
        self.marks.clear();
        self.future = None;
        self.failures.clear();
    }

    /// A mapped value of a row could not be computed.
    pub fn fail(&mut self, rows: usize, row: usize, role: Role, failure: Failure) {
        let reason = Reason::of_failure(role);
        let earlier = self.marks.get(row).copied().unwrap_or(Self::NONE);
        if (reason as u8) < earlier {
            self.failures.insert(row, (role, failure));
        }
        self.mark(rows, row, reason);
    }

    /// Why a value of a row could not be computed, if the row is rejected for that.
    pub fn failure(&self, row: usize) -> Option<Failure> {
        let (role, failure) = self.failures.get(&row)?;
        (self.marks.get(row) == Some(&(Reason::of_failure(*role) as u8))).then_some(*failure)
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
                // What could not be computed is NULL as well, and is not missing.
                let failed = self.failures.get(&row).map(|(role, _)| *role);
                if null && failed != Some(reason.role()) {
                    self.mark(series.len(), row, reason);
                }
            }
        }
    }

    pub fn is_marked(&self, row: usize) -> bool {
        self.marks.get(row).is_some_and(|mark| *mark != Self::NONE)
    }

    /// Rows, their reasons and the mapped values that those are about, in order of row.
    pub fn iter(&self) -> impl Iterator<Item = (usize, Reason, Role)> {
        let reason = |mark: &u8| Reason::ALL.get(usize::from(*mark)).copied();
        self.marks.iter().enumerate().filter_map(move |(row, mark)| {
            let reason = reason(mark)?;
            let role = match self.failures.get(&row) {
                Some((role, _)) if Reason::of_failure(*role) == reason => *role,
                _ => reason.role(),
            };
            Some((row, reason, role))
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
