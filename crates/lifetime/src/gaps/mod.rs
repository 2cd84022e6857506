//! `purchase_gaps` and `purchase_gap_histogram`: how long between purchases.

mod rows;
mod schema;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use kohort_model::{Block, Context, Day, DayCounts, Finished, Grid, Measure, Tally, merge_as};

use rows::{Counts, Rows, length};
pub use schema::{GAPS, HISTOGRAM};

/// The fold behind both tables of gaps.
///
/// Gaps are told apart by the number of gaps before them, from 0; those of `max_number` and more
/// share one place.
pub struct PurchaseGaps {
    context: Arc<Context>,
    /// Lengths of the gaps that ended, by the period in which they start, then by number.
    ended: Grid<Vec<DayCounts>>,
    /// Lengths so far of the open gaps, by slot, then by number. The length tells on which day such
    /// a gap started, so that one count serves every grain.
    open: Vec<Vec<DayCounts>>,
    /// The order days of the customer at hand, each once.
    days: Vec<i32>,
}

impl PurchaseGaps {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(context: Arc<Context>) -> Self {
        let ended = Grid::new(&context);
        let open = vec![Vec::new(); context.slots.len()];
        Self { context, ended, open, days: Vec::new() }
    }
}

impl Measure for PurchaseGaps {
    fn fresh(&self) -> Box<dyn Measure> {
        Box::new(Self::new(Arc::clone(&self.context)))
    }

    fn fold(&mut self, block: &Block<'_>) {
        let Self { context, ended, open, days } = self;
        let most = context.gaps.max_number as usize;
        for customer in 0..block.len() {
            days.clear();
            days.extend(block.activity.of(customer).0.iter().map(|day| day.0));
            days.dedup();
            let Some(last) = days.last() else { continue };
            let (last_number, lasted) = ((days.len() - 1).min(most), length(*last, context));
            for group in block.groups {
                let slot = group.slot(customer);
                at(&mut open[slot], last_number).push(lasted);
                for (g, periods) in context.periods.iter().enumerate() {
                    for (number, gap) in days.windows(2).enumerate() {
                        let p = periods.of(Day(gap[0]));
                        let cell = &mut ended.at_least(slot, g, p + 1)[p];
                        at(cell, number.min(most)).push(gap[0].abs_diff(gap[1]));
                    }
                }
            }
        }
    }

    fn merge(&mut self, other: Box<dyn Measure>) {
        let other = merge_as::<Self>(other);
        self.ended.merge(other.ended);
        self.open.add(&other.open);
    }

    fn finish(self: Box<Self>) -> Finished {
        let context = &*self.context;
        let mut tables = [context.table(&GAPS), context.table(&HISTOGRAM)];
        let open: Vec<Vec<Counts>> = self
            .open
            .iter()
            .map(|numbers| numbers.iter().map(DayCounts::counts).collect())
            .collect();
        for (g, periods) in context.periods.iter().enumerate() {
            for ((s, slot), open) in context.slots.iter().enumerate().zip(&open) {
                let rows = Rows { context, slot, periods };
                rows.write(&mut tables, self.ended.get(s, g), open);
            }
        }
        Vec::from(tables).into()
    }
}

/// The counts of a number, with as many places as that takes.
fn at(numbers: &mut Vec<DayCounts>, number: usize) -> &mut DayCounts {
    if numbers.len() <= number {
        numbers.reserve_exact(number + 1 - numbers.len());
        numbers.resize(number + 1, DayCounts::default());
    }
    &mut numbers[number]
}
