//! Changed JSON: documents of which a value, or its type, is another.

use serde_json::{Map, Value, json};

use super::Mutator;

/// Changes a value somewhere in it; `other` is something of its kind.
pub fn change(mutator: &mut Mutator, value: &mut Value, other: &Value) {
    let children = match value {
        Value::Array(items) => items.len(),
        Value::Object(entries) => entries.len(),
        _ => 0,
    };
    if children > 0 && mutator.below(8) > 0 {
        let place = mutator.below(children);
        let child = match value {
            Value::Array(items) => items.get_mut(place),
            Value::Object(entries) => entries.values_mut().nth(place),
            _ => None,
        };
        if let Some(child) = child {
            let part = match other {
                Value::Array(items) if !items.is_empty() => mutator.pick(items),
                Value::Object(entries) => entries.values().nth(place).unwrap_or(other),
                _ => other,
            };
            return change(mutator, child, part);
        }
    }
    match (value, mutator.below(4)) {
        (value, 0) => *value = anything(mutator, other),
        (Value::Number(number), _) => *number = a_number(mutator),
        (Value::String(text), _) => {
            let other = other.as_str().unwrap_or("2024-02-30T25:61:61Z");
            *text = mutator.text(text, &["", "/", "..", "\0", "~", "%", "=", "9999-12-31"], other);
        }
        (Value::Array(items), _) if !items.is_empty() => {
            let place = mutator.below(items.len());
            if mutator.below(2) == 0 {
                items.remove(place);
            } else {
                let again = items[place].clone();
                items.insert(mutator.below(items.len()), again);
            }
        }
        (Value::Object(entries), _) if !entries.is_empty() => {
            let place = mutator.below(entries.len());
            let name = entries.keys().nth(place).cloned().unwrap_or_default();
            let taken = entries.remove(&name);
            if mutator.below(2) == 0 {
                entries.insert(format!("{name}{name}"), taken.unwrap_or_default());
            }
        }
        (value, _) => *value = anything(mutator, other),
    }
}

fn a_number(mutator: &mut Mutator) -> serde_json::Number {
    let number = mutator.number();
    match mutator.below(4) {
        0 => number.cast_signed().into(),
        1 => (number % 100_000).into(),
        2 => serde_json::Number::from_f64(f64::from_bits(number)).unwrap_or_else(|| 0.into()),
        _ => number.into(),
    }
}

fn anything(mutator: &mut Mutator, other: &Value) -> Value {
    match mutator.below(8) {
        0 => Value::Null,
        1 => Value::Bool(mutator.below(2) == 0),
        2 => Value::Array(Vec::new()),
        3 => Value::Object(Map::new()),
        4 => "x".repeat(mutator.below(300)).into(),
        5 => (0..mutator.below(200)).fold(Value::Null, |inner, _| json!([inner])),
        6 => other.clone(),
        _ => Value::Number(a_number(mutator)),
    }
}
