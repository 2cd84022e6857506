//! The expected orders of a customer who may leave after each.
//!
//! The closed form is one minus a Gaussian hypergeometric function over `a - 1`: it cancels for
//! short horizons and is undefined at a = 1. Order j + 1 comes if the stream of orders reaches it
//! and the customer has stayed after each of j orders, so the expectation is
//! `Σ P(N > j) E[(1 - p)^j]` over j >= 0, with only positive terms.

use super::special::{FINE, nodes};

/// Terms up to which the sum is added up; beyond, the integral is cheaper.
const MOST_TERMS: f64 = 20_000.0;
/// A panel's length next to the integrand's poles, and how much of its fall one panel may span.
const NEAR: f64 = 3.0;
const FALL: f64 = 15.0;
/// Up to here a chance to leave is none.
const DECIDED: f64 = 1e-14;
/// From this `a` on the chances to leave are nearly the same for all.
const NARROW: f64 = 1e7;
/// What may be left out, relative to the whole.
const NEGLIGIBLE: f64 = 1e-17;

/// The expected orders of a customer who is alive, whose rate is gamma distributed with this
/// shape, whose chance to leave after an order is beta(a, b) distributed, over a horizon of
/// `ahead` in units of the rate's scale.
pub fn expected(shape: f64, ahead: f64, a: f64, b: f64) -> f64 {
    if ahead <= 0.0 {
        return 0.0;
    }
    let mean = shape * ahead;
    // Nobody leaves any more: the chance to leave is zero, or was decided long ago.
    if a <= DECIDED * b {
        return mean;
    }
    // A share leaves at the next chance, after the first order, the others never.
    if a + b <= DECIDED {
        let first = -libm::expm1(-shape * libm::log1p(ahead));
        return first + b / (a + b) * (mean - first);
    }
    if a >= NARROW {
        return nearly_one_chance(shape, ahead, a, b);
    }
    let terms = mean + 8.0 * (mean * (1.0 + ahead)).sqrt() + 40.0 * (1.0 + ahead);
    if terms <= MOST_TERMS { sum(shape, ahead, a, b, terms) } else { integral(shape, ahead, a, b) }
}

/// Where the chances to leave are so alike that their mean and variance tell all but 1e-14 of it.
fn nearly_one_chance(shape: f64, ahead: f64, a: f64, b: f64) -> f64 {
    let p = a / (a + b);
    let variance = p * (b / (a + b)) / (a + b + 1.0);
    // Of g / p, where g is 1 - (1 + p ahead)^-shape.
    let fall = shape * ahead / ahead.mul_add(p, 1.0);
    let rest = libm::exp(-shape * libm::log1p(p * ahead));
    let (first, second) =
        (fall * rest, -fall * rest * (shape + 1.0) * ahead / ahead.mul_add(p, 1.0));
    let orders = at_chance(shape, ahead, p);
    let bend = (second - 2.0 * first / p + 2.0 * orders / p) / p;
    orders + 0.5 * variance * bend
}

/// The expected orders where everybody leaves after an order with the chance `p`, which is above 0.
fn at_chance(shape: f64, ahead: f64, p: f64) -> f64 {
    -libm::expm1(-shape * libm::log1p(p * ahead)) / p
}

fn sum(shape: f64, ahead: f64, a: f64, b: f64, terms: f64) -> f64 {
    let reached = ahead / (1.0 + ahead);
    // P(N = j) is `mass` * 2^`exponent`, as the first ones may be smaller than any float.
    let ln_none = -shape * libm::log1p(ahead);
    let mut exponent = (ln_none * std::f64::consts::LOG2_E).floor().min(0.0);
    let mut mass = libm::exp(exponent.mul_add(-std::f64::consts::LN_2, ln_none));
    let mut unit = libm::exp2(exponent);
    let mut more = -libm::expm1(ln_none);
    let (mut stayed, mut total, mut j) = (1.0, 0.0, 0.0);
    while j < terms && more > 0.0 {
        let term = more * stayed;
        total += term;
        if term * (1.0 + ahead) < NEGLIGIBLE * total {
            break;
        }
        stayed *= (b + j) / (a + b + j);
        mass *= (shape + j) / (j + 1.0) * reached;
        j += 1.0;
        while mass > 1.0 && exponent < 0.0 {
            let up = exponent.max(-500.0);
            mass *= libm::exp2(up);
            exponent -= up;
            unit = libm::exp2(exponent);
        }
        more -= mass * unit;
    }
    total
}

