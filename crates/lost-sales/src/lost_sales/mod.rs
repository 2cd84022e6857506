//! `lost_sales`: what was nearly sold, from every source.

mod answers;
mod attempts;
mod orders;
mod schema;
mod table;

use std::sync::Arc;

use kohort_inputs::{Opportunity, Touch};
use kohort_model::{
    Basis, Block, Carries, Context, Finished, Grid, Input, Measure, MeasureSpec, merge_as,
};

use self::answers::Asked;
use self::attempts::Attempt;
use crate::carts::Finder;
use crate::recovery::Recovery;
use crate::settings;
use crate::tally::{Attempted, Lost};

/// The declaration.
pub static LOST_SALES: MeasureSpec = MeasureSpec {
    tables: &[schema::TABLE],
    reads: &[Input::Touchpoints, Input::Identities, Input::Opportunities, Input::Surveys],
    carries: Carries { attempts: true, ..Carries::NOTHING },
    settings: &[&settings::LOST_SALES, &settings::CARTS],
    formulas: schema::FORMULAS,
    start: |context, settings| {
        let days = |key| settings.whole(&settings::LOST_SALES, key);
        let asked = Asked::new(&context, days("survey_window_days"));
        let recovery_days = days("recovery_window_days");
        Box::new(LostSales::new(context, recovery_days, asked, Finder::new(settings)))
    },
    ..MeasureSpec::PLAIN
};

/// The fold behind the table.
struct LostSales {
    context: Arc<Context>,
    /// Days after a sale is lost within which a purchase recovers it.
    recovery_days: u32,
    asked: Asked,
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
    fn new(context: Arc<Context>, recovery_days: u32, asked: Asked, finder: Finder) -> Self {
        let counted = Counted {
            carts: Grid::new(&context),
            opportunities: Grid::new(&context),
            orders: Grid::new(&context),
        };
        let (fates, attempts) = (Vec::new(), Vec::new());
        Self { context, recovery_days, asked, counted, fates, attempts, finder }
    }
}

impl Measure for LostSales {
    fn fresh(&self) -> Box<dyn Measure> {
        let context = Arc::clone(&self.context);
        Box::new(Self::new(context, self.recovery_days, self.asked, self.finder.clone()))
    }

    fn fold(&mut self, block: &Block<'_>) {
        let Self { context, recovery_days, asked, counted, fates, attempts, finder } = self;
        for person in 0..block.len() {
            let recovery = Recovery::new(block, person, context.as_of, *recovery_days);
            let answers = asked.of(block, person);
            if context.basis == Basis::Orders {
                let told = (&recovery, answers);
                orders::count(block, person, context, told, fates, &mut counted.orders);
            }
            if !block.items::<Touch>(person).is_empty() {
                attempts.clear();
                let window = finder.window();
                let carts = finder.find(block, person, context).iter();
                attempts.extend(carts.map(|found| Attempt::of_cart(found, window, answers)));
                attempts::count(block, person, context, attempts, &mut counted.carts);
            }
            if !block.items::<Opportunity>(person).is_empty() {
                let told = (&recovery, answers);
                attempts::of_opportunities(block, person, context, told, attempts);
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
