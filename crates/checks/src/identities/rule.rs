//! The language of the rules: `closing = opening + new - churned where segment is all`.
//!
//! | | |
//! |---|---|
//! | rule | `condition`, or `condition where condition and condition …`, or `condition exactly where …`: there, and in no other row |
//! | condition | two sums with `=`, `!=`, `<=`, `<`, `>=` or `>` between them; `COLUMN is TEXT`; `COLUMN is set`, which is not NULL; both also with `is not` |
//! | sum | columns and whole numbers with `+` and `-` between them; `next.COLUMN` is that of the following row of the group |
//!
//! NULL counts as 0 in a sum of integers. A comparison with a float that is NULL holds.

use std::cmp::Ordering;
use std::sync::Arc;

use kohort_model::{Compare, Table, Values};

/// A column of a table.
///
/// # Panics
/// Where there is no such column: rules and tables are fixed in this workspace, so its tests would
/// not pass. The same is true of what is no rule.
pub(super) fn column<'a>(table: &'a Table, name: &str) -> &'a Values {
    let found = table.column(name);
    found.unwrap_or_else(|| panic!("{} has no column {name}", table.schema().name))
}

/// The texts of a column.
pub(super) fn texts<'a>(table: &'a Table, name: &str) -> &'a [Option<Arc<str>>] {
    match column(table, name) {
        Values::Text(texts) => texts,
        other => panic!("{name} of {} is {other:?}", table.schema().name),
    }
}

/// Columns and numbers that are added and taken off.
#[derive(Debug)]
pub(super) struct Sum<'a> {
    terms: Vec<Term<'a>>,
    is_float: bool,
    /// Whether it looks at the following row too.
    pub uses_next: bool,
}

#[derive(Debug)]
struct Term<'a> {
    is_taken_off: bool,
    is_next: bool,
    of: Of<'a>,
}

#[derive(Debug)]
enum Of<'a> {
    Number(i32),
    Column(&'a Values),
}

impl<'a> Sum<'a> {
    pub fn parse(text: &str, table: &'a Table) -> Self {
        let (mut terms, mut is_taken_off) = (Vec::new(), false);
        for word in text.split_whitespace() {
            match word {
                "+" | "-" => is_taken_off = word == "-",
                _ => {
                    let (is_next, name) = match word.strip_prefix("next.") {
                        Some(name) => (true, name),
                        None => (false, word),
                    };
                    let of = match name.parse() {
                        Ok(number) => Of::Number(number),
                        Err(_) => Of::Column(column(table, name)),
                    };
                    terms.push(Term { is_taken_off, is_next, of });
                }
            }
        }
        let is_float = |term: &Term<'_>| matches!(term.of, Of::Column(Values::Float64(_)));
        let (is_float, uses_next) = (terms.iter().any(is_float), terms.iter().any(|t| t.is_next));
        Self { terms, is_float, uses_next }
    }

    /// The sum in a row, minor units of money; of sums without a float.
    pub fn integer(&self, row: usize, next: usize) -> i128 {
        self.terms.iter().fold(0_i128, |sum, term| {
            let row = if term.is_next { next } else { row };
            let value = match &term.of {
                Of::Number(number) => i128::from(*number),
                Of::Column(values) => integer(values, row).unwrap_or_default(),
            };
            // What is equal stays equal where it wraps.
            if term.is_taken_off { sum.wrapping_sub(value) } else { sum.wrapping_add(value) }
        })
    }

    /// The sum in a row; `None` where a part of it is NULL.
    fn float(&self, row: usize, next: usize) -> Option<f64> {
        self.terms.iter().try_fold(0.0, |sum, term| {
            let row = if term.is_next { next } else { row };
            let value = match &term.of {
                Of::Number(number) => f64::from(*number),
                Of::Column(Values::Float64(values)) => values[row]?,
                Of::Column(other) => panic!("{other:?} stand beside floats"),
            };
            Some(if term.is_taken_off { sum - value } else { sum + value })
        })
    }
}

/// A count, or minor units.
pub(super) fn integer(values: &Values, row: usize) -> Option<i128> {
    match values {
        Values::Int32(counts) => counts[row].map(i128::from),
        Values::Int64(counts) => counts[row].map(i128::from),
        Values::Money(amounts) => amounts[row],
        other => panic!("{other:?} are no integers"),
    }
}

/// The signs of comparisons.
const COMPARISONS: [(&str, Compare); 6] = [
    (" = ", Compare::Equal),
    (" != ", Compare::Different),
    (" <= ", Compare::AtMost),
    (" < ", Compare::Below),
    (" >= ", Compare::AtLeast),
    (" > ", Compare::Above),
];

/// The sign of a comparison.
pub(super) fn sign(compare: Compare) -> &'static str {
    let found = COMPARISONS.iter().find(|(_, of)| *of == compare);
    found.map_or("", |(sign, _)| sign.trim())
}

