//! `revenue_churn`: the measure and its table.

use std::sync::Arc;

use kohort_model::calc::{Check, Formula, Given, Input, Outcome, Presence};
use kohort_model::view::Percent;
use kohort_model::{
    Basis, Block, Column, Context, Extent, Finished, Grid, Headline, Identities, Measure,
    MeasureSpec, Periods, Scale, Series, Sum, Table, TableSchema, TableSpec, Unit, View, average,
    div_round_half_away, keys, merge_as, rate, row,
};

use crate::customer::Revenue;
use crate::movement::Movements;

/// The declaration.
pub static REVENUE_CHURN: MeasureSpec = MeasureSpec {
    tables: &[TableSpec {
        view: View {
            columns: &[
                "opening_revenue",
                "new_revenue",
                "churned_revenue",
                "closing_revenue",
                "gross_revenue_churn_rate",
                "net_revenue_retention",
            ],
            percent: Percent::but(&["quick_ratio"]),
            ..View::PLAIN
        },
        identities: IDENTITIES,
        headlines: HEADLINES,
        ..TableSpec::of(&SCHEMA)
    }],
    formulas: FORMULAS,
    start: |context, _| Box::new(RevenueChurn::new(context)),
    ..MeasureSpec::PLAIN
};

/// A rate of the revenue at the opening.
const fn share(
    name: &'static str,
    plus: &'static [&'static str],
    minus: &'static [&'static str],
) -> Headline {
    Headline::ratio(name, Sum { plus, minus }, &["opening_revenue"])
}

const HEADLINES: &[Headline] = &[
    share(
        "existing_customer_growth_rate",
        &["reactivated_revenue", "expansion_revenue"],
        &["contraction_revenue", "churned_revenue"],
    ),
    share("gross_revenue_churn_rate", &["churned_revenue", "contraction_revenue"], &[]),
    share(
        "gross_revenue_retention",
        &["opening_revenue"],
        &["churned_revenue", "contraction_revenue"],
    ),
    share(
        "net_revenue_churn_rate",
        &["churned_revenue", "contraction_revenue"],
        &["expansion_revenue"],
    ),
    share(
        "net_revenue_retention",
        &["opening_revenue", "expansion_revenue"],
        &["churned_revenue", "contraction_revenue"],
    ),
    Headline::ratio(
        "quick_ratio",
        Sum::of(&["new_revenue", "reactivated_revenue", "expansion_revenue"]),
        &["contraction_revenue", "churned_revenue"],
    ),
];

const IDENTITIES: Identities = Identities {
    // Of refunds before a value's first order the credits of everybody know, and those of the value
    // do not.
    not_additive: &["window_periods", "lost_revenue", "opening_credits", "closing_credits"],
    ..Identities::by_grain(&[
        "closing_revenue = opening_revenue + new_revenue + reactivated_revenue + expansion_revenue \
         - contraction_revenue - churned_revenue",
        "opening_customers = expansion_customers + contraction_customers + unchanged_customers \
         + churned_customers",
        "closing_customers = expansion_customers + contraction_customers + unchanged_customers \
         + new_customers + reactivated_customers",
        "next.opening_revenue = closing_revenue where window_periods = 1",
        "next.opening_credits = closing_credits where window_periods = 1",
    ])
};

