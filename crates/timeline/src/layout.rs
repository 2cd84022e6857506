//! Which columns are carried, and what a row stands for.

use kohort_model::{Day, Input};

/// How ids are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// 64-bit integers.
    Integers,
    /// Bytes of any length.
    Bytes,
}

/// What the rows of an order history are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolve {
    /// Each row is an order.
    Rows,
    /// Each row is an order; a repeated (customer, order) is an error.
    Unique,
    /// Of the rows of an order the latest updated stands.
    Latest,
    /// The rows of an order are its lines.
    Lines,
    /// The rows are spans of subscriptions.
    Spans,
}

/// What a gathering carries, decided before the first row by the measures selected.
#[expect(clippy::struct_excessive_bools, reason = "each column is carried or not")]
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Type of the customer ids.
    pub customers: KeyType,
    /// Type of the order ids, where something needs them.
    pub orders: Option<KeyType>,
    /// What a row is.
    pub resolve: Resolve,
    /// Whether instants within the day are carried.
    pub instants: bool,
    /// Whether reasons of lost orders or ended subscriptions are carried.
    pub reasons: bool,
    /// Whether it is carried who wanted a subscription to end.
    pub causes: bool,
    /// Whether it is carried when a subscription was cancelled.
    pub cancelled: bool,
    /// Number of segments.
    pub segments: usize,
    /// Whether refunds are activity.
    pub any_activity: bool,
    /// First day that is known; earlier orders are left out.
    pub history_start: Option<Day>,
    /// Exclusive end of what is known; `None` for the day after the newest activity.
    pub as_of: Option<Day>,
    /// The day of the run.
    pub today: Day,
}

/// Where each column stands in a row of 64-bit words. Customer, day and value come first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Columns {
    pub width: usize,
    pub kind: Option<usize>,
    pub instant: Option<usize>,
    pub order: Option<usize>,
    pub updated: Option<usize>,
    pub reason: Option<usize>,
    pub end: Option<usize>,
    pub cause: Option<usize>,
    pub cancelled: Option<usize>,
    /// First segment column; the others follow.
    pub segments: usize,
    pub segment_count: usize,
}

pub(crate) const CUSTOMER: usize = 0;
pub(crate) const DAY: usize = 1;
pub(crate) const VALUE: usize = 2;

/// The streams of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Rows that are activity as they stand; where rows have to be resolved first, all rows.
    Main,
    /// Refunds, lost and open orders.
    Side,
    /// When people were first seen.
    Prospects,
    /// Campaign messages.
    Contacts,
    /// Answers.
    Surveys,
}

impl Stream {
    pub const COUNT: usize = 5;
    pub const ALL: [Self; Self::COUNT] =
        [Self::Main, Self::Side, Self::Prospects, Self::Contacts, Self::Surveys];

    /// Where the rows of an input go first.
    pub fn of(input: Input) -> Self {
        match input {
            Input::Orders | Input::Subscriptions => Self::Main,
            Input::Prospects => Self::Prospects,
            Input::Contacts => Self::Contacts,
            Input::Surveys => Self::Surveys,
        }
    }
}

impl Layout {
    /// Whether rows are put together before they are orders.
    pub(crate) fn is_resolved(&self) -> bool {
        self.resolve != Resolve::Rows
    }

    pub(crate) fn columns(&self, stream: Stream) -> Columns {
        let is_note = !matches!(stream, Stream::Main | Stream::Side);
        let all = !is_note && (self.is_resolved() || stream == Stream::Side);
        let spans = all && self.resolve == Resolve::Spans;
        let mut width = VALUE + 1;
        let mut next = |carried: bool| {
            carried.then(|| {
                width += 1;
                width - 1
            })
        };
        let kind = next((all && !spans) || stream == Stream::Contacts);
        let instant = next(self.instants && !is_note);
        // Orders of one instant need an order among them only where the first gives a segment.
        let order = next(!is_note && self.orders.is_some() && (all || self.segments > 0));
        let updated = next(!is_note && self.resolve == Resolve::Latest);
        let reason = next((all && self.reasons) || stream == Stream::Surveys);
        let end = next(spans);
        let cause = next(spans && self.causes);
        let cancelled = next(spans && self.cancelled);
        let segments = width;
        let segment_count = match stream {
            Stream::Main | Stream::Side => self.segments,
            // Campaign and strategy.
            Stream::Contacts => 2,
            Stream::Prospects | Stream::Surveys => 0,
        };
        width += segment_count;
        Columns {
            width,
            kind,
            instant,
            order,
            updated,
            reason,
            end,
            cause,
            cancelled,
            segments,
            segment_count,
        }
    }
}
