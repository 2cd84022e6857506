//! `customers`, without the columns of models.

use kohort_model::{Day, Id, SegmentAt};

use super::gaps::quantile;
use super::people::{Person, Role};
use super::{Frame, average, ratio, row};
use crate::compare::NaiveRow;

pub(super) fn customers(frame: &Frame<'_>) -> Vec<NaiveRow> {
    // People stand in order of their ids.
    frame.groups[0].customers().map(|customer| row(frame, customer)).collect()
}

/// Days between each order day and the next.
fn gaps(customer: &Person) -> Vec<i32> {
    let days: Vec<_> = customer.activity_days().into_iter().collect();
    days.windows(2).map(|pair| pair[1].0 - pair[0].0).collect()
}

fn row(frame: &Frame<'_>, customer: &Person) -> NaiveRow {
    let everybody: Vec<_> = frame.groups[0].customers().collect();
    let last_known = frame.as_of.plus(-1);
    let order_days = customer.activity_days();
    let (first, last) = (customer.first_day(), last_day(customer));
    let orders = customer.activity().count();
    let value = |on: &dyn Fn(Day) -> bool| {
        customer.activity().filter(|e| on(e.day)).map(|e| e.value).sum::<i128>()
    };
    let refunds: Vec<_> = customer.events.iter().filter(|e| e.role == Role::Refund).collect();
    let refund_value: i128 = refunds.iter().map(|e| -e.value).sum();
    let gaps = gaps(customer);
    let gap_days: i128 = gaps.iter().map(|days| i128::from(*days)).sum();
    let overdue = overdue_ratio(frame, customer);
    let lapses = customer.churn_events(frame.as_of, frame.w);
    // Less than W days ago.
    let is_back = order_days
        .iter()
        .any(|day| customer.returns_on(*day, frame.w) && day.plus(frame.w) >= frame.as_of);

    let is_overdue = overdue.is_some_and(|ratio| ratio >= frame.settings.lifetime.at_risk_ratio);
    let status = if !customer.is_active_at_end_of(last_known, frame.w) {
        "lapsed"
    } else if is_overdue {
        "at_risk"
    } else if is_back {
        "won_back"
    } else if order_days.len() == 1 {
        "new"
    } else {
        "active"
    };
    // One more than the fifths of the customers who are worse.
    let quintile = |is_worse: &dyn Fn(&Person) -> bool| {
        1 + 5 * everybody.iter().filter(|other| is_worse(other)).count() / everybody.len()
    };
    let revenue = |p: &Person| p.revenue(Day::MIN, frame.as_of);
    let mut row = row! {
        customer_id: Id::from(&customer.id),
        status: status,
        first_order: first,
        last_order: last,
        orders: orders,
        order_days: order_days.len(),
        revenue: revenue(customer),
        refunds: refunds.len(),
        refund_value: refund_value,
        average_order_value: average(value(&|_| true), orders, frame),
        frequency: order_days.len() - 1,
        recency_days: i64::from(last.0 - first.0),
        age_days: i64::from(last_known.0 - first.0),
        monetary: average(value(&|day| day != first), order_days.len() - 1, frame),
        mean_gap_days: ratio(gap_days, gaps.len() as i128),
        median_gap_days: quantile(&gaps, 50),
        days_since_last: i64::from(last_known.0 - last.0),
        overdue_ratio: overdue,
        recency_quintile: quintile(&|other| last_day(other) < last),
        frequency_quintile: quintile(&|other| other.activity().count() < orders),
        monetary_quintile: quintile(&|other| revenue(other) < revenue(customer)),
        lapses: lapses.len(),
        entered_existing: frame.enters_existing(customer),
    };
    row.extend(frame.first_segments(customer));
    row
}

fn last_day(customer: &Person) -> Day {
    *customer.activity_days().last().expect("a customer has an order day")
}

fn overdue_ratio(frame: &Frame<'_>, customer: &Person) -> Option<f64> {
    let own = gaps(customer);
    let median = if own.len() >= 2 { quantile(&own, 50) } else { median_of_peers(frame, customer) };
    let since_last = frame.as_of.plus(-1).0 - last_day(customer).0;
    median.map(|median| f64::from(since_last) / median)
}

/// The median gap of the customers with the same value of the first segment; everybody's, where
/// there is none.
fn median_of_peers(frame: &Frame<'_>, customer: &Person) -> Option<f64> {
    let everybody = &frame.groups[0];
    let first = frame.settings.segments.iter().position(|(_, at)| *at == SegmentAt::First);
    let peers = first.map(|s| {
        let is_peer = |p: &&Person| p.first_value(s) == customer.first_value(s);
        everybody.customers().filter(is_peer).flat_map(gaps).collect::<Vec<_>>()
    });
    let of_peers = peers.and_then(|gaps| quantile(&gaps, 50));
    of_peers.or_else(|| quantile(&everybody.customers().flat_map(gaps).collect::<Vec<_>>(), 50))
}
