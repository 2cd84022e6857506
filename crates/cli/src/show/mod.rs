//! `kohort show`.

mod bars;
mod blocks;
mod columns;
mod export;
mod frame;
pub mod grid;
mod heatmap;
mod layout;
mod layouts;
mod ledger;
mod picture;
mod sales;
mod source;
mod sums;
mod text;

#[cfg(test)]
mod tests;

use std::io::Write;
use std::path::Path;

use kohort_publish::{PublishedRun, PublishedTable};

use crate::args::{ShowArgs, ShowFormat};
use crate::error::CliError;
use crate::messages::{Messages, no_color};
use crate::number::count;
use crate::stdout::Stdout;
pub use frame::NULL;
use grid::{Align, Grid};
use picture::{Picture, View};
pub use source::folder;
use source::{Present, Selection, Source, known, segment};

/// Places in a line where stdout is no terminal.
const USUAL_WIDTH: usize = 100;

pub fn show(args: &ShowArgs, messages: &Messages, stdout: &mut Stdout) -> Result<(), CliError> {
    let path = folder(&args.path, messages)?;
    if args.table.is_none() && !PublishedTable::is_at(&path) {
        return list(&path, stdout);
    }
    let source = Source::find(&path, args.table.as_deref())?;
    let chosen = Chosen::new(args, &source)?;
    if args.format != ShowFormat::Table {
        return export::export(&source, &chosen, (args.format, args.guard), stdout);
    }
    let selection = chosen.selection.or_default(&chosen.present);
    let view = View {
        width: width(),
        in_colour: Stdout::is_terminal() && !no_color(),
        rows: args.rows.map(|rows| rows as usize),
    };
    let picture = Picture::draw(&source, &selection, &args.column, view)?;
    if view.in_colour {
        stdout.print_coloured(&picture.text)?;
    } else {
        stdout.print(&picture.text)?;
    }
    // The picture first, then what is not in it.
    stdout.flush()?;
    if let Some(left_out) = left_out(&chosen.present, &selection, picture.left_out) {
        messages.say(left_out);
    }
    Ok(())
}

/// What the arguments ask for, as far as it is there.
struct Chosen {
    selection: Selection,
    /// Indices of the columns asked for; all where none is.
    projection: Vec<usize>,
    /// What else is there.
    present: Present,
}

impl Chosen {
    fn new(args: &ShowArgs, source: &Source) -> Result<Self, CliError> {
        if args.format != ShowFormat::Table && args.rows.is_some() {
            return Err(CliError::RowsOfTable);
        }
        if args.format != ShowFormat::Csv && args.guard {
            return Err(CliError::GuardOfCsv);
        }
        let columns = source.columns();
        let position = |name: &String| {
            let name = known("column", name.clone(), &columns)?;
            Ok(columns.iter().position(|column| *column == name).unwrap_or_default())
        };
        let mut projection =
            args.column.iter().map(position).collect::<Result<Vec<_>, CliError>>()?;
        if projection.is_empty() {
            projection = (0..columns.len()).collect();
        }
        // A whole table as CSV needs no look at its keys first.
        let is_whole = args.grain.is_none() && args.segment.is_none();
        let present = if args.format != ShowFormat::Table && is_whole {
            Present::default()
        } else {
            source.present(args.segment.as_deref().map(|argument| segment(argument).0))?
        };
        Ok(Self { selection: Selection::asked(args, &present)?, projection, present })
    }
}

/// The tables of a run.
fn list(path: &Path, stdout: &mut Stdout) -> Result<(), CliError> {
    let run = PublishedRun::open(path)?;
    let mut grid =
        Grid::new([("table", Align::Left), ("rows", Align::Right), ("question", Align::Left)]);
    for name in run.tables()? {
        let table = run.table(&name)?;
        let description = table.schema().metadata().get("kohort.description").cloned();
        let rows = count(table.rows());
        grid.row([name, rows, description.unwrap_or_default()]);
    }
    Ok(stdout.print(&grid.to_string())?)
}

/// Places in a line of stdout.
fn width() -> usize {
    let columns = || std::env::var("COLUMNS").ok()?.parse().ok();
    Stdout::width().map(usize::from).or_else(columns).unwrap_or(USUAL_WIDTH)
}

/// What is in the table, but not in the picture.
fn left_out(present: &Present, selection: &Selection, hidden: Vec<String>) -> Option<String> {
    let mut notes = Vec::new();
    for (names, chosen, flag) in [
        (&present.grains, &selection.grain, "--grain"),
        (&present.segments, &selection.segment, "--segment"),
    ] {
        let is_other = |name: &&str| chosen.as_ref().is_some_and(|chosen| chosen != name);
        let others: Vec<_> = names.iter().map(String::as_str).filter(is_other).collect();
        if !others.is_empty() {
            notes.push(format!("by {} ({flag})", others.join(", ")));
        }
    }
    notes.extend(hidden);
    (!notes.is_empty()).then(|| format!("left out: {}", notes.join("; ")))
}
