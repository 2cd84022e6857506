//! `loyalty`.

use kohort_model::Day;

use super::people::Person;
use super::{Frame, average, ratio, row, segment_value, share};
use crate::compare::NaiveRow;

pub(super) fn loyalty(frame: &Frame<'_>) -> Vec<NaiveRow> {
    let mut rows = Vec::new();
    let window = i64::from(frame.settings.loyalty.window_days);
    let loyal_orders = frame.settings.loyalty.orders as usize;
    for (grain, group) in frame.grains_and_groups() {
        for period in frame.periods(grain, group.first_activity()) {
            let last = period.last_known(frame.as_of);
            let window_start = last.plus(1 - window);
            let orders = |p: &Person, from: Day, to: Day| {
                p.activity().filter(|e| from <= e.day && e.day <= to).count()
            };
            let value = |p: &Person| {
                p.activity().filter(|e| period.holds(e.day)).map(|e| e.value).sum::<i128>()
            };
            let customers =
                |which: &dyn Fn(&Person) -> bool| group.customers().filter(|p| which(p)).count();
            let at_least = |n: usize| customers(&|p| orders(p, window_start, last) >= n);

            let buyers = customers(&|p| p.is_active_in(period));
            let repeat_buyers =
                customers(&|p| p.is_active_in(period) && orders(p, p.first_day(), last) >= 2);
            let of_period: usize = group.customers().map(|p| orders(p, period.start, last)).sum();
            let order_revenue: i128 = group.customers().map(value).sum();
            let returning: i128 =
                group.customers().filter(|p| p.first_day() < period.start).map(value).sum();
            let is_known = frame.settings.history_start.is_none_or(|start| start <= window_start);
            rows.push(row! {
                grain: grain.name(),
                segment: group.segment,
                segment_value: segment_value(group),
                period: period.start,
                buyers: buyers,
                repeat_buyers: repeat_buyers,
                repeat_purchase_ratio: share(repeat_buyers, buyers),
                window_buyers: at_least(1),
                window_repeat_buyers: at_least(2),
                window_repeat_purchase_ratio: share(at_least(2), at_least(1)),
                loyal: at_least(loyal_orders),
                loyal_customer_rate: share(at_least(loyal_orders), at_least(1)),
                orders: of_period,
                orders_per_customer: share(of_period, buyers),
                order_revenue: order_revenue,
                average_order_value: average(order_revenue, of_period, frame),
                returning_revenue: returning,
                returning_revenue_share: ratio(returning, order_revenue),
                is_complete: frame.is_complete(period) && is_known,
            });
        }
    }
    rows
}
