//! The formulas behind the tables: integers in, one division at the end.
//!
//! Counts and money are whole numbers; the money of one call is all in the same minor unit. A
//! share is a ratio, not a percentage. Every formula is `None` unless its denominator is above
//! zero. `docs/tables` defines what the tables put in.

use crate::{Scale, div_round_half_away, rate};

// Customers who stay, leave and come back.

/// (closing - new) / opening: the customers at the end who were there at the start, if all who
/// joined in between are still there. `customer_retention`, column `retention_rate`.
#[must_use]
pub fn retention_rate(opening: i128, closing: i128, new: i128) -> Option<f64> {
    rate(closing - new, opening)
}

/// (opening - lost) / opening: customers there at the start and at the end.
/// `customer_retention`, column `kept_rate`.
#[must_use]
pub fn kept_rate(opening: i128, lost: i128) -> Option<f64> {
    rate(opening - lost, opening)
}

/// lost / opening: customers of the start who are gone at the end. `customer_retention`, column
/// `churn_rate`.
#[must_use]
pub fn churn_rate(opening: i128, lost: i128) -> Option<f64> {
    rate(lost, opening)
}

/// 1 - (1 - churn rate) ^ periods per year: the share lost in a year of such periods, each of
/// which loses its share of those whom the one before left. `customer_retention`, column
/// `annualised_churn_rate`.
#[must_use]
pub fn annualised(churn_rate: f64, periods_per_year: i32) -> f64 {
    1.0 - (1.0 - churn_rate).powi(periods_per_year)
}

/// won back / lapsed at the start: former customers who bought again. `win_back`, column
/// `win_back_rate`.
#[must_use]
pub fn win_back_rate(won_back: i128, lapsed_opening: i128) -> Option<f64> {
    rate(won_back, lapsed_opening)
}

/// reactivated / inactive at the start: former customers and prospects who had not bought for
/// long, and did. `win_back`, column `reactivation_rate`.
#[must_use]
pub fn reactivation_rate(reactivated: i128, inactive_opening: i128) -> Option<f64> {
    rate(reactivated, inactive_opening)
}

// Revenue that stays, leaves and grows, in minor units.

/// (churned + contraction) / opening revenue. `revenue_churn`, column
/// `gross_revenue_churn_rate`.
#[must_use]
pub fn gross_revenue_churn_rate(opening: i128, churned: i128, contraction: i128) -> Option<f64> {
    rate(churned + contraction, opening)
}

/// (churned + contraction - expansion) / opening revenue; below zero where the customers who
/// stay grow by more than is lost. `revenue_churn`, column `net_revenue_churn_rate`.
#[must_use]
pub fn net_revenue_churn_rate(
    opening: i128,
    churned: i128,
    contraction: i128,
    expansion: i128,
) -> Option<f64> {
    rate(churned + contraction - expansion, opening)
}

/// (opening - churned - contraction) / opening revenue, GRR; at most 1. `revenue_churn`, column
/// `gross_revenue_retention`.
#[must_use]
pub fn gross_revenue_retention(opening: i128, churned: i128, contraction: i128) -> Option<f64> {
    rate(opening - churned - contraction, opening)
}

/// (opening - churned - contraction + expansion) / opening revenue, NRR. `revenue_churn`, column
/// `net_revenue_retention`.
#[must_use]
pub fn net_revenue_retention(
    opening: i128,
    churned: i128,
    contraction: i128,
    expansion: i128,
) -> Option<f64> {
    rate(opening - churned - contraction + expansion, opening)
}

/// (revenue now - opening) / opening revenue, where the revenue now is that of the customers of
/// before, reactivated ones included. `revenue_churn`, column `existing_customer_growth_rate`.
#[must_use]
pub fn existing_customer_growth_rate(opening: i128, now: i128) -> Option<f64> {
    rate(now - opening, opening)
}

/// (new + reactivated + expansion) / (contraction + churned): revenue won for each unit of it
/// lost. `revenue_churn`, column `quick_ratio`.
#[must_use]
pub fn quick_ratio(
    new: i128,
    reactivated: i128,
    expansion: i128,
    contraction: i128,
    churned: i128,
) -> Option<f64> {
    rate(new + reactivated + expansion, contraction + churned)
}

/// churned + contraction in whole currency units, halves away from zero. `revenue_churn`, column
/// `lost_revenue`.
#[must_use]
pub fn lost_revenue(churned: i128, contraction: i128, scale: Scale) -> i128 {
    div_round_half_away(churned + contraction, scale.unit())
}

// Buyers and attempts to sell.

/// repeat buyers / buyers. `loyalty`, columns `repeat_purchase_ratio` and
/// `window_repeat_purchase_ratio`.
#[must_use]
pub fn repeat_purchase_ratio(repeat_buyers: i128, buyers: i128) -> Option<f64> {
    rate(repeat_buyers, buyers)
}

/// loyal customers / buyers of the same window. `loyalty`, column `loyal_customer_rate`.
#[must_use]
pub fn loyal_customer_rate(loyal: i128, buyers: i128) -> Option<f64> {
    rate(loyal, buyers)
}

