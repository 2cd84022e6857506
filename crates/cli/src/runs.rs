//! `kohort runs`.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray, UInt64Array};
use arrow::csv;
use arrow::error::ArrowError;
use arrow::json;
use arrow::json::writer::JsonArray;
use kohort_publish::{Attempt, InputRecord, KeptRun, Output, PublishError, RunRecord};

use crate::args::{RunsArgs, ShowFormat};
use crate::error::CliError;
use crate::messages::Messages;
use crate::number::{count, size, span};
use crate::show::folder;
use crate::show::grid::{Align, Grid};
use crate::stdout::Stdout;

pub fn runs(args: &RunsArgs, messages: &Messages, stdout: &mut Stdout) -> Result<(), CliError> {
    let output = Output::at(folder(&args.path, messages)?);
    let rows = rows(&output, messages)?;
    if rows.is_empty() {
        return Err(PublishError::NothingPublished { path: output.root().to_owned() }.into());
    }
    match args.format {
        ShowFormat::Table => stdout.print(&picture(&rows).to_string())?,
        ShowFormat::Csv => csv::Writer::new(&mut *stdout).write(&batch(&rows)?)?,
        ShowFormat::Json => {
            let options = json::WriterBuilder::new().with_explicit_nulls(true);
            let mut writer = options.build::<_, JsonArray>(&mut *stdout);
            writer.write(&batch(&rows)?)?;
            writer.finish()?;
            writeln!(stdout)?;
        }
    }
    stdout.flush()?;
    for row in &rows {
        if let Some(Told { what, remedy }) = row.told(&args.path, output.root()) {
            // Whoever can write to the output can write a note: no line of it looks like another message.
            let what =
                format!("{} {what}", row.run).replace('\n', "\n  ").replace("\n    ", "\n  ");
            messages.say_lines(what.lines().chain([&*remedy]));
        }
    }
    Ok(())
}

/// The status of a run that is whole and never became current.
const UNPUBLISHED: &str = "unpublished";

/// A run as it is listed; what it does not say is `None`.
#[derive(Debug, Default)]
struct Row {
    run: String,
    status: &'static str,
    started_at: Option<String>,
    as_of: Option<String>,
    seconds: Option<f64>,
    rows_in: Option<u64>,
    orders: Option<u64>,
    tables: Option<u64>,
    bytes: Option<u64>,
    error: Option<String>,
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

impl Row {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a run have few digits")]
    fn kept(run: &KeptRun, record: Option<&RunRecord>) -> Self {
        let seconds = |record: &RunRecord| {
            (record.finished_at - record.started_at).num_milliseconds() as f64 / 1000.0
        };
        Self {
            run: run.id.to_string(),
            status: match (run.is_current, run.is_published) {
                (true, _) => "current",
                (false, true) => "kept",
                (false, false) => UNPUBLISHED,
            },
            started_at: record.map(|record| record.started_at.format(MOMENT).to_string()),
            as_of: record.map(|record| record.as_of.to_string()),
            seconds: record.map(seconds),
            rows_in: record.map(|record| record.inputs.iter().map(InputRecord::rows).sum()),
            orders: record.map(|record| record.events.orders),
            tables: record.map(|record| record.tables.len() as u64),
            bytes: Some(run.bytes),
            error: None,
        }
    }

    fn attempted(attempt: Attempt) -> Self {
        Self {
            run: attempt.run_id.to_string(),
            status: if attempt.error.is_some() { "failed" } else { "unfinished" },
            started_at: Some(attempt.started_at.format(MOMENT).to_string()),
            error: attempt.error,
            ..Self::default()
        }
    }

