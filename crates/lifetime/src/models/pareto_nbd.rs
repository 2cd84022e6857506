//! Pareto/NBD: the customer may leave at any time (Schmittlein, Morrison and Colombo 1987).
//!
//! The likelihood (Fader and Hardie 2005, "A note on deriving the Pareto/NBD model", equation 18)
//! in two parts: the customer's next event after T, had the record gone on, is an order, or the
//! customer leaves at some time after `t_x`. With `C = Γ(r+x)/Γ(r) alpha^r beta^s`,
//!
//! ```text
//! order: C (r+x) ∫_T   (alpha + v)^-(r+x+1) (beta + v)^-s     dv
//! left:  C s     ∫_t_x (alpha + v)^-(r+x)   (beta + v)^-(s+1) dv
//! ```

use super::jet::Jet;
use super::maximise::{LogLikelihood, maximise};
use super::pairs::{Pair, Pairs, Part};
use super::special::{ln_elapsed, ln_rising};
use super::tail::{Factor, ln_tail, span};
use super::{Fit, History, TransactionModel};

const NAMES: [&str; 4] = ["r", "alpha", "s", "beta"];

/// A Pareto/NBD model with its parameters, all positive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParetoNbd {
    /// Shape of the orders' rate.
    r: f64,
    /// Rate of the orders' rate, units of time.
    alpha: f64,
    /// Shape of the rate of leaving.
    s: f64,
    /// Rate of the rate of leaving, units of time.
    beta: f64,
}

impl ParetoNbd {
    /// The model with shape `r` and rate `alpha` (units of time) of the orders' rate, `s` and
    /// `beta` of the rate of leaving.
    #[must_use]
    pub fn new(r: f64, alpha: f64, s: f64, beta: f64) -> Self {
        Self { r, alpha, s, beta }
    }
}

/// The parameters as jets in their logarithms.
struct Parameters {
    r: Jet<4>,
    alpha: f64,
    s: Jet<4>,
    beta: f64,
    ln_alpha: Jet<4>,
    ln_s: Jet<4>,
    ln_beta: Jet<4>,
}

impl Parameters {
    fn at(logs: &[f64; 4]) -> Self {
        let [r, alpha, s, beta] = Jet::parameters(logs);
        let [_, ln_alpha, ln_s, ln_beta] = std::array::from_fn(|i| Jet::variable(i, logs[i]));
        Self { r, alpha: alpha.value, s, beta: beta.value, ln_alpha, ln_s, ln_beta }
    }

    /// What both parts share that depends on x alone, including `alpha^-x`.
    fn shared(&self, x: u32) -> Jet<4> {
        self.r.chain(ln_rising(self.r.value, x)) - self.ln_alpha * f64::from(x)
    }

    fn ln_alpha_elapsed(&self, time: f64) -> Jet<4> {
        Jet::of_variable(1, ln_elapsed(time, self.alpha))
    }

    fn ln_beta_elapsed(&self, time: f64) -> Jet<4> {
        Jet::of_variable(3, ln_elapsed(time, self.beta))
    }

    /// [`ln_tail`] in the logarithms of the parameters, with the powers r + more, s + extra.
    fn ln_tail(&self, more: f64, extra: f64, time: f64) -> Jet<4> {
        let (r, s) = (self.r.value, self.s.value);
        let mut jet = ln_tail(
            Factor { power: r + more, scale: self.alpha },
            Factor { power: s + extra, scale: self.beta },
            time,
        );
        for (index, by) in [(0, r), (2, s)] {
            for other in 0..4 {
                jet.hessian[index][other] *= by;
                jet.hessian[other][index] *= by;
            }
            jet.gradient[index] *= by;
            jet.hessian[index][index] += jet.gradient[index];
        }
        jet
    }

