//! Fits and predictions that the literature prints.

use super::super::gamma_gamma::{self, GammaGamma};
use super::super::pareto_nbd::ParetoNbd;
use super::super::sbg::{self, Sbg};
use super::super::{
    Fit, OrderModel, TransactionModel, bg_nbd, discounted_orders_if_alive, expected_curve,
};
use super::{assert_close, cdnow, cdnow_births, cdnow_spend};

/// A fit as printed: parameters, their standard errors, log-likelihood.
fn printed<M>(fit: &Fit<M>, decimals: usize) -> String {
    assert!(fit.is_converged());
    let shown = |value: f64| format!("{value:.decimals$}");
    let values: Vec<_> =
        fit.parameters.iter().map(|parameter| shown(parameter.value.unwrap())).collect();
    format!("{} {:.1}", values.join(" "), fit.log_likelihood)
}

#[test]
fn models_of_orders_on_cdnow() {
    let rows = cdnow();
    // Fader, Hardie and Lee 2005, table 2; for the MBG/NBD the widely reproduced estimates.
    let table = [
        (OrderModel::BgNbd, "0.243 4.414 0.793 2.426 -9582.4"),
        (OrderModel::MbgNbd, "0.525 6.183 0.891 1.614 -9582.1"),
        (OrderModel::ParetoNbd, "0.553 10.578 0.606 11.669 -9595.0"),
    ];
    for (model, expected) in table {
        let fit = model.fit(&rows, 7).unwrap();
        assert_eq!(printed(&fit, 3), expected, "{}", model.name());
        assert_eq!(fit.customers, 2_357);
        assert_close(fit.model.log_likelihood(&rows, 7), fit.log_likelihood, 1e-14, model.name());
    }
}

#[test]
fn standard_errors_on_cdnow() {
    let rows = cdnow();
    // BG/NBD and MBG/NBD as the Python package lifetimes 0.11.3 has them; Pareto/NBD from finite
    // differences of its likelihood there.
    let table = [
        (OrderModel::BgNbd, [0.012_557, 0.378_224, 0.185_734, 0.705_414]),
        (OrderModel::MbgNbd, [0.083_268, 0.695_621, 0.154_790, 0.537_495]),
        (OrderModel::ParetoNbd, [0.047_627, 0.842_711, 0.187_269, 6.210_662]),
    ];
    for (model, expected) in table {
        let fit = model.fit(&rows, 7).unwrap();
        for (parameter, want) in fit.parameters.iter().zip(expected) {
            assert_close(parameter.standard_error.unwrap(), want, 2e-4, parameter.name);
        }
    }
}

#[test]
fn gamma_gamma_on_cdnow() {
    // Fader and Hardie 2013, p = 6.25, q = 3.74, gamma = 15.44.
    let fit = gamma_gamma::fit(&cdnow_spend(), 2).unwrap();
    assert_eq!(printed(&fit, 2), "6.25 3.74 15.44 -4055.9");
    assert_eq!(fit.customers, 946);
    for (parameter, want) in fit.parameters.iter().zip([1.190_055, 0.290_133, 4.159_423]) {
        assert_close(parameter.standard_error.unwrap(), want, 1e-4, parameter.name);
    }
}

#[test]
fn sbg_on_the_two_segments() {
    // Fader and Hardie 2007, table 1 (percent surviving), fitted on years 0 to 7.
    let table = [
        ([1000, 869, 743, 653, 593, 551, 517, 491], "0.668 3.806"),
        ([1000, 631, 468, 382, 326, 289, 262, 241], "0.704 1.182"),
    ];
    for (active, expected) in table {
        let fit = sbg::fit(&sbg::tenures(&active)).unwrap();
        assert!(printed(&fit, 3).starts_with(expected), "{}", printed(&fit, 3));
        assert_eq!(fit.customers, 1000);
        for (periods, active) in (0..).zip(active) {
            let error = fit.model.survival(periods) - active as f64 / 1000.0;
            assert!(error.abs() < 0.02, "{periods}: {error}");
        }
    }
}

#[test]
fn orders_expected_of_customer_one() {
    // Fader, Hardie and Lee 2005, page 279: 1.226 orders in the next 39 weeks.
    let fit = bg_nbd::fit(&cdnow(), 7).unwrap();
    let expected = fit.model.expected_orders(2, 30.43, 38.86, 39.0);
    assert_eq!(format!("{expected:.3}"), "1.226");
}

/// Customers as (x, `t_x`, age, mean value).
const CUSTOMERS: [(u32, f64, f64, f64); 3] =
    [(2, 30.43, 38.86, 22.35), (0, 0.0, 38.86, 0.0), (7, 29.43, 38.86, 73.74)];

#[test]
fn lifetime_value_as_lifetimes_has_it() {
    let value = GammaGamma::new(6.25, 3.74, 15.44);
    let models: [(Box<dyn TransactionModel>, [f64; 3]); 2] = [
        (
            Box::new(bg_nbd::BgNbd::new(0.243, 4.414, 0.793, 2.426)),
            [9.822_998_384_366, 2.140_490_629_574, 79.768_070_004_704],
        ),
        (
            Box::new(ParetoNbd::new(0.553, 10.578, 0.606, 11.669)),
            [11.676_704_413_769, 1.227_024_168_966, 86.321_943_378_453],
        ),
    ];
    for (model, expected) in models {
        for ((x, t_x, age, mean), want) in CUSTOMERS.into_iter().zip(expected) {
            let got = value.expected_value(x, mean).unwrap()
                * model.probability_alive(x, t_x, age)
                * discounted_orders_if_alive(&*model, x, age, 12, 0.01);
            assert_close(got, want, 1e-9, "value");
        }
    }
}

#[test]
fn expected_curve_beyond_the_fit() {
    let births = cdnow_births();
    let days = [84, 273, 546];
    let models: [(Box<dyn TransactionModel>, [f64; 3]); 2] = [
        (
            Box::new(bg_nbd::BgNbd::new(0.243, 4.414, 0.793, 2.426)),
            [626.851_971_571_995, 2_505.143_013_866_766, 4_171.433_582_303_192],
        ),
        (
            Box::new(ParetoNbd::new(0.553, 10.578, 0.606, 11.669)),
            [615.739_996_967_966, 2_531.898_238_973_646, 4_274.294_366_587_657],
        ),
    ];
    for (model, expected) in models {
        let curve = expected_curve(&*model, 7, &births, &days);
        for (got, want) in curve.into_iter().zip(expected) {
            assert_close(got, want, 1e-9, "curve");
        }
    }
}

#[test]
fn sbg_lifetime() {
    // Fader and Hardie 2010, "Customer-base valuation in a contractual setting": for alpha = 1 the
    // sum is -ln(1 - v) / v at beta = 1, v being the discount factor.
    let v: f64 = 1.0 / 1.1;
    let expected = -(1.0 - v).ln() / v;
    assert_close(Sbg::new(1.0, 1.0).discounted_lifetime(0.1).unwrap(), expected, 1e-10, "1, 1");
    assert_eq!(Sbg::new(1.0, 1.0).discounted_lifetime(0.0), None);
    assert_close(Sbg::new(0.668, 3.806).retention(1), 3.806 / 4.474, 1e-15, "first year");
}
