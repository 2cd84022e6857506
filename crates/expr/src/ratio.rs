//! Quotients of exact numbers, kept as two integers so that they are rounded once, at the end.

use std::cmp::Ordering;

/// A quotient. The denominator is above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ratio {
    pub numerator: i128,
    pub denominator: i128,
}

impl Default for Ratio {
    fn default() -> Self {
        Self { numerator: 0, denominator: 1 }
    }
}

/// 10^n; `None` from 39 on.
pub(crate) fn power(n: u16) -> Option<i128> {
    10_i128.checked_pow(n.into())
}

fn divisor(a: i128, b: i128) -> u128 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl Ratio {
    /// `None` where either does not fit into 128 bits.
    fn new(numerator: i128, denominator: i128) -> Option<Self> {
        if denominator < 0 {
            let (numerator, denominator) = (numerator.checked_neg()?, denominator.checked_neg()?);
            return Some(Self { numerator, denominator });
        }
        Some(Self { numerator, denominator })
    }

    /// In lowest terms.
    fn reduced(self) -> Self {
        match i128::try_from(divisor(self.numerator, self.denominator)) {
            Ok(by) if by > 1 => {
                Self { numerator: self.numerator / by, denominator: self.denominator / by }
            }
            _ => self,
        }
    }

    /// An exact number.
    pub fn exact(digits: i128, scale: u16) -> Option<Self> {
        Some(Self { numerator: digits, denominator: power(scale)? })
    }

    /// The quotient of exact numbers of two scales; `None` where it does not fit. The divisor is not 0.
    pub fn quotient(a: i128, a_scale: u16, b: i128, b_scale: u16) -> Option<Self> {
        let (a_factor, b_factor) =
            (power(b_scale.saturating_sub(a_scale))?, power(a_scale.saturating_sub(b_scale))?);
        if let (Some(numerator), Some(denominator)) =
            (a.checked_mul(a_factor), b.checked_mul(b_factor))
        {
            return Self::new(numerator, denominator);
        }
        let by = i128::try_from(divisor(a, b)).ok()?;
        let (a, b) = (a / by, b / by);
        Self::new(a.checked_mul(a_factor)?, b.checked_mul(b_factor)?)
    }

    /// Does it with the numbers as they are, and where that does not fit in lowest terms.
    fn with(self, other: Self, f: impl Fn(Self, Self) -> Option<Self>) -> Option<Self> {
        f(self, other).or_else(|| f(self.reduced(), other.reduced()))
    }

    pub fn plus(self, other: Self) -> Option<Self> {
        self.with(other, |a, b| {
            if a.denominator == b.denominator {
                return Self::new(a.numerator.checked_add(b.numerator)?, a.denominator);
            }
            let left = a.numerator.checked_mul(b.denominator)?;
            let right = b.numerator.checked_mul(a.denominator)?;
            Self::new(left.checked_add(right)?, a.denominator.checked_mul(b.denominator)?)
        })
    }

    pub fn negated(self) -> Option<Self> {
        Some(Self { numerator: self.numerator.checked_neg()?, ..self })
    }

    pub fn minus(self, other: Self) -> Option<Self> {
        self.plus(other.negated()?)
    }

    pub fn times(self, other: Self) -> Option<Self> {
        let product = |a: Self, b: Self| {
            Self::new(
                a.numerator.checked_mul(b.numerator)?,
                a.denominator.checked_mul(b.denominator)?,
            )
        };
        product(self, other).or_else(|| {
            // What the one's numerator and the other's denominator share goes first.
            let a = Self { denominator: other.denominator, ..self }.reduced();
            let b = Self { denominator: self.denominator, ..other }.reduced();
            product(a, b)
        })
    }

    /// The other is not zero.
    pub fn over(self, other: Self) -> Option<Self> {
        self.times(Self::new(other.denominator, other.numerator)?)
    }

    /// What is left of a division that is cut off towards zero; the other is not zero.
    pub fn remainder(self, other: Self) -> Option<Self> {
        let whole = self.over(other)?.truncated();
        self.minus(Self { numerator: whole, denominator: 1 }.times(other)?)
    }

    /// Cut off towards zero.
    pub fn truncated(self) -> i128 {
        self.numerator / self.denominator
    }

    /// Digits at a scale, rounded half away from zero, and whether any were cut off; `None` where
    /// they do not fit.
    pub fn rounded(self, scale: u16) -> Option<(i128, bool)> {
        let unit = power(scale)?;
        let (whole, rest) = (self.numerator / self.denominator, self.numerator % self.denominator);
        let of_whole = whole.checked_mul(unit)?;
        let below = self.denominator;
        let (digits, left) = if let Some(rest) = rest.checked_mul(unit) {
            (rest / below, rest % below)
        } else {
            // Digit by digit, as many as are wanted.
            (0..scale).fold((0_i128, rest), |(digits, left), _| {
                let (digit, left) = tenfold(left, below);
                (digits * 10 + digit, left)
            })
        };
        let sign = if self.numerator < 0 { -1 } else { 1 };
        let is_half = left.unsigned_abs() >= below.unsigned_abs().div_ceil(2);
        let rounded = of_whole.checked_add(digits)?.checked_add(if is_half { sign } else { 0 })?;
        Some((rounded, left != 0))
    }

    #[expect(clippy::cast_precision_loss, reason = "a float has 53 bits")]
    pub fn double(self) -> f64 {
        let lowest = self.reduced();
        lowest.numerator as f64 / lowest.denominator as f64
    }

    /// By whole parts and the inverse of what is left of them, which never overflows.
    pub fn compare(self, other: Self) -> Ordering {
        let product = |a: Self, b: Self| a.numerator.checked_mul(b.denominator);
        if let (Some(a), Some(b)) = (product(self, other), product(other, self)) {
            return a.cmp(&b);
        }
        let (mut a, mut b, mut is_turned) = (self, other, false);
        loop {
            let parts = |of: Self| {
                (of.numerator.div_euclid(of.denominator), of.numerator.rem_euclid(of.denominator))
            };
            let ((a_whole, a_rest), (b_whole, b_rest)) = (parts(a), parts(b));
            let order = a_whole.cmp(&b_whole).then(match (a_rest, b_rest) {
                (0, 0) => Ordering::Equal,
                (0, _) => Ordering::Less,
                (_, 0) => Ordering::Greater,
                _ => {
                    if a_whole == b_whole {
                        a = Self { numerator: a.denominator, denominator: a_rest };
                        b = Self { numerator: b.denominator, denominator: b_rest };
                        is_turned = !is_turned;
                        continue;
                    }
                    Ordering::Equal
                }
            });
            return if is_turned { order.reverse() } else { order };
        }
    }
}

/// Ten times a rest below `by`, divided by it: the digit and what is left. The product may not fit.
fn tenfold(rest: i128, by: i128) -> (i128, i128) {
    let (mut digit, mut left) = (0_i128, 0_i128);
    for _ in 0..10 {
        // Both are below `by` in size, so that their sum is looked at before it is made.
        let room = by - left.abs();
        if rest.abs() >= room {
            left = if rest < 0 { rest + (by - left.abs()) } else { rest - room };
            digit += rest.signum();
        } else {
            left += rest;
        }
    }
    (digit, left)
}
