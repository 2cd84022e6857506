//! `lost_sales`: what was nearly sold, from every source.

mod attempts;
mod orders;
mod schema;
mod table;

use std::sync::Arc;

use kohort_model::{Basis, Block, Context, Finished, Grid, Measure, merge_as};

use self::attempts::Attempt;
pub use self::schema::SCHEMA;
use crate::carts::Finder;
use crate::tally::{Attempted, Lost};

/// The fold behind `lost_sales`.
pub struct LostSales {
    context: Arc<Context>,
    counted: Counted,
    fates: Vec<Lost>,
    attempts: Vec<Attempt>,
    finder: Finder,
}

/// By source: by period, each of customers and of prospects.
struct Counted {
    carts: Grid<Attempted>,
    opportunities: Grid<Attempted>,
    orders: Grid<Attempted>,
}

impl LostSales {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(context: Arc<Context>) -> Self {
        let counted = Counted {
            carts: Grid::new(&context),
            opportunities: Grid::new(&context),
            orders: Grid::new(&context),
        };
        let finder = Finder::default();
        Self { context, counted, fates: Vec::new(), attempts: Vec::new(), finder }
    }
}

impl Measure for LostSales {
    fn fresh(&self) -> Box<dyn Measure> {
        Box::new(Self::new(Arc::clone(&self.context)))
    }

    fn fold(&mut self, block: &Block<'_>) {
        let Self { context, counted, fates, attempts, finder } = self;
        for person in 0..block.len() {
            if context.basis == Basis::Orders {
                orders::count(block, person, context, fates, &mut counted.orders);
            }
            if !block.touches.of(person).is_empty() {
                attempts.clear();
                attempts.extend(finder.find(block, person, context).iter().map(Attempt::of_cart));
                attempts::count(block, person, context, attempts, &mut counted.carts);
            }
            if !block.opportunities.of(person).is_empty() {
                attempts::of_opportunities(block, person, context, attempts);
                attempts::count(block, person, context, attempts, &mut counted.opportunities);
            }
        }
    }

    fn merge(&mut self, other: Box<dyn Measure>) {
        let other = merge_as::<Self>(other).counted;
        self.counted.carts.merge(other.carts);
        self.counted.opportunities.merge(other.opportunities);
        self.counted.orders.merge(other.orders);
    }

    fn finish(self: Box<Self>) -> Finished {
        vec![table::write(&self.context, &self.counted)].into()
    }
}
