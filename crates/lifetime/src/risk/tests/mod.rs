//! People with signals.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "numbers of tests are small"
)]

mod chance;
mod fits;
mod levels;
mod months;
mod planted;

use kohort_inputs::{Invoice, Return, Score, Signal};
use kohort_model::{
    Block, BlockItems, Context, Day, Engagement, Finished, Grain, ItemLists, Measure,
};

use crate::tests::{Person, context, show};

/// One customer's history with what may tell whether it stays.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub person: Person,
    /// Day, signal and hundredths.
    pub signals: Vec<(i32, u32, i64)>,
    /// Day, due day, day paid and minor units.
    pub invoices: Vec<(i32, i32, Option<i32>, i64)>,
    /// Days on which goods came back.
    pub returns: Vec<i32>,
    /// Days and scores.
    pub scores: Vec<(i32, u8)>,
}

/// Everybody, `a` and `b`; signals of these names that are known from these days.
pub(super) fn frame(
    first: i32,
    as_of: i32,
    grain: Grain,
    signals: &[(&str, Option<i32>)],
) -> Context {
    let engagement = Engagement {
        signals: signals.iter().map(|(name, _)| (*name).into()).collect(),
        known_from: signals.iter().map(|(_, from)| from.map(Day)).collect(),
        ..Engagement::default()
    };
    Context { engagement, ..context(first, as_of, grain) }
}

/// Shows the people as one block.
pub(super) fn show_known(context: &Context, people: &[Known], each: impl FnOnce(&Block<'_>)) {
    fn items<T>(people: &[Known], of: impl Fn(&Known) -> Vec<T>) -> Vec<Vec<T>> {
        people.iter().map(of).collect()
    }
    let signals = items(people, |known| {
        let signals = known.signals.iter();
        let signal =
            |&(day, signal, value): &(i32, u32, i64)| Signal { day: Day(day), signal, value };
        signals.map(signal).collect()
    });
    let invoices = items(people, |known| {
        let invoices = known.invoices.iter();
        let invoice = |&(issued, due, paid, amount): &(i32, i32, Option<i32>, i64)| Invoice {
            issued: Day(issued),
            due: Some(Day(due)),
            paid: paid.map(Day),
            amount,
            id: None,
        };
        invoices.map(invoice).collect()
    });
    let returns = items(people, |known| {
        let back = |day: &i32| Return {
            order: 0,
            day: Day(*day),
            product: 0,
            reason: 0,
            units: 3,
            value: 999,
        };
        known.returns.iter().map(back).collect()
    });
    let scores = items(people, |known| {
        let score = |(day, score): &(i32, u8)| Score { day: Day(*day), score: *score };
        known.scores.iter().map(score).collect()
    });
    let items = ItemLists::default().with(&signals).with(&invoices).with(&returns).with(&scores);
    let persons: Vec<Person> = people.iter().map(|known| known.person.clone()).collect();
    show(context, &persons, |block| {
        each(&Block { items: BlockItems { all: Some(&items), first: 0 }, ..*block });
    });
}

/// What comes of a measure that saw the people in so many parts.
pub(super) fn finish_known(
    mut measure: Box<dyn Measure>,
    context: &Context,
    people: &[Known],
    parts: usize,
) -> Finished {
    for part in people.chunks(people.len().div_ceil(parts).max(1)) {
        let mut other = measure.fresh();
        show_known(context, part, |block| other.fold(block));
        measure.merge(other);
    }
    measure.finish()
}

/// Numbers that look random and are the same every time.
pub(super) struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 0 to `sides` - 1. Knuth's MMIX generator, high bits only.
    pub fn below(&mut self, sides: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(sides)).unwrap()
    }

    /// A day from `from` to `to` - 1.
    pub fn day(&mut self, from: i32, to: i32) -> i32 {
        from + self.below(to.abs_diff(from)).cast_signed()
    }

    /// Whether an event of this probability happens.
    pub fn happens(&mut self, probability: f64) -> bool {
        f64::from(self.below(1 << 30)) < probability * f64::from(1 << 30)
    }
}
