//! Values of the models at hard arguments against their closed forms in 80 digits.

use super::super::jet::Jet;
use super::super::special::ln_elapsed;
use super::super::tail::{Factor, Tail};
use super::super::{History, TransactionModel, bg_nbd, mbg_nbd, pareto_nbd};
use super::{assert_close, lines, number};

#[test]
fn integrals_and_their_derivatives() {
    for fields in lines(include_str!("../testdata/tails.csv")) {
        let row: Vec<f64> = fields.iter().map(|field| number(field)).collect();
        let [p, alpha, q, beta, time] = row[..5] else { unreachable!() };
        let factors = [Factor { power: p, scale: alpha }, Factor { power: q, scale: beta }];
        let elapsed = [(0, p, alpha), (2, q, beta)].map(|(power, value, scale)| {
            Jet::<4>::variable(power, value) * Jet::of_variable(power + 1, ln_elapsed(time, scale))
        });
        // From the time on, and led there from later ones, in a stride and in small steps.
        let mut led = Tail::new(factors[0], factors[1], 1e6);
        led.extend_to(time + 10.0);
        let mut steps = Tail::new(factors[0], factors[1], time + 10.0);
        (0..=1000).rev().for_each(|step| steps.extend_to(time + 0.01 * f64::from(step)));
        led.extend_to(time);
        for tail in [Tail::new(factors[0], factors[1], time), led, steps] {
            let jet = tail.ln() + elapsed[0] + elapsed[1];
            let at = format!("{:?}", &fields[..5]);
            assert_close(jet.value, row[5], 1e-12, &at);
            // Derivatives cancel where a parameter matters little: they are held against the
            // greatest of them.
            let hessian = (0..4).flat_map(|i| (i..4).map(move |j| (i, j)));
            let got: Vec<_> =
                jet.gradient.into_iter().chain(hessian.map(|(i, j)| jet.hessian[i][j])).collect();
            let greatest = row[6..].iter().fold(1.0_f64, |most, x| most.max(x.abs()));
            for (place, (got, want)) in got.iter().zip(&row[6..]).enumerate() {
                let error = (got - want).abs();
                assert!(error < 1e-11 * greatest, "{at}, derivative {place}: {got} not {want}");
            }
        }
    }
}

#[test]
fn likelihoods_chances_and_expectations() {
    for fields in lines(include_str!("../testdata/models.csv")) {
        let row: Vec<f64> = fields[1..].iter().map(|field| number(field)).collect();
        let model: Box<dyn TransactionModel> = match fields[0] {
            "bg_nbd" => Box::new(bg_nbd::BgNbd::new(row[0], row[1], row[2], row[3])),
            "mbg_nbd" => Box::new(mbg_nbd::MbgNbd::new(row[0], row[1], row[2], row[3])),
            _ => Box::new(pareto_nbd::ParetoNbd::new(row[0], row[1], row[2], row[3])),
        };
        let [x, t_x_days, age_days]: [u32; 3] =
            [4, 5, 6].map(|place| fields[place + 1].parse().unwrap());
        let (t_x, age, horizon) = (row[5], row[6], row[7]);
        let history = History { x, t_x_days, age_days, customers: 1 };
        let at = format!("{:?}", &fields[..9]);
        let likelihood = model.log_likelihood(&[history], 1);
        assert!((likelihood - row[8]).abs() < 1e-12 * row[8].abs().max(1.0), "{at}: {likelihood}");
        let alive = model.probability_alive(x, t_x, age);
        assert_close(alive, row[9], 1e-10, &at);
        assert_close(model.orders_if_alive(x, age, horizon), row[10], 1e-11, &at);
        assert_close(model.expected_orders_of_new(horizon), row[11], 1e-11, &at);
        assert_close(model.expected_orders(x, t_x, age, horizon), row[9] * row[10], 1e-10, &at);
    }
}