static SCHEMA: TableSchema = TableSchema {
    name: "revenue_churn",
    description: "Which share of the money left, and what came in its place, window against window",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        keys::PERIOD,
        Column::periods(
            "window_periods",
            "length w of the compared windows in periods of the grain",
        ),
        Column::money(
            "opening_revenue",
            "sum of b, a customer's revenue in the previous window where above zero, else 0; with \
             subscriptions monthly recurring revenue at the close w periods earlier",
        ),
        Column::money(
            "new_revenue",
            "sum of n, the revenue in the current window where above zero, where b = 0 and the \
             customer's first order of positive value lies in the current window",
        ),
        Column::money("reactivated_revenue", "sum of n of the other customers with b = 0 < n"),
        Column::money("expansion_revenue", "sum of n - b of customers with n > b > 0"),
        Column::money("contraction_revenue", "sum of b - n of customers with 0 < n < b"),
        Column::money("churned_revenue", "sum of b of customers with n = 0 < b"),
        Column::money(
            "closing_revenue",
            "sum of n; equals opening + new + reactivated + expansion - contraction - churned",
        ),
        Column::money(
            "opening_credits",
            "sum of what customers are below zero in the previous window, as a positive amount; 0 \
             with subscriptions",
        ),
        Column::money(
            "closing_credits",
            "sum of what customers are below zero in the current window, as a positive amount; 0 \
             with subscriptions",
        ),
        Column::count("opening_customers", Unit::Customers, "customers with b > 0"),
        Column::count("new_customers", Unit::Customers, "customers behind new_revenue"),
        Column::count(
            "reactivated_customers",
            Unit::Customers,
            "customers behind reactivated_revenue",
        ),
        Column::count("expansion_customers", Unit::Customers, "customers behind expansion_revenue"),
        Column::count(
            "contraction_customers",
            Unit::Customers,
            "customers behind contraction_revenue",
        ),
        Column::count("churned_customers", Unit::Customers, "customers behind churned_revenue"),
        Column::count("unchanged_customers", Unit::Customers, "customers with n = b > 0"),
        Column::count("closing_customers", Unit::Customers, "customers with n > 0"),
        Column::rate(
            "gross_revenue_churn_rate",
            "(churned_revenue + contraction_revenue) / opening_revenue",
        ),
        Column::rate(
            "net_revenue_churn_rate",
            "(churned_revenue + contraction_revenue - expansion_revenue) / opening_revenue",
        ),
        Column::rate(
            "gross_revenue_retention",
            "(opening_revenue - churned_revenue - contraction_revenue) / opening_revenue",
        ),
        Column::rate(
            "net_revenue_retention",
            "(opening_revenue - churned_revenue - contraction_revenue + expansion_revenue) / \
             opening_revenue",
        ),
        Column::rate(
            "existing_customer_growth_rate",
            "(reactivated_revenue + expansion_revenue - contraction_revenue - churned_revenue) / \
             opening_revenue",
        ),
        Column::rate(
            "quick_ratio",
            "(new_revenue + reactivated_revenue + expansion_revenue) / (contraction_revenue + \
             churned_revenue)",
        ),
        Column::count(
            "lost_revenue",
            Unit::Currency,
            "churned_revenue + contraction_revenue in whole currency units, rounded half away \
             from zero",
        ),
        Column::average(
            "average_revenue_per_customer",
            "closing_revenue / closing_customers; NULL without closing customers",
        ),
        keys::IS_COMPLETE,
    ],
    key: &["grain", "segment", "segment_value", "period"],
    revisable: &[],
};

