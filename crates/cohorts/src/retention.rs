//! `cohort_retention`: one row per cohort and period since.

use std::sync::Arc;

use kohort_model::{
    Block, Cell, Column, Context, Extent, Finished, Grid, Measure, Periods, Places, Slot, Table,
    TableSchema, Unit, average, keys, merge_as, rate,
};

use crate::curve::Curve;
use crate::tally::Tallied;

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

/// The fold behind both cohort tables.
pub struct Cohorts {
    context: Arc<Context>,
    /// By cohort, then by k.
    cells: Grid<Places<Tallied>>,
}

impl Cohorts {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(context: Arc<Context>) -> Self {
        let cells = Grid::new(&context);
        Self { context, cells }
    }
}

impl Measure for Cohorts {
    fn fresh(&self) -> Box<dyn Measure> {
        Box::new(Self::new(Arc::clone(&self.context)))
    }

    fn fold(&mut self, block: &Block<'_>) {
        let Self { context, cells } = self;
        for (g, periods) in context.periods.iter().enumerate() {
            let max_k = context.max_k[g].map_or(usize::MAX, |k| k as usize);
            for customer in 0..block.len() {
                let Some(member) = Member::find(block, customer, g, periods, max_k) else {
                    continue;
                };
                for group in block.groups {
                    let slot = group.slot(customer);
                    let cohort = &mut cells.at_least(slot, g, member.cohort + 1)[member.cohort];
                    member.add_to(cohort);
                }
            }
        }
    }

    fn expected_bytes(&self, extent: &Extent<'_>) -> u64 {
        extent.each_period(&SCHEMA)
    }

    fn merge(&mut self, other: Box<dyn Measure>) {
        self.cells.merge(merge_as::<Self>(other).cells);
    }

    fn finish(self: Box<Self>) -> Finished {
        let context = &*self.context;
        let mut table = context.table(&SCHEMA);
        let mut curves = context.table(&crate::curve::SCHEMA);
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
        vec![table, curves].into()
    }
}

/// A customer in the cohorts of one grain.
struct Member<'a> {
    block: &'a Block<'a>,
    customer: usize,
    grain: usize,
    periods: &'a Periods,
    max_k: usize,
    /// Period of the first order.
    cohort: usize,
    /// The last k with an order, the largest where that is beyond the table.
    last: usize,
    /// The k of the second order day.
    second: Option<usize>,
}

impl<'a> Member<'a> {
    /// `None` where the person never ordered.
    fn find(
        block: &'a Block<'a>,
        customer: usize,
        grain: usize,
        periods: &'a Periods,
        max_k: usize,
    ) -> Option<Self> {
        let visits = &block.visits[grain];
        let end = visits.offsets[customer + 1] as usize;
        let first = visits.offsets[customer] as usize;
        let cohort = *visits.periods[first..end].first()? as usize;
        let last = (visits.periods[end - 1] as usize - cohort).min(max_k);
        let (days, _) = block.activity.of(customer);
        let second = days.iter().find(|day| *day != &days[0]).map(|day| periods.of(*day) - cohort);
        let second = second.filter(|k| *k <= max_k);
        Some(Self { block, customer, grain, periods, max_k, cohort, last, second })
    }

    fn add_to(&self, cohort: &mut Places<Tallied>) {
        for (period, orders, value) in self.block.visits[self.grain].of(self.customer) {
            let k = period - self.cohort;
            if k > self.last {
                break;
            }
            let cell = cohort.at(k);
            cell.orders += orders;
            cell.revenue += value;
            cell.active += 1;
        }
        cohort[self.last].last += 1;
        if let Some(k) = self.second {
            cohort[k].second += 1;
        }
        let (days, values) = self.block.refunds.of(self.customer);
        for (day, value) in days.iter().zip(values) {
            let k = self.periods.of(*day).checked_sub(self.cohort);
            if let Some(k) = k.filter(|k| *k <= self.max_k) {
                cohort[k].revenue += i128::from(*value);
            }
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
    cells: &Places<Tallied>,
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