/// The same as `E[(1 - (1 + p ahead)^-shape) / p]` over p, in the log odds of p, where the
/// integrand has one hump and exponential tails.
fn integral(shape: f64, ahead: f64, a: f64, b: f64) -> f64 {
    let density = |t: f64| {
        // ln p and ln(1 - p) of p = 1 / (1 + e^-t).
        let (ln_p, ln_q) = if t < 0.0 {
            let rest = libm::log1p(libm::exp(t));
            (t - rest, -rest)
        } else {
            let rest = libm::log1p(libm::exp(-t));
            (-rest, -t - rest)
        };
        let p = libm::exp(ln_p);
        let orders =
            if p * ahead < f64::MIN_POSITIVE { shape * ahead } else { at_chance(shape, ahead, p) };
        (a * ln_p + b * ln_q, orders)
    };
    // Of the logarithm of the integrand; the orders' own slope lies between -1 and 0.
    let slope = |t: f64| {
        let p = 1.0 / (1.0 + libm::exp(-t));
        let (ln_more, power) = (libm::log1p(p * ahead), p * ahead / (1.0 + p * ahead) * shape);
        let gone = libm::expm1(shape * ln_more);
        let own = if gone > 0.0 { power / gone - 1.0 } else { 0.0 };
        a * (1.0 - p) - b * p + (1.0 - p) * own.clamp(-1.0, 0.0)
    };
    let (mut low, mut high) = (-800.0, 800.0);
    while high - low > 1e-3 {
        let middle = 0.5 * (low + high);
        if slope(middle) > 0.0 { low = middle } else { high = middle }
    }
    let peak = low;
    let top = density(peak).0;
    let poles = (-libm::log1p(ahead), 0.0);
    let mut total = 0.0;
    let mut mass = 0.0;
    for direction in [-1.0, 1.0] {
        let mut t = peak;
        loop {
            let beyond = if direction < 0.0 { poles.0 - t } else { t - poles.1 };
            let room = NEAR + beyond.max(0.0);
            let steepness = |t: f64| -direction * slope(t);
            let mut length = room.min(FALL / steepness(t).max(FALL / room));
            while length * steepness(direction.mul_add(length, t)) > FALL {
                length *= 0.75;
            }
            let start = if direction < 0.0 { t - length } else { t };
            for (at, weight) in nodes(&FINE, start, length) {
                let (ln_density, orders) = density(at);
                let density = weight * libm::exp(ln_density - top);
                mass += density;
                total += density * orders;
            }
            t = direction.mul_add(length, t);
            let (ln_density, orders) = density(t);
            let end = libm::exp(ln_density - top);
            let falling = steepness(t).min(if direction < 0.0 { a } else { b });
            let rest_counts = falling <= 0.0
                || end > NEGLIGIBLE * falling * mass
                || end * orders > NEGLIGIBLE * falling * total;
            if !rest_counts {
                break;
            }
        }
    }
    total / mass
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_that_are_nearly_the_same() {
        for (shape, ahead) in [(0.11, 4.1), (0.11, 1e7), (1e9, 1e-7), (300.0, 40.0), (2.0, 1.0)] {
            for chance in [0.999, 0.5, 0.01, 1e-6] {
                let name = format!("{shape} {ahead} {chance}");
                // Where both ways are open they agree.
                let (a, b) = (1e6, 1e6 / chance * (1.0 - chance));
                let [one, two] = [integral, nearly_one_chance].map(|way| way(shape, ahead, a, b));
                assert!((one / two - 1.0).abs() < 1e-10, "{name}: {one} {two}");
                for a in [1e8, 1e12, 1e16, 1e20] {
                    let found = expected(shape, ahead, a, a / chance * (1.0 - chance));
                    let same = at_chance(shape, ahead, chance);
                    assert!(
                        (found / same - 1.0).abs() < 10.0 / a + 1e-9,
                        "{name} {a}: {found} {same}"
                    );
                }
            }
        }
    }

    #[test]
    fn sum_and_integral_agree() {
        for (shape, ahead, a, b) in [
            (0.243, 8.8, 0.793, 2.426),
            (2.243, 0.9, 0.793, 4.426),
            (40.0, 1.5, 3.0, 41.0),
            (0.05, 50.0, 1.0, 0.3),
            (300.0, 2.0, 0.2, 300.0),
            (1.0, 1e-9, 2.0, 5.0),
            (900.0, 3.0, 1e-3, 900.0),
        ] {
            let (one, two) = (sum(shape, ahead, a, b, MOST_TERMS), integral(shape, ahead, a, b));
            assert!((one / two - 1.0).abs() < 1e-12, "{shape} {ahead} {a} {b}: {one} {two}");
        }
    }
}
