//! Minor units.

use std::cmp::Ordering;

use kohort_model::{Interval, NO_VALUE, Number, Scale, div_round_half_away, rescale};
use polars::prelude::{BooleanChunked, ChunkedArray, DataType, PolarsNumericType, Series};

use super::interval::Paid;
use super::{Flaw, Flaws, Reason, is_integer, values};
use crate::currency::{Converter, Rate};

/// What can be wrong with the amount of a row that is right otherwise.
#[derive(Debug)]
pub(crate) enum AmountError {
    /// It does not fit, by row; or only once it is that of a month.
    Overflow { row: usize, is_monthly: bool },
    /// It can't be converted.
    NoRate {
        /// `None` where the order names no currency.
        currency: Option<String>,
        day: i32,
    },
}

/// What becomes of amounts that are missing, can't be read or are below zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    /// What NULL stands for; without that it can't be read either.
    pub null: Option<i64>,
    /// The flaw of a row whose amount can't be read.
    pub unreadable: Flaw,
    /// That of one below zero; `None` where an amount may be that.
    pub negative: Option<Flaw>,
}

impl Rule {
    /// That of the numbers of a column at a place.
    pub fn of(number: Number, column: usize) -> Self {
        let negative = Reason::NegativeAmount.at(column);
        Self {
            null: number.null,
            unreadable: Reason::UnreadableAmount.at(column),
            negative: (!number.may_be_negative).then_some(negative),
        }
    }
}

/// Whether the type is one of those that amounts, scores and units may have.
pub(crate) fn is_number(dtype: &DataType) -> bool {
    dtype.is_decimal()
        || is_integer(dtype)
        || matches!(dtype, DataType::Float32 | DataType::Float64)
}

/// Amounts in minor units of `scale`; rows of which the rule says so get a flaw.
pub(crate) fn minor_units(
    column: &Series,
    scale: Scale,
    rule: Rule,
    flaws: &mut Flaws,
    into: &mut Vec<i64>,
) -> Result<(), AmountError> {
    let nulls = rule.null.filter(|_| column.null_count() > 0);
    let nulls = nulls.map(|value| (column.is_null(), value));
    if rule.null.is_none() {
        flaws.mark_nulls(column, rule.unreadable);
    }
    // First of all, because what is below zero need not fit.
    if let Some(flaw) = rule.negative {
        mark_negatives(column, flaw, flaws);
    }
    let (is_null, unreadable) = (nulls.as_ref().map(|(nulls, _)| nulls), rule.unreadable);
    fill(column, scale, Rows { is_null, unreadable, flaws, into: &mut *into })?;
    if let Some((nulls, value)) = nulls {
        for (minor, null) in into.iter_mut().zip(nulls.iter()) {
            if null == Some(true) {
                *minor = value;
            }
        }
    }
    Ok(())
}

/// How many amounts without a flaw have digits beyond the scale. Of a float those do not count that
/// are no more than what a float lacks of a decimal.
pub(crate) fn rounded_rows(column: &Series, scale: Scale, flaws: &Flaws) -> u64 {
    let counts = |row: usize| !flaws.is_marked(row);
    let nulls = (column.null_count() > 0).then(|| column.is_null());
    let is_there = |row: usize| nulls.as_ref().is_none_or(|nulls| nulls.get(row) == Some(false));
    let count = |has_more: &dyn Fn(usize) -> bool| {
        let rows = (0..column.len()).filter(|row| has_more(*row) && counts(*row) && is_there(*row));
        rows.count() as u64
    };
    match column.dtype() {
        DataType::Decimal(_, from) => {
            let places = u32::try_from(*from).unwrap_or(0);
            let Some(more) = places.checked_sub(scale.places().into()).filter(|n| *n > 0) else {
                return 0;
            };
            let column = column.decimal().expect("the type was just seen").physical();
            let (amounts, divisor) = (values!(column), 10_i128.checked_pow(more));
            let small = divisor.and_then(|divisor| i64::try_from(divisor).ok());
            count(&|row| match (i64::try_from(amounts[row]), small, divisor) {
                (Ok(n), Some(divisor), _) => n % divisor != 0,
                (_, _, Some(divisor)) => amounts[row] % divisor != 0,
                _ => amounts[row] != 0,
            })
        }
        DataType::Float64 => {
            let column = column.f64().expect("the type was just seen");
            let amounts = values!(column);
            let unit = float(i64::try_from(scale.unit()).unwrap_or(1));
            let has_more = |x: f64| {
                let minor = x * unit;
                (minor - minor.round()).abs() > 1e-6 + minor.abs() * 1e-14
            };
            if amounts.iter().any(|x| has_more(*x)) {
                count(&|row| has_more(amounts[row]))
            } else {
                0
            }
        }
        _ => 0,
    }
}

