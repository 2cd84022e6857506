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

use super::coordinates::{Coordinates, OF_TWO_PAIRS, Pair, Place, TWO_PAIRS, of_parameters};
use super::jet::Jet;
use super::maximise::{LogLikelihood, Maximum, Starts, maximise_by_sample};
use super::orders::ln_of_orders;
use super::pairs::{Observed, Pairs};
use super::special::ln_rising;
use super::tail::{Factor, Tail, span};
use super::{Fit, History, TransactionModel};

/// The logarithms of r / alpha, of r, of s / beta and of s.
const COORDINATES: Coordinates<4> = Coordinates {
    names: ["r", "alpha", "s", "beta"],
    map: TWO_PAIRS,
    groups: &[&[Pair::<4, 0>::ALL_EQUAL], &[Pair::<4, 2>::ALL_EQUAL, Pair::<4, 2>::NOBODY]],
    places: &[&[Place::AllEqual], &[Place::AllEqual, Place::NobodyLeaves]],
};

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
    s: f64,
    beta: f64,
    ln_alpha: Jet<4>,
    ln_s: Jet<4>,
    ln_beta: Jet<4>,
}

impl Parameters {
    fn at(logs: &[f64; 4]) -> Self {
        let [r, alpha, s, beta] = Jet::parameters(logs);
        let [_, ln_alpha, ln_s, ln_beta] = std::array::from_fn(|i| Jet::variable(i, logs[i]));
        Self { r, alpha: alpha.value, s: s.value, beta: beta.value, ln_alpha, ln_s, ln_beta }
    }

    /// The logarithms of the factors before the integrals of an order and of leaving, without the
    /// powers of alpha and beta that the integrals come with.
    fn ln_factors(&self, x: u32) -> [Jet<4>; 2] {
        let shared = self.r.chain(ln_rising(self.r.value, x)) - self.ln_alpha * f64::from(x);
        let order = (self.r + f64::from(x)).ln() - self.ln_alpha;
        [shared + order, shared + self.ln_s - self.ln_beta]
    }

    /// Fills in the logarithm of `factor` times the integral with the powers r + more, s + extra
    /// from each of the rising `days` on.
    fn fill(
        &self,
        parts: &mut Vec<Jet<4>>,
        factor: &Jet<4>,
        [more, extra]: [f64; 2],
        days: &[u32],
        unit: f64,
    ) {
        let alpha = Factor { power: self.r.value + more, scale: self.alpha };
        let beta = Factor { power: self.s + extra, scale: self.beta };
        let mut tail: Option<Tail> = None;
        for days in days.iter().rev() {
            let time = f64::from(*days) / unit;
            let tail = tail.get_or_insert_with(|| Tail::new(alpha, beta, time));
            tail.extend_to(time);
            parts.push(*factor + self.in_logarithms(tail.ln()));
        }
        parts.reverse();
    }

    /// Turns derivatives by the powers into such by the logarithms of r and s.
    fn in_logarithms(&self, mut jet: Jet<4>) -> Jet<4> {
        for (index, by) in [(0, self.r.value), (2, self.s)] {
            for other in 0..4 {
                jet.hessian[index][other] *= by;
                jet.hessian[other][index] *= by;
            }
            jet.gradient[index] *= by;
            jet.hessian[index][index] += jet.gradient[index];
        }
        jet
    }
}

impl TransactionModel for ParetoNbd {
    fn probability_alive(&self, x: u32, t_x: f64, age: f64) -> f64 {
        // If nobody leaves, however unlikely it is that a customer is silent for so long.
        if self.s == 0.0 {
            return 1.0;
        }
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
        let at = of_parameters(&OF_TWO_PAIRS, [self.r, self.alpha, self.s, self.beta]);
        let unit = f64::from(unit_days.max(1));
        Pairs::new(histories).map_or(0.0, |pairs| Data { pairs: &pairs, unit }.at(&at).value)
    }
}

struct Data<'a> {
    pairs: &'a Pairs,
    unit: f64,
}

impl LogLikelihood<4> for Data<'_> {
    fn at(&self, at: &[f64; 4]) -> Jet<4> {
        let logs = COORDINATES.logs(at);
        // Nobody leaves if the mean rate of leaving is zero.
        let likelihood = if at[2] == f64::NEG_INFINITY {
            ln_of_orders(self.pairs, self.unit, &[logs[0], logs[1], 0.0, 0.0])
        } else {
            self.of_both(&logs)
        };
        likelihood.mapped(&COORDINATES.map)
    }
}

impl Data<'_> {
    /// By the logarithms of the parameters.
    fn of_both(&self, logs: &[f64; 4]) -> Jet<4> {
        let at = Parameters::at(logs);
        self.pairs.log_likelihood(|of_x, parts| {
            let [order, left] = at.ln_factors(of_x.x);
            let x = f64::from(of_x.x);
            at.fill(&mut parts.first, &order, [x + 1.0, 0.0], &of_x.ages, self.unit);
            at.fill(&mut parts.second, &left, [x, 1.0], &of_x.recencies, self.unit);
        })
    }
}

/// Fits the model by maximum likelihood, in the unit of `unit_days` days (at least one). `None`
/// without customers.
#[must_use]
pub fn fit(histories: &[History], unit_days: u32) -> Option<Fit<ParetoNbd>> {
    fit_observed(&Observed::new(histories)?, unit_days)
}

pub(super) fn fit_observed(observed: &Observed, unit_days: u32) -> Option<Fit<ParetoNbd>> {
    let unit = f64::from(unit_days.max(1));
    let data = |pairs| Data { pairs, unit };
    let rate = observed.all.daily_rate() * unit;
    let age = observed.all.mean_age_days() / unit;
    let starts = [(0.5, 0.5), (3.0, 0.2), (1.0, 2.0)]
        .map(|(r, s)| of_parameters(&OF_TWO_PAIRS, [r, 0.5 * r / rate, s, 2.0 * s * age]));
    let sample = observed.sample.as_ref().map(data);
    let all = data(&observed.all);
    let starts = Starts { at: &starts, tried: 1 };
    let maximum = maximise_by_sample(&all, sample.as_ref(), &starts, COORDINATES.groups)?;
    let customers = observed.all.customers();
    let fit = Fit::new(&COORDINATES, customers, &maximum, means(&maximum), model(&maximum));
    Some(fit.without_repeats(observed.all.has_repeats()))
}

fn means(maximum: &Maximum<4>) -> [Option<f64>; 4] {
    let [rate, leaving] = [0, 2].map(|mean| Some(libm::exp(maximum.at[mean])));
    [rate, rate, leaving, leaving]
}

fn model(maximum: &Maximum<4>) -> ParetoNbd {
    let [r, alpha, s, beta] = COORDINATES.logs(&maximum.at).map(libm::exp);
    if maximum.at[2] == f64::NEG_INFINITY {
        return ParetoNbd { r, alpha, s: 0.0, beta: 1.0 };
    }
    ParetoNbd { r, alpha, s, beta }
}
