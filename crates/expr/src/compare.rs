//! Comparisons.

use std::cmp::Ordering;

use rustc_hash::FxHashSet;

use crate::column::{Cells, Column, Marks, NULL, VALUE, Values, attempt, zip};
use crate::number::{self, Ratios};
use crate::types::{Exact, Type};

/// How two values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    #[inline]
    pub fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }

    /// The same with its sides changed.
    pub fn turned(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same => same,
        }
    }

    /// True where it is false.
    pub fn negated(self) -> Self {
        match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
        }
    }
}

/// NaN equals itself and is the greatest, as in PostgreSQL and DuckDB; -0 equals 0.
pub(crate) fn doubles(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// The order of the values of two columns in a row that has both.
pub(crate) type Order<'a> = Box<dyn Fn(usize) -> Ordering + 'a>;

/// Compares columns of two types, which are both exact or else the same.
pub(crate) fn order<'a>(
    (a, a_type): (&'a Column<'_>, Type),
    (b, b_type): (&'a Column<'_>, Type),
) -> Order<'a> {
    match (a_type, b_type) {
        (Type::Exact(a_exact), Type::Exact(b_exact)) => {
            let (a, b) = (a.wide(), b.wide());
            let (a_scale, b_scale) = (a_exact.scale, b_exact.scale);
            Box::new(move |row| number::compare((a.at(row), a_scale), (b.at(row), b_scale)))
        }
        (Type::Double, _) => {
            let (a, b) = (a.doubles(), b.doubles());
            Box::new(move |row| doubles(a.at(row), b.at(row)))
        }
        (Type::Fraction, _) | (_, Type::Fraction) => {
            let (a, b) = (Ratios::of(a, a_type), Ratios::of(b, b_type));
            Box::new(move |row| match (a.at(row), b.at(row)) {
                (Some(a), Some(b)) => a.compare(b),
                _ => Ordering::Equal,
            })
        }
        (Type::Text, _) => Box::new(move |row| a.text(row).as_bytes().cmp(b.text(row).as_bytes())),
        (Type::Bool, _) => {
            let (a, b) = (a.bools(), b.bools());
            Box::new(move |row| a.at(row).cmp(&b.at(row)))
        }
        (Type::Date, _) => {
            let (a, b) = (a.dates(), b.dates());
            Box::new(move |row| a.at(row).cmp(&b.at(row)))
        }
        _ => {
            let (a, b) = (a.times(), b.times());
            Box::new(move |row| a.at(row).cmp(&b.at(row)))
        }
    }
}

/// A comparison in each row; NULL where either side is.
pub(crate) fn compared(
    op: Comparison,
    (a, a_type): (&Column<'_>, Type),
    (b, b_type): (&Column<'_>, Type),
    rows: usize,
) -> Column<'static> {
    let mut marks = a.marks.union(&b.marks);
    let same_scale = |a: Exact, b: Exact| a.scale == b.scale && a.is_narrow() && b.is_narrow();
    let values = match (a_type, b_type) {
        // The common ones without a call in each row.
        (Type::Exact(x), Type::Exact(y)) if same_scale(x, y) => fast(op, &a.narrow(), &b.narrow()),
        (Type::Date, Type::Date) => fast(op, &a.dates(), &b.dates()),
        (Type::Timestamp | Type::Instant, _) => fast(op, &a.times(), &b.times()),
        _ => {
            let form = (rows, a.is_constant() && b.is_constant());
            let order = order((a, a_type), (b, b_type));
            attempt(form, &mut marks, |row| Ok(op.holds(order(row))))
        }
    };
    Column::new(Values::Bool(values), marks)
}

fn fast<T: Copy + Ord>(op: Comparison, a: &Cells<'_, T>, b: &Cells<'_, T>) -> Cells<'static, bool> {
    match op {
        Comparison::Equal => zip(a, b, |a, b| a == b),
        Comparison::NotEqual => zip(a, b, |a, b| a != b),
        Comparison::Less => zip(a, b, |a, b| a < b),
        Comparison::LessOrEqual => zip(a, b, |a, b| a <= b),
        Comparison::Greater => zip(a, b, |a, b| a > b),
        Comparison::GreaterOrEqual => zip(a, b, |a, b| a >= b),
    }
}

