//! Results, for people and for programs.

use std::fmt::Write as _;

use kohort_model::calc::{Given, Locale, Number, Of, Outcome, Unit};
use kohort_report::number::group;

/// A line for each result: name, value, and the formula with the numbers put in; then what each means,
/// and what is usual.
pub fn text(given: &Given, locale: Option<&Locale>) -> String {
    let written = |number: &str| {
        let grouped = group(number);
        locale.map_or_else(|| grouped.clone(), |locale| locale.shown(&grouped))
    };
    let mut sentences = String::new();
    let rows: Vec<_> = results(given)
        .map(|(result, value)| {
            let formula =
                result.with(|name| joined(given.typed(name), " + ", |n| written(&n.to_string())));
            let shown = value.as_ref().map(|value| value.text(result.unit, written));
            if let Some(shown) = &shown {
                let _ = write!(sentences, "{}: {}", result.name, result.means.replace("{}", shown));
                let usual = if result.usual.is_empty() { "" } else { " Usual: " };
                let _ = writeln!(sentences, "{usual}{}", result.usual);
            }
            let why = if shown.is_none() { result.undefined } else { "" };
            (result.name, shown.unwrap_or_else(|| "undefined".to_owned()), formula + why)
        })
        .collect();
    let width = |of: fn(&(&str, String, String)) -> usize| rows.iter().map(of).max().unwrap_or(0);
    let (names, values) = (width(|row| row.0.len()), width(|row| row.1.chars().count()));
    let mut text = String::new();
    for (name, value, formula) in &rows {
        let _ = writeln!(text, "{name:names$}  {value:>values$}  = {formula}");
    }
    if !sentences.is_empty() {
        text.push('\n');
        text.push_str(&sentences);
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

    /// The value as people read it; `written` groups the digits of a number.
    fn text(&self, unit: Unit, written: impl Fn(&str) -> String) -> String {
        let number = |value: f64, shift| written(&decimal(value, shift));
        match (self, unit) {
            (Self::Whole(value), _) => written(&value.to_string()),
            (Self::Float(value), Unit::Share) => format!("{} %", number(*value, 2)),
            (Self::Float(value), Unit::Days) => format!("{} days", number(*value, 0)),
            (Self::Float(value), Unit::Number) => number(*value, 0),
        }
    }
}

/// Decimal places of a result.
const PLACES: usize = 2;

/// A number, multiplied by 10 `shift` times, with two decimal places, halves away from zero; what would
/// look like zero and is not has two digits that count. It is the shortest text that means the number
/// which is rounded, so that 1.005 becomes 1.01 though no float is 1.005.
fn decimal(value: f64, shift: usize) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    let text = value.abs().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut digits: Vec<u8> =
        whole.bytes().chain(fraction.bytes()).map(|digit| digit - b'0').collect();
    let point = whole.len() + shift;
    let Some(first) = digits.iter().position(|digit| *digit > 0) else {
        return format!("0.{}", "0".repeat(PLACES));
    };
    let looks_zero = first > point + PLACES || (first == point + PLACES && digits[first] < 5);
    let end = if looks_zero { first + 2 } else { point + PLACES };
    round(&mut digits, end);
    // A digit that was carried stands before all others.
    let (whole, fraction) = digits.split_at(digits.len() - (end - point));
    let text = |digits: &[u8]| digits.iter().map(|digit| char::from(b'0' + digit)).collect();
    let (whole, fraction): (String, String) = (text(whole), text(fraction));
    let fraction = if looks_zero { fraction.trim_end_matches('0') } else { &fraction };
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let sign = if value < 0.0 { "-" } else { "" };
    format!("{sign}{whole}.{fraction}")
}

