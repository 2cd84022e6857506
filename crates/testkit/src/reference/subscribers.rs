//! `subscribers`, without the columns of models.

use kohort_model::{Day, Id};

use super::people::Person;
use super::{Frame, row};
use crate::compare::NaiveRow;

/// There are days of no more.
const YEARS: u32 = 10_000;

pub(super) fn subscribers(frame: &Frame<'_>) -> Vec<NaiveRow> {
    // People stand in order of their ids.
    frame.groups[0].customers().map(|customer| row(frame, customer)).collect()
}

fn row(frame: &Frame<'_>, customer: &Person) -> NaiveRow {
    let (w, last_known) = (frame.w, frame.as_of.plus(-1));
    let is_active = |day: Day| customer.is_active_at_end_of(day, w);
    let known = || (customer.first_day().0..frame.as_of.0).map(Day);
    let is_lapsed = !is_active(last_known);
    let returns = known().filter(|day| customer.returns_on(*day, w));
    let begun = returns.max().unwrap_or(customer.first_day());
    let last_paid = known().filter(|day| is_active(*day)).max().expect("a first paid day");
    // The day after the last is over when a lapsed customer leaves.
    let until = if is_lapsed { last_paid.plus(1) } else { last_known };
    let tenure_months = (1..=YEARS * 12).take_while(|m| begun.plus_months(*m) <= until).count();
    let status = if is_lapsed {
        "lapsed"
    } else if tenure_months > 0 {
        "active"
    } else if begun > customer.first_day() {
        "won_back"
    } else {
        "new"
    };
    let mut row = row! {
        customer_id: Id::from(&customer.id),
        status: status,
        first_paid: customer.first_day(),
        last_paid: last_paid,
        active_days: known().filter(|day| is_active(*day)).count(),
        tenure_months: tenure_months,
        mrr: customer.monthly(last_known),
        lapses: customer.churn_events(frame.as_of, w).len(),
    };
    row.extend(frame.first_segments(customer));
    row
}
