//! Data that determine no parameters: a fit ends, says so, and holds no number that is not one.

use super::super::gamma_gamma::{self, Spend};
use super::super::sbg::{self, Tenure};
use super::super::{Fit, History, OrderModel};

#[track_caller]
fn assert_not_converged<M>(fit: &Fit<M>, what: &str) {
    assert!(!fit.converged, "{what} converged at {:?}", fit.parameters);
    assert!(fit.log_likelihood.is_finite(), "{what}");
    for parameter in &fit.parameters {
        assert!(parameter.value > 0.0 && parameter.value.is_finite(), "{what} {parameter:?}");
        let error = parameter.standard_error.unwrap_or(0.0);
        assert!(error >= 0.0 && error.is_finite(), "{what} {parameter:?}");
    }
}

fn row(x: u32, t_x_days: u32, age_days: u32, customers: u64) -> History {
    History { x, t_x_days, age_days, customers }
}

#[test]
fn histories_that_determine_nothing() {
    let table: [(&str, Vec<History>); 6] = [
        ("nobody returns", (1..300).map(|age| row(0, 0, age, 10)).collect()),
        ("one customer who never returned", vec![row(0, 0, 100, 1)]),
        ("one customer", vec![row(3, 80, 100, 1)]),
        ("everybody is equal", vec![row(3, 80, 100, 1_000)]),
        ("first orders on the last day", vec![row(0, 0, 0, 50)]),
        ("everybody orders every day", (1..99).map(|age| row(age, age, age, 7)).collect()),
    ];
    for (what, rows) in table {
        for model in OrderModel::ALL {
            let fit = model.fit(&rows, 7).unwrap();
            assert_not_converged(&fit, &format!("{}: {what}", model.name()));
        }
    }
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
fn spend_that_determines_nothing() {
    let table: [(&str, Vec<Spend>); 3] = [
        ("one customer", vec![Spend { x: 2, total: 5_000, customers: 1 }]),
        ("one order each", (1..90).map(|n| Spend { x: 1, total: n * n, customers: 2 }).collect()),
        (
            "everybody spends the same",
            (1..20).map(|x| Spend { x, total: i128::from(x) * 999, customers: 5 }).collect(),
        ),
    ];
    for (what, rows) in table {
        assert_not_converged(&gamma_gamma::fit(&rows, 2).unwrap(), what);
    }
}

#[test]
fn tenures_that_determine_nothing() {
    let table: [(&str, &[u64]); 4] = [
        ("nobody leaves", &[100, 100, 100]),
        ("everybody leaves at once", &[100, 0]),
        ("one period", &[100, 60]),
        ("everybody has the same chance", &[1 << 20, 1 << 19, 1 << 18, 1 << 17, 1 << 16, 1 << 15]),
    ];
    for (what, active) in table {
        assert_not_converged(&sbg::fit(&sbg::tenures(active)).unwrap(), what);
    }
}
