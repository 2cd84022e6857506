//! The part of a likelihood that the orders of those who stay have, at rates that are gamma
//! distributed with shape r and rate alpha.
//!
//! `Γ(r+x)/Γ(r) · alpha^r / (alpha + t)^(r+x)`; derivatives are by the logarithms of r and alpha,
//! which are the first two variables.

use super::jet::Jet;
use super::pairs::Pairs;
use super::special::{ln_elapsed, ln_rising};

/// `ln Γ(r+x)/Γ(r) alpha^-x`.
pub fn ln_orders(r: &Jet<4>, ln_alpha: &Jet<4>, x: u32) -> Jet<4> {
    r.chain(ln_rising(r.value, x)) - *ln_alpha * f64::from(x)
}

/// Adds the logarithm of `(1 + time / alpha)^-(r + x)`, written out as it depends on two
/// parameters only.
pub fn elapsed(ln: &Jet<4>, x: u32, time: f64, r: f64, alpha: f64) -> Jet<4> {
    let [grown, first, second] = ln_elapsed(time, alpha);
    let power = r + f64::from(x);
    let mut out = *ln;
    out.value -= power * grown;
    out.gradient[0] -= r * grown;
    out.gradient[1] -= power * first;
    out.hessian[0][0] -= r * grown;
    out.hessian[0][1] -= r * first;
    out.hessian[1][0] -= r * first;
    out.hessian[1][1] -= power * second;
    out
}

/// The log-likelihood of histories if nobody leaves, by the logarithms of r, alpha and two
/// parameters that it does not depend on.
pub fn ln_of_orders(pairs: &Pairs, unit: f64, logs: &[f64; 4]) -> Jet<4> {
    let [r, alpha, ..] = Jet::parameters(logs);
    let ln_alpha = Jet::variable(1, logs[1]);
    pairs.log_likelihood(|of_x, parts| {
        let orders = ln_orders(&r, &ln_alpha, of_x.x);
        let after =
            |days: &u32| elapsed(&orders, of_x.x, f64::from(*days) / unit, r.value, alpha.value);
        parts.first.extend(of_x.ages.iter().map(after));
        parts.has_no_second(of_x);
    })
}