/// What can be computed from numbers that are typed in.
// Medians: SaaS Capital, Research Brief 28, "2023 B2B SaaS Retention Benchmarks", figure 1. Quick ratio:
// Hamid, "Numbers That Actually Matter. Finding Your North Star", SaaStr 2017.
const FORMULAS: &[Formula] = &[
    Formula {
        name: "revenue-churn",
        about: "Which share of the revenue left, gross and net, and what came in its place",
        inputs: &[
            Input::amount("start", "Revenue at the start, from all customers of then"),
            Input::amount("churned", "Revenue of the customers who left"),
            Input::amount("contraction", "What staying customers pay less than before")
                .with(Presence::OrZero),
            Input::amount("expansion", "What staying customers pay more than before")
                .with(Presence::OrZero),
            Input::amount("new", "Revenue of new customers").with(Presence::OrZero),
            Input::amount("reactivated", "Revenue of former customers who came back")
                .with(Presence::OrZero),
        ],
        checks: &[Check::AtMost {
            parts: &["churned", "contraction"],
            whole: "start",
            why: "both are lost from the revenue at the start; leave out what came later",
        }],
        results: &[
            Outcome::share(
                "gross_revenue_churn_rate",
                "({churned} + {contraction}) / {start}",
                |g| {
                    let [opening, churned, contraction, _] = movements(g);
                    gross_revenue_churn_rate(opening, churned, contraction)
                },
            )
            .means("{} of the revenue of the start was lost: who left, and who pays less."),
            Outcome::share(
                "net_revenue_churn_rate",
                "({churned} + {contraction} - {expansion}) / {start}",
                |g| {
                    let [opening, churned, contraction, expansion] = movements(g);
                    net_revenue_churn_rate(opening, churned, contraction, expansion)
                },
            )
            .means(
                "{} of the revenue of the start was lost after what staying customers pay more; \
                 below zero it grew.",
            ),
            Outcome::share(
                "gross_revenue_retention",
                "({start} - {churned} - {contraction}) / {start}",
                |g| {
                    let [opening, churned, contraction, _] = movements(g);
                    gross_revenue_retention(opening, churned, contraction)
                },
            )
            .means("{} of the revenue of the start is left; what customers pay more is not in it.")
            .usual(
                "Private software companies that sell subscriptions to businesses have medians of \
                 90 to 93 % a year, by size of contract (SaaS Capital 2023).",
            ),
            Outcome::share(
                "net_revenue_retention",
                "({start} - {churned} - {contraction} + {expansion}) / {start}",
                |g| {
                    let [opening, churned, contraction, expansion] = movements(g);
                    net_revenue_retention(opening, churned, contraction, expansion)
                },
            )
            .means(
                "The customers of the start bring {} of their revenue of then; above 100 % revenue \
                 grows without new ones.",
            )
            .usual(
                "Private software companies that sell subscriptions to businesses have medians of \
                 100 to 110 % a year, by size of contract (SaaS Capital 2023).",
            ),
            Outcome::number(
                "quick_ratio",
                "({new} + {reactivated} + {expansion}) / ({contraction} + {churned})",
                |g| {
                    let [_, churned, contraction, expansion] = movements(g);
                    let (new, reactivated) = (g.one("new"), g.one("reactivated"));
                    quick_ratio(new, reactivated, expansion, contraction, churned)
                },
            )
            .means("For each unit of revenue lost {} came in; below 1 revenue shrinks.")
            .usual(
                "4 is the rule of thumb for young companies that sell subscriptions and grow fast \
                 (Hamid 2017).",
            ),
            Outcome::whole(
                "lost_revenue",
                "{churned} + {contraction}, rounded to a whole number",
                |g| lost_revenue(g.one("churned"), g.one("contraction"), g.scale()),
            )
            .means("{} of revenue is gone, in whole units."),
        ],
        example: "--start 100_000 --churned 5000 --contraction 3000 --expansion 10_000 --new 12_000",
    },
    Formula {
        name: "growth",
        about: "By which share the revenue from existing customers grew",
        inputs: &[
            Input::amount("start", "Revenue before, from all customers of then"),
            Input::amount("end", "Revenue now from customers of before, returned ones included"),
        ],
        checks: &[],
        results: &[Outcome::share(
            "existing_customer_growth_rate",
            "({end} - {start}) / {start}",
            |g| existing_customer_growth_rate(g.one("start"), g.one("end")),
        )
        .means("The revenue from customers of before changed by {}.")],
        example: "--start 200_000 --end 230_000",
    },
    Formula {
        name: "average-revenue",
        about: "What a customer brings on average (ARPA, ARPU)",
        inputs: &[
            Input::amount("revenue", "Revenue of the period"),
            Input::count("customers", "Customers who brought it"),
        ],
        checks: &[],
        results: &[Outcome::number(
            "average_revenue_per_customer",
            "{revenue} / {customers}",
            |g| average(g.one("revenue"), g.count("customers"), g.scale()),
        )
        .means("A customer brings {} on average.")],
        example: "--revenue 300_000 --customers 1200",
    },
];

fn movements(given: &Given) -> [i128; 4] {
    ["start", "churned", "contraction", "expansion"].map(|name| given.one(name))
}

/// (churned + contraction) / opening revenue.
fn gross_revenue_churn_rate(opening: i128, churned: i128, contraction: i128) -> Option<f64> {
    rate(churned + contraction, opening)
}

/// (churned + contraction - expansion) / opening revenue; below zero where the customers who
/// stay grow by more than is lost.
fn net_revenue_churn_rate(
    opening: i128,
    churned: i128,
    contraction: i128,
    expansion: i128,
) -> Option<f64> {
    rate(churned + contraction - expansion, opening)
}