/// Also what is zero once it is rounded.
fn mark_negatives(column: &Series, flaw: Flaw, flaws: &mut Flaws) {
    fn mark<T>(column: &ChunkedArray<T>, flaw: Flaw, flaws: &mut Flaws)
    where
        T: PolarsNumericType<Native: Default>,
    {
        let is_negative = |n: &T::Native| *n < T::Native::default();
        if values!(column).iter().any(is_negative) {
            for (row, n) in column.iter().enumerate() {
                if n.as_ref().is_some_and(is_negative) {
                    flaws.mark(column.len(), row, flaw);
                }
            }
        }
    }
    macro_rules! mark {
        ($typed:ident) => {
            mark(column.$typed().expect("the type was just seen"), flaw, flaws)
        };
    }
    match column.dtype() {
        DataType::Decimal(..) => {
            mark(column.decimal().expect("the type was just seen").physical(), flaw, flaws);
        }
        DataType::Float64 => mark!(f64),
        DataType::Float32 => mark!(f32),
        DataType::Int8 => mark!(i8),
        DataType::Int16 => mark!(i16),
        DataType::Int32 => mark!(i32),
        DataType::Int64 => mark!(i64),
        _ => (),
    }
}

fn fill(column: &Series, scale: Scale, mut rows: Rows<'_>) -> Result<(), AmountError> {
    let unit = i64::try_from(scale.unit()).expect("10^18 fits 64 bits");
    let places = u32::from(scale.places());
    macro_rules! integers {
        ($typed:ident) => {{
            let column = column.$typed().expect("the type was just seen");
            rows.fill(values!(column), |n| match i64::try_from(n) {
                Ok(n) => n.overflowing_mul(unit),
                Err(_) => MISFIT,
            })
        }};
    }
    match column.dtype() {
        DataType::Decimal(_, from) => {
            let column = column.decimal().expect("the type was just seen").physical();
            let amounts = values!(column);
            let from = u32::try_from(*from).expect("a decimal has at most 38 places");
            match from.cmp(&places) {
                Ordering::Equal => rows.fill(amounts, narrow),
                Ordering::Less => {
                    // At most 18 places.
                    let factor = 10_i64.pow(places - from);
                    rows.fill(amounts, |n| {
                        let (n, wide) = narrow(n);
                        let (minor, over) = n.overflowing_mul(factor);
                        (minor, wide | over)
                    })
                }
                Ordering::Greater => {
                    let divisor = 10_i64.checked_pow(from - places);
                    rows.fill(amounts, |n| match (i64::try_from(n), divisor) {
                        (Ok(n), Some(divisor)) => (divided(n, divisor), false),
                        _ => rescale(n, from, places).map_or(MISFIT, narrow),
                    })
                }
            }
        }
        DataType::Float64 => {
            let column = column.f64().expect("the type was just seen");
            let factor = float(unit);
            rows.fill_floats(values!(column), |x| minor(x, factor, unit))
        }
        DataType::Float32 => {
            let column = column.f32().expect("the type was just seen");
            let factor = float(unit);
            rows.fill_floats(values!(column), |x| minor(f64::from(x), factor, unit))
        }
        DataType::Int8 => integers!(i8),
        DataType::Int16 => integers!(i16),
        DataType::Int32 => integers!(i32),
        DataType::Int64 => integers!(i64),
        DataType::UInt8 => integers!(u8),
        DataType::UInt16 => integers!(u16),
        DataType::UInt32 => integers!(u32),
        _ => integers!(u64),
    }
}

/// Prices that are paid every so often.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prices<'a> {
    /// How often, by row. What is never paid is zero, whatever the amount says.
    pub paid: &'a [Paid],
    /// The place of the column that says so.
    pub interval: usize,
    /// Whether one below zero is a discount, rather than a flaw.
    pub has_discounts: bool,
}

