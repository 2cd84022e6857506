//! `cohort_retention`: one row per cohort and period since.

use std::sync::Arc;

use kohort_model::{
    Block, Cell, Column, Context, Grid, Measure, Periods, Slot, Table, TableSchema, Tally, Unit,
    average, keys, merge_as, rate,
};

use crate::curve::Curve;

/// The table's columns.
pub static SCHEMA: TableSchema = TableSchema {
    name: "cohort_retention",
    description: "Which share of each intake of customers comes back, period by period",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        Column::date("cohort", "first day of the period of the customers' first order"),
        Column::periods("k", "periods since the cohort's"),
        Column::date("period", "first day of the period cohort + k"),
        Column::count("cohort_size", Unit::Customers, "customers in the cohort"),
        Column::count(
            "active",
            Unit::Customers,
            "customers of the cohort with an order in the period",
        ),
        Column::rate("retention_rate", "active / cohort_size"),
        Column::count(
            "on_or_after",
            Unit::Customers,
            "customers of the cohort with an order in the period or later; later orders revise it",
        ),
        Column::rate("on_or_after_rate", "on_or_after / cohort_size"),
        Column::count(
            "repurchased_by",
            Unit::Customers,
            "customers of the cohort whose second order day fell in the period or earlier",
        ),
        Column::rate("repurchased_rate", "repurchased_by / cohort_size"),
        Column::count("orders", Unit::Orders, "orders of the cohort in the period"),
        Column::money("revenue", "value of the cohort's orders and refunds in the period"),
        Column::money("cumulative_revenue", "revenue from the cohort's period to this one"),
        Column::average("revenue_per_active", "revenue / active"),
        Column::average("revenue_per_cohort_customer", "revenue / cohort_size"),
        Column::rate("revenue_retention_rate", "revenue / revenue at k = 0"),
        Column::flag(
            "is_truncated",
            "whether the cohort starts within one lapse window of history_start",
        ),
        keys::IS_COMPLETE,
    ],
    key: &["grain", "segment", "segment_value", "cohort", "k"],
    revisable: &["on_or_after", "on_or_after_rate"],
};

/// What one cohort did `k` periods later.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tallied {
    pub revenue: i128,
    pub orders: u64,
    pub active: u64,
    /// Customers whose last order lies here: summed from the end, those active here or later.
    last: u64,
    /// Customers whose second order day lies here.
    second: u64,
}

impl Tally for Tallied {
    fn add(&mut self, other: &Self) {
        self.revenue += other.revenue;
        self.orders += other.orders;
        self.active += other.active;
        self.last += other.last;
        self.second += other.second;
    }
}

/// One customer's doings in one grain, before they are added to each of its slots.
#[derive(Default)]
struct Doings {
    /// Place k, orders, revenue; an entry without orders is a refund.
    at: Vec<(usize, u64, i128)>,
    cohort: usize,
    last: usize,
    second: Option<usize>,
}

/// The fold behind both cohort tables.
pub struct Cohorts {
    context: Arc<Context>,
    /// By cohort, then by k.
    cells: Grid<Vec<Tallied>>,
    doings: Doings,
}

impl Cohorts {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(context: Arc<Context>) -> Self {
        let cells = Grid::new(&context);
        Self { context, cells, doings: Doings::default() }
    }
}

impl Measure for Cohorts {
    fn fresh(&self) -> Box<dyn Measure> {
        Box::new(Self::new(Arc::clone(&self.context)))
    }

    fn fold(&mut self, block: &Block<'_>) {
        let Self { context, cells, doings } = self;
        for (g, periods) in context.periods.iter().enumerate() {
            let max_k = context.max_k[g].map_or(usize::MAX, |k| k as usize);
            for customer in 0..block.len() {
                if !doings.gather(block, customer, periods, max_k) {
                    continue;
                }
                for group in block.groups {
                    let slot = group.slot(customer);
                    let cohort = &mut cells.at_least(slot, g, doings.cohort + 1)[doings.cohort];
                    if cohort.len() <= doings.last {
                        cohort.resize(doings.last + 1, Tallied::default());
                    }
                    doings.add_to(cohort);
                }
            }
        }
    }

    fn merge(&mut self, other: Box<dyn Measure>) {
        self.cells.merge(merge_as::<Self>(other).cells);
    }

