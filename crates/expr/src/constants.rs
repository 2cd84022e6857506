//! Constants as they are written.

use crate::column::{Cells, Column, Marks, Texts, Values};
use crate::node::Node;
use crate::number;
use crate::types::{Type, WIDE};

/// A constant of type text that may become one of another type.
pub(crate) fn quoted(text: &str) -> Node {
    let values = Values::Text(Texts::One(text.to_owned()));
    let node = Node::constant(Type::Text, Column::new(values, Marks::None));
    Node { is_quoted: true, ..node }
}

/// A number as it is written: with a point or an exponent too, it is exact. One with an exponent and
/// of more digits than exact numbers have is a float.
pub(crate) fn number(text: &str) -> Result<Node, String> {
    let exact = exact_number(text);
    if exact.is_err()
        && text.contains(['e', 'E'])
        && let Ok(value) = text.parse::<f64>()
        && value.is_finite()
    {
        let values = Values::Double(Cells::One(value));
        return Ok(Node::constant(Type::Double, Column::new(values, Marks::None)));
    }
    exact
}

fn exact_number(text: &str) -> Result<Node, String> {
    let unreadable = || format!("{text:?} is no number of at most {WIDE} digits");
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            (mantissa, exponent.parse::<i32>().map_err(|_| unreadable())?)
        }
        None => (text, 0),
    };
    let (whole, places) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits: String = [whole, places].concat().chars().filter(|c| *c != '_').collect();
    let mut scale =
        i32::try_from(places.chars().filter(|c| *c != '_').count()).unwrap_or(99) - exponent;
    while scale < 0 && digits.len() < 60 {
        digits.push('0');
        scale += 1;
    }
    let value: i128 = digits.parse().map_err(|_| unreadable())?;
    let scale = u16::try_from(scale).ok().filter(|scale| *scale <= WIDE).ok_or_else(unreadable)?;
    let count = value.unsigned_abs().checked_ilog10().map_or(1, |log| log + 1);
    let count = u16::try_from(count).unwrap_or(WIDE).max(scale).max(1);
    if !number::fits(value, WIDE) {
        return Err(unreadable());
    }
    let values = match i64::try_from(value) {
        Ok(value) if count <= 18 => Values::Narrow(Cells::One(value)),
        _ => Values::Wide(Cells::One(value)),
    };
    Ok(Node::constant(Type::exact(count, scale), Column::new(values, Marks::None)))
}
