//! Functions that choose between values.

use std::cmp::Ordering;

use super::{Args, Bound, Function};
use crate::bind::Binder;
use crate::column::{Column, Values};
use crate::compare::{self, Comparison};
use crate::node::{Node, Op};
use crate::number;
use crate::parse::LOOKUP;
use crate::types::Type;

const MANY: usize = usize::MAX;

pub(crate) static FUNCTIONS: [Function; 6] = [
    Function {
        names: &["COALESCE", "IFNULL", "NVL"],
        takes: "a, b, …",
        gives: "the first that is not NULL",
        fewest: 1,
        most: MANY,
        bind: |binder, args| {
            let (nodes, ty) = binder.all_unified(args.nodes.clone(), "chosen from")?;
            Ok(Node::new(ty, Op::First(nodes)).folded())
        },
    },
    Function {
        names: &["NULLIF"],
        takes: "a, b",
        gives: "NULL where both are equal, else a",
        fewest: 2,
        most: 2,
        bind: null_if,
    },
    Function {
        names: &["GREATEST"],
        takes: "a, b, …",
        gives: "the greatest that is not NULL",
        fewest: 1,
        most: MANY,
        bind: |binder, args| extreme(binder, args, Ordering::Greater),
    },
    Function {
        names: &["LEAST"],
        takes: "a, b, …",
        gives: "the smallest that is not NULL",
        fewest: 1,
        most: MANY,
        bind: |binder, args| extreme(binder, args, Ordering::Less),
    },
    Function {
        names: &["IF", "IIF"],
        takes: "condition, a, b",
        gives: "a where the condition is true, else b",
        fewest: 2,
        most: 3,
        bind: |binder, args| {
            let condition = binder.as_condition(args.node(0))?;
            binder.choice(vec![condition], vec![args.node(1), args.node(2)])
        },
    },
    // A call as it should be is parsed as what it is.
    Function {
        names: &["LOOKUP"],
        takes: "lookup.column, key",
        gives: "the column's value in the row of a lookup that has the key, and NULL where none has: [lookups](#lookups)",
        fewest: 2,
        most: 2,
        bind: |_, _| Err(LOOKUP.to_owned()),
    },
];

fn extreme(binder: &Binder<'_>, args: &Args, wants: Ordering) -> Bound {
    let given = args.nodes.clone();
    let (values, ty) = binder.all_unified(given.clone(), "compared")?;
    if matches!(ty, Type::Binary | Type::Interval) {
        return Err(format!("values of type {ty} can't be compared"));
    }
    // Exact numbers are compared as they are: one that is not taken need not fit the common type.
    let is_exact = given.iter().all(|node| matches!(node.ty, Type::Exact(_)));
    let compared = if is_exact { given } else { values.clone() };
    Ok(Node::new(ty, Op::Extreme { wants, compared, values }).folded())
}

fn null_if(binder: &Binder<'_>, args: &Args) -> Bound {
    let (a, b) = (args.node(0), args.node(1));
    let a = if a.is_quoted { binder.coerced(a, b.ty)? } else { a };
    // That both can be compared is found out here.
    binder.compare(Comparison::Equal, a.clone(), b.clone())?;
    let ty = a.ty;
    let (left, right, _) = binder.unified(a.clone(), b, "compared")?;
    let (left_type, right_type) = (left.ty, right.ty);
    if ty == Type::Binary {
        return Err("values of type BLOB can't be compared".to_owned());
    }
    let equal = Node::apply(Type::Bool, vec![left, right], move |args, rows| {
        let (a, b) = (&args[0], &args[1]);
        compare::compared(Comparison::Equal, (a, left_type), (b, right_type), rows)
    });
    let branches = vec![(equal, Node::constant(ty, Column::null()))];
    Ok(Node::new(ty, Op::Case { branches, otherwise: Box::new(a) }).folded())
}

/// Numbers with their signs turned where they are below zero.
pub(crate) fn absolute(column: &Column<'_>, rows: usize) -> Column<'static> {
    let mut marks = column.marks.clone();
    let form = (rows, column.is_constant());
    let values = match &column.values {
        Values::Double(_) => Values::Double(column.doubles().map(f64::abs)),
        Values::Fraction(_) => {
            let ratios = column.ratios();
            Values::Fraction(crate::column::attempt(form, &mut marks, |row| {
                let ratio = ratios.at(row);
                let positive = if ratio.numerator < 0 { ratio.negated() } else { Some(ratio) };
                positive.ok_or(number::OVERFLOW)
            }))
        }
        Values::Narrow(_) => {
            let cells = column.narrow();
            // A BIGINT of 19 digits may have no opposite in 64 bits.
            Values::Wide(cells.map(|n| i128::from(n).abs()))
        }
        _ => Values::Wide(column.wide().map(i128::wrapping_abs)),
    };
    Column::new(values, marks)
}
