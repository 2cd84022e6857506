//! `product_returns`: what came back.

mod facts;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use kohort_model::{Block, Context, Finished, Grid, Measure, Tally, merge_as};

use facts::{Facts, Part, Side};
pub use table::PRODUCT_RETURNS;

/// Goods that were sold, or came back.
#[derive(Clone, Copy, Debug, Default)]
struct Moved {
    /// Minor units.
    value: i128,
    units: u64,
    orders: u64,
}

impl Tally for Moved {
    fn add(&mut self, other: &Self) {
        self.value += other.value;
        // Rows carry up to 2^63 units each.
        self.units = self.units.saturating_add(other.units);
        self.orders += other.orders;
    }
}

/// By side.
type Sides = [Moved; Side::ALL.len()];

/// What is counted of a period.
#[derive(Clone, Debug, Default)]
struct Tallied {
    total: Sides,
    /// By category, product and reason; of thousands of products a period has few.
    parts: BTreeMap<(Part, u32, Side), Moved>,
    unmatched: u64,
}

impl Tally for Tallied {
    fn add(&mut self, other: &Self) {
        self.total.iter_mut().zip(&other.total).for_each(|(own, more)| own.add(more));
        for (key, moved) in &other.parts {
            self.parts.entry(*key).or_default().add(moved);
        }
        self.unmatched += other.unmatched;
    }
}

/// The fold behind the table.
pub struct ProductReturns {
    context: Arc<Context>,
    cells: Grid<Tallied>,
    /// The person at hand.
    facts: Facts,
}

impl ProductReturns {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(context: Arc<Context>) -> Self {
        let (cells, facts) = (Grid::new(&context), Facts::new(&context.goods));
        Self { context, cells, facts }
    }
}

impl Measure for ProductReturns {
    fn fresh(&self) -> Box<dyn Measure> {
        Box::new(Self::new(Arc::clone(&self.context)))
    }

    fn fold(&mut self, block: &Block<'_>) {
        let Self { context, cells, facts } = self;
        for person in 0..block.len() {
            facts.read(block.lines.of(person), block.returns.of(person));
            for (g, periods) in context.periods.iter().enumerate() {
                for (fact, moved) in facts.by_period(periods) {
                    let p = periods.of(fact.day);
                    for group in block.groups {
                        let cell = &mut cells.at_least(group.slot(person), g, p + 1)[p];
                        match fact.part {
                            None => cell.total[fact.side as usize].add(&moved),
                            Some((part, code)) => {
                                cell.parts.entry((part, code, fact.side)).or_default().add(&moved);
                            }
                        }
                    }
                }
                for day in &facts.unmatched {
                    let p = periods.of(*day);
                    for group in block.groups {
                        cells.at_least(group.slot(person), g, p + 1)[p].unmatched += 1;
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
