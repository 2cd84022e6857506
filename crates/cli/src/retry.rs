//! `kohort retry`, and the note that a run leaves for it.

use std::process::Command;
use std::sync::OnceLock;
use std::{env, io};

use kohort_pipeline::{Event, Pipeline, RunError};
use kohort_publish::{Attempt, Output, PublishError, RunId};

use crate::args::RetryArgs;
use crate::error::CliError;
use crate::messages::Messages;
use crate::show::folder;

pub fn retry(args: &RetryArgs, messages: &Messages) -> Result<(), CliError> {
    let output = Output::at(folder(&args.path)?);
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
    let what = match &attempt.error {
        // What follows are examples and advice.
        Some(error) => format!("failed: {}", error.lines().next().unwrap_or_default()),
        None => "did not end".to_owned(),
    };
    let (id, file) = (&attempt.run_id, attempt.pipeline.display());
    messages.say(format_args!("retrying run {id} of {file}, which {what}"));
    let again = |cause| CliError::Again { folder: attempt.folder.clone(), cause };
    let mut command = Command::new(env::current_exe().map_err(again)?);
    command.args(&attempt.arguments).current_dir(&attempt.folder);
    Err(again(become_it(&mut command)))
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

/// The note of a run at work: it stands in the output until the run has succeeded.
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
        self.tell(attempt.write(&self.output));
    }

    /// Adds why the run failed, or removes the note of one that succeeded.
    pub fn end<T>(&self, result: &Result<T, RunError>) {
        match (self.run_id.get(), result) {
            (Some(run_id), Ok(_)) => self.tell(Attempt::clear(&self.output, run_id)),
            // There was nothing to do, so that there is nothing to do again either.
            (None, Ok(_)) => self.tell(Attempt::read(&self.output).and_then(|attempt| {
                attempt.map_or(Ok(()), |it| Attempt::clear(&self.output, &it.run_id))
            })),
            (None, Err(_)) => {}
            // The error of the run counts more than that of its note.
            (Some(run_id), Err(error)) => {
                let _ = Attempt::fail(&self.output, run_id, &error.to_string());
            }
        }
    }

    /// A run does not fail for its note: what ails the disk it will find out by itself.
    fn tell(&self, result: Result<(), PublishError>) {
        if let Err(error) = result {
            self.messages.detail(format_args!("`kohort retry` cannot know of this run: {error}"));
        }
    }
}