    /// What is said of a run that is not published.
    fn told(&self, path: &Path, output: &Path) -> Option<Told> {
        let retry = || format!("`kohort retry {}` runs it again", path.display());
        match (self.status, &self.error) {
            (UNPUBLISHED, error) => {
                let error = error.as_ref().map_or_else(String::new, |error| format!(": {error}"));
                let remedy = format!(
                    "`kohort publish {}` makes it so, `kohort gc` removes it once it is older than a day",
                    output.join(&self.run).display()
                );
                Some(Told { what: format!("is whole and never became current{error}"), remedy })
            }
            (_, Some(error)) => Some(Told { what: format!("failed: {error}"), remedy: retry() }),
            (_, None) if self.bytes.is_none() => {
                let what = "did not end; it is at work, or was killed".to_owned();
                Some(Told { what, remedy: retry() })
            }
            _ => None,
        }
    }
}

/// What became of a run, and what can be done.
struct Told {
    what: String,
    remedy: String,
}

const MOMENT: &str = "%Y-%m-%dT%H:%M:%SZ";

/// The rows for a person.
fn picture(rows: &[Row]) -> Grid {
    let mut grid = Grid::new([
        ("run", Align::Left),
        ("status", Align::Left),
        ("started", Align::Left),
        ("as of", Align::Left),
        ("took", Align::Right),
        ("rows in", Align::Right),
        ("orders", Align::Right),
        ("tables", Align::Right),
        ("size", Align::Right),
    ]);
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    for row in rows {
        let seconds = row.seconds.map(|seconds| Duration::from_secs_f64(seconds.max(0.0)));
        grid.row([
            row.run.clone(),
            row.status.to_owned(),
            or_dash(row.started_at.clone()),
            or_dash(row.as_of.clone()),
            or_dash(seconds.map(span)),
            or_dash(row.rows_in.map(count)),
            or_dash(row.orders.map(count)),
            or_dash(row.tables.map(count)),
            or_dash(row.bytes.map(size)),
        ]);
    }
    grid
}

/// The rows for other programs.
fn batch(rows: &[Row]) -> Result<RecordBatch, ArrowError> {
    let texts = |text: fn(&Row) -> Option<&str>| -> ArrayRef {
        Arc::new(rows.iter().map(text).collect::<StringArray>())
    };
    let numbers = |number: fn(&Row) -> Option<u64>| -> ArrayRef {
        Arc::new(rows.iter().map(number).collect::<UInt64Array>())
    };
    let seconds: Float64Array = rows.iter().map(|row| row.seconds).collect();
    RecordBatch::try_from_iter_with_nullable([
        ("run", texts(|row| Some(&row.run)), false),
        ("status", texts(|row| Some(row.status)), false),
        ("started_at", texts(|row| row.started_at.as_deref()), true),
        ("as_of", texts(|row| row.as_of.as_deref()), true),
        ("seconds", Arc::new(seconds) as ArrayRef, true),
        ("rows_in", numbers(|row| row.rows_in), true),
        ("orders", numbers(|row| row.orders), true),
        ("tables", numbers(|row| row.tables), true),
        ("bytes", numbers(|row| row.bytes), true),
        ("error", texts(|row| row.error.as_deref()), true),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Vec<Row> {
        let published = Row {
            run: "20260102T030405Z-0abc".to_owned(),
            status: "current",
            started_at: Some("2026-01-02T03:04:05Z".to_owned()),
            as_of: Some("2026-01-02".to_owned()),
            seconds: Some(12.25),
            rows_in: Some(1_234_567),
            orders: Some(1_200_000),
            tables: Some(13),
            bytes: Some(4_500_000),
            error: None,
        };
        let failed = Row {
            run: "20260103T030405Z-0000".to_owned(),
            status: "failed",
            started_at: Some("2026-01-03T03:04:05Z".to_owned()),
            error: Some("no space, \"again\"".to_owned()),
            ..Row::default()
        };
        vec![failed, published]
    }

    #[test]
    fn runs_are_listed_for_people() {
        insta::assert_snapshot!(picture(&example()), @r#"
        run                    status   started               as of         took    rows in     orders  tables    size
        ─────────────────────  ───────  ────────────────────  ──────────  ──────  ─────────  ─────────  ──────  ──────
        20260103T030405Z-0000  failed   2026-01-03T03:04:05Z  –                –          –          –       –       –
        20260102T030405Z-0abc  current  2026-01-02T03:04:05Z  2026-01-02  12.2 s  1,234,567  1,200,000      13  4.5 MB
        "#);
    }

    #[test]
    fn what_is_not_published_is_told() {
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
            let told = row.told(Path::new("FILE"), Path::new("OUT"));
            assert_eq!(told.is_some(), expected.is_some(), "{row:?}");
            let told =
                told.map(|told| format!("{}\n{}", told.what, told.remedy)).unwrap_or_default();
            assert!(told.starts_with(expected.unwrap_or_default()), "{row:?}: {told}");
        }
    }

    #[test]
    fn runs_are_listed_for_programs() {
        let mut text = Vec::new();
        csv::Writer::new(&mut text).write(&batch(&example()).unwrap()).unwrap();
        insta::assert_snapshot!(String::from_utf8(text).unwrap(), @r#"
        run,status,started_at,as_of,seconds,rows_in,orders,tables,bytes,error
        20260103T030405Z-0000,failed,2026-01-03T03:04:05Z,,,,,,,"no space, ""again"""
        20260102T030405Z-0abc,current,2026-01-02T03:04:05Z,2026-01-02,12.25,1234567,1200000,13,4500000,
        "#);
    }
}
