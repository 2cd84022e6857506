//! Casts between types.

use std::sync::Arc;

use crate::bind::Zones;
use crate::column::{Column, Failure, NULL, Values, attempt, attempt_texts};
use crate::node::Node;
use crate::number::{self, RANGE, fits};
use crate::numerals::{self, NumeralError};
use crate::stamp::{self, Unreadable};
use crate::tree::{Target, Width};
use crate::types::{Exact, Type, WIDE};
use crate::zone::{DAY_MICROS, Zone};

const UNREADABLE: u8 = Failure::Unreadable as u8;

/// The days of the years 1 to 9999.
const DAYS: std::ops::RangeInclusive<i64> = -719_162..=2_932_896;

impl Target {
    /// The type of what a cast to it gives.
    pub fn ty(self) -> Type {
        match self {
            Self::Integer(width) => Type::exact(width.digits(), 0),
            Self::Decimal { digits, scale } => Type::exact(digits, scale),
            Self::Float { .. } => Type::Double,
            Self::Text => Type::Text,
            Self::Bool => Type::Bool,
            Self::Date => Type::Date,
            Self::Timestamp => Type::Timestamp,
            Self::Instant => Type::Instant,
        }
    }
}

/// What a failed cast gives: its failure, or with `TRY_CAST` NULL.
#[derive(Clone, Copy)]
struct Fails {
    tries: bool,
}

impl Fails {
    fn with(self, mark: u8) -> u8 {
        if self.tries { NULL } else { mark }
    }

    fn numeral(self, error: NumeralError) -> u8 {
        self.with(match error {
            NumeralError::Malformed => UNREADABLE,
            NumeralError::Overflow => RANGE,
        })
    }

    fn stamp(self, error: Unreadable) -> u8 {
        self.with(match error {
            Unreadable::Malformed => UNREADABLE,
            Unreadable::Range => RANGE,
            Unreadable::Offset => Failure::Offset as u8,
        })
    }
}

/// A cast; with `tries` NULL where it fails.
///
/// # Errors
/// In a sentence why there is no such cast.
pub(crate) fn cast(value: Node, to: Target, tries: bool, zones: &Zones) -> Result<Node, String> {
    let ty = to.ty();
    if value.ty == Type::Null {
        return Ok(Node::constant(ty, Column::null()));
    }
    let fails = Fails { tries };
    Ok(match (value.ty, to) {
        (Type::Text, Target::Text)
        | (Type::Bool, Target::Bool)
        | (Type::Date, Target::Date)
        | (Type::Timestamp, Target::Timestamp)
        | (Type::Instant, Target::Instant)
        | (Type::Double, Target::Float { is_short: false }) => Node { is_quoted: false, ..value },
        (_, Target::Text) => to_text(value, zones)?,
        (Type::Exact(from), Target::Integer(width)) => exact_to_integer(value, from, width, fails),
        (Type::Exact(from), Target::Decimal { digits, scale }) => {
            let to = Exact::new(digits, scale);
            if from == to {
                return Ok(value);
            }
            let mark = fails.with(RANGE);
            Node::apply(ty, vec![value], move |args, rows| {
                number::rescaled(&args[0], from, to, mark, rows)
            })
        }
        (Type::Fraction, Target::Integer(width)) => {
            fraction_to(value, Exact::new(WIDE, 0), width.range(), ty, fails)
        }
        (Type::Fraction, Target::Decimal { digits, scale }) => {
            let bound = 10_i128.pow(digits.into());
            fraction_to(value, Exact::new(WIDE, scale), (1 - bound, bound - 1), ty, fails)
        }
        (Type::Exact(_) | Type::Fraction, Target::Float { is_short }) => {
            let double = to_double(value);
            if is_short { shortened(double, fails) } else { double }
        }
        (Type::Double, Target::Float { .. }) => shortened(value, fails),
        (Type::Double, Target::Integer(width)) => double_to_integer(value, width, fails),
        (Type::Double, Target::Decimal { digits, scale }) => {
            double_to_decimal(value, Exact::new(digits, scale), fails)
        }
        (Type::Bool, Target::Integer(_)) => Node::apply(ty, vec![value], |args, _| {
            Column::new(Values::Narrow(args[0].bools().map(i64::from)), args[0].marks.clone())
        }),
        (Type::Exact(_), Target::Bool) => Node::apply(ty, vec![value], |args, _| {
            Column::new(Values::Bool(args[0].wide().map(|n| n != 0)), args[0].marks.clone())
        }),
        (Type::Double, Target::Bool) => Node::apply(ty, vec![value], |args, _| {
            Column::new(Values::Bool(args[0].doubles().map(|x| x != 0.0)), args[0].marks.clone())
        }),
        (Type::Text, to) => text_to(value, to, fails, zones),
        (from, to) if from.is_time() && ty.is_time() => time_to(value, to, zones, fails)?,
        (Type::Exact(_) | Type::Fraction | Type::Double, to) if to.ty().is_time() => {
            return Err(format!(
                "a number can't be cast to {ty}: TO_TIMESTAMP(x) makes one of seconds since 1970, \
                 EPOCH_MS(x) of milliseconds, MAKE_TIMESTAMP(x) of microseconds"
            ));
        }
        (from, _) => return Err(format!("a value of type {from} can't be cast to {ty}")),
    })
}