/// Whether two numbers of this order compare so.
pub(super) fn holds(compare: Compare, order: Ordering) -> bool {
    match compare {
        Compare::Equal => order.is_eq(),
        Compare::Different => order.is_ne(),
        Compare::AtMost => order.is_le(),
        Compare::Below => order.is_lt(),
        Compare::AtLeast => order.is_ge(),
        Compare::Above => order.is_gt(),
    }
}

#[derive(Debug)]
pub(super) enum Condition<'a> {
    Sums(Sum<'a>, Compare, Sum<'a>),
    Text { values: &'a [Option<Arc<str>>], text: String, is: bool },
    Set { values: &'a Values, is: bool },
}

impl<'a> Condition<'a> {
    fn parse(text: &str, table: &'a Table) -> Self {
        for (sign, compare) in COMPARISONS {
            if let Some((left, right)) = text.split_once(sign) {
                return Self::Sums(Sum::parse(left, table), compare, Sum::parse(right, table));
            }
        }
        let (name, word) = text.split_once(" is ").unwrap_or_else(|| panic!("{text:?} is no rule"));
        let (word, is) = match word.strip_prefix("not ") {
            Some(word) => (word, false),
            None => (word, true),
        };
        match word {
            "set" => Self::Set { values: column(table, name), is },
            word => Self::Text { values: texts(table, name), text: word.to_owned(), is },
        }
    }

    /// Conditions with `and` between them; none in an empty text.
    pub fn all(text: &str, table: &'a Table) -> Vec<Self> {
        let parts = text.split(" and ").filter(|part| !part.is_empty());
        parts.map(|part| Self::parse(part, table)).collect()
    }

    pub fn holds(&self, row: usize, next: usize) -> bool {
        match self {
            Self::Sums(left, compare, right) if left.is_float || right.is_float => {
                let order = left.float(row, next).zip(right.float(row, next));
                order.is_none_or(|(a, b)| a.partial_cmp(&b).is_some_and(|o| holds(*compare, o)))
            }
            Self::Sums(left, compare, right) => {
                holds(*compare, left.integer(row, next).cmp(&right.integer(row, next)))
            }
            Self::Text { values, text, is } => (values[row].as_deref() == Some(&**text)) == *is,
            Self::Set { values, is } => is_set(values, row) == *is,
        }
    }

    /// Whether it looks at the following row too.
    pub fn uses_next(&self) -> bool {
        matches!(self, Self::Sums(left, _, right) if left.uses_next || right.uses_next)
    }

    /// The numbers that it compares in a row, as text.
    pub fn shown(&self, row: usize, next: usize) -> Option<String> {
        let Self::Sums(left, _, right) = self else { return None };
        let is_float = left.is_float || right.is_float;
        let float =
            |sum: &Sum<'_>| sum.float(row, next).map_or("NULL".to_owned(), |x| x.to_string());
        let integer = |sum: &Sum<'_>| sum.integer(row, next).to_string();
        let shown = |sum| if is_float { float(sum) } else { integer(sum) };
        Some(format!("{} and {}", shown(left), shown(right)))
    }
}

fn is_set(values: &Values, row: usize) -> bool {
    match values {
        Values::Text(values) => values[row].is_some(),
        Values::Date(values) => values[row].is_some(),
        Values::Int32(values) => values[row].is_some(),
        Values::Int64(values) => values[row].is_some(),
        Values::Float64(values) => values[row].is_some(),
        Values::Money(values) => values[row].is_some(),
        Values::Boolean(values) => values[row].is_some(),
        Values::Id(_) => true,
    }
}

/// A rule over the rows of one table.
#[derive(Debug)]
pub(super) struct Rule<'a> {
    pub head: Condition<'a>,
    conditions: Vec<Condition<'a>>,
    is_exact: bool,
}

impl<'a> Rule<'a> {
    pub fn parse(text: &str, table: &'a Table) -> Self {
        let (head, conditions) = text.split_once(" where ").unwrap_or((text, ""));
        let (head, is_exact) = match head.strip_suffix(" exactly") {
            Some(head) => (head, true),
            None => (head, false),
        };
        Self {
            head: Condition::parse(head, table),
            conditions: Condition::all(conditions, table),
            is_exact,
        }
    }

    /// Every place that the rule is about, as a row and the one that follows it, and whether it
    /// holds there. `same_group` tells whether two rows are of one group.
    pub fn apply(
        &self,
        rows: usize,
        same_group: impl Fn(usize, usize) -> bool,
        mut found: impl FnMut(usize, usize, bool),
    ) {
        let uses_next = self.head.uses_next();
        let mut before = None;
        for row in 0..rows {
            let applies = self.conditions.iter().all(|condition| condition.holds(row, row));
            if self.is_exact {
                found(row, row, self.head.holds(row, row) == applies);
            } else if applies && uses_next {
                if let Some(before) = before.filter(|before| same_group(*before, row)) {
                    found(before, row, self.head.holds(before, row));
                }
                before = Some(row);
            } else if applies {
                found(row, row, self.head.holds(row, row));
            }
        }
    }
}
