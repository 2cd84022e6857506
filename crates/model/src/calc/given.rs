//! A formula and the numbers for it.

use super::error::{CalcError, options};
use super::formula::{Check, Formula, Input, Presence};
use super::number::Number;
use crate::Scale;

/// The numbers of a formula, in the order of its inputs.
#[derive(Clone, Debug)]
pub struct Given {
    /// The formula.
    pub formula: &'static Formula,
    /// One for most inputs, several for lists, none for what was left out.
    pub numbers: Vec<Vec<Number>>,
}

impl Given {
    /// The numbers of an input; none where it was left out.
    ///
    /// # Panics
    ///
    /// Where the formula has no such input.
    #[must_use]
    pub fn typed(&self, name: &str) -> &[Number] {
        let mut inputs = self.formula.inputs.iter().zip(&self.numbers);
        let found = inputs.find(|(input, _)| input.name == name);
        found.expect("a formula asks for what it uses").1
    }

    /// Decimal places that hold every number of the command.
    #[must_use]
    pub fn places(&self) -> u8 {
        self.numbers.iter().flatten().map(|number| number.places).max().unwrap_or(0)
    }

    /// The scale of those places.
    ///
    /// # Panics
    ///
    /// Never: [`Kind::parse`](super::Kind::parse) takes fewer places than a scale can have.
    #[must_use]
    pub fn scale(&self) -> Scale {
        Scale::new(self.places()).expect("a number has no more places than a scale")
    }

    /// The numbers of an input as integers of [`Given::scale`].
    pub fn all(&self, name: &str) -> impl Iterator<Item = i128> {
        let places = self.places();
        self.typed(name).iter().map(move |number| number.at(places))
    }

    /// The number of an input as an integer of [`Given::scale`]; 0 where it was left out.
    #[must_use]
    pub fn one(&self, name: &str) -> i128 {
        self.all(name).next().unwrap_or(0)
    }

    /// The small whole numbers of an input, such as days, as they are.
    pub fn wholes(&self, name: &str) -> impl Iterator<Item = u32> {
        let whole = |number: &Number| u32::try_from(number.digits).unwrap_or(u32::MAX);
        self.typed(name).iter().map(whole)
    }

    /// As [`Given::wholes`]; 0 where it was left out.
    #[must_use]
    pub fn whole(&self, name: &str) -> u32 {
        self.wholes(name).next().unwrap_or(0)
    }

    /// The count of an input as it is; 0 where it was left out.
    #[must_use]
    pub fn count(&self, name: &str) -> u64 {
        let number = self.typed(name).first();
        number.map_or(0, |number| u64::try_from(number.digits).unwrap_or(u64::MAX))
    }

    /// Whether the numbers can go together.
    ///
    /// # Errors
    ///
    /// A check of the formula that does not hold.
    pub fn check(&self) -> Result<(), CalcError> {
        self.check_forms()?;
        for input in self.formula.inputs.iter().filter(|input| self.has(input.name)) {
            match input.presence {
                Presence::Beside(other) | Presence::With(other) if !self.has(other) => {
                    return Err(CalcError::Without { input: input.name, other });
                }
                _ => {}
            }
        }
        self.formula.checks.iter().try_for_each(|check| self.check_one(check))
    }

    /// Whether an input is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        !self.typed(name).is_empty()
    }

    /// The form in which the numbers are given, so far as they are.
    #[must_use]
    pub fn form(&self) -> Option<&'static str> {
        let mut there = self.formula.inputs.iter().filter(|input| self.has(input.name));
        there.find_map(Input::form)
    }

    /// Whether all numbers of a form are there, where the formula has forms.
    fn check_forms(&self) -> Result<(), CalcError> {
        let forms = self.formula.forms();
        let Some(form) = self.form().or(forms.first().copied()) else { return Ok(()) };
        let names = |form: &str| -> Vec<&'static str> {
            let inputs = self.formula.inputs.iter().filter(|input| input.form() == Some(form));
            inputs.map(|input| input.name).collect()
        };
        let missing: Vec<_> = names(form).into_iter().filter(|name| !self.has(name)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let forms = forms.into_iter().map(|form| options(&names(form))).collect();
        Err(CalcError::Forms { formula: self.formula.name, forms, missing })
    }

    /// Whether one check holds.
    ///
    /// # Errors
    ///
    /// That it does not.
    pub fn check_one(&self, check: &Check) -> Result<(), CalcError> {
        match *check {
            Check::AtMost { parts, whole, why } => {
                let sum: i128 = parts.iter().map(|part| self.one(part)).sum();
                if self.typed(whole).is_empty() || sum <= self.one(whole) {
                    return Ok(());
                }
                let (parts, whole) = (self.options(parts), self.options(&[whole]));
                Err(CalcError::MoreThan { parts, whole, why })
            }
            Check::EachAtMost { parts, wholes, why } => {
                let pairs = self.all(parts).zip(self.all(wholes));
                let Some(place) = pairs.into_iter().position(|(part, whole)| part > whole) else {
                    return Ok(());
                };
                let option = |name: &str| format!("--{name} {}", self.typed(name)[place]);
                Err(CalcError::MoreThan { parts: option(parts), whole: option(wholes), why })
            }
            Check::UnionAtMost { parts, shared, whole, why } => {
                let sum: i128 = parts.iter().map(|part| self.one(part)).sum();
                if sum - self.one(shared) <= self.one(whole) {
                    return Ok(());
                }
                let parts = format!("{} less {}", self.options(&parts), self.options(&[shared]));
                Err(CalcError::MoreThan { parts, whole: self.options(&[whole]), why })
            }
            Check::ZeroWith { input, other, why } => {
                if !self.has(input) || self.one(input) == 0 || self.one(other) > 0 {
                    return Ok(());
                }
                let whole = format!("0 with {}", self.options(&[other]));
                Err(CalcError::MoreThan { parts: self.options(&[input]), whole, why })
            }
            Check::WithinOne { parts, why } => {
                let sum: i128 = parts.iter().map(|part| self.one(part)).sum();
                if sum <= self.scale().unit() {
                    return Ok(());
                }
                Err(CalcError::MoreThan { parts: self.options(parts), whole: "1".to_owned(), why })
            }
            Check::AboveZero { input, why } => match self.typed(input) {
                [number, ..] if number.digits == 0 => Err(CalcError::Zero { input, why }),
                _ => Ok(()),
            },
            Check::Pairs { first, second, each } => {
                let [m, n] = [first, second].map(|name| self.typed(name).len());
                if m == n {
                    return Ok(());
                }
                Err(CalcError::Lengths { first, first_count: m, second, second_count: n, each })
            }
        }
    }

    /// Options with their numbers, as they are typed.
    fn options(&self, names: &[&str]) -> String {
        let option = |name: &&str| match self.typed(name) {
            [number, ..] => format!("--{name} {number}"),
            [] => format!("--{name}"),
        };
        names.iter().map(option).collect::<Vec<_>>().join(" and ")
    }
}
