//! Results, for people and for programs.

use std::fmt::Write as _;

use kohort_model::calc::{Given, Number, Of, Outcome, Unit};
use kohort_report::number::group;

/// A line for each result: name, value, and the formula with the numbers put in.
pub fn text(given: &Given) -> String {
    let rows: Vec<_> = results(given)
        .map(|(result, value)| {
            let formula =
                result.with(|name| joined(given.typed(name), " + ", |n| group(&n.to_string())));
            let shown = value.as_ref().map(|value| value.text(result.unit));
            let why = if shown.is_none() { result.undefined } else { "" };
            (result.name, shown.unwrap_or_else(|| "undefined".to_owned()), formula + why)
        })
        .collect();
    let width = |of: fn(&(&str, String, String)) -> usize| rows.iter().map(of).max().unwrap_or(0);
    let (names, values) = (width(|row| row.0.len()), width(|row| row.1.len()));
    let mut text = String::new();
    for (name, value, formula) in &rows {
        let _ = writeln!(text, "{name:names$}  {value:>values$}  = {formula}");
    }
    text
}

/// One object: the formula's name, the inputs, and the results in full precision.
pub fn json(given: &Given) -> String {
    let inputs = given.formula.inputs.iter().zip(&given.numbers).filter(|(_, n)| !n.is_empty());
    let inputs = inputs.map(|(input, numbers)| {
        let text = joined(numbers, ", ", Number::to_string);
        let text = if input.is_list() { format!("[{text}]") } else { text };
        format!("\"{}\": {text}", input.name.replace('-', "_"))
    });
    let results = results(given).map(|(result, value)| {
        let value = value.map_or_else(|| "null".to_owned(), |value| value.exact());
        format!("\"{}\": {value}", result.name)
    });
    format!(
        "{{\"formula\": \"{}\", \"inputs\": {{{}}}, \"results\": {{{}}}}}\n",
        given.formula.name,
        inputs.collect::<Vec<_>>().join(", "),
        results.collect::<Vec<_>>().join(", ")
    )
}

enum Value {
    Float(f64),
    Whole(i128),
}

/// The results for which there are inputs; `None` for what is undefined.
fn results(given: &Given) -> impl Iterator<Item = (&'static Outcome, Option<Value>)> {
    let is_asked = |name: &str| !given.typed(name).is_empty();
    given.formula.results.iter().filter(move |result| result.needs.is_none_or(is_asked)).map(
        |result| {
            let value = match result.of {
                Of::Float(of) => of(given).map(Value::Float),
                Of::Whole(of) => Some(Value::Whole(of(given))),
            };
            (result, value)
        },
    )
}

fn joined(numbers: &[Number], between: &str, text: impl Fn(&Number) -> String) -> String {
    numbers.iter().map(text).collect::<Vec<_>>().join(between)
}

impl Value {
    /// The shortest text that is exactly this value.
    fn exact(&self) -> String {
        match self {
            Self::Float(value) => value.to_string(),
            Self::Whole(value) => value.to_string(),
        }
    }

    fn text(&self, unit: Unit) -> String {
        let number = |value: f64| {
            let short = format!("{value:.2}");
            // What is not zero never looks like it.
            let looks_zero = short.bytes().all(|b| b"-0.".contains(&b));
            if looks_zero && value != 0.0 { format!("{value:.1e}") } else { group(&short) }
        };
        match (self, unit) {
            (Self::Whole(value), _) => group(&value.to_string()),
            (Self::Float(value), Unit::Share) => format!("{} %", number(100.0 * value)),
            (Self::Float(value), Unit::Days) => format!("{} days", number(*value)),
            (Self::Float(value), Unit::Number) => number(*value),
        }
    }
}

#[cfg(test)]
mod tests {
    use kohort_model::calc::Input;

    use super::*;

    /// Every name in a formula is one of its inputs.
    #[test]
    fn formulas_ask_for_what_they_use() {
        for formula in kohort_pipeline::formulas() {
            let one = |input: &Input| vec![input.kind.parse("1").unwrap()];
            let given = Given { formula, numbers: formula.inputs.iter().map(one).collect() };
            // All are 1, so that two parts are more than their whole.
            let _ = given.check();
            let text = text(&given);
            assert_eq!(text.lines().count(), formula.results.len(), "{text}");
            assert!(!text.contains("undefined"), "{text}");
        }
    }
}
