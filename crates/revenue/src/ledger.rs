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
        Finished { tables: Vec::new(), ledgers: vec![self] }
    }
}

impl Ledger for RevenueMovements {
    fn table(&self) -> Table {
        self.context.ledger_table(&SCHEMA)
    }

    fn list(&self, block: &Block<'_>, into: &mut Table) {
        let context = &*self.context;
        let mut revenue = Revenue::default();
        for customer in (0..block.len()).filter(|c| !block.activity.of(*c).0.is_empty()) {
            for (g, periods) in context.periods.iter().enumerate() {
                revenue.read(block, customer, context, g);
                revenue.compare(periods.len(), |period, change| {
                    let Some(movement) = movement(change) else { return };
                    let (before, now) = (change.before.max(0), change.now.max(0));
                    let row: [Cell; 8] = [
                        periods.grain.name().into(),
                        periods.start(period).into(),
                        block.ids.of(customer).into(),
                        movement.into(),
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

/// The name of what a customer's revenue did; `None` where there is none in either window.
fn movement(change: Change) -> Option<&'static str> {
    let Change { before, now, is_new } = change;
    Some(match (before > 0, now > 0) {
        (false, false) => return None,
        (false, true) if is_new => "new",
        (false, true) => "reactivated",
        (true, false) => "churned",
        (true, true) if now > before => "expansion",
        (true, true) if now < before => "contraction",
        (true, true) => "unchanged",
    })
}
