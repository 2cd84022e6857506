//! The integral behind the Pareto/NBD model.
//!
//! Its likelihood is usually written with two Gaussian hypergeometric functions, whose difference
//! loses digits and whose series crawl where alpha and beta are far apart. The functions stand for
//! `∫ (alpha + v)^-p (beta + v)^-q dv` from a time on. In the logarithm of time the integrand has
//! one hump and an exponential tail, and nothing but positive numbers are added up. Many integrals
//! that differ in nothing but their start are one, with what lies between the starts.

use super::jet::Jet;
use super::special::{FINE, MIDDLE, ROUGH, Rule, ln_elapsed, nodes};

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
/// Rules that integrate to rounding where the length, times the powers and relative to the
/// distances of the poles, is at most as given.
const SHORT: [(f64, &Rule); 2] = [(0.1, &ROUGH), (0.6, &MIDDLE)];
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
    /// Whether beta is the near scale.
    swapped: bool,
}

/// A node of the rule, with what concerns alpha first.
struct Node {
    /// The integrand, times its weight.
    mass: f64,
    /// The logarithms by which the two origins have grown.
    grown: [f64; 2],
    /// The factors by which they have grown, inverted.
    shrunk: [f64; 2],
    /// What these are short of one, which may be far less than one.
    short: [f64; 2],
}

impl Hump {
    fn new(alpha: Factor, beta: Factor, time: f64) -> Self {
        let swapped = alpha.scale > beta.scale;
        let (near, far) = if swapped { (beta, alpha) } else { (alpha, beta) };
        let origins = [near.scale + time, far.scale + time];
        Self { near, far, origins, gap: (far.scale - near.scale) / origins[0], swapped }
    }

    /// Where the integrand stands after so much time.
    fn after(&self, time: f64) -> f64 {
        libm::log1p(time / self.origins[0])
    }

    /// How fast the integrand falls at t, where `v = origins[0] e^t - near.scale`.
    fn slope(&self, t: f64) -> f64 {
        self.near.power - 1.0 + self.far.power / (1.0 + self.gap * libm::exp(-t))
    }

    fn node(&self, t: f64, weight: f64) -> Node {
        let near = libm::exp(-t);
        let ratio = self.origins[0] / self.origins[1];
        let (ln_far, far, far_short) = if t < 30.0 {
            let more = ratio * libm::expm1(t);
            (libm::log1p(more), 1.0 / (1.0 + more), more / (1.0 + more))
        } else {
            let left = ratio * (1.0 + self.gap * near);
            (t + libm::log(left), near / left, 1.0 - near / left)
        };
        let ln_mass = (1.0 - self.near.power) * t - self.far.power * ln_far;
        let mass = self.origins[0] * weight * libm::exp(ln_mass);
        let (mut grown, mut shrunk) = ([t, ln_far], [near, far]);
        let mut short = [-libm::expm1(-t), far_short];
        if self.swapped {
            grown.reverse();
            shrunk.reverse();
            short.reverse();
        }
        Node { mass, grown, shrunk, short }
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
            for (at, weight) in nodes(&FINE, t, length) {
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
        total
    }
}

/// `(alpha + from)^p (beta + from)^q ∫ (alpha + v)^-p (beta + v)^-q dv` over v in the span of
/// times.
pub fn span(alpha: Factor, beta: Factor, (from, until): (f64, f64)) -> f64 {
    let hump = Hump::new(alpha, beta, from);
    hump.integrate(hump.after(until - from), |_| ())
}

/// The integral from a time to infinity, for `p, q >= 0` and `p + q > 1`.
pub struct Tail {
    factors: [Factor; 2],
    time: f64,
    moments: Moments,
}

/// Sums over the nodes of the integrand, relative to its value at the tail's time, and of the
/// derivatives of its logarithm, relative to those at that time: by the powers, and by the
/// logarithms of the scales, there per power.
#[derive(Default)]
struct Moments {
    mass: f64,
    slopes: [f64; 4],
    /// Products of slopes, lower triangle.
    products: [[f64; 4]; 4],
    /// Second derivatives by the logarithms of the scales, per power and negative.
    curvatures: [f64; 2],
}

impl Tail {
    /// The integral from `time` on.
    pub fn new(alpha: Factor, beta: Factor, time: f64) -> Self {
        let factors = [alpha, beta];
        let mut tail = Self { factors, time, moments: Moments::default() };
        let shares = tail.shares();
        let elapsed = tail.elapsed();
        let add = |node: &Node| tail.moments.add(node, shares, elapsed);
        Hump::new(alpha, beta, time).integrate(f64::INFINITY, add);
        tail
    }

