//! From keys to rows.

use std::hash::{BuildHasher, Hash};

use polars::prelude::{DataType, Series, StaticArray, StringChunked};
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::{Key, Repeated};
use crate::column::{Column, VALUE};
use crate::number;
use crate::types::Type;

/// The row of a key that is not there.
pub(super) const NONE: u32 = u32::MAX;

/// The row of each key.
pub(super) enum Index {
    /// Of integers that lie near together, from the smallest on.
    Near { first: i64, rows: Vec<u32> },
    /// Of integers, those beyond 64 bits apart.
    Integers { near: Slots<i64>, far: FxHashMap<i128, u32> },
    /// Of texts, in slots by the upper half of their hash; whether it is the right one the text says.
    Texts { keys: Series, slots: Slots<u32> },
}

/// What is known of a key, and its row, in a table that is never more than half full; at first where the
/// key's hash says.
pub(super) struct Slots<K>(Vec<(K, u32)>);

/// How many times as many places as keys may lie between the smallest and the largest.
const SPREAD: u64 = 4;

impl Index {
    /// Of the keys of some rows, all of one chunk, without those that are NULL.
    pub fn new(keys: Series) -> Result<Self, Repeated> {
        match keys.dtype() {
            DataType::String => Self::texts(keys),
            DataType::Decimal(..) => match keys.decimal() {
                Ok(decimals) => {
                    let decimals = decimals.physical().downcast_as_array();
                    Self::integers(decimals.len(), |row| decimals.get(row))
                }
                Err(_) => Self::integers(0, |_| None),
            },
            _ => match keys.i64() {
                Ok(integers) => {
                    let integers = integers.downcast_as_array();
                    Self::integers(integers.len(), |row| integers.get(row).map(i128::from))
                }
                Err(_) => Self::integers(0, |_| None),
            },
        }
    }

    fn integers(len: usize, key: impl Fn(usize) -> Option<i128>) -> Result<Self, Repeated> {
        let (mut least, mut most, mut count) = (i128::MAX, i128::MIN, 0_u64);
        for key in (0..len).filter_map(&key) {
            (least, most, count) = (least.min(key), most.max(key), count + 1);
        }
        let rows = (0_u32..).zip(0..len).filter_map(|(row, place)| Some((row, key(place)?)));
        let again = |key: i128, earlier: u32, row: u32| {
            Err(Repeated { key: Key::Integer(key), rows: [earlier as usize, row as usize] })
        };
        let span = most.checked_sub(least).and_then(|span| u64::try_from(span).ok());
        let span = span.filter(|span| count > 0 && *span < count.saturating_mul(SPREAD));
        if let (Some(span), Ok(first)) = (span, i64::try_from(least)) {
            let mut near = vec![NONE; usize::try_from(span).unwrap_or_default() + 1];
            for (row, key) in rows {
                let place = usize::try_from(key - least).unwrap_or_default();
                match near[place] {
                    NONE => near[place] = row,
                    earlier => return again(key, earlier, row),
                }
            }
            return Ok(Self::Near { first, rows: near });
        }
        let mut near = Slots::new(len);
        let mut far = FxHashMap::default();
        for (row, key) in rows {
            let earlier = match i64::try_from(key) {
                Ok(key) => near.insert((hashed(&key), key), row, |_| true),
                Err(_) => far.insert(key, row),
            };
            if let Some(earlier) = earlier {
                return again(key, earlier, row);
            }
        }
        Ok(Self::Integers { near, far })
    }

    fn texts(keys: Series) -> Result<Self, Repeated> {
        let mut slots = Slots::new(keys.len());
        if let Ok(known) = keys.str() {
            for (row, key) in (0_u32..).zip(known.iter()) {
                let Some(key) = key else { continue };
                let is_same = |earlier| text(known, earlier) == key;
                if let Some(earlier) = slots.insert(of_text(key), row, is_same) {
                    let rows = [earlier as usize, row as usize];
                    return Err(Repeated { key: Key::Text(key.to_owned()), rows });
                }
            }
        }
        Ok(Self::Texts { keys, slots })
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Near { rows, .. } => rows.len() * 4,
            // Of those beyond 64 bits an entry with its byte of the hash, and an eighth at least is free.
            Self::Integers { near, far } => near.0.len() * 16 + far.capacity() * 33 * 8 / 7,
            Self::Texts { keys, slots } => slots.0.len() * 8 + keys.estimated_size(),
        }
    }

    /// The row of each key; [`NONE`] where it is not there, NULL or has failed.
    pub fn rows_of(&self, (keys, ty): (&Column<'_>, Type), count: usize) -> Vec<u32> {
        let scale = match ty {
            Type::Exact(exact) => exact.scale,
            _ => 0,
        };
        let is_narrow = matches!(&keys.values, crate::column::Values::Narrow(_)) && scale == 0;
        match self {
            Self::Near { first, rows } if is_narrow => {
                let cells = keys.narrow();
                let find = |key: i64| {
                    let place = usize::try_from(key.wrapping_sub(*first).cast_unsigned());
                    place.ok().and_then(|place| rows.get(place)).copied().unwrap_or(NONE)
                };
                each(keys, count, |row| find(cells.at(row)))
            }
            Self::Near { first, rows } => each(keys, count, |row| {
                let key = whole(exact_at(keys, row), scale);
                let place = key.and_then(|key| key.checked_sub((*first).into()));
                let place = place.and_then(|place| usize::try_from(place).ok());
                place.and_then(|place| rows.get(place)).copied().unwrap_or(NONE)
            }),
            Self::Integers { near, .. } if is_narrow => {
                let cells = keys.narrow();
                let sought = |row| (hashed(&cells.at(row)), cells.at(row));
                let sought: Vec<_> = (0..count).map(sought).collect();
                near.rows_of(keys, &sought, |_| (), |_, ()| true)
            }
            Self::Integers { near, far } => each(keys, count, |row| {
                let Some(key) = whole(exact_at(keys, row), scale) else { return NONE };
                match i64::try_from(key) {
                    Ok(key) => near.find((hashed(&key), key), |_| true),
                    Err(_) => far.get(&key).copied().unwrap_or(NONE),
                }
            }),
            Self::Texts { keys: known, slots } => match known.str() {
                Ok(known) => {
                    let sought: Vec<_> = (0..count).map(|row| of_text(keys.text(row))).collect();
                    let fetch = |found| if found == NONE { "" } else { text(known, found) };
                    slots.rows_of(keys, &sought, fetch, |row, found| *found == keys.text(row))
                }
                Err(_) => vec![NONE; count],
            },
        }
    }
}

