//! `kohort runs`.

use std::io::Write;
use std::path::Path;

use kohort_publish::{Attempt, Output, PublishError};
use kohort_report::runs::{Row, UNPUBLISHED, export, table};

use crate::args::RunsArgs;
use crate::error::CliError;
use crate::messages::Messages;
use crate::path::folder;
use crate::stdout::Stdout;

pub fn runs(args: &RunsArgs, messages: &Messages, stdout: &mut Stdout) -> Result<(), CliError> {
    let output = Output::at(folder(&args.path, messages)?);
    let rows = rows(&output, messages)?;
    if rows.is_empty() {
        return Err(PublishError::NothingPublished { path: output.root().to_owned() }.into());
    }
    match args.format.for_programs() {
        None => stdout.print(&table(&rows).to_string())?,
        Some(format) => export(&rows, format, stdout)?,
    }
    stdout.flush()?;
    for row in &rows {
        if let Some(Advice { what, remedy }) = advice(row, &args.path, output.root()) {
            // Whoever can write to the output can write a note: no line of it looks like another message.
            let what =
                format!("{} {what}", row.run).replace('\n', "\n  ").replace("\n    ", "\n  ");
            messages.say_lines(what.lines().chain([&*remedy]));
        }
    }
    Ok(())
}

/// The runs of an output, newest first, with the one that began and did not succeed.
fn rows(output: &Output, messages: &Messages) -> Result<Vec<Row>, CliError> {
    let mut rows = Vec::new();
    for run in output.history()? {
        let kept = match output.run(&run.id) {
            Ok(kept) => kept,
            // Somebody removed it just now.
            Err(PublishError::UnknownRun { .. }) => continue,
            Err(error) => return Err(error.into()),
        };
        // A run is listed even if this kohort is too old to read its record.
        let record = kept.record().inspect_err(|error| messages.warn(&error.to_string()));
        rows.push(Row::kept(&run, record.ok().as_ref()));
    }
    if let Some(attempt) = Attempt::read(output)?.map(Row::attempted) {
        match rows.iter_mut().find(|row| row.run == attempt.run) {
            None => rows.push(attempt),
            Some(row) if row.status == UNPUBLISHED => row.error = attempt.error,
            // A run that was published and killed right then has a note still.
            Some(_) => {}
        }
    }
    rows.sort_by(|a, b| b.run.cmp(&a.run));
    Ok(rows)
}

/// What is said of a run that is not published.
fn advice(row: &Row, path: &Path, output: &Path) -> Option<Advice> {
    let retry = || format!("`kohort retry {}` runs it again", path.display());
    match (row.status, &row.error) {
        (UNPUBLISHED, error) => {
            let error = error.as_ref().map_or_else(String::new, |error| format!(": {error}"));
            let remedy = format!(
                "`kohort publish {}` makes it so, `kohort gc` removes it once it is older than a day",
                output.join(&row.run).display()
            );
            Some(Advice { what: format!("is whole and never became current{error}"), remedy })
        }
        (_, Some(error)) => Some(Advice { what: format!("failed: {error}"), remedy: retry() }),
        (_, None) if row.bytes.is_none() => {
            let what = "did not end; it is at work, or was killed".to_owned();
            Some(Advice { what, remedy: retry() })
        }
        _ => None,
    }
}

/// What became of a run, and what can be done.
struct Advice {
    what: String,
    remedy: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_that_are_not_published_have_advice() {
        let row = |status, bytes, error: Option<&str>| Row {
            run: "X".to_owned(),
            status,
            bytes,
            error: error.map(str::to_owned),
            ..Row::default()
        };
        let cases = [
            (row("current", Some(1), None), None),
            (row("kept", Some(1), None), None),
            (row("failed", None, Some("no space")), Some("failed: no space\n`kohort retry FILE`")),
            (row("unfinished", None, None), Some("did not end; it is at work, or was killed\n")),
            (row(UNPUBLISHED, Some(1), None), Some("is whole and never became current\n")),
            (
                row(UNPUBLISHED, Some(1), Some("503")),
                Some("is whole and never became current: 503\n`kohort publish OUT/X` makes it so"),
            ),
        ];
        for (row, expected) in cases {
            let found = advice(&row, Path::new("FILE"), Path::new("OUT"));
            assert_eq!(found.is_some(), expected.is_some(), "{row:?}");
            let text =
                found.map(|found| format!("{}\n{}", found.what, found.remedy)).unwrap_or_default();
            assert!(text.starts_with(expected.unwrap_or_default()), "{row:?}: {text}");
        }
    }
}