fn exact_to_integer(value: Node, from: Exact, width: Width, fails: Fails) -> Node {
    let to = Exact::new(width.digits(), 0);
    let (low, high) = width.range();
    if from.scale == 0 && from.digits < to.digits && low < 0 {
        // It fits as it is; the types say so.
        return Node::apply(Type::Exact(to), vec![value], |args, _| args[0].clone().into_owned());
    }
    Node::apply(Type::Exact(to), vec![value], move |args, rows| {
        let cells = args[0].wide();
        let mut marks = args[0].marks.clone();
        let form = (rows, args[0].is_constant());
        let values = attempt(form, &mut marks, |row| {
            let whole = number::at_scale(cells.at(row), from.scale, 0);
            whole.filter(|n| (low..=high).contains(n)).ok_or(fails.with(RANGE))
        });
        integers(values, to, marks)
    })
}

/// Numbers in the form of their type.
fn integers(
    values: crate::column::Cells<'static, i128>,
    to: Exact,
    marks: crate::column::Marks,
) -> Column<'static> {
    #[expect(clippy::cast_possible_truncation, reason = "the type has 18 digits")]
    let values = if to.is_narrow() {
        Values::Narrow(values.map(|n| n as i64))
    } else {
        Values::Wide(values)
    };
    Column::new(values, marks)
}

fn fraction_to(value: Node, at: Exact, (low, high): (i128, i128), ty: Type, fails: Fails) -> Node {
    let Type::Exact(to) = ty else { return value };
    Node::apply(ty, vec![value], move |args, rows| {
        let ratios = args[0].ratios();
        let mut marks = args[0].marks.clone();
        let values = attempt((rows, args[0].is_constant()), &mut marks, |row| {
            let rounded = ratios.at(row).rounded(at.scale).map(|(digits, _)| digits);
            rounded.filter(|n| (low..=high).contains(n)).ok_or(fails.with(RANGE))
        });
        integers(values, to, marks)
    })
}

/// A number as a float of 64 bits, the nearest that there is.
pub(crate) fn to_double(value: Node) -> Node {
    let from = value.ty;
    if from == Type::Double {
        return value;
    }
    if from == Type::Null {
        return Node::constant(Type::Double, Column::null());
    }
    Node::apply(Type::Double, vec![value], move |args, _| {
        let values = match from {
            Type::Exact(exact) => args[0].wide().map(|n| nearest(n, exact.scale)),
            _ => args[0].ratios().map(crate::ratio::Ratio::double),
        };
        Column::new(Values::Double(values), args[0].marks.clone())
    })
}

/// The float nearest to an exact number.
#[expect(clippy::cast_precision_loss, reason = "looked at before")]
pub(crate) fn nearest(n: i128, scale: u16) -> f64 {
    // One division of two integers that floats have is rounded once.
    if n.unsigned_abs() < 1 << 53 && scale <= 22 {
        return n as f64 / 10_f64.powi(scale.into());
    }
    let mut text = String::new();
    numerals::exact_text(n, scale.into(), &mut text);
    text.parse().unwrap_or(f64::NAN)
}

#[expect(clippy::cast_possible_truncation, reason = "the nearest float of 32 bits is meant")]
fn shortened(value: Node, fails: Fails) -> Node {
    Node::apply(Type::Double, vec![value], move |args, rows| {
        let cells = args[0].doubles();
        let mut marks = args[0].marks.clone();
        let values = attempt((rows, args[0].is_constant()), &mut marks, |row| {
            let (x, short) = (cells.at(row), cells.at(row) as f32);
            if short.is_infinite() && x.is_finite() {
                return Err(fails.with(RANGE));
            }
            Ok(f64::from(short))
        });
        Column::new(Values::Double(values), marks)
    })
}

