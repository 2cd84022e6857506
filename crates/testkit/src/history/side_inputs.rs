//! Rows of the inputs that stand beside orders or subscriptions.

use kohort_model::{Day, Kind};

use super::Id;

/// The day of what is of no day.
pub const UNDATED_DAY: Day = Day(kohort_model::UNDATED);

/// Something that a visitor did.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Touchpoint {
    /// Who, as far as the page knows.
    pub visitor: Id,
    /// Microseconds since 1970-01-01, business-local.
    pub instant: i64,
    /// The day of the instant.
    pub day: Day,
    /// What it was.
    pub step: String,
    /// The cart that it was about.
    pub cart: Option<Id>,
    /// What was worth how much, in minor units, zero or more.
    pub value: Option<i64>,
    /// Whose event it is, where the row says so.
    pub customer: Option<Id>,
}

/// A visitor who is a customer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// The visitor.
    pub visitor: Id,
    /// The customer.
    pub customer: Id,
}

/// A sale that somebody worked on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Opportunity {
    /// To whom.
    pub buyer: Id,
    /// The opportunity, where the input says which: in every row or in none.
    pub id: Option<Id>,
    /// When it came up; `UNDATED_DAY` of an open one without a day.
    pub created: Day,
    /// When it was decided.
    pub closed: Option<Day>,
    /// What became of it; won is [`Kind::Completed`].
    pub outcome: Kind,
    /// How far it came.
    pub stage: Option<String>,
    /// Why it was lost.
    pub reason: Option<String>,
    /// Who got it instead.
    pub competitor: Option<String>,
    /// In minor units, zero or more.
    pub value: i64,
    /// Microseconds of the last update; 0 where the input has none.
    pub updated: i64,
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrderLine {
    /// Who ordered.
    pub customer: Id,
    /// The order.
    pub order: Id,
    /// When.
    pub day: Day,
    /// Microseconds since 1970-01-01, business-local; midnight where only the day is known.
    pub instant: i64,
    /// Which product.
    pub product: Option<String>,
    /// Of which category.
    pub category: Option<String>,
    /// How many, zero or more.
    pub units: i64,
    /// In minor units, zero or more.
    pub value: i64,
}

/// Goods that came back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Return {
    /// From whom.
    pub customer: Id,
    /// Of which order.
    pub order: Id,
    /// When.
    pub day: Day,
    /// Which product.
    pub product: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// How many, zero or more.
    pub units: i64,
    /// In minor units, zero or more.
    pub value: i64,
}

/// What a customer owes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Invoice {
    /// Who.
    pub customer: Id,
    /// The invoice, where the input says which: in every row or in none.
    pub id: Option<Id>,
    /// Its day.
    pub issued: Day,
    /// The day until which it is to be paid.
    pub due: Option<Day>,
    /// The day on which it was paid.
    pub paid: Option<Day>,
    /// In minor units; below zero it is a credit note.
    pub amount: i64,
    /// Microseconds of the last update; 0 where the input has none.
    pub updated: i64,
}

/// What was paid of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Payment {
    /// Whose invoice.
    pub customer: Id,
    /// Which.
    pub invoice: Id,
    /// When.
    pub day: Day,
    /// In minor units; below zero where money went back.
    pub amount: i64,
}

/// Something that a customer did that may tell whether it stays.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Engagement {
    /// Who.
    pub customer: Id,
    /// When.
    pub day: Day,
    /// What it was.
    pub kind: String,
    /// How much, in hundredths, zero or more.
    pub value: i64,
}
