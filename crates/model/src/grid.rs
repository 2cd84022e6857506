//! Counters by slot, grain and period: the usual state of a measure.

use std::ops::{Index, IndexMut};

use crate::Context;

/// Counters that add up.
pub trait Tally: Clone + Default + Send + 'static {
    /// Adds what `other` has counted.
    fn add(&mut self, other: &Self);
}

macro_rules! sums {
    ($($number:ty),+) => {
        $(impl Tally for $number {
            #[inline]
            fn add(&mut self, other: &Self) {
                *self += other;
            }
        })+
    };
}

sums!(i32, i64, i128, u32, u64, u128);

/// Whether there was any.
impl Tally for bool {
    #[inline]
    fn add(&mut self, other: &Self) {
        *self |= other;
    }
}

impl<T: Tally, const N: usize> Tally for [T; N]
where
    [T; N]: Default,
{
    #[inline]
    fn add(&mut self, other: &Self) {
        self.iter_mut().zip(other).for_each(|(own, more)| own.add(more));
    }
}

/// Makes a struct a [`Tally`] that adds field by field; it names all of them.
#[macro_export]
macro_rules! tally {
    ($name:ident { $($field:ident),+ $(,)? }) => {
        impl $crate::Tally for $name {
            #[inline]
            fn add(&mut self, other: &Self) {
                let Self { $($field),+ } = other;
                $($crate::Tally::add(&mut self.$field, $field);)+
            }
        }
    };
}

/// Places up to which tallies stand side by side: some decades of months, some years of weeks. What
/// is longer is kept in pages.
const DENSE: usize = 512;
/// Places of a page, a power of two: few enough that a page with one count wastes little.
const PAGE: usize = 16;

/// A tally for every place from 0 on, where a place is a period or what a measure likes. Where there
/// are many places memory is taken by those in which something was counted: a single event
/// centuries before all others costs a page, not the centuries.
#[derive(Clone, Debug, Default)]
pub struct Places<T> {
    len: usize,
    /// The tallies of the first places; all of them where there are few.
    dense: Vec<T>,
    /// Number of the first page of `pages`.
    first: usize,
    /// Of places beyond the dense ones; empty where nothing was counted.
    pages: Vec<Box<[T]>>,
    /// What stands in every place without a page.
    nothing: T,
}

impl<T: Tally> Places<T> {
    /// Number of places: as many as were ever asked for.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no place was ever asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The tally of a place; `None` beyond the last.
    #[inline]
    #[must_use]
    pub fn get(&self, place: usize) -> Option<&T> {
        (place < self.len).then(|| &self[place])
    }

    /// The tallies of all places, in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        (0..self.len).map(|place| &self[place])
    }

    /// Makes room for `len` places at least.
    #[inline]
    pub fn grow(&mut self, len: usize) {
        if len > self.len {
            self.grow_to(len);
        }
    }

    #[cold]
    fn grow_to(&mut self, len: usize) {
        self.len = len;
        // What has a page stays there.
        if len <= DENSE && self.pages.is_empty() {
            self.dense.resize(len, T::default());
        }
    }

    /// The place's tally, which may then be counted in.
    #[inline]
    pub fn at(&mut self, place: usize) -> &mut T {
        // Nearly always, so that this is what is inlined.
        if place < self.dense.len() { &mut self.dense[place] } else { self.beyond(place) }
    }

    #[inline(never)]
    fn beyond(&mut self, place: usize) -> &mut T {
        self.grow(place + 1);
        if place < self.dense.len() {
            return &mut self.dense[place];
        }
        let mut page = (place / PAGE).wrapping_sub(self.first);
        if self.pages.get(page).is_none_or(|tallies| tallies.is_empty()) {
            page = self.add_page(place / PAGE);
        }
        &mut self.pages[page][place % PAGE]
    }

    /// Adds the page of a number; gives its position.
    fn add_page(&mut self, page: usize) -> usize {
        if self.pages.is_empty() {
            self.first = page;
        }
        if let Some(before) = self.first.checked_sub(page) {
            self.pages.splice(0..0, std::iter::repeat_with(Box::default).take(before));
            self.first = page;
        }
        let position = page - self.first;
        if self.pages.len() <= position {
            self.pages.resize_with(position + 1, Box::default);
        }
        self.pages[position] = vec![T::default(); PAGE].into_boxed_slice();
        position
    }

    /// Adds what another has counted.
    fn merge(&mut self, other: &Self) {
        self.grow(other.len);
        for (place, tally) in other.dense.iter().enumerate() {
            self.at(place).add(tally);
        }
        for (page, tallies) in (other.first..).zip(&other.pages) {
            for (place, tally) in (page * PAGE..).zip(tallies) {
                // The last page may reach beyond the last place, where nothing is counted.
                if place < self.len {
                    self.at(place).add(tally);
                }
            }
        }
    }
}

