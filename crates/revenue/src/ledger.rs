//! The customers behind `revenue_churn`.

use std::sync::Arc;

use kohort_model::{
    Block, Cell, Column, Context, Finished, Ledger, Measure, Table, TableSchema, keys,
};

use crate::churn::is_complete;
use crate::customer::{Change, Revenue};

/// The table's columns.
pub static SCHEMA: TableSchema = TableSchema {
    name: "revenue_movements",
    description: "Whose revenue came, grew, shrank and left: the customers behind revenue_churn",
    columns: &[
        keys::GRAIN,
        keys::PERIOD,
        keys::CUSTOMER_ID,
        Column::text("movement", "new, reactivated, expansion, contraction, churned or unchanged"),
        Column::money("opening_revenue", "revenue of the previous window, at least 0"),
        Column::money("closing_revenue", "revenue of the window, at least 0"),
        Column::money("change", "closing_revenue - opening_revenue"),
        keys::IS_COMPLETE,
    ],
    key: &["grain", "period", "customer_id"],
    revisable: &[],
};

/// What a customer's revenue did.
#[derive(Clone, Copy, Debug)]
enum Movement {
    New,
    Reactivated,
    Expansion,
    Contraction,
    Churned,
    Unchanged,
}

/// Text of each movement.
const MOVEMENTS: [&str; 6] =
    ["new", "reactivated", "expansion", "contraction", "churned", "unchanged"];

/// The ledger behind `revenue_movements`: nothing has to be counted before it is listed.
pub struct RevenueMovements {
    context: Arc<Context>,
}

impl RevenueMovements {
    /// The ledger.
    #[must_use]
    pub fn new(context: Arc<Context>) -> Self {
        Self { context }
    }
}

impl Measure for RevenueMovements {
    fn fresh(&self) -> Box<dyn Measure> {
        Box::new(Self::new(Arc::clone(&self.context)))
    }

    fn fold(&mut self, _: &Block<'_>) {}

    fn merge(&mut self, _: Box<dyn Measure>) {}

    fn finish(self: Box<Self>) -> Finished {
        Finished { ledgers: vec![self], ..Finished::default() }
    }
}

impl Ledger for RevenueMovements {
    fn table(&self) -> Table {
        self.context.ledger_table(&SCHEMA)
    }

    fn list(&self, block: &Block<'_>, into: &mut Table) {
        let context = &*self.context;
        // Texts of this block alone: threads that share one wait for each other to count its users.
        let grains: Vec<Arc<str>> = context.periods.iter().map(|p| p.grain.name().into()).collect();
        let movements = MOVEMENTS.map(Arc::<str>::from);
        let mut revenue = Revenue::default();
        for customer in (0..block.len()).filter(|c| !block.activity.of(*c).0.is_empty()) {
            for (g, periods) in context.periods.iter().enumerate() {
                revenue.read(block, customer, context, g);
                revenue.compare(periods.len(), |period, change| {
                    let Some(movement) = movement(change) else { return };
                    let (before, now) = (change.before.max(0), change.now.max(0));
                    let row: [Cell; 8] = [
                        Arc::clone(&grains[g]).into(),
                        periods.start(period).into(),
                        block.ids.of(customer).into(),
                        Arc::clone(&movements[movement as usize]).into(),
                        before.into(),
                        now.into(),
                        (now - before).into(),
                        is_complete(context, (g, periods), period).into(),
                    ];
                    into.push_with(row, context.first_segment_values(block, customer));
                });
            }
        }
    }
}

/// What a customer's revenue did; `None` where there is none in either window.
fn movement(change: Change) -> Option<Movement> {
    let Change { before, now, is_new } = change;
    Some(match (before > 0, now > 0) {
        (false, false) => return None,
        (false, true) if is_new => Movement::New,
        (false, true) => Movement::Reactivated,
        (true, false) => Movement::Churned,
        (true, true) if now > before => Movement::Expansion,
        (true, true) if now < before => Movement::Contraction,
        (true, true) => Movement::Unchanged,
    })
}
