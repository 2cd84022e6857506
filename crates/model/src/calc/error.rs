//! Numbers that cannot be read, and those that cannot go together.

use std::fmt;

use super::number::Number;

/// Each text says which numbers, why they cannot be, and what to give instead.
#[derive(Debug, thiserror::Error)]
pub enum CalcError {
    /// A text that is no number.
    #[error("invalid value '{text}' for '--{input} <{value_name}>': {cause}")]
    Number {
        /// What was typed.
        text: String,
        /// The option, without dashes.
        input: &'static str,
        /// What usage texts call its value.
        value_name: &'static str,
        /// Why it is none.
        cause: NumberError,
    },
    /// No formula, where nobody can be asked for it.
    #[error("which formula? Give one of {}", .names.join(", "))]
    NoFormula {
        /// Those that there are.
        names: Vec<&'static str>,
    },
    /// A formula that does not exist, given as an answer.
    #[error("there is no formula {answer:?}; give one of {}, or its number", .names.join(", "))]
    UnknownFormula {
        /// What was typed.
        answer: String,
        /// Those that there are.
        names: Vec<&'static str>,
    },
    /// A form that does not exist, given as an answer.
    #[error("there is no form {answer:?}; give one of {}", .forms.join(", "))]
    UnknownForm {
        /// What was typed.
        answer: String,
        /// Those that there are.
        forms: Vec<&'static str>,
    },
    /// The answers end before the question that they have to answer.
    #[error("the answers end before {question}; give a line for each question")]
    AnswersEnd {
        /// What was asked.
        question: String,
    },
    /// An input without the one that it goes with.
    #[error("--{input} goes with --{other}: give both, or neither")]
    Without {
        /// The option that is there, without dashes.
        input: &'static str,
        /// The one that is not.
        other: &'static str,
    },
    /// Numbers that come in forms, of which none is whole.
    #[error("{formula} takes {}; {} missing", .forms.join(", or "), are(.missing))]
    Forms {
        /// The formula.
        formula: &'static str,
        /// The options of each form.
        forms: Vec<String>,
        /// Options that are missing in the form that was begun, or in the first one.
        missing: Vec<&'static str>,
    },
    /// A part is more than its whole.
    #[error("{parts} cannot be more than {whole}: {why}")]
    MoreThan {
        /// Option and number of each part.
        parts: String,
        /// Option and number of the whole.
        whole: String,
        /// Why it is the whole, and what to give.
        why: &'static str,
    },
    /// A zero for which there is no result.
    #[error("--{input} cannot be 0: {why}")]
    Zero {
        /// The option, without dashes.
        input: &'static str,
        /// Why not, and what to give.
        why: &'static str,
    },
    /// Lists whose numbers are pairs.
    #[error(
        "--{first} has {} and --{second} has {}: give both a number for each {each}",
        numbers(*.first_count), numbers(*.second_count)
    )]
    Lengths {
        /// An option, without dashes.
        first: &'static str,
        /// How many numbers it has.
        first_count: usize,
        /// The other option.
        second: &'static str,
        /// How many numbers it has.
        second_count: usize,
        /// What the pairs are of, and their order.
        each: &'static str,
    },
}

/// Why a text is not taken for a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// It is none, or none of its kind: why, and what to give.
    Wrong(String),
    /// It can be one of several.
    Either(Either),
}

/// What a text can be, of which only who typed it knows what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Either {
    /// Two or three.
    pub possible: Vec<Possible>,
    /// What to do rather than type another text; goes on after a list of such texts.
    pub or: String,
}

/// One of the things that a text can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Possible {
    /// The numbers.
    pub numbers: Vec<Number>,
    /// What its marks are then.
    pub why: String,
}

impl Possible {
    /// Of these numbers, for this reason.
    pub fn new(numbers: Vec<Number>, why: impl Into<String>) -> Self {
        Self { numbers, why: why.into() }
    }

    /// A text that is read as this and nothing else.
    #[must_use]
    pub fn plain(&self) -> String {
        self.numbers.iter().map(|number| number.plain()).collect::<Vec<_>>().join("; ")
    }
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(why) => f.write_str(why),
            Self::Either(Either { possible, or }) => {
                let plain: Vec<_> = possible.iter().map(Possible::plain).collect();
                let readings = plain.iter().zip(possible);
                let readings: Vec<_> = readings
                    .map(|(plain, possible)| format!("{plain} ({})", possible.why))
                    .collect();
                let (readings, plain) = (readings.join(" or "), plain.join(" or "));
                write!(f, "it can be {readings}; write {plain}{or}")
            }
        }
    }
}

impl From<String> for NumberError {
    fn from(why: String) -> Self {
        Self::Wrong(why)
    }
}

impl From<&str> for NumberError {
    fn from(why: &str) -> Self {
        Self::Wrong(why.to_owned())
    }
}

/// Options that are missing, or the one.
fn are(names: &[&str]) -> String {
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", options(names))
}

/// Options with `and` before the last one.
pub(super) fn options(names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("--{name}")).collect();
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => names.concat(),
    }
}

/// So many numbers, in words.
fn numbers(count: usize) -> String {
    if count == 1 { "1 number".to_owned() } else { format!("{count} numbers") }
}
