//! `revenue_movements`: the customers behind `revenue_churn`.

use std::sync::Arc;

use kohort_model::view::{CUSTOMERS, Order, Shape, View};
use kohort_model::{
    Block, Column, Context, CustomerTable, Finished, Measure, MeasureSpec, Passes, Table,
    TableSchema, TableSpec, Written, keys,
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
        let mut moves = Vec::new();
        let mut netted = Netted::default();
        for customer in (0..block.len()).filter(|c| !block.activity.of(*c).0.is_empty()) {
            for (grain, periods) in context.periods.iter().enumerate() {
                let revenue = netted.revenue(block, customer, context, grain);
                revenue.compare(periods.len(), |period, change| {
                    let Some(movement) = movement(change) else { return };
                    let (before, now) = (change.before.max(0), change.now.max(0));
                    moves.push(Move { customer, grain, period, movement, before, now });
                });
            }
        }
        self.fill(block, &moves, into);
    }
}

/// A row, without what many have in common.
#[derive(Clone, Copy, Debug)]
struct Move {
    customer: usize,
    grain: usize,
    period: usize,
    movement: Movement,
    before: i128,
    now: i128,
}

impl RevenueMovements {
    /// Adds the rows of a block column by column.
    fn fill(&self, block: &Block<'_>, moves: &[Move], into: &mut Table) {
        let context = &*self.context;
        // Texts of this block alone: threads that share one wait for each other to count its users.
        let grains: Vec<Arc<str>> = context.periods.iter().map(|p| p.grain.name().into()).collect();
        let movements = MOVEMENTS.map(Arc::<str>::from);
        let complete: Vec<Vec<bool>> = (context.periods.iter().enumerate())
            .map(|of| (0..of.1.len()).map(|period| is_complete(context, of, period)).collect())
            .collect();
        let rows = || moves.iter();
        let mut fill = into
            .fill()
            .column("grain", rows().map(|row| Arc::clone(&grains[row.grain])))
            .column("period", rows().map(|row| context.periods[row.grain].start(row.period)))
            .column("customer_id", rows().map(|row| block.ids.of(row.customer)))
            .column("movement", rows().map(|row| Arc::clone(&movements[row.movement as usize])))
            .column("opening_revenue", rows().map(|row| row.before))
            .column("closing_revenue", rows().map(|row| row.now))
            .column("change", rows().map(|row| row.now - row.before))
            .column("is_complete", rows().map(|row| complete[row.grain][row.period]));
        for group in block.groups.iter().skip(1) {
            let values = rows().map(|row| &context.slots[group.slot(row.customer)].value);
            fill = fill.further(values.cloned());
        }
        fill.finish();
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
