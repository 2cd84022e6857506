//! The part of a condition that the scan can look at, in the types of the columns themselves.

use polars::prelude::{AnyValue, DataType, Expr, LiteralValue, Scalar, Schema, TimeUnit, col, lit};

use crate::column::{Column, Marks};
use crate::compare::Comparison;
use crate::logic::Test;
use crate::node::{Load, Node, Op};
use crate::number::{at_scale, fits};
use crate::ratio::power;
use crate::tree::Width;
use crate::types::Type;

/// Constants that a pushed list may have; a longer one costs the scan more than it saves.
const LIST: usize = 32;

/// What a scan is asked, and which columns it may be asked of.
pub(crate) struct Pushing<'a> {
    pub schema: &'a Schema,
    pub is_pushed: &'a dyn Fn(&str) -> bool,
}

impl Pushing<'_> {
    /// A condition that is true for exactly the rows for which the node is true; `None` where the
    /// scan can't be asked that. With `negated` of the rows for which it is false.
    pub fn condition(&self, node: &Node, negated: bool) -> Option<Expr> {
        match &node.op {
            Op::All(nodes) => self.junction(nodes, negated, !negated),
            Op::Any(nodes) => self.junction(nodes, negated, negated),
            Op::Not(node) => self.condition(node, !negated),
            Op::Column(load) if node.ty == Type::Bool => {
                let column = self.column(load)?;
                Some(if negated { column.not() } else { column })
            }
            Op::Is { value, test, negated: is_not } => self.is(value, *test, *is_not != negated),
            Op::Compare(op, a, b) => {
                let (Op::Column(load), Op::Const(constant)) = (&a.op, &b.op) else { return None };
                let op = if negated { op.negated() } else { *op };
                self.compare(op, load, (constant, b.ty))
            }
            Op::In { value, list, ty, has_null, .. } => {
                self.list(value, (list, *ty), *has_null, negated)
            }
            _ => None,
        }
    }

    fn junction(&self, nodes: &[Node], negated: bool, is_all: bool) -> Option<Expr> {
        let mut terms = nodes.iter().map(|node| self.condition(node, negated));
        let first = terms.next()??;
        terms.try_fold(first, |all, term| {
            let term = term?;
            Some(if is_all { all.and(term) } else { all.or(term) })
        })
    }

    fn column(&self, load: &Load) -> Option<Expr> {
        (load.wall.is_none() && (self.is_pushed)(&load.name)).then(|| col(load.name.clone()))
    }

    fn is(&self, value: &Node, test: Test, negated: bool) -> Option<Expr> {
        let Op::Column(load) = &value.op else { return None };
        let column = self.column(load)?;
        Some(match (test, negated) {
            (Test::Null, false) => column.is_null(),
            (Test::Null, true) => column.is_not_null(),
            (Test::True, false) => column,
            (Test::False, false) => column.not(),
            (Test::True, true) => column.clone().not().or(column.is_null()),
            (Test::False, true) => column.clone().or(column.is_null()),
        })
    }

    fn list(
        &self,
        value: &Node,
        (list, ty): (&[Column<'static>], Type),
        has_null: bool,
        negated: bool,
    ) -> Option<Expr> {
        let Op::Column(load) = &value.op else { return None };
        if list.len() > LIST || has_null && negated {
            return None;
        }
        let op = if negated { Comparison::NotEqual } else { Comparison::Equal };
        let values = list.iter().filter(|constant| constant.marks == Marks::None);
        let mut terms = values.map(|constant| self.compare(op, load, (constant, ty)));
        let first = terms.next()??;
        terms.try_fold(first, |all, term| {
            let term = term?;
            Some(if negated { all.and(term) } else { all.or(term) })
        })
    }

    fn compare(
        &self,
        op: Comparison,
        load: &Load,
        (constant, ty): (&Column<'static>, Type),
    ) -> Option<Expr> {
        let column = self.column(load)?;
        let dtype = self.schema.get(&load.name)?;
        if constant.marks != Marks::None {
            // What is compared with NULL is never true.
            return (constant.marks == Marks::All(crate::column::NULL)).then(|| lit(false));
        }
        match (dtype, ty) {
            (DataType::String, Type::Text) => {
                let text = constant.text(0).to_owned();
                Some(compared(op, column, dtype, AnyValue::StringOwned(text.into())))
            }
            (DataType::Float64, Type::Double) => {
                let value = AnyValue::Float64(constant.doubles().at(0));
                Some(compared(op, column, dtype, value))
            }
            (DataType::Date, Type::Date) => {
                Some(compared(op, column, dtype, AnyValue::Date(constant.dates().at(0))))
            }
            (DataType::Datetime(unit, _), Type::Timestamp | Type::Instant) => {
                let micros = i128::from(constant.times().at(0));
                let scale = match unit {
                    TimeUnit::Milliseconds => 3,
                    TimeUnit::Microseconds => 6,
                    // Of nanoseconds several are one microsecond.
                    TimeUnit::Nanoseconds => return None,
                };
                let bounds = (i64::MIN.into(), i64::MAX.into());
                Some(exact(op, &column, dtype, (micros, 6), (scale, bounds)))
            }
            (DataType::Decimal(digits, scale), Type::Exact(exact_type)) => {
                let bound = power(u16::try_from(*digits).ok()?)?;
                let scale = u16::try_from(*scale).ok()?;
                let value = (constant.wide().at(0), exact_type.scale);
                Some(exact(op, &column, dtype, value, (scale, (1 - bound, bound - 1))))
            }
            (dtype, Type::Exact(exact_type)) => {
                let bounds = integer(dtype)?.range();
                let value = (constant.wide().at(0), exact_type.scale);
                Some(exact(op, &column, dtype, value, (0, bounds)))
            }
            _ => None,
        }
    }
}

/// The width of integer columns.
fn integer(dtype: &DataType) -> Option<Width> {
    Some(match dtype {
        DataType::Int8 => Width::I8,
        DataType::Int16 => Width::I16,
        DataType::Int32 => Width::I32,
        DataType::Int64 => Width::I64,
        DataType::UInt8 => Width::U8,
        DataType::UInt16 => Width::U16,
        DataType::UInt32 => Width::U32,
        DataType::UInt64 => Width::U64,
        _ => return None,
    })
}

fn compared(op: Comparison, column: Expr, dtype: &DataType, value: AnyValue<'static>) -> Expr {
    let scalar = Scalar::new(dtype.clone(), value);
    let literal = Expr::Literal(LiteralValue::Scalar(scalar));
    match op {
        Comparison::Equal => column.eq(literal),
        Comparison::NotEqual => column.neq(literal),
        Comparison::Less => column.lt(literal),
        Comparison::LessOrEqual => column.lt_eq(literal),
        Comparison::Greater => column.gt(literal),
        Comparison::GreaterOrEqual => column.gt_eq(literal),
    }
}

/// A comparison with a number that need not be one of the column's: of digits that the column does
/// not have the next one that it has serves as well.
fn exact(
    op: Comparison,
    column: &Expr,
    dtype: &DataType,
    (value, from): (i128, u16),
    (to, (low, high)): (u16, (i128, i128)),
) -> Expr {
    let never = || lit(false);
    let always = || column.clone().is_not_null();
    let floor = floor_at(value, from, to);
    // Beyond 38 digits it is beyond every column.
    let (floor, is_exact) = floor.unwrap_or((if value < 0 { i128::MIN } else { i128::MAX }, false));
    let (op, bound) = match op {
        Comparison::Equal if !is_exact => return never(),
        Comparison::NotEqual if !is_exact => return always(),
        Comparison::Less if !is_exact => (Comparison::LessOrEqual, floor),
        Comparison::GreaterOrEqual if !is_exact => (Comparison::Greater, floor),
        op => (op, floor),
    };
    if bound < low || bound > high {
        let is_above = bound > high;
        return match op {
            Comparison::Equal => never(),
            Comparison::NotEqual => always(),
            Comparison::Less | Comparison::LessOrEqual => {
                if is_above {
                    always()
                } else {
                    never()
                }
            }
            Comparison::Greater | Comparison::GreaterOrEqual => {
                if is_above {
                    never()
                } else {
                    always()
                }
            }
        };
    }
    match any_value(dtype, bound) {
        Some(value) => compared(op, column.clone(), dtype, value),
        None => never(),
    }
}

/// The greatest number of a scale up to a number, and whether it is the same.
fn floor_at(value: i128, from: u16, to: u16) -> Option<(i128, bool)> {
    if from <= to {
        return Some((at_scale(value, from, to)?, true));
    }
    let by = power(from - to)?;
    Some((value.div_euclid(by), value.rem_euclid(by) == 0))
}

/// A number in the column's own type; it fits.
fn any_value(dtype: &DataType, value: i128) -> Option<AnyValue<'static>> {
    debug_assert!(fits(value, 39));
    Some(match dtype {
        DataType::Int8 => AnyValue::Int8(value.try_into().ok()?),
        DataType::Int16 => AnyValue::Int16(value.try_into().ok()?),
        DataType::Int32 => AnyValue::Int32(value.try_into().ok()?),
        DataType::Int64 => AnyValue::Int64(value.try_into().ok()?),
        DataType::UInt8 => AnyValue::UInt8(value.try_into().ok()?),
        DataType::UInt16 => AnyValue::UInt16(value.try_into().ok()?),
        DataType::UInt32 => AnyValue::UInt32(value.try_into().ok()?),
        DataType::UInt64 => AnyValue::UInt64(value.try_into().ok()?),
        DataType::Decimal(digits, scale) => AnyValue::Decimal(value, *digits, *scale),
        DataType::Datetime(unit, zone) => {
            let zone = zone.clone().map(std::sync::Arc::new);
            AnyValue::DatetimeOwned(value.try_into().ok()?, *unit, zone)
        }
        _ => return None,
    })
}
