//! What one person bought, order by order.

use std::cmp::Ordering;
use std::sync::Arc;

use kohort_inputs::Line;
use kohort_model::Goods;

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Category,
    Product,
}

impl Level {
    /// Sorted by name.
    pub const ALL: [Self; 2] = [Self::Category, Self::Product];

    /// The levels that lines tell of, sorted by name.
    pub fn of(goods: &Goods) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|level| match level {
            Self::Category => goods.has_categories,
            Self::Product => goods.has_products,
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Product => "product",
        }
    }

    /// The texts of its items.
    pub fn texts(self, goods: &Goods) -> &[Arc<str>] {
        match self {
            Self::Category => &goods.categories,
            Self::Product => &goods.products,
        }
    }

    fn item(self, line: &Line) -> u32 {
        match self {
            Self::Category => line.category,
            Self::Product => line.product,
        }
    }
}

/// An item in an order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Purchase {
    /// Place of the order among the person's: it rises with time.
    pub order: usize,
    pub item: u32,
    units: i128,
    value: i128,
}

impl Purchase {
    /// How the unit price compares with that of a purchase before; `None` where one of them has no
    /// units.
    pub fn price_against(&self, before: &Self) -> Option<Ordering> {
        let has_prices = self.units > 0 && before.units > 0;
        let (now, then) =
            (self.value.saturating_mul(before.units), before.value.saturating_mul(self.units));
        has_prices.then(|| now.cmp(&then))
    }
}

/// The lines of one person. Read once, it can be looked at on either level.
#[derive(Default)]
pub(super) struct History {
    /// Orders, sorted, and the place of the first line of each.
    first_lines: Vec<(u32, usize)>,
    /// Lines with the place of their order, order by order.
    lines: Vec<(usize, Line)>,
    /// Each item once an order, sorted by order and item.
    purchases: Vec<Purchase>,
    /// The first item, and the first other one in a later order.
    steps: (u32, Option<u32>),
}

impl History {
    /// Reads the lines of a person, one or more, in the order that a block has them.
    pub fn read(&mut self, lines: &[Line]) {
        let Self { first_lines, lines: ordered, .. } = self;
        first_lines.clear();
        first_lines.extend(lines.iter().enumerate().map(|(place, line)| (line.order, place)));
        first_lines.sort_unstable();
        first_lines.dedup_by_key(|(order, _)| *order);
        ordered.clear();
        ordered.extend(lines.iter().map(|line| {
            let order = first_lines.partition_point(|(order, _)| *order < line.order);
            (first_lines[order].1, *line)
        }));
        // The lines of an order stay in order of time, as the sort is stable.
        ordered.sort_by_key(|(order, _)| *order);
    }

    /// Looks at the items of a level from now on.
    pub fn look_at(&mut self, level: Level) {
        let Self { lines, purchases, steps, .. } = self;
        purchases.clear();
        purchases.extend(lines.iter().map(|(order, line)| Purchase {
            order: *order,
            item: level.item(line),
            units: line.units.into(),
            value: line.value.into(),
        }));
        let first = purchases[0];
        let is_next = |p: &&Purchase| p.order != first.order && p.item != first.item;
        *steps = (first.item, purchases.iter().find(is_next).map(|next| next.item));
        purchases.sort_unstable_by_key(|p| (p.order, p.item));
        purchases.dedup_by(|p, kept| {
            let is_same = (p.order, p.item) == (kept.order, kept.item);
            if is_same {
                kept.units += p.units;
                kept.value += p.value;
            }
            is_same
        });
    }

    /// How many orders there are.
    pub fn orders(&self) -> usize {
        self.first_lines.len()
    }

    /// The first item, and the first other one in a later order.
    pub fn steps(&self) -> (u32, Option<u32>) {
        self.steps
    }

    /// What was bought, each item once an order, sorted by order and item.
    pub fn purchases(&self) -> &[Purchase] {
        &self.purchases
    }
}
