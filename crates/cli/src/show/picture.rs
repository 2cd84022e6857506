//! A table drawn as text, as far as it fits.

use std::fmt::Write;

use super::bars;
use super::frame::Frame;
use super::heatmap::Heatmap;
use super::layout::{Layout, Shape};
use super::ledger::Ledger;
use super::source::{Selection, Source};
use super::text;
use crate::error::CliError;
use crate::number::plural;

/// The canvas.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// Places in a line.
    pub width: usize,
    pub in_colour: bool,
    /// Most cohorts, periods, steps or customers, at least 1; `None` for as many as one takes in at
    /// a glance.
    pub rows: Option<usize>,
}

/// Columns that are left out and named; of more only the number is told.
const NAMED: usize = 5;

/// A table as text.
pub struct Picture {
    pub text: String,
    /// What did not fit, and how to see it.
    pub left_out: Vec<String>,
}

impl Picture {
    /// The selected rows, with the `columns` asked for or else those that matter most.
    pub fn draw(
        source: &Source,
        selection: &Selection,
        columns: &[String],
        view: View,
    ) -> Result<Self, CliError> {
        let layout = Layout::of(&source.name()).with_columns(columns);
        let title = title(source, selection);
        let mut picture = Self { text: String::new(), left_out: Vec::new() };
        let limit = view.rows.unwrap_or(layout.rows);
        let frame = picture.rows(source, selection, layout.shape, limit)?;
        if frame.len() == 0 {
            picture.text = format!("{title}: no rows\n");
            return Ok(picture);
        }
        if frame.has("cohort") && frame.has("k") {
            let column = match columns {
                [] => "retention_rate",
                [column] => column,
                _ => return Err(CliError::OneColumn),
            };
            picture.maps(&frame, &title, column, view)?;
        } else {
            let columns = Columns::new(source, selection, &layout, &frame, columns);
            picture.shape(&frame, &title, &layout, columns, view.width)?;
        }
        Ok(picture)
    }

    /// The rows that are drawn, or summed.
    fn rows(
        &mut self,
        source: &Source,
        selection: &Selection,
        shape: Shape,
        limit: usize,
    ) -> Result<Frame, CliError> {
        let Shape::Top(order) = shape else {
            let frame = Frame::new(source.rows(selection)?);
            return self.some_rows(&frame, shape, limit);
        };
        let ledger = Ledger::read(source, selection, order, limit)?;
        self.hide_rows(ledger.all, limit, "row");
        if ledger.other_periods > 0 {
            let what = plural(ledger.other_periods as u64, "other period");
            self.left_out.push(format!("{what} (--format csv)"));
        }
        Ok(ledger.rows)
    }

    /// The rows of the last `limit` cohorts, periods or steps; of a table without them the first
    /// rows.
    fn some_rows(&mut self, frame: &Frame, shape: Shape, limit: usize) -> Result<Frame, CliError> {
        if shape == Shape::Last {
            self.hide_rows(frame.len(), limit, "earlier row");
            return Ok(frame.slice(frame.len().saturating_sub(limit), frame.len()));
        }
        for (column, noun) in
            [("cohort", "earlier cohort"), ("period", "earlier period"), ("step", "earlier step")]
        {
            if frame.has(column) {
                let all = frame.integers(column);
                let first = all.iter().nth_back(limit.min(all.len()).saturating_sub(1)).copied();
                self.hide_rows(all.len(), limit, noun);
                return Ok(frame.filter(|row| frame.integer(column, row) >= first)?);
            }
        }
        if frame.has("k") {
            let ks = frame.integers("k");
            let last = ks.iter().nth(limit.min(ks.len()).saturating_sub(1)).copied();
            self.hide_rows(ks.len(), limit, "later row");
            return Ok(frame.filter(|row| frame.integer("k", row) <= last)?);
        }
        self.hide_rows(frame.len(), limit, "later row");
        Ok(frame.filter(|row| row < limit)?)
    }

    fn hide_rows(&mut self, all: usize, limit: usize, noun: &str) {
        if all > limit {
            let what = plural((all - limit) as u64, noun);
            self.left_out.push(format!("{what} (--rows {all})"));
        }
    }

    /// One heatmap, or one for each value of a segment.
    fn maps(
        &mut self,
        frame: &Frame,
        title: &str,
        column: &str,
        view: View,
    ) -> Result<(), CliError> {
        if !frame.is_number(column) {
            return Err(CliError::NotANumber { column: column.to_owned() });
        }
        let percent = if frame.is_share(column) { " in %" } else { "" };
        let mut hidden = 0;
        for (title, rows) in values(frame, title) {
            let map = Heatmap::new(&rows, column);
            let (text, shown) = map.draw(view.width, view.in_colour);
            hidden = hidden.max(map.width() - shown);
            self.section(&format!("{title}: {column}{percent}\n\n{text}"));
        }
        if hidden > 0 {
            let what = plural(hidden as u64, "later column");
            self.left_out.push(format!("{what} (a wider terminal, or --format csv)"));
        }
        Ok(())
    }

