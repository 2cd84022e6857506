//! What the model of staying expects of subscribers.

use kohort_model::TableWarning;

use super::schema::SCHEMA;
use crate::clv::Tenures;
use crate::models::Fit;
use crate::models::sbg::{self, Sbg};
use crate::settings::Lifetime;

/// Months of a year, in which the discount is given.
const YEAR_MONTHS: f64 = 12.0;

const NO_DISCOUNT: &str = "residual_months and clv are NULL, as without a discount they may have no bound: \
                           give annual_discount_rate under [lifetime] 0.0001 or more";

/// What is expected of customers by the months that they have stayed.
pub(super) struct Outlook {
    by_months: Vec<Expected>,
    /// What the reader of the table should know of the fit.
    pub warnings: Vec<TableWarning>,
}

/// What is expected of a customer who is active; `None` where the model has no answer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Expected {
    /// Months paid of the horizon.
    pub months: Option<f64>,
    /// Months paid without a horizon, discounted.
    pub residual_months: Option<f64>,
}

impl Outlook {
    /// Fits the model to the first spells of all customers, for customers who have stayed up to
    /// `most` months, or for nobody.
    pub fn new(tenures: &Tenures, most: Option<u32>, lifetime: Lifetime) -> Self {
        let Some(most) = most else { return Self { by_months: Vec::new(), warnings: Vec::new() } };
        let fit = sbg::fit(&tenures.rows());
        let discount = libm::pow(1.0 + lifetime.annual_discount_rate, 1.0 / YEAR_MONTHS) - 1.0;
        let (by_months, warning) = match (&fit, Fit::missing_of(fit.as_ref())) {
            (Some(Fit { model, .. }), None) => {
                let residual = residual_months(*model, most, discount);
                let warning = residual.is_none().then(|| NO_DISCOUNT.to_owned());
                let residual = residual.unwrap_or_default();
                let of = |months: u32| Expected {
                    months: Some(model.periods_ahead(months, lifetime.horizon_months)),
                    residual_months: residual.get(months as usize).copied(),
                };
                ((0..=most).map(of).collect(), warning)
            }
            (_, missing) => (Vec::new(), missing.map(|missing| {
                format!("expected_months, expected_value, residual_months and clv are NULL, as sbg has no maximum: {}", missing.reason())
            })),
        };
        let warnings = warning.into_iter().map(|text| TableWarning { table: SCHEMA.name, text });
        Self { by_months, warnings: warnings.collect() }
    }

    /// What is expected of an active customer who has stayed for so many months.
    pub fn of(&self, months: u32) -> Expected {
        self.by_months.get(months as usize).copied().unwrap_or_default()
    }
}

/// By the months from 0 to `most` that a customer has stayed, the expected number of months still to
/// be paid, each discounted from its end. `None` unless the discount a month is at least 1e-6.
///
/// Σ S(n + i) / S(n) / (1 + d)^i over i >= 1: Fader and Hardie 2010, "Customer-Base Valuation in a
/// Contractual Setting", equation 5, with payments at the ends of months.
fn residual_months(model: Sbg, most: u32, discount: f64) -> Option<Vec<f64>> {
    let mut months = model.after(most).discounted_lifetime(discount)? - 1.0;
    let mut found = vec![months];
    for n in (0..most).rev() {
        months = model.retention(n + 1) / (1.0 + discount) * (1.0 + months);
        found.push(months);
    }
    found.reverse();
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_to_come_as_summed_one_by_one() {
        // alpha, beta, discount a month.
        let cases = [(3.8, 15.2, 0.008), (0.5, 0.9, 0.02), (0.764, 1.296, 0.1)];
        for (alpha, beta, discount) in cases {
            let model = Sbg::new(alpha, beta);
            let found = residual_months(model, 40, discount).unwrap();
            assert_eq!(found.len(), 41);
            for n in [0, 1, 7, 40] {
                let share = |i: u32| model.survival(n + i) / model.survival(n);
                let discounted = |i: u32| share(i) * (1.0 + discount).powi(-i.cast_signed());
                let expected: f64 = (1..6_000).map(discounted).sum();
                let found = found[n as usize];
                assert!((found / expected - 1.0).abs() < 1e-9, "{found} for {expected}, {n}");
                let expected: f64 = (1..=24).map(share).sum();
                let found = model.periods_ahead(n, 24);
                assert!((found / expected - 1.0).abs() < 1e-12, "{found} for {expected}, {n}");
            }
        }
        // Of two years of which nobody leaves each month is paid.
        let nobody = Sbg::new(0.0, 1.0);
        assert!((nobody.periods_ahead(5, 24) - 24.0).abs() < 1e-12);
        let all = residual_months(nobody, 3, 0.01).unwrap();
        assert!(all.iter().all(|months| (months - 100.0).abs() < 1e-6), "{all:?}");
        assert_eq!(residual_months(nobody, 3, 0.0), None);
    }
}