    /// The logarithm of the part in which an order comes next.
    fn ln_order(&self, shared: &Jet<4>, x: u32, age: f64) -> Jet<4> {
        let more = self.r + f64::from(x);
        *shared + more.ln()
            - self.ln_alpha
            - (more + 1.0) * self.ln_alpha_elapsed(age)
            - self.s * self.ln_beta_elapsed(age)
            + self.ln_tail(f64::from(x) + 1.0, 0.0, age)
    }

    /// The logarithm of the part in which the customer has left or leaves next.
    fn ln_left(&self, shared: &Jet<4>, x: u32, t_x: f64) -> Jet<4> {
        *shared + self.ln_s
            - self.ln_beta
            - (self.r + f64::from(x)) * self.ln_alpha_elapsed(t_x)
            - (self.s + 1.0) * self.ln_beta_elapsed(t_x)
            + self.ln_tail(f64::from(x), 1.0, t_x)
    }
}

impl TransactionModel for ParetoNbd {
    fn probability_alive(&self, x: u32, t_x: f64, age: f64) -> f64 {
        let power = self.r + f64::from(x);
        let ln_alive = -power * libm::log1p((age - t_x) / (self.alpha + t_x))
            - self.s * libm::log1p((age - t_x) / (self.beta + t_x));
        let left = self.s / (self.beta + t_x)
            * span(
                Factor { power, scale: self.alpha },
                Factor { power: self.s + 1.0, scale: self.beta },
                (t_x, age),
            );
        1.0 / (1.0 + left * libm::exp(-ln_alive))
    }

    fn orders_if_alive(&self, x: u32, age: f64, horizon: f64) -> f64 {
        let staying = libm::log1p(horizon.max(0.0) / (self.beta + age));
        // (1 - e^(-(s-1) staying)) / (s-1), which is `staying` at s = 1.
        let power = (self.s - 1.0) * staying;
        let time = if power == 0.0 { staying } else { -libm::expm1(-power) / power * staying };
        (self.r + f64::from(x)) * (self.beta + age) / (self.alpha + age) * time
    }

    fn expected_orders_of_new(&self, horizon: f64) -> f64 {
        self.orders_if_alive(0, 0.0, horizon)
    }

    fn log_likelihood(&self, histories: &[History], unit_days: u32) -> f64 {
        Data::new(histories, unit_days).map_or(0.0, |data| {
            data.at(&[self.r, self.alpha, self.s, self.beta].map(libm::log)).value
        })
    }
}

struct Data {
    pairs: Pairs,
    unit: f64,
}

impl Data {
    fn new(histories: &[History], unit_days: u32) -> Option<Self> {
        Some(Self { pairs: Pairs::new(histories)?, unit: f64::from(unit_days.max(1)) })
    }
}

impl LogLikelihood<4> for Data {
    fn at(&self, logs: &[f64; 4]) -> Jet<4> {
        let at = Parameters::at(logs);
        // Pairs come sorted by x.
        let mut last = (0, at.shared(0));
        self.pairs.log_likelihood(|part, Pair { x, days }| {
            if last.0 != x {
                last = (x, at.shared(x));
            }
            let time = f64::from(days) / self.unit;
            match part {
                Part::First => at.ln_order(&last.1, x, time),
                Part::Second => at.ln_left(&last.1, x, time),
            }
        })
    }
}

/// Fits the model by maximum likelihood, in the unit of `unit_days` days (at least one). `None`
/// without customers.
#[must_use]
pub fn fit(histories: &[History], unit_days: u32) -> Option<Fit<ParetoNbd>> {
    let data = Data::new(histories, unit_days)?;
    let rate = data.pairs.daily_rate() * data.unit;
    let age = data.pairs.mean_age_days() / data.unit;
    let starts =
        [(0.5, 0.5), (3.0, 0.2)].map(|(r, s)| [r, 0.5 * r / rate, s, 2.0 * s * age].map(libm::log));
    let maximum = maximise(&data, &starts)?;
    let model = |[r, alpha, s, beta]: [f64; 4]| ParetoNbd { r, alpha, s, beta };
    Some(Fit::new(NAMES, data.pairs.customers(), &maximum, model))
}
