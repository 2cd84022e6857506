//! `revenue_movements`: the customers behind `revenue_churn`.

use std::sync::Arc;

use kohort_model::view::{CUSTOMERS, Order, Shape, View};
use kohort_model::{
    Block, Column, Context, CustomerTable, Finished, Measure, MeasureSpec, Passes, Table,
    TableSchema, TableSpec, Written, keys, row,
};

use crate::churn::is_complete;
use crate::customer::{Change, Netted};

/// The declaration.
pub static REVENUE_MOVEMENTS: MeasureSpec = MeasureSpec {
    tables: &[TableSpec {
        written: Written::OnRequest,
        view: View {
            columns: &["movement", "opening_revenue", "closing_revenue", "change"],
            shape: Shape::Top(Order::Largest("change")),
            rows: CUSTOMERS,
            ..View::PLAIN
        },
        ..TableSpec::of(&SCHEMA)
    }],
    passes: Passes::ThenRows,
    start: |context, _| Box::new(RevenueMovements { context }),
    ..MeasureSpec::PLAIN
};

static SCHEMA: TableSchema = TableSchema {
    name: "revenue_movements",
    description: "Whose revenue came, grew, shrank and left: the customers behind revenue_churn",
    columns: &[
        keys::GRAIN,
        keys::PERIOD,
        keys::CUSTOMER_ID,
        Column::text(
            "movement",
            "what became of the customer's revenue, as in revenue_churn: new, reactivated, \
             expansion, contraction, churned or unchanged",
        ),
        Column::money(
            "opening_revenue",
            "the customer's revenue in the previous window, 0 where below zero; with \
             subscriptions monthly recurring revenue at the close w periods earlier",
        ),
        Column::money(
            "closing_revenue",
            "the customer's revenue in the current window, 0 where below zero; with subscriptions \
             monthly recurring revenue at the close of the period",
        ),
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

/// The rows: nothing has to be counted before they are written.
struct RevenueMovements {
    context: Arc<Context>,
}

impl Measure for RevenueMovements {
    fn fresh(&self) -> Box<dyn Measure> {
        Box::new(Self { context: Arc::clone(&self.context) })
    }

    fn fold(&mut self, _: &Block<'_>) {}

    fn merge(&mut self, _: Box<dyn Measure>) {}

    fn finish(self: Box<Self>) -> Finished {
        Finished { customer_tables: vec![self], ..Finished::default() }
    }
}

impl CustomerTable for RevenueMovements {
    fn table(&self) -> Table {
        self.context.customer_table(&SCHEMA)
    }

    fn list(&self, block: &Block<'_>, into: &mut Table) {
        let context = &*self.context;
        // Texts of this block alone: threads that share one wait for each other to count its users.
        let grains: Vec<Arc<str>> = context.periods.iter().map(|p| p.grain.name().into()).collect();
        let movements = MOVEMENTS.map(Arc::<str>::from);
        let mut netted = Netted::default();
        for customer in (0..block.len()).filter(|c| !block.activity.of(*c).0.is_empty()) {
            for (g, periods) in context.periods.iter().enumerate() {
                netted.revenue(block, customer, context, g).compare(
                    periods.len(),
                    |period, change| {
                        let Some(movement) = movement(change) else { return };
                        let (before, now) = (change.before.max(0), change.now.max(0));
                        let row = row!(SCHEMA {
                            grain: Arc::clone(&grains[g]),
                            period: periods.start(period),
                            customer_id: block.ids.of(customer),
                            movement: Arc::clone(&movements[movement as usize]),
                            opening_revenue: before,
                            closing_revenue: now,
                            change: now - before,
                            is_complete: is_complete(context, (g, periods), period),
                        });
                        into.push_with(row, context.first_segment_values(block, customer));
                    },
                );
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