    /// What is no heatmap.
    fn shape(
        &mut self,
        frame: &Frame,
        title: &str,
        layout: &Layout,
        columns: Columns,
        width: usize,
    ) -> Result<(), CliError> {
        let mut dropped = Vec::new();
        match layout.shape {
            Shape::Rows | Shape::Last | Shape::Top(_) | Shape::Totals(_) => {
                let rows = match layout.shape {
                    Shape::Totals(of) => frame.only(of)?,
                    _ => frame.clone(),
                };
                let order = match layout.shape {
                    Shape::Top(order) => format!(": {}", order.name()),
                    _ => String::new(),
                };
                let is_told = columns.shown.iter().any(|column| column == "segment_value");
                let title = if is_told { title.to_owned() } else { with_value(frame, title) };
                let mut grid = text::grid(&rows, &columns.shown);
                dropped = columns.shown[columns.shown.len() - grid.fit(width)..].to_vec();
                self.section(&format!(
                    "{title}{order}\n\n{grid}{}",
                    text::legend(&rows, &columns.shown)
                ));
                let shown = &columns.shown;
                self.blocks(layout.blocks, frame, shown, "over the periods above", width)?;
            }
            Shape::Across { by, each } => {
                for (title, rows) in values(frame, title) {
                    let (mut grid, names) = text::across(&rows, &columns.shown, by, each);
                    dropped = names[names.len() - grid.fit(width)..].to_vec();
                    self.section(&format!(
                        "{title}\n\n{grid}{}",
                        text::legend(&rows, &columns.shown)
                    ));
                }
            }
            Shape::Blocks => {
                let parts = values(frame, title);
                // Of many values the first block only, which tells most.
                let blocks = if parts.len() > 1 { &layout.blocks[..1] } else { layout.blocks };
                for (title, rows) in parts {
                    self.section(&format!("{title}\n"));
                    let over = format!("over {}", text::periods(&rows));
                    self.blocks(blocks, &rows, &columns.shown, &over, width)?;
                    self.text.push_str(text::legend(&rows, &columns.shown));
                }
                for block in &layout.blocks[blocks.len()..] {
                    let title = block.title();
                    self.left_out.push(format!("{title} (--segment NAME=VALUE)"));
                }
                self.left_out.push(BEHIND.to_owned());
            }
            Shape::Bars(of) => {
                for (title, rows) in values(&frame.only(of)?, title) {
                    let over = text::periods(&rows);
                    let (bars, legend) =
                        (bars::bars(&rows, width), text::legend(&rows, &columns.shown));
                    self.section(&format!("{title}: gaps, over {over}\n\n{bars}{legend}"));
                }
                self.left_out.push(BEHIND.to_owned());
            }
        }
        dropped.extend(columns.hidden);
        match dropped.len() {
            0 => {}
            1..=NAMED => self.left_out.push(format!("columns {} (--column)", dropped.join(", "))),
            many => {
                let note = format!("{many} columns (--column; kohort schema names them)");
                self.left_out.push(note);
            }
        }
        Ok(())
    }

    /// A part with an empty line before it, unless it is the first one.
    pub fn section(&mut self, text: &str) {
        let space = if self.text.is_empty() { "" } else { "\n" };
        let _ = write!(self.text, "{space}{text}");
    }
}

/// What is summed.
const BEHIND: &str = "the rows behind the sums (--column, or --format csv)";

/// The rows of each value of a segment, with the value in the title.
fn values(frame: &Frame, title: &str) -> Vec<(String, Frame)> {
    let mut parts = Vec::new();
    let mut start = 0;
    while start < frame.len() {
        // Rows are sorted by key, so those of a value stand together.
        let value = frame.word("segment_value", start);
        let is_same = |row: &usize| frame.word("segment_value", *row) == value;
        let end = (start..frame.len()).take_while(is_same).last().map_or(start, |row| row + 1);
        let rows = frame.slice(start, end);
        parts.push((with_value(&rows, title), rows));
        start = end;
    }
    parts
}

/// The title, and the segment's value in the first row, if it has one.
fn with_value(frame: &Frame, title: &str) -> String {
    match frame.len() {
        1.. if frame.word("segment_value", 0).is_some() => {
            format!("{title} {}", frame.text("segment_value", 0))
        }
        _ => title.to_owned(),
    }
}

/// The columns of a text table.
struct Columns {
    shown: Vec<String>,
    hidden: Vec<String>,
}

impl Columns {
    /// The key columns first, as far as the title does not tell them.
    fn new(
        source: &Source,
        selection: &Selection,
        layout: &Layout,
        frame: &Frame,
        asked: &[String],
    ) -> Self {
        let is_told = |column: &str| match column {
            "segment_value" => !selection.has_values(),
            // By the title and by stars.
            "grain" | "segment" | "is_complete" => true,
            _ => layout.told.contains(&column),
        };
        let keys: Vec<_> = source.note("key").unwrap_or_default().split(',').collect();
        let all: Vec<_> = source.columns().into_iter().filter(|column| !is_told(column)).collect();
        let is_key = |column: &String| keys.contains(&column.as_str());
        let others = match asked {
            [] => text::columns(layout, frame, &all),
            asked => asked.to_vec(),
        };
        let mut shown: Vec<_> = all.iter().filter(|column| is_key(column)).cloned().collect();
        shown.extend(others.into_iter().filter(|column| !is_key(column)));
        let hidden = all.into_iter().filter(|column| !shown.contains(column)).collect();
        Self { shown, hidden }
    }
}

/// `customer_retention by month, everybody, as of 2025-01-01`.
fn title(source: &Source, selection: &Selection) -> String {
    let mut title = source.name();
    if let Some(grain) = &selection.grain {
        let _ = write!(title, " by {grain}");
    }
    if let Some(as_of) = source.note("as_of") {
        let _ = write!(title, ", as of {as_of}");
    }
    match (selection.segment.as_deref(), &selection.value) {
        (Some("all"), _) => title.push_str(", everybody"),
        (Some(segment), _) => {
            let _ = write!(title, ", {segment}");
        }
        (None, _) => {}
    }
    title
}
