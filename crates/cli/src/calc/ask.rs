//! Asking for a formula and its numbers, line by line.
//!
//! At a terminal what cannot be is explained and asked again, and Ctrl-D ends all. Of a file or a pipe
//! the next line answers the next question, so that there it is an error; its end leaves out what may
//! be left out.

use std::io::{BufRead, Read};

use kohort_model::calc::{
    CalcError, Either, Formula, Given, Input, Locale, Number, NumberError, Presence,
};
use kohort_pipeline::formulas;

use super::args::CalcArgs;
use super::{names, or_zero, read, refused};
use crate::error::CliError;

/// Bytes of an answer, which is a name or some numbers.
const MAX_LINE: u64 = 1 << 16;

/// Questions and their answers.
pub struct Ask<R, S> {
    answers: R,
    say: S,
    is_terminal: bool,
    locale: Option<&'static Locale>,
}

/// Why there is no answer.
enum Stop {
    /// Who is asked wants no more of it.
    Ended,
    Error(CliError),
}

impl From<CalcError> for Stop {
    fn from(error: CalcError) -> Self {
        Self::Error(error.into())
    }
}

impl<R: BufRead, S: FnMut(&str)> Ask<R, S> {
    /// Answers come from a reader, questions go to `say`.
    pub fn new(answers: R, say: S, is_terminal: bool, locale: Option<&'static Locale>) -> Self {
        Self { answers, say, is_terminal, locale }
    }

    /// The formula and all its numbers; what the command line has is not asked for. `None` where who
    /// is asked ends it.
    pub fn given(&mut self, args: &CalcArgs) -> Result<Option<Given>, CliError> {
        match self.formula_and_numbers(args) {
            Ok(given) => Ok(Some(given)),
            Err(Stop::Ended) => Ok(None),
            Err(Stop::Error(error)) => Err(error),
        }
    }

    fn formula_and_numbers(&mut self, args: &CalcArgs) -> Result<Given, Stop> {
        let formula = match args.formula {
            Some(formula) => formula,
            None => self.formula()?,
        };
        self.say(&format!("{}: {}\n", formula.name, formula.about));
        let mut given = Given { formula, numbers: vec![Vec::new(); formula.inputs.len()] };
        let mut settled = vec![false; formula.inputs.len()];
        for (place, input) in formula.inputs.iter().enumerate() {
            let texts = args.texts.get(place).map_or(&[][..], Vec::as_slice);
            let numbers = self.typed(input, texts)?;
            settled[place] = !numbers.is_empty();
            given.numbers[place] = numbers;
        }
        let form = match given.form() {
            Some(form) => Some(form),
            None => self.form(formula)?,
        };
        for (place, input) in formula.inputs.iter().enumerate() {
            while !settled[place] {
                settled[place] = true;
                let Some(is_needed) = needed(&given, &settled, input, form) else { continue };
                given.numbers[place] = self.numbers(input, is_needed)?;
                let Err(error) = check(&given, &settled, input) else { continue };
                self.or_again(error)?;
                settled[place] = false;
            }
        }
        if self.is_terminal {
            self.say("\n");
        }
        Ok(given)
    }

    fn say(&mut self, text: &str) {
        (self.say)(text);
    }

    /// Explains an error at a terminal, where the question is then asked again.
    fn or_again(&mut self, error: CalcError) -> Result<(), Stop> {
        if !self.is_terminal {
            return Err(error.into());
        }
        self.say(&format!("  {error}\n"));
        Ok(())
    }

    /// The line that answers a question; `None` at the end of a file.
    fn line(&mut self, question: &str) -> Result<Option<String>, Stop> {
        let end = if self.is_terminal { " " } else { "\n" };
        self.say(&format!("{question}{end}"));
        let mut line = Vec::new();
        let mut answer = (&mut self.answers).take(MAX_LINE);
        let read = answer.read_until(b'\n', &mut line);
        if read.map_err(|cause| Stop::Error(CliError::Stdin(cause)))? > 0 {
            return Ok(Some(String::from_utf8_lossy(&line).trim().to_owned()));
        }
        if self.is_terminal {
            self.say("\n");
            return Err(Stop::Ended);
        }
        Ok(None)
    }

