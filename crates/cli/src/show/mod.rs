//! `kohort show`.

mod export;
mod frame;
pub mod grid;
mod heatmap;
mod source;
mod text;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use kohort_publish::PublishedRun;

use crate::args::{ShowArgs, ShowFormat};
use crate::error::CliError;
use crate::messages::{Messages, no_color};
use crate::number::plural;
use crate::stdout::Stdout;
use frame::Frame;
use grid::{Align, Grid};
use heatmap::Heatmap;
use source::{Present, Selection, Source, folder, known, segment};

/// Places in a line where stdout is no terminal.
const USUAL_WIDTH: usize = 100;
/// Cohorts or periods that are shown unless more are asked for.
const USUAL_ROWS: u32 = 24;

pub fn show(args: &ShowArgs, messages: &Messages, stdout: &mut Stdout) -> Result<(), CliError> {
    let path = folder(&args.path)?;
    if args.table.is_none() && !path.is_file() {
        return list(&path, stdout);
    }
    let source = Source::find(&path, args.table.as_deref())?;
    for column in &args.column {
        known("column", column.clone(), &source.columns())?;
    }
    let asked = args.segment.as_deref().map(|argument| segment(argument).0);
    if args.format != ShowFormat::Table && args.rows.is_some() {
        return Err(CliError::RowsOfTable);
    }
    let present = source.present(asked)?;
    let selection = Selection::asked(args, &present)?;
    if args.format != ShowFormat::Table {
        let columns = source.columns();
        let is_asked = |name: &String| args.column.is_empty() || args.column.contains(name);
        let projection: Vec<_> = (0..columns.len()).filter(|i| is_asked(&columns[*i])).collect();
        return export::export(&source, &selection, &projection, args.format, stdout);
    }
    let view = View { width: width(), in_colour: Stdout::is_terminal() && !no_color() };
    let selection = selection.or_default(&present);
    let picture = Picture::new(&source, &selection, args, view)?;
    stdout.write_all(picture.text.as_bytes())?;
    // The picture first, then what is not in it.
    stdout.flush()?;
    let mut left_out = others(&present, &selection);
    left_out.extend(picture.left_out);
    if !left_out.is_empty() {
        messages.say(format_args!("left out: {}", left_out.join("; ")));
    }
    Ok(())
}

/// The tables of a run.
fn list(path: &Path, stdout: &mut Stdout) -> Result<(), CliError> {
    let run = PublishedRun::open(path)?;
    let mut grid =
        Grid::new([("table", Align::Left), ("rows", Align::Right), ("question", Align::Left)]);
    for name in run.tables()? {
        let table = run.table(&name)?;
        let description = table.schema().metadata().get("kohort.description").cloned();
        let rows = crate::number::count(table.rows());
        grid.row([name, rows, description.unwrap_or_default()]);
    }
    Ok(stdout.write_all(grid.to_string().as_bytes())?)
}

/// Where a picture is drawn.
#[derive(Clone, Copy)]
struct View {
    /// Places in a line.
    width: usize,
    in_colour: bool,
}

fn width() -> usize {
    let columns = || std::env::var("COLUMNS").ok()?.parse().ok();
    let terminal = comfy_table::Table::new().width().map(usize::from);
    terminal.or_else(columns).unwrap_or(USUAL_WIDTH)
}

/// Grains and segments that are there, but not selected.
fn others(present: &Present, selection: &Selection) -> Vec<String> {
    let other = |names: &[String], selected: &Option<String>| -> Vec<String> {
        let is_other = |name: &&String| selected.as_ref().is_some_and(|chosen| chosen != *name);
        names.iter().filter(is_other).cloned().collect()
    };
    let mut notes = Vec::new();
    let grains = other(&present.grains, &selection.grain);
    if !grains.is_empty() {
        notes.push(format!("by {} (--grain)", grains.join(", ")));
    }
    let segments = other(&present.segments, &selection.segment);
    if !segments.is_empty() {
        notes.push(format!("by {} (--segment)", segments.join(", ")));
    }
    notes
}

/// A table as text.
struct Picture {
    text: String,
    /// What did not fit.
    left_out: Vec<String>,
}

impl Picture {
    fn new(
        source: &Source,
        selection: &Selection,
        args: &ShowArgs,
        view: View,
    ) -> Result<Self, CliError> {
        let frame = Frame::new(source.rows(selection)?);
        let mut picture = Self { text: String::new(), left_out: Vec::new() };
        let table = source.name();
        let is_map = frame.has("cohort") && frame.has("k");
        let title = title(source, selection);
        if frame.len() == 0 {
            let _ = writeln!(picture.text, "{table}{title}: no rows");
            return Ok(picture);
        }
        let frame = picture.last_rows(&frame, args.rows.unwrap_or(USUAL_ROWS))?;
        if is_map {
            picture.maps(&frame, &table, &title, selection, &args.column, view)?;
        } else {
            let keys = source.note("key").unwrap_or_default();
            let keys: Vec<_> = keys.split(',').filter(|key| !key.is_empty()).collect();
            let _ = writeln!(picture.text, "{table}{title}\n");
            picture.table(&frame, source, &table, &keys, selection, &args.column, view)?;
        }
        Ok(picture)
    }