impl<T: Tally> Index<usize> for Places<T> {
    type Output = T;

    #[inline]
    fn index(&self, place: usize) -> &T {
        if let Some(tally) = self.dense.get(place) {
            return tally;
        }
        let page = (place / PAGE).wrapping_sub(self.first);
        self.pages.get(page).and_then(|page| page.get(place % PAGE)).unwrap_or(&self.nothing)
    }
}

impl<T: Tally> IndexMut<usize> for Places<T> {
    #[inline]
    fn index_mut(&mut self, place: usize) -> &mut T {
        self.at(place)
    }
}

/// Tallies of a second dimension, such as the periods since a cohort's.
impl<T: Tally> Tally for Places<T> {
    fn add(&mut self, other: &Self) {
        self.merge(other);
    }
}

/// The places of every (slot, grain).
#[derive(Clone, Debug)]
pub struct Grid<T> {
    grains: usize,
    cells: Vec<Places<T>>,
}

impl<T: Tally> Grid<T> {
    /// Nothing counted.
    #[must_use]
    pub fn new(context: &Context) -> Self {
        let grains = context.periods.len();
        Self { grains, cells: vec![Places::default(); context.slots.len() * grains] }
    }

    /// The tallies of a slot and grain, at least `len` of them.
    #[inline]
    pub fn at_least(&mut self, slot: usize, grain: usize, len: usize) -> &mut Places<T> {
        let cells = &mut self.cells[slot * self.grains + grain];
        cells.grow(len);
        cells
    }

    /// The tallies of a slot and grain.
    #[must_use]
    pub fn get(&self, slot: usize, grain: usize) -> &Places<T> {
        &self.cells[slot * self.grains + grain]
    }

    /// Adds what another grid of the same context has counted.
    pub fn merge(&mut self, other: Self) {
        for (own, other) in self.cells.iter_mut().zip(other.cells) {
            own.merge(&other);
        }
    }
}

/// Tallies of a second dimension, such as a reason, that grows with what is counted.
impl<T: Tally> Tally for Vec<T> {
    fn add(&mut self, other: &Self) {
        if self.len() < other.len() {
            self.resize(other.len(), T::default());
        }
        self.iter_mut().zip(other).for_each(|(own, other)| own.add(other));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, Default, PartialEq)]
    struct Count(u64);

    impl Tally for Count {
        fn add(&mut self, other: &Self) {
            self.0 += other.0;
        }
    }

    fn counted(places: &[usize]) -> Places<Count> {
        let mut counts: Places<Count> = Places::default();
        for place in places {
            counts[*place].0 += 1;
        }
        counts
    }

    #[test]
    fn places_count_like_a_vector() {
        let cases: [&[usize]; 7] = [
            &[],
            &[0],
            &[15, 16, 15],
            &[1_000_000, 3],
            &[40, 20, 0, 70, 20],
            &[100, 99, 98, 100],
            &[738_000, 0, 738_000],
        ];
        for first in cases {
            for second in cases {
                let mut merged = counted(first);
                merged.merge(&counted(second));
                let all = [first, second].concat();
                let len = all.iter().max().map_or(0, |last| last + 1);
                assert_eq!(merged.len(), len, "{first:?} {second:?}");
                for place in [0, 1, 3, 15, 16, 20, 40, 70, 99, 738_000, 1_000_000] {
                    let expected = all.iter().filter(|p| **p == place).count() as u64;
                    let found = merged.get(place).map(|count| count.0);
                    assert_eq!(found, (place < len).then_some(expected), "{place} of {all:?}");
                }
                assert_eq!(merged.iter().map(|count| count.0).sum::<u64>(), all.len() as u64);
            }
        }
    }

    #[test]
    fn memory_follows_what_is_counted() {
        let pages =
            |counts: &Places<Count>| counts.pages.iter().filter(|page| !page.is_empty()).count();
        // Places that were counted in; dense ones and pages that there are.
        let cases: [(&[usize], usize, usize); 6] = [
            (&[], 0, 0),
            (&[0, 1, 15], 16, 0),
            (&[511], 512, 0),
            (&[738_000], 0, 1),
            (&[738_000, 0, 1, 15], 0, 2),
            (&[20, 738_000, 738_001], 21, 1),
        ];
        for (places, dense, expected) in cases {
            let counted = counted(places);
            assert_eq!((counted.dense.len(), pages(&counted)), (dense, expected), "{places:?}");
        }
    }
}
