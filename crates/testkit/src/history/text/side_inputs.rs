//! Rows of the inputs that stand beside orders or subscriptions, as text and back.

use kohort_model::{Day, Input, Kind};

use super::{
    Ids, Line, Lines, arm, day_or_none, id, instant, integer, optional, rows_of, status, text, time,
};
use crate::history::{
    Answer, Contact, Engagement, History, Id, Identity, Invoice, Opportunity, OrderLine, Payment,
    Prospect, Return, Touchpoint, UNDATED_DAY,
};

/// A row as cells under the columns of its input.
pub(super) trait Cells: Sized {
    const INPUT: Input;
    const COLUMNS: &'static [&'static str];

    /// A row of which nothing is said.
    fn blank() -> Self;

    /// Takes the cell of one of the columns.
    fn set(&mut self, column: &str, cell: &str, ids: Ids);

    /// The cells in the order of the columns.
    fn cells(&self) -> Vec<String>;
}

fn row<T: Cells>(line: Line<'_>, ids: Ids) -> T {
    let mut row = T::blank();
    for &(name, cell) in line {
        let input = T::INPUT.name();
        assert!(T::COLUMNS.contains(&name), "{name:?} is no column of {input}");
        row.set(name, cell, ids);
    }
    row
}

/// The inputs of `history` that stand beside the basis from their lines.
pub(super) fn read(
    history: History,
    inputs: &[Option<Lines<'_>>; Input::ALL.len()],
    ids: Ids,
) -> History {
    fn rows<T: Cells>(inputs: &[Option<Lines<'_>>], ids: Ids) -> Option<Vec<T>> {
        let lines = inputs[T::INPUT as usize].as_ref();
        lines.map(|lines| rows_of(lines, |line| row(line, ids)))
    }
    History {
        prospects: rows(inputs, ids),
        contacts: rows(inputs, ids),
        surveys: rows(inputs, ids),
        touchpoints: rows(inputs, ids),
        identities: rows(inputs, ids),
        opportunities: rows(inputs, ids),
        order_lines: rows(inputs, ids),
        returns: rows(inputs, ids),
        invoices: rows(inputs, ids),
        payments: rows(inputs, ids),
        engagement: rows(inputs, ids),
        ..history
    }
}

/// Hands on the columns and lines of each of these inputs that there is.
pub(super) fn write(history: &History, mut part: impl FnMut(Input, &[&str], Vec<Vec<String>>)) {
    macro_rules! write {
        ($($rows:ident: $of:ty),+ $(,)?) => {$(
            if let Some(rows) = &history.$rows {
                let lines = rows.iter().map(Cells::cells).collect();
                part(<$of>::INPUT, <$of>::COLUMNS, lines);
            }
        )+};
    }
    write! {
        prospects: Prospect,
        contacts: Contact,
        surveys: Answer,
        touchpoints: Touchpoint,
        identities: Identity,
        opportunities: Opportunity,
        order_lines: OrderLine,
        returns: Return,
        invoices: Invoice,
        payments: Payment,
        engagement: Engagement,
    }
}

const NOBODY: Id = Id::Integer(0);

fn id_or_none(cell: &str, is_integer: bool) -> Option<Id> {
    (cell != "-").then(|| id(cell, is_integer))
}

fn integer_or_none(cell: &str) -> Option<i64> {
    (cell != "-").then(|| integer(cell))
}

/// Anything that may be missing, as a cell.
fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

impl Cells for Prospect {
    const INPUT: Input = Input::Prospects;
    const COLUMNS: &'static [&'static str] = &["customer", "day"];

    fn blank() -> Self {
        Self { customer: NOBODY, day: Day(0) }
    }

    fn set(&mut self, column: &str, cell: &str, ids: Ids) {
        match column {
            "customer" => self.customer = id(cell, ids.customers),
            _ => self.day = time(cell).0,
        }
    }

    fn cells(&self) -> Vec<String> {
        vec![self.customer.to_string(), self.day.to_string()]
    }
}

impl Cells for Contact {
    const INPUT: Input = Input::Contacts;
    const COLUMNS: &'static [&'static str] = &["customer", "day", "campaign", "strategy", "arm"];

    fn blank() -> Self {
        let (customer, day) = (NOBODY, Day(0));
        Self { customer, day, campaign: None, strategy: None, is_holdout: false }
    }

    fn set(&mut self, column: &str, cell: &str, ids: Ids) {
        match column {
            "customer" => self.customer = id(cell, ids.customers),
            "day" => self.day = time(cell).0,
            "campaign" => self.campaign = optional(cell),
            "strategy" => self.strategy = optional(cell),
            _ => self.is_holdout = arm(cell),
        }
    }

    fn cells(&self) -> Vec<String> {
        let arm = if self.is_holdout { "withheld" } else { "sent" };
        let (campaign, strategy) = (text(self.campaign.as_deref()), text(self.strategy.as_deref()));
        vec![self.customer.to_string(), self.day.to_string(), campaign, strategy, arm.into()]
    }
}

