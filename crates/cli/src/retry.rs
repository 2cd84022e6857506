//! `kohort retry`, and the note that a run leaves for it.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs, io, iter};

use clap::Parser;
use kohort_pipeline::{Event, Pipeline, RunError};
use kohort_publish::{Attempt, Output, PublishError, RunId};

use crate::args::{self, Cli, RetryArgs};
use crate::error::CliError;
use crate::messages::Messages;
use crate::path::folder;
use crate::run::overrides;

pub fn retry(args: &RetryArgs, messages: &Messages) -> Result<(), CliError> {
    let output = Output::at(folder(&args.path, messages)?);
    let Some(attempt) = Attempt::read(&output)? else {
        if !output.is_remote() && !output.root().is_dir() {
            return Err(PublishError::NothingPublished { path: output.root().to_owned() }.into());
        }
        messages.say(format_args!(
            "nothing to retry: no run at {} failed or was killed since the last one succeeded",
            output.root().display()
        ));
        return Ok(());
    };
    let again = |cause| CliError::Again { folder: attempt.folder.clone(), cause };
    fs::metadata(&attempt.folder).map_err(again)?;
    check(&attempt, &output, &args.path, messages)?;
    let what = match &attempt.error {
        // What follows are examples and advice.
        Some(error) => format!("failed: {}", error.lines().next().unwrap_or_default()),
        None => "did not end".to_owned(),
    };
    let (id, file) = (&attempt.run_id, attempt.pipeline.display());
    messages.say(format_args!("retrying run {id} of {file}, which {what}"));
    let typed: Vec<_> = attempt.arguments.iter().map(|text| quoted(text)).collect();
    messages.say(format_args!("in {}: kohort {}", attempt.folder.display(), typed.join(" ")));
    let mut command = Command::new(env::current_exe().map_err(again)?);
    command.args(&attempt.arguments).current_dir(&attempt.folder);
    Err(again(become_it(&mut command)))
}

/// Checks that a note is of a run of this output: whoever can write there can write a note, and must not
/// have another command run by it. `path` is what the user named.
fn check(
    attempt: &Attempt,
    output: &Output,
    path: &Path,
    messages: &Messages,
) -> Result<(), CliError> {
    let refused =
        |reason: String| Err(CliError::Note { note: output.root().join(".attempt.json"), reason });
    if !attempt.folder.is_absolute() {
        return refused("it does not say in which folder".to_owned());
    }
    let typed = iter::once("kohort").chain(attempt.arguments.iter().map(String::as_str));
    let run = match Cli::try_parse_from(typed).map(|cli| cli.command) {
        Ok(args::Command::Run(run)) => run,
        Ok(_) => return refused("its command is another than `kohort run`".to_owned()),
        Err(error) => {
            let error = error.to_string();
            let line = error.lines().next().unwrap_or_default().trim_start_matches("error: ");
            return refused(format!("its command is none of this kohort: {line}"));
        }
    };
    let file = attempt.folder.join(&run.file);
    let pipeline = Pipeline::read(&file, &overrides(&run, &attempt.folder)?)?;
    messages.hide(&pipeline.substituted);
    if pipeline.file != attempt.pipeline {
        let (one, other) = (attempt.pipeline.display(), pipeline.file.display());
        return refused(format!("it is of the pipeline file {one}, and its command of {other}"));
    }
    let is_pipeline = path.extension().is_some_and(|extension| extension == "toml");
    if is_pipeline && !is_same(path, &pipeline.file) {
        return refused(format!("it is of another pipeline file, {}", pipeline.file.display()));
    }
    if !is_same(&pipeline.output, output.root()) {
        let (file, elsewhere) = (pipeline.file.display(), pipeline.output.display());
        return refused(format!("{file} publishes elsewhere, at {elsewhere}"));
    }
    Ok(())
}

/// Whether two paths lead to one file or folder, or are one URL.
fn is_same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one.components().eq(other.components()),
    }
}

/// An argument as it is typed in a shell.
fn quoted(argument: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    match argument {
        "" => "''".to_owned(),
        plain if plain.chars().all(is_plain) => plain.to_owned(),
        other => format!("'{}'", other.replace('\'', r"'\''")),
    }
}

/// Goes on as another command; gives why it cannot.
#[cfg(unix)]
fn become_it(command: &mut Command) -> io::Error {
    std::os::unix::process::CommandExt::exec(command)
}

/// Runs another command and ends as it does; gives why it cannot be run.
#[cfg(not(unix))]
fn become_it(command: &mut Command) -> io::Error {
    match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => error,
    }
}

/// The note of a run at work: it is in the output until the run has succeeded.
pub struct Note<'a> {
    pipeline: &'a Pipeline,
    output: Output,
    messages: &'a Messages,
    run_id: OnceLock<RunId>,
}

impl<'a> Note<'a> {
    pub fn new(pipeline: &'a Pipeline, messages: &'a Messages) -> Self {
        let output = Output::at(&pipeline.output);
        Self { pipeline, output, messages, run_id: OnceLock::new() }
    }

    /// Writes the note once the run has the output.
    pub fn observe(&self, event: &Event) {
        let Event::Begun { run_id, started_at } = event else { return };
        let attempt = Attempt {
            run_id: self.run_id.get_or_init(|| run_id.clone()).clone(),
            pipeline: self.pipeline.file.clone(),
            // Where it is gone, so is what is typed there.
            folder: env::current_dir().unwrap_or_default(),
            arguments: env::args_os().skip(1).map(|text| text.to_string_lossy().into()).collect(),
            started_at: *started_at,
            error: None,
        };
        self.report_failure(attempt.write(&self.output));
    }

    /// Adds why the run failed, or removes the note of one that succeeded.
    pub fn end<T>(&self, result: &Result<T, RunError>) {
        match (self.run_id.get(), result) {
            (Some(run_id), Ok(_)) => self.report_failure(Attempt::clear(&self.output, run_id)),
            // There was nothing to do, so that there is nothing to do again either.
            (None, Ok(_)) => self.report_failure(Attempt::read(&self.output).and_then(|attempt| {
                attempt.map_or(Ok(()), |it| Attempt::clear(&self.output, &it.run_id))
            })),
            (None, Err(_)) => {}
            // The error of the run counts more than that of its note.
            (Some(run_id), Err(error)) => {
                let _ = Attempt::fail(&self.output, run_id, &self.messages.hidden(error));
            }
        }
    }

    /// A run does not fail for its note: what ails the disk it will find out by itself.
    fn report_failure(&self, result: Result<(), PublishError>) {
        if let Err(error) = result {
            self.messages.detail(format_args!("`kohort retry` cannot know of this run: {error}"));
        }
    }
}
