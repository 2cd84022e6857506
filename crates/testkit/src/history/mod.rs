//! Histories: what a pipeline reads, row by accepted row.

mod side_inputs;
mod text;

use std::fmt;

use kohort_model::{Cause, Day, Input, Kind};

pub use side_inputs::{
    Engagement, Identity, Invoice, Opportunity, OrderLine, Payment, Return, Touchpoint, UNDATED_DAY,
};
pub use text::{parse_history, parse_rows, render_history};

/// Microseconds of a day.
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The id of a customer, an order or a subscription. Those of one kind are all of one variant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Id {
    /// Compared as a number.
    Integer(u64),
    /// Compared as bytes.
    Text(String),
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(n) => n.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

/// As tables have it.
impl From<&Id> for kohort_model::Id {
    fn from(id: &Id) -> Self {
        match id {
            Id::Integer(n) => Self::Integer(*n),
            Id::Text(text) => Self::Bytes(text.as_bytes().into()),
        }
    }
}

/// One row of an order history.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// Who ordered.
    pub customer: Id,
    /// The order, where the input says which: in every row or in none.
    pub order: Option<Id>,
    /// The day, business-local.
    pub day: Day,
    /// Microseconds since 1970-01-01, business-local; midnight where only the day is known.
    pub instant: i64,
    /// What became of it.
    pub kind: Kind,
    /// Value in minor units.
    pub value: i64,
    /// Why it was lost.
    pub reason: Option<String>,
    /// Microseconds of the last update; 0 where the input has none.
    pub updated: i64,
    /// One value a segment, in the order of the settings.
    pub segments: Vec<Option<String>>,
}

impl Row {
    /// A completed order on `day`, at midnight, without anything else.
    #[must_use]
    pub fn new(customer: Id, day: Day, value: i64) -> Self {
        Self {
            customer,
            order: None,
            day,
            instant: i64::from(day.0) * MICROS_PER_DAY,
            kind: Kind::Completed,
            value,
            reason: None,
            updated: 0,
            segments: Vec::new(),
        }
    }

    /// The same row, `micros` microseconds after midnight of its day.
    #[must_use]
    pub fn at(mut self, micros: i64) -> Self {
        self.instant = i64::from(self.day.0) * MICROS_PER_DAY + micros;
        self
    }
}

/// One row of a history of subscriptions: a span, `[started, ended)`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Who subscribed.
    pub customer: Id,
    /// The subscription.
    pub subscription: Id,
    /// First day.
    pub started: Day,
    /// First day without it, not before `started`; `None` while it runs.
    pub ended: Option<Day>,
    /// Monthly recurring revenue in minor units; 0 of a trial, below zero of a discount.
    pub value: i64,
    /// Why it ended.
    pub reason: Option<String>,
    /// Who wanted it.
    pub cause: Cause,
    /// The day on which it was cancelled.
    pub cancelled: Option<Day>,
    /// Microseconds of the last update; 0 where the input has none.
    pub updated: i64,
    /// One value a segment, in the order of the settings.
    pub segments: Vec<Option<String>>,
}

impl Span {
    /// An open span from `started` on, without anything else.
    #[must_use]
    pub fn new(customer: Id, subscription: Id, started: Day, value: i64) -> Self {
        Self {
            customer,
            subscription,
            started,
            ended: None,
            value,
            reason: None,
            cause: Cause::Unknown,
            cancelled: None,
            updated: 0,
            segments: Vec::new(),
        }
    }
}

/// A day on which a person was seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Prospect {
    /// Who.
    pub customer: Id,
    /// When.
    pub day: Day,
}

/// A campaign message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contact {
    /// To whom.
    pub customer: Id,
    /// When.
    pub day: Day,
    /// Of which campaign.
    pub campaign: Option<String>,
    /// By which strategy.
    pub strategy: Option<String>,
    /// Whether it was withheld, to compare with.
    pub is_holdout: bool,
}

/// An answer: why somebody left or did not buy, and what score somebody gave.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Answer {
    /// Whose, where that is known.
    pub customer: Option<Id>,
    /// When.
    pub day: Day,
    /// Microseconds since 1970-01-01, business-local; midnight where only the day is known.
    pub instant: i64,
    /// The reason of leaving.
    pub reason: Option<String>,
    /// The reason of not buying.
    pub lost_reason: Option<String>,
    /// From 0 to 10.
    pub score: Option<u8>,
}

/// Everything that is read. The basis of the settings says whether orders or spans count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Rows of orders.
    pub rows: Vec<Row>,
    /// Spans of subscriptions.
    pub spans: Vec<Span>,
    /// People seen; `None` without such an input.
    pub prospects: Option<Vec<Prospect>>,
    /// Messages; `None` without such an input.
    pub contacts: Option<Vec<Contact>>,
    /// Answers; `None` without such an input.
    pub surveys: Option<Vec<Answer>>,
    /// What visitors did; `None` without such an input.
    pub touchpoints: Option<Vec<Touchpoint>>,
    /// Who visitors are; `None` without such an input.
    pub identities: Option<Vec<Identity>>,
    /// Sales that somebody worked on; `None` without such an input.
    pub opportunities: Option<Vec<Opportunity>>,
    /// Lines of orders; `None` without such an input.
    pub order_lines: Option<Vec<OrderLine>>,
    /// Goods that came back; `None` without such an input.
    pub returns: Option<Vec<Return>>,
    /// Invoices; `None` without such an input.
    pub invoices: Option<Vec<Invoice>>,
    /// What was paid of invoices; `None` without such an input.
    pub payments: Option<Vec<Payment>>,
    /// What tells who stays; `None` without such an input.
    pub engagement: Option<Vec<Engagement>>,
}

