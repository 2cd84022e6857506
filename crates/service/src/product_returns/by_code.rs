//! Tallies by code, in memory that follows how many codes were counted.

use std::collections::BTreeMap;

use kohort_model::Tally;

use super::Sides;

/// Codes that stand side by side in any case.
const FEW: usize = 8;
/// How many times as many codes as were counted stand side by side at most.
const SPARSE: usize = 4;

/// What moved by the code of a category, product or reason. Of thousands of products a period has few: those
/// wait in a map until enough of the codes below them are there to stand side by side.
#[derive(Clone, Debug, Default)]
pub(super) struct ByCode {
    dense: Vec<Sides>,
    /// Of codes beyond the dense ones.
    others: BTreeMap<u32, Sides>,
}

impl ByCode {
    /// The tally of a code.
    #[inline]
    pub fn at(&mut self, code: u32) -> &mut Sides {
        let place = code as usize;
        if place < self.dense.len() { &mut self.dense[place] } else { self.beyond(code) }
    }

    fn beyond(&mut self, code: u32) -> &mut Sides {
        self.others.entry(code).or_default();
        let len = self.others.last_key_value().map_or(0, |(last, _)| *last as usize + 1);
        if len > FEW.max(self.dense.len() + SPARSE * self.others.len()) {
            return self.others.entry(code).or_default();
        }
        self.dense.resize(len, Sides::default());
        for (code, sides) in std::mem::take(&mut self.others) {
            self.dense[code as usize] = sides;
        }
        &mut self.dense[code as usize]
    }

    /// The codes that were counted, rising, with their tallies.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Sides)> {
        let others = self.others.iter().map(|(code, sides)| (*code, sides));
        let all = (0..).zip(&self.dense).chain(others);
        all.filter(|(_, sides)| sides.iter().any(|moved| moved.orders > 0))
    }
}

impl Tally for ByCode {
    fn add(&mut self, other: &Self) {
        for (code, sides) in other.iter() {
            self.at(code).add(sides);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Moved;
    use super::*;

    #[test]
    fn codes_are_those_of_a_map() {
        // Codes as they come, and how many stand side by side in the end.
        let cases: [(&[u32], usize); 5] = [
            (&[], 0),
            (&[7, 0, 7], 8),
            (&[u32::MAX, 100, 3], 0),
            (&[9, 30, 2, 29, 31, 11, 5, 1, 900], 32),
            (&[20, 21, 22, 23, 24, 25, 26, 27, 200], 28),
        ];
        for (codes, dense) in cases {
            let mut expected = BTreeMap::<u32, u64>::new();
            let (mut whole, mut parts) = (ByCode::default(), [(); 2].map(|()| ByCode::default()));
            for (i, code) in codes.iter().enumerate() {
                let moved = Moved { orders: i as u64 + 1, ..Moved::default() };
                for tally in [&mut whole, &mut parts[i % 2]] {
                    tally.at(*code)[i % 3].add(&moved);
                }
                *expected.entry(*code).or_default() += moved.orders;
            }
            let [mut one, other] = parts;
            one.add(&other);
            assert_eq!(whole.dense.len(), dense, "{codes:?}");
            for tally in [whole, one] {
                let orders = |sides: &Sides| sides.iter().map(|moved| moved.orders).sum();
                let found = tally.iter().map(|(code, sides)| (code, orders(sides)));
                let expected = expected.iter().map(|(code, orders)| (*code, *orders));
                assert!(found.eq(expected), "{codes:?}");
            }
        }
    }
}
