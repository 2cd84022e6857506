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

impl Part {
    pub const ALL: [Self; 3] = [Self::Category, Self::Product, Self::Reason];
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

/// What one order sold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sold {
    /// `None` for all of it, else with the code of the category or product.
    pub part: Option<(Part, u32)>,
    /// The day of the order.
    pub day: Day,
    pub moved: Moved,
}

/// A return, as it counts in one kind of row.
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
    /// Order by order, of each its total first.
    sold: Vec<Sold>,
    /// Code, units and value of the lines of an order, by code.
    by_code: Vec<(u32, u64, i64)>,
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
            sold: Vec::new(),
            by_code: Vec::new(),
            sorted: Vec::new(),
            unmatched: Vec::new(),
        }
    }

    /// Turns to a person with these lines and returns, in the order of a block.
    pub fn read(&mut self, lines: &[Line], returns: &[Return]) {
        self.read_lines(lines);
        self.read_returns(returns);
    }

    fn read_lines(&mut self, lines: &[Line]) {
        let Self { has_products, no_category, lines: by_order, sold, by_code, .. } = self;
        sold.clear();
        by_order.clear();
        by_order.extend_from_slice(lines);
        // Stable, so that the first line of an order stays the earliest.
        by_order.sort_by_key(|line| line.order);
        let moved = |line: &Line| (line.units.unsigned_abs(), line.value);
        let has = [(Part::Category, no_category.is_some()), (Part::Product, *has_products)];
        for order in by_order.chunk_by(|a, b| a.order == b.order) {
            let day = order[0].day;
            let all = Moved::one_order(order.iter().map(moved));
            sold.push(Sold { part: None, day, moved: all });
            for (part, _) in has.into_iter().filter(|(_, has)| *has) {
                let code =
                    |line: &Line| if part == Part::Category { line.category } else { line.product };
                by_code.clear();
                by_code.extend(order.iter().map(|line| {
                    let (units, value) = moved(line);
                    (code(line), units, value)
                }));
                by_code.sort_unstable_by_key(|(code, ..)| *code);
                sold.extend(by_code.chunk_by(|a, b| a.0 == b.0).map(|same| {
                    let lines = same.iter().map(|(_, units, value)| (*units, *value));
                    Sold { part: Some((part, same[0].0)), day, moved: Moved::one_order(lines) }
                }));
            }
        }
    }

    fn read_returns(&mut self, returns: &[Return]) {
        let Self {
            has_products, has_reasons, no_category, lines: by_order, sorted, unmatched, ..
        } = self;
        sorted.clear();
        unmatched.clear();
        let mut count = |total: Fact, parts: [Option<(Part, u32)>; 3]| {
            sorted.push(total);
            let parts = parts.into_iter().flatten();
            sorted.extend(parts.map(|part| Fact { part: Some(part), ..total }));
        };
        let product = |code| has_products.then_some((Part::Product, code));
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

    /// What was sold, order by order.
    pub fn sold(&self) -> impl Iterator<Item = &[Sold]> {
        self.sold.chunk_by(|_, next| next.part.is_some())
    }

    /// What came back of one order in one period, once for every part and side; the fact tells which.
    pub fn returned(&self, periods: &Periods) -> impl Iterator<Item = (&Fact, Moved)> {
        let key = |fact: &Fact| (fact.part, fact.side, fact.order, periods.of(fact.day));
        let runs = self.sorted.chunk_by(move |a, b| key(a) == key(b));
        runs.map(|run| (&run[0], Moved::one_order(run.iter().map(|fact| (fact.units, fact.value)))))
    }
}

/// The lines of an order, of lines by order.
fn lines_of(by_order: &[Line], order: u32) -> &[Line] {
    let first = by_order.partition_point(|line| line.order < order);
    let len = by_order[first..].partition_point(|line| line.order == order);
    &by_order[first..first + len]
}
