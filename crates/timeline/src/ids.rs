//! Customers by number inside a partition.

use std::hash::{BuildHasher, Hasher};

use kohort_model::Id;
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::store::PARTITIONS;

const BITS: u32 = PARTITIONS.trailing_zeros();

/// Partition of an integer id, and what is left of the id: together they are the id, and dense
/// ids stay dense within a partition. All bits are folded into the partition, so that ids
/// with a common step do not meet in one.
#[inline]
pub(crate) fn partition_of_integer(id: u64) -> (usize, u64) {
    (fold(id), rest_of_integer(id))
}

/// What the partition of an integer id leaves of it.
#[inline]
pub(crate) fn rest_of_integer(id: u64) -> u64 {
    id >> BITS
}

/// The largest rest that an integer id leaves.
pub(crate) const LARGEST_REST: u64 = u64::MAX >> BITS;

/// All groups of [`BITS`] bits, one over the other.
#[inline]
fn fold(id: u64) -> usize {
    let folded = id ^ (id >> (4 * BITS));
    let folded = folded ^ (folded >> (2 * BITS));
    to_partition(folded ^ (folded >> BITS))
}

/// The lowest bits.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "less than the number of partitions")]
fn to_partition(bits: u64) -> usize {
    (bits % PARTITIONS as u64) as usize
}

/// The inverse of [`partition_of_integer`].
pub(crate) fn integer_of(partition: usize, rest: u64) -> u64 {
    let high = rest << BITS;
    high | ((partition ^ fold(high)) as u64)
}

/// Partition of a byte id.
#[inline]
pub(crate) fn partition_of_bytes(id: &[u8]) -> usize {
    // Bits from the middle: a table of the partition's ids uses those at the ends.
    to_partition(hash_bytes(id) >> 40)
}

#[inline]
fn hash_bytes(id: &[u8]) -> u64 {
    let mut hasher = FxBuildHasher.build_hasher();
    hasher.write(id);
    hasher.finish()
}

/// Numbers customers from 0 in the order in which they come.
pub(crate) enum Numbering<'a> {
    /// The id less the smallest is the number.
    Direct { min: u64, count: usize },
    /// Integers too far apart for that, and the ids by number.
    Sparse(FxHashMap<u64, u32>, Vec<u64>),
    /// Byte ids, compared as bytes, and the ids by number.
    Bytes(FxHashMap<&'a [u8], u32>, Vec<&'a [u8]>),
}

impl<'a> Numbering<'a> {
    /// For integers between `min` and `max` in `rows` rows.
    pub fn integers(min: u64, max: u64, rows: usize) -> Self {
        let range = max.saturating_sub(min).saturating_add(1);
        // A slot that nobody uses costs less than a look-up.
        match usize::try_from(range) {
            Ok(count) if count <= 4 * rows + 1024 => Self::Direct { min, count },
            _ => Self::Sparse(FxHashMap::default(), Vec::new()),
        }
    }

    pub fn bytes() -> Self {
        Self::Bytes(FxHashMap::default(), Vec::new())
    }

    #[inline]
    pub fn of_integer(&mut self, id: u64) -> u32 {
        match self {
            Self::Direct { min, .. } => to_u32(id - *min),
            Self::Sparse(numbers, ids) => *numbers.entry(id).or_insert_with(|| {
                ids.push(id);
                to_u32(ids.len() as u64 - 1)
            }),
            Self::Bytes(..) => unreachable!("a layout has one type of customer id"),
        }
    }

    #[inline]
    pub fn of_bytes(&mut self, id: &'a [u8]) -> u32 {
        match self {
            Self::Bytes(numbers, ids) => *numbers.entry(id).or_insert_with(|| {
                ids.push(id);
                to_u32(ids.len() as u64 - 1)
            }),
            _ => unreachable!("a layout has one type of customer id"),
        }
    }

    /// How many numbers there are; with [`Numbering::Direct`] some may be nobody's.
    pub fn count(&self) -> usize {
        match self {
            Self::Direct { count, .. } => *count,
            Self::Sparse(_, ids) => ids.len(),
            Self::Bytes(_, ids) => ids.len(),
        }
    }

    /// Byte ids by number.
    pub fn into_bytes(self) -> Vec<&'a [u8]> {
        match self {
            Self::Bytes(_, ids) => ids,
            _ => Vec::new(),
        }
    }

    /// The ids of `partition` by number.
    pub fn ids(&self, partition: usize) -> Vec<Id> {
        let integer = |rest| Id::Integer(integer_of(partition, rest));
        match self {
            Self::Direct { min, count } => (*min..).take(*count).map(integer).collect(),
            Self::Sparse(_, ids) => ids.iter().copied().map(integer).collect(),
            Self::Bytes(_, ids) => ids.iter().map(|id| Id::Bytes((*id).into())).collect(),
        }
    }
}

/// Numbers within a partition: four thousand million customers in a 256th of the input would
/// need more memory than machines have.
#[inline]
pub(crate) fn to_u32(number: u64) -> u32 {
    u32::try_from(number).expect("fewer than 2^32 customers and events in a partition")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_is_its_partition_and_the_rest() {
        for id in [0, 1, 255, 256, 65_535, 1 << 33, u64::MAX, (1 << 63) + 77] {
            let (partition, rest) = partition_of_integer(id);
            assert_eq!(integer_of(partition, rest), id);
        }
    }

    #[test]
    fn steps_do_not_meet_in_one_partition() {
        for step in [1, 10, 256, 1000, 65_536, 1 << 32] {
            let mut used = [0; PARTITIONS];
            (0..10_000_u64).for_each(|i| used[partition_of_integer(i * step).0] += 1);
            assert!(used.iter().filter(|n| **n > 0).count() > 100, "step {step}");
        }
    }
}