/// What is found for each key that is neither NULL nor has failed.
fn each(keys: &Column<'_>, count: usize, find: impl Fn(usize) -> u32) -> Vec<u32> {
    if !keys.marks.any() {
        return (0..count).map(find).collect();
    }
    let row = |row| if keys.marks.at(row) == VALUE { find(row) } else { NONE };
    (0..count).map(row).collect()
}

impl<K: Copy + Default + Eq> Slots<K> {
    /// Of so many keys.
    fn new(keys: usize) -> Self {
        Self(vec![(K::default(), NONE); (keys * 2).next_power_of_two()])
    }

    #[expect(clippy::cast_possible_truncation, reason = "a place, of a part of the hash")]
    fn place(&self, hash: u64) -> usize {
        hash as usize & (self.0.len() - 1)
    }

    /// The row of a key, from its place at first on; what of several with one hash is the right one
    /// `is_same` says. [`NONE`] where it is not there.
    fn find(&self, (hash, key): (u64, K), is_same: impl Fn(u32) -> bool) -> u32 {
        let mut place = self.place(hash);
        loop {
            match self.0[place] {
                (_, NONE) => return NONE,
                (other, row) if other == key && is_same(row) => return row,
                _ => place = (place + 1) & (self.0.len() - 1),
            }
        }
    }

    /// Adds a key; the row that has it already, if there is one.
    fn insert(
        &mut self,
        (hash, key): (u64, K),
        row: u32,
        is_same: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let mut place = self.place(hash);
        loop {
            match self.0[place] {
                (_, NONE) => {
                    self.0[place] = (key, row);
                    return None;
                }
                (other, earlier) if other == key && is_same(earlier) => return Some(earlier),
                _ => place = (place + 1) & (self.0.len() - 1),
            }
        }
    }

    /// The rows of several keys. Slots are far from each other in memory, and so is what `fetch` gives of a
    /// row to tell by it whether it is the right one: fetched one after the other, with nothing that hangs on
    /// them between, the processor waits for several at a time.
    fn rows_of<T>(
        &self,
        keys: &Column<'_>,
        sought: &[(u64, K)],
        fetch: impl Fn(u32) -> T,
        is_same: impl Fn(usize, &T) -> bool,
    ) -> Vec<u32> {
        let first: Vec<_> = sought.iter().map(|(hash, _)| self.0[self.place(*hash)]).collect();
        let fetched: Vec<_> = first.iter().map(|(_, found)| fetch(*found)).collect();
        each(keys, sought.len(), |row| match first[row] {
            (_, NONE) => NONE,
            (key, found) if key == sought[row].1 && is_same(row, &fetched[row]) => found,
            _ => self.find(sought[row], |found| is_same(row, &fetch(found))),
        })
    }
}

/// The hash of a text, and the half of it that stands in its slot.
fn of_text(key: &str) -> (u64, u32) {
    let hash = hashed(key.as_bytes());
    (hash, (hash >> 32) as u32)
}

fn hashed(value: &(impl Hash + ?Sized)) -> u64 {
    FxBuildHasher.hash_one(value)
}

fn text(known: &StringChunked, row: u32) -> &str {
    known.downcast_as_array().value(row as usize)
}

/// The digits of an exact number.
pub(super) fn exact_at(keys: &Column<'_>, row: usize) -> i128 {
    match &keys.values {
        crate::column::Values::Narrow(cells) => cells.at(row).into(),
        crate::column::Values::Wide(cells) => cells.at(row),
        _ => 0,
    }
}

/// A number that has no places; `None` of any other.
pub(super) fn whole(number: i128, scale: u16) -> Option<i128> {
    let whole = number::at_scale(number, scale, 0)?;
    (number::at_scale(whole, 0, scale) == Some(number)).then_some(whole)
}