/// Constants to look up.
#[derive(Clone, Debug)]
pub(crate) enum Set {
    Texts(FxHashSet<Box<str>>),
    /// Digits at a scale.
    Numbers(FxHashSet<i128>, u16),
    Days(FxHashSet<i32>),
    Times(FxHashSet<i64>),
}

impl Set {
    /// Of constants with values, all of one type; `None` of types that are rather compared.
    pub fn new(ty: Type, constants: &[&Column<'_>]) -> Option<Self> {
        let constants = constants.iter();
        Some(match ty {
            Type::Text => Self::Texts(constants.map(|c| c.text(0).into()).collect()),
            Type::Exact(exact) => {
                Self::Numbers(constants.map(|c| c.wide().at(0)).collect(), exact.scale)
            }
            Type::Date => Self::Days(constants.map(|c| c.dates().at(0)).collect()),
            Type::Timestamp | Type::Instant => {
                Self::Times(constants.map(|c| c.times().at(0)).collect())
            }
            _ => return None,
        })
    }

    /// Whether each value is one of them.
    pub fn contains(&self, column: &Column<'_>, ty: Type, rows: usize) -> Cells<'static, bool> {
        let mut marks = column.marks.clone();
        let form = (rows, column.is_constant());
        match (self, ty) {
            (Self::Texts(texts), _) => Self::texts(texts, column, &mut marks, form),
            (Self::Numbers(numbers, scale), Type::Exact(exact)) => {
                let cells = column.wide();
                attempt(form, &mut marks, |row| {
                    let n = at_exactly(cells.at(row), exact.scale, *scale);
                    Ok(n.is_some_and(|n| numbers.contains(&n)))
                })
            }
            (Self::Days(days), _) => column.dates().map(|day| days.contains(&day)),
            (Self::Times(times), _) => column.times().map(|at| times.contains(&at)),
            _ => Cells::One(false),
        }
    }

    fn texts(
        texts: &FxHashSet<Box<str>>,
        column: &Column<'_>,
        marks: &mut Marks,
        form: (usize, bool),
    ) -> Cells<'static, bool> {
        // A few are compared sooner than hashed.
        if texts.len() <= 4 {
            let few: Vec<&str> = texts.iter().map(|text| &**text).collect();
            return attempt(form, marks, |row| Ok(few.contains(&column.text(row))));
        }
        attempt(form, marks, |row| Ok(texts.contains(column.text(row))))
    }
}

/// A number at another scale; `None` where digits would be cut off, or do not fit.
fn at_exactly(n: i128, from: u16, to: u16) -> Option<i128> {
    let there = number::at_scale(n, from, to)?;
    (from <= to || number::at_scale(there, to, from) == Some(n)).then_some(there)
}

/// Which column has the greatest or the smallest value of each row, and whether that is one for all
/// rows; NULLs count for nothing.
pub(crate) fn extreme(
    columns: &[Column<'_>],
    types: &[Type],
    wants: Ordering,
    rows: usize,
) -> (Vec<u32>, bool) {
    let constant = columns.iter().all(Column::is_constant);
    let rows = if constant { 1 } else { rows };
    let mut chosen = vec![u32::MAX; rows];
    for (place, column) in columns.iter().enumerate() {
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        let ty = types[place as usize];
        let others = columns.iter().zip(types);
        let orders: Vec<_> = others.map(|(other, of)| order((column, ty), (other, *of))).collect();
        for (row, best) in chosen.iter_mut().enumerate() {
            let mark = column.marks.at(row);
            if mark == NULL {
                continue;
            }
            let is_better = match orders.get(*best as usize) {
                None => true,
                // A failure is the row's, whatever else there is.
                Some(_) if columns[*best as usize].marks.at(row) != VALUE => false,
                Some(order) => mark != VALUE || order(row) == wants,
            };
            if is_better {
                *best = place;
            }
        }
    }
    (chosen, constant)
}
