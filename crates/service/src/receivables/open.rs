//! What a customer owes at the end of each day, and what it is owed.

use kohort_inputs::Invoice;
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
/// How many kinds there are.
pub(super) const KINDS: usize = AGES + 3;

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
    /// Stretches of all kinds, in no order, of these invoices; one that does not say when is due
    /// `terms_days` after it was written.
    pub fn of(&mut self, invoices: &[Invoice], terms_days: u32) -> &[Stretch] {
        self.stretches.clear();
        for invoice in invoices {
            let (from, to) = (invoice.issued, invoice.paid.unwrap_or(NEVER));
            let amount = i128::from(invoice.amount);
            if amount < 0 {
                self.stretches.push(Stretch { from, to, kind: CREDITS, amount: -amount });
            } else {
                self.stretches.push(Stretch { from, to, kind: INVOICES, amount: 1 });
                self.age(invoice.due_after(terms_days), Stretch { from, to, kind: 0, amount });
            }
        }
        if invoices.iter().any(|invoice| invoice.amount < 0) {
            self.balance(invoices);
        }
        &self.stretches
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
    fn balance(&mut self, invoices: &[Invoice]) {
        self.changes.clear();
        for invoice in invoices {
            let amount = i128::from(invoice.amount);
            self.changes.push((invoice.issued, amount));
            self.changes.extend(invoice.paid.map(|day| (day, -amount)));
        }
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