    fn finish(self: Box<Self>) -> Vec<Table> {
        let context = &*self.context;
        let mut table = Table::new(&SCHEMA, context.scale);
        let mut curves = Table::new(&crate::curve::SCHEMA, context.scale);
        for (g, periods) in context.periods.iter().enumerate() {
            for (s, slot) in context.slots.iter().enumerate() {
                let mut curve = Curve::default();
                for (cohort, cells) in self.cells.get(s, g).iter().enumerate() {
                    write_cohort(
                        &mut table,
                        &mut curve,
                        context,
                        slot,
                        (g, periods),
                        cohort,
                        cells,
                    );
                }
                curve.write(&mut curves, periods.grain, slot);
            }
        }
        vec![table, curves]
    }
}

impl Doings {
    /// Whether the person is a customer.
    fn gather(
        &mut self,
        block: &Block<'_>,
        customer: usize,
        periods: &Periods,
        max_k: usize,
    ) -> bool {
        let (days, values) = block.activity.of(customer);
        let (Some(first_day), Some(last_day)) = (days.first(), days.last()) else { return false };
        self.at.clear();
        self.cohort = periods.of(*first_day);
        let mut open = (0, 0, 0);
        for (day, value) in days.iter().zip(values) {
            let k = periods.of(*day) - self.cohort;
            if k != open.0 {
                self.at.push(open);
                open = (k, 0, 0);
            }
            open.1 += 1;
            open.2 += i128::from(*value);
        }
        self.at.push(open);
        while self.at.last().is_some_and(|(k, ..)| *k > max_k) {
            self.at.pop();
        }
        self.last = open.0.min(max_k);
        self.second = (days.iter().find(|day| *day != first_day))
            .filter(|_| first_day != last_day)
            .map(|day| periods.of(*day) - self.cohort)
            .filter(|k| *k <= max_k);
        let (days, values) = block.refunds.of(customer);
        for (day, value) in days.iter().zip(values) {
            if let Some(k) = periods.of(*day).checked_sub(self.cohort).filter(|k| *k <= max_k) {
                self.at.push((k, 0, i128::from(*value)));
            }
        }
        true
    }

    fn add_to(&self, cohort: &mut Vec<Tallied>) {
        for (k, orders, revenue) in &self.at {
            if cohort.len() <= *k {
                cohort.resize(k + 1, Tallied::default());
            }
            let cell = &mut cohort[*k];
            cell.orders += orders;
            cell.revenue += revenue;
            cell.active += u64::from(*orders > 0);
        }
        cohort[self.last].last += 1;
        if let Some(k) = self.second {
            cohort[k].second += 1;
        }
    }
}

/// All rows of one cohort, and what they add to the curve.
fn write_cohort(
    table: &mut Table,
    curve: &mut Curve,
    context: &Context,
    slot: &Slot,
    (g, periods): (usize, &Periods),
    cohort: usize,
    cells: &[Tallied],
) {
    let size: u64 = cells.iter().map(|cell| cell.last).sum();
    if size == 0 {
        return;
    }
    let is_truncated = context.enters_existing(periods.start(cohort));
    let counts_in_curve = context.is_complete(periods, cohort);
    let base = cells[0].revenue;
    let (mut on_or_after, mut repurchased_by, mut cumulative) = (size, 0, 0);
    let last_k =
        (periods.len() - 1 - cohort).min(context.max_k[g].map_or(usize::MAX, |k| k as usize));
    for k in 0..=last_k {
        let cell = cells.get(k).copied().unwrap_or_default();
        repurchased_by += cell.second;
        cumulative += cell.revenue;
        let period = cohort + k;
        let is_complete = context.is_complete(periods, period);
        if counts_in_curve && is_complete {
            curve.add(k, size, &cell, base);
        }
        let share = |customers: u64| -> Cell { rate(customers.into(), size.into()).into() };
        table.push([
            periods.grain.name().into(),
            Arc::clone(&slot.segment).into(),
            slot.value.clone().into(),
            periods.start(cohort).into(),
            k.into(),
            periods.start(period).into(),
            size.into(),
            cell.active.into(),
            share(cell.active),
            on_or_after.into(),
            share(on_or_after),
            repurchased_by.into(),
            share(repurchased_by),
            cell.orders.into(),
            cell.revenue.into(),
            cumulative.into(),
            average(cell.revenue, cell.active, context.scale).into(),
            average(cell.revenue, size, context.scale).into(),
            rate(cell.revenue, base).into(),
            is_truncated.into(),
            is_complete.into(),
        ]);
        on_or_after -= cell.last;
    }
}