/// days between purchases / gaps between them: the mean gap in days. `purchase_gaps`, column
/// `mean_days`.
#[must_use]
pub fn mean_days_between_purchases(days: i128, gaps: i128) -> Option<f64> {
    rate(days, gaps)
}

/// returned / sold: units, orders or money, both of the same attribution. `product_returns`.
#[must_use]
pub fn return_rate(returned: i128, sold: i128) -> Option<f64> {
    rate(returned, sold)
}

/// won / (won + lost): attempts to sell that were decided. `lost_sales`, column
/// `conversion_rate`.
#[must_use]
pub fn conversion_rate(won: i128, lost: i128) -> Option<f64> {
    rate(won, won + lost)
}

/// abandoned / (purchased + abandoned): carts that were decided. `carts`.
#[must_use]
pub fn abandonment_rate(purchased: i128, abandoned: i128) -> Option<f64> {
    rate(abandoned, purchased + abandoned)
}

/// recovered / lost: attempts that failed first, such as abandoned carts, whose buyer bought
/// after all. `carts`.
#[must_use]
pub fn recovery_rate(recovered: i128, lost: i128) -> Option<f64> {
    rate(recovered, lost)
}

/// margin × revenue per period / churn rate: what a customer is worth whose chance to leave is
/// the same in every period, as it then stays for 1 / churn periods on average. In the units of
/// money; all three are whole numbers of 1 / `unit`, such as a margin of 60 and a churn rate of
/// 5 with a `unit` of 100.
#[must_use]
pub fn lifetime_value(margin: i128, revenue: i128, churn: i128, unit: i128) -> Option<f64> {
    rate(margin * revenue, churn * unit)
}

// Money that is owed.

/// receivables / credit sales × days of the period, in days. `receivables`, columns `dso` and,
/// of the receivables that are not overdue, `best_possible_dso`.
#[must_use]
pub fn days_sales_outstanding(receivables: i128, credit_sales: i128, days: u32) -> Option<f64> {
    rate(receivables * i128::from(days), credit_sales)
}

/// (opening + closing) / 2 / credit sales × days: with the mean receivables of the period, in
/// days. `receivables`, column `dso_average`.
#[must_use]
pub fn dso_average(opening: i128, closing: i128, credit_sales: i128, days: u32) -> Option<f64> {
    rate((opening + closing) * i128::from(days), 2 * credit_sales)
}

/// How many days of credit sales, the newest first, add up to the receivables. A period that is
/// used up counts with all its days, the last one with the part of them that its sales are
/// needed for. 0 where nothing is owed; `None` where the periods do not add up to the receivables
/// or these are below zero. `receivables`, column `dso_countback`.
///
/// Receivables of 212 after months of 30 days with 100, 80 and 70: 30 + 30 + 32 / 70 × 30 = 73.7.
#[must_use]
pub fn dso_countback(
    receivables: i128,
    newest_first: impl IntoIterator<Item = (i128, u32)>,
) -> Option<f64> {
    if receivables == 0 {
        return Some(0.0);
    }
    let (mut remaining, mut whole_days) = (receivables, 0_i128);
    for (sales, days) in newest_first {
        let days = i128::from(days);
        if remaining <= sales {
            // One division, so that the result is the nearest float.
            return rate(whole_days * sales + remaining * days, sales).filter(|_| receivables > 0);
        }
        remaining -= sales;
        whole_days += days;
    }
    None
}

// Net promoter score.

/// 100 × (promoters - detractors) / responses, -100 to 100. Reichheld 2003, "The one number you
/// need to grow". `nps`, column `nps`.
#[must_use]
pub fn net_promoter_score(promoters: i128, passives: i128, detractors: i128) -> Option<f64> {
    rate(100 * (promoters - detractors), promoters + passives + detractors)
}

