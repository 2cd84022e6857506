//! `cohort_retention`: one row per cohort and period since; and the fold behind both tables.

use std::sync::Arc;

use kohort_model::calc::{Check, Formula, Input, Outcome, Presence};
use kohort_model::view::{Shape, View};
use kohort_model::{
    Additive, Basis, Block, Column, Context, Grid, GridMeasure, Gridded, Identities, MeasureSpec,
    OfBasis, Omission, Periods, Places, Series, Settings, Table, TableSchema, TableSpec, Unit,
    average, keys, rate, row,
};

use crate::curve::{self, Curve};
use crate::tally::Tallied;

/// The declaration.
pub static COHORTS: MeasureSpec = MeasureSpec {
    tables: &[
        TableSpec {
            view: View { shape: Shape::Heatmap { value: "retention_rate" }, ..View::PLAIN },
            identities: IDENTITIES,
            omissions: &[Omission {
                name: "refunds_before_cohort",
                meaning: "refunds in a period (of the finest grain asked for) before that of the customer's \
                          first order; they are in `revenue_churn`",
                count: refunds_before_cohort,
            }],
            ..TableSpec::of(&SCHEMA)
        },
        curve::TABLE,
    ],
    formulas: FORMULAS,
    start: |context, _| GridMeasure::start(context, Cohorts),
    ..MeasureSpec::PLAIN
};

/// Refunds that no k from 0 on holds.
fn refunds_before_cohort(
    block: &Block<'_>,
    person: usize,
    context: &Context,
    _: &Settings,
) -> usize {
    let first = block.activity.of(person).0.first();
    let Some((first, periods)) = first.zip(context.periods.first()) else { return 0 };
    let cohort = periods.start(periods.of(*first));
    block.refunds.of(person).0.partition_point(|day| *day < cohort)
}

const IDENTITIES: Identities = Identities {
    group: &["grain", "segment", "segment_value", "cohort"],
    rules: &[
        "active = cohort_size where k = 0",
        "on_or_after = cohort_size where k = 0",
        "cumulative_revenue = revenue where k = 0",
        "active <= orders where k = 0",
        "active <= on_or_after",
        "repurchased_by <= cohort_size",
        "next.k = k + 1",
        "next.cohort_size = cohort_size",
        "next.on_or_after <= on_or_after",
        "repurchased_by <= next.repurchased_by",
        "next.cumulative_revenue = cumulative_revenue + next.revenue",
    ],
    // A subscription goes on without another order.
    of_basis: Some(OfBasis { basis: Basis::Orders, rules: &["active <= orders where k > 0"] }),
    additive: Additive::Everywhere,
    ..Identities::NONE
};

/// What can be computed from numbers that are typed in.
const FORMULAS: &[Formula] = &[
    Formula {
        name: "cohort",
        about: "Which share of an intake of customers came back, and what it brought",
        inputs: &[
            Input::count("cohort-size", "Customers whose first order lies in one period"),
            Input::count("active", "Those of them who ordered in the later period"),
            Input::count("on-or-after", "Those of them who ordered in it or after it")
                .with(Presence::Optional),
            Input::count("repurchased-by", "Those of them with a second order by its end")
                .with(Presence::Optional),
            Input::amount("revenue", "What they brought in the later period")
                .with(Presence::Optional),
            Input::amount("first-revenue", "What they brought in their first period")
                .with(Presence::Beside("revenue")),
        ],
        checks: &[
            of_cohort(&["active"]),
            of_cohort(&["on-or-after"]),
            of_cohort(&["repurchased-by"]),
            Check::AtMost {
                parts: &["active"],
                whole: "on-or-after",
                why: "who ordered in the later period ordered in it or after it",
            },
        ],
        results: &[
            Outcome::share("retention_rate", "{active} / {cohort-size}", |g| {
                rate(g.one("active"), g.one("cohort-size"))
            })
            .means("{} of the intake ordered in the later period."),
            Outcome::share("on_or_after_rate", "{on-or-after} / {cohort-size}", |g| {
                rate(g.one("on-or-after"), g.one("cohort-size"))
            })
            .means("{} of the intake ordered in the later period or after it.")
            .needs("on-or-after"),
            Outcome::share("repurchased_rate", "{repurchased-by} / {cohort-size}", |g| {
                rate(g.one("repurchased-by"), g.one("cohort-size"))
            })
            .means("{} of the intake had ordered a second time by the end of the later period.")
            .needs("repurchased-by"),
            Outcome::number("revenue_per_active", "{revenue} / {active}", |g| {
                average(g.one("revenue"), g.count("active"), g.scale())
            })
            .means("Who ordered in the later period brought {} on average.")
            .needs("revenue"),
            Outcome::number("revenue_per_cohort_customer", "{revenue} / {cohort-size}", |g| {
                average(g.one("revenue"), g.count("cohort-size"), g.scale())
            })
            .means("Over the whole intake a customer brought {} in the later period.")
            .needs("revenue"),
            Outcome::share("revenue_retention_rate", "{revenue} / {first-revenue}", |g| {
                rate(g.one("revenue"), g.one("first-revenue"))
            })
            .means("The intake brought {} of what it brought in its first period.")
            .needs("first-revenue"),
        ],
        example: "--cohort-size 682 --active 178 --revenue 7120 --first-revenue 34_100",
    },
    curve::FORMULA,
];

