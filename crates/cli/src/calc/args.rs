//! The command line of `kohort calc`, made from the formulas.

use std::fmt::Write as _;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use kohort_model::calc::{Formula, Input, LOCALES, Locale, Presence};
use kohort_pipeline::formulas;

/// A formula, the texts of its numbers, and for whom the result is.
#[derive(Clone, Debug)]
pub struct CalcArgs {
    /// None where it is asked for.
    pub formula: Option<&'static Formula>,
    /// What was typed for each of its inputs, in order.
    pub texts: Vec<Vec<String>>,
    pub locale: Option<&'static Locale>,
    pub is_json: bool,
    pub ask: bool,
}

impl CalcArgs {
    /// Whether the command line has a formula and, as far as clap does not see to it, its numbers.
    pub fn is_whole(&self) -> bool {
        let Some(formula) = self.formula else { return false };
        let typed = || formula.inputs.iter().zip(&self.texts);
        let form =
            typed().filter(|(_, texts)| !texts.is_empty()).find_map(|(input, _)| input.form());
        let is_missing =
            |(input, texts): (&Input, &Vec<String>)| input.form() == form && texts.is_empty();
        formula.forms().is_empty() || (form.is_some() && !typed().any(is_missing))
    }
}

const ABOUT: &str = "Compute one of the formulas of the tables from numbers typed in";

const LONG_ABOUT: &str = "\
Compute one of the formulas of the tables from numbers typed in

On a terminal `kohort calc` asks for a formula and its numbers, one by one. Each formula is the one \
that the tables use, and its results are named like their columns. Numbers are taken exactly as they \
are typed: 1200, 1 200, 1_200, 1200.50, 49,90 kr, shares also as 60,5 %. What can be meant in two \
ways, such as 1.000, is asked about or refused, unless --locale says what a comma and a point mean. A \
list has ; between its numbers. What would divide by 0 is undefined, in JSON null. docs/calculator.md \
has every formula, and what its results mean.";

const EXAMPLES: &str = "\
Examples:
  kohort calc                                      asks, on a terminal
  kohort calc retention --start 1000 --end 1100 --new 200
  kohort calc churn --start 1000 --lost 70 --periods-per-year 12 --json
  kohort calc order-value --revenue '67 500,50 kr' --orders 1350
  kohort calc conversion --help                    explains the numbers of a formula";

impl Args for CalcArgs {
    fn augment_args(command: Command) -> Command {
        let json = Arg::new("json")
            .long("json")
            .help("One JSON object with formula, inputs and results, in full precision")
            .action(ArgAction::SetTrue)
            .display_order(100)
            .global(true);
        let ask = Arg::new("ask")
            .long("ask")
            .help("Ask for what is missing, also where stdin is no terminal: a line an answer")
            .action(ArgAction::SetTrue)
            .overrides_with("ask")
            .display_order(101)
            .global(true);
        let locale = Arg::new("locale")
            .long("locale")
            .value_name("LOCALE")
            .help(format!(
                "How numbers are written, in results too: {}, or such a country as sv-SE",
                locales()
            ))
            .value_parser(|name: &str| {
                Locale::named(name).ok_or_else(|| format!("give one of {}", locales()))
            })
            .display_order(102)
            .global(true);
        command
            .about(ABOUT)
            .long_about(LONG_ABOUT)
            .after_help(EXAMPLES)
            .arg_required_else_help(true)
            .disable_help_subcommand(true)
            .subcommand_value_name("FORMULA")
            .subcommand_help_heading("Formulas")
            .args([json, ask, locale])
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
        let texts = chosen.map(|(formula, matches)| {
            let texts = |input: &Input| {
                let is_typed = matches.value_source(input.name) == Some(ValueSource::CommandLine);
                let texts = matches.get_many::<String>(input.name).filter(|_| is_typed);
                texts.into_iter().flatten().cloned().collect()
            };
            formula.inputs.iter().map(texts).collect()
        });
        let locale = matches.get_one::<&'static Locale>("locale").copied();
        Ok(Self {
            formula: chosen.map(|(formula, _)| formula),
            texts: texts.unwrap_or_default(),
            locale,
            is_json: matches.get_flag("json"),
            ask: matches.get_flag("ask"),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The names of the locales.
fn locales() -> String {
    LOCALES.iter().map(|locale| locale.name).collect::<Vec<_>>().join(", ")
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
        .override_usage(usage(formula))
        .after_help(after)
        .args(formula.inputs.iter().map(|input| argument(formula, input)))
}

/// What has to be typed, a line for each form.
fn usage(formula: &Formula) -> String {
    let forms = formula.forms();
    let forms = if forms.is_empty() { vec![None] } else { forms.into_iter().map(Some).collect() };
    let line = |form: Option<&str>| {
        let mut line = format!("kohort calc {} [OPTIONS]", formula.name);
        for input in formula.inputs {
            let is_needed = match input.presence {
                Presence::Required | Presence::List => true,
                Presence::In(own) => Some(own) == form,
                _ => false,
            };
            if is_needed {
                let value = input.kind.value_name(input.is_list());
                let _ = write!(line, " --{} <{value}>", input.name);
            }
        }
        line
    };
    forms.into_iter().map(line).collect::<Vec<_>>().join("\n       ")
}

fn argument(formula: &'static Formula, input: &'static Input) -> Arg {
    let argument = Arg::new(input.name)
        .long(input.name)
        .help(input.about)
        .value_name(input.kind.value_name(input.is_list()))
        // A sign is an error that says more than that there is no such option.
        .allow_hyphen_values(true);
    match input.presence {
        Presence::Required => argument.required_unless_present("ask"),
        Presence::OrZero => argument.default_value("0"),
        Presence::Optional | Presence::Beside(_) | Presence::With(_) => argument,
        Presence::In(form) => {
            let is_other = |other: &&Input| other.form().is_some_and(|other| other != form);
            let others = formula.inputs.iter().filter(is_other).map(|other| other.name);
            argument.conflicts_with_all(others.collect::<Vec<_>>())
        }
        Presence::List => argument.required_unless_present("ask").action(ArgAction::Append),
    }
}