/// (opening - churned - contraction) / opening revenue, GRR; at most 1.
fn gross_revenue_retention(opening: i128, churned: i128, contraction: i128) -> Option<f64> {
    rate(opening - churned - contraction, opening)
}

/// (opening - churned - contraction + expansion) / opening revenue, NRR.
fn net_revenue_retention(
    opening: i128,
    churned: i128,
    contraction: i128,
    expansion: i128,
) -> Option<f64> {
    rate(opening - churned - contraction + expansion, opening)
}

/// (revenue now - opening) / opening revenue, where the revenue now is that of the customers of
/// before, reactivated ones included.
fn existing_customer_growth_rate(opening: i128, now: i128) -> Option<f64> {
    rate(now - opening, opening)
}

/// (new + reactivated + expansion) / (contraction + churned): revenue won for each unit of it
/// lost.
fn quick_ratio(
    new: i128,
    reactivated: i128,
    expansion: i128,
    contraction: i128,
    churned: i128,
) -> Option<f64> {
    rate(new + reactivated + expansion, contraction + churned)
}

/// churned + contraction in whole currency units, halves away from zero.
fn lost_revenue(churned: i128, contraction: i128, scale: Scale) -> i128 {
    div_round_half_away(churned + contraction, scale.unit())
}

/// The fold behind `revenue_churn`.
struct RevenueChurn {
    context: Arc<Context>,
    cells: Grid<Movements>,
    /// First period with activity of each (slot, grain), or none.
    first: Vec<Option<usize>>,
    revenue: Revenue,
}

impl RevenueChurn {
    /// Nothing counted yet.
    fn new(context: Arc<Context>) -> Self {
        let cells = Grid::new(&context);
        let first = vec![None; context.slots.len() * context.periods.len()];
        Self { context, cells, first, revenue: Revenue::default() }
    }
}

/// The earlier of two periods, where there is one.
fn earliest(a: Option<usize>, b: Option<usize>) -> Option<usize> {
    [a, b].into_iter().flatten().min()
}

impl Measure for RevenueChurn {
    fn fresh(&self) -> Box<dyn Measure> {
        Box::new(Self::new(Arc::clone(&self.context)))
    }

    fn fold(&mut self, block: &Block<'_>) {
        let Self { context, cells, first, revenue } = self;
        let grains = context.periods.len();
        for customer in 0..block.len() {
            let (days, _) = block.activity.of(customer);
            let Some(first_day) = days.first() else { continue };
            for (g, periods) in context.periods.iter().enumerate() {
                revenue.read(block, customer, context, g);
                let first_period = periods.of(*first_day);
                for group in block.groups {
                    let slot = group.slot(customer);
                    let first = &mut first[slot * grains + g];
                    *first = earliest(*first, Some(first_period));
                    let cells = cells.at_least(slot, g, periods.len());
                    revenue.compare(periods.len(), |period, change| {
                        cells[period].count(change.before, change.now, change.is_new);
                    });
                }
            }
        }
    }

    fn expected_bytes(&self, extent: &Extent<'_>) -> u64 {
        extent.each_period(&SCHEMA)
    }

    fn merge(&mut self, other: Box<dyn Measure>) {
        let other = merge_as::<Self>(other);
        self.cells.merge(other.cells);
        for (own, other) in self.first.iter_mut().zip(other.first) {
            *own = earliest(*own, other);
        }
    }

    fn finish(self: Box<Self>) -> Finished {
        let context = &*self.context;
        let mut table = context.table(&SCHEMA);
        for series in context.series() {
            let Series { g, s, .. } = series;
            let Some(first) = self.first[s * context.periods.len() + g] else { continue };
            for (p, movements) in self.cells.get(s, g).iter().enumerate().skip(first) {
                write_row(&mut table, context, series, p, movements);
            }
        }
        vec![table].into()
    }
}