/// As [`minor_units`], of amounts that are converted from the currencies of another column at the
/// rates of their days, or prices that become those of a month, or both, and rounded once; a float is
/// rounded to minor units first, because it has no exact digits. A price of zero needs no interval; a
/// discount that is rounded to zero is [`NO_VALUE`].
pub(crate) fn converted(
    column: &Series,
    currencies: Option<(&Series, &mut Converter<'_>)>,
    days: &[i32],
    prices: Option<Prices<'_>>,
    (scale, place): (Scale, usize),
    flaws: &mut Flaws,
    into: &mut Vec<i64>,
) -> Result<(), AmountError> {
    let (amounts, from) = exact(column, scale);
    let mut currencies = currencies.map(|(column, converter)| {
        let names = column.str().expect("currencies are read as text");
        (names.downcast_as_array().iter(), converter)
    });
    into.clear();
    for (row, (amount, day)) in amounts.into_iter().zip(days).enumerate() {
        let paid = prices.map_or(Paid::MONTHLY, |prices| prices.paid[row]);
        let name = currencies.as_mut().and_then(|(names, _)| names.next()).flatten();
        if paid == Paid::Never {
            into.push(0);
            continue;
        }
        match (amount, prices) {
            (None, _) => flaws.mark(days.len(), row, Reason::UnreadableAmount.at(place)),
            (Some(amount), Some(prices)) if amount < 0 && !prices.has_discounts => {
                flaws.mark(days.len(), row, Reason::NegativeAmount.at(place));
            }
            (Some(amount), Some(prices)) if amount != 0 && paid == Paid::Unknown => {
                flaws.mark(days.len(), row, Reason::UnknownInterval.at(prices.interval));
            }
            (Some(_), _) => (),
        }
        let Some(amount) = amount.filter(|_| !flaws.is_marked(row)) else {
            into.push(0);
            continue;
        };
        let rate = match &mut currencies {
            None => Some(Rate::ONE),
            Some((_, converter)) => name.and_then(|name| converter.rate(name, *day)),
        };
        let rate = rate
            .ok_or_else(|| AmountError::NoRate { currency: name.map(str::to_owned), day: *day })?;
        let every = match paid {
            Paid::Every(interval) => interval,
            Paid::Never | Paid::Unknown => Interval::Months(1),
        };
        let minor = rate.of(amount, from, scale, every).ok_or_else(|| {
            let as_paid = rate.of(amount, from, scale, Interval::Months(1));
            AmountError::Overflow { row, is_monthly: as_paid.is_some() }
        })?;
        // A discount that is rounded to nothing is no price of zero, which would end something.
        let is_lost = prices.is_some() && amount < 0 && minor == 0;
        into.push(if is_lost { NO_VALUE } else { minor });
    }
    Ok(())
}

/// The digits of amounts and how many of them are decimal places; `None` where there is no amount.
fn exact(column: &Series, scale: Scale) -> (Vec<Option<i128>>, u32) {
    if column.dtype().is_float() {
        let unit = i64::try_from(scale.unit()).expect("10^18 fits 64 bits");
        let column = column.cast(&DataType::Float64).expect("a float is a float");
        let amounts = column.f64().expect("it was just cast").iter().map(|x| {
            let (minor, misfit) = rounded(x.filter(|x| x.is_finite())? * float(unit));
            // What does not fit here fits nowhere later.
            Some(if misfit { i128::MAX } else { i128::from(minor) })
        });
        return (amounts.collect(), u32::from(scale.places()));
    }
    digits(column)
}

/// The digits of numbers that are no floats, and how many of them are decimal places.
pub(super) fn digits(column: &Series) -> (Vec<Option<i128>>, u32) {
    let column = match column.dtype() {
        DataType::Decimal(..) => column.clone(),
        _ => column.cast(&DataType::Decimal(38, 0)).expect("64 bits fit 38 digits"),
    };
    let decimals = column.decimal().expect("it was just cast");
    let places = u32::try_from(decimals.scale()).expect("a decimal has at most 38 places");
    (decimals.physical().iter().collect(), places)
}

struct Rows<'a> {
    /// Rows whose value does not count although they have no flaw.
    is_null: Option<&'a BooleanChunked>,
    unreadable: Flaw,
    flaws: &'a mut Flaws,
    into: &'a mut Vec<i64>,
}

