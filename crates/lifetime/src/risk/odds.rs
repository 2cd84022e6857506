//! How far two counts are apart.

use kohort_model::rate;

/// The 97.5th percentile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// An odds ratio with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct OddsRatio {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// The odds of churn of the exposed over those of the others, from the counts of those who were
/// exposed and churned, were exposed and stayed, were not and churned, were not and stayed; `None`
/// where one of them is 0. Woolf 1955, "On estimating the relation between blood group and disease".
pub(crate) fn odds_ratio(counts: [u64; 4]) -> Option<OddsRatio> {
    let [a, b, c, d] = counts.map(i128::from);
    if a == 0 {
        return None;
    }
    let value = rate(a * d, b * c).filter(|value| *value > 0.0)?;
    let inverses: Option<f64> = [a, b, c, d].into_iter().map(|n| rate(1, n)).sum();
    let (log, spread) = (libm::log(value), Z * inverses?.sqrt());
    Some(OddsRatio { value, low: libm::exp(log - spread), high: libm::exp(log + spread) })
}

/// The probability that of two observations the one that churned has the higher score, equals
/// counting half: from how many churned and how many stayed of each score, rising. `None` unless
/// somebody churned and somebody stayed.
pub(crate) fn auc(by_score: impl IntoIterator<Item = (u64, u64)>) -> Option<f64> {
    let (mut churned, mut stayed, mut twice_higher) = (0, 0, 0);
    for (left, kept) in by_score {
        let (left, kept) = (i128::from(left), i128::from(kept));
        twice_higher += left * (2 * stayed + kept);
        churned += left;
        stayed += kept;
    }
    rate(twice_higher, 2 * churned * stayed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_odds_ratios() {
        let cases = [
            // Doll and Hill 1950, table IV: smokers among men with and without cancer of the lung.
            ([647, 622, 2, 27], Some((14.0426, 3.3253, 59.3008))),
            // The four counts equal: e^(± Z √0.4).
            ([10, 10, 10, 10], Some((1.0, 0.2895, 3.4542))),
            ([0, 1, 1, 1], None),
            ([1, 0, 1, 1], None),
            ([1, 1, 0, 1], None),
            ([1, 1, 1, 0], None),
        ];
        let rounded = |x: f64| (x * 1e4).round() / 1e4;
        for (counts, expected) in cases {
            let found = odds_ratio(counts).map(|o| (o.value, o.low, o.high));
            let found =
                found.map(|(value, low, high)| (rounded(value), rounded(low), rounded(high)));
            assert_eq!(found, expected, "{counts:?}");
        }
    }

    #[test]
    fn pairs_in_order() {
        // Churned and stayed by score.
        type Case<'a> = (&'a [(u64, u64)], Option<f64>);
        let cases: [Case<'_>; 6] = [
            (&[], None),
            (&[(3, 0)], None),
            (&[(0, 3)], None),
            (&[(1, 1)], Some(0.5)),
            (&[(0, 2), (2, 0)], Some(1.0)),
            // Of 3 x 4 pairs 1 x 1 + 2 x 1 + 2 x 0.5 x 3 are in order.
            (&[(0, 1), (1, 0), (2, 3)], Some(6.0 / 12.0)),
        ];
        for (by_score, expected) in cases {
            assert_eq!(auc(by_score.iter().copied()), expected, "{by_score:?}");
        }
    }
}
