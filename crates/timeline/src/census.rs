//! Who and what was folded, and what was not.

use kohort_model::Context;

use crate::track::Timelines;

/// Rows and events that stand in no table, by the reason that `METRICS.md` gives them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Orders of an ignored status.
    pub ignored: u64,
    /// Orders on or after `as_of`.
    pub after_as_of: u64,
    /// Orders before the known history.
    pub before_history_start: u64,
    /// Lost or open orders of negative value.
    pub negative_attempt: u64,
    /// Refunds of people without an order.
    pub refund_without_order: u64,
    /// Refunds in a period before the customer's first order, in the finest grain.
    pub refund_before_cohort: u64,
    /// Rows of an order that a later one replaces.
    pub superseded: u64,
    /// Lines of orders whose lines differ in status: rejected rows.
    pub mixed_status: u64,
    /// Subscriptions that ended on the day on which they started.
    pub empty_span: u64,
    /// Trials, and subscriptions of nothing.
    pub unpaid: u64,
    /// People first seen on or after `as_of`.
    pub late_prospects: u64,
    /// Contacts on or after `as_of`.
    pub late_contacts: u64,
    /// Answers on or after `as_of`.
    pub late_answers: u64,
}

/// How many people and events were folded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// People with activity.
    pub customers: u64,
    /// People who only ever tried, were seen, contacted or asked.
    pub prospects: u64,
    /// Completed orders of zero or more.
    pub orders: u64,
    /// Completed orders below zero.
    pub refunds: u64,
    /// Lost orders.
    pub lost: u64,
    /// Open orders.
    pub open: u64,
    /// Paid subscriptions.
    pub subscriptions: u64,
    /// Campaign messages, withheld ones included.
    pub contacts: u64,
    /// Answers.
    pub answers: u64,
    /// What stands in no table.
    pub left_out: LeftOut,
}

macro_rules! add_fields {
    ($to:expr, $from:expr; $($field:ident),+) => { $($to.$field += $from.$field;)+ };
}

impl LeftOut {
    pub(crate) fn add(&mut self, other: &Self) {
        add_fields!(self, other; ignored, after_as_of, before_history_start, negative_attempt,
            refund_without_order, refund_before_cohort, superseded, mixed_status, empty_span, unpaid,
            late_prospects, late_contacts, late_answers);
    }
}

impl Census {
    pub(crate) fn add(&mut self, other: &Self) {
        add_fields!(self, other; customers, prospects, orders, refunds, lost, open, subscriptions,
            contacts, answers);
        self.left_out.add(&other.left_out);
    }
}

impl Census {
    /// Counts the people and events of a partition.
    pub(crate) fn count(&mut self, timelines: &Timelines, context: &Context) {
        let Timelines { activity, refunds, attempts, .. } = timelines;
        for customer in 0..timelines.customers {
            let is_customer = !activity.range(customer).is_empty();
            self.customers += u64::from(is_customer);
            let is_known = || !attempts.range(customer).is_empty() || timelines.notes.has(customer);
            self.prospects += u64::from(!is_customer && is_known());
            let refunds_of = refunds.range(customer);
            if let (true, false, [periods, ..]) =
                (is_customer, refunds_of.is_empty(), &context.periods[..])
            {
                let cohort =
                    periods.start(periods.of(activity.days[activity.range(customer).start]));
                let early = refunds_of.filter(|r| refunds.days[*r] < cohort).count();
                self.left_out.refund_before_cohort += early as u64;
            }
        }
        self.contacts += timelines.notes.contacts.items.len() as u64;
        self.answers += timelines.notes.surveys.items.len() as u64;
        if timelines.spans.is_some() {
            self.subscriptions += activity.len() as u64;
            return;
        }
        // With `activity = "any"` refunds are among the activity.
        let below_zero = activity.values.iter().filter(|value| **value < 0).count();
        self.orders += (activity.len() - below_zero) as u64;
        self.refunds += (refunds.len() + below_zero) as u64;
        let lost = attempts.lost.iter().filter(|lost| **lost).count();
        self.lost += lost as u64;
        self.open += (attempts.len() - lost) as u64;
    }
}
