//! The gamma function's logarithm and its derivatives, and rules for integrals.

use super::jet::Taylor;

/// From here on the asymptotic series of the derivatives are exact to rounding.
const ASYMPTOTIC: f64 = 12.0;

/// Up to here a rising factorial is multiplied out, which keeps every digit.
const MULTIPLIED_OUT: u32 = 64;

/// ln Γ(x) with its derivatives, the digamma and trigamma functions, for x > 0.
pub fn ln_gamma(x: f64) -> Taylor {
    let (mut shifted, mut digamma, mut trigamma) = (x, 0.0, 0.0);
    while shifted < ASYMPTOTIC {
        digamma -= 1.0 / shifted;
        trigamma += 1.0 / (shifted * shifted);
        shifted += 1.0;
    }
    let inverse = 1.0 / shifted;
    let square = inverse * inverse;
    let [first, second] = series(square);
    digamma += libm::log(shifted) - 0.5 * inverse - first;
    trigamma += inverse * (1.0 + 0.5 * inverse) + inverse * second;
    [libm::lgamma(x), digamma, trigamma]
}

/// ln Γ(x + n) - ln Γ(x), the logarithm of the rising factorial, with its derivatives by x > 0.
pub fn ln_rising(x: f64, n: u32) -> Taylor {
    if n > MULTIPLIED_OUT {
        return ln_gamma_ratio(x, f64::from(n));
    }
    (0..n).fold([0.0; 3], |[value, first, second], i| {
        let factor = x + f64::from(i);
        let inverse = 1.0 / factor;
        [value + libm::log(factor), first + inverse, second - inverse * inverse]
    })
}

/// ln Γ(x + more) - ln Γ(x) with its derivatives by x, for x > 0 and more >= 0. However large x
/// is, nothing cancels but what the logarithm of x itself has lost.
pub fn ln_gamma_ratio(x: f64, more: f64) -> Taylor {
    let above = x + more;
    if x < ASYMPTOTIC {
        let (upper, lower) = (ln_gamma(above), ln_gamma(x));
        return std::array::from_fn(|order| upper[order] - lower[order]);
    }
    let grown = libm::log1p(more / x);
    let closer = more / x / above;
    let rest = [above, x].map(|x| {
        let square = 1.0 / (x * x);
        let [first, second] = series(square);
        [value_series(square) / x, first, second / x]
    });
    let [value, first, second] = std::array::from_fn(|order| rest[0][order] - rest[1][order]);
    [
        (x - 0.5) * grown + more * libm::log(above) - more + value,
        grown + 0.5 * closer - first,
        -closer - 0.5 * closer * (1.0 / above + 1.0 / x) + second,
    ]
}

/// The asymptotic series of the derivatives of ln Γ beyond their first terms, by 1 / x²; that of
/// the second is times x.
fn series(square: f64) -> [f64; 2] {
    [
        power_series(square, &[1.0 / 12.0, -1.0 / 120.0, 1.0 / 252.0, -1.0 / 240.0, 1.0 / 132.0]),
        power_series(square, &[1.0 / 6.0, -1.0 / 30.0, 1.0 / 42.0, -1.0 / 30.0, 5.0 / 66.0]),
    ]
}

/// The same of ln Γ itself, times x.
fn value_series(square: f64) -> f64 {
    let terms = [-1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0];
    1.0 / 12.0 + power_series(square, &terms)
}

/// `Σ terms[i] x^(i + 1)`.
fn power_series(x: f64, terms: &[f64]) -> f64 {
    terms.iter().rev().fold(0.0, |sum, term| (sum + term) * x)
}

/// ln(1 + days / scale) with its derivatives by the logarithm of the scale.
pub fn ln_elapsed(time: f64, scale: f64) -> Taylor {
    let share = time / (scale + time);
    [libm::log1p(time / scale), -share, share * (1.0 - share)]
}

/// Nodes and weights of a Gauss-Legendre rule on [-1, 1], positive half.
pub type Rule = [(f64, f64)];

/// The rule with 4 points.
pub const ROUGH: [(f64, f64); 2] = [
    (0.339_981_043_584_856_26, 0.652_145_154_862_546_1),
    (0.861_136_311_594_052_6, 0.347_854_845_137_453_85),
];

