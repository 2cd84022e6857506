//! `product_returns`.

use std::collections::BTreeSet;
use std::sync::Arc;

use kohort_model::Day;

use super::orders::{or_none, or_unknown};
use super::people::Group;
use super::{Frame, ratio, row, segment_value, share};
use crate::compare::NaiveRow;
use crate::history::{OrderLine, Return};

/// By what goods are told apart, in the order of rows.
const BREAKDOWNS: [&str; 4] = ["total", "category", "product", "reason"];

/// A line that was sold, or goods that came back.
struct Goods {
    /// The person's place in its group, and the order's among those of the person.
    order: (usize, usize),
    /// When the order was placed; of goods whose order has no line nobody knows.
    ordered: Option<Day>,
    /// When they came back.
    returned: Option<Day>,
    /// What they are by each of [`BREAKDOWNS`]; nothing by those that do not tell.
    is: [Option<String>; 4],
    units: i64,
    value: i128,
}

/// What stands in one row.
struct Cut<'a> {
    breakdown: &'static str,
    value: Option<String>,
    sold: Vec<&'a Goods>,
    back: Vec<&'a Goods>,
}

pub(super) fn product_returns(frame: &Frame<'_>) -> Vec<NaiveRow> {
    let mut rows = Vec::new();
    for (grain, group) in frame.grains_and_groups() {
        let goods = goods(group);
        let days = goods.iter().filter_map(|g| g.returned.or(g.ordered));
        for period in frame.periods(grain, days.min()) {
            for attribution in ["order_date", "return_date"] {
                let by_order = attribution == "order_date";
                let day = |g: &Goods| if by_order { g.ordered } else { g.returned.or(g.ordered) };
                let here = goods.iter().filter(|g| day(g).is_some_and(|day| period.holds(day)));
                let window = i64::from(frame.settings.return_window_days);
                let is_over = !by_order || period.end.plus(window) <= frame.as_of;
                for Cut { breakdown, value, sold, back } in cuts(frame, &here.collect::<Vec<_>>()) {
                    let unmatched = back.iter().filter(|g| g.ordered.is_none()).count();
                    rows.push(row! {
                        grain: grain.name(),
                        segment: group.segment,
                        segment_value: segment_value(group),
                        period: period.start,
                        attribution: attribution,
                        breakdown: breakdown,
                        breakdown_value: value.map(Arc::<str>::from),
                        sold_units: units(&sold),
                        sold_orders: orders(&sold),
                        sold_value: worth(&sold),
                        returned_units: units(&back),
                        returned_orders: orders(&back),
                        returned_value: worth(&back),
                        unit_return_rate: ratio(units(&back).into(), units(&sold).into()),
                        order_return_rate: share(orders(&back), orders(&sold)),
                        value_return_rate: ratio(worth(&back), worth(&sold)),
                        unmatched: (!by_order && breakdown == "total").then_some(unmatched),
                        is_mature: frame.is_complete(period) && is_over,
                        is_complete: frame.is_complete(period),
                    });
                }
            }
        }
    }
    rows
}

/// The goods of a period by what they are.
fn cuts<'a>(frame: &Frame<'_>, here: &[&'a Goods]) -> Vec<Cut<'a>> {
    let mapped = frame.history.mapped();
    let with_products = mapped.products && mapped.returned_products;
    let is_there = [true, mapped.categories, with_products, mapped.return_reasons];
    let (back, sold): (Vec<_>, Vec<_>) = here.iter().partition(|g| g.returned.is_some());
    let mut cuts = Vec::new();
    for (b, breakdown) in BREAKDOWNS.into_iter().enumerate().filter(|(b, _)| is_there[*b]) {
        let mut values: BTreeSet<_> = here.iter().map(|g| &g.is[b]).collect();
        match breakdown {
            "total" => values = BTreeSet::from([&None]),
            _ => values.retain(|value| value.is_some()),
        }
        for value in values {
            let of_value = |goods: &[&'a Goods]| {
                goods.iter().filter(|g| g.is[b] == *value).copied().collect::<Vec<_>>()
            };
            // Nobody gives a reason for what stays where it is.
            let sold = if breakdown == "reason" { sold.clone() } else { of_value(&sold) };
            cuts.push(Cut { breakdown, value: value.clone(), sold, back: of_value(&back) });
        }
    }
    cuts
}

fn units(goods: &[&Goods]) -> i64 {
    goods.iter().map(|g| g.units).sum()
}

fn worth(goods: &[&Goods]) -> i128 {
    goods.iter().map(|g| g.value).sum()
}

fn orders(goods: &[&Goods]) -> usize {
    goods.iter().map(|g| g.order).collect::<BTreeSet<_>>().len()
}

/// What people bought and gave back.
fn goods(group: &Group) -> Vec<Goods> {
    let mut goods = Vec::new();
    for (p, person) in group.people.iter().enumerate() {
        let (lines, returns) = (&person.further.lines, &person.further.returns);
        let ids = lines.iter().map(|l| &l.order).chain(returns.iter().map(|r| &r.order));
        for (o, id) in ids.collect::<BTreeSet<_>>().into_iter().enumerate() {
            let lines: Vec<_> = lines.iter().filter(|l| l.order == *id).collect();
            let ordered = lines.iter().min_by_key(|l| l.instant).map(|l| l.day);
            goods.extend(lines.iter().map(|line| {
                let category = Some(or_none(line.category.as_ref()));
                let product = Some(or_none(line.product.as_ref()));
                Goods {
                    order: (p, o),
                    ordered,
                    returned: None,
                    is: [None, category, product, None],
                    units: line.units,
                    value: line.value.into(),
                }
            }));
            goods.extend(returns.iter().filter(|r| r.order == *id).map(|back| {
                let product = Some(or_none(back.product.as_ref()));
                let reason = Some(or_unknown(back.reason.as_ref()));
                Goods {
                    order: (p, o),
                    ordered,
                    returned: Some(back.day),
                    is: [None, Some(category(&lines, back)), product, reason],
                    units: back.units,
                    value: back.value.into(),
                }
            }));
        }
    }
    goods
}

/// That of the order's line with the same product, of several the smallest text.
fn category(lines: &[&OrderLine], back: &Return) -> String {
    let same = |l: &&&OrderLine| or_none(l.product.as_ref()) == or_none(back.product.as_ref());
    let categories = lines.iter().filter(same).map(|l| or_none(l.category.as_ref()));
    categories.min().unwrap_or_else(|| "(none)".to_owned())
}
