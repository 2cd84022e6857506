//! How far two counts are apart.

use kohort_model::calc::{Check, Formula, Given, Input, Outcome, Presence};
use kohort_model::rate;

/// The 97.5th percentile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// What of `churn_indicators` can be computed from numbers that are typed in.
pub(super) const FORMULAS: &[Formula] = &[
    Formula {
        name: "odds-ratio",
        about: "Whether those with a signal leave more often than the others",
        inputs: &[
            Input::count("exposed", "Customers with the signal"),
            Input::count("exposed-churned", "Those of them who left"),
            Input::count("unexposed", "Customers without it"),
            Input::count("unexposed-churned", "Those of them who left"),
        ],
        checks: &[
            among(&["exposed-churned"], "exposed"),
            among(&["unexposed-churned"], "unexposed"),
        ],
        results: &[
            Outcome::number("odds_ratio", ODDS, |g| Some(typed(g)?.value))
                .means(
                    "The odds to leave are {} times as high with the signal as without it; 1 tells \
                     nothing.",
                )
                .undefined(ONE_IS_0),
            Outcome::number("odds_ratio_low", WOOLF, |g| Some(typed(g)?.low))
                .means("With 95 % confidence it is at least {}; above 1 it is no chance.")
                .undefined(ONE_IS_0),
            Outcome::number("odds_ratio_high", WOOLF, |g| Some(typed(g)?.high))
                .means("With 95 % confidence it is at most {}; below 1 it is no chance.")
                .undefined(ONE_IS_0),
        ],
        example: "--exposed 200 --exposed-churned 40 --unexposed 800 --unexposed-churned 80",
    },
    Formula {
        name: "auc",
        about: "How well the level of a signal tells who leaves",
        inputs: &[
            Input::count("churned", "Who left, at each level of the signal, the lowest first")
                .with(Presence::List),
            Input::count("stayed", "Who stayed, at each of these levels").with(Presence::List),
        ],
        checks: &[Check::Pairs {
            first: "churned",
            second: "stayed",
            each: "level, the lowest first",
        }],
        results: &[Outcome::number(
            "auc",
            "share of the pairs of one who left and one who stayed in which the level of the first \
             is higher, equals counting half",
            |g| {
                let count = |n: i128| u64::try_from(n).unwrap_or(u64::MAX);
                let (churned, stayed) = (g.all("churned"), g.all("stayed"));
                auc(churned.zip(stayed).map(|(left, kept)| (count(left), count(kept))))
            },
        )
        .means("Who left has the higher level with a probability of {}; 0.5 tells nothing.")
        .undefined(", of which there are none, or too many to count")],
        example: "--churned '1; 0; 2' --stayed '0; 1; 3'",
    },
];

const ODDS: &str = "({exposed-churned} / ({exposed} - {exposed-churned})) / ({unexposed-churned} / \
                    ({unexposed} - {unexposed-churned}))";
const WOOLF: &str = "95 % interval of the odds ratio of {exposed-churned} of {exposed} and \
                     {unexposed-churned} of {unexposed} (Woolf 1955)";
const ONE_IS_0: &str = ", where somebody has to leave and to stay on both sides";

const fn among(parts: &'static [&'static str], whole: &'static str) -> Check {
    Check::AtMost { parts, whole, why: "who left is among them; leave out the others" }
}

fn typed(given: &Given) -> Option<OddsRatio> {
    let [exposed, exposed_churned, unexposed, unexposed_churned] =
        ["exposed", "exposed-churned", "unexposed", "unexposed-churned"]
            .map(|name| given.count(name));
    odds_ratio([
        exposed_churned,
        exposed.checked_sub(exposed_churned)?,
        unexposed_churned,
        unexposed.checked_sub(unexposed_churned)?,
    ])
}

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
/// somebody churned and somebody stayed, or where there are too many to count their pairs.
pub(crate) fn auc(by_score: impl IntoIterator<Item = (u64, u64)>) -> Option<f64> {
    let (mut churned, mut stayed, mut twice_higher) = (0, 0, 0_i128);
    for (left, kept) in by_score {
        let (left, kept) = (i128::from(left), i128::from(kept));
        twice_higher = twice_higher.checked_add(left.checked_mul(2 * stayed + kept)?)?;
        churned += left;
        stayed += kept;
    }
    rate(twice_higher, i128::checked_mul(2 * churned, stayed)?)
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
        let cases: [Case<'_>; 7] = [
            (&[], None),
            (&[(3, 0)], None),
            (&[(0, 3)], None),
            (&[(1, 1)], Some(0.5)),
            (&[(0, 2), (2, 0)], Some(1.0)),
            (&[(u64::MAX, 0), (0, u64::MAX)], None),
            // Of 3 x 4 pairs 1 x 1 + 2 x 1 + 2 x 0.5 x 3 are in order.
            (&[(0, 1), (1, 0), (2, 3)], Some(6.0 / 12.0)),
        ];
        for (by_score, expected) in cases {
            assert_eq!(auc(by_score.iter().copied()), expected, "{by_score:?}");
        }
    }
}
