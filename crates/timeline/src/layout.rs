//! Which columns are carried, and what a row stands for.

use kohort_inputs::spec;
use kohort_model::{Day, IdSpace, Input, Precision, ValueKind};

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
    /// Whether it is carried when the row of a subscription was last changed.
    pub updates: bool,
    /// Whether the input names the last day of a subscription rather than the day after it, which is what is
    /// carried.
    pub inclusive_ends: bool,
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
    /// What is carried of each input beside the history, by [`Input`] as a number.
    pub items: [Carried; Input::ALL.len()],
}

/// Which columns of an input are carried: sets of places in its declaration, a bit a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    columns: u32,
    bytes: u32,
    are_lines: bool,
}

impl Carried {
    /// The same with one more column; `ids` is how it is held where it holds ids.
    ///
    /// # Panics
    /// At a place from 32 on, which no declaration has.
    #[must_use]
    pub fn with(self, place: usize, ids: Option<KeyType>) -> Self {
        assert!(place < 32, "an input has fewer columns");
        let bit = 1 << place;
        let bytes = if ids == Some(KeyType::Bytes) { bit } else { 0 };
        Self { columns: self.columns | bit, bytes: self.bytes | bytes, ..self }
    }

    /// The same of rows that are lines, put together by the ids of the declaration.
    #[must_use]
    pub fn as_lines(self) -> Self {
        Self { are_lines: true, ..self }
    }

    /// Whether the rows are lines.
    pub(crate) fn are_lines(self) -> bool {
        self.are_lines
    }

    /// Whether no column is carried, as of an input that is not there.
    #[must_use]
    pub fn is_nothing(self) -> bool {
        self.columns == 0
    }

    fn has(self, place: usize) -> bool {
        self.columns >> place & 1 == 1
    }

    fn key_type(self, place: usize) -> KeyType {
        if self.bytes >> place & 1 == 1 { KeyType::Bytes } else { KeyType::Integers }
    }
}

/// What a 64-bit word of a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    /// An id: the integer, or the length of bytes on the heap.
    Id,
    /// Whether the row has the id before it.
    Known,
    /// The day of the row.
    Day,
    /// Microseconds that order the row within its day.
    Instant,
    /// Another day, or [`kohort_model::NEVER`].
    Date,
    /// A number.
    Number,
    /// The code of a text, of one of the lists of texts behind the input's codes.
    Code(usize),
    /// [`kohort_model::Kind`].
    Status,
    /// True or false.
    Flag,
    /// A score, or [`kohort_model::NO_SCORE`].
    Score,
    /// [`kohort_model::Cause`].
    Cause,
    /// The number of a visitor.
    Visitor,
}

/// A word of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub cell: Cell,
    /// The place of its column in the input's declaration, where it has one there.
    pub column: Option<usize>,
}

/// An id of a row, those of bytes in the order in which they lie on the heap.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowId {
    pub word: usize,
    pub held: KeyType,
    /// The place of its column, as [`Word::column`].
    pub column: Option<usize>,
}

/// The words of a row; whose it is comes first, and where rows have a day it follows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    pub words: Vec<Word>,
    pub ids: Vec<RowId>,
    /// Where the words of a history stand; of other inputs nowhere.
    pub history: HistoryColumns,
}

/// Where each column of orders or subscriptions stands. Customer, day and value come first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HistoryColumns {
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

impl Columns {
    pub fn width(&self) -> usize {
        self.words.len()
    }

    /// How the ids are held of whose the rows are.
    pub fn owner(&self) -> KeyType {
        self.ids[0].held
    }

    /// The word that is this of a column.
    pub fn find(&self, cell: Cell, column: Option<usize>) -> Option<usize> {
        self.words.iter().position(|word| *word == Word { cell, column })
    }

    fn push(&mut self, cell: Cell, column: Option<usize>) -> usize {
        self.words.push(Word { cell, column });
        self.words.len() - 1
    }

    fn push_id(&mut self, held: KeyType, column: Option<usize>) -> usize {
        let word = self.push(Cell::Id, column);
        self.ids.push(RowId { word, held, column });
        word
    }
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
    /// What visitors did, by customer.
    Touches,
    /// What visitors did whose customer nobody knows, by the visitor's number.
    Anonymous,
    /// Answers without a customer.
    Nameless,
    /// The rows of an input beside the history; those of visitors until it is known who they are.
    Of(Input),
}

/// What visitors did, which is handed on to customers.
pub(crate) const VISITS: Input = Input::Touchpoints;
/// Who visitors are.
pub(crate) const IDENTITIES: Input = Input::Identities;
/// The input whose rows need not say whose they are.
pub(crate) const ANSWERS: Input = Input::Surveys;

/// The place of the first input's stream among all.
const FIRST_INPUT: usize = 5;

impl Stream {
    pub const COUNT: usize = FIRST_INPUT + Input::ALL.len();
    pub const ALL: [Self; Self::COUNT] = {
        let mut all = [Self::Main; Self::COUNT];
        all[1] = Self::Side;
        all[2] = Self::Touches;
        all[3] = Self::Anonymous;
        all[4] = Self::Nameless;
        let mut input = 0;
        while input < Input::ALL.len() {
            all[FIRST_INPUT + input] = Self::Of(Input::ALL[input]);
            input += 1;
        }
        all
    };

    /// Its place among all.
    #[inline]
    pub fn place(self) -> usize {
        match self {
            Self::Main => 0,
            Self::Side => 1,
            Self::Touches => 2,
            Self::Anonymous => 3,
            Self::Nameless => 4,
            Self::Of(input) => FIRST_INPUT + input as usize,
        }
    }

