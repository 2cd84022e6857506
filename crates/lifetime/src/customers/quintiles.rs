//! Ranks in five steps.

/// Which fifth of the customers a value belongs to, 5 being the largest values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Quintiles<K> {
    /// The least value of each quintile that somebody is in, rising.
    least: Vec<(K, u32)>,
}

impl<K: Copy + Ord> Quintiles<K> {
    /// From each value, rising, with how many customers have it.
    pub fn new(counts: &[(K, u64)]) -> Self {
        let customers: u64 = counts.iter().map(|(_, n)| n).sum();
        let mut least: Vec<(K, u32)> = Vec::new();
        let mut worse = 0;
        for (value, n) in counts {
            let quintile = 1 + u32::try_from(u128::from(worse) * 5 / u128::from(customers))
                .unwrap_or(u32::MAX);
            if least.last().is_none_or(|(_, last)| *last < quintile) {
                least.push((*value, quintile));
            }
            worse += n;
        }
        Self { least }
    }

    /// 1 + ⌊5 × (customers with a smaller value) / customers⌋, for a value that somebody has.
    pub fn of(&self, value: K) -> u32 {
        let place = self.least.partition_point(|(least, _)| *least <= value);
        self.least[..place].last().map_or(1, |(_, quintile)| *quintile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_share_a_quintile() {
        // Values with how many have them, and each value's quintile.
        type Case<'a> = (&'a [(i32, u64)], &'a [u32]);
        let cases: [Case<'_>; 6] = [
            (&[], &[]),
            (&[(7, 1)], &[1]),
            (&[(7, 9)], &[1]),
            (&[(1, 1), (2, 1), (3, 1), (4, 1), (5, 1)], &[1, 2, 3, 4, 5]),
            (&[(1, 4), (2, 1)], &[1, 5]),
            (&[(1, 1), (2, 1), (3, 3), (9, 2)], &[1, 1, 2, 4]),
        ];
        for (counts, expected) in cases {
            let quintiles = Quintiles::new(counts);
            let found: Vec<u32> = counts.iter().map(|(value, _)| quintiles.of(*value)).collect();
            assert_eq!(found, expected, "{counts:?}");
        }
    }
}
