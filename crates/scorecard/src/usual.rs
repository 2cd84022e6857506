//! The usual range of a rate: what its own past lets one expect.
//!
//! These are the limits of a chart of individual values and moving ranges (XmR): the mean of the past
//! values, and on both sides of it 2.66 times the mean difference between neighbours. Wheeler,
//! *Understanding Variation* (1993); 2.66 is 3 / 1.128, three standard deviations as estimated from
//! ranges of two.

/// The fewest periods that tell what is usual.
pub const FEWEST: usize = 8;
/// The most that are looked at: two years of months.
pub const MOST: usize = 24;

const RANGES: f64 = 2.66;

/// A range around a middle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Usual {
    pub middle: f64,
    /// From the middle to either end.
    pub reach: f64,
}

/// The usual range after some values, in order of time: of the last [`MOST`] of them; `None` where
/// they are fewer than [`FEWEST`].
#[expect(clippy::cast_precision_loss, reason = "at most 24 values")]
pub(crate) fn usual(past: &[f64]) -> Option<Usual> {
    let past = &past[past.len().saturating_sub(MOST)..];
    if past.len() < FEWEST {
        return None;
    }
    let middle = past.iter().sum::<f64>() / past.len() as f64;
    let ranges = past.windows(2).map(|pair| (pair[1] - pair[0]).abs());
    let reach = RANGES * ranges.sum::<f64>() / (past.len() - 1) as f64;
    Some(Usual { middle, reach })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_by_hand() {
        let cases = [
            (&[1.0; 8], 1.0, 0.0),
            // Every step is 2.
            (&[1.0, 3.0, 1.0, 3.0, 1.0, 3.0, 1.0, 3.0], 2.0, 5.32),
            // Steps of 1, 2, 1, 0, 3, 0 and 1: 8 in all.
            (&[4.0, 5.0, 3.0, 4.0, 4.0, 1.0, 1.0, 2.0], 3.0, 2.66 * 8.0 / 7.0),
        ];
        for (past, middle, reach) in cases {
            let found = usual(past).unwrap();
            let is_near = |found: f64, expected: f64| (found - expected).abs() < 1e-12;
            assert!(is_near(found.middle, middle) && is_near(found.reach, reach), "{found:?}");
        }
        assert_eq!(usual(&[1.0; FEWEST - 1]), None);
        // What is older than two years of months is forgotten.
        let long: Vec<f64> = [100.0; 10].into_iter().chain([1.0; MOST]).collect();
        assert_eq!(usual(&long), Some(Usual { middle: 1.0, reach: 0.0 }));
    }
}
