//! Exact numbers against integers of any size, at the limits of 18 and 38 digits.

#![expect(clippy::unwrap_used, reason = "a test that can not go on fails")]

use kohort_expr::{Columns, Failure, Program, Zones};
use num_bigint::{BigInt, Sign};
use polars::prelude::{AnyValue, Column, DataFrame, Int128Chunked, IntoSeries, NewChunkedArray};
use proptest::prelude::*;

/// A number of a DECIMAL column: its digits, and the precision and scale of its type.
#[derive(Clone, Copy, Debug)]
struct Given {
    digits: i128,
    precision: u32,
    scale: u32,
}

/// Digits of a size near the limits as often as any.
fn given() -> impl Strategy<Value = Given> {
    let precision = prop_oneof![Just(18_u32), Just(19), Just(37), Just(38), 1..=38_u32];
    (precision, 0..=6_u32, any::<u128>(), any::<bool>(), 0..4_u8).prop_map(
        |(precision, scale, bits, is_negative, kind)| {
            let bound = 10_u128.pow(precision);
            let digits = match kind {
                0 => bound - 1,
                1 => bound / 10,
                2 => bits % 1000 % bound,
                _ => bits % bound,
            };
            let digits = i128::try_from(digits).unwrap();
            let digits = if is_negative { -digits } else { digits };
            Given { digits, precision, scale: scale.min(precision) }
        },
    )
}

fn column(name: &str, given: Given) -> Column {
    let (precision, scale) = (given.precision as usize, given.scale as usize);
    let digits = Int128Chunked::from_slice(name.into(), &[given.digits]);
    digits.into_decimal_unchecked(precision, scale).into_series().into()
}

/// Digits and scale of the result; `None` where the row fails, with the reason.
fn evaluated(text: &str, a: Given, b: Given) -> Result<(BigInt, u32), Failure> {
    let frame = DataFrame::new(1, vec![column("a", a), column("b", b)]).unwrap();
    let zones = Zones::new(chrono_tz::UTC, None);
    let columns =
        Columns { schema: frame.schema(), zones: &zones, is_wall: &|_| false, lookups: &[] };
    let result = Program::parse(text).unwrap().bind(&columns).unwrap().evaluate(&frame);
    if let Some((_, failure)) = result.failures.first() {
        return Err(*failure);
    }
    match result.values.get(0).unwrap() {
        AnyValue::Int64(n) => Ok((n.into(), 0)),
        AnyValue::Decimal(n, _, scale) => Ok((n.into(), u32::try_from(scale).unwrap())),
        other => panic!("{text}: {other:?}"),
    }
}

fn power(n: u32) -> BigInt {
    BigInt::from(10).pow(n)
}

/// Half away from zero.
fn rounded(numerator: &BigInt, denominator: &BigInt) -> BigInt {
    let is_negative = (numerator.sign() == Sign::Minus) != (denominator.sign() == Sign::Minus);
    let (n, d) = (numerator.magnitude(), denominator.magnitude());
    let whole = BigInt::from((n * 2_u32 + d) / (d * 2_u32));
    if is_negative { -whole } else { whole }
}

fn fits(n: &BigInt) -> bool {
    n.magnitude() < power(38).magnitude()
}

/// That a result is the expected one, or fails for being too long where that is.
fn check(
    found: Result<(BigInt, u32), Failure>,
    expected: &BigInt,
    scale: u32,
) -> Result<(), TestCaseError> {
    match found {
        Ok((digits, of)) => {
            // A result may have more places than are needed.
            prop_assert_eq!(
                digits * power(scale.saturating_sub(of)),
                expected * power(of.saturating_sub(scale))
            );
        }
        Err(failure) => {
            prop_assert_eq!(failure, Failure::Overflow);
            prop_assert!(!fits(expected), "{} fits", expected);
        }
    }
    Ok(())
}

