//! Arithmetic of exact numbers: 64 bits up to 18 digits, 128 up to 38, and looked at beyond.

use crate::column::{Cells, Column, Failure, VALUE, Values, attempt, zip};
use crate::ratio::{Ratio, power};
use crate::types::{Exact, NARROW, Type, WIDE};

/// An operation on two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Plus,
    Minus,
    Times,
    Over,
    /// Cut off towards zero.
    WholeOver,
    /// What is left of that, with the sign of the dividend.
    Remainder,
}

impl Arithmetic {
    pub fn sign(self) -> &'static str {
        match self {
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Times => "*",
            Self::Over => "/",
            Self::WholeOver => "//",
            Self::Remainder => "%",
        }
    }

    /// The type of its result.
    ///
    /// # Errors
    /// `None` where a product would have more than 38 decimal places.
    pub fn exact(self, a: Exact, b: Exact) -> Option<Exact> {
        let common = a.common(b);
        Some(match self {
            Self::Plus | Self::Minus => Exact::new(common.digits + 1, common.scale),
            Self::Times => {
                let scale = a.scale + b.scale;
                let digits = match a.digits + b.digits {
                    // 19 digits without places stand for 64 bits, beyond which such a product may be.
                    19 if scale == 0 => 20,
                    digits => digits,
                };
                (scale <= WIDE).then_some(Exact::new(digits, scale))?
            }
            Self::Over | Self::WholeOver => Exact::new(a.whole() + b.scale + 1, 0),
            Self::Remainder => Exact::new(a.whole().min(b.whole()) + common.scale, common.scale),
        })
    }
}

pub(crate) const OVERFLOW: u8 = Failure::Overflow as u8;
pub(crate) const RANGE: u8 = Failure::Range as u8;
pub(crate) const ZERO: u8 = Failure::Zero as u8;

