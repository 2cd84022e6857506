//! Values that carry their first and second derivatives.

use std::ops::{Add, Mul, Sub};

/// A value with its gradient and Hessian in `N` variables: a likelihood written once in jets
/// yields what Newton's method and the standard errors need, exact to rounding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jet<const N: usize> {
    /// The value.
    pub value: f64,
    /// The first derivatives.
    pub gradient: [f64; N],
    /// The second derivatives, symmetric.
    pub hessian: [[f64; N]; N],
}

/// A function's value and its first two derivatives at one point.
pub type Taylor = [f64; 3];

impl<const N: usize> Jet<N> {
    /// A number that depends on no variable.
    pub fn constant(value: f64) -> Self {
        Self { value, gradient: [0.0; N], hessian: [[0.0; N]; N] }
    }

    /// The variable at `index`.
    pub fn variable(index: usize, value: f64) -> Self {
        Self::constant(0.0).compose(index, [value, 1.0, 0.0])
    }

    /// A function of the variable at `index` alone.
    pub fn of_variable(index: usize, function: Taylor) -> Self {
        Self::constant(0.0).compose(index, function)
    }

    fn compose(mut self, index: usize, [value, first, second]: Taylor) -> Self {
        self.value = value;
        self.gradient[index] = first;
        self.hessian[index][index] = second;
        self
    }

    /// The positive parameters that stand at these logarithms, which are the variables.
    pub fn parameters(logs: &[f64; N]) -> [Self; N] {
        std::array::from_fn(|index| Self::of_variable(index, [libm::exp(logs[index]); 3]))
    }

    /// A function of this jet, given with its derivatives at this jet's value.
    pub fn chain(&self, [value, first, second]: Taylor) -> Self {
        let mut out = Self::constant(value);
        for i in 0..N {
            out.gradient[i] = first * self.gradient[i];
            for j in 0..N {
                out.hessian[i][j] =
                    first * self.hessian[i][j] + second * self.gradient[i] * self.gradient[j];
            }
        }
        out
    }

    /// The natural logarithm.
    pub fn ln(&self) -> Self {
        let inverse = 1.0 / self.value;
        self.chain([libm::log(self.value), inverse, -inverse * inverse])
    }

    /// Adds `weight` times the derivatives of another jet, the value excepted.
    pub fn add_derivatives(&mut self, other: &Self, weight: f64) {
        for i in 0..N {
            self.gradient[i] += weight * other.gradient[i];
            for j in 0..N {
                self.hessian[i][j] += weight * other.hessian[i][j];
            }
        }
    }

    /// The same value with its derivatives by other variables, of which this jet's are linear
    /// functions: variable i is the sum of `map[i][j]` times the new variable j.
    pub fn mapped(&self, map: &[[f64; N]; N]) -> Self {
        let mut out = Self::constant(self.value);
        for i in 0..N {
            out.gradient[i] = (0..N).map(|k| map[k][i] * self.gradient[k]).sum();
            for j in 0..N {
                let row = |k: usize| (0..N).map(|l| self.hessian[k][l] * map[l][j]).sum::<f64>();
                out.hessian[i][j] = (0..N).map(|k| map[k][i] * row(k)).sum();
            }
        }
        out
    }

    /// True if neither the value nor a derivative is infinite or not a number.
    pub fn is_finite(&self) -> bool {
        self.value.is_finite()
            && self.gradient.iter().all(|x| x.is_finite())
            && self.hessian.iter().flatten().all(|x| x.is_finite())
    }
}

impl<const N: usize> Add for Jet<N> {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self.value += other.value;
        self.add_derivatives(&other, 1.0);
        self
    }
}

impl<const N: usize> Sub for Jet<N> {
    type Output = Self;

    fn sub(mut self, other: Self) -> Self {
        self.value -= other.value;
        self.add_derivatives(&other, -1.0);
        self
    }
}

impl<const N: usize> Add<f64> for Jet<N> {
    type Output = Self;

    fn add(mut self, constant: f64) -> Self {
        self.value += constant;
        self
    }
}

impl<const N: usize> Mul<f64> for Jet<N> {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        self.chain([factor * self.value, factor, 0.0])
    }
}

impl<const N: usize> Mul for Jet<N> {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let mut out = Self::constant(self.value * other.value);
        for i in 0..N {
            out.gradient[i] = self.value * other.gradient[i] + other.value * self.gradient[i];
            for j in 0..N {
                out.hessian[i][j] = self.value * other.hessian[i][j]
                    + other.value * self.hessian[i][j]
                    + self.gradient[i] * other.gradient[j]
                    + self.gradient[j] * other.gradient[i];
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_of_a_product_of_logarithms() {
        // f = ln(xy) * (x + 2y), whose derivatives are written out by hand.
        let (x, y) = (1.5, 0.7);
        let (jx, jy) = (Jet::<2>::variable(0, x), Jet::<2>::variable(1, y));
        let f = (jx * jy).ln() * (jx + jy * 2.0);
        let (l, s) = ((x * y).ln(), x + 2.0 * y);
        let expected = [
            (f.value, l * s),
            (f.gradient[0], s / x + l),
            (f.gradient[1], s / y + 2.0 * l),
            (f.hessian[0][0], 2.0 / x - s / (x * x)),
            (f.hessian[0][1], 2.0 / x + 1.0 / y),
            (f.hessian[1][0], 2.0 / x + 1.0 / y),
            (f.hessian[1][1], 4.0 / y - s / (y * y)),
        ];
        for (got, want) in expected {
            assert!((got - want).abs() < 1e-14, "{got} instead of {want}");
        }
    }

    #[test]
    fn derivatives_by_other_variables() {
        // f = x² y with x = u + 2 v and y = 3 v, so that f = 3 u² v + 12 u v² + 12 v³.
        let (u, v) = (0.5, 0.25);
        let (x, y) = (Jet::<2>::variable(0, u + 2.0 * v), Jet::<2>::variable(1, 3.0 * v));
        let f = (x * x * y).mapped(&[[1.0, 2.0], [0.0, 3.0]]);
        let first = [6.0 * u * v + 12.0 * v * v, 3.0 * u * u + 24.0 * u * v + 36.0 * v * v];
        let second = [6.0 * v, 6.0 * u + 24.0 * v, 24.0 * u + 72.0 * v];
        let got = [f.hessian[0][0], f.hessian[0][1], f.hessian[1][1]];
        assert_eq!(f.hessian[0][1].to_bits(), f.hessian[1][0].to_bits());
        for (got, want) in f.gradient.into_iter().chain(got).zip(first.into_iter().chain(second)) {
            assert!((got - want).abs() < 1e-14, "{got} instead of {want}");
        }
    }
}
