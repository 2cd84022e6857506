//! What is counted of single items.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use kohort_model::{Tally, tally};

use super::history::{History, Purchase};

/// What is counted of an item.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Item {
    pub customers: u64,
    /// Of them, those who bought another one as well.
    pub with_others: u64,
    pub orders: u64,
    /// Customers whose first item it is.
    pub first: u64,
    /// Customers whose next item it is.
    pub next: u64,
    pub upgrades: u64,
    pub downgrades: u64,
}

impl Item {
    /// Orders with it but for each customer's first.
    pub fn repeat_purchases(&self) -> u64 {
        self.orders - self.customers
    }

    /// What a customer's purchases of one item count as, but for whether there are other items.
    fn new(purchases: &[Purchase], (first, next): (u32, Option<u32>)) -> (u32, Self) {
        let item = purchases[0].item;
        let prices = purchases.windows(2).map(|pair| pair[1].price_against(&pair[0]));
        let number = |of| prices.clone().filter(|price| *price == Some(of)).count() as u64;
        let counted = Self {
            customers: 1,
            with_others: 0,
            orders: purchases.len() as u64,
            first: u64::from(first == item),
            next: u64::from(next == Some(item)),
            upgrades: number(Ordering::Greater),
            downgrades: number(Ordering::Less),
        };
        (item, counted)
    }

    /// What a customer's purchases count as, item by item.
    pub fn of(history: &History, into: &mut Vec<(u32, Self)>) {
        let mut purchases = history.purchases().to_vec();
        purchases.sort_unstable_by_key(|p| (p.item, p.order));
        into.clear();
        let items = purchases.chunk_by(|a, b| a.item == b.item);
        into.extend(items.map(|purchases| Self::new(purchases, history.steps())));
        let with_others = u64::from(into.len() > 1);
        for (_, item) in into {
            item.with_others = with_others;
        }
    }
}

tally!(Item { customers, with_others, orders, first, next, upgrades, downgrades });

/// What is counted of a slot and level.
#[derive(Clone, Debug, Default)]
pub(super) struct Counted {
    pub customers: u64,
    /// Customers with two or more items.
    pub with_others: u64,
    pub orders: u64,
    pub items: BTreeMap<u32, Item>,
}

impl Counted {
    /// Counts a customer with these items.
    pub fn add_customer(&mut self, orders: usize, items: &[(u32, Item)]) {
        self.customers += 1;
        self.with_others += u64::from(items.len() > 1);
        self.orders += orders as u64;
        for (item, more) in items {
            self.items.entry(*item).or_default().add(more);
        }
    }

    /// The most frequent items, sorted, of those that enough of the baskets have.
    pub fn frequent(
        &self,
        threshold: Threshold,
        baskets: u64,
        with: impl Fn(&Item) -> u64,
    ) -> Vec<u32> {
        let items = self.items.iter().map(|(item, counted)| (Reverse(with(counted)), *item));
        let mut items: Vec<_> =
            items.filter(|(with, _)| threshold.is_met(with.0, baskets)).collect();
        items.sort_unstable();
        items.truncate(threshold.max_items);
        let mut items: Vec<u32> = items.into_iter().map(|(_, item)| item).collect();
        items.sort_unstable();
        items
    }
}

impl Tally for Counted {
    fn add(&mut self, other: &Self) {
        self.customers += other.customers;
        self.with_others += other.with_others;
        self.orders += other.orders;
        for (item, more) in &other.items {
            self.items.entry(*item).or_default().add(more);
        }
    }
}

/// Which items and pairs are frequent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Threshold {
    /// The least share of the baskets, 0 to 1.
    pub min_support: f64,
    /// How many items of a level are paired, at least 2.
    pub max_items: usize,
}

impl Threshold {
    /// Whether `with` of the baskets are two or more, and the least share that is listed.
    #[expect(clippy::cast_precision_loss, reason = "the share is a float")]
    pub fn is_met(self, with: u64, baskets: u64) -> bool {
        with >= 2 && with as f64 >= self.min_support * baskets as f64
    }
}
