//! Functions of numbers. What rounds does so half away from zero.

use super::{Args, Bound, Function, form};
use crate::bind::Binder;
use crate::cast;
use crate::column::{Cells, Column, Values, attempt};
use crate::functions::choice::absolute;
use crate::node::Node;
use crate::number::{self, Arithmetic, OVERFLOW};
use crate::ratio::{Ratio, power};
use crate::types::{Exact, Type, WIDE};

pub(crate) static FUNCTIONS: [Function; 7] = [
    Function {
        names: &["ABS"],
        takes: "x",
        gives: "x without its sign",
        fewest: 1,
        most: 1,
        bind: |binder, args| {
            let x = args.number(binder, 0)?;
            let ty = match x.ty {
                // The smallest BIGINT has an opposite of its own.
                Type::Exact(Exact { digits: 19, scale }) => Type::exact(20, scale),
                ty => ty,
            };
            Ok(Node::apply(ty, vec![x], |args, rows| absolute(&args[0], rows)))
        },
    },
    Function { names: &["SIGN"], takes: "x", gives: "-1, 0 or 1", fewest: 1, most: 1, bind: sign },
    Function {
        names: &["ROUND"],
        takes: "x[, places]",
        gives: "x with so many decimal places, halves away from zero",
        fewest: 1,
        most: 2,
        bind: |binder, args| rounded(binder, args, Rounding::Half),
    },
    Function {
        names: &["TRUNC", "TRUNCATE"],
        takes: "x[, places]",
        gives: "x with so many decimal places, the others cut off",
        fewest: 1,
        most: 2,
        bind: |binder, args| rounded(binder, args, Rounding::Cut),
    },
    Function {
        names: &["FLOOR"],
        takes: "x",
        gives: "the greatest whole number up to x",
        fewest: 1,
        most: 1,
        bind: |binder, args| rounded(binder, args, Rounding::Down),
    },
    Function {
        names: &["CEIL", "CEILING"],
        takes: "x",
        gives: "the smallest whole number from x on",
        fewest: 1,
        most: 1,
        bind: |binder, args| rounded(binder, args, Rounding::Up),
    },
    Function {
        names: &["MOD"],
        takes: "a, b",
        gives: "a % b, with the sign of a",
        fewest: 2,
        most: 2,
        bind: |binder, args| binder.arithmetic(Arithmetic::Remainder, args.node(0), args.node(1)),
    },
];

/// What becomes of the digits that are left out.
#[derive(Clone, Copy, PartialEq)]
enum Rounding {
    Half,
    Cut,
    Down,
    Up,
}

impl Rounding {
    /// A whole number and what is left of the division by `by`, which is above zero.
    fn of(self, n: i128, by: i128) -> i128 {
        let (whole, rest) = (n / by, n % by);
        whole
            + match self {
                Self::Half if rest.unsigned_abs() >= by.unsigned_abs().div_ceil(2) => n.signum(),
                Self::Down if rest < 0 => -1,
                Self::Up if rest > 0 => 1,
                _ => 0,
            }
    }

    fn of_double(self, x: f64) -> f64 {
        match self {
            Self::Half => x.round(),
            Self::Cut => x.trunc(),
            Self::Down => x.floor(),
            Self::Up => x.ceil(),
        }
    }
}

fn sign(binder: &Binder<'_>, args: &Args) -> Bound {
    let x = args.number(binder, 0)?;
    let ty = x.ty;
    Ok(Node::apply(Type::exact(1, 0), vec![x], move |args, _| {
        let signs = match ty {
            Type::Double => args[0].doubles().map(|x| i64::from(x > 0.0) - i64::from(x < 0.0)),
            Type::Fraction => args[0].ratios().map(|x| x.numerator.signum() as i64),
            _ => args[0].wide().map(|n| n.signum() as i64),
        };
        Column::new(Values::Narrow(signs), args[0].marks.clone())
    }))
}

fn rounded(binder: &Binder<'_>, args: &Args, rounding: Rounding) -> Bound {
    let x = args.number(binder, 0)?;
    let places = if args.len() > 1 { args.constant_integer(binder, 1)? } else { 0 };
    if !(-38..=38).contains(&places) {
        return Err(format!("a number has -38 to 38 decimal places, not {places}"));
    }
    let places = i16::try_from(places).unwrap_or(0);
    Ok(match x.ty {
        Type::Exact(exact) => rounded_exact(x, exact, places, rounding),
        Type::Fraction => rounded_fraction(x, places, rounding),
        _ => rounded_double(x, places, rounding),
    })
}

