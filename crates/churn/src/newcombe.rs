//! The difference of two shares and how sure it is.

use kohort_model::rate;

/// The 97.5th percentile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// A share: `of` is at least `n`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    pub n: u64,
    pub of: u64,
}

/// A difference of two shares, -1 to 1, with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Difference {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Share {
    /// `n / of`, unless that is none.
    pub fn rate(self) -> Option<f64> {
        rate(self.n.into(), self.of.into())
    }

    /// Wilson's 95 % interval of a share `p`.
    #[expect(clippy::cast_precision_loss, reason = "counts of people are far below 2^53")]
    fn interval(self, p: f64) -> (f64, f64) {
        let (n, z2) = (self.of as f64, Z * Z);
        let middle = 2.0 * n * p + z2;
        let spread = Z * (z2 + 4.0 * n * p * (1.0 - p)).sqrt();
        let width = 2.0 * (n + z2);
        ((middle - spread) / width, (middle + spread) / width)
    }

    /// `self - other`; `None` where one of them is none. Newcombe 1998, "Interval estimation for
    /// the difference between independent proportions", method 10.
    pub fn minus(self, other: Self) -> Option<Difference> {
        let (p, q) = (self.rate()?, other.rate()?);
        let ((p_low, p_high), (q_low, q_high)) = (self.interval(p), other.interval(q));
        let value = p - q;
        let low = value - (p - p_low).hypot(q_high - q);
        let high = value + (p_high - p).hypot(q - q_low);
        Some(Difference { value, low, high })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_intervals_of_the_paper() {
        // Newcombe 1998, table II, method 10.
        let cases = [
            ((56, 70), (48, 80), (0.0524, 0.3339)),
            ((9, 10), (3, 10), (0.1705, 0.8090)),
            ((6, 7), (2, 7), (0.0582, 0.8062)),
            ((5, 56), (0, 29), (-0.0381, 0.1926)),
            ((0, 10), (0, 20), (-0.1611, 0.2775)),
            ((0, 10), (0, 10), (-0.2775, 0.2775)),
            ((10, 10), (0, 20), (0.6791, 1.0)),
            ((10, 10), (0, 10), (0.6075, 1.0)),
        ];
        for ((n, of), (m, out_of), (low, high)) in cases {
            let found = Share { n, of }.minus(Share { n: m, of: out_of }).unwrap();
            let rounded = |x: f64| (x * 1e4).round() / 1e4;
            assert_eq!(
                (rounded(found.low), rounded(found.high)),
                (low, high),
                "{n}/{of} {found:?}"
            );
            assert!((-1.0..=1.0).contains(&found.low) && (-1.0..=1.0).contains(&found.high));
        }
    }

    #[test]
    fn nobody_has_no_share() {
        let (some, none) = (Share { n: 1, of: 2 }, Share { n: 0, of: 0 });
        assert_eq!(some.minus(none), None);
        assert_eq!(none.minus(some), None);
    }
}