/// The size and form of an operation's result, for [`attempt`].
pub(crate) fn form(columns: &[Column<'_>], rows: usize) -> (usize, bool) {
    (rows, columns.iter().all(Column::is_constant))
}

/// An operation on exact numbers of two types, whose result is of a third. `Over` is another one's.
pub(crate) fn exact(
    op: Arithmetic,
    (a, a_type): (&Column<'_>, Exact),
    (b, b_type): (&Column<'_>, Exact),
    to: Exact,
    rows: usize,
) -> Column<'static> {
    let mut marks = a.marks.union(&b.marks);
    let constant = a.is_constant() && b.is_constant();
    let (up_a, up_b) = if op == Arithmetic::Times {
        (0, 0)
    } else {
        let scale = a_type.scale.max(b_type.scale);
        (scale - a_type.scale, scale - b_type.scale)
    };
    let is_sum = matches!(op, Arithmetic::Plus | Arithmetic::Minus | Arithmetic::Times);
    if is_sum && to.is_narrow() {
        return Column::new(Values::Narrow(narrow(op, (a, up_a), (b, up_b))), marks);
    }
    let (a, b) = (a.wide(), b.wide());
    if is_sum && to.digits <= WIDE {
        // The digits say that each step fits.
        let (fa, fb) = (factor(up_a), factor(up_b));
        let values = match op {
            Arithmetic::Plus => {
                zip(&a, &b, |a, b| a.wrapping_mul(fa).wrapping_add(b.wrapping_mul(fb)))
            }
            Arithmetic::Minus => {
                zip(&a, &b, |a, b| a.wrapping_mul(fa).wrapping_sub(b.wrapping_mul(fb)))
            }
            _ => zip(&a, &b, product),
        };
        return Column::new(Values::Wide(values), marks);
    }
    let values = attempt((rows, constant), &mut marks, |row| {
        checked(op, (a.at(row), up_a), (b.at(row), up_b))
    });
    let values = if to.is_narrow() {
        #[expect(clippy::cast_possible_truncation, reason = "the type has 18 digits")]
        Values::Narrow(values.map(|n| n as i64))
    } else {
        Values::Wide(values)
    };
    Column::new(values, marks)
}

/// Most numbers of many digits have few.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "compared with what it was")]
fn product(a: i128, b: i128) -> i128 {
    let (low_a, low_b) = (a as i64, b as i64);
    if i128::from(low_a) == a && i128::from(low_b) == b {
        i128::from(low_a) * i128::from(low_b)
    } else {
        a.wrapping_mul(b)
    }
}

fn factor(up: u16) -> i128 {
    power(up).unwrap_or(1)
}

#[inline]
fn narrow(
    op: Arithmetic,
    (a, up_a): (&Column<'_>, u16),
    (b, up_b): (&Column<'_>, u16),
) -> Cells<'static, i64> {
    let (a, b) = (a.narrow(), b.narrow());
    let factor = |up: u16| 10_i64.checked_pow(up.into()).unwrap_or(1);
    let (fa, fb) = (factor(up_a), factor(up_b));
    // Where a row has no value its entry is any, so that nothing may be said of overflow.
    match op {
        Arithmetic::Plus => zip(&a, &b, |a, b| a.wrapping_mul(fa).wrapping_add(b.wrapping_mul(fb))),
        Arithmetic::Minus => {
            zip(&a, &b, |a, b| a.wrapping_mul(fa).wrapping_sub(b.wrapping_mul(fb)))
        }
        _ => zip(&a, &b, i64::wrapping_mul),
    }
}

/// One operation, looked at. Factors of ten come first.
fn checked(op: Arithmetic, (a, up_a): (i128, u16), (b, up_b): (i128, u16)) -> Result<i128, u8> {
    let raised = |n: i128, up: u16| match up {
        0 => Some(n),
        _ if n == 0 => Some(0),
        up => n.checked_mul(power(up)?),
    };
    if matches!(op, Arithmetic::WholeOver | Arithmetic::Remainder) {
        if b == 0 {
            return Err(ZERO);
        }
        let Some(b) = raised(b, up_b) else {
            // The divisor is beyond every dividend.
            return Ok(if op == Arithmetic::WholeOver { 0 } else { a });
        };
        let a = raised(a, up_a).ok_or(OVERFLOW)?;
        let result = if op == Arithmetic::WholeOver { a.checked_div(b) } else { a.checked_rem(b) };
        // Only the smallest integer over -1 does not fit; nothing is left of it.
        return result
            .map_or_else(|| if op == Arithmetic::Remainder { Ok(0) } else { Err(OVERFLOW) }, Ok);
    }
    let both = raised(a, up_a).zip(raised(b, up_b));
    let result = match op {
        Arithmetic::Plus => {
            both.and_then(|(a, b)| a.checked_add(b)).or_else(|| sum((a, up_a), (b, up_b)))
        }
        Arithmetic::Minus => both
            .and_then(|(a, b)| a.checked_sub(b))
            .or_else(|| sum((a, up_a), (b.wrapping_neg(), up_b))),
        _ => both.and_then(|(a, b)| a.checked_mul(b)),
    };
    result.filter(|n| fits(*n, WIDE)).ok_or(OVERFLOW)
}

/// A sum of two numbers, one of which is brought to the decimal places of the other: it may fit where
/// that one by itself does not.
fn sum((a, up_a): (i128, u16), (b, up_b): (i128, u16)) -> Option<i128> {
    let (few, up, many) = if up_b == 0 { (a, up_a, b) } else { (b, up_b, a) };
    let unit = power(up)?;
    few.checked_add(many / unit)?.checked_mul(unit)?.checked_add(many % unit)
}

/// Whether a number has at most so many digits.
pub(crate) fn fits(n: i128, digits: u16) -> bool {
    power(digits).is_none_or(|bound| -bound < n && n < bound)
}

/// The quotient by a constant divisor that leaves finitely many digits: a factor and how many
/// decimal places more the result has, so that `x / divisor` is `x * factor` at that scale.
pub(crate) fn finite(divisor: i128, scale: u16) -> Option<(i128, i32)> {
    if divisor == 0 {
        return None;
    }
    let places = (0..=18_u16).find(|places| factor(*places) % divisor == 0)?;
    Some((factor(places) / divisor, i32::from(places) - i32::from(scale)))
}

/// The quotients of numbers that are exact or fractions.
pub(crate) fn quotients(
    op: Arithmetic,
    (a, a_type): (&Column<'_>, Type),
    (b, b_type): (&Column<'_>, Type),
    rows: usize,
) -> Column<'static> {
    let mut marks = a.marks.union(&b.marks);
    let form = (rows, a.is_constant() && b.is_constant());
    if let (Arithmetic::Over, Type::Exact(a_type), Type::Exact(b_type)) = (op, a_type, b_type) {
        let (a, b) = (a.wide(), b.wide());
        let values = attempt(form, &mut marks, |row| match b.at(row) {
            0 => Err(ZERO),
            b => Ratio::quotient(a.at(row), a_type.scale, b, b_type.scale).ok_or(OVERFLOW),
        });
        return Column::new(Values::Fraction(values), marks);
    }
    let (a, b) = (Ratios::of(a, a_type), Ratios::of(b, b_type));
    let values = attempt(form, &mut marks, |row| {
        let (a, b) = a.at(row).zip(b.at(row)).ok_or(OVERFLOW)?;
        let divides = !matches!(op, Arithmetic::Plus | Arithmetic::Minus | Arithmetic::Times);
        if divides && b.numerator == 0 {
            return Err(ZERO);
        }
        let result = match op {
            Arithmetic::Plus => a.plus(b),
            Arithmetic::Minus => a.minus(b),
            Arithmetic::Times => a.times(b),
            Arithmetic::Over => a.over(b),
            Arithmetic::WholeOver => {
                a.over(b).map(|of| Ratio { numerator: of.truncated(), denominator: 1 })
            }
            Arithmetic::Remainder => a.remainder(b),
        };
        result.ok_or(OVERFLOW)
    });
    Column::new(Values::Fraction(values), marks)
}

/// Numbers that are no floats, as ratios.
pub(crate) enum Ratios<'a> {
    Exact(Cells<'a, i128>, u16),
    Ratio(Cells<'a, Ratio>),
}

impl<'a> Ratios<'a> {
    pub fn of(column: &'a Column<'_>, ty: Type) -> Self {
        match ty {
            Type::Exact(exact) => Self::Exact(column.wide(), exact.scale),
            _ => Self::Ratio(column.ratios()),
        }
    }

    /// `None` where it does not fit.
    pub fn at(&self, row: usize) -> Option<Ratio> {
        match self {
            Self::Exact(cells, scale) => Ratio::exact(cells.at(row), *scale),
            Self::Ratio(cells) => Some(cells.at(row)),
        }
    }
}

/// Operations on floats. What is finite stays so, as in PostgreSQL.
pub(crate) fn doubles(
    op: Arithmetic,
    a: &Column<'_>,
    b: &Column<'_>,
    rows: usize,
) -> Column<'static> {
    let mut marks = a.marks.union(&b.marks);
    let form = (rows, a.is_constant() && b.is_constant());
    let (a, b) = (a.doubles(), b.doubles());
    let values = attempt(form, &mut marks, |row| {
        let (a, b) = (a.at(row), b.at(row));
        let divides = !matches!(op, Arithmetic::Plus | Arithmetic::Minus | Arithmetic::Times);
        if divides && b == 0.0 {
            return Err(ZERO);
        }
        let result = match op {
            Arithmetic::Plus => a + b,
            Arithmetic::Minus => a - b,
            Arithmetic::Times => a * b,
            Arithmetic::Over => a / b,
            Arithmetic::WholeOver => (a / b).trunc(),
            Arithmetic::Remainder => a % b,
        };
        let overflows = result.is_infinite() && a.is_finite() && b.is_finite();
        if overflows { Err(RANGE) } else { Ok(result) }
    });
    Column::new(Values::Double(values), marks)
}

/// The digits at another scale, rounded half away from zero where there are fewer places; within
/// `to.digits`, else out of range.
pub(crate) fn rescaled(
    column: &Column<'_>,
    from: Exact,
    to: Exact,
    failed: u8,
    rows: usize,
) -> Column<'static> {
    let mut marks = column.marks.clone();
    let form = (rows, column.is_constant());
    let is_safe = to.scale >= from.scale && to.whole() >= from.whole();
    if is_safe && to.is_narrow() {
        let factor = 10_i64.pow((to.scale - from.scale).into());
        let values = column.narrow().map(|n| n.wrapping_mul(factor));
        return Column::new(Values::Narrow(values), marks);
    }
    let cells = column.wide();
    let values = attempt(form, &mut marks, |row| {
        at_scale(cells.at(row), from.scale, to.scale)
            .filter(|n| is_safe && to.digits > WIDE || fits(*n, to.digits.min(WIDE)))
            .ok_or(failed)
    });
    let values = if to.is_narrow() {
        #[expect(clippy::cast_possible_truncation, reason = "the type has 18 digits")]
        Values::Narrow(values.map(|n| n as i64))
    } else {
        Values::Wide(values)
    };
    Column::new(values, marks)
}

/// The digits at another scale, rounded half away from zero; `None` where they do not fit.
pub(crate) fn at_scale(n: i128, from: u16, to: u16) -> Option<i128> {
    if from <= to {
        return if n == 0 { Some(0) } else { n.checked_mul(power(to - from)?) };
    }
    let Some(by) = power(from - to) else { return Some(0) };
    let (whole, rest) = (n / by, n % by);
    let is_up = rest.unsigned_abs() >= by.unsigned_abs().div_ceil(2);
    Some(whole + if is_up { n.signum() } else { 0 })
}

/// Compares numbers of two scales without an overflow.
#[inline]
pub(crate) fn compare((a, a_scale): (i128, u16), (b, b_scale): (i128, u16)) -> std::cmp::Ordering {
    if a_scale == b_scale {
        return a.cmp(&b);
    }
    let raised = |n: i128, by: u16| if n == 0 { Some(0) } else { n.checked_mul(power(by)?) };
    let scale = a_scale.max(b_scale);
    match (raised(a, scale - a_scale), raised(b, scale - b_scale)) {
        (Some(a), Some(b)) => a.cmp(&b),
        // One of the two is beyond all that the other can be.
        (None, _) => a.cmp(&0),
        (_, None) => 0.cmp(&b),
    }
}

const _: () = assert!(NARROW == 18 && WIDE == 38 && VALUE == 0);
