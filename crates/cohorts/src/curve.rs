//! `cohort_curve`: the average cohort.

use std::sync::Arc;

use kohort_model::calc::{Check, Formula, Input, Outcome, Presence};
use kohort_model::{
    Column, Identities, Series, Table, TableSchema, TableSpec, Unit, View, keys, rate, row,
};

use crate::tally::Tallied;

pub(crate) const TABLE: TableSpec = TableSpec {
    view: View {
        columns: &[
            "cohorts",
            "customers",
            "active",
            "retention_rate",
            "mean_retention_rate",
            "revenue",
            "revenue_retention_rate",
        ],
        ..View::PLAIN
    },
    identities: Identities {
        not_additive: &["cohorts"],
        ..Identities::by_grain(&[
            "active = customers where k = 0",
            "revenue = base_revenue where k = 0",
            "mean_retention_rate = 1 where k = 0",
            "cohorts > 0",
            "cohorts <= customers",
            "active <= customers",
            "next.cohorts <= cohorts",
        ])
    },
    ..TableSpec::of(&SCHEMA)
};

pub(crate) static SCHEMA: TableSchema = TableSchema {
    name: "cohort_curve",
    description: "The average cohort: retention by periods since the first order, over complete cohorts",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        Column::periods("k", "periods since the cohort's"),
        Column::count(
            "cohorts",
            Unit::Cohorts,
            "cohorts behind the means: those not truncated whose own period and period k are \
             complete",
        ),
        Column::count("customers", Unit::Customers, "sum of their cohort_size"),
        Column::count("active", Unit::Customers, "sum of their active at k"),
        Column::rate("retention_rate", "active / customers: the mean weighted by cohort size"),
        Column::rate(
            "mean_retention_rate",
            "mean of the cohorts' retention rates, each cohort with the same weight",
        ),
        Column::money("revenue", "sum of their revenue at k"),
        Column::money("base_revenue", "sum of their revenue at k = 0"),
        Column::rate("revenue_retention_rate", "revenue / base_revenue"),
        keys::IS_COMPLETE,
    ],
    key: &["grain", "segment", "segment_value", "k"],
    revisable: &[],
};

/// What can be computed from numbers that are typed in.
pub(crate) const FORMULA: Formula = Formula {
    name: "cohort-curve",
    about: "Which share of several intakes came back, taken together and on average",
    inputs: &[
        Input::count("cohort-sizes", "Customers of each intake").with(Presence::List),
        Input::count("active", "Of each, those who came back").with(Presence::List),
    ],
    checks: &[
        Check::Pairs { first: "cohort-sizes", second: "active", each: "intake, in one order" },
        Check::EachAtMost {
            parts: "active",
            wholes: "cohort-sizes",
            why: "who came back is part of the intake; give both of one intake at one place",
        },
    ],
    results: &[
        Outcome::share("retention_rate", "({active}) / ({cohort-sizes})", |g| {
            rate(g.all("active").sum(), g.all("cohort-sizes").sum())
        })
        .means("{} of the customers of all intakes came back."),
        Outcome::share("mean_retention_rate", "mean of active / cohort_size of each intake", |g| {
            let count = |n: i128| u64::try_from(n).unwrap_or(u64::MAX);
            let shares = g.all("active").zip(g.all("cohort-sizes"));
            let shares = shares.map(|(active, size)| (count(active), count(size)));
            mean_rate(&shares.collect::<Vec<_>>())
        })
        .means("Of an intake {} came back on average, each with the same weight.")
        .undefined(", of which one has nobody"),
    ],
    example: "--cohort-sizes '682; 594' --active '178; 206'",
};

/// The mean of active / size of cohorts; `None` without any, or where one has nobody.
#[expect(clippy::cast_precision_loss, reason = "fewer cohorts than a float holds exactly")]
fn mean_rate(shares: &[(u64, u64)]) -> Option<f64> {
    let rates = shares.iter().map(|(active, size)| rate((*active).into(), (*size).into()));
    let sum = rates.sum::<Option<f64>>()?;
    (!shares.is_empty()).then(|| sum / shares.len() as f64)
}

/// The cohorts of one slot and grain, added up by k.
#[derive(Default)]
pub(crate) struct Curve {
    points: Vec<Point>,
}

#[derive(Clone, Default)]
struct Point {
    cohorts: u64,
    customers: u64,
    active: u64,
    revenue: i128,
    base: i128,
    /// Each cohort's active and size, in order of cohort: their rates are summed at the end.
    shares: Vec<(u64, u64)>,
}

impl Curve {
    /// Adds a cohort of `size` customers at `k`.
    pub fn add(&mut self, k: usize, size: u64, cell: &Tallied, base: i128) {
        if self.points.len() <= k {
            self.points.resize(k + 1, Point::default());
        }
        let point = &mut self.points[k];
        point.cohorts += 1;
        point.customers += size;
        point.active += cell.active;
        point.revenue += cell.revenue;
        point.base += base;
        point.shares.push((cell.active, size));
    }

    /// One row a k.
    pub fn write(&self, table: &mut Table, Series { periods, slot, .. }: Series<'_>) {
        for (k, point) in self.points.iter().enumerate().filter(|(_, point)| point.cohorts > 0) {
            table.push(row!(SCHEMA {
                grain: periods.grain.name(),
                segment: Arc::clone(&slot.segment),
                segment_value: slot.value.clone(),
                k: k,
                cohorts: point.cohorts,
                customers: point.customers,
                active: point.active,
                retention_rate: rate(point.active.into(), point.customers.into()),
                mean_retention_rate: mean_rate(&point.shares),
                revenue: point.revenue,
                base_revenue: point.base,
                revenue_retention_rate: rate(point.revenue, point.base),
                is_complete: true,
            }));
        }
    }
}