    /// Lets the integral start at `time`, which is not later. Nothing cancels on the way.
    pub fn extend_to(&mut self, time: f64) {
        let step = self.time - time;
        if step <= 0.0 {
            return;
        }
        let [alpha, beta] = self.factors;
        let relative = [alpha, beta].map(|factor| step / (factor.scale + time));
        let grown = relative.map(libm::log1p);
        let later = self.shares();
        let shift = [-grown[0], later[0] * relative[0], -grown[1], later[1] * relative[1]];
        self.moments.shift(shift, libm::exp(-alpha.power * grown[0] - beta.power * grown[1]));
        self.time = time;
        let (shares, elapsed) = (self.shares(), self.elapsed());
        let moments = &mut self.moments;
        let length = (alpha.power + 1.0) * relative[0] + (beta.power + 1.0) * relative[1];
        let Some((_, rule)) = SHORT.iter().find(|(longest, _)| length <= *longest) else {
            let hump = Hump::new(alpha, beta, time);
            hump.integrate(hump.after(step), |node| moments.add(node, shares, elapsed));
            return;
        };
        for (at, weight) in nodes(rule, 0.0, 1.0) {
            let more = relative.map(|relative| at * relative);
            let grown = more.map(libm::log1p);
            let ln_mass = -alpha.power * grown[0] - beta.power * grown[1];
            let mass = step * weight * libm::exp(ln_mass);
            let shrunk = more.map(|more| 1.0 / (1.0 + more));
            let short = [more[0] * shrunk[0], more[1] * shrunk[1]];
            moments.add(&Node { mass, grown, shrunk, short }, shares, elapsed);
        }
    }

    /// The part of alpha in alpha plus the time, and the same of beta.
    fn shares(&self) -> [f64; 2] {
        self.factors.map(|factor| factor.scale / (factor.scale + self.time))
    }

    /// The part of the time in both, which is the rest.
    fn elapsed(&self) -> [f64; 2] {
        self.factors.map(|factor| self.time / (factor.scale + self.time))
    }

    /// The logarithm of `alpha^p beta^q ∫ (alpha + v)^-p (beta + v)^-q dv`.
    ///
    /// The derivatives are by p, ln alpha, q, ln beta in this order.
    pub fn ln(&self) -> Jet<4> {
        let Moments { mass, slopes, products, curvatures } = &self.moments;
        let powers = self.factors.map(|factor| factor.power);
        let scaling = [1.0, powers[0], 1.0, powers[1]];
        let means = slopes.map(|sum| sum / mass);
        let mut out = Jet::constant(libm::log(*mass));
        for i in 0..4 {
            for j in 0..=i {
                let covariance = products[i][j] / mass - means[i] * means[j];
                out.hessian[i][j] = scaling[i] * scaling[j] * covariance;
            }
        }
        for (i, factor) in self.factors.iter().enumerate() {
            let (power, scale) = (2 * i, 2 * i + 1);
            let [grown, first, _] = ln_elapsed(self.time, factor.scale);
            let slope = means[scale] - first;
            out.value -= factor.power * grown;
            out.gradient[power] = means[power] - grown;
            out.gradient[scale] = factor.power * slope;
            out.hessian[scale][power] += slope;
            out.hessian[scale][scale] -= factor.power * curvatures[i] / mass;
        }
        for i in 0..4 {
            for j in 0..i {
                out.hessian[j][i] = out.hessian[i][j];
            }
        }
        out
    }
}

impl Moments {
    fn add(&mut self, node: &Node, shares: [f64; 2], elapsed: [f64; 2]) {
        let less = [shares[0] * node.short[0], shares[1] * node.short[1]];
        let slopes = [-node.grown[0], less[0], -node.grown[1], less[1]];
        for i in 0..4 {
            let weighted = node.mass * slopes[i];
            self.slopes[i] += weighted;
            for (product, other) in self.products[i][..=i].iter_mut().zip(slopes) {
                *product += weighted * other;
            }
        }
        for i in 0..2 {
            let now = shares[i] * node.shrunk[i];
            self.curvatures[i] += node.mass * now * (elapsed[i] + less[i]);
        }
        self.mass += node.mass;
    }

    /// Adds `shift` to each slope, and multiplies all by `factor`.
    fn shift(&mut self, shift: [f64; 4], factor: f64) {
        let Self { mass, slopes, products, curvatures } = self;
        for i in 0..4 {
            for j in 0..=i {
                let cross = shift[i] * slopes[j] + shift[j] * slopes[i];
                products[i][j] = factor * (products[i][j] + cross + shift[i] * shift[j] * *mass);
            }
        }
        for (slope, shift) in slopes.iter_mut().zip(shift) {
            *slope = factor * (*slope + shift * *mass);
        }
        *curvatures = curvatures.map(|curvature| factor * curvature);
        *mass *= factor;
    }
}
