//! Formulas: their inputs, what must hold between them, and its results.

use super::given::Given;
use super::number::Kind;

/// A formula with a name on the command line.
#[derive(Debug)]
pub struct Formula {
    pub name: &'static str,
    /// The question that it answers.
    pub about: &'static str,
    pub inputs: &'static [Input],
    pub checks: &'static [Check],
    pub results: &'static [Outcome],
    /// Its arguments in an example.
    pub example: &'static str,
}

/// A number, or a list of numbers, to be typed in.
#[derive(Debug)]
pub struct Input {
    /// Of the option, without dashes.
    pub name: &'static str,
    pub kind: Kind,
    pub presence: Presence,
    pub about: &'static str,
}

/// Whether an input must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    Required,
    /// Left out it is 0.
    OrZero,
    /// Left out, the results that need it are left out too.
    Optional,
    /// It must, with one number or several.
    List,
}

/// What must hold between inputs.
#[derive(Debug)]
pub enum Check {
    /// Parts, added up, are at most the whole, if that is there.
    AtMost { parts: &'static [&'static str], whole: &'static str, why: &'static str },
    /// A number is not 0.
    AboveZero { input: &'static str, why: &'static str },
    /// Two lists are equally long.
    Pairs(&'static str, &'static str),
}

/// A result, named like the column of the tables.
#[derive(Debug)]
pub struct Outcome {
    pub name: &'static str,
    /// The formula, with inputs in braces.
    template: &'static str,
    pub of: Of,
    pub unit: Unit,
    /// An optional input that it cannot do without.
    pub needs: Option<&'static str>,
    /// Why there is no result, if there is none: goes on after the formula.
    pub undefined: &'static str,
}

/// How a result is computed.
#[derive(Debug)]
pub enum Of {
    Float(fn(&Given) -> Option<f64>),
    Whole(fn(&Given) -> i128),
}

/// How a result is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// In percent.
    Share,
    Days,
    /// As it is.
    Number,
}

impl Input {
    pub const fn new(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, kind, presence: Presence::Required, about }
    }

    pub const fn count(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Count, about)
    }

    pub const fn amount(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Amount, about)
    }

    pub const fn share(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Share, about)
    }

    /// Days of a period, up to a century.
    pub const fn days(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Whole(36_525), about)
    }

    pub const fn with(self, presence: Presence) -> Self {
        Self { presence, ..self }
    }

    pub fn is_list(&self) -> bool {
        self.presence == Presence::List
    }
}

/// Why most results are undefined, if they are.
const DIVIDES_BY_0: &str = ", which divides by 0";

impl Outcome {
    pub const fn new(name: &'static str, unit: Unit, template: &'static str, of: Of) -> Self {
        Self { name, template, of, unit, needs: None, undefined: DIVIDES_BY_0 }
    }

    pub const fn share(
        name: &'static str,
        template: &'static str,
        of: fn(&Given) -> Option<f64>,
    ) -> Self {
        Self::new(name, Unit::Share, template, Of::Float(of))
    }

    pub const fn days(
        name: &'static str,
        template: &'static str,
        of: fn(&Given) -> Option<f64>,
    ) -> Self {
        Self::new(name, Unit::Days, template, Of::Float(of))
    }

    pub const fn number(
        name: &'static str,
        template: &'static str,
        of: fn(&Given) -> Option<f64>,
    ) -> Self {
        Self::new(name, Unit::Number, template, Of::Float(of))
    }

    pub const fn needs(self, input: &'static str) -> Self {
        Self { needs: Some(input), ..self }
    }

    pub const fn undefined(self, why: &'static str) -> Self {
        Self { undefined: why, ..self }
    }

    /// The formula with each input as `text` has it.
    pub fn with(&self, text: impl Fn(&str) -> String) -> String {
        let mut formula = String::new();
        for (i, part) in self.template.split(['{', '}']).enumerate() {
            // Inputs and what is between them take turns.
            formula.push_str(&if i % 2 == 1 { text(part) } else { part.to_owned() });
        }
        formula
    }
}
