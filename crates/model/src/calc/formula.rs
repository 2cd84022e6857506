//! Formulas: their inputs, what must hold between them, and its results.

use super::given::Given;
use super::number::Kind;

/// A formula with a name on the command line.
#[derive(Debug)]
pub struct Formula {
    /// The name.
    pub name: &'static str,
    /// The question that it answers.
    pub about: &'static str,
    /// The numbers that it asks for.
    pub inputs: &'static [Input],
    /// What must hold between them.
    pub checks: &'static [Check],
    /// What comes out.
    pub results: &'static [Outcome],
    /// Its arguments in an example.
    pub example: &'static str,
}

/// A number, or a list of numbers, to be typed in.
#[derive(Debug)]
pub struct Input {
    /// Of the option, without dashes.
    pub name: &'static str,
    /// What it counts.
    pub kind: Kind,
    /// Whether it must be there.
    pub presence: Presence,
    /// What it is, in a few words.
    pub about: &'static str,
}

/// Whether an input must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It must, with one number.
    Required,
    /// Left out it is 0.
    OrZero,
    /// Left out, the results that need it are left out too.
    Optional,
    /// As optional, and it makes sense only beside this other input.
    Beside(&'static str),
    /// It must where this other input is there, and only there.
    With(&'static str),
    /// It must where the numbers are given in this form, such as counts, and only there. A formula
    /// with forms takes one of them.
    In(&'static str),
    /// It must, with one number or several.
    List,
}

/// What must hold between inputs.
#[derive(Debug)]
pub enum Check {
    /// Parts, added up, are at most the whole, if that is there.
    AtMost {
        /// The inputs that are parts.
        parts: &'static [&'static str],
        /// The input that is the whole.
        whole: &'static str,
        /// Why it is, and what to give.
        why: &'static str,
    },
    /// Each number of a list is at most that of another list at its place.
    EachAtMost {
        /// The list of parts.
        parts: &'static str,
        /// The list of wholes.
        wholes: &'static str,
        /// Why they are, and what to give.
        why: &'static str,
    },
    /// Two parts, of which a third is what they share, cover at most the whole.
    UnionAtMost {
        /// The two.
        parts: [&'static str; 2],
        /// What they share.
        shared: &'static str,
        /// The whole.
        whole: &'static str,
        /// Why it is, and what to give.
        why: &'static str,
    },
    /// A number is 0 where another one is.
    ZeroWith {
        /// The input.
        input: &'static str,
        /// The other one.
        other: &'static str,
        /// Why it is, and what to give.
        why: &'static str,
    },
    /// A number is not 0.
    AboveZero {
        /// The input.
        input: &'static str,
        /// Why not, and what to give.
        why: &'static str,
    },
    /// Two lists are equally long.
    Pairs {
        /// One list.
        first: &'static str,
        /// The other one.
        second: &'static str,
        /// What a pair is of, and their order.
        each: &'static str,
    },
    /// Shares, added up, are at most 1.
    WithinOne {
        /// The inputs.
        parts: &'static [&'static str],
        /// Why, and what to give.
        why: &'static str,
    },
}

/// A result, named like the column of the tables.
#[derive(Debug)]
pub struct Outcome {
    /// The name.
    pub name: &'static str,
    /// The formula, with inputs in braces.
    template: &'static str,
    /// How it is computed.
    pub of: Of,
    /// How it is shown.
    pub unit: Unit,
    /// What it means, with `{}` for the value: a sentence.
    pub means: &'static str,
    /// What is usual: a sentence with the source of a published figure or rule of thumb; none where
    /// there is no such figure.
    pub usual: &'static str,
    /// An input that it cannot do without and that may be left out.
    pub needs: Option<&'static str>,
    /// Why there is no result, if there is none: goes on after the formula.
    pub undefined: &'static str,
}

/// How a result is computed.
#[derive(Debug)]
pub enum Of {
    /// A division, which may be undefined.
    Float(fn(&Given) -> Option<f64>),
    /// A whole number.
    Whole(fn(&Given) -> i128),
}

/// How a result is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// In percent.
    Share,
    /// With the word behind it.
    Days,
    /// As it is.
    Number,
}

impl Formula {
    /// The input of a name.
    #[must_use]
    pub fn input(&self, name: &str) -> Option<&'static Input> {
        self.inputs.iter().find(|input| input.name == name)
    }

    /// The forms of which its numbers are given in one, in order; none where there is but one way.
    #[must_use]
    pub fn forms(&self) -> Vec<&'static str> {
        let mut forms: Vec<_> = self.inputs.iter().filter_map(Input::form).collect();
        forms.dedup();
        forms
    }
}

