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
}
