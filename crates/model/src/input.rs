//! The declaration of an input: its columns, what each of them means, and what follows where a row
//! lacks one. What reads pipeline files and data files, packs rows and writes pages knows the kinds of
//! columns that are listed here; it knows no input.

use std::cmp::Ordering;
use std::fmt;

use crate::items::{ItemKind, ItemRows, Row};
use crate::texts::{StatusTexts, Text, TextList};

/// Declares the inputs, in the order in which they are read and listed.
macro_rules! inputs {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)+) => {
        /// Where rows come from, each in the pipeline file's `[inputs]`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Input {
            $($(#[$doc])* $variant,)+
        }

        impl Input {
            /// Every input, in the order in which they are read.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$variant),+];

            /// Its name in the pipeline file and in the run record.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

inputs! {
    /// Orders, or lines of orders.
    Orders = "orders",
    /// Subscriptions and contracts.
    Subscriptions = "subscriptions",
    /// People from the day on which they were first seen.
    Prospects = "prospects",
    /// Campaign messages.
    Contacts = "contacts",
    /// Answers of people who were asked.
    Surveys = "surveys",
    /// What visitors did.
    Touchpoints = "touchpoints",
    /// Which visitors are customers.
    Identities = "identities",
    /// Sales that somebody worked on.
    Opportunities = "opportunities",
    /// Lines of orders.
    OrderLines = "order_lines",
    /// Goods that came back.
    Returns = "returns",
    /// What customers owe.
    Invoices = "invoices",
    /// What was paid of invoices.
    Payments = "payments",
    /// What customers did that may tell whether they stay.
    Engagement = "engagement",
}

/// An input as it declares itself.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about an input")]
pub struct InputSpec {
    /// Which input it is.
    pub input: Input,
    /// Whose rows they are and what each is, in a sentence without its full stop.
    pub sentence: &'static str,
    /// What its files hold, after "that holds".
    pub holds: &'static str,
    /// Its columns, in the order in which they are listed and in which what is wrong with a row counts. The
    /// first with ids of customers or visitors is whose row it is.
    pub columns: &'static [InputColumn],
    /// The input without which it has no use, and what is said of it then, after its key.
    pub beside: Option<(Input, &'static str)>,
    /// Columns of its files that are segments.
    pub segments: &'static [InputColumn],
    /// What a row may be a line of, as its key `rows` says.
    pub lines: Option<Lines>,
    /// Whether it is a history, which makes customers of people: it may then have segments, a currency
    /// and a scale of its own, and count equal rows once.
    pub is_history: bool,
    /// Whether rows may be of days to come, as subscriptions that are sold already.
    pub may_be_planned: bool,
    /// Whether a row whose status says that it is open need not have the day that it is of: it stands in no
    /// table, but is open.
    pub may_be_undated: bool,
    /// Whether some table begins with the input's first day.
    pub sets_frame: bool,
    /// The column of texts of which it is looked up from which day on each is known.
    pub first_days_of: Option<&'static str>,
    /// Keys of its section that say of all rows how they are read.
    pub switches: &'static [InputSwitch],
    /// What to do with rows whose value is below zero and must not be; empty where that is plain.
    pub below_zero: &'static str,
    /// Which of a person's rows stands where several have one id; `None` where all do.
    pub latest: Option<Latest>,
    /// What its rows change of those of the input beside which it stands.
    pub settles: Option<Settles>,
    /// What measures see of it; none of histories, which they see as timelines.
    pub items: &'static [ItemKind],
}

/// A key of an input that is true or false, and false where it is not there.
#[derive(Debug)]
pub struct InputSwitch {
    /// What it switches on.
    pub switch: Switch,
    /// The key.
    pub name: &'static str,
    /// The column that it is about, without which it has no use.
    pub column: &'static str,
    /// What it says where it is true, after "whether".
    pub meaning: &'static str,
}

/// How the rows of an input are read, beside what is so in every pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// A day that ends is the last one, and not the one after it.
    InclusiveEnds,
    /// Amounts below zero are discounts.
    Discounts,
}

/// Which of several rows with one id stands.
pub struct Latest {
    /// The column of the ids; without it every row stands.
    pub by: &'static str,
    /// Compares two rows: the greatest stands.
    pub order: fn(Row<'_>, Row<'_>) -> Ordering,
}

/// Rows several of which are one thing, where the pipeline file says so.
#[derive(Debug)]
pub struct Lines {
    /// What such a thing is called.
    pub one: &'static str,
    /// What several are called: the value of the key where each row is one.
    pub many: &'static str,
    /// The column of the ids that lines of one thing share.
    pub by: &'static str,
    /// Puts rows of one person and id together; the sum where 64 bits do not hold it. Without it the rows are
    /// those of a history, which the kernel puts together by itself.
    pub join: Option<JoinLines>,
}

/// Puts rows at places together in the first of them.
pub type JoinLines = fn(&mut ItemRows, &[u32]) -> Result<(), i128>;

/// Rows that belong to those of another input, by an id that both have.
pub struct Settles {
    /// The column of the ids, of one name in both.
    pub by: &'static str,
    /// The reason for which a row is left out whose id no row of the other input has, of the same person.
    pub unmatched: &'static str,
    /// Changes a row of the other input, at a place, by the rows with its id, at places in no order.
    pub settle: fn(&mut ItemRows, usize, &ItemRows, &[u32]),
}

impl fmt::Debug for InputSpec {
    /// What decides which rows are read as what.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InputSpec").field(&self.input).field(&self.columns).finish()
    }
}

impl fmt::Debug for InputColumn {
    /// What decides as what its values are read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.name, self.kind)
    }
}

/// One of an input's columns, which a pipeline file maps to an SQL expression.
pub struct InputColumn {
    /// Its key in the pipeline file.
    pub name: &'static str,
    /// What its values are.
    pub kind: ValueKind,
    /// Whether a pipeline file has to map it.
    pub presence: Presence,
    /// What it tells, after "an SQL expression that tells": words that the reference begins a sentence
    /// with.
    pub meaning: &'static str,
    /// What NULL means in a row that is not rejected for it; empty where the kind says that.
    pub null: &'static str,
    /// What holds where it is not mapped; empty where it is then NULL in every row.
    pub unmapped: &'static str,
    /// What is to be said of whether it has to be mapped, such as with which other setting; may be empty.
    pub needed: &'static str,
    /// An expression as a pipeline file may have it.
    pub example: &'static str,
    /// Whether every file has to have what the expression names; a file that lacks it has NULL otherwise.
    pub is_in_every_file: bool,
    /// The column without which it has no use, if there is one.
    pub beside: Option<&'static str>,
    /// Whether it may be the same in every row where it tells when rows are of or whose they are; other kinds
    /// always may.
    pub may_be_constant: bool,
}

/// Whether a pipeline file has to map a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It has to.
    Required,
    /// It may.
    Optional,
    /// It has to unless it maps one of the other columns of these names.
    Unless(&'static [&'static str]),
    /// It has to unless there is this other input, which says the same: then it must not.
    UnlessInput(Input),
}

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// Ids: integers, texts or binary.
    Id(InputIds),
    /// When the row is of: a date or a timestamp.
    Time(Precision),
    /// Another day: a date or a timestamp; NULL is a day that never comes.
    Day(DayOf),
    /// The day after the last, or with [`Switch::InclusiveEnds`] the last, which is not before the row's: a
    /// date or a timestamp; NULL is open.
    End,
    /// When the row was last changed: a date or a timestamp; NULL is before every other.
    Update,
    /// Numbers.
    Number(Number),
    /// Texts, which rows carry as codes.
    Text(Text),
    /// Texts of which a list in the pipeline file names some, for which it is true.
    Listed(TextList),
    /// Texts that lists in the pipeline file sort into won or completed, lost, open and ignored.
    Status(&'static StatusTexts),
    /// Whole numbers from 0 to 10; NULL is no score.
    Score,
    /// Texts that [`crate::Interval`] reads: how often an amount is paid.
    Interval,
    /// Whether the row is free; NULL is that it is not.
    Trial,
    /// Whether something ended against the customer's will; NULL is not known.
    Involuntary,
}

