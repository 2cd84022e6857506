//! So many different customers that a sample of them leads the way.

use super::super::gamma_gamma::{self, Spend};
use super::super::{Fit, History, OrderModel};
use super::random::Random;

const CUSTOMERS: usize = 150_000;

/// Customers of the BG/NBD model with r = 2, alpha = 50 days, a = 1, b = 3.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole days")]
fn histories() -> Vec<History> {
    let mut random = Random(1);
    let customer = |_| {
        let rate = random.gamma(2) / 50.0;
        let leaving = 1.0 - libm::cbrt(random.next());
        let age = 200.0 + libm::floor(800.0 * random.next());
        let (mut x, mut last, mut time) = (0, 0.0, random.gamma(1) / rate);
        while time < age {
            (x, last) = (x + 1, time);
            if random.next() < leaving {
                break;
            }
            time += random.gamma(1) / rate;
        }
        History { x, t_x_days: last as u32, age_days: age as u32, customers: 1 }
    };
    (0..CUSTOMERS).map(customer).collect()
}

/// Customers of the Gamma-Gamma model with p = 2, q = 3, gamma = 20.
#[expect(clippy::cast_possible_truncation, reason = "whole cents")]
fn spends() -> Vec<Spend> {
    let mut random = Random(2);
    let customer = |row: usize| {
        let x = 1 + row as u32 % 7;
        let value = random.gamma(2 * x) / (random.gamma(3) / 20.0);
        Spend { x, total: (100.0 * value) as i128 + 1, customers: 1 }
    };
    (0..CUSTOMERS).map(customer).collect()
}

#[track_caller]
fn assert_recovered<M>(fit: &Fit<M>, planted: &[f64]) {
    assert!(fit.is_converged());
    for (parameter, planted) in fit.parameters.iter().zip(planted) {
        let errors = (parameter.value.unwrap() - planted) / parameter.standard_error.unwrap();
        assert!(errors.abs() < 4.0, "{parameter:?} instead of {planted}");
    }
}

/// Every row three times: at once, and in two parts and another order.
fn tripled<R: Copy>(rows: &[R], customers: impl Fn(&mut R) -> &mut u64) -> [Vec<R>; 2] {
    let times = |times: u64| {
        let mut rows = rows.to_vec();
        for row in &mut rows {
            *customers(row) *= times;
        }
        rows
    };
    let mut split = times(2);
    split.reverse();
    split.extend(times(1));
    [times(3), split]
}

#[test]
fn what_was_planted_is_found() {
    let fit = OrderModel::BgNbd.fit(&histories(), 1).unwrap();
    assert_recovered(&fit, &[2.0, 50.0, 1.0, 3.0]);
    assert_recovered(&gamma_gamma::fit(&spends(), 2).unwrap(), &[2.0, 3.0, 20.0]);
}

#[test]
fn neither_order_nor_grouping_of_many_rows_shows() {
    let [one, other] = tripled(&histories(), |row| &mut row.customers);
    for model in OrderModel::ALL {
        let [one, other] = [&one, &other].map(|rows| model.fit(rows, 7).unwrap());
        assert!(one.is_converged());
        assert_eq!(one.parameters, other.parameters, "{}", model.name());
        assert_eq!(one.log_likelihood.to_bits(), other.log_likelihood.to_bits());
    }
    let [one, other] = tripled(&spends(), |row| &mut row.customers);
    assert_eq!(gamma_gamma::fit(&one, 2), gamma_gamma::fit(&other, 2));
}
