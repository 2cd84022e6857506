//! The rates of revenue that is won and lost, and their formulas.

use kohort_model::calc::{Check, Formula, Given, Input, Outcome, Presence};
use kohort_model::{Scale, average, div_round_half_away, rate};

use crate::movement::Movements;

/// What can be computed from numbers that are typed in.
// Medians: SaaS Capital, Research Brief 28, "2023 B2B SaaS Retention Benchmarks", figure 1. Quick ratio:
// Hamid, "Numbers That Actually Matter. Finding Your North Star", SaaStr 2017.
pub(crate) const FORMULAS: &[Formula] = &[
    Formula {
        name: "revenue-churn",
        about: "Which share of the revenue left, gross and net, and what came in its place",
        inputs: &[
            Input::amount("start", "Revenue at the start, from all customers of then"),
            Input::amount("churned", "Revenue of the customers who left"),
            Input::amount("contraction", "What staying customers pay less than before")
                .with(Presence::OrZero),
            Input::amount("expansion", "What staying customers pay more than before")
                .with(Presence::OrZero),
            Input::amount("new", "Revenue of new customers").with(Presence::OrZero),
            Input::amount("reactivated", "Revenue of former customers who came back")
                .with(Presence::OrZero),
        ],
        checks: &[Check::AtMost {
            parts: &["churned", "contraction"],
            whole: "start",
            why: "both are lost from the revenue at the start; leave out what came later",
        }],
        results: &[
            Outcome::share(
                "gross_revenue_churn_rate",
                "({churned} + {contraction}) / {start}",
                |g| {
                    let [opening, churned, contraction, _] = movements(g);
                    gross_revenue_churn_rate(opening, churned, contraction)
                },
            )
            .means("{} of the revenue of the start was lost: who left, and who pays less."),
            Outcome::share(
                "net_revenue_churn_rate",
                "({churned} + {contraction} - {expansion}) / {start}",
                |g| {
                    let [opening, churned, contraction, expansion] = movements(g);
                    net_revenue_churn_rate(opening, churned, contraction, expansion)
                },
            )
            .means(
                "{} of the revenue of the start was lost after what staying customers pay more; \
                 below zero it grew.",
            ),
            Outcome::share(
                "net_revenue_churn_rate_with_reactivation",
                "({churned} + {contraction} - {expansion} - {reactivated}) / {start}",
                |g| {
                    let [opening, churned, contraction, expansion] = movements(g);
                    let won = expansion + g.one("reactivated");
                    net_revenue_churn_rate(opening, churned, contraction, won)
                },
            )
            .means(
                "{} of it was lost after what former customers who came back pay, too; below zero \
                 it grew.",
            ),
            Outcome::share(
                "gross_revenue_retention",
                "({start} - {churned} - {contraction}) / {start}",
                |g| {
                    let [opening, churned, contraction, _] = movements(g);
                    gross_revenue_retention(opening, churned, contraction)
                },
            )
            .means("{} of the revenue of the start is left; what customers pay more is not in it.")
            .usual(
                "Private software companies that sell subscriptions to businesses have medians of \
                 90 to 93 % a year, by size of contract (SaaS Capital 2023).",
            ),
            Outcome::share(
                "net_revenue_retention",
                "({start} - {churned} - {contraction} + {expansion}) / {start}",
                |g| {
                    let [opening, churned, contraction, expansion] = movements(g);
                    net_revenue_retention(opening, churned, contraction, expansion)
                },
            )
            .means(
                "The customers of the start bring {} of their revenue of then; above 100 % revenue \
                 grows without new ones.",
            )
            .usual(
                "Private software companies that sell subscriptions to businesses have medians of \
                 100 to 110 % a year, by size of contract (SaaS Capital 2023).",
            ),
            Outcome::number(
                "quick_ratio",
                "({new} + {reactivated} + {expansion}) / ({contraction} + {churned})",
                |g| {
                    let [_, churned, contraction, expansion] = movements(g);
                    let (new, reactivated) = (g.one("new"), g.one("reactivated"));
                    quick_ratio(new, reactivated, expansion, contraction, churned)
                },
            )
            .means("For each unit of revenue lost {} came in; below 1 revenue shrinks.")
            .usual(
                "4 is the rule of thumb for young companies that sell subscriptions and grow fast \
                 (Hamid 2017).",
            ),
            Outcome::whole(
                "lost_revenue",
                "{churned} + {contraction}, rounded to a whole number",
                |g| lost_revenue(g.one("churned"), g.one("contraction"), g.scale()),
            )
            .means("{} of revenue is gone, in whole units."),
        ],
        example: "--start 100_000 --churned 5000 --contraction 3000 --expansion 10_000 --new 12_000",
    },
    Formula {
        name: "growth",
        about: "By which share the revenue from existing customers grew",
        inputs: &[
            Input::amount("start", "Revenue before, from all customers of then"),
            Input::amount("end", "Revenue now from customers of before, returned ones included"),
        ],
        checks: &[],
        results: &[Outcome::share(
            "existing_customer_growth_rate",
            "({end} - {start}) / {start}",
            |g| existing_customer_growth_rate(g.one("start"), g.one("end")),
        )
        .means("The revenue from customers of before changed by {}.")],
        example: "--start 200_000 --end 230_000",
    },
    Formula {
        name: "average-revenue",
        about: "What a customer brings on average (ARPA, ARPU)",
        inputs: &[
            Input::amount("revenue", "Revenue of the period"),
            Input::count("customers", "Customers who brought it"),
        ],
        checks: &[],
        results: &[Outcome::number(
            "average_revenue_per_customer",
            "{revenue} / {customers}",
            |g| average(g.one("revenue"), g.count("customers"), g.scale()),
        )
        .means("A customer brings {} on average.")],
        example: "--revenue 300_000 --customers 1200",
    },
];