impl Check {
    /// The inputs that it is about.
    #[must_use]
    pub fn inputs(&self) -> Vec<&'static str> {
        match *self {
            Self::AtMost { parts, whole, .. } => [parts, &[whole]].concat(),
            Self::EachAtMost { parts, wholes, .. } => vec![parts, wholes],
            Self::UnionAtMost { parts: [one, other], shared, whole, .. } => {
                vec![one, other, shared, whole]
            }
            Self::ZeroWith { input, other, .. } => vec![input, other],
            Self::AboveZero { input, .. } => vec![input],
            Self::Pairs { first, second, .. } => vec![first, second],
            Self::WithinOne { parts, .. } => parts.to_vec(),
        }
    }
}

impl Input {
    /// An input that must be there.
    #[must_use]
    pub const fn new(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, kind, presence: Presence::Required, about }
    }

    /// People, orders, answers.
    #[must_use]
    pub const fn count(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Count, about)
    }

    /// Money, or units of a product.
    #[must_use]
    pub const fn amount(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Amount, about)
    }

    /// A part of a whole.
    #[must_use]
    pub const fn share(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Share, about)
    }

    /// Days of a period, up to a century.
    #[must_use]
    pub const fn days(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Whole(36_525), about)
    }

    /// The same input, there or not as this says.
    #[must_use]
    pub const fn with(self, presence: Presence) -> Self {
        Self { presence, ..self }
    }

    /// Whether it may have several numbers.
    #[must_use]
    pub fn is_list(&self) -> bool {
        self.presence == Presence::List
    }

    /// The form that it belongs to.
    #[must_use]
    pub fn form(&self) -> Option<&'static str> {
        match self.presence {
            Presence::In(form) => Some(form),
            _ => None,
        }
    }
}

/// Why most results are undefined, if they are.
const DIVIDES_BY_0: &str = ", which divides by 0";

impl Outcome {
    const fn new(name: &'static str, unit: Unit, template: &'static str, of: Of) -> Self {
        Self {
            name,
            template,
            of,
            unit,
            means: "",
            usual: "",
            needs: None,
            undefined: DIVIDES_BY_0,
        }
    }

    /// A result in percent.
    #[must_use]
    pub const fn share(
        name: &'static str,
        template: &'static str,
        of: fn(&Given) -> Option<f64>,
    ) -> Self {
        Self::new(name, Unit::Share, template, Of::Float(of))
    }

    /// A result in days.
    #[must_use]
    pub const fn days(
        name: &'static str,
        template: &'static str,
        of: fn(&Given) -> Option<f64>,
    ) -> Self {
        Self::new(name, Unit::Days, template, Of::Float(of))
    }

    /// A result that is shown as it is.
    #[must_use]
    pub const fn number(
        name: &'static str,
        template: &'static str,
        of: fn(&Given) -> Option<f64>,
    ) -> Self {
        Self::new(name, Unit::Number, template, Of::Float(of))
    }

    /// A whole number, which is always there.
    #[must_use]
    pub const fn whole(name: &'static str, template: &'static str, of: fn(&Given) -> i128) -> Self {
        Self::new(name, Unit::Number, template, Of::Whole(of))
    }

    /// The same result with the sentence of what it means.
    #[must_use]
    pub const fn means(self, means: &'static str) -> Self {
        Self { means, ..self }
    }

    /// The same result with the sentence of what is usual.
    #[must_use]
    pub const fn usual(self, usual: &'static str) -> Self {
        Self { usual, ..self }
    }

    /// The same result, left out where this input is.
    #[must_use]
    pub const fn needs(self, input: &'static str) -> Self {
        Self { needs: Some(input), ..self }
    }

    /// The same result, with this after the formula where there is none.
    #[must_use]
    pub const fn undefined(self, why: &'static str) -> Self {
        Self { undefined: why, ..self }
    }

    /// The formula with each input as `text` has it.
    #[must_use]
    pub fn with(&self, text: impl Fn(&str) -> String) -> String {
        let mut formula = String::new();
        for (i, part) in self.template.split(['{', '}']).enumerate() {
            // Inputs and what is between them take turns.
            formula.push_str(&if i % 2 == 1 { text(part) } else { part.to_owned() });
        }
        formula
    }
}