/// Halves go to the even integer, as in PostgreSQL and DuckDB.
fn double_to_integer(value: Node, width: Width, fails: Fails) -> Node {
    let to = Exact::new(width.digits(), 0);
    let (low, high) = width.range();
    Node::apply(Type::Exact(to), vec![value], move |args, rows| {
        let cells = args[0].doubles();
        let mut marks = args[0].marks.clone();
        let values = attempt((rows, args[0].is_constant()), &mut marks, |row| {
            let whole = whole(cells.at(row).round_ties_even());
            whole.filter(|n| (low..=high).contains(n)).ok_or(fails.with(RANGE))
        });
        integers(values, to, marks)
    })
}

/// A float without a fraction as an integer of at most 38 digits.
#[expect(clippy::cast_possible_truncation, reason = "the range is looked at first")]
pub(crate) fn whole(x: f64) -> Option<i128> {
    (x.abs() < 1e38).then_some(x as i128)
}

/// A float times a power of ten, rounded half away from zero. From 2^53 on a float is a whole number,
/// and what multiplication would round is kept.
fn at_unit(x: f64, unit: f64) -> Option<i128> {
    const WHOLE: f64 = 9_007_199_254_740_992.0;
    if x.abs() < WHOLE { whole((x * unit).round()) } else { whole(x)?.checked_mul(whole(unit)?) }
}

fn double_to_decimal(value: Node, to: Exact, fails: Fails) -> Node {
    Node::apply(Type::Exact(to), vec![value], move |args, rows| {
        let cells = args[0].doubles();
        let mut marks = args[0].marks.clone();
        let unit = 10_f64.powi(to.scale.into());
        let values = attempt((rows, args[0].is_constant()), &mut marks, |row| {
            let digits = at_unit(cells.at(row), unit);
            digits.filter(|n| fits(*n, to.digits)).ok_or(fails.with(RANGE))
        });
        integers(values, to, marks)
    })
}

fn text_to(value: Node, to: Target, fails: Fails, zones: &Zones) -> Node {
    let zone = Arc::clone(&zones.business);
    Node::apply(to.ty(), vec![value], move |args, rows| {
        let text = |row| args[0].text(row);
        let mut marks = args[0].marks.clone();
        let form = (rows, args[0].is_constant());
        let values = match to {
            Target::Integer(width) => {
                let (low, high) = width.range();
                let parse = |row| {
                    let n = numerals::parse_integer(text(row)).map_err(|e| fails.numeral(e))?;
                    if (low..=high).contains(&n) { Ok(n) } else { Err(fails.with(RANGE)) }
                };
                let values = attempt(form, &mut marks, parse);
                return integers(values, Exact::new(width.digits(), 0), marks);
            }
            Target::Decimal { digits, scale } => {
                let parse = |row| {
                    let n = numerals::parse_exact(text(row), scale.into());
                    let n = n.map_err(|error| fails.numeral(error))?;
                    if fits(n, digits) { Ok(n) } else { Err(fails.with(RANGE)) }
                };
                let values = attempt(form, &mut marks, parse);
                return integers(values, Exact::new(digits, scale), marks);
            }
            Target::Float { is_short } => Values::Double(attempt(form, &mut marks, |row| {
                let x = numerals::parse_double(text(row)).map_err(|e| fails.numeral(e))?;
                #[expect(clippy::cast_possible_truncation, reason = "a short float is meant")]
                Ok(if is_short { f64::from(x as f32) } else { x })
            })),
            Target::Bool => Values::Bool(attempt(form, &mut marks, |row| {
                numerals::parse_bool(text(row)).map_err(|e| fails.numeral(e))
            })),
            Target::Date => Values::Date(attempt(form, &mut marks, |row| {
                stamp::parse_date(text(row)).map_err(|error| fails.stamp(error))
            })),
            Target::Timestamp => Values::Time(attempt(form, &mut marks, |row| {
                stamp::parse_timestamp(text(row)).map_err(|error| fails.stamp(error))
            })),
            Target::Instant | Target::Text => Values::Time(attempt(form, &mut marks, |row| {
                stamp::parse_instant(text(row), &zone).map_err(|error| fails.stamp(error))
            })),
        };
        Column::new(values, marks)
    })
}

