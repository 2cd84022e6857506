//! What is counted of all customers.

use std::cmp::Reverse;
use std::sync::Arc;

use kohort_model::view::{self, Order, Percent, Shape, View};
use kohort_model::{
    Block, Context, Counted, CustomerTable, DayCounts, Finished, Group, Measure, MeasureSpec,
    Passes, Requires, TableSpec, Tally, Written, merge_as,
};

use super::facts::{Facts, gaps};
use super::outlook::Outlook;
use super::quintiles::Quintiles;
use super::rows::CustomerRows;
use super::schema::{FORMULAS, SCHEMA};
use crate::clv::{Histories, Minor};
use crate::risk::{Leaving, Levels, SIGNALS};
use crate::settings::{AT_RISK, AtRisk, INDICATORS, LIFETIME, Lifetime, window_days};

/// The declaration.
pub static CUSTOMERS: MeasureSpec = MeasureSpec {
    tables: &[TableSpec {
        requires: Requires::ORDERS,
        written: Written::OnRequest,
        view: View {
            columns: &[
                "status",
                "last_order",
                "orders",
                "revenue",
                "median_gap_days",
                "overdue_ratio",
            ],
            optional: &["risk_score", "risk_driver", "probability_alive", "clv"],
            shape: Shape::Top(Order::Highest("revenue")),
            rows: view::CUSTOMERS,
            percent: Percent::but(&["overdue_ratio"]),
            ..View::PLAIN
        },
        ..TableSpec::of(&SCHEMA)
    }],
    reads: SIGNALS,
    passes: Passes::ThenRows,
    settings: &[&LIFETIME, &AT_RISK, &INDICATORS],
    formulas: FORMULAS,
    start: |context, settings| {
        let options = Options {
            lifetime: Lifetime::of(settings),
            at_risk: AtRisk::of(settings),
            window_days: window_days(settings),
        };
        Box::new(Customers::new(context, options))
    },
    ..MeasureSpec::PLAIN
};

/// The settings.
#[derive(Clone, Copy, Debug)]
struct Options {
    lifetime: Lifetime,
    at_risk: AtRisk,
    /// Days over which a signal is added up.
    window_days: u32,
}

/// The fold behind `customers`.
struct Customers {
    context: Arc<Context>,
    options: Options,
    days_since_last: Counted<Reverse<u32>>,
    orders: Counted<u32>,
    revenue: Counted<Minor>,
    histories: Histories,
    /// Gaps of everybody, at place 0, and of each slot of the first segment.
    gaps: Vec<DayCounts>,
    leaving: Leaving,
    /// The customer at hand.
    levels: Levels,
}

impl Customers {
    /// Nothing counted yet.
    fn new(context: Arc<Context>, options: Options) -> Self {
        Self {
            gaps: vec![DayCounts::default(); context.slots.len()],
            leaving: Leaving::new(Arc::clone(&context), options.at_risk, options.window_days),
            levels: Levels::new(options.window_days),
            context,
            options,
            days_since_last: Counted::default(),
            orders: Counted::default(),
            revenue: Counted::default(),
            histories: Histories::default(),
        }
    }
}

/// The place, among a block's groups, of the segment of `at = "first"` whose name comes first.
pub(crate) fn first_segment(context: &Context) -> Option<usize> {
    let by_name = context.first_segments.iter().enumerate().min_by_key(|(_, name)| *name);
    by_name.map(|(place, _)| place + 1)
}

impl Measure for Customers {
    fn fresh(&self) -> Box<dyn Measure> {
        Box::new(Self::new(Arc::clone(&self.context), self.options))
    }

    fn fold(&mut self, block: &Block<'_>) {
        // Other blocks show the same customers again, split by segment.
        let Some(Group::All(all)) = block.groups.first() else { return };
        let segment = first_segment(&self.context).and_then(|place| block.groups.get(place));
        for customer in 0..block.len() {
            let Some(facts) = Facts::of(block, customer, &self.context) else { continue };
            self.days_since_last.push(Reverse(facts.days_since_last()));
            self.orders.push(facts.orders);
            self.revenue.push(facts.revenue.into());
            self.histories.push(&facts.days);
            self.levels.read(block, customer, &self.context);
            self.leaving.count(block, customer, &self.levels);
            if facts.days.repeats > 0 {
                let value = segment.map(|group| group.slot(customer));
                for slot in [*all as usize].into_iter().chain(value) {
                    let counts = &mut self.gaps[slot];
                    gaps(block, customer).for_each(|gap| counts.push(gap));
                }
            }
        }
    }

    fn merge(&mut self, other: Box<dyn Measure>) {
        let other = *merge_as::<Self>(other);
        self.days_since_last.merge(other.days_since_last);
        self.orders.merge(other.orders);
        self.revenue.merge(other.revenue);
        self.histories.merge(other.histories);
        self.gaps.add(&other.gaps);
        self.leaving.merge(other.leaving);
    }

    fn finish(self: Box<Self>) -> Finished {
        let Options { lifetime, at_risk, window_days } = self.options;
        let mut risk = self.leaving.finish();
        let mut outlook = Outlook::new(self.histories, &self.context, lifetime);
        let mut warnings = std::mem::take(&mut outlook.warnings);
        warnings.extend(risk.warning(SCHEMA.name));
        let rows: Box<dyn CustomerTable> = Box::new(CustomerRows {
            risk: risk.model,
            recency: Quintiles::new(&self.days_since_last.into_counts()),
            frequency: Quintiles::new(&self.orders.into_counts()),
            monetary: Quintiles::new(&self.revenue.into_counts()),
            medians: self.gaps.iter().map(|gaps| gaps.percentile(50)).collect(),
            outlook,
            at_risk,
            window_days,
            context: self.context,
        });
        Finished { customer_tables: vec![rows], risk: risk.fit, warnings, ..Finished::default() }
    }
}