fn movements(given: &Given) -> [i128; 4] {
    ["start", "churned", "contraction", "expansion"].map(|name| given.one(name))
}

/// (churned + contraction) / opening revenue.
fn gross_revenue_churn_rate(opening: i128, churned: i128, contraction: i128) -> Option<f64> {
    rate(churned + contraction, opening)
}

/// (churned + contraction - what is won back) / opening revenue, where expansion is won back and, if it
/// is to count, reactivation; below zero where more is won back than is lost.
fn net_revenue_churn_rate(
    opening: i128,
    churned: i128,
    contraction: i128,
    won_back: i128,
) -> Option<f64> {
    rate(churned + contraction - won_back, opening)
}

/// (opening - churned - contraction) / opening revenue, GRR; at most 1.
pub(crate) fn gross_revenue_retention(
    opening: i128,
    churned: i128,
    contraction: i128,
) -> Option<f64> {
    rate(opening - churned - contraction, opening)
}

/// (opening - churned - contraction + expansion) / opening revenue, NRR.
pub(crate) fn net_revenue_retention(
    opening: i128,
    churned: i128,
    contraction: i128,
    expansion: i128,
) -> Option<f64> {
    rate(opening - churned - contraction + expansion, opening)
}

/// (revenue now - opening) / opening revenue, where the revenue now is that of the customers of
/// before, reactivated ones included.
pub(crate) fn existing_customer_growth_rate(opening: i128, now: i128) -> Option<f64> {
    rate(now - opening, opening)
}

/// (new + reactivated + expansion) / (contraction + churned): revenue won for each unit of it
/// lost.
pub(crate) fn quick_ratio(
    new: i128,
    reactivated: i128,
    expansion: i128,
    contraction: i128,
    churned: i128,
) -> Option<f64> {
    rate(new + reactivated + expansion, contraction + churned)
}

/// churned + contraction in whole currency units, halves away from zero.
pub(crate) fn lost_revenue(churned: i128, contraction: i128, scale: Scale) -> i128 {
    div_round_half_away(churned + contraction, scale.unit())
}

/// The rates of churn of a row.
pub(crate) struct ChurnRates {
    pub gross: Option<f64>,
    pub net: Option<f64>,
    pub net_with_reactivation: Option<f64>,
}

impl ChurnRates {
    pub fn of(opening: i128, m: &Movements) -> Self {
        let net = |won| net_revenue_churn_rate(opening, m.churned, m.contraction, won);
        Self {
            gross: gross_revenue_churn_rate(opening, m.churned, m.contraction),
            net: net(m.expansion),
            net_with_reactivation: net(m.expansion + m.reactivated),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_examples() {
        let cases = [
            ("gross churn", gross_revenue_churn_rate(100_000, 5_000, 3_000), 0.08),
            ("net churn", net_revenue_churn_rate(100_000, 5_000, 3_000, 10_000), -0.02),
            ("GRR", gross_revenue_retention(100_000, 5_000, 3_000), 0.92),
            ("NRR", net_revenue_retention(100_000, 5_000, 3_000, 10_000), 1.02),
            ("growth", existing_customer_growth_rate(200_000, 230_000), 0.15),
            ("shrinking", existing_customer_growth_rate(200_000, 150_000), -0.25),
            ("quick ratio", quick_ratio(12_000, 2_000, 6_000, 3_000, 5_000), 2.5),
        ];
        for (name, found, expected) in cases {
            assert_eq!(found, Some(expected), "{name}");
        }
        let moved = Movements {
            churned: 5_000,
            contraction: 3_000,
            expansion: 6_000,
            reactivated: 4_000,
            ..Movements::default()
        };
        let ChurnRates { gross, net, net_with_reactivation } = ChurnRates::of(100_000, &moved);
        assert_eq!([gross, net, net_with_reactivation], [0.08, 0.02, -0.02].map(Some));
        let cents = Scale::new(2).unwrap();
        let lost = [(5_049, 0, 50), (5_000, 50, 51), (-5_000, -50, -51), (0, 0, 0)];
        for (churned, contraction, expected) in lost {
            assert_eq!(lost_revenue(churned, contraction, cents), expected, "{churned}");
        }
    }

    #[test]
    fn none_without_a_denominator() {
        for of in [0, -1] {
            let found = [
                gross_revenue_churn_rate(of, 1, 1),
                net_revenue_churn_rate(of, 1, 1, 1),
                gross_revenue_retention(of, 1, 1),
                net_revenue_retention(of, 1, 1, 1),
                existing_customer_growth_rate(of, 1),
                quick_ratio(1, 1, 1, of, 0),
            ];
            assert_eq!(found, [None; 6], "{of}");
        }
    }
}
