//! Texts to numbers and truth values, and back; decimals never pass through a float.

use std::fmt::Write as _;

use crate::stamp::push_digits;

/// Digits that a decimal can have.
const MAX_DIGITS: u32 = 38;
/// Digits that are certain to fit 64 bits.
const SMALL_DIGITS: usize = 18;

/// Why a text is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumeralError {
    /// It is not written as one of that kind.
    #[error("it is not written as such a number")]
    Malformed,
    /// It is larger than the type.
    #[error("it is too large")]
    Overflow,
}

/// A decimal text as an integer of `scale` decimal places, so that `12.5` at scale 2 is 1250.
///
/// Takes what `PostgreSQL` and DuckDB both take: a sign, digits with a point before, between or
/// behind them, an exponent, blanks around. Digits beyond the scale are rounded once, half away
/// from zero.
///
/// # Errors
///
/// [`NumeralError::Malformed`], or [`NumeralError::Overflow`] beyond 38 digits.
#[inline]
pub fn parse_exact(text: &str, scale: u32) -> Result<i128, NumeralError> {
    let numeral = Numeral::read(text)?;
    let (value, rounds_up, _) = numeral.scaled(scale)?;
    numeral.signed(value + u128::from(rounds_up))
}

/// An integer in a text. Like [`parse_exact`] it takes a fraction and an exponent, as DuckDB does,
/// but only if the number is a whole one: DuckDB would round `2.5`, `PostgreSQL` refuses it.
///
/// # Errors
///
/// As [`parse_exact`], and [`NumeralError::Malformed`] where the number is not a whole one.
#[inline]
pub fn parse_integer(text: &str) -> Result<i128, NumeralError> {
    let numeral = Numeral::read(text)?;
    let (value, _, exact) = numeral.scaled(0)?;
    if exact { numeral.signed(value) } else { Err(NumeralError::Malformed) }
}

/// A decimal numeral: its digits, split at the point, and the power of ten that it is multiplied by.
struct Numeral<'a> {
    negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    exponent: i64,
}

impl<'a> Numeral<'a> {
    #[inline]
    fn read(text: &'a str) -> Result<Self, NumeralError> {
        let bytes = text.as_bytes().trim_ascii();
        let (negative, bytes) = match bytes {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, bytes),
        };
        let (whole, rest) = digits(bytes);
        let (fraction, rest) = match rest {
            [b'.', rest @ ..] => digits(rest),
            _ => (&[][..], rest),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(NumeralError::Malformed);
        }
        let exponent = match rest {
            [] => 0,
            [b'e' | b'E', rest @ ..] => exponent(rest)?,
            _ => return Err(NumeralError::Malformed),
        };
        Ok(Self { negative, whole, fraction, exponent })
    }

    /// The digits to `scale` places as an integer, whether the next one is five or more, and
    /// whether all of those behind are zeros.
    #[inline]
    fn scaled(&self, scale: u32) -> Result<(u128, bool, bool), NumeralError> {
        let (whole, fraction) = (self.whole.len(), self.fraction.len());
        if self.exponent == 0 && fraction <= scale as usize && whole + fraction <= SMALL_DIGITS {
            let add = |sum: u64, digit: &u8| sum * 10 + u64::from(digit - b'0');
            let value = self.fraction.iter().fold(self.whole.iter().fold(0, add), add);
            let missing = scale.saturating_sub(u32::try_from(fraction).unwrap_or(u32::MAX));
            let fits = whole + fraction + missing as usize <= SMALL_DIGITS;
            let value = if fits {
                u128::from(value * 10_u64.pow(missing))
            } else {
                times_power(u128::from(value), missing)?
            };
            return Ok((value, false, true));
        }
        self.scaled_slowly(scale)
    }

    fn scaled_slowly(&self, scale: u32) -> Result<(u128, bool, bool), NumeralError> {
        let digits = || self.whole.iter().chain(self.fraction).map(|digit| digit - b'0');
        let count = |digits: &[u8]| i64::try_from(digits.len()).unwrap_or(i64::MAX);
        // The exponent is far from the ends of the range, a text is far shorter than it.
        let keep = count(self.whole) + i64::from(scale) + self.exponent;
        let kept = usize::try_from(keep).unwrap_or(0);
        let mut value = 0_u128;
        for digit in digits().take(kept) {
            value = value
                .checked_mul(10)
                .and_then(|value| value.checked_add(u128::from(digit)))
                .ok_or(NumeralError::Overflow)?;
        }
        let rounds_up = keep >= 0 && digits().nth(kept).is_some_and(|digit| digit >= 5);
        let exact = digits().skip(kept).all(|digit| digit == 0);
        let missing = keep - count(self.whole) - count(self.fraction);
        let missing = u32::try_from(missing.max(0)).unwrap_or(u32::MAX);
        Ok((times_power(value, missing)?, rounds_up, exact))
    }

    #[inline]
    fn signed(&self, value: u128) -> Result<i128, NumeralError> {
        let value = i128::try_from(value).map_err(|_| NumeralError::Overflow)?;
        if value >= 10_i128.pow(MAX_DIGITS) {
            return Err(NumeralError::Overflow);
        }
        Ok(if self.negative { -value } else { value })
    }
}

