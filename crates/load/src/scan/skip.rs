//! Row groups in which no row can pass a filter, by what the footer says of their values.
//!
//! Only whole numbers, days and times are looked at: of texts a footer may have the beginnings
//! alone, and of floats it says nothing about what is not a number.

use polars::prelude::{AnyValue, Expr, Operator};

use super::meta::{Chunk, Group, Meta};
use super::types::Form;

/// Whether the filter is false or NULL for every row of a group.
pub(super) fn rules_out(filter: &Expr, meta: &Meta, group: &Group) -> bool {
    let Expr::BinaryExpr { left, op, right } = filter else { return false };
    let within = |side: &Expr| rules_out(side, meta, group);
    match op {
        Operator::And | Operator::LogicalAnd => within(left) || within(right),
        Operator::Or | Operator::LogicalOr => within(left) && within(right),
        op => match (&**left, &**right) {
            (Expr::Column(_), Expr::Literal(_)) => leaf(left, *op, right, meta, group),
            (Expr::Literal(_), Expr::Column(_)) => {
                mirrored(*op).is_some_and(|op| leaf(right, op, left, meta, group))
            }
            _ => false,
        },
    }
}

fn mirrored(op: Operator) -> Option<Operator> {
    Some(match op {
        Operator::Eq => Operator::Eq,
        Operator::Lt => Operator::Gt,
        Operator::LtEq => Operator::GtEq,
        Operator::Gt => Operator::Lt,
        Operator::GtEq => Operator::LtEq,
        _ => return None,
    })
}

fn leaf(column: &Expr, op: Operator, literal: &Expr, meta: &Meta, group: &Group) -> bool {
    let (Expr::Column(name), Expr::Literal(literal)) = (column, literal) else { return false };
    let place = meta.find(name);
    let Some((column, Ok(chunk))) = place.map(|place| (&meta.columns[place], &group.chunks[place]))
    else {
        return false;
    };
    let literal = literal.to_any_value().and_then(|value| number(&value, column.form));
    literal.is_some_and(|literal| no_row(op, chunk, literal))
}

fn no_row(op: Operator, chunk: &Chunk, literal: i64) -> bool {
    if matches!(op, Operator::Eq | Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq)
        && chunk.nulls == Some(chunk.values)
    {
        return true;
    }
    let Some((least, most)) = chunk.range else { return false };
    match op {
        Operator::Eq => literal < least || literal > most,
        Operator::Lt => least >= literal,
        Operator::LtEq => least > literal,
        Operator::Gt => most <= literal,
        Operator::GtEq => most < literal,
        _ => false,
    }
}

/// A literal as the values of a column are stored, where it is of the very type.
fn number(literal: &AnyValue<'_>, form: Form) -> Option<i64> {
    match (literal, form) {
        (AnyValue::Date(days), Form::Date) => Some(i64::from(*days)),
        (
            AnyValue::Datetime(time, unit, _) | AnyValue::DatetimeOwned(time, unit, _),
            Form::Timestamp(of, _),
        ) => (*unit == of).then_some(*time),
        (
            AnyValue::Int8(_)
            | AnyValue::Int16(_)
            | AnyValue::Int32(_)
            | AnyValue::Int64(_)
            | AnyValue::UInt8(_)
            | AnyValue::UInt16(_)
            | AnyValue::UInt32(_)
            | AnyValue::UInt64(_),
            Form::Integer(..),
        ) => literal.extract::<i64>(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use polars::prelude::{IntoLazy, col, df, lit};

    use super::*;
    use crate::scan::meta::Column;
    use crate::scan::types::Stored;

    #[test]
    fn no_row_of_a_group_that_is_ruled_out_passes() {
        let column = |name: &str| Column::plain(name, Stored::Int64, Form::Integer(64, true));
        let chunk = |range, nulls| Ok(Chunk { range, nulls, values: 3, ..Chunk::default() });
        let meta = Meta { columns: vec![column("a"), column("b"), column("n")], ..Meta::default() };
        let chunks = vec![chunk(Some((3, 7)), Some(0)), chunk(None, None), chunk(None, Some(3))];
        let group = Group { rows: 3, chunks };
        let rows = df!("a" => [3i64, 5, 7], "b" => [1i64, 2, 3], "n" => [None::<i64>; 3]).unwrap();
        let (a, b, n) = (|| col("a"), || col("b"), || col("n"));
        let cases = [
            (a().eq(lit(2i64)), true),
            (a().eq(lit(4i64)), false),
            (a().lt(lit(3i64)), true),
            (a().lt(lit(4i64)), false),
            (a().lt_eq(lit(2i64)), true),
            (a().gt(lit(7i64)), true),
            (a().gt(lit(6i64)), false),
            (a().gt_eq(lit(8i64)), true),
            (lit(7i64).lt(a()), true),
            (lit(7i64).lt_eq(a()), false),
            (a().neq(lit(9i64)), false),
            (b().eq(lit(9i64)), false),
            (n().eq(lit(1i64)), true),
            (n().neq(lit(1i64)), false),
            (a().eq(lit(2i64)).and(b().eq(lit(1i64))), true),
            (a().eq(lit(2i64)).or(b().eq(lit(1i64))), false),
            (a().eq(lit(2i64)).or(a().gt(lit(8i64))), true),
            (a().eq(lit("2")), false),
        ];
        for (filter, expected) in cases {
            assert_eq!(rules_out(&filter, &meta, &group), expected, "{filter:?}");
            if expected {
                let left = rows.clone().lazy().filter(filter.clone()).collect().unwrap();
                assert_eq!(left.height(), 0, "{filter:?}");
            }
        }
    }
}
