//! `cohort_order_values`: what the orders of each cohort are worth, one row per cohort and period since.

use std::sync::Arc;

use kohort_model::{
    Additive, Block, Column, Compare, Context, Counted, Grid, GridMeasure, Gridded, Identities,
    MeasureSpec, Periods, Places, Requires, Series, SumsOf, Table, TableSchema, TableSpec, Unit,
    View, Written, average, keys, percentile_money, row,
};

/// The declaration.
pub static COHORT_ORDER_VALUES: MeasureSpec = MeasureSpec {
    tables: &[TableSpec {
        requires: Requires::ORDERS,
        // Exact percentiles take the values of all orders in memory.
        written: Written::OnRequest,
        view: View {
            columns: &[
                "orders",
                "mean_order_value",
                "p10_order_value",
                "median_order_value",
                "p90_order_value",
            ],
            ..View::PLAIN
        },
        identities: IDENTITIES,
        ..TableSpec::of(&SCHEMA)
    }],
    start: |context, _| GridMeasure::start(context, OrderValues),
    ..MeasureSpec::PLAIN
};

const BY_COHORT: &[&str] = &["grain", "segment", "segment_value", "cohort"];

const IDENTITIES: Identities = Identities {
    group: BY_COHORT,
    rules: &[
        "mean_order_value is set exactly where orders > 0",
        "median_order_value is set exactly where orders > 0",
        "p10_order_value <= median_order_value",
        "median_order_value <= p90_order_value",
        "next.k = k + 1",
    ],
    additive: Additive::Everywhere,
    sums: &[SumsOf {
        // Where refunds are activity, that table counts them too.
        compare: Compare::AtMost,
        is_complete: false,
        by: &["grain", "segment", "segment_value", "cohort", "k"],
        ..SumsOf::period("", "cohort_retention", "", &[("orders", "orders")])
    }],
    ..Identities::NONE
};

static SCHEMA: TableSchema = TableSchema {
    name: "cohort_order_values",
    description: "What the orders of each intake of customers are worth, period by period",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        Column::date("cohort", "first day of the period of the customers' first order"),
        Column::periods("k", "periods since the cohort's"),
        Column::date("period", "first day of the period cohort + k"),
        Column::count(
            "orders",
            Unit::Orders,
            "orders of the cohort in the period; refunds are none",
        ),
        Column::average(
            "mean_order_value",
            "mean value of these orders, refunds not taken off; NULL where there is none",
        ),
        Column::average(
            "p10_order_value",
            "10th percentile of their values, between the two nearest in proportion; NULL where there \
             is none",
        ),
        Column::average("median_order_value", "median of their values; NULL where there is none"),
        Column::average(
            "p90_order_value",
            "90th percentile of their values, between the two nearest in proportion; NULL where there \
             is none",
        ),
        keys::IS_COMPLETE,
    ],
    key: &["grain", "segment", "segment_value", "cohort", "k"],
    revisable: &[],
};

/// Values of orders by cohort, then by k, in minor units.
#[derive(Clone, Copy)]
struct OrderValues;

impl Gridded for OrderValues {
    type Tally = Places<Counted<i64>>;

    const TABLES: &'static [&'static TableSchema] = &[&SCHEMA];
    const HAS_EACH_PERIOD: bool = true;

    fn fold(&mut self, context: &Context, block: &Block<'_>, cells: &mut Grid<Self::Tally>) {
        for (g, periods) in context.periods.iter().enumerate() {
            let max_k = max_k(context, g);
            for customer in 0..block.len() {
                let (days, values) = block.activity.of(customer);
                let Some(first) = days.first() else { continue };
                let cohort = periods.of(*first);
                let orders = days.iter().zip(values).filter(|(_, value)| **value >= 0);
                for (day, value) in orders {
                    let k = periods.of(*day) - cohort;
                    if k > max_k {
                        break;
                    }
                    for group in block.groups {
                        let slot = group.slot(customer);
                        cells.at_least(slot, g, cohort + 1)[cohort].at(k).push(*value);
                    }
                }
            }
        }
    }

    fn write(
        &self,
        context: &Context,
        series: Series<'_>,
        cells: &Places<Self::Tally>,
        tables: &mut [Table],
    ) {
        for (cohort, cells) in cells.iter().enumerate() {
            if cells.iter().any(|values| !values.is_empty()) {
                write_cohort(&mut tables[0], context, series, cohort, cells);
            }
        }
    }
}

/// The largest k of a grain.
fn max_k(context: &Context, g: usize) -> usize {
    context.max_k[g].map_or(usize::MAX, |k| k as usize)
}

fn write_cohort(
    table: &mut Table,
    context: &Context,
    Series { g, periods, slot, .. }: Series<'_>,
    cohort: usize,
    cells: &Places<Counted<i64>>,
) {
    for k in 0..=last_k(context, g, periods, cohort) {
        let values = cells.get(k).map(Counted::counts).unwrap_or_default();
        let orders: u64 = values.iter().map(|(_, n)| n).sum();
        let sum: i128 = values.iter().map(|(value, n)| i128::from(*value) * i128::from(*n)).sum();
        let percentile = |percent| percentile_money(&values, percent, context.scale);
        table.push(row!(SCHEMA {
            grain: periods.grain.name(),
            segment: Arc::clone(&slot.segment),
            segment_value: slot.value.clone(),
            cohort: periods.start(cohort),
            k: k,
            period: periods.start(cohort + k),
            orders: orders,
            mean_order_value: average(sum, orders, context.scale),
            p10_order_value: percentile(10),
            median_order_value: percentile(50),
            p90_order_value: percentile(90),
            is_complete: context.is_complete(periods, cohort + k),
        }));
    }
}

/// The last k of a cohort that tables have.
fn last_k(context: &Context, g: usize, periods: &Periods, cohort: usize) -> usize {
    (periods.len() - 1 - cohort).min(max_k(context, g))
}
