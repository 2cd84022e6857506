//! The gap that is usual between a customer's order days, as the days come.

use kohort_model::Day;

/// The gaps between the days so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rhythm {
    last: Option<Day>,
    /// In days, above 0, rising.
    gaps: Vec<u32>,
}

impl Rhythm {
    /// Takes an activity day that is not before the one taken last.
    pub fn push(&mut self, day: Day) {
        let gap = self.last.replace(day).map_or(0, |last| day.0.abs_diff(last.0));
        if gap > 0 {
            let place = self.gaps.partition_point(|other| *other <= gap);
            self.gaps.insert(place, gap);
        }
    }

    /// The same with several days.
    pub fn extend(&mut self, days: &[Day]) {
        for day in days {
            self.push(*day);
        }
    }

    /// Forgets the customer.
    pub fn clear(&mut self) {
        self.last = None;
        self.gaps.clear();
    }

    /// Twice the median of the gaps in days, so that it is whole; `None` of fewer than two, from
    /// which nothing is usual.
    pub fn usual_twice(&self) -> Option<u32> {
        let gaps = &self.gaps;
        (gaps.len() >= 2).then(|| gaps[(gaps.len() - 1) / 2] + gaps[gaps.len() / 2])
    }

    /// How long so many days of silence are: 0 up to the usual gap or where none is usual, 1 up to
    /// two, 2 up to four, 3 above.
    pub fn overdue_class(&self, silence: u32) -> u32 {
        let Some(usual_twice) = self.usual_twice() else { return 0 };
        let (twice, usual_twice) = (2 * u64::from(silence), u64::from(usual_twice));
        [1, 2, 4].iter().map(|times| u32::from(twice > times * usual_twice)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_gaps_and_silence() {
        // Days; twice the median gap; the last days of silence of the classes 0, 1 and 2.
        type Case<'a> = (&'a [i32], Option<(u32, [u32; 3])>);
        let cases: [Case<'_>; 6] = [
            (&[], None),
            (&[3], None),
            (&[3, 3, 10], None),
            (&[0, 7, 17], Some((17, [8, 17, 34]))),
            (&[0, 7, 7, 17, 37], Some((20, [10, 20, 40]))),
            (&[0, 20, 21, 31, 38], Some((17, [8, 17, 34]))),
        ];
        for (days, expected) in cases {
            let mut rhythm = Rhythm::default();
            rhythm.push(Day(99));
            rhythm.clear();
            rhythm.extend(&days.iter().map(|day| Day(*day)).collect::<Vec<_>>());
            assert_eq!(rhythm.usual_twice(), expected.map(|(twice, _)| twice), "{days:?}");
            assert_eq!(rhythm.overdue_class(0), 0);
            let Some((_, ends)) = expected else {
                assert_eq!(rhythm.overdue_class(u32::MAX), 0, "{days:?}");
                continue;
            };
            for (class, end) in (0..).zip(ends) {
                let found = (rhythm.overdue_class(end), rhythm.overdue_class(end + 1));
                assert_eq!(found, (class, class + 1), "{days:?}");
            }
            assert_eq!(rhythm.overdue_class(u32::MAX), 3);
        }
    }
}
