//! Formulas that several tables share: integers in, one division at the end.
//!
//! A share is a ratio, not a percentage. Every formula is `None` unless its denominator is above
//! zero. `docs/tables` defines what the tables put in.

use crate::rate;

/// won / (won + lost): attempts to sell, or to go a step on, that were decided.
#[must_use]
pub fn conversion_rate(won: i128, lost: i128) -> Option<f64> {
    rate(won, won + lost)
}

/// days between purchases / gaps between them: the mean gap in days.
#[must_use]
pub fn mean_days_between_purchases(days: i128, gaps: i128) -> Option<f64> {
    rate(days, gaps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_examples() {
        assert_eq!(conversion_rate(30, 90), Some(0.25));
        assert_eq!(mean_days_between_purchases(365, 10), Some(36.5));
        for of in [0, -1] {
            assert_eq!(conversion_rate(0, of), None, "{of}");
            assert_eq!(mean_days_between_purchases(1, of), None, "{of}");
        }
    }
}
