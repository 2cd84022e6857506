//! `customer_retention`.

use chrono::Months;
use kohort_model::{Basis, Day};

use super::people::Person;
use super::periods::{Period, starts_before};
use super::{Frame, row, segment_value, share};
use crate::compare::NaiveRow;

pub(super) fn customer_retention(frame: &Frame<'_>) -> Vec<NaiveRow> {
    let mut rows = Vec::new();
    for (grain, group) in frame.grains_and_groups() {
        for period in frame.periods(grain, group.first_activity()) {
            let start = starts_before(frame.settings.calendar, grain, period.start, 1);
            let previous = Period { start, end: period.start };
            let last_known = period.last_known(frame.as_of);

            let at_opening = |p: &Person| p.is_active_at_end_of(period.start.plus(-1), frame.w);
            let at_close = |p: &Person| p.is_active_at_end_of(last_known, frame.w);
            let joins = |p: &Person| period.holds(p.first_day());
            let is_new = |p: &Person| joins(p) && !frame.enters_existing(p);
            let enters = |p: &Person| joins(p) && frame.enters_existing(p);
            let buys = |p: &Person| p.is_active_in(period);
            let bought_before = |p: &Person| p.is_active_in(previous);

            let customers = |which: &dyn Fn(&Person) -> bool| {
                group.customers().filter(|person| which(person)).count()
            };
            let events = |happens: &dyn Fn(&Person, Day) -> bool| {
                (period.known_days(frame.as_of))
                    .map(|day| group.customers().filter(|p| happens(p, day)).count())
                    .sum::<usize>()
            };

            let opening = customers(&at_opening);
            let closing = customers(&at_close);
            let new_at_close = customers(&|p| is_new(p) && at_close(p));
            let entered_at_close = customers(&|p| enters(p) && at_close(p));
            let kept = customers(&|p| at_opening(p) && at_close(p));
            let stayed = closing - new_at_close - entered_at_close;
            let churn_rate = share(opening - kept, opening);
            let year = year_up_to(last_known);
            let at_year_start = |p: &Person| p.is_active_at_end_of(year.start.plus(-1), frame.w);
            let of_year = |count: usize| (!frame.is_unsettled(year.start)).then_some(count);
            let yearly_opening = of_year(customers(&at_year_start));
            let yearly_kept = of_year(customers(&|p| at_year_start(p) && at_close(p)));
            let yearly_buyers = of_year(customers(&|p| at_year_start(p) && p.is_active_in(year)));
            let is_subscribed = frame.settings.basis == Basis::Subscriptions;
            let yearly_buyers = yearly_buyers.filter(|_| !is_subscribed);
            let of_then = |count: Option<usize>| share(count?, yearly_opening?);
            rows.push(row! {
                grain: grain.name(),
                segment: group.segment,
                segment_value: segment_value(group),
                period: period.start,
                opening: opening,
                new: customers(&is_new),
                entered_existing: customers(&enters),
                returned: events(&|p, day| p.returns_on(day, frame.w)),
                churned: events(&|p, day| p.churns_on(day, frame.w)),
                closing: closing,
                new_at_close: new_at_close,
                entered_existing_at_close: entered_at_close,
                kept: kept,
                lost: opening - kept,
                retention_rate: share(stayed, opening),
                kept_rate: share(kept, opening),
                churn_rate: churn_rate,
                annualised_churn_rate: churn_rate.filter(|_| is_subscribed).map(|rate| {
                    let kept_all_year: f64 =
                        (0..grain.periods_per_year()).map(|_| 1.0 - rate).product();
                    1.0 - kept_all_year
                }),
                yearly_opening: yearly_opening,
                yearly_kept: yearly_kept,
                yearly_buyers: yearly_buyers,
                yearly_kept_rate: of_then(yearly_kept),
                yearly_buyer_rate: of_then(yearly_buyers),
                buyers: customers(&buys),
                lifecycle_new: customers(&|p| buys(p) && is_new(p)),
                lifecycle_returning: customers(&|p| buys(p) && bought_before(p)),
                lifecycle_resurrected: customers(&|p| {
                    buys(p) && p.first_day() < period.start && !bought_before(p)
                }),
                lifecycle_dormant: customers(&|p| bought_before(p) && !buys(p)),
                is_complete: frame.is_complete(period),
            });
        }
    }
    rows
}

/// The year that ends with a day: it begins after the same date of the year before.
fn year_up_to(last: Day) -> Period {
    let end = last.plus(1);
    let start = end.date().checked_sub_months(Months::new(12)).map_or(Day::MIN, Day::from);
    Period { start, end }
}
