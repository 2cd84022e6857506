//! A table drawn as text, as far as it fits.

use std::fmt::Write;

use super::frame::Frame;
use super::heatmap::Heatmap;
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
    /// Most cohorts or periods, at least 1; `None` for as many as one takes in at a glance.
    pub rows: Option<usize>,
}

/// Cohorts or periods that are shown unless more are asked for: two years of months.
const USUAL_ROWS: usize = 24;
/// The same of a table with a row for each buyer in each period.
const USUAL_ROWS_BY_BUYER: usize = 12;

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
        let frame = Frame::new(source.rows(selection)?);
        let title = title(source, selection);
        let mut picture = Self { text: String::new(), left_out: Vec::new() };
        if frame.len() == 0 {
            picture.text = format!("{title}: no rows\n");
            return Ok(picture);
        }
        let usual = if frame.has("buyer") { USUAL_ROWS_BY_BUYER } else { USUAL_ROWS };
        let frame = picture.some_rows(&frame, view.rows.unwrap_or(usual))?;
        if frame.has("cohort") && frame.has("k") {
            let column = match columns {
                [] => "retention_rate",
                [column] => column,
                _ => return Err(CliError::OneColumn),
            };
            picture.maps(&frame, &title, column, view)?;
        } else {
            let shown = Columns::new(source, selection, columns);
            picture.table(&frame, &title, shown, view)?;
        }
        Ok(picture)
    }

    /// The rows of the last `limit` cohorts or periods; of a table without either the first rows.
    fn some_rows(&mut self, frame: &Frame, limit: usize) -> Result<Frame, CliError> {
        for (column, noun) in [("cohort", "earlier cohort"), ("period", "earlier period")] {
            if frame.has(column) {
                let days = frame.days(column);
                let first = days.iter().nth_back(limit.min(days.len()).saturating_sub(1)).copied();
                self.hide_rows(days.len(), limit, noun);
                return Ok(frame.filter(|row| frame.day(column, row) >= first)?);
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
        let mut start = 0;
        while start < frame.len() {
            // Rows are sorted by key, so those of a value stand together.
            let value = frame.word("segment_value", start);
            let is_same = |row: &usize| frame.word("segment_value", *row) == value;
            let end = (start..frame.len()).take_while(is_same).last().map_or(start, |row| row + 1);
            let map = Heatmap::new(&frame.slice(start, end), column);
            let (text, shown) = map.draw(view.width, view.in_colour);
            hidden = hidden.max(map.width() - shown);
            let space = if start > 0 { "\n" } else { "" };
            let value = match value {
                Some(_) => format!(" {}", frame.text("segment_value", start)),
                None => String::new(),
            };
            let _ = write!(self.text, "{space}{title}{value}: {column}{percent}\n\n{text}");
            start = end;
        }
        if hidden > 0 {
            let what = plural(hidden as u64, "later column");
            self.left_out.push(format!("{what} (a wider terminal, or --format csv)"));
        }
        Ok(())
    }

    fn table(
        &mut self,
        frame: &Frame,
        title: &str,
        columns: Columns,
        view: View,
    ) -> Result<(), CliError> {
        let has_reasons = frame.has("breakdown") && frame.has("breakdown_value");
        let is_total = |row| frame.word("breakdown", row).as_deref() == Some("total");
        let rows = if has_reasons { frame.filter(is_total)? } else { frame.clone() };
        let mut grid = text::grid(&rows, &columns.shown);
        let dropped = grid.fit(view.width);
        let is_told = columns.shown.iter().any(|column| column == "segment_value");
        let value = match frame.len() {
            1.. if !is_told && frame.word("segment_value", 0).is_some() => {
                format!(" {}", frame.text("segment_value", 0))
            }
            _ => String::new(),
        };
        let _ = write!(self.text, "{title}{value}\n\n{grid}{}", text::legend(&rows));
        let of_reasons = if has_reasons { Some(frame.filter(|row| !is_total(row))?) } else { None };
        if let Some(of_reasons) = of_reasons.filter(|rows| rows.len() > 0) {
            let reasons = text::reasons(&of_reasons);
            let _ = write!(self.text, "\nreasons, over the periods above\n\n{reasons}");
        }
        let mut hidden = columns.shown[columns.shown.len() - dropped..].to_vec();
        hidden.extend(columns.hidden);
        match hidden.len() {
            0 => {}
            1..=NAMED => self.left_out.push(format!("columns {} (--column)", hidden.join(", "))),
            many => {
                let note = format!("{many} columns (--column; kohort schema names them)");
                self.left_out.push(note);
            }
        }
        Ok(())
    }
}

/// The columns of a text table.
struct Columns {
    shown: Vec<String>,
    hidden: Vec<String>,
}

impl Columns {
    /// The key columns first, as far as the title does not tell them.
    fn new(source: &Source, selection: &Selection, asked: &[String]) -> Self {
        let is_told = |column: &str| match column {
            "segment_value" => !selection.has_values(),
            // By the title, by stars, by the list of reasons; and there is one source.
            "grain" | "segment" | "is_complete" | "breakdown" | "breakdown_value" | "source" => {
                true
            }
            _ => false,
        };
        let keys: Vec<_> = source.note("key").unwrap_or_default().split(',').collect();
        let all: Vec<_> = source.columns().into_iter().filter(|column| !is_told(column)).collect();
        let is_key = |column: &String| keys.contains(&column.as_str());
        let others = match asked {
            [] => text::columns(&source.name(), &all),
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
