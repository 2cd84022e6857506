//! Fits whose likelihood has no maximum but a limit, in cases where that is known by hand, and what
//! the models say there.

use super::super::gamma_gamma::{self, Spend};
use super::super::sbg;
use super::super::{Fit, History, OrderModel, Place};
use super::assert_close;

use Place::{AllDaysEqual, AllEqual, Inside, NobodyLeaves, SomeAtOnce};

fn row(x: u32, t_x_days: u32, age_days: u32, customers: u64) -> History {
    History { x, t_x_days, age_days, customers }
}

/// The places and means of the first parameter of each distribution.
fn found<M>(fit: &Fit<M>, parameters: [&str; 2]) -> [(Place, f64); 2] {
    assert!(fit.is_converged(), "{:?}", fit.missing);
    parameters.map(|name| {
        let parameter = fit.parameters.iter().find(|parameter| parameter.name == name).unwrap();
        assert_eq!(parameter.value.is_some(), parameter.place == Inside, "{parameter:?}");
        (parameter.place, parameter.mean.unwrap())
    })
}

fn leaving(model: OrderModel) -> [&'static str; 2] {
    ["r", if model == OrderModel::ParetoNbd { "s" } else { "a" }]
}

#[test]
fn one_rate_and_nobody_leaves() {
    // Customers who order less differently than chance has it have one rate, of all orders in all
    // the time; and if nobody leaves the likelihood is λ^x e^(-λT) each.
    let table: [(&str, Vec<History>); 3] = [
        ("one customer", vec![row(3, 80, 100, 1)]),
        ("all are equal", vec![row(3, 80, 100, 1_000)]),
        ("an order every day", (1..99).map(|age| row(age, age, age, 7)).collect()),
    ];
    for (what, rows) in table {
        let sum = |of: fn(&History) -> u32| -> f64 {
            rows.iter().map(|row| f64::from(of(row)) * row.customers as f64).sum()
        };
        let (orders, days) = (sum(|row| row.x), sum(|row| row.age_days));
        let rate = orders / days * 7.0;
        let expected = orders * libm::log(rate) - rate * days / 7.0;
        for model in OrderModel::ALL {
            let what = format!("{}: {what}", model.name());
            let fit = model.fit(&rows, 7).unwrap();
            let [orders, leaves] = found(&fit, leaving(model));
            assert_eq!((orders.0, leaves), (AllEqual, (NobodyLeaves, 0.0)), "{what}");
            assert_close(orders.1, rate, 1e-6, &what);
            assert!((fit.log_likelihood - expected).abs() < 1e-6, "{what}");
            // However long a customer has been silent.
            assert_close(fit.model.probability_alive(5, 1.0, 1e6), 1.0, 0.0, &what);
            assert_close(fit.model.orders_if_alive(5, 20.0, 10.0), 10.0 * rate, 1e-6, &what);
            assert_close(fit.model.expected_orders_of_new(10.0), 10.0 * rate, 1e-6, &what);
        }
    }
}

/// Customers of whom after each order half leave: 512 of them after one, 256 after two, and so on;
/// each order takes ten days, and all were seen leave.
fn halves() -> Vec<History> {
    (0..10).map(|x| row(x + 1, 10 * (x + 1), 10_000, 512 >> x)).collect()
}

#[test]
fn one_chance_to_leave_and_one_rate() {
    // Nobody is alive, so that the likelihood is λ^x e^(-λ t_x) p (1-p)^(x-1): customers with one rate
    // order once in ten days, and p is customers by orders, as geometric as it can be.
    let rows = halves();
    let customers: f64 = rows.iter().map(|row| row.customers as f64).sum();
    let orders: f64 = rows.iter().map(|row| f64::from(row.x) * row.customers as f64).sum();
    let fit = OrderModel::BgNbd.fit(&rows, 1).unwrap();
    let [rate, leaves] = found(&fit, ["r", "a"]);
    assert_eq!((rate.0, leaves.0), (AllEqual, AllEqual));
    assert_close(rate.1, 0.1, 1e-6, "rate");
    let chance = customers / orders;
    assert_close(leaves.1, chance, 1e-6, "chance");
    let expected = orders * libm::log(0.1) - orders
        + customers * libm::log(chance)
        + (orders - customers) * libm::log(1.0 - chance);
    assert!((fit.log_likelihood - expected).abs() < 1e-6, "{}", fit.log_likelihood);
    // The odds to have left do not depend on how often one stayed, and orders that end with a
    // chance are (1 - e^(-pλt)) / p.
    let odds = chance / (1.0 - chance) * libm::exp(0.1 * 7.0);
    assert_close(fit.model.probability_alive(1, 10.0, 17.0), 1.0 / (1.0 + odds), 1e-6, "alive");
    assert_close(fit.model.probability_alive(9, 90.0, 97.0), 1.0 / (1.0 + odds), 1e-6, "alive");
    let ahead = (1.0 - libm::exp(-chance * 0.1 * 30.0)) / chance;
    assert_close(fit.model.orders_if_alive(3, 50.0, 30.0), ahead, 1e-6, "ahead");
    assert_close(fit.model.expected_orders_of_new(30.0), ahead, 1e-6, "of a new customer");
}