    fn formula(&mut self) -> Result<&'static Formula, Stop> {
        let width = formulas().map(|formula| formula.name.len()).max().unwrap_or(0);
        for (number, formula) in (1..).zip(formulas()) {
            let Formula { name, about, .. } = formula;
            self.say(&format!("{number:>4}  {name:width$}  {about}\n"));
        }
        loop {
            let Some(answer) = self.line("Number or name of a formula (Ctrl-D ends):")? else {
                return Err(CalcError::AnswersEnd { question: "a formula".to_owned() }.into());
            };
            let named = formulas().find(|formula| formula.name.eq_ignore_ascii_case(&answer));
            let number = answer.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            match named.or_else(|| formulas().nth(number?)) {
                Some(formula) => return Ok(formula),
                None => self.or_again(CalcError::UnknownFormula { answer, names: names() })?,
            }
        }
    }

    /// In which form the numbers are, where a formula takes several.
    fn form(&mut self, formula: &Formula) -> Result<Option<&'static str>, Stop> {
        let forms = formula.forms();
        if forms.is_empty() {
            return Ok(None);
        }
        loop {
            let question = format!("Your numbers are {}?", forms.join(" or "));
            let Some(answer) = self.line(&question)? else {
                return Err(CalcError::AnswersEnd { question }.into());
            };
            let form = forms.iter().find(|form| form.eq_ignore_ascii_case(&answer));
            match form {
                Some(form) => return Ok(Some(form)),
                None => self.or_again(CalcError::UnknownForm { answer, forms: forms.clone() })?,
            }
        }
    }

    /// The numbers that the command line has of an input.
    fn typed(&mut self, input: &'static Input, texts: &[String]) -> Result<Vec<Number>, Stop> {
        let mut numbers = Vec::new();
        for text in texts {
            match read(input, text, self.locale) {
                Ok(read) => numbers.extend(read),
                Err(cause) => {
                    self.or_again(refused(input, text, cause))?;
                    return Ok(Vec::new());
                }
            }
        }
        Ok(numbers)
    }

    /// The number of an input, or of a list its numbers up to an empty line.
    fn numbers(&mut self, input: &'static Input, is_needed: bool) -> Result<Vec<Number>, Stop> {
        let mut numbers = Vec::new();
        loop {
            let is_missing = is_needed && numbers.is_empty();
            let question =
                if numbers.is_empty() { question(input, is_needed) } else { more(input) };
            let Some(mut text) = self.line(&question)? else {
                if is_missing {
                    let question = format!("--{}", input.name);
                    return Err(CalcError::AnswersEnd { question }.into());
                }
                return Ok(or_zero(input, numbers));
            };
            if text.is_empty() && !is_missing {
                return Ok(or_zero(input, numbers));
            }
            if let Some(read) = self.answer(input, &mut text)? {
                numbers.extend(read);
                if !input.is_list() {
                    return Ok(numbers);
                }
            }
        }
    }

    /// The numbers of an answer; `None` where the question has to be asked again.
    fn answer(
        &mut self,
        input: &'static Input,
        text: &mut String,
    ) -> Result<Option<Vec<Number>>, Stop> {
        loop {
            let cause = match read(input, text, self.locale) {
                Ok(numbers) => return Ok(Some(numbers)),
                Err(cause) => cause,
            };
            if !self.is_terminal {
                return Err(refused(input, text, cause).into());
            }
            match cause {
                NumberError::Wrong(why) => {
                    self.say(&format!("  {why}\n"));
                    return Ok(None);
                }
                NumberError::Either(either) => match self.which(text, either)? {
                    Ok(numbers) => return Ok(Some(numbers)),
                    Err(another) => *text = another,
                },
            }
        }
    }

    /// Which of the things that a text can be it is; or another text.
    fn which(&mut self, text: &str, either: Either) -> Result<Result<Vec<Number>, String>, Stop> {
        self.say(&format!("  {text} can be\n"));
        let letters: Vec<_> = ('a'..).map(String::from).take(either.possible.len()).collect();
        for (letter, possible) in letters.iter().zip(&either.possible) {
            self.say(&format!("  {letter}  {}, if {}\n", possible.plain(), possible.why));
        }
        let question = format!("Which one: {}? Or another number:", letters.join(" or "));
        let answer = self.line(&question)?.unwrap_or_default();
        let mut possible = letters.iter().zip(either.possible);
        let chosen = possible.find(|(letter, _)| letter.eq_ignore_ascii_case(&answer));
        Ok(chosen.map(|(_, possible)| possible.numbers).ok_or(answer))
    }
}

/// Whether an input must be there, beside those that are settled; `None` where it makes no sense.
fn needed(given: &Given, settled: &[bool], input: &Input, form: Option<&str>) -> Option<bool> {
    let is_settled = |name: &str| {
        let place = given.formula.inputs.iter().position(|input| input.name == name);
        place.is_some_and(|place| settled[place])
    };
    match input.presence {
        Presence::Required | Presence::List => Some(true),
        Presence::Beside(other) => given.has(other).then_some(false),
        Presence::With(other) if is_settled(other) => given.has(other).then_some(true),
        Presence::OrZero | Presence::Optional | Presence::With(_) => Some(false),
        Presence::In(own) => (Some(own) == form).then_some(true),
    }
}

/// Whether an input can go with those that are settled.
fn check(given: &Given, settled: &[bool], input: &Input) -> Result<(), CalcError> {
    let is_open = |name: &&str| {
        let mut places = given.formula.inputs.iter().zip(settled);
        places.any(|(input, is_settled)| input.name == *name && !is_settled)
    };
    let checks = given.formula.checks.iter().filter(|check| {
        let inputs = check.inputs();
        inputs.contains(&input.name) && !inputs.iter().any(is_open)
    });
    checks.into_iter().try_for_each(|check| given.check_one(check))
}

/// What is asked for an input.
fn question(input: &Input, is_needed: bool) -> String {
    let Input { name, about, presence, .. } = input;
    let kind = input.kind.about();
    let without = match presence {
        Presence::List => " each, with ; between them; an empty line ends",
        Presence::OrZero => "; Enter for 0",
        _ if is_needed => "",
        _ => "; Enter leaves it out",
    };
    format!("{about} ({name}: {kind}{without}):")
}

/// What is asked for more numbers of a list.
fn more(input: &Input) -> String {
    format!("More ({}; an empty line ends):", input.name)
}

#[cfg(test)]
mod tests;
