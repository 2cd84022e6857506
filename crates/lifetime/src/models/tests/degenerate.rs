//! Data that determine no parameters: a fit ends, says why, and holds no number that is not one.

use super::super::gamma_gamma::{self, Spend};
use super::super::sbg::{self, Tenure};
use super::super::{Fit, History, Missing, OrderModel};

#[track_caller]
fn assert_missing<M>(fit: &Fit<M>, expected: Missing, what: &str) {
    assert_eq!(fit.missing, Some(expected), "{what} at {:?}", fit.parameters);
    assert!(fit.log_likelihood.is_finite(), "{what}");
    for parameter in &fit.parameters {
        let value = parameter.value.unwrap_or(1.0);
        assert!(value > 0.0 && value.is_finite(), "{what} {parameter:?}");
        let error = parameter.standard_error.unwrap_or(0.0);
        assert!(error >= 0.0 && error.is_finite(), "{what} {parameter:?}");
    }
}

fn row(x: u32, t_x_days: u32, age_days: u32, customers: u64) -> History {
    History { x, t_x_days, age_days, customers }
}

#[test]
fn nobody_returns() {
    let table: [(&str, Vec<History>); 3] = [
        ("customers of all ages", (1..300).map(|age| row(0, 0, age, 10)).collect()),
        ("one customer", vec![row(0, 0, 100, 1)]),
        ("first orders on the last day", vec![row(0, 0, 0, 50)]),
    ];
    for (what, rows) in table {
        for model in OrderModel::ALL {
            let fit = model.fit(&rows, 7).unwrap();
            assert_missing(&fit, Missing::NoRepeats, &format!("{}: {what}", model.name()));
        }
    }
}

#[test]
fn leaving_with_the_last_order_makes_no_difference() {
    // Each likelihood is that of one order at the last moment, whoever leaves with it.
    let fit = OrderModel::BgNbd.fit(&[row(1, 6, 6, 1), row(0, 0, 0, 1)], 7).unwrap();
    assert_missing(&fit, Missing::Flat, "one repeat order");
}

#[test]
fn nothing_to_fit() {
    for model in OrderModel::ALL {
        assert!(model.fit(&[], 7).is_none());
        assert!(model.fit(&[row(3, 80, 100, 0)], 7).is_none());
    }
    assert!(gamma_gamma::fit(&[], 2).is_none());
    assert!(gamma_gamma::fit(&[Spend { x: 0, total: 100, customers: 3 }], 2).is_none());
    assert!(sbg::fit(&[]).is_none());
    assert!(sbg::fit(&[Tenure { periods: 0, churned: true, customers: 3 }]).is_none());
}

#[test]
fn equal_values_are_infinitely_likely() {
    let table: [(&str, Vec<Spend>); 2] = [
        ("one customer", vec![Spend { x: 2, total: 5_000, customers: 1 }]),
        (
            "everybody spends the same",
            (1..20).map(|x| Spend { x, total: i128::from(x) * 999, customers: 5 }).collect(),
        ),
    ];
    for (what, rows) in table {
        assert_missing(&gamma_gamma::fit(&rows, 2).unwrap(), Missing::Endless, what);
    }
}

#[test]
fn tenures_that_determine_nothing() {
    let table: [(&str, &[u64], Missing); 3] = [
        // Towards a chance to leave of one.
        ("everybody leaves at once", &[100, 0], Missing::Endless),
        // Of one period only the mean of the chance shows.
        ("one period", &[100, 60], Missing::Flat),
        ("no period", &[100], Missing::Flat),
    ];
    for (what, active, expected) in table {
        assert_missing(&sbg::fit(&sbg::tenures(active)).unwrap(), expected, what);
    }
}
