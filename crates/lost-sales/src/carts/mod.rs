//! `carts`: what became of them.

mod find;
mod table;

use std::sync::Arc;

use kohort_model::{Block, Context, Finished, Grid, Measure, Tally, merge_as};

pub(crate) use self::find::{Finder, Found};
pub use self::table::CARTS;
use crate::tally::Decided;

/// The fold behind `carts`.
pub struct Carts {
    context: Arc<Context>,
    /// By period.
    cells: Grid<Created>,
    finder: Finder,
}

/// Carts created in a period.
#[derive(Clone, Copy, Debug, Default)]
struct Created {
    all: Decided,
    without_value: u64,
}

impl Tally for Created {
    fn add(&mut self, other: &Self) {
        self.all.add(&other.all);
        self.without_value += other.without_value;
    }
}

impl Created {
    fn count(&mut self, Found { cart, lost }: &Found) {
        self.all.count(cart.outcome, cart.value.unwrap_or(0), lost);
        self.without_value += u64::from(cart.value.is_none());
    }
}

impl Carts {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(context: Arc<Context>) -> Self {
        let cells = Grid::new(&context);
        Self { context, cells, finder: Finder::default() }
    }
}

impl Measure for Carts {
    fn fresh(&self) -> Box<dyn Measure> {
        Box::new(Self::new(Arc::clone(&self.context)))
    }

    fn fold(&mut self, block: &Block<'_>) {
        let Self { context, cells, finder } = self;
        for person in 0..block.len() {
            if block.touches.of(person).is_empty() {
                continue;
            }
            let found = finder.find(block, person, context);
            if found.is_empty() {
                continue;
            }
            for group in block.groups {
                let slot = group.slot(person);
                for (g, periods) in context.periods.iter().enumerate() {
                    let cells = cells.at_least(slot, g, periods.len());
                    for found in found {
                        cells[periods.of(found.cart.created)].count(found);
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
