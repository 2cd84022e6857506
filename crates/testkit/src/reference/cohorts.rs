//! `cohort_retention`, `cohort_curve` and `cohort_order_values`.

use std::collections::BTreeSet;

use kohort_model::Cell;

use super::people::Person;
use super::{Frame, average, ratio, row, segment_value, share};
use crate::compare::{NaiveRow, cell, count, money};

pub(super) fn cohort_retention(frame: &Frame<'_>) -> Vec<NaiveRow> {
    let mut rows = Vec::new();
    for (grain, group) in frame.grains_and_groups() {
        let max_k = frame.settings.max_k(grain).map_or(usize::MAX, |k| k as usize);
        let periods = frame.periods(grain, group.first_activity());
        for (c, cohort) in periods.iter().enumerate() {
            let people: Vec<_> =
                group.customers().filter(|p| cohort.holds(p.first_day())).collect();
            if people.is_empty() {
                continue;
            }
            let size = people.len();
            let customers = |which: &dyn Fn(&Person) -> bool| {
                people.iter().filter(|person| which(person)).count()
            };
            let revenue = |period| people.iter().map(|p| frame.revenue(p, period)).sum::<i128>();
            let mut cumulative = 0;
            for (k, period) in periods[c..].iter().enumerate().take_while(|(k, _)| *k <= max_k) {
                let active = customers(&|p| p.is_active_in(*period));
                let on_or_after = customers(&|p| p.is_active_on_or_after(period.start));
                let repurchased_by = customers(&|p| {
                    p.activity_days().into_iter().nth(1).is_some_and(|day| day < period.end)
                });
                let orders = (people.iter().flat_map(|p| p.activity()))
                    .filter(|e| period.holds(e.day))
                    .count();
                let earned = revenue(*period);
                cumulative += earned;
                rows.push(row! {
                    grain: grain.name(),
                    segment: group.segment,
                    segment_value: segment_value(group),
                    cohort: cohort.start,
                    k: k,
                    period: period.start,
                    cohort_size: size,
                    active: active,
                    retention_rate: share(active, size),
                    on_or_after: on_or_after,
                    on_or_after_rate: share(on_or_after, size),
                    repurchased_by: repurchased_by,
                    repurchased_rate: share(repurchased_by, size),
                    orders: orders,
                    revenue: earned,
                    cumulative_revenue: cumulative,
                    revenue_per_active: average(earned, active, frame),
                    revenue_per_cohort_customer: average(earned, size, frame),
                    revenue_retention_rate: ratio(earned, revenue(*cohort)),
                    is_truncated: frame.is_unsettled(cohort.start),
                    is_complete: frame.is_complete(*period),
                });
            }
        }
    }
    rows
}

pub(super) fn cohort_order_values(frame: &Frame<'_>) -> Vec<NaiveRow> {
    let mut rows = Vec::new();
    for (grain, group) in frame.grains_and_groups() {
        let max_k = frame.settings.max_k(grain).map_or(usize::MAX, |k| k as usize);
        let periods = frame.periods(grain, group.first_activity());
        for (c, cohort) in periods.iter().enumerate() {
            let people: Vec<_> =
                group.customers().filter(|p| cohort.holds(p.first_day())).collect();
            let mut of_cohort = Vec::new();
            for (k, period) in periods[c..].iter().enumerate().take_while(|(k, _)| *k <= max_k) {
                let orders = people.iter().flat_map(|p| p.activity());
                let orders = orders.filter(|e| period.holds(e.day) && e.value >= 0);
                let mut values: Vec<i128> = orders.map(|e| e.value).collect();
                values.sort_unstable();
                let sum = values.iter().sum();
                of_cohort.push(row! {
                    grain: grain.name(),
                    segment: group.segment,
                    segment_value: segment_value(group),
                    cohort: cohort.start,
                    k: k,
                    period: period.start,
                    orders: values.len(),
                    mean_order_value: average(sum, values.len(), frame),
                    p10_order_value: percentile(&values, 10, frame),
                    median_order_value: percentile(&values, 50, frame),
                    p90_order_value: percentile(&values, 90, frame),
                    is_complete: frame.is_complete(*period),
                });
            }
            if of_cohort.iter().any(|row| count(row, "orders") > 0) {
                rows.extend(of_cohort);
            }
        }
    }
    rows
}

/// Of sorted values the one at the place, or in proportion between the two next to it.
fn percentile(values: &[i128], percent: usize, frame: &Frame<'_>) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    let (place, part) = (last * percent / 100, (last * percent % 100) as i128);
    let (low, high) = (values[place], values[(place + 1).min(last)]);
    average(low * (100 - part) + high * part, 100, frame)
}

/// The curves of the cells of `cohort_retention`.
pub(super) fn cohort_curve(cells: &[NaiveRow]) -> Vec<NaiveRow> {
    let is_same_group = |a: &NaiveRow, b: &NaiveRow| {
        ["grain", "segment", "segment_value"].iter().all(|c| cell(a, c) == cell(b, c))
    };
    let mut rows = Vec::new();
    for of_group in cells.chunk_by(is_same_group) {
        // Cells that enter, each with the k = 0 of its cohort.
        let is_complete = |r: &NaiveRow| *cell(r, "is_complete") == Cell::Bool(true);
        let base_of = |r: &NaiveRow| {
            let is_base =
                |b: &&NaiveRow| count(b, "k") == 0 && cell(b, "cohort") == cell(r, "cohort");
            of_group.iter().find(is_base).expect("a cohort starts at k = 0")
        };
        let entering: Vec<_> = (of_group.iter())
            .filter(|r| is_complete(r) && *cell(r, "is_truncated") == Cell::Bool(false))
            .map(|r| (r, base_of(r)))
            .filter(|(_, base)| is_complete(base))
            .collect();
        let ks: BTreeSet<_> = entering.iter().map(|(r, _)| count(r, "k")).collect();
        for k in ks {
            let of_k: Vec<_> = entering.iter().filter(|(r, _)| count(r, "k") == k).collect();
            let customers: i64 = of_k.iter().map(|(r, _)| count(r, "cohort_size")).sum();
            let active: i64 = of_k.iter().map(|(r, _)| count(r, "active")).sum();
            let revenue: i128 = of_k.iter().map(|(r, _)| money(r, "revenue")).sum();
            let base_revenue: i128 = of_k.iter().map(|(_, base)| money(base, "revenue")).sum();
            rows.push(row! {
                grain: cell(&of_group[0], "grain").clone(),
                segment: cell(&of_group[0], "segment").clone(),
                segment_value: cell(&of_group[0], "segment_value").clone(),
                k: k,
                cohorts: of_k.len(),
                customers: customers,
                active: active,
                retention_rate: ratio(active.into(), customers.into()),
                mean_retention_rate: mean(of_k.iter().map(|(r, _)| cell(r, "retention_rate"))),
                revenue: revenue,
                base_revenue: base_revenue,
                revenue_retention_rate: ratio(revenue, base_revenue),
                is_complete: true,
            });
        }
    }
    rows
}

/// The mean of rates, in their order; each is there, as a cohort has customers.
#[expect(clippy::cast_precision_loss, reason = "cohorts are few")]
fn mean<'a>(rates: impl ExactSizeIterator<Item = &'a Cell>) -> f64 {
    let n = rates.len();
    let rate = |cell: &Cell| match cell {
        Cell::Float(rate) => *rate,
        other => panic!("the retention rate of a cohort is {other:?}"),
    };
    rates.map(rate).sum::<f64>() / n as f64
}
