//! `cross_sell` and `cross_sell_customers`.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::orders::or_none;
use super::people::{Group, Person};
use super::{Frame, ratio, row, segment_value, share};
use crate::compare::NaiveRow;
use crate::history::{Id, OrderLine};

/// What an item is.
#[derive(Clone, Copy)]
enum Level {
    Category,
    Product,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Product => "product",
        }
    }

    /// The item of a line.
    fn of(self, line: &OrderLine) -> String {
        or_none(match self {
            Self::Category => line.category.as_ref(),
            Self::Product => line.product.as_ref(),
        })
    }
}

/// The levels that are mapped.
fn levels(frame: &Frame<'_>) -> Vec<Level> {
    let mapped = frame.history.mapped();
    let levels = [(mapped.categories, Level::Category), (mapped.products, Level::Product)];
    levels.into_iter().filter_map(|(is_mapped, level)| is_mapped.then_some(level)).collect()
}

/// An order of one person.
struct Order<'a> {
    /// By which the orders of a person come one after the other.
    place: (i64, &'a Id),
    lines: Vec<&'a OrderLine>,
}

impl Order<'_> {
    fn items(&self, level: Level) -> BTreeSet<String> {
        self.lines.iter().map(|line| level.of(line)).collect()
    }
}

/// The orders of a person, the earliest first.
fn orders(person: &Person) -> Vec<Order<'_>> {
    let mut of = BTreeMap::<&Id, Vec<&OrderLine>>::new();
    for line in &person.further.lines {
        of.entry(&line.order).or_default().push(line);
    }
    let mut orders: Vec<_> = (of.into_iter())
        .map(|(id, lines)| {
            let first = lines.iter().map(|line| line.instant).min();
            Order { place: (first.expect("an order has lines"), id), lines }
        })
        .collect();
    orders.sort_by_key(|order| order.place);
    orders
}

/// Each person who bought something, with its orders.
fn buyers(group: &Group) -> Vec<Vec<Order<'_>>> {
    group.people.iter().map(orders).filter(|orders| !orders.is_empty()).collect()
}

/// What may have an item and another one: a customer, its way or an order.
struct Basket {
    /// Those that count for `item`.
    items: BTreeSet<String>,
    /// Those that count for `other_item`.
    others: BTreeSet<String>,
}

