//! The command line of `kohort calc`, made from the formulas.

use std::fmt::Write as _;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use kohort_model::calc::{Formula, Given, Input, Kind, Number, Presence};
use kohort_pipeline::formulas;

/// A formula, its numbers, and for whom the result is.
#[derive(Clone, Debug)]
pub struct CalcArgs {
    pub given: Given,
    pub is_json: bool,
}

const ABOUT: &str = "Compute one of the formulas of the tables from numbers typed in";

const LONG_ABOUT: &str = "\
Compute one of the formulas of the tables from numbers typed in

Each formula is the one that the tables use, and its results are named like their columns. Numbers \
are taken exactly as they are typed: 1200, 1_200 and 1200.50, shares also as 5%. What would divide \
by 0 is undefined, in JSON null.";

const EXAMPLES: &str = "\
Examples:
  kohort calc retention --start 1000 --end 1100 --new 200
  kohort calc churn --start 1000 --lost 70 --periods-per-year 12 --json
  kohort calc conversion --help                    explains the numbers of a formula";

impl Args for CalcArgs {
    fn augment_args(command: Command) -> Command {
        let json = Arg::new("json")
            .long("json")
            .help("One JSON object with formula, inputs and results, in full precision")
            .action(ArgAction::SetTrue)
            .display_order(100)
            .global(true);
        command
            .about(ABOUT)
            .long_about(LONG_ABOUT)
            .after_help(EXAMPLES)
            .subcommand_required(true)
            .arg_required_else_help(true)
            .disable_help_subcommand(true)
            .subcommand_value_name("FORMULA")
            .subcommand_help_heading("Formulas")
            .arg(json)
            .subcommands(formulas().map(subcommand))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for CalcArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let chosen = matches.subcommand().and_then(|(name, matches)| {
            formulas().find(|formula| formula.name == name).map(|formula| (formula, matches))
        });
        let (formula, matches) =
            chosen.ok_or_else(|| clap::Error::new(ErrorKind::MissingSubcommand))?;
        let numbers = |input: &Input| {
            matches.get_many::<Number>(input.name).into_iter().flatten().copied().collect()
        };
        let numbers = formula.inputs.iter().map(numbers).collect();
        Ok(Self { given: Given { formula, numbers }, is_json: matches.get_flag("json") })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn subcommand(formula: &'static Formula) -> Command {
    let mut after = String::from("Formula:\n");
    for result in formula.results {
        let text = result.with(|name| name.replace('-', "_"));
        let _ = writeln!(after, "  {} = {text}", result.name);
    }
    let _ = write!(after, "\nExample:\n  kohort calc {} {}", formula.name, formula.example);
    Command::new(formula.name)
        .about(formula.about)
        .after_help(after)
        .args(formula.inputs.iter().map(argument))
}

fn argument(input: &'static Input) -> Arg {
    let kind = input.kind;
    let argument = Arg::new(input.name)
        .long(input.name)
        .help(input.about)
        .value_name(value_name(kind, input.is_list()))
        .value_parser(move |text: &str| kind.parse(text))
        // A sign is an error that says more than that there is no such option.
        .allow_hyphen_values(true);
    match input.presence {
        Presence::Required => argument.required(true),
        Presence::OrZero => argument.default_value("0"),
        Presence::Optional => argument,
        Presence::List => argument.required(true).value_delimiter(','),
    }
}

/// The name of a value, or of a list of values, in help texts.
fn value_name(kind: Kind, is_list: bool) -> &'static str {
    let (one, several) = match kind {
        Kind::Count => ("COUNT", "COUNT,..."),
        Kind::Amount => ("AMOUNT", "AMOUNT,..."),
        Kind::Share => ("SHARE", "SHARE,..."),
        Kind::Whole(_) => ("N", "N,..."),
    };
    if is_list { several } else { one }
}
