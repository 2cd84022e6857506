//! What is counted of all subscribers.

use std::sync::Arc;

use kohort_model::view::{self, Order, Percent, Shape, View};
use kohort_model::{
    Block, Context, CustomerTable, Finished, Group, Measure, MeasureSpec, Passes, Requires,
    TableSpec, Tally, Written, merge_as,
};

use super::outlook::Outlook;
use super::rows::SubscriberRows;
use super::schema::SCHEMA;
use crate::clv::{Tenures, whole_months};
use crate::risk::{Leaving, Levels, SIGNALS};
use crate::settings::{AT_RISK, AtRisk, INDICATORS, LIFETIME, Lifetime, window_days};

/// The declaration.
pub static SUBSCRIBERS: MeasureSpec = MeasureSpec {
    tables: &[TableSpec {
        requires: Requires::SUBSCRIPTIONS,
        written: Written::OnRequest,
        view: View {
            columns: &["status", "first_paid", "last_paid", "tenure_months", "mrr"],
            optional: &["risk_score", "risk_driver", "expected_months", "clv"],
            shape: Shape::Top(Order::Highest("mrr")),
            rows: view::CUSTOMERS,
            percent: Percent::but(&[]),
            ..View::PLAIN
        },
        ..TableSpec::of(&SCHEMA)
    }],
    reads: SIGNALS,
    passes: Passes::ThenRows,
    settings: &[&LIFETIME, &AT_RISK, &INDICATORS],
    start: |context, settings| {
        let options = Options {
            lifetime: Lifetime::of(settings),
            at_risk: AtRisk::of(settings),
            window_days: window_days(settings),
        };
        Box::new(Subscribers::new(context, options))
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

/// The fold behind `subscribers`.
struct Subscribers {
    context: Arc<Context>,
    options: Options,
    /// The first spells.
    tenures: Tenures,
    /// The most months for which an active customer has stayed.
    most_months: Option<u32>,
    leaving: Leaving,
    /// The customer at hand.
    levels: Levels,
}

impl Subscribers {
    /// Nothing counted yet.
    fn new(context: Arc<Context>, options: Options) -> Self {
        Self {
            leaving: Leaving::new(Arc::clone(&context), options.at_risk, options.window_days),
            levels: Levels::new(options.window_days),
            context,
            options,
            tenures: Tenures::default(),
            most_months: None,
        }
    }
}

impl Measure for Subscribers {
    fn fresh(&self) -> Box<dyn Measure> {
        Box::new(Self::new(Arc::clone(&self.context), self.options))
    }

    fn fold(&mut self, block: &Block<'_>) {
        // Other blocks show the same customers again, split by segment.
        let Some(Group::All(_)) = block.groups.first() else { return };
        let as_of = self.context.as_of;
        for customer in 0..block.len() {
            let spells = block.spells.of(customer);
            let (Some(first), Some(last)) = (spells.first(), spells.last()) else { continue };
            self.tenures.push(*first, as_of);
            if last.end >= as_of {
                let months = whole_months(last.start, as_of.plus(-1));
                self.most_months = self.most_months.max(Some(months));
            }
            self.levels.read(block, customer, &self.context);
            self.leaving.count(block, customer, &self.levels);
        }
    }

    fn merge(&mut self, other: Box<dyn Measure>) {
        let other = *merge_as::<Self>(other);
        self.tenures.add(&other.tenures);
        self.most_months = self.most_months.max(other.most_months);
        self.leaving.merge(other.leaving);
    }

    fn finish(self: Box<Self>) -> Finished {
        let Options { lifetime, at_risk, window_days } = self.options;
        let mut risk = self.leaving.finish();
        let mut outlook = Outlook::new(&self.tenures, self.most_months, lifetime);
        let mut warnings = std::mem::take(&mut outlook.warnings);
        warnings.extend(risk.warning(SCHEMA.name));
        let rows: Box<dyn CustomerTable> = Box::new(SubscriberRows {
            context: self.context,
            outlook,
            risk: risk.model,
            at_risk,
            window_days,
        });
        Finished { customer_tables: vec![rows], risk: risk.fit, warnings, ..Finished::default() }
    }
}