#[test]
fn one_rate_to_leave_and_one_rate() {
    // The same customers. With ν = λ + μ the likelihood is π (1-π)^x ν^x e^(-ν t_x), where π = μ / ν
    // is the chance that the next thing is to leave: customers by customers and orders.
    let rows = halves();
    let customers: f64 = rows.iter().map(|row| row.customers as f64).sum();
    let orders: f64 = rows.iter().map(|row| f64::from(row.x) * row.customers as f64).sum();
    let fit = OrderModel::ParetoNbd.fit(&rows, 1).unwrap();
    let [rate, leaves] = found(&fit, ["r", "s"]);
    assert_eq!((rate.0, leaves.0), (AllEqual, AllEqual));
    let leaving = customers / (customers + orders);
    assert_close(rate.1, 0.1 * (1.0 - leaving), 1e-6, "rate");
    assert_close(leaves.1, 0.1 * leaving, 1e-6, "rate of leaving");
    // Of those silent for t units e^(-νt) are alive beside μ / ν (1 - e^(-νt)) who have left.
    let silent = libm::exp(-0.1 * 7.0);
    let alive = silent / (silent + leaving * (1.0 - silent));
    assert_close(fit.model.probability_alive(4, 40.0, 47.0), alive, 1e-6, "alive");
    let ahead = rate.1 / leaves.1 * (1.0 - libm::exp(-leaves.1 * 30.0));
    assert_close(fit.model.orders_if_alive(4, 47.0, 30.0), ahead, 1e-6, "ahead");
}

#[test]
fn some_leave_at_once() {
    // Of 100 customers 40 never order again, and 60 order every ten days to the last: whoever stays
    // at the first chance stays.
    let rows = [row(0, 0, 1_000, 40), row(100, 1_000, 1_000, 60)];
    let fit = OrderModel::MbgNbd.fit(&rows, 1).unwrap();
    let [rate, leaves] = found(&fit, ["r", "a"]);
    assert_eq!((rate.0, leaves.0), (AllEqual, SomeAtOnce));
    assert_close(rate.1, 0.1, 1e-6, "rate");
    assert_close(leaves.1, 0.4, 1e-6, "share");
    assert!(fit.model.probability_alive(0, 0.0, 1_000.0) < 1e-12);
    assert_close(fit.model.probability_alive(100, 1_000.0, 1_100.0), 1.0, 1e-9, "alive");
    assert_close(fit.model.orders_if_alive(100, 1_000.0, 50.0), 5.0, 1e-6, "ahead");
    assert_close(fit.model.expected_orders_of_new(50.0), 0.6 * 5.0, 1e-6, "of a new customer");
}

#[test]
fn values_that_differ_between_days_alone() {
    // Of those with one order the value differs much, of those with a hundred not at all: customers
    // do not differ, and the mean is what all spent by all their orders.
    let mut rows: Vec<Spend> =
        (1..=40).map(|n| Spend { x: 1, total: 250 * n, customers: 1 }).collect();
    rows.push(Spend { x: 100, total: 512_500, customers: 40 });
    let fit = gamma_gamma::fit(&rows, 2).unwrap();
    let [p, q] = found(&fit, ["p", "q"]);
    assert_eq!((p.0, q.0), (Inside, AllEqual));
    let orders: f64 = rows.iter().map(|row| f64::from(row.x) * row.customers as f64).sum();
    let total: f64 = rows.iter().map(|row| row.total as f64 * row.customers as f64).sum();
    let mean = total / orders / 100.0;
    assert_close(q.1, mean, 1e-6, "mean");
    for (x, own) in [(0, 0.0), (1, 1.0), (50, 900.0)] {
        assert_close(fit.model.expected_value(x, own).unwrap(), mean, 1e-6, "value");
    }
}

#[test]
fn values_that_differ_between_customers_alone() {
    // The mean of many orders is spread as the value of one: a customer's orders do not differ. Then
    // 1 / mean is gamma distributed with shape q, whose mean is q / (p gamma).
    let values = (1..40).map(|n| 100_000 / i128::from(n + 20));
    let rows: Vec<Spend> = values
        .flat_map(|value| [1, 60].map(|x| Spend { x, total: value * i128::from(x), customers: 3 }))
        .collect();
    let fit = gamma_gamma::fit(&rows, 2).unwrap();
    let [p, q] = found(&fit, ["p", "q"]);
    assert_eq!((p.0, q.0), (AllDaysEqual, Inside));
    let q_value = fit.parameters[1].value.unwrap();
    let inverse: f64 = rows.iter().map(|row| f64::from(row.x) / row.total as f64 * 100.0).sum();
    let scale = q_value / (inverse / rows.len() as f64);
    assert_close(q.1, scale / (q_value - 1.0), 1e-6, "mean");
    assert_close(fit.model.expected_value(1, 17.0).unwrap(), 17.0, 1e-6, "of one seen");
    assert_close(fit.model.expected_value(0, 0.0).unwrap(), q.1, 1e-9, "of one not seen");
}

#[test]
fn chances_of_contracts() {
    // Active after 0, 1, 2, ... periods; the mean chance to leave.
    let table: [(&str, &[u64], Place, f64); 3] = [
        ("nobody leaves", &[100, 100, 100], NobodyLeaves, 0.0),
        (
            "everybody has the same chance",
            &[1 << 20, 1 << 19, 1 << 18, 1 << 17, 1 << 16, 1 << 15],
            AllEqual,
            0.5,
        ),
        ("whoever stays once stays", &[100, 70, 70, 70, 70], SomeAtOnce, 0.3),
    ];
    for (what, active, place, mean) in table {
        let fit = sbg::fit(&sbg::tenures(active)).unwrap();
        let [alpha, beta] = found(&fit, ["alpha", "beta"]);
        assert_eq!((alpha.0, beta.0), (place, place), "{what}");
        assert!((alpha.1 - mean).abs() < 1e-6, "{what}: {}", alpha.1);
        for (periods, active_after) in (0..).zip(active) {
            let share = *active_after as f64 / active[0] as f64;
            assert!((fit.model.survival(periods) - share).abs() < 1e-6, "{what} {periods}");
        }
    }
}