/// Whether microseconds lie in the years 1 to 9999.
pub(crate) fn is_readable(micros: i64) -> bool {
    DAYS.contains(&micros.div_euclid(DAY_MICROS))
}

/// Days as times and times as days, by the business's clock.
fn time_to(value: Node, to: Target, zones: &Zones, fails: Fails) -> Result<Node, String> {
    let zone = Arc::clone(&zones.business);
    let (from, ty) = (value.ty, to.ty());
    let convert: fn(&Zone, i64) -> i64 = match (from, ty) {
        (Type::Date, Type::Timestamp) => |_, day| day * DAY_MICROS,
        (Type::Date, Type::Instant) => |zone, day| zone.utc(day * DAY_MICROS),
        (Type::Timestamp, Type::Date) => |_, wall| wall.div_euclid(DAY_MICROS),
        (Type::Timestamp, Type::Instant) => Zone::utc,
        (Type::Instant, Type::Date) => |zone, utc| zone.wall(utc).div_euclid(DAY_MICROS),
        (Type::Instant, Type::Timestamp) => Zone::wall,
        _ => return Err(format!("a value of type {from} can't be cast to {ty}")),
    };
    Ok(Node::apply(ty, vec![value], move |args, rows| {
        let mut marks = args[0].marks.clone();
        let form = (rows, args[0].is_constant());
        let values = match (from, ty) {
            (Type::Date, _) => {
                let days = args[0].dates();
                Values::Time(attempt(form, &mut marks, |row| {
                    let day = i64::from(days.at(row));
                    if DAYS.contains(&day) {
                        Ok(convert(&zone, day))
                    } else {
                        Err(fails.with(RANGE))
                    }
                }))
            }
            (_, Type::Date) => {
                let times = args[0].times();
                Values::Date(attempt(form, &mut marks, |row| {
                    i32::try_from(convert(&zone, times.at(row))).map_err(|_| fails.with(RANGE))
                }))
            }
            _ => Values::Time(args[0].times().map(|at| convert(&zone, at))),
        };
        Column::new(values, marks)
    }))
}

/// A value as text, with all its digits.
///
/// # Errors
/// In a sentence that a value of its type has no text.
pub(crate) fn to_text(value: Node, zones: &Zones) -> Result<Node, String> {
    let from = value.ty;
    let zone = Arc::clone(&zones.business);
    if from == Type::Text {
        return Ok(value);
    }
    if from == Type::Interval {
        return Err("an INTERVAL has no text".to_owned());
    }
    Ok(Node::apply(Type::Text, vec![value], move |args, rows| {
        let column = &args[0];
        let mut marks = column.marks.clone();
        let form = (rows, column.is_constant());
        macro_rules! texts {
            ($read:ident, $write:expr) => {{
                let cells = column.$read();
                attempt_texts(form, &mut marks, |row, text| {
                    $write(cells.at(row), text);
                    Ok(())
                })
            }};
        }
        let texts = match from {
            Type::Bool => texts!(bools, |is: bool, text: &mut String| text.push_str(if is {
                "true"
            } else {
                "false"
            })),
            Type::Exact(exact) => texts!(wide, |n, text: &mut String| {
                numerals::exact_text(n, exact.scale.into(), text);
            }),
            Type::Fraction => texts!(ratios, |ratio: crate::ratio::Ratio, text: &mut String| {
                numerals::double_text(ratio.double(), text);
            }),
            Type::Date => texts!(dates, |day, text: &mut String| stamp::date_text(day, text)),
            Type::Timestamp => texts!(times, |at, text: &mut String| {
                stamp::timestamp_text(at, text);
            }),
            Type::Instant => texts!(times, |at, text: &mut String| {
                stamp::instant_text(at, &zone, text);
            }),
            Type::Binary => binary_texts(column, form, &mut marks),
            _ => texts!(doubles, |x, text: &mut String| numerals::double_text(x, text)),
        };
        Column::new(Values::Text(texts), marks)
    }))
}

/// Bytes that are UTF-8.
fn binary_texts(
    column: &Column<'_>,
    form: (usize, bool),
    marks: &mut crate::column::Marks,
) -> crate::column::Texts<'static> {
    attempt_texts(form, marks, |row, text| {
        let bytes = match &column.values {
            Values::Binary { column, start } => column.downcast_as_array().value(start + row),
            _ => &[],
        };
        text.push_str(std::str::from_utf8(bytes).map_err(|_| UNREADABLE)?);
        Ok(())
    })
}
