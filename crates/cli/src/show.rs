//! `kohort show`.

use std::io::Write;

use kohort_model::view::{Percent, View};
use kohort_pipeline::{exceeds, is_share};
use kohort_publish::{PublishedRun, PublishedTable};
use kohort_report::{Canvas, Format, Guard, Picture, Query, Source, draw, export, list};

use crate::args::ShowArgs;
use crate::error::CliError;
use crate::messages::{Messages, no_color};
use crate::path::folder;
use crate::stdout::Stdout;

/// Places in a line where stdout is no terminal.
const USUAL_WIDTH: usize = 100;

pub fn show(args: &ShowArgs, messages: &Messages, stdout: &mut Stdout) -> Result<(), CliError> {
    let path = folder(&args.path, messages)?;
    if args.table.is_none() && !PublishedTable::is_at(&path) {
        return Ok(stdout.print(&list(&PublishedRun::open(&path)?)?)?);
    }
    let source = Source::find(&path, args.table.as_deref())?;
    let format = args.format.for_programs();
    if format.is_some() && args.rows.is_some() {
        return Err(CliError::RowsOfTable);
    }
    if format != Some(Format::Csv) && args.guard {
        return Err(CliError::GuardOfCsv);
    }
    let query =
        Query { grain: args.grain, segment: args.segment.clone(), columns: args.column.clone() };
    if let Some(format) = format {
        let guard = if args.guard { Guard::On } else { Guard::Off };
        return Ok(export(&source, &query, format, guard, stdout)?);
    }
    let canvas = Canvas {
        width: width(),
        in_colour: Stdout::is_terminal() && !no_color(),
        rows: args.rows.map(|rows| rows as usize),
    };
    let view = kohort_pipeline::table(&source.name()).map_or(View::PLAIN, |table| table.view);
    let percent = Percent { is_metric: is_share, metric_exceeds: exceeds, ..view.percent };
    let view = View { percent, ..view };
    let Picture { text, left_out } = draw(&source, &query, view, canvas)?;
    if canvas.in_colour {
        stdout.print_coloured(&text)?;
    } else {
        stdout.print(&text)?;
    }
    // The picture first, then what is not in it.
    stdout.flush()?;
    if !left_out.is_empty() {
        messages.say(format_args!("left out: {}", left_out.join("; ")));
    }
    Ok(())
}

/// Places in a line of stdout.
fn width() -> usize {
    let columns = || std::env::var("COLUMNS").ok()?.parse().ok();
    Stdout::width().map(usize::from).or_else(columns).unwrap_or(USUAL_WIDTH)
}
