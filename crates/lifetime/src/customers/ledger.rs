//! The rows.

use std::cmp::Reverse;
use std::sync::Arc;

use kohort_model::{Block, Context, Ledger, Table, average, rate};

use super::facts::{Facts, median, sorted_gaps};
use super::measure::first_segment;
use super::outlook::Outlook;
use super::quintiles::Quintiles;
use super::schema::CUSTOMERS;
use crate::clv::Minor;

/// Where a customer stands, the first that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Lapsed,
    AtRisk,
    WonBack,
    New,
    Active,
}

/// What has to be known about everybody before a customer's row can be written.
pub(crate) struct CustomerRows {
    pub context: Arc<Context>,
    pub recency: Quintiles<Reverse<u32>>,
    pub frequency: Quintiles<u32>,
    pub monetary: Quintiles<Minor>,
    /// Median gap of everybody, at place 0, and of each slot of the first segment.
    pub medians: Vec<Option<f64>>,
    pub outlook: Outlook,
    /// Text of each status.
    pub statuses: [Arc<str>; 5],
}

impl CustomerRows {
    /// The texts of the statuses.
    pub fn statuses() -> [Arc<str>; 5] {
        ["lapsed", "at_risk", "won_back", "new", "active"].map(Arc::from)
    }

    /// Days since the last order over the median gap: the customer's own, from two gaps on, or
    /// that of those like it.
    fn overdue_ratio(&self, facts: &Facts, own: Option<f64>, slot: Option<usize>) -> Option<f64> {
        let own = own.filter(|_| facts.days.repeats >= 2);
        let like_it = || slot.and_then(|slot| self.medians[slot]);
        let median = own.or_else(like_it).or(self.medians[0])?;
        Some(f64::from(facts.days_since_last()) / median)
    }

    fn status(&self, is_lapsed: bool, overdue: Option<f64>, spells: usize, days: u32) -> Status {
        if is_lapsed {
            Status::Lapsed
        } else if overdue.is_some_and(|ratio| ratio >= self.context.lifetime.at_risk_ratio) {
            Status::AtRisk
        } else if spells > 1 {
            Status::WonBack
        } else if days == 1 {
            Status::New
        } else {
            Status::Active
        }
    }
}

impl Ledger for CustomerRows {
    fn table(&self) -> Table {
        self.context.ledger_table(&CUSTOMERS)
    }

    fn list(&self, block: &Block<'_>, into: &mut Table) {
        let context = &*self.context;
        let segment = first_segment(context).map(|place| &block.groups[place]);
        let mut gaps = Vec::new();
        for customer in 0..block.len() {
            let Some(facts) = Facts::of(block, customer, context) else { continue };
            let days = &facts.days;
            let order_days = days.repeats + 1;
            sorted_gaps(block, customer, &mut gaps);
            let median_gap = median(&gaps);
            let slot = segment.map(|group| group.slot(customer));
            let overdue = self.overdue_ratio(&facts, median_gap, slot);
            let spells = block.spells.of(customer);
            let lapses = spells.iter().filter(|spell| spell.end < context.as_of).count();
            let status = self.status(lapses == spells.len(), overdue, spells.len(), order_days);
            let expected = self.outlook.of(days, context);
            into.push_with(
                [
                    block.ids.of(customer).into(),
                    Arc::clone(&self.statuses[status as usize]).into(),
                    days.first.into(),
                    days.first.plus(days.recency.into()).into(),
                    facts.orders.into(),
                    order_days.into(),
                    facts.revenue.into(),
                    facts.refunds.into(),
                    facts.refund_value.into(),
                    average(facts.order_value, facts.orders.into(), context.scale).into(),
                    days.repeats.into(),
                    days.recency.into(),
                    days.age.into(),
                    average(days.repeat_value, days.repeats.into(), context.scale).into(),
                    rate(days.recency.into(), days.repeats.into()).into(),
                    median_gap.into(),
                    facts.days_since_last().into(),
                    overdue.into(),
                    self.recency.of(Reverse(facts.days_since_last())).into(),
                    self.frequency.of(facts.orders).into(),
                    self.monetary.of(facts.revenue.into()).into(),
                    lapses.into(),
                    context.enters_existing(days.first).into(),
                    expected.alive.into(),
                    expected.orders.into(),
                    expected.value.into(),
                    expected.discounted_value.into(),
                ],
                context.first_segment_values(block, customer),
            );
        }
    }
}
