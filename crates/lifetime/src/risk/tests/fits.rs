//! Coefficients against those of another implementation.

use std::sync::Arc;

use kohort_model::Basis;

use crate::risk::features::{Features, Shape, signal_bits};
use crate::risk::fit::{Cell, fit};

fn cells() -> Vec<Cell> {
    let cell = |i: u64| {
        let (recency, orders, tenure) = (i * 7 % 10, i * 3 % 8, i * 5 % 8);
        let overdue = i * 19 / 7 % 4;
        let first = if i.is_multiple_of(3) { i * 11 % 16 } else { 0 };
        let second = if i % 5 < 2 { i * 13 % 16 } else { 0 };
        let class = |class: u64| u32::try_from(class).unwrap();
        let signals = signal_bits(0, class(first)) | signal_bits(1, class(second));
        Cell {
            features: Features(recency | orders << 4 | tenure << 7 | overdue << 10 | signals),
            stayed: 3 + i * 17 % 23,
            churned: i * 29 % 7 + if recency > 6 { 3 } else { 0 } + first / 4,
        }
    };
    (0..200).map(cell).collect()
}

fn signals() -> Vec<Arc<str>> {
    vec!["a".into(), "b".into()]
}

#[test]
fn coefficients_as_scipy_has_them() {
    // scipy 1.17, minimize(method = "trust-exact") of the penalised likelihood of the same cells.
    let expected = [
        -1.382_646_321_0,
        -0.202_033_649_5,
        -0.072_300_579_2,
        -0.276_499_793_6,
        -0.238_007_931_6,
        -0.012_715_424_1,
        -0.202_121_105_0,
        0.602_157_883_8,
        0.462_932_540_3,
        0.357_271_353_2,
        -0.021_072_583_1,
        0.003_542_803_6,
        -0.012_830_834_1,
        0.011_949_983_3,
        0.012_202_504_3,
        -0.063_237_624_8,
        0.051_177_165_9,
        -0.219_300_020_9,
        0.004_711_470_1,
    ];
    let found = fit(&Shape::new(Basis::Orders, signals()), &cells()).unwrap();
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-9, "{found} for {expected}");
    }
}

#[test]
fn few_observations_give_no_model() {
    let shape = Shape::new(Basis::Subscriptions, Vec::new());
    let of = |stayed, churned| fit(&shape, &[Cell { features: Features(0), stayed, churned }]);
    for (stayed, churned) in [(0, 0), (29, 1000), (1000, 29)] {
        assert_eq!(of(stayed, churned), None, "{stayed} and {churned}");
    }
    // The intercept is the log odds, and all else is 0.
    let found = of(90, 30).unwrap();
    assert!((found[0] + 3.0_f64.ln()).abs() < 1e-12, "{found:?}");
    assert_eq!(found[1..], [0.0, 0.0]);
}

#[test]
fn what_tells_all_has_a_maximum_too() {
    // Without the penalty the coefficient of the signal would have none.
    let shape = Shape::new(Basis::Subscriptions, signals());
    let with = Cell { features: Features(signal_bits(1, 15)), stayed: 0, churned: 1_000_000 };
    let without = Cell { features: Features(0), stayed: 1_000_000_000, churned: 0 };
    let found = fit(&shape, &[without, with]).unwrap();
    assert!(found.iter().all(|c| c.is_finite()), "{found:?}");
    let log_odds = found[0] + found[5] + 15.0 * found[6];
    assert!(found[0] < -15.0 && log_odds > 10.0, "{found:?}");
}