/// Rounds digits to the first `end` ones, halves up; there is one more where the first is carried.
fn round(digits: &mut Vec<u8>, end: usize) {
    let is_up = digits.get(end).is_some_and(|digit| *digit >= 5);
    digits.resize(end, 0);
    if !is_up {
        return;
    }
    for digit in digits.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return;
        }
        *digit = 0;
    }
    digits.insert(0, 1);
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use clap::{Command, FromArgMatches};
    use kohort_model::calc::Check;

    use super::super::args::CalcArgs;
    use super::*;

    /// The numbers of a formula's example.
    fn example(name: &str, example: &str) -> Given {
        let words = example.split('\'').enumerate().flat_map(|(at, part)| {
            // What is quoted is one word.
            let whole = (at % 2 == 1).then_some(part);
            let parts = part.split_whitespace().filter(move |_| at % 2 == 0);
            whole.into_iter().chain(parts)
        });
        let words = ["calc", name].into_iter().chain(words).map(OsString::from);
        let matches = <CalcArgs as clap::Args>::augment_args(Command::new("calc"))
            .try_get_matches_from(words)
            .unwrap_or_else(|error| panic!("{name} {example}: {error}"));
        let args = CalcArgs::from_arg_matches(&matches).unwrap();
        super::super::typed(&args).unwrap()
    }

    /// Every name in a formula is one of its inputs, every result has a sentence, and the example is
    /// one.
    #[test]
    fn formulas_ask_for_what_they_use() {
        for formula in kohort_pipeline::formulas() {
            let given = example(formula.name, formula.example);
            given.check().unwrap();
            let text = text(&given, None);
            let shown = results(&given).count();
            assert_eq!(text.lines().count(), 2 * shown + 1, "{text}");
            assert!(!text.contains("undefined") && !text.contains("{}"), "{text}");
            for result in formula.results {
                let names = |name: &str| {
                    assert!(formula.input(name).is_some(), "{}: {name}", formula.name);
                    String::new()
                };
                assert!(!result.with(names).is_empty());
                assert!(result.means.contains("{}") && result.means.ends_with('.'), "{result:?}");
                assert!(result.usual.is_empty() || result.usual.ends_with('.'), "{result:?}");
                assert!(result.needs.is_none_or(|name| formula.input(name).is_some()));
            }
            let named = formula.checks.iter().flat_map(Check::inputs);
            for name in named {
                assert!(formula.input(name).is_some(), "{}: {name}", formula.name);
            }
        }
    }

    #[test]
    fn results_have_two_places() {
        for (value, shift, expected) in [
            (0.0, 0, "0.00"),
            (-0.0, 2, "0.00"),
            (7.0, 0, "7.00"),
            (1_234_567.5, 0, "1234567.50"),
            // Halves away from zero, of the number that is meant.
            (0.125, 0, "0.13"),
            (-0.125, 0, "-0.13"),
            (1.005, 0, "1.01"),
            (0.070_05, 2, "7.01"),
            (0.285, 0, "0.29"),
            (0.07, 2, "7.00"),
            (0.07, 0, "0.07"),
            (999.995, 0, "1000.00"),
            (0.999_95, 2, "100.00"),
            (1e21, 0, "1000000000000000000000.00"),
            // What is not zero never looks like it.
            (0.005, 0, "0.01"),
            (0.004_9, 0, "0.0049"),
            (0.001, 0, "0.001"),
            (-0.001, 0, "-0.001"),
            (0.000_01, 2, "0.001"),
            (0.000_996, 0, "0.001"),
            (0.000_123_5, 0, "0.00012"),
            (1e-12, 2, "0.0000000001"),
            (1.0 / 3e9, 2, "0.000000033"),
        ] {
            assert_eq!(decimal(value, shift), expected, "{value}");
        }
    }

    #[test]
    fn results_as_they_are_written_there() {
        let given = example("revenue-churn", "--start 1234567.5 --churned 123456.75");
        for (locale, expected) in [
            ("", "  10.00 %  = (123,456.75 + 0) / 1,234,567.5"),
            ("en", "  10.00 %  = (123,456.75 + 0) / 1,234,567.5"),
            ("de", "  10,00 %  = (123.456,75 + 0) / 1.234.567,5"),
            ("sv", "  10,00 %  = (123\u{a0}456,75 + 0) / 1\u{a0}234\u{a0}567,5"),
        ] {
            let text = text(&given, Locale::named(locale));
            let mut lines = text.lines();
            assert!(lines.next().unwrap().ends_with(expected), "{text}");
            // The point of 123456.75 is as far right as the comma.
            let lost = lines.find(|line| line.starts_with("lost_revenue ")).unwrap();
            let values = |line: &str| line.split("  = ").next().unwrap().chars().count();
            assert_eq!(values(lost), values(text.lines().next().unwrap()), "{text}");
        }
    }
}
