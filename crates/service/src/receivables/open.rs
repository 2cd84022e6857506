//! What a customer owes at the end of each day, and what it is owed.

use kohort_inputs::{Invoice, Payment};
use kohort_model::Day;

/// The first kinds of what is open: money of invoices that are not overdue, and that are by up to
/// 30, 60, 90 and more days.
pub(super) const AGES: usize = 5;
/// The kind that is a number of invoices.
pub(super) const INVOICES: usize = AGES;
/// The kind that is money of credit notes.
pub(super) const CREDITS: usize = AGES + 1;
/// The kind that is a number of customers who are owed more than they owe.
pub(super) const IN_CREDIT: usize = AGES + 2;
/// The kind that is money that was paid beyond what invoices and credit notes amount to.
pub(super) const OVERPAID: usize = AGES + 3;
/// How many kinds there are.
pub(super) const KINDS: usize = AGES + 4;

/// Days after the due date from which an invoice has each age but the first.
const OVERDUE_FROM: [i64; AGES - 1] = [1, 31, 61, 91];

/// After every day.
const NEVER: Day = Day(i32::MAX);

/// Days at whose end something is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// The first of them.
    pub from: Day,
    /// The day after the last.
    pub to: Day,
    /// What it is.
    pub kind: usize,
    /// Minor units, or a number.
    pub amount: i128,
}

/// What one customer has open.
#[derive(Clone, Debug, Default)]
pub(super) struct Open {
    stretches: Vec<Stretch>,
    /// Days on which the customer's balance changes, and by how much.
    changes: Vec<(Day, i128)>,
}

impl Open {
    /// Stretches of all kinds, in no order, of these invoices and what was paid of them; one that does not
    /// say when is due `terms_days` after it was written.
    pub fn of(
        &mut self,
        invoices: &[Invoice],
        payments: &[Payment],
        terms_days: u32,
    ) -> &[Stretch] {
        self.stretches.clear();
        self.changes.clear();
        for invoice in invoices {
            let own = Payment::of(payments, invoice);
            if own.is_empty() {
                let days = (invoice.issued, invoice.paid.unwrap_or(NEVER));
                if invoice.amount == 0 && days.0 < days.1 {
                    let (from, to) = days;
                    self.stretches.push(Stretch { from, to, kind: INVOICES, amount: 1 });
                }
                self.left(invoice, days, invoice.amount.into(), terms_days);
                continue;
            }
            let (issued, mut left) = (invoice.issued, i128::from(invoice.amount));
            let mut from = issued;
            // What is paid before the invoice is written counts on its day.
            for of_day in own.chunk_by(|a, b| a.day.max(issued) == b.day.max(issued)) {
                let day = of_day[0].day.max(issued);
                self.left(invoice, (from, day), left, terms_days);
                left -= of_day.iter().map(|payment| i128::from(payment.amount)).sum::<i128>();
                from = day;
            }
            self.left(invoice, (from, NEVER), left, terms_days);
        }
        if invoices.iter().any(|invoice| invoice.amount < 0) {
            self.balance();
        }
        &self.stretches
    }

    /// Days on which so much is left to be paid of an invoice or a credit note; of another sign where more was
    /// paid.
    fn left(&mut self, invoice: &Invoice, (from, to): (Day, Day), left: i128, terms_days: u32) {
        if from >= to {
            return;
        }
        let is_credit = invoice.amount < 0;
        let open = if is_credit { left.min(0) } else { left.max(0) };
        let over = (left - open).abs();
        if over > 0 {
            self.stretches.push(Stretch { from, to, kind: OVERPAID, amount: over });
        }
        if is_credit {
            self.stretches.push(Stretch { from, to, kind: CREDITS, amount: -open });
        } else if open > 0 {
            self.stretches.push(Stretch { from, to, kind: INVOICES, amount: 1 });
            let due = invoice.due_after(terms_days);
            self.age(due, Stretch { from, to, kind: 0, amount: open });
        }
        self.changes.extend([(from, open), (to, -open)]);
    }

    /// Cuts the days on which an invoice is open by how long it is overdue.
    fn age(&mut self, due: Day, open: Stretch) {
        let mut from = open.from;
        for (kind, days) in OVERDUE_FROM.into_iter().enumerate() {
            let to = due.plus(days).clamp(from, open.to);
            if from < to {
                self.stretches.push(Stretch { from, to, kind, ..open });
            }
            from = to;
        }
        if from < open.to {
            self.stretches.push(Stretch { from, kind: AGES - 1, ..open });
        }
    }

    /// Finds the days at whose end the open credit notes exceed the open invoices.
    fn balance(&mut self) {
        self.changes.retain(|(day, _)| *day < NEVER);
        self.changes.sort_unstable();
        let (mut balance, mut since) = (0, None);
        for of_day in self.changes.chunk_by(|a, b| a.0 == b.0) {
            balance += of_day.iter().map(|(_, amount)| amount).sum::<i128>();
            let day = of_day[0].0;
            match since {
                None if balance < 0 => since = Some(day),
                Some(from) if balance >= 0 => {
                    self.stretches.push(Stretch { from, to: day, kind: IN_CREDIT, amount: 1 });
                    since = None;
                }
                _ => {}
            }
        }
        if let Some(from) = since {
            self.stretches.push(Stretch { from, to: NEVER, kind: IN_CREDIT, amount: 1 });
        }
    }
}
