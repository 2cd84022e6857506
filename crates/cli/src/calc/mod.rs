//! `kohort calc`: the formulas of the tables for numbers that are typed in.

pub mod args;
mod ask;
mod render;

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};

use clap::Parser;
use clap::error::ErrorKind;
use kohort_model::calc::{CalcError, Formula, Given, Input, Locale, Number, NumberError, Presence};
use kohort_pipeline::formulas;

use crate::args::Cli;
use crate::error::CliError;
use crate::messages::Messages;
use crate::stdout::Stdout;
use args::CalcArgs;
use ask::Ask;

pub fn calc(args: &CalcArgs, messages: &Messages, stdout: &mut Stdout) -> Result<(), CliError> {
    let is_asked = args.ask || (is_terminal() && !args.is_whole());
    let given = if is_asked {
        let say = |text: &str| messages.ask(text);
        let mut ask = Ask::new(io::stdin().lock(), say, is_terminal(), args.locale);
        let Some(given) = ask.given(args)? else { return Ok(()) };
        given
    } else {
        typed(args)?
    };
    given.check()?;
    let text = if args.is_json { render::json(&given) } else { render::text(&given, args.locale) };
    Ok(stdout.print(&text)?)
}

/// The numbers of the command line.
fn typed(args: &CalcArgs) -> Result<Given, CalcError> {
    let formula = args.formula.ok_or_else(|| CalcError::NoFormula { names: names() })?;
    let inputs = formula.inputs.iter().zip(&args.texts);
    let numbers = inputs.map(|(input, texts)| {
        let numbers = texts.iter().map(|text| {
            read(input, text, args.locale).map_err(|cause| refused(input, text, cause))
        });
        let numbers = numbers.collect::<Result<Vec<_>, _>>()?.concat();
        Ok(or_zero(input, numbers))
    });
    Ok(Given { formula, numbers: numbers.collect::<Result<_, CalcError>>()? })
}

/// The numbers of a text: one, or of a list several.
fn read(input: &Input, text: &str, locale: Option<&Locale>) -> Result<Vec<Number>, NumberError> {
    if input.is_list() {
        input.kind.parse_list(text, locale)
    } else {
        Ok(vec![input.kind.parse(text, locale)?])
    }
}

/// The numbers of an input, or 0 where it is that when it is left out.
fn or_zero(input: &Input, numbers: Vec<Number>) -> Vec<Number> {
    match input.presence {
        Presence::OrZero if numbers.is_empty() => vec![Number::ZERO],
        _ => numbers,
    }
}

/// That a text is no number of an input.
fn refused(input: &'static Input, text: &str, cause: NumberError) -> CalcError {
    let value_name = input.kind.value_name(input.is_list());
    CalcError::Number { text: text.to_owned(), input: input.name, value_name, cause }
}

fn names() -> Vec<&'static str> {
    formulas().map(|formula: &Formula| formula.name).collect()
}

/// Whether somebody can be asked.
fn is_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// The command line, if nothing is wrong with it but that numbers are missing which can be asked for.
pub fn or_ask(error: clap::Error) -> Result<Cli, clap::Error> {
    let is_missing = matches!(
        error.kind(),
        ErrorKind::MissingRequiredArgument | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    let ask = OsStr::new("--ask");
    if !is_missing || !(is_terminal() || env::args_os().any(|argument| argument == ask)) {
        return Err(error);
    }
    // No other command knows the option, so that what is missing there stays an error.
    let arguments = env::args_os().chain([OsString::from(ask)]);
    Cli::try_parse_from(arguments).map_err(|_| error)
}