impl Rows<'_> {
    fn is_null(&self, row: usize) -> bool {
        self.is_null.is_some_and(|nulls| nulls.get(row) == Some(true))
    }

    #[inline]
    fn fill<T: Copy>(
        &mut self,
        amounts: &[T],
        convert: impl Fn(T) -> (i64, bool),
    ) -> Result<(), AmountError> {
        let misfits = self.convert(amounts, &convert);
        if misfits { self.all_fit(amounts, convert) } else { Ok(()) }
    }

    #[inline]
    fn fill_floats<T: Copy + Into<f64>>(
        &mut self,
        amounts: &[T],
        convert: impl Fn(T) -> (i64, bool),
    ) -> Result<(), AmountError> {
        if !self.convert(amounts, &convert) {
            return Ok(());
        }
        for (row, amount) in amounts.iter().enumerate() {
            let amount: f64 = (*amount).into();
            if !amount.is_finite() && !self.is_null(row) {
                self.flaws.mark(amounts.len(), row, self.unreadable);
            }
        }
        self.all_fit(amounts, convert)
    }

    /// Converts all rows in one pass, and tells whether any did not fit: `convert` says so beside
    /// the number, as the overflowing operations of integers do.
    #[inline]
    fn convert<T: Copy>(&mut self, amounts: &[T], convert: impl Fn(T) -> (i64, bool)) -> bool {
        let mut misfits = false;
        self.into.clear();
        self.into.extend(amounts.iter().map(|amount| {
            let (minor, misfit) = convert(*amount);
            misfits |= misfit;
            minor
        }));
        misfits
    }

    /// Whether all rows fit that count.
    fn all_fit<T: Copy>(
        &self,
        amounts: &[T],
        convert: impl Fn(T) -> (i64, bool),
    ) -> Result<(), AmountError> {
        let misfit = |(row, amount): (usize, &T)| {
            let counts = !self.flaws.is_marked(row) && !self.is_null(row);
            (counts && convert(*amount).1).then_some(row)
        };
        let misfit = amounts.iter().enumerate().find_map(misfit);
        misfit.map_or(Ok(()), |row| Err(AmountError::Overflow { row, is_monthly: false }))
    }
}

/// What a number that does not fit becomes.
const MISFIT: (i64, bool) = (0, true);

#[expect(clippy::cast_possible_truncation, reason = "compared with what it was")]
fn narrow(n: i128) -> (i64, bool) {
    let narrow = n as i64;
    (narrow, i128::from(narrow) != n)
}

/// Rounded half away from zero; `divisor` is a power of ten.
fn divided(n: i64, divisor: i64) -> i64 {
    let (quotient, remainder) = (n / divisor, n % divisor);
    let up = remainder.unsigned_abs() >= divisor.unsigned_abs().div_ceil(2);
    debug_assert_eq!(
        i128::from(quotient + i64::from(up) * n.signum()),
        div_round_half_away(i128::from(n), i128::from(divisor))
    );
    quotient + i64::from(up) * n.signum()
}

#[expect(clippy::cast_precision_loss, reason = "powers of ten up to 10^18 are exact")]
fn float(unit: i64) -> f64 {
    unit as f64
}

/// Minor units of a float. From 2^53 on it is a whole number, and what multiplication would round is
/// kept.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the range is checked first")]
fn minor(x: f64, factor: f64, unit: i64) -> (i64, bool) {
    const WHOLE: f64 = 9_007_199_254_740_992.0;
    if (WHOLE..9e18).contains(&x.abs()) {
        (x as i64).overflowing_mul(unit)
    } else {
        rounded(x * factor)
    }
}

/// Rounded half away from zero, as `f64::round` does, but without a call.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the range is checked first")]
#[expect(clippy::cast_precision_loss, reason = "numbers from 2^53 on have no fraction to lose")]
fn rounded(x: f64) -> (i64, bool) {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    // False for NaN.
    if !(-LIMIT..LIMIT).contains(&x) {
        return MISFIT;
    }
    let whole = x as i64;
    let fraction = x - whole as f64;
    (whole + i64::from(fraction >= 0.5) - i64::from(fraction <= -0.5), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::cast_possible_truncation, reason = "the cases fit")]
    fn floats_round_as_the_library_does() {
        let mut cases = vec![0.0, -0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 0.499_999_999_999_999_94];
        cases.extend([
            4_503_599_627_370_497.5,
            -4_503_599_627_370_495.5,
            9.0e15 + 1.0,
            1e18,
            -1e18,
        ]);
        cases.extend((0..1000).map(|n| f64::from(n) * 0.37 - 180.0));
        for x in cases {
            assert_eq!(rounded(x), (x.round() as i64, false), "{x}");
        }
        assert_eq!(rounded(-9_223_372_036_854_775_808.0), (i64::MIN, false));
        for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 9_223_372_036_854_775_808.0, -1e19] {
            assert_eq!(rounded(x), MISFIT, "{x}");
        }
    }
}