/// The baskets of a relation.
fn baskets(buyers: &[Vec<Order<'_>>], level: Level, relation: &str) -> Vec<Basket> {
    let both = |items: BTreeSet<String>| Basket { others: items.clone(), items };
    match relation {
        "order" => buyers.iter().flatten().map(|order| both(order.items(level))).collect(),
        "customer" => buyers.iter().map(|orders| both(bought(orders, level))).collect(),
        _ => buyers.iter().map(|orders| way(orders, level)).collect(),
    }
}

fn bought(orders: &[Order<'_>], level: Level) -> BTreeSet<String> {
    orders.iter().flat_map(|order| order.items(level)).collect()
}

/// From a customer's first item to the first other one of the first later order that has one.
fn way(orders: &[Order<'_>], level: Level) -> Basket {
    let first = |order: &Order<'_>, which: &dyn Fn(&String) -> bool| {
        let lines = order.lines.iter().filter(|line| which(&level.of(line)));
        let texts = |l: &OrderLine| (or_none(l.category.as_ref()), or_none(l.product.as_ref()));
        lines.min_by_key(|line| (line.instant, texts(line))).map(|line| level.of(line))
    };
    let item = orders.first().and_then(|order| first(order, &|_| true));
    let is_other = |other: &String| Some(other) != item.as_ref();
    let next = orders.iter().skip(1).find_map(|order| first(order, &is_other));
    Basket { items: item.into_iter().collect(), others: next.into_iter().collect() }
}

pub(super) fn cross_sell(frame: &Frame<'_>) -> Vec<NaiveRow> {
    let mut rows = Vec::new();
    for group in &frame.groups {
        let buyers = buyers(group);
        for level in levels(frame) {
            for relation in ["customer", "next", "order"] {
                let unit = if relation == "order" { "order" } else { "customer" };
                let frequent = frequent(frame, &baskets(&buyers, level, unit));
                let baskets = baskets(&buyers, level, relation);
                let count = |which: &dyn Fn(&Basket) -> bool| {
                    baskets.iter().filter(|basket| which(basket)).count()
                };
                for (item, other) in pairs(&frequent) {
                    let with_item = count(&|b| b.items.contains(item));
                    let with_other = count(&|b| b.others.contains(other));
                    let with_both = count(&|b| b.items.contains(item) && b.others.contains(other));
                    if !is_enough(frame, with_both, baskets.len()) {
                        continue;
                    }
                    let [of_item, of_other, of_both] =
                        [with_item, with_other, with_both].map(|n| n as i128);
                    rows.push(row! {
                        segment: group.segment,
                        segment_value: segment_value(group),
                        level: level.name(),
                        relation: relation,
                        item: Arc::<str>::from(item.as_str()),
                        other_item: Arc::<str>::from(other.as_str()),
                        baskets: baskets.len(),
                        with_item: with_item,
                        with_other: with_other,
                        with_both: with_both,
                        support: share(with_both, baskets.len()),
                        confidence: share(with_both, with_item),
                        lift: ratio(of_both * baskets.len() as i128, of_item * of_other),
                    });
                }
            }
        }
    }
    rows
}

/// Each two different items, in both directions.
fn pairs(items: &BTreeSet<String>) -> impl Iterator<Item = (&String, &String)> {
    let others = move |item| items.iter().filter(move |other| *other != item);
    items.iter().flat_map(move |item| others(item).map(move |other| (item, other)))
}

/// Whether `n` of the baskets are two, and of the share that counts.
fn is_enough(frame: &Frame<'_>, n: usize, baskets: usize) -> bool {
    n >= 2 && share(n, baskets).is_some_and(|support| support >= frame.settings.min_support)
}

/// The items that enough baskets have, of too many the most frequent.
fn frequent(frame: &Frame<'_>, baskets: &[Basket]) -> BTreeSet<String> {
    let all: BTreeSet<_> = baskets.iter().flat_map(|basket| &basket.items).collect();
    let with = |item: &String| baskets.iter().filter(|b| b.items.contains(item)).count();
    let mut items: Vec<_> =
        all.into_iter().filter(|item| is_enough(frame, with(item), baskets.len())).collect();
    items.sort_by_key(|item| (Reverse(with(item)), *item));
    items.into_iter().take(frame.settings.max_items).cloned().collect()
}

/// How customers bought an item again.
#[derive(Clone, Copy, Default)]
struct Repeats {
    purchases: usize,
    upgrades: usize,
    downgrades: usize,
}

pub(super) fn cross_sell_customers(frame: &Frame<'_>) -> Vec<NaiveRow> {
    let mut rows = Vec::new();
    for group in &frame.groups {
        let buyers = buyers(group);
        for level in levels(frame) {
            let baskets = baskets(&buyers, level, "customer");
            let items: BTreeSet<_> = baskets.iter().flat_map(|b| b.items.clone()).collect();
            let repeats = |item: &String| repeats(&buyers, level, item);
            let mut push = |item: Option<&String>, repeats: Repeats| {
                let bought_it = |b: &&Basket| item.is_none_or(|item| b.items.contains(item));
                let with: Vec<_> = baskets.iter().filter(bought_it).collect();
                let with_others = with.iter().filter(|b| b.items.len() > 1).count();
                rows.push(row! {
                    segment: group.segment,
                    segment_value: segment_value(group),
                    level: level.name(),
                    item: item.map(|item| Arc::<str>::from(item.as_str())),
                    customers: with.len(),
                    with_others: with_others,
                    with_others_rate: share(with_others, with.len()),
                    repeat_purchases: repeats.purchases,
                    upgrades: repeats.upgrades,
                    downgrades: repeats.downgrades,
                    upgrade_rate: share(repeats.upgrades, repeats.purchases),
                });
            };
            let all = items.iter().map(repeats).fold(Repeats::default(), |sum, one| Repeats {
                purchases: sum.purchases + one.purchases,
                upgrades: sum.upgrades + one.upgrades,
                downgrades: sum.downgrades + one.downgrades,
            });
            if !items.is_empty() {
                push(None, all);
            }
            for item in &items {
                push(Some(item), repeats(item));
            }
        }
    }
    rows
}

fn repeats(buyers: &[Vec<Order<'_>>], level: Level, item: &String) -> Repeats {
    let mut repeats = Repeats::default();
    for orders in buyers {
        let with: Vec<_> = orders.iter().filter(|o| o.items(level).contains(item)).collect();
        for pair in with.windows(2) {
            repeats.purchases += 1;
            let of_item = |order: &Order<'_>| {
                let lines = order.lines.iter().filter(|line| level.of(line) == *item);
                let both = lines.map(|line| (i128::from(line.value), i128::from(line.units)));
                both.fold((0, 0), |sum, line| (sum.0 + line.0, sum.1 + line.1))
            };
            let ((before, units_before), (now, units_now)) = (of_item(pair[0]), of_item(pair[1]));
            if units_before > 0 && units_now > 0 {
                match (now * units_before).cmp(&(before * units_now)) {
                    Ordering::Greater => repeats.upgrades += 1,
                    Ordering::Less => repeats.downgrades += 1,
                    Ordering::Equal => (),
                }
            }
        }
    }
    repeats
}