/// 100 × √((p + d - (p - d)²) / n), p and d the shares of promoters and detractors among n
/// responses: the standard error of the score, in its points. `nps`.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a root is a float anyway")]
pub fn nps_standard_error(promoters: i128, passives: i128, detractors: i128) -> Option<f64> {
    let n = promoters + passives + detractors;
    let difference = promoters - detractors;
    let spread = rate((promoters + detractors) * n - difference * difference, n)?;
    Some(100.0 * spread.sqrt() / n as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_examples() {
        let cents = Scale::new(2).unwrap();
        let cases = [
            ("retention", retention_rate(1000, 1100, 200), 0.9),
            ("retention, returned customers flatter it", retention_rate(10, 14, 2), 1.2),
            ("kept", kept_rate(1000, 70), 0.93),
            ("churn", churn_rate(1000, 70), 0.07),
            ("win back", win_back_rate(30, 400), 0.075),
            ("reactivation", reactivation_rate(45, 600), 0.075),
            ("gross revenue churn", gross_revenue_churn_rate(100_000, 5_000, 3_000), 0.08),
            ("net revenue churn", net_revenue_churn_rate(100_000, 5_000, 3_000, 10_000), -0.02),
            ("GRR", gross_revenue_retention(100_000, 5_000, 3_000), 0.92),
            ("NRR", net_revenue_retention(100_000, 5_000, 3_000, 10_000), 1.02),
            ("growth", existing_customer_growth_rate(200_000, 230_000), 0.15),
            ("shrinking", existing_customer_growth_rate(200_000, 150_000), -0.25),
            ("quick ratio", quick_ratio(12_000, 2_000, 6_000, 3_000, 5_000), 2.5),
            ("repeat purchases", repeat_purchase_ratio(320, 1000), 0.32),
            ("loyal", loyal_customer_rate(125, 1000), 0.125),
            ("gap", mean_days_between_purchases(365, 10), 36.5),
            ("returns", return_rate(45, 1500), 0.03),
            ("conversion", conversion_rate(30, 90), 0.25),
            ("abandonment", abandonment_rate(30, 70), 0.7),
            ("recovery", recovery_rate(14, 70), 0.2),
            ("lifetime value", lifetime_value(60, 5_000, 5, 100), 600.0),
            ("DSO", days_sales_outstanding(212_000, 100_000, 30), 63.6),
            ("DSO of the mean", dso_average(188_000, 212_000, 100_000, 30), 60.0),
            ("NPS", net_promoter_score(50, 30, 20), 30.0),
            ("NPS of detractors", net_promoter_score(0, 0, 8), -100.0),
        ];
        for (name, found, expected) in cases {
            assert_eq!(found, Some(expected), "{name}");
        }
        let lost = [(5_049, 0, 50), (5_000, 50, 51), (-5_000, -50, -51), (0, 0, 0)];
        for (churned, contraction, expected) in lost {
            assert_eq!(lost_revenue(churned, contraction, cents), expected, "{churned}");
        }
    }

    #[test]
    fn none_without_a_denominator() {
        for of in [0, -1] {
            let found = [
                retention_rate(of, 1, 0),
                kept_rate(of, 0),
                churn_rate(of, 1),
                win_back_rate(1, of),
                reactivation_rate(1, of),
                gross_revenue_churn_rate(of, 1, 1),
                net_revenue_churn_rate(of, 1, 1, 1),
                gross_revenue_retention(of, 1, 1),
                net_revenue_retention(of, 1, 1, 1),
                existing_customer_growth_rate(of, 1),
                quick_ratio(1, 1, 1, of, 0),
                repeat_purchase_ratio(1, of),
                loyal_customer_rate(1, of),
                mean_days_between_purchases(1, of),
                return_rate(1, of),
                conversion_rate(0, of),
                abandonment_rate(of, 0),
                recovery_rate(1, of),
                lifetime_value(60, 5_000, of, 100),
                days_sales_outstanding(1, of, 30),
                dso_average(1, 1, of, 30),
                dso_countback(1, [(of, 30)]),
                net_promoter_score(0, of, 0),
                nps_standard_error(0, of, 0),
            ];
            assert_eq!(found, [None; 24], "{of}");
        }
    }

    #[test]
    fn years_of_periods() {
        for (rate, periods, expected) in
            [(0.0, 12, 0.0), (0.02, 12, 0.2153), (0.07, 12, 0.5814), (0.5, 1, 0.5), (1.0, 365, 1.0)]
        {
            let found = annualised(rate, periods);
            assert!((found - expected).abs() < 5e-5, "{rate} {periods} {found}");
        }
    }

    #[test]
    fn counting_back() {
        let months = [(100, 30), (80, 30), (70, 30)];
        let cases = [
            ("the example", 212, &months[..], Some(5160.0 / 70.0)),
            ("nothing owed", 0, &months, Some(0.0)),
            ("nothing owed, no history", 0, &[], Some(0.0)),
            ("part of the newest", 25, &months, Some(7.5)),
            ("just the newest", 100, &months, Some(30.0)),
            ("all of it", 250, &months, Some(90.0)),
            ("more than all of it", 251, &months, None),
            ("no history", 1, &[], None),
            ("a credit balance", -5, &months, None),
            ("no sales in between", 110, &[(100, 31), (0, 28), (20, 31)], Some(74.5)),
            ("credits in between", 110, &[(100, 30), (-10, 30), (40, 30)], Some(75.0)),
        ];
        for (name, receivables, periods, expected) in cases {
            assert_eq!(dso_countback(receivables, periods.iter().copied()), expected, "{name}");
        }
    }

    #[test]
    fn errors_of_scores() {
        for ((p, passives, d), expected) in [
            ((50, 30, 20), 7.810_249_675_906_654),
            ((500, 300, 200), 2.469_817_807_045_694),
            ((10, 0, 0), 0.0),
            ((0, 10, 0), 0.0),
            ((1, 0, 1), 70.710_678_118_654_76),
        ] {
            let found = nps_standard_error(p, passives, d).unwrap();
            assert!((found - expected).abs() < 1e-12, "{p} {passives} {d}: {found}");
        }
    }
}
