//! The command `kohort`: arguments, settings, messages and exit codes; nothing else.

mod allocation;
mod args;
mod calc;
mod check;
mod diff;
mod error;
mod gc;
mod messages;
mod path;
mod plan;
mod progress;
mod publish;
mod retry;
mod run;
mod runs;
mod sample;
mod schema;
mod show;
mod signals;
mod stdout;
mod summary;

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use kohort_model::{shown, shown_text};

use args::{Cli, Command, LogFormat};
use error::CliError;
use messages::{Messages, Reader, Volume};
use stdout::Stdout;

#[global_allocator]
static ALLOCATOR: allocation::Allocator = allocation::Allocator;

fn main() -> ExitCode {
    let cli = match Cli::try_parse().or_else(calc::or_ask) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way too, with exit code 0. Who closes the pipe has seen
            // enough of them.
            let _ = print(&error);
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    if let Command::Run(args) = &cli.command
        && let Some(threads) = args.threads
    {
        limit_polars(threads);
    }
    let volume = match (cli.quiet, cli.verbose) {
        (true, _) => Volume::Quiet,
        (false, true) => Volume::Verbose,
        (false, false) => Volume::Normal,
    };
    let messages = Messages::new(cli.log_format, volume);
    let mut stdout = Stdout::new();
    let result = allocation::end_with_a_sentence(messages.reader() == Reader::Log(LogFormat::Json))
        .map_err(CliError::Signals)
        .and_then(|()| execute(cli.command, &messages, &mut stdout));
    match result.and_then(|()| Ok(stdout.flush()?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) if stdout.is_closed() => ExitCode::SUCCESS,
        Err(error) => {
            messages.error(&error.lines());
            for reason in reasons(&error) {
                messages.detail(format!("because: {reason}"));
            }
            ExitCode::from(error.exit_code())
        }
    }
}

/// Says what is wrong with the command line. What was typed has no place on a terminal as it is, so that it
/// is looked at once more, escaped.
fn print(error: &clap::Error) -> io::Result<()> {
    let escaped = |text: OsString| shown(&text.to_string_lossy()).into_owned();
    match Cli::try_parse_from(env::args_os().map(escaped)) {
        Err(error) => error.print(),
        Ok(_) => io::stderr().write_all(shown_text(&error.to_string()).as_bytes()),
    }
}

/// What lies behind an error and is not in its text.
fn reasons(error: &CliError) -> Vec<String> {
    let text = error.to_string();
    let mut reasons = Vec::new();
    let mut source = std::error::Error::source(error);
    while let Some(reason) = source {
        if !text.contains(&reason.to_string()) {
            reasons.push(reason.to_string());
        }
        source = reason.source();
    }
    reasons
}

/// Has polars start no more threads than the run may use.
#[expect(unsafe_code, reason = "polars takes the number of its threads from the environment only")]
fn limit_polars(threads: u16) {
    // SAFETY: main calls this before it, or anything it calls, has started another thread, so
    // nobody reads the environment at the same time.
    unsafe { std::env::set_var("POLARS_MAX_THREADS", threads.to_string()) };
}

fn execute(command: Command, messages: &Messages, stdout: &mut Stdout) -> Result<(), CliError> {
    match command {
        Command::Run(args) => run::run(&args, messages, stdout),
        Command::Check(args) => check::check(&args, messages, stdout),
        Command::Show(args) => show::show(&args, messages, stdout),
        Command::Diff(args) => diff::diff(&args, messages, stdout),
        Command::Runs(args) => runs::runs(&args, messages, stdout),
        Command::Publish(args) => publish::publish(&args, messages),
        Command::Gc(args) => gc::gc(&args, messages),
        Command::Retry(args) => retry::retry(&args, messages),
        Command::Schema(args) => schema::schema(&args, stdout),
        Command::Sample(args) => sample::sample(&args, messages),
        Command::Calc(args) => calc::calc(&args, messages, stdout),
        Command::Completions(args) => {
            let mut script = Vec::new();
            clap_complete::generate(args.shell, &mut Cli::command(), "kohort", &mut script);
            Ok(stdout.write_all(&script)?)
        }
    }
}
