//! `kohort run`.

use std::io;
use std::path::Path;

use kohort_pipeline::{Override, Pipeline, RunOptions};
use kohort_publish::is_url;

use crate::args::{Overrides, RunArgs};
use crate::error::CliError;
use crate::messages::Messages;
use crate::progress::Progress;
use crate::retry::Note;
use crate::signals::Signals;
use crate::stdout::Stdout;
use crate::{plan, summary};

pub fn run(args: &RunArgs, messages: &Messages, stdout: &mut Stdout) -> Result<(), CliError> {
    let signals = Signals::watch(messages).map_err(CliError::Signals)?;
    let result = plan_or_run(args, messages, stdout);
    signals.settle();
    result
}

fn plan_or_run(args: &RunArgs, messages: &Messages, stdout: &mut Stdout) -> Result<(), CliError> {
    let pipeline = Pipeline::read(&args.file, &overrides(args, Path::new(""))?)?;
    messages.hide(&pipeline.substituted);
    let options = RunOptions {
        threads: args.threads.map(usize::from),
        memory_limit: args.memory_limit,
        full_refresh: args.full_refresh,
        recalibrate: args.recalibrate,
        alerts: args.fail_on_alert,
        wait: args.wait,
    };
    if args.dry_run {
        let plan = kohort_pipeline::plan(&pipeline, &options)?;
        return plan::print(&plan, messages.reader(), stdout);
    }
    let progress = Progress::new(messages);
    let note = Note::new(&pipeline, messages);
    let result = kohort_pipeline::run(&pipeline, &options, &|event| {
        note.observe(&event);
        progress.observe(event);
    });
    note.end(&result);
    let summary = result?;
    summary::report(&summary, messages);
    if args.fail_on_alert && !summary.alerts.is_empty() {
        return Err(CliError::Alerts(summary.alerts));
    }
    Ok(())
}

/// What the flags replace, in the order in which it is applied: `--set` first, so that a flag
/// with a name of its own has the last word. Paths on the command line start in `folder`; an empty one is
/// the working directory.
pub fn overrides(args: &RunArgs, folder: &Path) -> Result<Vec<Override>, CliError> {
    let mut overrides = settings(&args.overrides)?;
    if let Some(as_of) = &args.as_of {
        overrides.push(Override::flag("--as-of", "calendar.as_of", as_of));
    }
    if !args.select.is_empty() {
        overrides.push(Override::flag_list("--select", "outputs.tables", &args.select));
    }
    if let Some(output) = &args.output {
        overrides.push(Override::flag("--output", "outputs.path", &absolute(output, folder)?));
    }
    Ok(overrides)
}

/// A path that was typed in the shell, so that is relative to where the shell is; or a URL.
fn absolute(path: &str, folder: &Path) -> Result<String, CliError> {
    if is_url(path) {
        return Ok(path.to_owned());
    }
    let unresolved = |cause| CliError::Path { path: path.into(), cause };
    let absolute = std::path::absolute(folder.join(path)).map_err(unresolved)?;
    // The settings of a pipeline are texts.
    let text = absolute.into_os_string().into_string();
    text.map_err(|_| unresolved(io::Error::other("its folder's name is not valid UTF-8")))
}

/// The arguments of `--set`.
pub fn settings(arguments: &Overrides) -> Result<Vec<Override>, CliError> {
    arguments.set.iter().map(|argument| Ok(Override::parse(argument)?)).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command};

    fn pipeline(flags: &[&str]) -> Pipeline {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shop.toml");
        let text = "[inputs.orders]\npath = 'x'\ncustomer_id = 'c'\nordered_at = 't'\n\
                    amount = 'a'\n[outputs]\npath = 'out'";
        std::fs::write(&file, text).unwrap();
        let command = ["kohort", "run", file.to_str().unwrap()];
        let cli = Cli::try_parse_from(command.iter().chain(flags)).unwrap();
        let Command::Run(args) = cli.command else { unreachable!("it is `run`") };
        Pipeline::read(&file, &overrides(&args, Path::new("")).unwrap()).unwrap()
    }

    #[test]
    fn flags_replace_settings() {
        let plain = pipeline(&[]);
        assert_eq!(plain.output.file_name().unwrap(), "out");
        let here = std::env::current_dir().unwrap();
        let changed = pipeline(&[
            "--output=here/${HOME}",
            "--as-of=2025-01-01",
            "--select=lost_sales,cohort_curve",
            "--set=outputs.path=there",
            "--set=customers.lapse_after_days=7",
        ]);
        assert_eq!(changed.output, here.join("here/${HOME}"));
        assert_eq!(changed.as_of.unwrap().to_string(), "2025-01-01");
        assert_eq!(changed.tables, ["cohort_curve", "lost_sales"]);
        assert_eq!(changed.lapse_after, kohort_pipeline::Lapse::Days(7));
    }
}