/// Values of 19 digits, of which the greatest are beyond 64 bits.
#[test]
fn nineteen_digits_fit() {
    let of = |precision: u32| Given { digits: 10_i128.pow(precision) - 1, precision, scale: 0 };
    let cases = [
        ("a", of(19), of(1), 10_i128.pow(19) - 1),
        ("a % b", of(19), of(37), 10_i128.pow(19) - 1),
        ("a * b", of(9), of(10), (10_i128.pow(9) - 1) * (10_i128.pow(10) - 1)),
        ("a * b", of(18), of(1), (10_i128.pow(18) - 1) * 9),
        ("a + b", of(18), of(18), 2 * (10_i128.pow(18) - 1)),
    ];
    for (text, a, b, expected) in cases {
        assert_eq!(evaluated(text, a, b), Ok((expected.into(), 0)), "{text} of {a:?} and {b:?}");
    }
}

/// The sum has 38 digits; brought to its places, one of the two has 39.
#[test]
fn sums_fit_where_their_parts_do_not() {
    let a = Given {
        digits: 1_701_411_834_604_692_317_316_873_037_158_841_058,
        precision: 37,
        scale: 4,
    };
    let b = Given { digits: 10_i128.pow(38) - 1, precision: 38, scale: 6 };
    let expected: BigInt = BigInt::from(a.digits) * 100 - BigInt::from(b.digits);
    assert_eq!(evaluated("a - b", a, b), Ok((expected.clone(), 6)));
    assert_eq!(evaluated("b - a", a, b), Ok((-expected, 6)));
}

proptest! {
    #[test]
    fn sums_and_products_are_exact(a in given(), b in given()) {
        let scale = a.scale.max(b.scale);
        let at = |n: Given| BigInt::from(n.digits) * power(scale - n.scale);
        check(evaluated("a + b", a, b), &(at(a) + at(b)), scale)?;
        check(evaluated("a - b", a, b), &(at(a) - at(b)), scale)?;
        let product = BigInt::from(a.digits) * BigInt::from(b.digits);
        check(evaluated("a * b", a, b), &product, a.scale + b.scale)?;
    }

    #[test]
    fn quotients_are_rounded_once(a in given(), b in given()) {
        let found = evaluated("ROUND(a / b, 2)", a, b);
        if b.digits == 0 {
            prop_assert_eq!(found, Err(Failure::Zero));
            return Ok(());
        }
        let numerator = BigInt::from(a.digits) * power(b.scale + 2);
        let expected = rounded(&numerator, &(BigInt::from(b.digits) * power(a.scale)));
        match found {
            Ok((digits, scale)) => prop_assert_eq!((digits, scale), (expected, 2)),
            // The fraction itself may be too long where the numbers are.
            Err(failure) => prop_assert_eq!(failure, Failure::Overflow),
        }
    }

    #[test]
    fn remainders_have_the_sign_of_the_dividend(a in given(), b in given()) {
        let scale = a.scale.max(b.scale);
        let at = |n: Given| BigInt::from(n.digits) * power(scale - n.scale);
        let found = evaluated("a % b", a, b);
        if b.digits == 0 {
            prop_assert_eq!(found, Err(Failure::Zero));
            return Ok(());
        }
        match found {
            Ok((digits, of)) => prop_assert_eq!((digits, of), (at(a) % at(b), scale)),
            Err(failure) => {
                prop_assert_eq!(failure, Failure::Overflow);
                prop_assert!(!fits(&at(a)));
            }
        }
    }

    #[test]
    fn casts_round_half_away(a in given(), places in 0..=6_u32) {
        let text = format!("CAST(a AS DECIMAL(38, {places}))");
        let found = evaluated(&text, a, a);
        let expected = rounded(&(BigInt::from(a.digits) * power(places)), &power(a.scale));
        match found {
            Ok((digits, scale)) => prop_assert_eq!((digits, scale), (expected, places)),
            Err(failure) => {
                prop_assert_eq!(failure, Failure::Range);
                prop_assert!(!fits(&expected));
            }
        }
    }

    #[test]
    fn comparisons_are_of_values(a in given(), b in given()) {
        let scale = a.scale.max(b.scale);
        let at = |n: Given| BigInt::from(n.digits) * power(scale - n.scale);
        let expected = i64::from(at(a) < at(b));
        let found = evaluated("CASE WHEN a < b THEN 1 ELSE 0 END", a, b);
        prop_assert_eq!(found, Ok((expected.into(), 0)));
    }
}