/// What a day beside that of the row is of, which says what it tells where it lies on or after the end of
/// what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayOf {
    /// Of something that happened then, and by the end of what is known has not yet.
    Event,
    /// The same of rows that their status says are decided; of others it is a plan.
    Decision,
    /// Of a plan or a term, which may lie ahead.
    Plan,
}

/// Ids of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputIds {
    /// Whose ids they are.
    pub of: IdSpace,
    /// The reason for which a row is rejected where it is NULL; `None` where a row need not have one.
    pub missing: Option<&'static str>,
}

/// Ids that are the same in every column of the space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdSpace {
    /// Of customers.
    Customer,
    /// Of visitors.
    Visitor,
    /// Of the orders of lines and returns.
    Order,
    /// Of invoices and what was paid of them.
    Invoice,
    /// Of nothing that another input has.
    Own,
}

impl IdSpace {
    /// What has such an id, where several inputs share them.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Customer => Some("customer"),
            Self::Visitor => Some("visitor"),
            Self::Order => Some("order"),
            Self::Invoice => Some("invoice"),
            Self::Own => None,
        }
    }
}

/// How exactly it is known when a row is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// To the day.
    Day,
    /// To the microsecond where it is a timestamp.
    Instant,
}

/// Numbers of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// What they count.
    pub unit: NumberUnit,
    /// Whether they may be below zero; a row in which one is that must not be is rejected.
    pub may_be_negative: bool,
    /// What a row has in which it is NULL, or that does not map it; without it a row with NULL is
    /// rejected.
    pub null: Option<i64>,
}

/// What numbers count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberUnit {
    /// Money, in minor units.
    Money,
    /// Anything, in hundredths.
    Hundredths,
    /// Whole units; others are rounded half away from zero.
    Units,
}

