//! Counts of rows by day.

use std::collections::BTreeMap;

use kohort_model::UNDATED;

/// Days that get counters at once.
const STRETCH: u16 = 512;
/// Days that may have counters side by side: 179 years, half a megabyte.
const SIDE_BY_SIDE: usize = 1 << 16;

/// How many rows each day has, in days since 1970-01-01.
#[derive(Default)]
pub(super) struct DayCounts {
    /// The day of the first counter.
    base: i32,
    counters: Vec<u64>,
    /// Of days too far from those that have counters.
    far: BTreeMap<i32, u64>,
}

impl DayCounts {
    /// Adds rows of one day.
    pub fn add(&mut self, day: i32, rows: usize) {
        *self.counter(day) += rows as u64;
    }

    /// Adds a row for each of `days`, but none for those without one.
    pub fn add_each(&mut self, days: &[i32]) {
        for day in days.iter().filter(|day| **day != UNDATED) {
            *self.counter(*day) += 1;
        }
    }

    #[inline]
    fn counter(&mut self, day: i32) -> &mut u64 {
        let place = day.abs_diff(self.base) as usize;
        if day >= self.base && place < self.counters.len() {
            &mut self.counters[place]
        } else {
            self.new_counter(day)
        }
    }

    #[cold]
    fn new_counter(&mut self, day: i32) -> &mut u64 {
        let stretch = day & -i32::from(STRETCH);
        if self.counters.is_empty() {
            self.base = stretch;
        }
        let first = self.base.min(stretch);
        let missing = self.base.abs_diff(first) as usize;
        let end = stretch.abs_diff(first) as usize + usize::from(STRETCH);
        let len = end.max(missing + self.counters.len());
        if len > SIDE_BY_SIDE {
            return self.far.entry(day).or_default();
        }
        self.counters.splice(0..0, (0..missing).map(|_| 0));
        self.counters.resize(len, 0);
        self.base = first;
        &mut self.counters[day.abs_diff(first) as usize]
    }

    /// The counts of days with rows; all are 0 from then on.
    pub fn take(&mut self) -> BTreeMap<i32, u64> {
        let mut taken = std::mem::take(&mut self.far);
        let dense = (self.base..).zip(&mut self.counters);
        let dense = dense.filter(|(_, rows)| **rows > 0);
        taken.extend(dense.map(|(day, rows)| (day, std::mem::take(rows))));
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_is_counted() {
        let lowest = UNDATED + 1;
        let cases: [&[i32]; 8] = [
            &[],
            &[UNDATED, UNDATED],
            &[0, 0, -1, UNDATED, 511, 512, 0],
            &[20_000, 19_999, 18_000, 21_000, 20_000],
            &[i32::MAX, lowest, 0, i32::MAX, lowest],
            &[lowest, i32::MAX, 0, 1, 2, 1],
            &[-719_162, 20_000, 20_001, -719_162, 20_001],
            &[0, 65_535, 65_536, -1, 65_536],
        ];
        let mut counts = DayCounts::default();
        for days in cases {
            let mut expected = BTreeMap::new();
            for day in days.iter().filter(|day| **day != UNDATED) {
                *expected.entry(*day).or_default() += 1;
            }
            counts.add_each(days);
            assert_eq!(counts.take(), expected, "{days:?}");
            *expected.entry(7).or_default() += 3;
            days.chunks(2).for_each(|days| counts.add_each(days));
            counts.add(7, 3);
            assert_eq!(counts.take(), expected, "{days:?} in parts");
        }
        assert_eq!(counts.take(), BTreeMap::new());
    }
}
