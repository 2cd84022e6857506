//! `revenue_churn`: the measure and its table.

use std::sync::Arc;

use kohort_model::view::{FEW_PERIODS, Panel, Percent};
use kohort_model::{
    Basis, Block, Column, Context, Extent, Finished, Grid, Headline, HeadlineValue, Identities,
    Measure, MeasureSpec, Periods, Requires, Series, Sum, Table, TableSchema, TableSpec,
    TableWarning, Unit, View, average, keys, merge_as, row,
};

use crate::customer::Netted;
use crate::movement::Movements;
use crate::rates::{
    ChurnRates, FORMULAS, existing_customer_growth_rate, gross_revenue_retention, lost_revenue,
    net_revenue_retention, quick_ratio,
};

/// The declaration.
pub static REVENUE_CHURN: MeasureSpec = MeasureSpec {
    tables: &[TableSpec {
        view: View {
            columns: &[
                "opening_revenue",
                "closing_revenue",
                "gross_revenue_churn_rate",
                "net_revenue_churn_rate",
                "net_revenue_retention",
            ],
            panels: &[MOVEMENTS],
            rows: FEW_PERIODS,
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

/// Recurring revenue at the close, so many times.
const fn recurring(name: &'static str, times: u32) -> Headline {
    Headline {
        value: HeadlineValue::Times(times, "closing_revenue"),
        unit: "currency",
        requires: Requires::SUBSCRIPTIONS,
        ..Headline::ratio(name, Sum::NOTHING, &[])
    }
}

const HEADLINES: &[Headline] = &[
    recurring("arr", 12),
    recurring("mrr", 1),
    Headline {
        value: HeadlineValue::Column("average_revenue_per_customer"),
        unit: "currency",
        requires: Requires::SUBSCRIPTIONS,
        ..Headline::ratio("arpa", Sum::of(&["closing_revenue"]), &["closing_customers"])
    },
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

/// All movements, so that opening and closing can be seen to balance.
pub(crate) const MOVEMENTS: Panel = Panel::Columns {
    title: "movements from opening to closing",
    columns: &[
        "new_revenue",
        "reactivated_revenue",
        "expansion_revenue",
        "contraction_revenue",
        "churned_revenue",
    ],
};

/// The rates of churn, which `revenue_events` has too.
pub(crate) const GROSS_CHURN_RATE: Column = Column::rate(
    "gross_revenue_churn_rate",
    "(churned_revenue + contraction_revenue) / opening_revenue",
);
pub(crate) const NET_CHURN_RATE: Column = Column::rate(
    "net_revenue_churn_rate",
    "(churned_revenue + contraction_revenue - expansion_revenue) / opening_revenue",
);
pub(crate) const NET_CHURN_RATE_WITH_REACTIVATION: Column = Column::rate(
    "net_revenue_churn_rate_with_reactivation",
    "(churned_revenue + contraction_revenue - expansion_revenue - reactivated_revenue) / \
     opening_revenue",
);

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
        GROSS_CHURN_RATE,
        NET_CHURN_RATE,
        NET_CHURN_RATE_WITH_REACTIVATION,
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

/// The fold behind `revenue_churn`.
struct RevenueChurn {
    context: Arc<Context>,
    cells: Grid<Movements>,
    /// First period with activity of each (slot, grain), or none.
    first: Vec<Option<usize>>,
    netted: Netted,
}

impl RevenueChurn {
    /// Nothing counted yet.
    fn new(context: Arc<Context>) -> Self {
        let cells = Grid::new(&context);
        let first = vec![None; context.slots.len() * context.periods.len()];
        Self { context, cells, first, netted: Netted::default() }
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
        let Self { context, cells, first, netted } = self;
        let grains = context.periods.len();
        for customer in 0..block.len() {
            let (days, _) = block.activity.of(customer);
            let Some(first_day) = days.first() else { continue };
            for (g, periods) in context.periods.iter().enumerate() {
                let revenue = netted.revenue(block, customer, context, g);
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
        let mut cut = 0_u64;
        for series in context.series() {
            let Series { g, s, .. } = series;
            let Some(first) = self.first[s * context.periods.len() + g] else { continue };
            for (p, movements) in self.cells.get(s, g).iter().enumerate().skip(first) {
                write_row(&mut table, context, series, p, movements);
                cut += u64::from(whole_lost_revenue(context, movements).is_err());
            }
        }
        let grains = (0..context.periods.len()).filter_map(|g| warning(context, g));
        let warnings = grains
            .chain((cut > 0).then(|| too_large(cut)))
            .map(|text| TableWarning { table: SCHEMA.name, text })
            .collect();
        Finished { tables: vec![table], warnings, ..Finished::default() }
    }
}

/// That no row of a grain is complete, as the history is shorter than the windows that it compares.
fn warning(context: &Context, g: usize) -> Option<String> {
    let (periods, window) = (&context.periods[g], context.revenue_windows[g]);
    let is_known = |p: usize| is_complete(context, (g, periods), p);
    if window == 1 || context.first_activity.is_none() || (0..periods.len()).any(is_known) {
        return None;
    }
    let (grain, known) = (periods.grain.name(), periods.len());
    let windows = match context.basis {
        Basis::Orders => "two windows",
        Basis::Subscriptions => "closes at a distance",
    };
    Some(format!(
        "no row by {grain} is complete: it compares {windows} of {window} {grain}s, and the history has {known}; \
         set window under [revenue] to fewer, such as \"1 {grain}\""
    ))
}

/// `lost_revenue` of a period, or what there is of it in 64 bits.
fn whole_lost_revenue(context: &Context, m: &Movements) -> Result<i64, i64> {
    let whole_units = lost_revenue(m.churned, m.contraction, context.scale);
    i64::try_from(whole_units).map_err(|_| i64::MAX)
}

/// That so many rows have less than what was lost.
fn too_large(rows: u64) -> String {
    format!(
        "lost_revenue is {} where it does not fit into 64 bits (rows: {rows}); churned_revenue and \
         contraction_revenue beside it are exact: check the column of the amount",
        i64::MAX
    )
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
    let (rates, of_existing) = (ChurnRates::of(opening, m), closing - m.new);
    let (Ok(lost) | Err(lost)) = whole_lost_revenue(context, m);
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
        gross_revenue_churn_rate: rates.gross,
        net_revenue_churn_rate: rates.net,
        net_revenue_churn_rate_with_reactivation: rates.net_with_reactivation,
        gross_revenue_retention: gross_revenue_retention(opening, m.churned, m.contraction),
        net_revenue_retention: net_revenue_retention(
            opening,
            m.churned,
            m.contraction,
            m.expansion
        ),
        existing_customer_growth_rate: existing_customer_growth_rate(opening, of_existing),
        quick_ratio: quick_ratio(m.new, m.reactivated, m.expansion, m.contraction, m.churned),
        lost_revenue: lost,
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
    use kohort_model::Scale;

    use super::*;

    #[test]
    fn lost_revenue_is_cut_at_64_bits_and_told() {
        let most = i128::from(i64::MAX);
        let cases = [
            (0, most, 0, Ok(i64::MAX)),
            (0, most, 1, Err(i64::MAX)),
            (0, most, most, Err(i64::MAX)),
            (2, 100 * most, 49, Ok(i64::MAX)),
            (2, 100 * most, 50, Err(i64::MAX)),
            (2, 12_345, 0, Ok(123)),
        ];
        for (places, churned, contraction, expected) in cases {
            let scale = Scale::new(places).unwrap();
            let context = Context { scale, ..Context::default() };
            let movements = Movements { contraction, churned, ..Movements::default() };
            let found = whole_lost_revenue(&context, &movements);
            assert_eq!(found, expected, "{churned} and {contraction} of {places} places");
        }
        let text = too_large(2);
        assert!(text.contains("does not fit into 64 bits (rows: 2)"), "{text}");
    }
}
