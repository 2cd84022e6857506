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
    /// Whether customer ids of bytes are texts in UTF-8.
    pub text_customers: bool,
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
    /// Types of the ids that only further inputs have.
    pub further: FurtherIds,
    /// Days after which an invoice is due that does not say.
    pub terms_days: u32,
}

/// Types of the ids of further inputs; `None` where there are none.
#[derive(Clone, Copy, Debug, Default)]
pub struct FurtherIds {
    /// Of visitors.
    pub visitors: Option<KeyType>,
    /// Of their carts.
    pub carts: Option<KeyType>,
    /// Of the orders of lines and returns.
    pub goods: Option<KeyType>,
    /// Of opportunities.
    pub opportunities: Option<KeyType>,
    /// Of invoices.
    pub invoices: Option<KeyType>,
}

/// Where each column stands in a row of 64-bit words. Customer, day and value come first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Columns {
    pub width: usize,
    pub kind: Option<usize>,
    pub instant: Option<usize>,
    pub order: Option<usize>,
    pub other: Option<usize>,
    pub updated: Option<usize>,
    pub reason: Option<usize>,
    pub end: Option<usize>,
    pub cause: Option<usize>,
    pub cancelled: Option<usize>,
    pub units: Option<usize>,
    pub visitor: Option<usize>,
    /// First segment column; the others follow.
    pub segments: usize,
    pub segment_count: usize,
    /// How the ids of the row are held: whose it is, of what order, and of whom else.
    pub keys: RowKeys,
}

impl Columns {
    /// Where the lengths of the ids stand that are bytes: whose the row is, of what order, and of whom
    /// else.
    pub fn lengths(&self) -> [Option<usize>; 3] {
        let RowKeys { customer, order, other } = self.keys;
        let ids = [(Some(CUSTOMER), Some(customer)), (self.order, order), (self.other, other)];
        ids.map(|(column, key)| column.filter(|_| key == Some(KeyType::Bytes)))
    }
}

/// How the ids of a stream's rows are held.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowKeys {
    pub customer: KeyType,
    pub order: Option<KeyType>,
    pub other: Option<KeyType>,
}

/// Microseconds of a day.
pub(crate) const DAY_MICROS: i64 = 86_400_000_000;

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
    /// What visitors did, by customer.
    Touches,
    /// What visitors did whose customer nobody knows, by the visitor's number.
    Anonymous,
    /// Opportunities.
    Opportunities,
    /// Lines of orders.
    Lines,
    /// Goods that came back.
    Returns,
    /// Invoices.
    Invoices,
    /// Engagement.
    Signals,
    /// What visitors did, by visitor: until it is known who they are.
    Visits,
    /// Who visitors are, by visitor.
    Identities,
}

impl Stream {
    pub const COUNT: usize = 14;
    pub const ALL: [Self; Self::COUNT] = [
        Self::Main,
        Self::Side,
        Self::Prospects,
        Self::Contacts,
        Self::Surveys,
        Self::Touches,
        Self::Anonymous,
        Self::Opportunities,
        Self::Lines,
        Self::Returns,
        Self::Invoices,
        Self::Signals,
        Self::Visits,
        Self::Identities,
    ];

    /// Where the rows of an input go first.
    pub fn of(input: Input) -> Self {
        match input {
            Input::Orders | Input::Subscriptions => Self::Main,
            Input::Prospects => Self::Prospects,
            Input::Contacts => Self::Contacts,
            Input::Surveys => Self::Surveys,
            Input::Touchpoints => Self::Visits,
            Input::Identities => Self::Identities,
            Input::Opportunities => Self::Opportunities,
            Input::OrderLines => Self::Lines,
            Input::Returns => Self::Returns,
            Input::Invoices => Self::Invoices,
            Input::Engagement => Self::Signals,
        }
    }

    /// Whether its rows are those of the partition's customers.
    pub fn is_of_customers(self) -> bool {
        !matches!(self, Self::Anonymous | Self::Visits | Self::Identities)
    }

    /// How many texts its rows have as codes, where that is not the pipeline's segments.
    fn texts(self) -> usize {
        match self {
            Self::Contacts | Self::Opportunities | Self::Lines => 2,
            Self::Touches | Self::Anonymous | Self::Visits | Self::Returns | Self::Signals => 1,
            _ => 0,
        }
    }
}

impl Layout {
    /// How many 64-bit words a row of `input` has before it is packed.
    #[must_use]
    pub fn row_words(&self, input: Input) -> usize {
        self.columns(Stream::of(input)).width
    }

    /// Whether rows are put together before they are orders.
    pub(crate) fn is_resolved(&self) -> bool {
        self.resolve != Resolve::Rows
    }

    fn keys(&self, stream: Stream) -> RowKeys {
        let ids = &self.further;
        let visitors = ids.visitors.unwrap_or(KeyType::Integers);
        let (customer, order, other) = match stream {
            Stream::Main | Stream::Side => (self.customers, self.orders, None),
            Stream::Touches => (self.customers, ids.carts, None),
            Stream::Anonymous => (KeyType::Integers, ids.carts, None),
            Stream::Opportunities => (self.customers, ids.opportunities, None),
            Stream::Lines | Stream::Returns => (self.customers, ids.goods, None),
            Stream::Invoices => (self.customers, ids.invoices, None),
            Stream::Visits => (visitors, ids.carts, Some(self.customers)),
            Stream::Identities => (visitors, None, Some(self.customers)),
            Stream::Prospects | Stream::Contacts | Stream::Surveys | Stream::Signals => {
                (self.customers, None, None)
            }
        };
        RowKeys { customer, order, other }
    }

    pub(crate) fn columns(&self, stream: Stream) -> Columns {
        use Stream as S;
        let keys = self.keys(stream);
        let is_order = matches!(stream, S::Main | S::Side);
        let is_touch = matches!(stream, S::Touches | S::Anonymous | S::Visits);
        let all = is_order && (self.is_resolved() || stream == S::Side);
        let spans = all && self.resolve == Resolve::Spans;
        let mut width = VALUE + 1;
        let mut next = |carried: bool| {
            carried.then(|| {
                width += 1;
                width - 1
            })
        };
        let has_kind = is_touch
            || matches!(stream, S::Contacts | S::Surveys | S::Identities | S::Opportunities);
        let kind = next((all && !spans) || has_kind);
        let instant = next(
            (self.instants && is_order) || is_touch || matches!(stream, S::Surveys | S::Lines),
        );
        // Orders of one instant need an order among them only where the first gives a segment.
        let order = next(keys.order.is_some() && (!is_order || all || self.segments > 0));
        let other = next(keys.other.is_some());
        let updated = next(is_order && self.resolve == Resolve::Latest);
        let has_reason = matches!(stream, S::Surveys | S::Opportunities | S::Returns);
        let reason = next((all && self.reasons) || has_reason);
        let end = next(spans || matches!(stream, S::Opportunities | S::Invoices));
        let cause = next(spans && self.causes);
        let cancelled = next((spans && self.cancelled) || stream == S::Invoices);
        let units = next(matches!(stream, S::Lines | S::Returns));
        let visitor = next(matches!(stream, S::Touches | S::Anonymous));
        let segments = width;
        let segment_count = if is_order { self.segments } else { stream.texts() };
        width += segment_count;
        Columns {
            width,
            kind,
            instant,
            order,
            other,
            updated,
            reason,
            end,
            cause,
            cancelled,
            units,
            visitor,
            segments,
            segment_count,
            keys,
        }
    }
}