#[inline]
fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// Exponents beyond what any text could make up for are cut.
fn exponent(text: &[u8]) -> Result<i64, NumeralError> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (digits, rest) = digits(text);
    if digits.is_empty() || !rest.is_empty() {
        return Err(NumeralError::Malformed);
    }
    let add = |sum: i64, digit: &u8| (sum * 10 + i64::from(digit - b'0')).min(1 << 48);
    let value = digits.iter().fold(0, add);
    Ok(if negative { -value } else { value })
}

#[inline]
fn times_power(value: u128, power: u32) -> Result<u128, NumeralError> {
    if value == 0 {
        return Ok(0);
    }
    10_u128.checked_pow(power).and_then(|ten| value.checked_mul(ten)).ok_or(NumeralError::Overflow)
}

/// A double in a text: decimal, with an exponent, `NaN`, `inf` or `Infinity` with a sign, in any
/// case, blanks around. What is too small to be told from zero is zero, as in DuckDB.
///
/// # Errors
///
/// [`NumeralError::Malformed`], or [`NumeralError::Overflow`] beyond 1.8e308, as in `PostgreSQL`.
pub fn parse_double(text: &str) -> Result<f64, NumeralError> {
    let text = text.trim_ascii();
    let value = text.parse::<f64>().map_err(|_| NumeralError::Malformed)?;
    let is_finite = text.bytes().any(|byte| byte.is_ascii_digit());
    if is_finite && value.is_infinite() { Err(NumeralError::Overflow) } else { Ok(value) }
}

/// A truth value in a text: true, t, yes, y, 1, false, f, no, n, 0 in any case, blanks around.
///
/// # Errors
///
/// [`NumeralError::Malformed`]; also for `on` and `off`, which DuckDB does not take.
pub fn parse_bool(text: &str) -> Result<bool, NumeralError> {
    let text = text.trim_ascii();
    let is_any = |words: [&str; 5]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    if is_any(["true", "t", "yes", "y", "1"]) {
        Ok(true)
    } else if is_any(["false", "f", "no", "n", "0"]) {
        Ok(false)
    } else {
        Err(NumeralError::Malformed)
    }
}

/// Appends an integer of `scale` decimal places with all of them: `12.50`, `-0.05`.
pub fn exact_text(value: i128, scale: u32, out: &mut String) {
    if let Ok(small) = i64::try_from(value)
        && let Some(one) = 10_u64.checked_pow(scale)
        && scale > 0
    {
        if small < 0 {
            out.push('-');
        }
        let digits = small.unsigned_abs();
        push_digits(digits / one, 1, out);
        out.push('.');
        return push_digits(digits % one, scale as usize, out);
    }
    let sign = if value < 0 { "-" } else { "" };
    let digits = value.unsigned_abs();
    let width = scale as usize;
    // A number is never written in part: writing to a text does not fail.
    let _ = match 10_u128.checked_pow(scale) {
        Some(1) => write!(out, "{value}"),
        Some(one) => write!(out, "{sign}{}.{:0width$}", digits / one, digits % one),
        None => write!(out, "{sign}0.{digits:0width$}"),
    };
}

/// Appends a double with the fewest digits that tell it from others, as DuckDB does: `1.0`, `0.1`,
/// `1e+16`, `1e-05`, `inf`, `nan`.
pub fn double_text(value: f64, out: &mut String) {
    if value.is_nan() {
        return out.push_str("nan");
    }
    let shortest = shortest(value.abs());
    if value.is_sign_negative() {
        out.push('-');
    }
    let Some((mantissa, exponent)) = shortest.split_once('e') else {
        return out.push_str("inf");
    };
    let exponent = exponent.parse::<i32>().unwrap_or_default();
    if (-4..16).contains(&exponent) {
        return push_plain(mantissa, exponent, out);
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    let _ = write!(out, "{mantissa}e{sign}{:02}", exponent.unsigned_abs());
}

/// The fewest digits that tell a number from others, with its exponent. Where two are as close, the
/// even one counts, which the library does only if it is told how many digits.
fn shortest(value: f64) -> String {
    let text = format!("{value:e}");
    let digits = text.find('e').map_or(0, |end| end - usize::from(text.contains('.')));
    if digits < 16 {
        return text;
    }
    let even = format!("{value:.*e}", digits - 1);
    if even.parse() == Ok(value) { even } else { text }
}

/// Appends digits with the point where an exponent has it.
fn push_plain(mantissa: &str, exponent: i32, out: &mut String) {
    let (first, rest) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if exponent < 0 {
        let zeros = usize::try_from(-1 - exponent).unwrap_or_default();
        let _ = write!(out, "0.{:0<zeros$}{first}{rest}", "");
        return;
    }
    let whole = usize::try_from(exponent).unwrap_or_default();
    let (before, after) = rest.split_at_checked(whole).unwrap_or((rest, ""));
    let after = if after.is_empty() { "0" } else { after };
    let _ = write!(out, "{first}{before:0<whole$}.{after}");
}

#[cfg(test)]
mod tests;