impl Cells for Answer {
    const INPUT: Input = Input::Surveys;
    const COLUMNS: &'static [&'static str] = &["customer", "day", "reason", "lost_reason", "score"];

    fn blank() -> Self {
        let (reason, lost_reason, score) = (None, None, None);
        Self { customer: None, day: Day(0), instant: 0, reason, lost_reason, score }
    }

    fn set(&mut self, column: &str, cell: &str, ids: Ids) {
        match column {
            "customer" => self.customer = id_or_none(cell, ids.customers),
            "day" => (self.day, self.instant) = time(cell),
            "reason" => self.reason = optional(cell),
            "lost_reason" => self.lost_reason = optional(cell),
            _ => self.score = (cell != "-").then(|| cell.parse().expect("a score from 0 to 10")),
        }
    }

    fn cells(&self) -> Vec<String> {
        let (customer, time) = (or_dash(self.customer.as_ref()), instant(self.instant));
        let reasons = [&self.reason, &self.lost_reason].map(|reason| text(reason.as_deref()));
        let [reason, lost_reason] = reasons;
        vec![customer, time, reason, lost_reason, or_dash(self.score)]
    }
}

impl Cells for Touchpoint {
    const INPUT: Input = Input::Touchpoints;
    const COLUMNS: &'static [&'static str] =
        &["visitor", "day", "step", "cart", "value", "customer"];

    fn blank() -> Self {
        Self {
            visitor: NOBODY,
            instant: 0,
            day: Day(0),
            step: String::new(),
            cart: None,
            value: None,
            customer: None,
        }
    }

    fn set(&mut self, column: &str, cell: &str, ids: Ids) {
        match column {
            "visitor" => self.visitor = id(cell, ids.visitors),
            "day" => (self.day, self.instant) = time(cell),
            "step" => cell.clone_into(&mut self.step),
            "cart" => self.cart = id_or_none(cell, ids.carts),
            "value" => self.value = integer_or_none(cell),
            _ => self.customer = id_or_none(cell, ids.customers),
        }
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.visitor.to_string(),
            instant(self.instant),
            self.step.clone(),
            or_dash(self.cart.as_ref()),
            or_dash(self.value),
            or_dash(self.customer.as_ref()),
        ]
    }
}

impl Cells for Identity {
    const INPUT: Input = Input::Identities;
    const COLUMNS: &'static [&'static str] = &["visitor", "customer"];

    fn blank() -> Self {
        Self { visitor: NOBODY, customer: NOBODY }
    }

    fn set(&mut self, column: &str, cell: &str, ids: Ids) {
        match column {
            "visitor" => self.visitor = id(cell, ids.visitors),
            _ => self.customer = id(cell, ids.customers),
        }
    }

    fn cells(&self) -> Vec<String> {
        vec![self.visitor.to_string(), self.customer.to_string()]
    }
}

impl Cells for Opportunity {
    const INPUT: Input = Input::Opportunities;
    const COLUMNS: &'static [&'static str] = &[
        "buyer",
        "id",
        "created",
        "closed",
        "outcome",
        "stage",
        "reason",
        "competitor",
        "updated",
        "value",
    ];

    fn blank() -> Self {
        Self {
            buyer: NOBODY,
            id: None,
            created: Day(0),
            closed: None,
            outcome: Kind::Open,
            stage: None,
            reason: None,
            competitor: None,
            value: 0,
            updated: 0,
        }
    }

    fn set(&mut self, column: &str, cell: &str, ids: Ids) {
        match column {
            "buyer" => self.buyer = id(cell, ids.customers),
            "id" => self.id = id_or_none(cell, ids.numbers),
            "created" => self.created = day_or_none(cell).unwrap_or(UNDATED_DAY),
            "closed" => self.closed = day_or_none(cell),
            "outcome" => self.outcome = if cell == "won" { Kind::Completed } else { status(cell) },
            "stage" => self.stage = optional(cell),
            "reason" => self.reason = optional(cell),
            "competitor" => self.competitor = optional(cell),
            "updated" => self.updated = integer(cell),
            _ => self.value = integer(cell),
        }
    }

    fn cells(&self) -> Vec<String> {
        let outcome = match self.outcome {
            Kind::Completed => "won",
            Kind::Lost => "lost",
            Kind::Open => "open",
            Kind::Ignored => "ignored",
        };
        vec![
            self.buyer.to_string(),
            or_dash(self.id.as_ref()),
            or_dash(Some(self.created).filter(|day| *day != UNDATED_DAY)),
            or_dash(self.closed),
            outcome.to_owned(),
            text(self.stage.as_deref()),
            text(self.reason.as_deref()),
            text(self.competitor.as_deref()),
            self.updated.to_string(),
            self.value.to_string(),
        ]
    }
}