fn rounded_exact(x: Node, from: Exact, places: i16, rounding: Rounding) -> Node {
    let scale = u16::try_from(places).unwrap_or(0);
    if scale >= from.scale && places >= 0 {
        return x;
    }
    // Left of the point the digits become zeros.
    let zeros = u16::try_from(-places).unwrap_or(0);
    let to = Exact::new(from.whole().max(zeros) + scale + 1, scale);
    let cut = from.scale - scale + zeros;
    Node::apply(Type::Exact(to), vec![x], move |args, rows| {
        let cells = args[0].wide();
        let mut marks = args[0].marks.clone();
        let by = power(cut);
        let values = attempt(form(args, rows), &mut marks, |row| {
            let n = cells.at(row);
            let digits = match by {
                Some(by) => rounding.of(n, by),
                None => match rounding {
                    Rounding::Down if n < 0 => -1,
                    Rounding::Up if n > 0 => 1,
                    _ => 0,
                },
            };
            power(zeros).and_then(|unit| digits.checked_mul(unit)).ok_or(OVERFLOW)
        });
        #[expect(clippy::cast_possible_truncation, reason = "the type has 18 digits")]
        let values = if to.is_narrow() {
            Values::Narrow(values.map(|n| n as i64))
        } else {
            Values::Wide(values)
        };
        Column::new(values, marks)
    })
}

fn rounded_fraction(x: Node, places: i16, rounding: Rounding) -> Node {
    let scale = u16::try_from(places).unwrap_or(0);
    let zeros = u16::try_from(-places).unwrap_or(0);
    Node::apply(Type::exact(WIDE, scale), vec![x], move |args, rows| {
        let ratios = args[0].ratios();
        let mut marks = args[0].marks.clone();
        let values = attempt(form(args, rows), &mut marks, |row| {
            let ratio = ratios.at(row);
            fraction_at(ratio, scale, zeros, rounding).ok_or(OVERFLOW)
        });
        Column::new(Values::Wide(values), marks)
    })
}

fn fraction_at(ratio: Ratio, scale: u16, zeros: u16, rounding: Rounding) -> Option<i128> {
    if zeros == 0 && rounding == Rounding::Half {
        return ratio.rounded(scale).map(|(digits, _)| digits);
    }
    let unit = power(zeros)?;
    let raised = ratio.numerator.checked_mul(power(scale)?)?;
    rounding.of(raised, ratio.denominator.checked_mul(unit)?).checked_mul(unit)
}

fn rounded_double(x: Node, places: i16, rounding: Rounding) -> Node {
    Node::apply(Type::Double, vec![x], move |args, rows| {
        let cells = args[0].doubles();
        let mut marks = args[0].marks.clone();
        let unit = 10_f64.powi(places.unsigned_abs().into());
        let values = attempt(form(args, rows), &mut marks, |row| {
            let x = cells.at(row);
            let rounded = match places {
                0 => rounding.of_double(x),
                1.. => rounding.of_double(x * unit) / unit,
                _ => rounding.of_double(x / unit) * unit,
            };
            // As in DuckDB, digits that a float does not have are not rounded.
            Ok(if rounded.is_finite() || !x.is_finite() { rounded } else { x })
        });
        Column::new(Values::Double(values), marks)
    })
}

/// Whole seconds, milliseconds or microseconds as microseconds, with `factor` of them each.
pub(crate) fn micros_of(node: Node, factor: i64) -> Node {
    let from = node.ty;
    let ty = Type::Instant;
    let scale_of = move |n: i128, scale: u16| {
        let micros = number::at_scale(n.checked_mul(factor.into())?, scale, 0)?;
        i64::try_from(micros).ok().filter(|micros| cast::is_readable(*micros))
    };
    Node::apply(ty, vec![node], move |args, rows| {
        let mut marks = args[0].marks.clone();
        let values: Cells<'static, i64> = if let Type::Exact(exact) = from {
            let cells = args[0].wide();
            attempt(form(args, rows), &mut marks, |row| {
                scale_of(cells.at(row), exact.scale).ok_or(number::RANGE)
            })
        } else {
            let cells = args[0].doubles();
            #[expect(clippy::cast_precision_loss, reason = "a power of ten")]
            attempt(form(args, rows), &mut marks, |row| {
                let micros = cast::whole((cells.at(row) * factor as f64).round_ties_even());
                micros
                    .and_then(|micros| i64::try_from(micros).ok())
                    .filter(|micros| cast::is_readable(*micros))
                    .ok_or(number::RANGE)
            })
        };
        Column::new(Values::Time(values), marks)
    })
}
