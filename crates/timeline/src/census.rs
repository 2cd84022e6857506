//! Who and what was folded, and what was not.

use kohort_inputs::{Opportunity, Outcome};
use kohort_model::Input;

use crate::track::Timelines;

/// Rows and events that stand in no table, by the reason that `docs/concepts.md` gives them.
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
    /// Rows of an order that a later one replaces.
    pub superseded: u64,
    /// Lines of orders whose lines differ in status: rejected rows.
    pub mixed_status: u64,
    /// Subscriptions that ended on the day on which they started.
    pub empty_span: u64,
    /// Trials, and subscriptions of nothing.
    pub unpaid: u64,
    /// Discounts of customers who begin to pay nothing on that day.
    pub unmatched_discount: u64,
    /// Rows of further inputs, by [`Input`] as a number.
    pub further: [NotTaken; Input::ALL.len()],
}

/// Rows of one further input that stand in no table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NotTaken {
    /// On or after `as_of`.
    pub after_as_of: u64,
    /// Replaced by another row of the same id.
    pub superseded: u64,
    /// Of an ignored status.
    pub ignored: u64,
    /// Of touchpoints, what is no step of the funnel.
    pub other_step: u64,
    /// Rows of an id that no row of the input has beside which they stand.
    pub unmatched: u64,
    /// Without a customer, and with nothing that counts without.
    pub anonymous: u64,
    /// Open and of no day.
    pub undated: u64,
    /// No rows but days of [`kohort_model::InputSpec::event_day`] that lie on or after `as_of`, of rows that count: they
    /// are taken as not there yet.
    pub later: u64,
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
    /// Of the answers that were folded, those without a customer.
    pub anonymous_answers: u64,
    /// Opportunities that are not decided before `as_of`, those of no day left aside.
    pub open_opportunities: u64,
    /// Rows of further inputs that were folded, by [`Input`] as a number. Of touchpoints those of the
    /// funnel's steps.
    pub further: [u64; Input::ALL.len()],
    /// What stands in no table.
    pub left_out: LeftOut,
}

macro_rules! add_fields {
    ($to:expr, $from:expr; $($field:ident),+) => { $($to.$field += $from.$field;)+ };
}

impl LeftOut {
    pub(crate) fn add(&mut self, other: &Self) {
        add_fields!(self, other; ignored, after_as_of, before_history_start, negative_attempt,
            refund_without_order, superseded, mixed_status, empty_span, unpaid,
            unmatched_discount);
        for (own, other) in self.further.iter_mut().zip(&other.further) {
            add_fields!(own, other; after_as_of, superseded, ignored, other_step, unmatched,
                anonymous, undated, later);
        }
    }
}

impl Census {
    pub(crate) fn add(&mut self, other: &Self) {
        add_fields!(self, other; customers, prospects, orders, refunds, lost, open, subscriptions,
            anonymous_answers, open_opportunities);
        self.further.iter_mut().zip(&other.further).for_each(|(own, other)| *own += other);
        self.left_out.add(&other.left_out);
    }
}

impl Census {
    /// Counts the people and events of a partition.
    pub(crate) fn count(&mut self, timelines: &Timelines) {
        let Timelines { activity, refunds, attempts, .. } = timelines;
        for customer in 0..timelines.customers {
            let is_customer = !activity.range(customer).is_empty();
            self.customers += u64::from(is_customer);
            let is_known = || !attempts.range(customer).is_empty() || timelines.items.has(customer);
            let is_person = customer < timelines.people;
            self.prospects += u64::from(is_person && !is_customer && is_known());
        }
        self.anonymous_answers += (timelines.customers - timelines.people) as u64;
        let items = &timelines.items;
        if items.count(Input::Opportunities) > 0 {
            let is_open = |o: &&Opportunity| o.outcome == Outcome::Open;
            let of = |person| items.of::<Opportunity>(person).iter().filter(is_open).count() as u64;
            self.open_opportunities += (0..timelines.customers).map(of).sum::<u64>();
        }
        for (input, rows) in Input::ALL.into_iter().zip(&mut self.further) {
            *rows += items.count(input) as u64;
        }
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
