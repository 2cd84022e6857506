//! The rows of the files. Times are seconds since 1970-01-01, money is in minor units.

mod goods;
mod people;
mod visits;

use arrow::datatypes::DataType;

pub(crate) use goods::{Damage, Invoice, Line, Order, Outcome, Return};
pub(crate) use people::{Answer, Contact, Opportunity, Ruling, Signal};
pub(crate) use visits::{Identity, Step, Touch, Visitor};

use crate::sight::Sight;

const MONEY: DataType = DataType::Decimal128(18, 2);

/// All that the files say about a person.
#[derive(Default)]
pub(crate) struct Told {
    pub is_customer: bool,
    pub sights: Vec<Sight>,
    pub orders: Vec<Order>,
    pub lines: Vec<Line>,
    pub returns: Vec<Return>,
    pub touches: Vec<Touch>,
    pub identities: Vec<Identity>,
    pub opportunities: Vec<Opportunity>,
    pub invoices: Vec<Invoice>,
    pub answers: Vec<Answer>,
    pub signals: Vec<Signal>,
    pub contacts: Vec<Contact>,
}

impl Told {
    /// Brings everything in order of time; what happens at once stays as it was told.
    pub fn sort(&mut self) {
        self.orders.sort_by_key(|order| order.at);
        self.lines.sort_by_key(|line| line.at);
        self.returns.sort_by_key(|row| row.at);
        self.touches.sort_by_key(|touch| touch.at);
        self.opportunities.sort_by_key(|opportunity| opportunity.created);
        self.invoices.sort_by_key(|invoice| invoice.invoiced);
        self.answers.sort_by_key(|answer| answer.at);
        self.signals.sort_by_key(|signal| signal.at);
    }
}
