//! `cross_sell` and `cross_sell_customers`: what goes with what, and who buys more than one thing.
//!
//! Everybody is looked at twice. The first look counts single items. The second knows which of
//! them are frequent and counts pairs of those alone: memory follows `max_items`, not how many
//! pairs there are.

mod counted;
mod history;
mod pair_counts;
mod pairs;
mod schema;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use kohort_model::{Block, Context, Finished, Measure, Slot, Table, Tally, merge_as, rate};

use counted::{Counted, Item};
use history::{History, Level};
use pairs::{Known, Pairs};
pub use schema::{CROSS_SELL, CROSS_SELL_CUSTOMERS};

/// The first fold: `cross_sell_customers`, and which items are frequent.
pub struct CrossSell {
    context: Arc<Context>,
    /// By slot and level.
    counted: Vec<[Counted; 2]>,
    history: History,
    /// The items of the customer at hand.
    items: Vec<(u32, Item)>,
}

impl CrossSell {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(context: Arc<Context>) -> Self {
        let counted = vec![Default::default(); context.slots.len()];
        Self { context, counted, history: History::default(), items: Vec::new() }
    }
}

impl Measure for CrossSell {
    fn fresh(&self) -> Box<dyn Measure> {
        Box::new(Self::new(Arc::clone(&self.context)))
    }

    fn fold(&mut self, block: &Block<'_>) {
        let Self { context, counted, history, items } = self;
        for customer in 0..block.len() {
            let lines = block.lines.of(customer);
            if lines.is_empty() {
                continue;
            }
            history.read(lines);
            for level in Level::of(&context.goods) {
                history.look_at(level);
                Item::of(history, items);
                for group in block.groups {
                    let counted = &mut counted[group.slot(customer)][level as usize];
                    counted.add_customer(history.orders(), items);
                }
            }
        }
    }

    fn merge(&mut self, other: Box<dyn Measure>) {
        let others = merge_as::<Self>(other).counted;
        for (own, other) in self.counted.iter_mut().flatten().zip(others.iter().flatten()) {
            own.add(other);
        }
    }

    fn finish(self: Box<Self>) -> Finished {
        let Self { context, counted, .. } = *self;
        let mut table = context.table(&CROSS_SELL_CUSTOMERS);
        for (slot, counted) in context.slots.iter().zip(&counted) {
            for level in Level::of(&context.goods) {
                write_customers(&mut table, &context, slot, level, &counted[level as usize]);
            }
        }
        let known = |counted| Known::new(counted, &context.goods);
        let known: Vec<_> = counted.into_iter().map(|levels| levels.map(known)).collect();
        let pairs = Pairs::new(context, known.into());
        Finished { tables: vec![table], again: vec![Box::new(pairs)], ..Finished::default() }
    }
}

fn write_customers(
    table: &mut Table,
    context: &Context,
    slot: &Slot,
    level: Level,
    counted: &Counted,
) {
    if counted.customers == 0 {
        return;
    }
    let mut write = |item: Option<Arc<str>>, customers: u64, with_others: u64, of: [u64; 3]| {
        let [repeats, upgrades, downgrades] = of;
        table.push([
            Arc::clone(&slot.segment).into(),
            slot.value.clone().into(),
            level.name().into(),
            item.into(),
            customers.into(),
            with_others.into(),
            rate(with_others.into(), customers.into()).into(),
            repeats.into(),
            upgrades.into(),
            downgrades.into(),
            rate(upgrades.into(), repeats.into()).into(),
        ]);
    };
    let repeats = |item: &Item| [item.repeat_purchases(), item.upgrades, item.downgrades];
    let all = counted.items.values().map(repeats);
    let all = all.fold([0; 3], |sum, item| std::array::from_fn(|i| sum[i] + item[i]));
    write(None, counted.customers, counted.with_others, all);
    let texts = level.texts(&context.goods);
    for (place, item) in &counted.items {
        let text = Arc::clone(&texts[*place as usize]);
        write(Some(text), item.customers, item.with_others, repeats(item));
    }
}
