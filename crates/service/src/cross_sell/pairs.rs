//! The second look: pairs of frequent items.

use std::sync::Arc;

use kohort_inputs::Line;
use kohort_model::{Block, Context, Finished, Measure, Slot, Table, merge_as, rate, row};

use super::counted::{Counted, Item, Threshold};
use super::history::{History, Level};
use super::pair_counts::PairCounts;
use super::schema::CROSS_SELL;

/// How two items come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Customer,
    Next,
    Order,
}

impl Relation {
    /// Sorted by name.
    const ALL: [Self; 3] = [Self::Customer, Self::Next, Self::Order];

    fn name(self) -> &'static str {
        ["customer", "next", "order"][self as usize]
    }

    fn baskets(self, counted: &Counted) -> u64 {
        match self {
            Self::Customer | Self::Next => counted.customers,
            Self::Order => counted.orders,
        }
    }

    /// Baskets with an item as the one, and as the other of a pair.
    fn with(self, item: &Item) -> (u64, u64) {
        match self {
            Self::Customer => (item.customers, item.customers),
            Self::Next => (item.first, item.next),
            Self::Order => (item.orders, item.orders),
        }
    }
}

/// What the first look has found out about a slot and level.
pub(super) struct Known {
    /// Of items that are frequent.
    counted: Counted,
    /// Frequent items among customers, sorted.
    of_customers: Vec<u32>,
    /// Frequent items among orders, sorted.
    of_orders: Vec<u32>,
}

impl Known {
    pub fn new(mut counted: Counted, threshold: Threshold) -> Self {
        let of_customers = counted.frequent(threshold, counted.customers, |item| item.customers);
        let of_orders = counted.frequent(threshold, counted.orders, |item| item.orders);
        let is_frequent = |item| [&of_customers, &of_orders].iter().any(|of| holds(of, item));
        counted.items.retain(|item, _| is_frequent(*item));
        Self { counted, of_customers, of_orders }
    }
}

/// The fold behind `cross_sell`.
pub(super) struct Pairs {
    context: Arc<Context>,
    threshold: Threshold,
    /// By slot and level.
    known: Arc<[[Known; 2]]>,
    /// By slot, level and relation. But for [`Relation::Next`] the smaller item stands first.
    counts: Vec<[[PairCounts; 3]; 2]>,
    history: History,
    /// The frequent items of the basket at hand.
    kept: Vec<u32>,
}

impl Pairs {
    pub fn new(context: Arc<Context>, threshold: Threshold, known: Arc<[[Known; 2]]>) -> Self {
        let counts = vec![Default::default(); known.len()];
        Self { context, threshold, known, counts, history: History::default(), kept: Vec::new() }
    }
}

impl Measure for Pairs {
    fn fresh(&self) -> Box<dyn Measure> {
        Box::new(Self::new(Arc::clone(&self.context), self.threshold, Arc::clone(&self.known)))
    }

    fn fold(&mut self, block: &Block<'_>) {
        let Self { context, known, counts, history, kept, .. } = self;
        for customer in 0..block.len() {
            let lines = block.items::<Line>(customer);
            if lines.is_empty() {
                continue;
            }
            history.read(lines);
            for level in Level::of(&context.goods) {
                history.look_at(level);
                for group in block.groups {
                    let (slot, level) = (group.slot(customer), level as usize);
                    count(history, &known[slot][level], &mut counts[slot][level], kept);
                }
            }
        }
    }

    fn merge(&mut self, other: Box<dyn Measure>) {
        let others = merge_as::<Self>(other).counts;
        let own = self.counts.iter_mut().flatten().flatten();
        for (own, other) in own.zip(others.into_iter().flatten().flatten()) {
            own.merge(other);
        }
    }

    fn finish(self: Box<Self>) -> Finished {
        let Self { context, threshold, known, counts, .. } = *self;
        let mut table = context.table(&CROSS_SELL);
        for ((slot, known), counts) in context.slots.iter().zip(&*known).zip(counts) {
            for (level, counts) in Level::ALL.into_iter().zip(counts) {
                let counted = &known[level as usize].counted;
                for (relation, pairs) in Relation::ALL.into_iter().zip(counts) {
                    let pairs = pairs.into_counts();
                    let enough = |both| threshold.is_met(both, relation.baskets(counted));
                    let pairs = pairs.iter().filter(|(_, both)| enough(*both));
                    write(&mut table, &context, slot, level, relation, counted, pairs);
                }
            }
        }
        vec![table].into()
    }
}

/// Counts what a person bought.
fn count(history: &History, known: &Known, pairs: &mut [PairCounts; 3], kept: &mut Vec<u32>) {
    let [customer, next, order] = pairs;
    keep(kept, history.purchases().iter().map(|p| p.item), &known.of_customers);
    if let (from, Some(to)) = history.steps()
        && holds(kept, from)
        && holds(kept, to)
    {
        next.add((from, to));
    }
    count_pairs(kept, customer);
    for purchases in history.purchases().chunk_by(|a, b| a.order == b.order) {
        keep(kept, purchases.iter().map(|p| p.item), &known.of_orders);
        count_pairs(kept, order);
    }
}

/// Whether an item is among sorted ones.
fn holds(items: &[u32], item: u32) -> bool {
    items.binary_search(&item).is_ok()
}

/// Keeps those of the items that are frequent, sorted, each once.
fn keep(kept: &mut Vec<u32>, items: impl Iterator<Item = u32>, frequent: &[u32]) {
    kept.clear();
    kept.extend(items.filter(|item| holds(frequent, *item)));
    kept.sort_unstable();
    kept.dedup();
}

fn count_pairs(items: &[u32], pairs: &mut PairCounts) {
    for (place, item) in items.iter().enumerate() {
        for other in &items[place + 1..] {
            pairs.add((*item, *other));
        }
    }
}

fn write<'a>(
    table: &mut Table,
    context: &Context,
    slot: &Slot,
    level: Level,
    relation: Relation,
    counted: &Counted,
    pairs: impl Iterator<Item = &'a ((u32, u32), u64)>,
) {
    let baskets = relation.baskets(counted);
    let mut rows: Vec<_> = pairs.map(|((item, other), both)| (*item, *other, *both)).collect();
    if relation != Relation::Next {
        let turned: Vec<_> =
            rows.iter().map(|(item, other, both)| (*other, *item, *both)).collect();
        rows.extend(turned);
    }
    rows.sort_unstable();
    let texts = level.texts(&context.goods);
    for (item, other, both) in rows {
        let (with_item, _) = relation.with(&counted.items[&item]);
        let (_, with_other) = relation.with(&counted.items[&other]);
        let [both_of, all, one, another] = [both, baskets, with_item, with_other].map(i128::from);
        table.push(row!(CROSS_SELL {
            segment: Arc::clone(&slot.segment),
            segment_value: slot.value.clone(),
            level: level.name(),
            relation: relation.name(),
            item: Arc::clone(&texts[item as usize]),
            other_item: Arc::clone(&texts[other as usize]),
            baskets: baskets,
            with_item: with_item,
            with_other: with_other,
            with_both: both,
            support: rate(both_of, all),
            confidence: rate(both_of, one),
            lift: rate(both_of * all, one * another),
        }));
    }
}
