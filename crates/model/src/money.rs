//! Integer money, and the rates that are divided once, at the end.

/// Decimal places of the minor unit: 2 for cents, 0 for yen. At most 18.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scale(u8);

impl Scale {
    /// The largest scale at which a 64-bit amount still holds whole units.
    pub const MAX: u8 = 18;

    /// `None` where `places` is more than [`Scale::MAX`].
    #[must_use]
    pub fn new(places: u8) -> Option<Self> {
        (places <= Self::MAX).then_some(Self(places))
    }

    /// Decimal places.
    #[must_use]
    pub fn places(self) -> u8 {
        self.0
    }

    /// Minor units in one whole unit.
    #[must_use]
    pub fn unit(self) -> i128 {
        10_i128.pow(u32::from(self.0))
    }
}

/// `numerator / denominator`; `None` unless the denominator is above zero.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a rate is the nearest float of two integers")]
pub fn rate(numerator: i128, denominator: i128) -> Option<f64> {
    (denominator > 0).then(|| numerator as f64 / denominator as f64)
}

/// Minor units per head in whole currency units; `None` unless `count` is above zero.
#[must_use]
pub fn average(minor_units: i128, count: u64, scale: Scale) -> Option<f64> {
    rate(minor_units, i128::from(count).saturating_mul(scale.unit()))
}

/// `numerator / denominator` rounded to the nearest integer, halves away from zero.
/// The denominator is above zero.
#[must_use]
pub fn div_round_half_away(numerator: i128, denominator: i128) -> i128 {
    let (quotient, remainder) = (numerator / denominator, numerator % denominator);
    let up = i128::from(remainder.unsigned_abs() >= denominator.unsigned_abs().div_ceil(2));
    quotient + up * numerator.signum()
}

/// An integer of `from` decimal places as one of `to`, rounded half away from zero; `None`
/// where it leaves 128 bits.
#[must_use]
pub fn rescale(value: i128, from: u32, to: u32) -> Option<i128> {
    if from <= to {
        value.checked_mul(10_i128.checked_pow(to - from)?)
    } else {
        Some(10_i128.checked_pow(from - to).map_or(0, |d| div_round_half_away(value, d)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_away_from_zero() {
        let cases = [(5, 10, 1), (-5, 10, -1), (4, 10, 0), (-4, 10, 0), (15, 10, 2), (7, 3, 2)];
        for (n, d, expected) in cases {
            assert_eq!(div_round_half_away(n, d), expected, "{n}/{d}");
        }
    }

    #[test]
    fn rescaling() {
        let cases = [
            (123, 2, 2, Some(123)),
            (123, 2, 4, Some(12_300)),
            (12_345, 3, 2, Some(1_235)),
            (-12_345, 3, 2, Some(-1_235)),
            (i128::MAX, 0, 1, None),
            (5, 39, 0, Some(0)),
        ];
        for (value, from, to, expected) in cases {
            assert_eq!(rescale(value, from, to), expected, "{value} from {from} to {to}");
        }
    }

    #[test]
    fn rates_need_a_denominator() {
        assert_eq!(rate(1, 0), None);
        assert_eq!(rate(1, -4), None);
        assert_eq!(rate(1, 4), Some(0.25));
        let cents = Scale::new(2).unwrap();
        assert_eq!(average(1050, 2, cents), Some(5.25));
        assert_eq!(average(1050, 0, cents), None);
        assert_eq!(Scale::new(19), None);
    }
}
