//! Values of cells and how they change.

use super::{JUNE, day};
use crate::diff::{Value, What};
use crate::tests::text;

#[test]
fn values_as_text() {
    let decimal = |minor_units, places| Value::Decimal { minor_units, places };
    let cases = [
        (Value::Null, "", "null"),
        (Value::Boolean(true), "true", "true"),
        (Value::Integer(-7), "-7", "-7"),
        (decimal(5, 2), "0.05", "0.05"),
        (decimal(-12_345, 2), "-123.45", "-123.45"),
        (decimal(12_345, 0), "12345", "12345"),
        (decimal(-1, 3), "-0.001", "-0.001"),
        (Value::Float(0.1 + 0.2), "0.30000000000000004", "0.30000000000000004"),
        (Value::Float(1.0), "1.0", "1.0"),
        (Value::Float(f64::NAN), "NaN", "null"),
        (Value::Date(day(JUNE)), JUNE, "\"2024-06-01\""),
        (Value::Text("a \"b\"\n".to_owned()), "a \"b\"\n", "\"a \\\"b\\\"\\n\""),
        (Value::Bytes(vec![0, 255]), "00ff", "\"00ff\""),
    ];
    for (value, text, json) in cases {
        assert_eq!((value.to_string().as_str(), value.json().as_str()), (text, json));
    }
}

#[test]
fn changes_of_values() {
    let decimal = |minor_units, places| Value::Decimal { minor_units, places };
    let (int, float) = (Value::Integer, Value::Float);
    // (older, newer, the change, the relative change)
    let cases = [
        (int(4), int(5), Some(int(1)), Some(0.25)),
        (int(-4), int(-5), Some(int(-1)), Some(-0.25)),
        (int(0), int(5), Some(int(5)), Some(f64::INFINITY)),
        (int(i128::MIN), int(1), None, None),
        (decimal(100, 2), decimal(50, 2), Some(decimal(-50, 2)), Some(-0.5)),
        (decimal(100, 2), decimal(50, 0), None, None),
        (float(0.5), float(0.25), Some(float(-0.25)), Some(-0.5)),
        (float(0.0), float(-0.0), Some(float(-0.0)), Some(0.0)),
        (Value::Null, int(5), None, None),
        (Value::Text("a".to_owned()), Value::Text("b".to_owned()), None, None),
        (Value::Boolean(true), Value::Boolean(false), None, None),
    ];
    for (old, new, change, relative) in cases {
        assert_eq!(old.change(&new), change, "{old:?} {new:?}");
        let what = What::Cell { column: text("a"), old, new };
        assert_eq!(what.relative_change(), relative, "{what:?}");
    }
    assert_eq!(What::Added.relative_change(), None);
}