const fn of_cohort(parts: &'static [&'static str]) -> Check {
    Check::AtMost {
        parts,
        whole: "cohort-size",
        why: "only those count whose first order lies in the first period; leave out the others",
    }
}

static SCHEMA: TableSchema = TableSchema {
    name: "cohort_retention",
    description: "Which share of each intake of customers comes back, period by period",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        Column::date("cohort", "first day of the period of the customers' first order"),
        Column::periods("k", "periods since the cohort's, from 0"),
        Column::date("period", "first day of the period cohort + k"),
        Column::count(
            "cohort_size",
            Unit::Customers,
            "customers whose first order lies in the cohort's period",
        ),
        Column::count(
            "active",
            Unit::Customers,
            "customers of the cohort with activity in the period (with subscriptions: with an \
             active day in it); at k = 0 equals cohort_size",
        ),
        Column::rate("retention_rate", "active / cohort_size"),
        Column::count(
            "on_or_after",
            Unit::Customers,
            "customers of the cohort with activity in the period or a later known one (with \
             subscriptions: with an active day); later orders revise it",
        ),
        Column::rate("on_or_after_rate", "on_or_after / cohort_size"),
        Column::count(
            "repurchased_by",
            Unit::Customers,
            "customers of the cohort whose second day with an activity event lies at or before \
             the end of the period",
        ),
        Column::rate("repurchased_rate", "repurchased_by / cohort_size"),
        Column::count(
            "orders",
            Unit::Orders,
            "activity events of the cohort in the period: orders; with subscriptions those whose \
             first paid day lies in it",
        ),
        Column::money(
            "revenue",
            "value of the cohort's orders and refunds in the period; with subscriptions the \
             monthly recurring revenue at its close, the end of its last known day",
        ),
        Column::money("cumulative_revenue", "revenue summed over k = 0 to this k"),
        Column::average("revenue_per_active", "revenue / active; NULL where nobody was active"),
        Column::average("revenue_per_cohort_customer", "revenue / cohort_size"),
        Column::rate(
            "revenue_retention_rate",
            "revenue / revenue at k = 0; NULL where that is not above zero",
        ),
        Column::flag(
            "is_truncated",
            "whether the cohort starts before history_start + the lapse window, so that some of \
             its customers may have ordered before; false without history_start",
        ),
        keys::IS_COMPLETE,
    ],
    key: &["grain", "segment", "segment_value", "cohort", "k"],
    revisable: &["on_or_after", "on_or_after_rate"],
};

/// Customers by cohort, then by k.
#[derive(Clone, Copy)]
struct Cohorts;

impl Gridded for Cohorts {
    type Tally = Places<Tallied>;

    const TABLES: &'static [&'static TableSchema] = &[&SCHEMA, &curve::SCHEMA];
    const HAS_EACH_PERIOD: bool = true;

    fn fold(&mut self, context: &Context, block: &Block<'_>, cells: &mut Grid<Self::Tally>) {
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

    fn write(
        &self,
        context: &Context,
        series: Series<'_>,
        cells: &Places<Self::Tally>,
        tables: &mut [Table],
    ) {
        let mut curve = Curve::default();
        for (cohort, cells) in cells.iter().enumerate() {
            write_cohort(&mut tables[0], &mut curve, context, series, cohort, cells);
        }
        curve.write(&mut tables[1], series);
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
    Series { g, periods, slot, .. }: Series<'_>,
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
        let share = |customers: u64| rate(customers.into(), size.into());
        table.push(row!(SCHEMA {
            grain: periods.grain.name(),
            segment: Arc::clone(&slot.segment),
            segment_value: slot.value.clone(),
            cohort: periods.start(cohort),
            k: k,
            period: periods.start(period),
            cohort_size: size,
            active: cell.active,
            retention_rate: share(cell.active),
            on_or_after: on_or_after,
            on_or_after_rate: share(on_or_after),
            repurchased_by: repurchased_by,
            repurchased_rate: share(repurchased_by),
            orders: cell.orders,
            revenue: cell.revenue,
            cumulative_revenue: cumulative,
            revenue_per_active: average(cell.revenue, cell.active, context.scale),
            revenue_per_cohort_customer: average(cell.revenue, size, context.scale),
            revenue_retention_rate: rate(cell.revenue, base),
            is_truncated: is_truncated,
            is_complete: is_complete,
        }));
        on_or_after -= cell.last;
    }
}
