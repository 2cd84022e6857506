//! What holds for every model, whatever the parameters.

use super::super::gamma_gamma::{self, GammaGamma, Spend};
use super::super::sbg::{self, Sbg, Tenure};
use super::super::{History, OrderModel, TransactionModel, bg_nbd, mbg_nbd, pareto_nbd};
use super::{cdnow, cdnow_spend};

const SIZES: [f64; 4] = [1e-3, 0.7, 30.0, 1e3];
const BEHAVIOURS: [(u32, f64, f64); 8] = [
    (0, 0.0, 0.0),
    (0, 0.0, 30_000.0),
    (1, 1.0, 1.0),
    (1, 1.0, 30_000.0),
    (40, 300.0, 310.0),
    (5_000, 5_000.0, 5_000.0),
    (5_000, 5_000.0, 30_000.0),
    (5_000, 29_999.0, 30_000.0),
];
const HORIZONS: [f64; 5] = [0.0, 1e-6, 1.0, 300.0, 30_000.0];

/// Every model with every combination of sizes of its parameters.
fn models() -> impl Iterator<Item = Box<dyn TransactionModel>> {
    (0..256_usize).flat_map(|combination| {
        let [a, b, c, d] = [1, 4, 16, 64].map(|place| SIZES[combination / place % 4]);
        [
            Box::new(bg_nbd::BgNbd::new(a, b, c, d)) as Box<dyn TransactionModel>,
            Box::new(mbg_nbd::MbgNbd::new(a, b, c, d)),
            Box::new(pareto_nbd::ParetoNbd::new(a, b, c, d)),
        ]
    })
}

#[test]
fn chances_and_expectations_are_possible() {
    for (number, model) in models().enumerate() {
        for (x, t_x, age) in BEHAVIOURS {
            let at = format!("model {number}, x {x}, t_x {t_x}, age {age}");
            let alive = model.probability_alive(x, t_x, age);
            assert!((0.0..=1.0).contains(&alive), "{at}: alive {alive}");
            let longer = model.probability_alive(x, t_x, age + 1.0);
            assert!(longer <= alive * (1.0 + 1e-12), "{at}: {longer} follows {alive}");
            let mut before = 0.0;
            for horizon in HORIZONS {
                let orders = model.orders_if_alive(x, age, horizon);
                assert!(orders.is_finite(), "{at}, horizon {horizon}: {orders}");
                assert!(orders >= before * (1.0 - 1e-11), "{at}: {orders} follows {before}");
                before = orders;
            }
        }
    }
}

#[test]
fn likelihoods_are_finite() {
    let histories = BEHAVIOURS.map(|(x, t_x, age)| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole days")]
        let [t_x_days, age_days] = [t_x, age].map(|days| days as u32);
        History { x, t_x_days, age_days, customers: 3 }
    });
    for (number, model) in models().enumerate() {
        for history in histories {
            for unit_days in [1, 7, 365] {
                let ln = model.log_likelihood(&[history], unit_days);
                assert!(ln.is_finite(), "model {number}, {history:?}, {unit_days}: {ln}");
            }
        }
    }
}

#[test]
fn one_day_is_a_seventh_of_a_week() {
    let rows = cdnow();
    for model in OrderModel::ALL {
        let (days, weeks) = (model.fit(&rows, 1).unwrap(), model.fit(&rows, 7).unwrap());
        assert!(days.is_converged());
        for (day, week) in days.parameters.iter().zip(&weeks.parameters) {
            let is_time = ["alpha", "beta"].contains(&day.name);
            let ratio = day.value.unwrap() / week.value.unwrap() / if is_time { 7.0 } else { 1.0 };
            assert!((ratio - 1.0).abs() < 1e-4, "{} {}: {ratio}", model.name(), day.name);
        }
        let [one, two] = [
            days.model.expected_orders(2, 213.0, 272.0, 273.0),
            weeks.model.expected_orders(2, 213.0 / 7.0, 272.0 / 7.0, 39.0),
        ];
        assert!((one / two - 1.0).abs() < 1e-4, "{}: {one} {two}", model.name());
    }
}

#[test]
fn neither_order_nor_grouping_of_rows_shows() {
    let rows = cdnow();
    let single: Vec<_> = rows
        .iter()
        .rev()
        .flat_map(|row| (0..row.customers).map(|_| History { customers: 1, ..*row }))
        .chain([History { x: 9, ..History::default() }])
        .collect();
    for model in OrderModel::ALL {
        let (one, other) = (model.fit(&rows, 7).unwrap(), model.fit(&single, 7).unwrap());
        assert_eq!(one.parameters, other.parameters, "{}", model.name());
        assert_eq!(one.log_likelihood.to_bits(), other.log_likelihood.to_bits());
    }
    let rows = cdnow_spend();
    let single: Vec<_> = rows
        .iter()
        .rev()
        .flat_map(|row| (0..row.customers).map(|_| Spend { customers: 1, ..*row }))
        .chain([Spend { x: 0, total: 0, customers: 5 }, Spend { x: 1, total: -3, customers: 1 }])
        .collect();
    assert_eq!(gamma_gamma::fit(&rows, 2), gamma_gamma::fit(&single, 2));
    let tenures = sbg::tenures(&[100, 60, 45, 40]);
    let doubled: Vec<_> = tenures.iter().rev().chain(&tenures).copied().collect();
    let twice: Vec<_> =
        tenures.iter().map(|row| Tenure { customers: 2 * row.customers, ..*row }).collect();
    assert_eq!(sbg::fit(&doubled), sbg::fit(&twice));
}

#[test]
fn twice_the_customers_halve_the_variance() {
    let rows = cdnow();
    let twice: Vec<_> =
        rows.iter().map(|row| History { customers: 2 * row.customers, ..*row }).collect();
    for model in OrderModel::ALL {
        let (one, two) = (model.fit(&rows, 7).unwrap(), model.fit(&twice, 7).unwrap());
        for (one, two) in one.parameters.iter().zip(&two.parameters) {
            let ratio = one.standard_error.unwrap() / two.standard_error.unwrap();
            assert!((ratio - 2.0_f64.sqrt()).abs() < 1e-3, "{}: {ratio}", one.name);
        }
    }
}

#[test]
fn value_lies_between_the_customer_and_all() {
    let model = GammaGamma::new(6.25, 3.74, 15.44);
    let all = model.expected_value(0, 0.0).unwrap();
    for x in [1, 3, 10, 1_000] {
        for mean in [0.01, 10.0, 35.0, 1e6] {
            let value = model.expected_value(x, mean).unwrap();
            assert!(value >= all.min(mean) * 0.999_999, "{x} {mean}: {value}");
            assert!(value <= all.max(mean) * 1.000_001, "{x} {mean}: {value}");
        }
    }
    // With q below 1 the mean over all customers is infinite, that of one seen is not.
    let wild = GammaGamma::new(2.0, 0.9, 5.0);
    assert_eq!(wild.expected_value(0, 0.0), None);
    assert!(wild.expected_value(1, 20.0).unwrap() > 20.0);
}

#[test]
fn survival_is_the_product_of_retentions() {
    for alpha in SIZES {
        for beta in SIZES {
            let model = Sbg::new(alpha, beta);
            let mut product = 1.0;
            for periods in 0..200 {
                let survival = model.survival(periods);
                assert!((survival - product).abs() < 1e-11, "{alpha} {beta} {periods}");
                product *= model.retention(periods + 1);
            }
            let lifetime = model.discounted_lifetime(0.05).unwrap();
            assert!((1.0..=21.0).contains(&lifetime), "{alpha} {beta}: {lifetime}");
        }
    }
}
