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

use std::sync::Arc;

use kohort_inputs::Line;
use kohort_model::{
    Block, Context, Finished, Input, Measure, MeasureSpec, Passes, Requires, Setting, SettingKind,
    SettingsSection, Slot, Source, Table, Tally, Within, merge_as, rate, row,
};

use counted::{Counted, Item, Threshold};
use history::{History, Level};
use pairs::{Known, Pairs};
use schema::{CROSS_SELL_CUSTOMERS, TABLES};

/// The declaration.
pub static CROSS_SELL: MeasureSpec = MeasureSpec {
    tables: TABLES,
    reads: &[Input::OrderLines],
    passes: Passes::Two,
    settings: &[&SECTION],
    formulas: schema::FORMULAS,
    start: |context, settings| {
        let threshold = Threshold {
            min_support: settings.number(&SECTION, "min_support"),
            max_items: settings.whole(&SECTION, "max_items") as usize,
        };
        Box::new(CrossSell::new(context, threshold))
    },
    ..MeasureSpec::PLAIN
};

const LINES: Requires = Requires(&[Source::Input(Input::OrderLines)]);

static SECTION: SettingsSection = SettingsSection {
    name: "cross_sell",
    meaning: "Which pairs of items are counted.",
    requires: LINES,
    keys: &[
        Setting::new(
            "min_support",
            SettingKind::Number {
                default: 0.001,
                within: Within::Closed(0.0, 1.0),
                allowed: "a share from 0 to 1, such as 0.001",
            },
            "The share of the baskets that a pair and its items must have to be listed.",
            "min_support = 0.01",
        ),
        Setting::new(
            "max_items",
            SettingKind::whole(500, 2..=10_000, "items"),
            "How many of the most frequent items are paired.",
            "max_items = 1000",
        ),
    ],
};

/// The first fold: `cross_sell_customers`, and which items are frequent.
struct CrossSell {
    context: Arc<Context>,
    threshold: Threshold,
    /// By slot and level.
    counted: Vec<[Counted; 2]>,
    history: History,
    /// The items of the customer at hand.
    items: Vec<(u32, Item)>,
}

impl CrossSell {
    /// Nothing counted yet.
    fn new(context: Arc<Context>, threshold: Threshold) -> Self {
        let counted = vec![Default::default(); context.slots.len()];
        Self { context, threshold, counted, history: History::default(), items: Vec::new() }
    }
}

impl Measure for CrossSell {
    fn fresh(&self) -> Box<dyn Measure> {
        Box::new(Self::new(Arc::clone(&self.context), self.threshold))
    }

    fn fold(&mut self, block: &Block<'_>) {
        let Self { context, counted, history, items, .. } = self;
        for customer in 0..block.len() {
            let lines = block.items::<Line>(customer);
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
        let Self { context, threshold, counted, .. } = *self;
        let mut table = context.table(&CROSS_SELL_CUSTOMERS);
        for (slot, counted) in context.slots.iter().zip(&counted) {
            for level in Level::of(&context.goods) {
                write_customers(&mut table, &context, slot, level, &counted[level as usize]);
            }
        }
        let known = |counted| Known::new(counted, threshold);
        let known: Vec<_> = counted.into_iter().map(|levels| levels.map(known)).collect();
        let pairs = Pairs::new(context, threshold, known.into());
        Finished { tables: vec![table], second_pass: vec![Box::new(pairs)], ..Finished::default() }
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
        table.push(row!(CROSS_SELL_CUSTOMERS {
            segment: Arc::clone(&slot.segment),
            segment_value: slot.value.clone(),
            level: level.name(),
            item: item,
            customers: customers,
            with_others: with_others,
            with_others_rate: rate(with_others.into(), customers.into()),
            repeat_purchases: repeats,
            upgrades: upgrades,
            downgrades: downgrades,
            upgrade_rate: rate(upgrades.into(), repeats.into()),
        }));
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