    /// Where the rows of an input go first.
    pub fn of(input: Input) -> Self {
        if spec(input).is_history { Self::Main } else { Self::Of(input) }
    }

    /// Where rows of an input go that are told apart as they come.
    pub fn beside(input: Input) -> Self {
        if input == ANSWERS { Self::Nameless } else { Self::Side }
    }

    /// Whether its rows are those of the partition's customers.
    pub fn is_of_customers(self) -> bool {
        match self {
            Self::Main | Self::Side | Self::Touches => true,
            Self::Anonymous | Self::Nameless => false,
            Self::Of(input) => !spec(input).is_of_visitors(),
        }
    }
}

/// By whom the rows of an input are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    /// By the column that says whose they are.
    AsMapped,
    /// By customers or nobody, now that it is known which visitors are whose, with ids held like this; the row
    /// then has the visitor's number instead of the customer that it names.
    OfVisitor(KeyType),
    /// By nobody, which the first word says with 0.
    Nobody,
}

impl Layout {
    /// How many 64-bit words a row of `input` has before it is packed.
    #[must_use]
    pub fn row_words(&self, input: Input) -> usize {
        self.columns(Stream::of(input)).width()
    }

    /// Whether rows are put together before they are orders.
    pub(crate) fn is_resolved(&self) -> bool {
        self.resolve != Resolve::Rows
    }

    pub(crate) fn columns(&self, stream: Stream) -> Columns {
        match stream {
            Stream::Main | Stream::Side => self.of_history(stream == Stream::Side),
            Stream::Touches => self.of_input(VISITS, Owner::OfVisitor(self.customers)),
            Stream::Anonymous => self.of_input(VISITS, Owner::OfVisitor(KeyType::Integers)),
            Stream::Nameless => self.of_input(ANSWERS, Owner::Nobody),
            Stream::Of(input) => self.of_input(input, Owner::AsMapped),
        }
    }

    /// The words of orders or subscriptions. Rows that are activity as they stand need few.
    fn of_history(&self, is_side: bool) -> Columns {
        let mut columns = Columns::default();
        columns.push_id(self.customers, None);
        columns.push(Cell::Day, None);
        columns.push(Cell::Number, None);
        let all = self.is_resolved() || is_side;
        let spans = all && self.resolve == Resolve::Spans;
        let mut word = |carried: bool, cell| carried.then(|| columns.push(cell, None));
        let kind = word(all && !spans, Cell::Status);
        let instant = word(self.instants, Cell::Instant);
        // Orders of one instant need an order among them only where the first gives a segment.
        let has_order = all || self.segments > 0;
        let order = self.orders.filter(|_| has_order).map(|held| columns.push_id(held, None));
        let mut word = |carried: bool, cell| carried.then(|| columns.push(cell, None));
        let has_updates = self.resolve == Resolve::Latest || spans && self.updates;
        let updated = word(has_updates, Cell::Number);
        let reason = word(all && self.reasons, Cell::Code(0));
        let end = word(spans, Cell::Date);
        let cause = word(spans && self.causes, Cell::Cause);
        let cancelled = word(spans && self.cancelled, Cell::Date);
        let segments = columns.width();
        for segment in 0..self.segments {
            columns.push(Cell::Code(1 + segment), None);
        }
        columns.history = HistoryColumns {
            width: columns.width(),
            kind,
            instant,
            order,
            updated,
            reason,
            end,
            cause,
            cancelled,
            segments,
            segment_count: self.segments,
        };
        columns
    }

    /// The words of another input, as its declaration has them.
    fn of_input(&self, input: Input, of: Owner) -> Columns {
        let (spec, carried) = (spec(input), self.items[input as usize]);
        let owner = spec.owner();
        let held = match of {
            Owner::OfVisitor(held) => held,
            Owner::Nobody => KeyType::Integers,
            Owner::AsMapped if spec.is_of_visitors() => carried.key_type(owner),
            Owner::AsMapped => self.customers,
        };
        let is_visit = matches!(of, Owner::OfVisitor(_));
        let mut columns = Columns::default();
        columns.push_id(held, Some(owner));
        if spec.time().is_some() {
            columns.push(Cell::Day, None);
        }
        let mut texts = 0;
        for (place, column) in spec.columns.iter().enumerate() {
            let text = texts;
            texts += usize::from(matches!(column.kind, ValueKind::Text(_)));
            if place == owner || !carried.has(place) {
                continue;
            }
            let cell = match column.kind {
                ValueKind::Id(ids) => {
                    if !is_visit || ids.of != IdSpace::Customer {
                        let is_customer = ids.of == IdSpace::Customer;
                        let own = carried.key_type(place);
                        let held = if is_customer { self.customers } else { own };
                        columns.push_id(held, Some(place));
                        if ids.missing.is_none() {
                            columns.push(Cell::Known, Some(place));
                        }
                    }
                    continue;
                }
                // The days stand before, and the others only say what an amount is.
                ValueKind::Time(Precision::Day) | ValueKind::Interval | ValueKind::Trial => {
                    continue;
                }
                ValueKind::Time(Precision::Instant) => Cell::Instant,
                ValueKind::Day(_) | ValueKind::End => Cell::Date,
                ValueKind::Update | ValueKind::Number(_) => Cell::Number,
                ValueKind::Text(_) => Cell::Code(text),
                ValueKind::Listed(_) => Cell::Flag,
                ValueKind::Status(_) => Cell::Status,
                ValueKind::Score => Cell::Score,
                ValueKind::Involuntary => Cell::Cause,
            };
            columns.push(cell, Some(place));
        }
        if is_visit {
            columns.push(Cell::Visitor, None);
        }
        columns
    }
}