impl Cells for OrderLine {
    const INPUT: Input = Input::OrderLines;
    const COLUMNS: &'static [&'static str] =
        &["customer", "order", "day", "product", "category", "units", "value"];

    fn blank() -> Self {
        Self {
            customer: NOBODY,
            order: NOBODY,
            day: Day(0),
            instant: 0,
            product: None,
            category: None,
            units: 1,
            value: 0,
        }
    }

    fn set(&mut self, column: &str, cell: &str, ids: Ids) {
        match column {
            "customer" => self.customer = id(cell, ids.customers),
            "order" => self.order = id(cell, ids.goods),
            "day" => (self.day, self.instant) = time(cell),
            "product" => self.product = optional(cell),
            "category" => self.category = optional(cell),
            "units" => self.units = integer(cell),
            _ => self.value = integer(cell),
        }
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.customer.to_string(),
            self.order.to_string(),
            instant(self.instant),
            text(self.product.as_deref()),
            text(self.category.as_deref()),
            self.units.to_string(),
            self.value.to_string(),
        ]
    }
}

impl Cells for Return {
    const INPUT: Input = Input::Returns;
    const COLUMNS: &'static [&'static str] =
        &["customer", "order", "day", "product", "reason", "units", "value"];

    fn blank() -> Self {
        Self {
            customer: NOBODY,
            order: NOBODY,
            day: Day(0),
            product: None,
            reason: None,
            units: 1,
            value: 0,
        }
    }

    fn set(&mut self, column: &str, cell: &str, ids: Ids) {
        match column {
            "customer" => self.customer = id(cell, ids.customers),
            "order" => self.order = id(cell, ids.goods),
            "day" => self.day = time(cell).0,
            "product" => self.product = optional(cell),
            "reason" => self.reason = optional(cell),
            "units" => self.units = integer(cell),
            _ => self.value = integer(cell),
        }
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.customer.to_string(),
            self.order.to_string(),
            self.day.to_string(),
            text(self.product.as_deref()),
            text(self.reason.as_deref()),
            self.units.to_string(),
            self.value.to_string(),
        ]
    }
}

impl Cells for Invoice {
    const INPUT: Input = Input::Invoices;
    const COLUMNS: &'static [&'static str] =
        &["customer", "id", "issued", "due", "paid", "updated", "amount"];

    fn blank() -> Self {
        let (id, issued, due, paid) = (None, Day(0), None, None);
        Self { customer: NOBODY, id, issued, due, paid, amount: 0, updated: 0 }
    }

    fn set(&mut self, column: &str, cell: &str, ids: Ids) {
        match column {
            "customer" => self.customer = id(cell, ids.customers),
            "id" => self.id = id_or_none(cell, ids.numbers),
            "issued" => self.issued = time(cell).0,
            "due" => self.due = day_or_none(cell),
            "paid" => self.paid = day_or_none(cell),
            "updated" => self.updated = integer(cell),
            _ => self.amount = integer(cell),
        }
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.customer.to_string(),
            or_dash(self.id.as_ref()),
            self.issued.to_string(),
            or_dash(self.due),
            or_dash(self.paid),
            self.updated.to_string(),
            self.amount.to_string(),
        ]
    }
}

impl Cells for Payment {
    const INPUT: Input = Input::Payments;
    const COLUMNS: &'static [&'static str] = &["customer", "id", "day", "amount"];

    fn blank() -> Self {
        Self { customer: NOBODY, invoice: NOBODY, day: Day(0), amount: 0 }
    }

    fn set(&mut self, column: &str, cell: &str, ids: Ids) {
        match column {
            "customer" => self.customer = id(cell, ids.customers),
            "id" => self.invoice = id(cell, ids.numbers),
            "day" => self.day = time(cell).0,
            _ => self.amount = integer(cell),
        }
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.customer.to_string(),
            self.invoice.to_string(),
            self.day.to_string(),
            self.amount.to_string(),
        ]
    }
}

impl Cells for Engagement {
    const INPUT: Input = Input::Engagement;
    const COLUMNS: &'static [&'static str] = &["customer", "day", "kind", "value"];

    fn blank() -> Self {
        Self { customer: NOBODY, day: Day(0), kind: String::new(), value: 100 }
    }

    fn set(&mut self, column: &str, cell: &str, ids: Ids) {
        match column {
            "customer" => self.customer = id(cell, ids.customers),
            "day" => self.day = time(cell).0,
            "kind" => cell.clone_into(&mut self.kind),
            _ => self.value = integer(cell),
        }
    }

    fn cells(&self) -> Vec<String> {
        let (customer, day) = (self.customer.to_string(), self.day.to_string());
        vec![customer, day, self.kind.clone(), self.value.to_string()]
    }
}