fn write_row(
    table: &mut Table,
    context: &Context,
    Series { g, periods, slot, .. }: Series<'_>,
    p: usize,
    m: &Movements,
) {
    let window = context.revenue_windows[g];
    let (opening, closing) = (m.opening(), m.closing());
    let of_existing = closing - m.new;
    let whole_units = lost_revenue(m.churned, m.contraction, context.scale);
    table.push(row!(SCHEMA {
        grain: periods.grain.name(),
        segment: Arc::clone(&slot.segment),
        segment_value: slot.value.clone(),
        period: periods.start(p),
        window_periods: window,
        opening_revenue: opening,
        new_revenue: m.new,
        reactivated_revenue: m.reactivated,
        expansion_revenue: m.expansion,
        contraction_revenue: m.contraction,
        churned_revenue: m.churned,
        closing_revenue: closing,
        opening_credits: m.opening_credits,
        closing_credits: m.closing_credits,
        opening_customers: m.opening_customers(),
        new_customers: m.new_customers,
        reactivated_customers: m.reactivated_customers,
        expansion_customers: m.expansion_customers,
        contraction_customers: m.contraction_customers,
        churned_customers: m.churned_customers,
        unchanged_customers: m.unchanged_customers,
        closing_customers: m.closing_customers(),
        gross_revenue_churn_rate: gross_revenue_churn_rate(opening, m.churned, m.contraction),
        net_revenue_churn_rate: net_revenue_churn_rate(
            opening,
            m.churned,
            m.contraction,
            m.expansion
        ),
        gross_revenue_retention: gross_revenue_retention(opening, m.churned, m.contraction),
        net_revenue_retention: net_revenue_retention(
            opening,
            m.churned,
            m.contraction,
            m.expansion
        ),
        existing_customer_growth_rate: existing_customer_growth_rate(opening, of_existing),
        quick_ratio: quick_ratio(m.new, m.reactivated, m.expansion, m.contraction, m.churned),
        lost_revenue: i64::try_from(whole_units).unwrap_or(i64::MAX),
        average_revenue_per_customer: average(closing, m.closing_customers(), context.scale),
        is_complete: is_complete(context, (g, periods), p),
    }));
}

/// Whether a row is complete: its period is, and what it is compared with lies within the known
/// history.
pub(crate) fn is_complete(context: &Context, (g, periods): (usize, &Periods), p: usize) -> bool {
    let known_from = match context.history_start {
        Some(start) => start,
        None => context.first_activity.map_or(context.as_of, |day| periods.start(periods.of(day))),
    };
    let window = context.revenue_windows[g] as usize;
    let before = match context.basis {
        Basis::Orders => (p + 1).checked_sub(2 * window),
        Basis::Subscriptions => p.checked_sub(window),
    };
    before.is_some_and(|first| periods.start(first) >= known_from)
        && context.is_complete(periods, p)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_examples() {
        let cases = [
            ("gross churn", gross_revenue_churn_rate(100_000, 5_000, 3_000), 0.08),
            ("net churn", net_revenue_churn_rate(100_000, 5_000, 3_000, 10_000), -0.02),
            ("GRR", gross_revenue_retention(100_000, 5_000, 3_000), 0.92),
            ("NRR", net_revenue_retention(100_000, 5_000, 3_000, 10_000), 1.02),
            ("growth", existing_customer_growth_rate(200_000, 230_000), 0.15),
            ("shrinking", existing_customer_growth_rate(200_000, 150_000), -0.25),
            ("quick ratio", quick_ratio(12_000, 2_000, 6_000, 3_000, 5_000), 2.5),
        ];
        for (name, found, expected) in cases {
            assert_eq!(found, Some(expected), "{name}");
        }
        let cents = Scale::new(2).unwrap();
        let lost = [(5_049, 0, 50), (5_000, 50, 51), (-5_000, -50, -51), (0, 0, 0)];
        for (churned, contraction, expected) in lost {
            assert_eq!(lost_revenue(churned, contraction, cents), expected, "{churned}");
        }
    }

    #[test]
    fn none_without_a_denominator() {
        for of in [0, -1] {
            let found = [
                gross_revenue_churn_rate(of, 1, 1),
                net_revenue_churn_rate(of, 1, 1, 1),
                gross_revenue_retention(of, 1, 1),
                net_revenue_retention(of, 1, 1, 1),
                existing_customer_growth_rate(of, 1),
                quick_ratio(1, 1, 1, of, 0),
            ];
            assert_eq!(found, [None; 6], "{of}");
        }
    }
}
