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

/// The value of an event that has none.
pub const NO_VALUE: i64 = i64::MIN;

/// The score of an answer that has none.
pub const NO_SCORE: u8 = u8::MAX;

/// Bits of a touchpoint's and an identity's `kinds`.
pub mod known {
    /// The row names its cart.
    pub const CART: u8 = 1;
    /// The row names its customer.
    pub const CUSTOMER: u8 = 2;
}

/// Accepted rows of one input, column by column; every slice that is there has one entry a
/// row, and a slice that the input does not have is empty. No row is null in any column.
#[derive(Clone, Copy, Debug)]
pub struct EventBatch<'a> {
    /// Whose event it is; of touchpoints and identities the visitor.
    pub customers: Keys<'a>,
    /// Business-local day in days since 1970-01-01: of the order, the contact, the answer, the touch, the
    /// return, the invoice, on which the person was first seen, the subscription started or the
    /// opportunity was created; 0 of identities.
    pub days: &'a [i32],
    /// Value in minor units: of the order, the line, the return, the invoice, the opportunity, or of a
    /// month of the subscription, which is 0 for a trial; of touchpoints [`NO_VALUE`] where it is not
    /// known; of engagement in hundredths. Empty for other inputs.
    pub values: &'a [i64],
    /// Of orders and opportunities, [`Kind`] as a number, won being completed; empty where every row is
    /// completed. Of contacts, 1 for the holdout and 0 for everybody else; empty where there is no
    /// holdout. Of surveys the score, or [`NO_SCORE`]. Of touchpoints and identities bits of [`known`].
    pub kinds: &'a [u8],
    /// Microseconds that order the events within a day; empty where days are all that is known
    /// or needed.
    pub instants: &'a [i64],
    /// Ids of orders or subscriptions, of the orders of lines and returns, of opportunities, invoices and
    /// the carts of touchpoints; `None` where nothing needs them.
    pub orders: Option<Keys<'a>>,
    /// The customers of touchpoints and identities, where `kinds` says that they are known.
    pub others: Option<Keys<'a>>,
    /// Microseconds of the last update; empty where nothing needs them.
    pub updated: &'a [i64],
    /// Code of the reason why an order or an opportunity was lost, a subscription ended, a customer left,
    /// goods came back; empty where nothing needs it.
    pub reasons: &'a [u32],
    /// Codes of texts, one slice a text: the segments' values of orders and subscriptions; campaign
    /// and strategy of contacts; step of touchpoints; stage and competitor of opportunities; product and
    /// category of lines; product of returns; kind of engagement.
    pub segments: &'a [&'a [u32]],
    /// Exclusive end of each subscription, the day on which an opportunity was decided or an
    /// invoice paid; [`NEVER`] where it is open.
    pub ends: &'a [i32],
    /// Day on which each subscription was cancelled, [`NEVER`] where it was not; of invoices the day on
    /// which they are due, [`NEVER`] where it is not known; may be empty.
    pub cancelled: &'a [i32],
    /// [`Cause`] of each subscription's end as a number; may be empty.
    pub causes: &'a [u8],
    /// Units of lines and returns; empty where each has one.
    pub units: &'a [i64],
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
