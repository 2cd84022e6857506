//! The integral behind the Pareto/NBD model.
//!
//! Its likelihood is usually written with two Gaussian hypergeometric functions, whose difference
//! loses digits and whose series crawl where alpha and beta are far apart. The functions stand for
//! `∫ (alpha + v)^-p (beta + v)^-q dv` from a time on. In the logarithm of time the integrand has
//! one hump and an exponential tail, and nothing but positive numbers are added up.

use super::jet::Jet;
use super::special::nodes;

/// A factor `(scale + v)^-power` of the integrand; the scale is a parameter, the power another
/// parameter plus a number.
#[derive(Clone, Copy, Debug)]
pub struct Factor {
    pub power: f64,
    pub scale: f64,
}

/// How much of the integrand's fall the first panel of the rule may span, and the later ones, to
/// which little is left.
const FALLS: [f64; 2] = [14.0, 24.0];
/// A panel's length next to the point where the scales meet; the integrand has a pole at the
/// distance π beside it.
const NEAR: f64 = 4.0;
/// What may be left out, relative to the integral.
const NEGLIGIBLE: f64 = 1e-16;

/// The integrand from a time on, relative to its value there.
struct Hump {
    near: Factor,
    far: Factor,
    /// Of the near scale and of the far one: the scale plus the time.
    origins: [f64; 2],
    /// The distance of the scales, relative to the first origin.
    gap: f64,
}

/// A node of the rule.
struct Node {
    /// The integrand, times its weight.
    mass: f64,
    /// The logarithms by which the two origins have grown.
    grown: [f64; 2],
    /// The factors by which they have grown, inverted.
    shrunk: [f64; 2],
}

impl Hump {
    fn new(near: Factor, far: Factor, time: f64) -> Self {
        let origins = [near.scale + time, far.scale + time];
        Self { near, far, origins, gap: (far.scale - near.scale) / origins[0] }
    }

    /// How fast the integrand falls at t, where `v = origins[0] e^t - near.scale`.
    fn slope(&self, t: f64) -> f64 {
        self.near.power - 1.0 + self.far.power / (1.0 + self.gap * libm::exp(-t))
    }

    fn node(&self, t: f64, weight: f64) -> Node {
        let near = libm::exp(-t);
        let ratio = self.origins[0] / self.origins[1];
        let (ln_far, far) = if t < 30.0 {
            let more = ratio * (1.0 - near) / near;
            (libm::log1p(more), 1.0 / (1.0 + more))
        } else {
            let left = ratio * (1.0 + self.gap * near);
            (t + libm::log(left), near / left)
        };
        let ln_mass = (1.0 - self.near.power) * t - self.far.power * ln_far;
        let mass = weight * libm::exp(ln_mass);
        Node { mass, grown: [t, ln_far], shrunk: [near, far] }
    }

    /// Shows each node up to the time at `end` and returns the integral.
    fn integrate(&self, end: f64, mut visit: impl FnMut(&Node)) -> f64 {
        let meeting = libm::log(self.gap);
        let [mut fall, later] = FALLS;
        let (mut t, mut total) = (0.0, 0.0);
        let mut slope = self.slope(t);
        while t < end {
            let ahead = meeting - t;
            let room = if ahead > 0.0 { NEAR.max(0.5 * ahead) } else { NEAR - ahead };
            let mut length = room.min(fall / slope.max(fall / room)).min(end - t);
            slope = self.slope(t + length);
            while length * slope > fall {
                length *= 0.75;
                slope = self.slope(t + length);
            }
            for (at, weight) in nodes(t, length) {
                let node = self.node(at, weight);
                total += node.mass;
                visit(&node);
            }
            t += length;
            fall = later;
            let rest_counts = slope <= 0.0 || self.node(t, 1.0).mass > NEGLIGIBLE * slope * total;
            if !rest_counts {
                break;
            }
        }
        self.origins[0] * total
    }
}

/// `(alpha + from)^p (beta + from)^q ∫ (alpha + v)^-p (beta + v)^-q dv` over v in the span of
/// times.
pub fn span(alpha: Factor, beta: Factor, (from, until): (f64, f64)) -> f64 {
    let (near, far) = if alpha.scale > beta.scale { (beta, alpha) } else { (alpha, beta) };
    let hump = Hump::new(near, far, from);
    hump.integrate(libm::log1p((until - from) / hump.origins[0]), |_| ())
}

/// The logarithm of
/// `(alpha + time)^p (beta + time)^q ∫ (alpha + v)^-p (beta + v)^-q dv` over v from a time to
/// infinity, for `p, q >= 0` and `p + q > 1`.
///
/// The derivatives are by p, ln alpha, q, ln beta in this order.
pub fn ln_tail(alpha: Factor, beta: Factor, time: f64) -> Jet<4> {
    if alpha.scale > beta.scale {
        return swapped(&ln_tail(beta, alpha, time));
    }
    let hump = Hump::new(alpha, beta, time);
    let shares = [alpha.scale / hump.origins[0], beta.scale / hump.origins[1]];
    let mut moments = Moments::default();
    let total = hump.integrate(f64::INFINITY, |node| {
        let now = [shares[0] * node.shrunk[0], shares[1] * node.shrunk[1]];
        let slopes = [-node.grown[0], shares[0] - now[0], -node.grown[1], shares[1] - now[1]];
        for (i, slope) in slopes.into_iter().enumerate() {
            moments.slopes[i] += node.mass * slope;
            for (product, other) in moments.products[i][..=i].iter_mut().zip(slopes) {
                *product += node.mass * slope * other;
            }
        }
        for i in 0..2 {
            let rest = shares[i] * (1.0 - shares[i]);
            moments.curvatures[i] += node.mass * (rest - now[i] * (1.0 - now[i]));
        }
        moments.mass += node.mass;
    });
    moments.ln(total, [alpha.power, beta.power])
}

/// Sums over the nodes of derivatives of the integrand's logarithm.
#[derive(Default)]
struct Moments {
    mass: f64,
    /// First derivatives: by the powers, and by the logarithms of the scales, there per power.
    slopes: [f64; 4],
    products: [[f64; 4]; 4],
    /// Second derivatives by the logarithms of the scales, per power.
    curvatures: [f64; 2],
}

impl Moments {
    fn ln(&self, integral: f64, powers: [f64; 2]) -> Jet<4> {
        let factors = [1.0, powers[0], 1.0, powers[1]];
        let mean = |sum: f64| sum / self.mass;
        let mut out = Jet::constant(libm::log(integral));
        out.gradient = std::array::from_fn(|i| factors[i] * mean(self.slopes[i]));
        for i in 0..4 {
            for j in 0..=i {
                let product = factors[i] * factors[j] * mean(self.products[i][j]);
                out.hessian[i][j] = product - out.gradient[i] * out.gradient[j];
            }
        }
        for (factor, power, scale) in [(0, 0, 1), (1, 2, 3)] {
            out.hessian[scale][power] += mean(self.slopes[scale]);
            out.hessian[scale][scale] += powers[factor] * mean(self.curvatures[factor]);
        }
        for i in 0..4 {
            for j in 0..i {
                out.hessian[j][i] = out.hessian[i][j];
            }
        }
        out
    }
}

/// The derivatives with the two factors' places exchanged.
fn swapped(jet: &Jet<4>) -> Jet<4> {
    let from = |i: usize| (i + 2) % 4;
    Jet {
        value: jet.value,
        gradient: std::array::from_fn(|i| jet.gradient[from(i)]),
        hessian: std::array::from_fn(|i| std::array::from_fn(|j| jet.hessian[from(i)][from(j)])),
    }
}