/// The rule with 8 points.
pub const MIDDLE: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_27),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
];

/// The rule with 16 points.
pub const FINE: [(f64, f64); 8] = [
    (0.095_012_509_837_637_44, 0.189_450_610_455_068_5),
    (0.281_603_550_779_258_9, 0.182_603_415_044_923_6),
    (0.458_016_777_657_227_4, 0.169_156_519_395_002_54),
    (0.617_876_244_402_643_7, 0.149_595_988_816_576_73),
    (0.755_404_408_355_003, 0.124_628_971_255_533_87),
    (0.865_631_202_387_831_7, 0.095_158_511_682_492_78),
    (0.944_575_023_073_232_6, 0.062_253_523_938_647_89),
    (0.989_400_934_991_649_9, 0.027_152_459_411_754_095),
];

/// Nodes and weights on the interval from `start` over `length`, in a fixed order.
pub fn nodes(rule: &Rule, start: f64, length: f64) -> impl Iterator<Item = (f64, f64)> {
    let half = 0.5 * length;
    rule.iter().flat_map(move |&(node, weight)| {
        [(start + half * (1.0 - node), half * weight), (start + half * (1.0 + node), half * weight)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gamma_and_its_derivatives() {
        // mpmath, 40 digits: loggamma, psi(0), psi(1).
        let table = [
            (1e-3, [6.907_178_885_383_854, -1_000.575_571_931_810_3, 1_000_001.642_533_195_9]),
            (0.5, [0.572_364_942_924_700_1, -1.963_510_026_021_423_5, 4.934_802_200_544_679]),
            (3.25, [0.935_801_931_108_725_4, 1.016_990_911_068_179, 0.359_798_290_309_579_9]),
            (1e4, [82_099.717_496_442_38, 9.210_290_371_142_85, 1.000_050_001_666_666_7e-4]),
        ];
        for (x, expected) in table {
            for (got, want) in ln_gamma(x).into_iter().zip(expected) {
                assert!((got / want - 1.0).abs() < 1e-13, "at {x}: {got} instead of {want}");
            }
        }
    }

    #[test]
    fn rising_factorials_agree_on_both_sides_of_the_switch() {
        for x in [1e-3, 0.4, 7.5, 12.0, 1e3, 1e9, 1e14] {
            let beyond = ln_rising(x, MULTIPLIED_OUT + 1);
            let product = ln_rising(x, MULTIPLIED_OUT);
            let factor = x + f64::from(MULTIPLIED_OUT);
            let expected = [
                product[0] + factor.ln(),
                product[1] + 1.0 / factor,
                product[2] - 1.0 / (factor * factor),
            ];
            for (got, want) in beyond.into_iter().zip(expected) {
                assert!((got - want).abs() < 1e-11 * want.abs().max(1.0), "{got} {want}");
            }
        }
    }

    #[test]
    fn ratios_of_gamma_functions_keep_their_digits() {
        // mpmath, 40 digits: loggamma, psi(0) and psi(1) of x + more, less those of x.
        let table = [
            (0.25, 70.5, [228.087_559_547_730_05, 8.479_522_284_277_381, -17.183_094_519_414_95]),
            (
                12.5,
                0.75,
                [1.886_847_930_765_182_9, 0.060_591_656_971_681_396, -0.004_893_971_659_229_407],
            ),
            (
                400.0,
                300.0,
                [1_888.890_518_507_543_7, 0.560_151_852_986_152_3, -0.001_073_535_281_520_266_8],
            ),
            (
                100_000_000.0,
                2_500.0,
                [46_051.733_097_120_654, 2.499_968_763_020_511e-5, -2.499_937_526_561_523_5e-13],
            ),
            (
                100_000_000_000_000.0,
                65.0,
                [2_095.352_434_624_602, 6.499_999_999_997_92e-13, -6.499_999_999_995_84e-27],
            ),
        ];
        for (x, more, expected) in table {
            for (got, want) in ln_gamma_ratio(x, more).into_iter().zip(expected) {
                assert!((got / want - 1.0).abs() < 2e-13, "{x} {more}: {got} instead of {want}");
            }
        }
    }
}