impl InputColumn {
    /// A column of a kind that has to be mapped.
    #[must_use]
    pub const fn new(name: &'static str, kind: ValueKind, meaning: &'static str) -> Self {
        Self {
            name,
            kind,
            presence: Presence::Required,
            meaning,
            null: "",
            unmapped: "",
            needed: "",
            example: name,
            is_in_every_file: true,
            beside: None,
            may_be_constant: false,
        }
    }

    /// The same that need not be mapped.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { presence: Presence::Optional, ..self }
    }

    /// The same that need not be mapped where one of others is.
    #[must_use]
    pub const fn unless(self, others: &'static [&'static str]) -> Self {
        Self { presence: Presence::Unless(others), ..self }
    }

    /// The same that must be mapped exactly where another input is not there.
    #[must_use]
    pub const fn unless_input(self, other: Input) -> Self {
        Self { presence: Presence::UnlessInput(other), ..self }
    }

    /// The same that may be one of all rows.
    #[must_use]
    pub const fn or_constant(self) -> Self {
        Self { may_be_constant: true, ..self }
    }

    /// The same that has no use without another.
    #[must_use]
    pub const fn beside(self, other: &'static str) -> Self {
        Self { beside: Some(other), ..self }
    }

    /// The same that some files may lack.
    #[must_use]
    pub const fn not_in_every_file(self) -> Self {
        Self { is_in_every_file: false, ..self }
    }

    /// The same with what NULL means.
    #[must_use]
    pub const fn null(self, null: &'static str) -> Self {
        Self { null, ..self }
    }

    /// The same with what holds where it is not mapped.
    #[must_use]
    pub const fn unmapped(self, unmapped: &'static str) -> Self {
        Self { unmapped, ..self }
    }

    /// The same with what is to be said of whether it has to be mapped.
    #[must_use]
    pub const fn needed(self, needed: &'static str) -> Self {
        Self { needed, ..self }
    }

    /// The same with another example than its name.
    #[must_use]
    pub const fn example(self, example: &'static str) -> Self {
        Self { example, ..self }
    }
}

impl InputSpec {
    /// An input whose rows all stand and that no measure sees items of; the others say what they have
    /// beside that.
    #[must_use]
    pub const fn new(
        input: Input,
        sentence: &'static str,
        holds: &'static str,
        columns: &'static [InputColumn],
    ) -> Self {
        Self {
            input,
            sentence,
            holds,
            columns,
            beside: None,
            segments: &[],
            lines: None,
            is_history: false,
            may_be_planned: false,
            may_be_undated: false,
            sets_frame: false,
            first_days_of: None,
            switches: &[],
            below_zero: "",
            latest: None,
            settles: None,
            items: &[],
        }
    }

    /// The place of the column of this name.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The place of the column that says when a row is of; `None` where rows have no time.
    #[must_use]
    pub fn time(&self) -> Option<usize> {
        self.columns.iter().position(|column| matches!(column.kind, ValueKind::Time(_)))
    }

    /// The place of the column of another day on which something happened, and what it is of; there is one
    /// at most.
    #[must_use]
    pub fn event_day(&self) -> Option<(usize, DayOf)> {
        self.columns.iter().enumerate().find_map(|(place, column)| match column.kind {
            ValueKind::Day(of @ (DayOf::Event | DayOf::Decision)) => Some((place, of)),
            _ => None,
        })
    }

    /// The place of the column that says whose row it is.
    ///
    /// # Panics
    /// Where no column does, which no input is declared with.
    #[must_use]
    pub fn owner(&self) -> usize {
        let is_owner = |column: &InputColumn| {
            let of = [IdSpace::Customer, IdSpace::Visitor];
            matches!(column.kind, ValueKind::Id(ids) if of.contains(&ids.of))
        };
        self.columns.iter().position(is_owner).expect("a row is somebody's")
    }

    /// Whether a row need not say whose it is.
    #[must_use]
    pub fn may_be_anonymous(&self) -> bool {
        matches!(self.columns[self.owner()].kind, ValueKind::Id(ids) if ids.missing.is_none())
    }

    /// Whether its rows are those of visitors rather than customers.
    #[must_use]
    pub fn is_of_visitors(&self) -> bool {
        matches!(self.columns[self.owner()].kind, ValueKind::Id(ids) if ids.of == IdSpace::Visitor)
    }

    /// The place of the first column of a kind.
    #[must_use]
    pub fn find(&self, is: impl Fn(ValueKind) -> bool) -> Option<usize> {
        self.columns.iter().position(|column| is(column.kind))
    }

    /// The columns of texts that are carried as codes, by place.
    pub fn texts(&self) -> impl Iterator<Item = (usize, Text)> {
        self.columns.iter().enumerate().filter_map(|(place, column)| match column.kind {
            ValueKind::Text(text) => Some((place, text)),
            _ => None,
        })
    }
}

/// The place of the column of this name; a name that no column has does not compile.
///
/// # Panics
/// Where no column has the name.
#[must_use]
pub const fn place(columns: &[InputColumn], name: &str) -> usize {
    let mut at = 0;
    while at < columns.len() {
        if is_same(columns[at].name, name) {
            return at;
        }
        at += 1;
    }
    panic!("no column has this name")
}

const fn is_same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}
