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

/// Accepted rows of an order history, column by column; every slice that is there has one
/// entry a row. No row is null in any column.
#[derive(Clone, Copy, Debug)]
pub struct OrderBatch<'a> {
    /// Who ordered.
    pub customers: Keys<'a>,
    /// Business-local day, in days since 1970-01-01.
    pub days: &'a [i32],
    /// Value in minor units.
    pub values: &'a [i64],
    /// [`Kind`] as a number; empty where every row is completed.
    pub kinds: &'a [u8],
    /// Microseconds that order the events within a day; empty where days are all that is known
    /// or needed.
    pub instants: &'a [i64],
    /// Order ids; `None` where nothing needs them.
    pub orders: Option<Keys<'a>>,
    /// Microseconds of the last update; empty where nothing needs them.
    pub updated: &'a [i64],
    /// Code of the reason why an order was lost; empty where nothing needs it.
    pub reasons: &'a [u32],
    /// Codes of the segment values, one slice a segment.
    pub segments: &'a [&'a [u32]],
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
