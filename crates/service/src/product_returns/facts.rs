//! What a person bought and sent back, by everything that has a row.

use kohort_inputs::{Line, Return};
use kohort_model::{Day, Goods, Periods};

use super::Moved;

/// What goods are broken down by, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Category,
    Product,
    Reason,
}

/// What became of goods, and which day places them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    /// Sold, on the day of the order.
    Sold,
    /// Returned, on the day of the order.
    ByOrder,
    /// Returned, on the day on which they came back.
    ByReturn,
}

impl Side {
    pub const ALL: [Self; 3] = [Self::Sold, Self::ByOrder, Self::ByReturn];
}

/// A line or a return, as it counts in one kind of row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fact {
    /// `None` for the total, else with the code of the category, product or reason.
    pub part: Option<(Part, u32)>,
    pub side: Side,
    pub day: Day,
    order: u32,
    units: u64,
    value: i64,
}

/// The facts of one person.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    has_products: bool,
    has_reasons: bool,
    /// The category of goods without one; `None` where lines name no category.
    no_category: Option<u32>,
    /// Lines by order, those of one order by instant.
    lines: Vec<Line>,
    /// By part, side and order, then by day.
    sorted: Vec<Fact>,
    /// Day of each return whose order has no line.
    pub unmatched: Vec<Day>,
}

impl Facts {
    /// Of nobody yet.
    pub fn new(goods: &Goods) -> Self {
        let no_category = || {
            let place = goods.categories.iter().position(|category| &**category == "(none)");
            place.and_then(|place| u32::try_from(place).ok()).expect("(none) is a category")
        };
        Self {
            has_products: goods.has_products && goods.has_returned_products,
            has_reasons: goods.has_reasons,
            no_category: goods.has_categories.then(no_category),
            lines: Vec::new(),
            sorted: Vec::new(),
            unmatched: Vec::new(),
        }
    }

    /// Turns to a person with these lines and returns, in the order of a block.
    pub fn read(&mut self, lines: &[Line], returns: &[Return]) {
        let Self { has_products, has_reasons, no_category, lines: by_order, sorted, unmatched } =
            self;
        sorted.clear();
        unmatched.clear();
        by_order.clear();
        by_order.extend_from_slice(lines);
        // Stable, so that the first line of an order stays the earliest.
        by_order.sort_by_key(|line| line.order);
        let mut count = |total: Fact, parts: [Option<(Part, u32)>; 3]| {
            sorted.push(total);
            let parts = parts.into_iter().flatten();
            sorted.extend(parts.map(|part| Fact { part: Some(part), ..total }));
        };
        let product = |code| has_products.then_some((Part::Product, code));
        for order in by_order.chunk_by(|a, b| a.order == b.order) {
            for line in order {
                let category = no_category.map(|_| (Part::Category, line.category));
                let total = Fact {
                    part: None,
                    side: Side::Sold,
                    day: order[0].day,
                    order: line.order,
                    units: line.units.unsigned_abs(),
                    value: line.value,
                };
                count(total, [category, product(line.product), None]);
            }
        }
        for returned in returns {
            let order = lines_of(by_order, returned.order);
            let sold = order.iter().filter(|line| line.product == returned.product);
            let category = sold.map(|line| line.category).min();
            let parts = [
                no_category.map(|none| (Part::Category, category.unwrap_or(none))),
                product(returned.product),
                has_reasons.then_some((Part::Reason, returned.reason)),
            ];
            let total = Fact {
                part: None,
                side: Side::ByReturn,
                day: returned.day,
                order: returned.order,
                units: returned.units.unsigned_abs(),
                value: returned.value,
            };
            count(total, parts);
            match order.first() {
                Some(line) => count(Fact { side: Side::ByOrder, day: line.day, ..total }, parts),
                None => unmatched.push(returned.day),
            }
        }
        sorted.sort_unstable_by_key(|fact| (fact.part, fact.side, fact.order, fact.day));
    }

    /// What one order moved in one period, once for every part and side; the fact tells which.
    pub fn by_period(&self, periods: &Periods) -> impl Iterator<Item = (&Fact, Moved)> {
        let key = |fact: &Fact| (fact.part, fact.side, fact.order, periods.of(fact.day));
        let runs = self.sorted.chunk_by(move |a, b| key(a) == key(b));
        runs.map(|run| {
            let units = run.iter().fold(0_u64, |sum, fact| sum.saturating_add(fact.units));
            let value = run.iter().map(|fact| i128::from(fact.value)).sum();
            (&run[0], Moved { value, units, orders: 1 })
        })
    }
}

/// The lines of an order, of lines by order.
fn lines_of(by_order: &[Line], order: u32) -> &[Line] {
    let first = by_order.partition_point(|line| line.order < order);
    let len = by_order[first..].partition_point(|line| line.order == order);
    &by_order[first..first + len]
}