    /// The rows of the last `limit` cohorts or periods, of a curve the first.
    fn last_rows(&mut self, frame: &Frame, limit: u32) -> Result<Frame, CliError> {
        let limit = limit as usize;
        for (column, noun) in [("cohort", "cohort"), ("period", "period")] {
            if !frame.has(column) {
                continue;
            }
            let days = frame.days(column);
            let Some(first) = days.iter().rev().nth(limit - 1).copied() else {
                return Ok(frame.clone());
            };
            let earlier = days.len() - limit;
            if earlier > 0 {
                let what = plural(earlier as u64, &format!("earlier {noun}"));
                self.left_out.push(format!("{what} (--rows {})", days.len()));
            }
            return Ok(frame.filter(|row| frame.day(column, row).is_none_or(|day| day >= first))?);
        }
        if frame.has("k") {
            let most = (0..frame.len()).filter_map(|row| frame.integer("k", row)).max();
            let all = most.and_then(|most| usize::try_from(most).ok()).map_or(0, |most| most + 1);
            if all > limit {
                let what = plural((all - limit) as u64, "later row");
                self.left_out.push(format!("{what} (--rows {all})"));
            }
            let is_first = |row| frame.integer("k", row).is_none_or(|k| k < limit as i128);
            return Ok(frame.filter(is_first)?);
        }
        if frame.len() > limit {
            let what = plural((frame.len() - limit) as u64, "later row");
            self.left_out.push(format!("{what} (--rows {})", frame.len()));
        }
        Ok(frame.filter(|row| row < limit)?)
    }

    /// One heatmap, or one per value of a segment.
    fn maps(
        &mut self,
        frame: &Frame,
        table: &str,
        title: &str,
        selection: &Selection,
        columns: &[String],
        view: View,
    ) -> Result<(), CliError> {
        let column = match columns {
            [] => "retention_rate",
            [column] => column,
            _ => return Err(CliError::OneColumn),
        };
        if !frame.is_number(column) {
            return Err(CliError::NotANumber { column: column.to_owned() });
        }
        let percent = if frame.is_share(column) { " in %" } else { "" };
        let mut maps = vec![(String::new(), frame.clone())];
        if selection.has_values() {
            let mut values: Vec<Option<String>> = Vec::new();
            for row in 0..frame.len() {
                let value = frame.word("segment_value", row);
                if values.last() != Some(&value) {
                    values.push(value);
                }
            }
            maps.clear();
            for value in values {
                let rows = frame.filter(|row| frame.word("segment_value", row) == value)?;
                maps.push((format!(" {}", rows.text("segment_value", 0)), rows));
            }
        }
        let mut hidden = 0;
        for (i, (value, rows)) in maps.iter().enumerate() {
            let map = Heatmap::new(rows, column);
            let (text, shown) = map.draw(view.width, view.in_colour);
            hidden = hidden.max(map.width() - shown);
            let space = if i > 0 { "\n" } else { "" };
            let _ = write!(self.text, "{space}{table}{title}{value}: {column}{percent}\n\n{text}");
        }
        if hidden > 0 {
            let what = plural(hidden as u64, "later column");
            self.left_out.push(format!("{what} (a wider terminal, or --format csv)"));
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "one caller, which has them all at hand")]
    fn table(
        &mut self,
        frame: &Frame,
        source: &Source,
        table: &str,
        keys: &[&str],
        selection: &Selection,
        asked: &[String],
        view: View,
    ) -> Result<(), CliError> {
        // The title tells these, or another column does.
        let told = |key: &str| match key {
            "grain" | "segment" | "source" | "breakdown" | "breakdown_value" => true,
            "segment_value" => !selection.has_values(),
            _ => false,
        };
        let is_lost_sales = frame.has("breakdown") && frame.has("breakdown_value");
        let is_total = |row: usize| frame.word("breakdown", row).as_deref() == Some("total");
        let rows = if is_lost_sales { frame.filter(is_total)? } else { frame.clone() };
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let mut columns: Vec<_> = keys.iter().filter(|key| !told(key)).cloned().collect();
        let first = columns.len();
        columns.extend(match asked {
            [] => text::columns(table, &keys, &source.columns()),
            asked => asked.iter().filter(|column| !keys.contains(column)).cloned().collect(),
        });
        let mut grid = text::grid(&rows, &columns);
        let dropped = grid.fit(view.width);
        let _ = write!(self.text, "{grid}{}", text::legend(&rows));
        if is_lost_sales {
            let reasons = text::reasons(&frame.filter(|row| !is_total(row))?)?;
            let _ = write!(self.text, "\nreasons, over the periods above\n\n{reasons}");
        }
        let shown = &columns[first..columns.len() - dropped.len().min(columns.len() - first)];
        let hidden: Vec<_> = source
            .columns()
            .into_iter()
            .filter(|column| !keys.contains(column) && !shown.contains(column))
            .filter(|column| column != "is_complete")
            .collect();
        if !hidden.is_empty() {
            self.left_out.push(format!("columns {} (--column)", hidden.join(", ")));
        }
        Ok(())
    }
}

/// What follows the table's name.
fn title(source: &Source, selection: &Selection) -> String {
    let mut title = String::new();
    if let Some(grain) = &selection.grain {
        let _ = write!(title, " by {grain}");
    }
    match (selection.segment.as_deref(), &selection.value) {
        (Some("all"), _) => title.push_str(", everybody"),
        (Some(segment), Some(value)) => {
            let _ = write!(title, ", {segment} {value}");
        }
        (Some(segment), None) => {
            let _ = write!(title, ", {segment}");
        }
        (None, _) => {}
    }
    if let Some(as_of) = source.note("as_of") {
        let _ = write!(title, ", as of {as_of}");
    }
    title
}
