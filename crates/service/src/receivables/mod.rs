//! `receivables`: who owes what, and for how long.

mod open;
mod table;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use kohort_model::{
    Block, Context, Day, Finished, Grid, Invoice, Measure, Periods, Places, Tally, merge_as,
};

use open::{KINDS, Open};
pub use table::RECEIVABLES;

/// What is counted of a period.
#[derive(Clone, Copy, Debug, Default)]
struct Tallied {
    credit_sales: i128,
    /// By kind of what is open: how much more at the close than at that of the period before.
    open_change: [i128; KINDS],
    invoices: u64,
    credit_notes: u64,
    paid: u64,
    days_to_pay: u64,
    paid_late: u64,
    days_late: u64,
}

impl Tally for Tallied {
    fn add(&mut self, other: &Self) {
        self.credit_sales += other.credit_sales;
        self.open_change.iter_mut().zip(other.open_change).for_each(|(own, more)| *own += more);
        self.invoices += other.invoices;
        self.credit_notes += other.credit_notes;
        self.paid += other.paid;
        self.days_to_pay += other.days_to_pay;
        self.paid_late += other.paid_late;
        self.days_late += other.days_late;
    }
}

/// The fold behind the table.
pub struct Receivables {
    context: Arc<Context>,
    /// By period, and one place more for what ends after the last.
    cells: Grid<Tallied>,
    /// What the customer at hand has open.
    open: Open,
}

impl Receivables {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(context: Arc<Context>) -> Self {
        let cells = Grid::new(&context);
        Self { context, cells, open: Open::default() }
    }
}

impl Measure for Receivables {
    fn fresh(&self) -> Box<dyn Measure> {
        Box::new(Self::new(Arc::clone(&self.context)))
    }

    fn fold(&mut self, block: &Block<'_>) {
        let Self { context, cells, open } = self;
        for customer in 0..block.len() {
            let invoices = block.invoices.of(customer);
            if invoices.is_empty() {
                continue;
            }
            let stretches = open.of(invoices);
            for (g, periods) in context.periods.iter().enumerate() {
                for group in block.groups {
                    let cells = cells.at_least(group.slot(customer), g, periods.len() + 1);
                    for invoice in invoices {
                        count_dated(invoice, periods, cells);
                    }
                    for stretch in stretches {
                        let at = closes_in(stretch.from, stretch.to, periods, context.as_of);
                        cells[at.start].open_change[stretch.kind] += stretch.amount;
                        cells[at.end].open_change[stretch.kind] -= stretch.amount;
                    }
                }
            }
        }
    }

    fn merge(&mut self, other: Box<dyn Measure>) {
        self.cells.merge(merge_as::<Self>(other).cells);
    }

    fn finish(self: Box<Self>) -> Finished {
        vec![table::write(&self.context, &self.cells)].into()
    }
}

/// Counts the invoice in the periods in which it was written and paid.
fn count_dated(invoice: &Invoice, periods: &Periods, cells: &mut Places<Tallied>) {
    let issued = &mut cells[periods.of(invoice.issued)];
    if invoice.amount < 0 {
        issued.credit_notes += 1;
        return;
    }
    issued.invoices += 1;
    issued.credit_sales += i128::from(invoice.amount);
    let Some(day) = invoice.paid else { return };
    let paid = &mut cells[periods.of(day)];
    paid.paid += 1;
    paid.days_to_pay += u64::from(day.0.abs_diff(invoice.issued.0));
    if day > invoice.due {
        paid.paid_late += 1;
        paid.days_late += u64::from(day.0.abs_diff(invoice.due.0));
    }
}

/// The periods whose last known day lies in `[from, to)`; none where no known day does.
fn closes_in(from: Day, to: Day, periods: &Periods, as_of: Day) -> Range<usize> {
    if from >= to.min(as_of) {
        return 0..0;
    }
    periods.of(from)..if to < as_of { periods.of(to) } else { periods.len() }
}