impl History {
    /// The inputs beside orders or subscriptions that are there.
    #[must_use]
    pub fn inputs(&self) -> Vec<Input> {
        let all = [
            (Input::Prospects, self.prospects.is_some()),
            (Input::Contacts, self.contacts.is_some()),
            (Input::Surveys, self.surveys.is_some()),
            (Input::Touchpoints, self.touchpoints.is_some()),
            (Input::Identities, self.identities.is_some()),
            (Input::Opportunities, self.opportunities.is_some()),
            (Input::OrderLines, self.order_lines.is_some()),
            (Input::Returns, self.returns.is_some()),
            (Input::Invoices, self.invoices.is_some()),
            (Input::Payments, self.payments.is_some()),
            (Input::Engagement, self.engagement.is_some()),
        ];
        all.into_iter().filter(|(_, is_there)| *is_there).map(|(input, _)| input).collect()
    }

    /// Whether some row of an input has a cell in a column that may be left out: then it is mapped.
    #[must_use]
    pub fn mapped(&self) -> Mapped {
        fn any<T>(rows: Option<&Vec<T>>, has: impl Fn(&T) -> bool) -> bool {
            rows.into_iter().flatten().any(has)
        }
        let (lines, returns) = (self.order_lines.as_ref(), self.returns.as_ref());
        Mapped {
            scores: any(self.surveys.as_ref(), |a| a.score.is_some()),
            carts: any(self.touchpoints.as_ref(), |t| t.cart.is_some()),
            stages: any(self.opportunities.as_ref(), |o| o.stage.is_some()),
            competitors: any(self.opportunities.as_ref(), |o| o.competitor.is_some()),
            products: any(lines, |l| l.product.is_some()),
            categories: any(lines, |l| l.category.is_some()),
            returned_products: any(returns, |r| r.product.is_some()),
            return_reasons: any(returns, |r| r.reason.is_some()),
        }
    }

    /// The same with the rows of every input changed in their order only.
    #[must_use]
    pub fn reordered(mut self, order: &impl Reorder) -> Self {
        order.apply(&mut self.rows);
        order.apply(&mut self.spans);
        self.prospects.iter_mut().for_each(|rows| order.apply(rows));
        self.contacts.iter_mut().for_each(|rows| order.apply(rows));
        self.surveys.iter_mut().for_each(|rows| order.apply(rows));
        self.touchpoints.iter_mut().for_each(|rows| order.apply(rows));
        self.identities.iter_mut().for_each(|rows| order.apply(rows));
        self.opportunities.iter_mut().for_each(|rows| order.apply(rows));
        self.order_lines.iter_mut().for_each(|rows| order.apply(rows));
        self.returns.iter_mut().for_each(|rows| order.apply(rows));
        self.invoices.iter_mut().for_each(|rows| order.apply(rows));
        self.payments.iter_mut().for_each(|rows| order.apply(rows));
        self.engagement.iter_mut().for_each(|rows| order.apply(rows));
        self
    }
}

/// Which of the columns that may be left out are there.
#[expect(clippy::struct_excessive_bools, reason = "each column is there or not")]
#[expect(missing_docs, reason = "the names say it")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mapped {
    pub scores: bool,
    pub carts: bool,
    pub stages: bool,
    pub competitors: bool,
    pub products: bool,
    pub categories: bool,
    pub returned_products: bool,
    pub return_reasons: bool,
}

/// A change of order, of rows of whatever kind.
pub trait Reorder {
    /// Changes the order.
    fn apply<T: Ord>(&self, rows: &mut [T]);
}

/// From the last to the first.
#[derive(Clone, Copy, Debug)]
pub struct Reversed;

impl Reorder for Reversed {
    fn apply<T: Ord>(&self, rows: &mut [T]) {
        rows.reverse();
    }
}

/// From the smallest to the largest.
#[derive(Clone, Copy, Debug)]
pub struct Sorted;

impl Reorder for Sorted {
    fn apply<T: Ord>(&self, rows: &mut [T]) {
        rows.sort();
    }
}

/// In an order that a number chooses.
#[derive(Clone, Copy, Debug)]
pub struct Shuffled(pub u64);

impl Reorder for Shuffled {
    fn apply<T: Ord>(&self, rows: &mut [T]) {
        let mut state = self.0 | 1;
        for at in (1..rows.len()).rev() {
            // The generator of MMIX (Knuth); its high bits are the random ones.
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let other = (state >> 33) % (at as u64 + 1);
            rows.swap(at, usize::try_from(other).expect("a place in a short list"));
        }
    }
}

impl From<Vec<Row>> for History {
    fn from(rows: Vec<Row>) -> Self {
        Self { rows, ..Self::default() }
    }
}

impl From<&[Row]> for History {
    fn from(rows: &[Row]) -> Self {
        rows.to_vec().into()
    }
}

impl From<&Vec<Row>> for History {
    fn from(rows: &Vec<Row>) -> Self {
        rows.clone().into()
    }
}

impl From<&History> for History {
    fn from(history: &History) -> Self {
        history.clone()
    }
}
