//! What crosses the border between reading and gathering: plain slices.

use std::io;

/// What became of an order, read from its status. The order of the variants breaks ties
/// between events of one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Completed: an order, or where its value is below zero a refund.
    Completed = 0,
    /// Nearly sold: cancelled before fulfilment, payment failed, out of stock.
    Lost = 1,
    /// Not decided yet.
    Open = 2,
    /// Of no interest, but it may replace an earlier row of the same order.
    Ignored = 3,
}

impl Kind {
    /// Every kind, in order.
    pub const ALL: [Self; 4] = [Self::Completed, Self::Lost, Self::Open, Self::Ignored];

    /// Whether it is known how it ended.
    #[must_use]
    pub const fn is_decided(self) -> bool {
        matches!(self, Self::Completed | Self::Lost)
    }
}

/// Identifiers of one batch, one a row.
#[derive(Clone, Copy, Debug)]
pub enum Keys<'a> {
    /// Integers, mapped so that the order of the unsigned numbers is the order of the ids.
    Integers(&'a [u64]),
    /// Strings and binary ids, compared as bytes.
    Bytes(&'a [&'a [u8]]),
}

impl Keys<'_> {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Integers(ids) => ids.len(),
            Self::Bytes(ids) => ids.len(),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Why a subscription ended, as far as the input tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Cause {
    /// The customer wanted it.
    Voluntary = 0,
    /// A payment failed.
    Involuntary = 1,
    /// The input does not say.
    Unknown = 2,
}

impl Cause {
    /// Every cause, in order.
    pub const ALL: [Self; 3] = [Self::Voluntary, Self::Involuntary, Self::Unknown];
}

/// A day that never comes: the end of what is open.
pub const NEVER: i32 = i32::MAX;
/// The day of a row that is of no day.
pub const UNDATED: i32 = i32::MIN;

/// The value of an event that has none, and of a discount of less than half a minor unit.
pub const NO_VALUE: i64 = i64::MIN;

/// The score of an answer that has none.
pub const NO_SCORE: u8 = u8::MAX;

/// The values of a column of one batch, one a row.
#[derive(Clone, Copy, Debug)]
pub enum Cells<'a> {
    /// Ids.
    Ids(Keys<'a>),
    /// Ids, any where the row has none, and 1 where it has one and 0 where not.
    OptionalIds(Keys<'a>, &'a [u8]),
    /// Days since 1970-01-01, [`NEVER`] where there is none.
    Days(&'a [i32]),
    /// Numbers: minor units, hundredths, units, or microseconds of an update.
    Numbers(&'a [i64]),
    /// Codes of texts.
    Codes(&'a [u32]),
    /// [`Kind`], [`Cause`], a score, [`NO_SCORE`], or 1 for what is true and 0 for what is not.
    Small(&'a [u8]),
}

impl Cells<'_> {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Ids(ids) | Self::OptionalIds(ids, _) => ids.len(),
            Self::Days(days) => days.len(),
            Self::Numbers(numbers) => numbers.len(),
            Self::Codes(codes) => codes.len(),
            Self::Small(values) => values.len(),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Accepted rows of one input, column by column; every slice that is there has one entry a row.
#[derive(Clone, Copy, Debug)]
pub struct EventBatch<'a> {
    /// Number of rows.
    pub rows: usize,
    /// Values by the places of the columns in the input's declaration; `None` of columns that are not
    /// mapped, that nothing needs, or that are equal to their default in every row.
    pub columns: &'a [Option<Cells<'a>>],
    /// Microseconds that order the rows within a day; empty where days are all that is known or needed.
    pub instants: &'a [i64],
    /// Codes of segments' values, one slice a segment.
    pub segments: &'a [&'a [u32]],
}

impl<'a> EventBatch<'a> {
    fn cells(&self, place: Option<usize>) -> Option<Cells<'a>> {
        self.columns.get(place?).copied().flatten()
    }

    /// The ids of a column; `None` where there are none.
    #[must_use]
    pub fn ids(&self, place: Option<usize>) -> Option<Keys<'a>> {
        match self.cells(place) {
            Some(Cells::Ids(ids) | Cells::OptionalIds(ids, _)) => Some(ids),
            _ => None,
        }
    }

    /// The days of a column; empty where there are none.
    #[must_use]
    pub fn days(&self, place: Option<usize>) -> &'a [i32] {
        if let Some(Cells::Days(days)) = self.cells(place) { days } else { &[] }
    }

    /// The numbers of a column; empty where there are none.
    #[must_use]
    pub fn numbers(&self, place: Option<usize>) -> &'a [i64] {
        if let Some(Cells::Numbers(numbers)) = self.cells(place) { numbers } else { &[] }
    }

    /// The codes of a column; empty where there are none.
    #[must_use]
    pub fn codes(&self, place: Option<usize>) -> &'a [u32] {
        if let Some(Cells::Codes(codes)) = self.cells(place) { codes } else { &[] }
    }

    /// The small values of a column; empty where there are none.
    #[must_use]
    pub fn small(&self, place: Option<usize>) -> &'a [u8] {
        if let Some(Cells::Small(values)) = self.cells(place) { values } else { &[] }
    }
}

/// Where gathered data goes once it is over the memory limit. What is appended can be read
/// until the store is dropped, and nothing of it stays behind then.
pub trait Spill: Send + Sync {
    /// Appends `bytes` and gives the offset at which they begin.
    ///
    /// # Errors
    /// What the disk says.
    fn append(&self, bytes: &[u8]) -> io::Result<u64>;

    /// Fills `into` with the bytes from `offset` on.
    ///
    /// # Errors
    /// What the disk says; also where fewer bytes are there.
    fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()>;
}
