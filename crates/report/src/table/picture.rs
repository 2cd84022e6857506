//! The picture of a table: text, as far as it fits.

use std::fmt::Write;

use kohort_model::shown;

use super::bars;
use super::columns::Columns;
use super::frame::Frame;
use super::heatmap::Heatmap;
use super::panels::Ground;
use kohort_model::view::{Apart, Panel, Shape, View};

use super::source::{Selection, Source};
use super::text;
use super::top_rows::TopRows;
use crate::error::ReportError;
use crate::number::plural;

/// Where a picture is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Canvas {
    /// Places in a line.
    pub width: usize,
    /// Whether heatmaps have colours, as ANSI escapes.
    pub in_colour: bool,
    /// Most cohorts, periods, steps or customers, at least 1; `None` for as many as one takes in at
    /// a glance.
    pub rows: Option<usize>,
}

/// Columns that are left out and named; of more only the number is shown.
const NAMED: usize = 5;

/// A table as text.
pub struct Picture {
    /// Lines, each with its end.
    pub text: String,
    /// What is in the table and not in the picture, and how to see it.
    pub left_out: Vec<String>,
}

/// The view for columns that are asked for: what is drawn instead of rows has no place for them.
fn with_columns(view: View, asked: &[String]) -> View {
    match view.shape {
        Shape::Panels | Shape::Lists | Shape::Bars(_) if !asked.is_empty() => View {
            shape: Shape::Last,
            panels: &[],
            implied: &[],
            apart: None,
            rows: View::PLAIN.rows,
            ..view
        },
        // They are columns that might be asked for.
        _ if !asked.is_empty()
            && view.panels.iter().all(|p| matches!(p, Panel::Columns { .. })) =>
        {
            View { panels: &[], ..view }
        }
        _ => view,
    }
}

/// What is kept apart in these rows.
pub(super) fn apart(view: &View, rows: &Frame) -> Option<Apart> {
    let is_unusual =
        |apart: &Apart| rows.words(apart.column).iter().any(|value| value != apart.usual);
    view.apart.filter(is_unusual)
}

impl Picture {
    /// The selected rows, with the `columns` asked for or else those that matter most.
    pub(super) fn draw(
        source: &Source,
        selection: &Selection,
        columns: &[String],
        view: View,
        canvas: Canvas,
    ) -> Result<Self, ReportError> {
        let view = with_columns(view, columns);
        let title = title(source, selection);
        let mut picture = Self { text: String::new(), left_out: Vec::new() };
        let frame = picture.rows(source, selection, &view, canvas.rows)?;
        if frame.len() == 0 {
            picture.text = format!("{title}: no rows\n");
            return Ok(picture);
        }
        if let Shape::Heatmap { value } = view.shape {
            let column = match columns {
                [] => value,
                [column] => column,
                _ => return Err(ReportError::OneColumn),
            };
            picture.maps(&frame, &title, column, canvas)?;
        } else {
            let columns = Columns::new(source, selection, &view, &frame, columns);
            picture.shape(&frame, &title, &view, columns, canvas)?;
        }
        Ok(picture)
    }

    /// The rows that are drawn, or summed.
    fn rows(
        &mut self,
        source: &Source,
        selection: &Selection,
        view: &View,
        asked: Option<usize>,
    ) -> Result<Frame, ReportError> {
        let Shape::Top(order) = view.shape else {
            let frame = Frame::new(source.rows(selection)?, view.percent);
            let parts = apart(view, &frame).map_or(1, |apart| frame.words(apart.column).len());
            // Several parts, each with lines of its own in every panel, take the place of one.
            let usual = if parts > 1 { (view.rows / (2 * parts)).max(1) } else { view.rows };
            return self.some_rows(&frame, view.shape, asked.unwrap_or(usual));
        };
        let limit = asked.unwrap_or(view.rows);
        let top = TopRows::read(source, selection, order, limit, view.percent)?;
        self.hide_rows(top.all, limit, "row");
        if top.other_periods > 0 {
            let what = plural(top.other_periods as u64, "other period");
            self.left_out.push(format!("{what} (--format csv)"));
        }
        Ok(top.rows)
    }

    /// The rows of the last `limit` cohorts, periods or steps; of a table without them the first
    /// rows.
    fn some_rows(
        &mut self,
        frame: &Frame,
        shape: Shape,
        limit: usize,
    ) -> Result<Frame, ReportError> {
        match shape {
            // The panels choose.
            Shape::Lists => return Ok(frame.clone()),
            Shape::Last => {
                self.hide_rows(frame.len(), limit, "earlier row");
                return Ok(frame.slice(frame.len().saturating_sub(limit), frame.len()));
            }
            Shape::First(order) => {
                self.hide_rows(frame.len(), limit, "row");
                return Ok(frame.first(order, limit)?);
            }
            _ => {}
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
        canvas: Canvas,
    ) -> Result<(), ReportError> {
        if !frame.is_number(column) {
            return Err(ReportError::NotANumber { column: column.to_owned() });
        }
        let percent = if frame.is_share(column) { " in %" } else { "" };
        let mut hidden = 0;
        for (title, rows) in values(frame, title)? {
            let map = Heatmap::new(&rows, column);
            let (text, shown) = map.draw(canvas.width, canvas.in_colour);
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
        view: &View,
        columns: Columns,
        canvas: Canvas,
    ) -> Result<(), ReportError> {
        let width = canvas.width;
        let ground = Ground {
            frame,
            shown: &columns.shown,
            apart: apart(view, frame).map(|apart| apart.column),
            over: "over the periods above",
            most: canvas.rows.unwrap_or(view.rows),
            width,
        };
        let mut dropped = Vec::new();
        match view.shape {
            // A heatmap is drawn before.
            Shape::Heatmap { .. } => {}
            Shape::Rows | Shape::Last | Shape::Top(_) | Shape::First(_) | Shape::Totals(_) => {
                let rows = match view.shape {
                    Shape::Totals(of) => frame.only(of)?,
                    _ => frame.clone(),
                };
                let order = match view.shape {
                    Shape::Top(order) | Shape::First(order) => format!(": {}", order.name()),
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
                self.panels(view.panels, ground)?;
            }
            Shape::Across { by, each } => {
                for (title, rows) in values(frame, title)? {
                    let (mut grid, names) = text::across(&rows, &columns.shown, by, each);
                    dropped = names[names.len() - grid.fit(width)..].to_vec();
                    self.section(&format!(
                        "{title}\n\n{grid}{}",
                        text::legend(&rows, &columns.shown)
                    ));
                }
            }
            Shape::Panels | Shape::Lists => {
                let parts = values(frame, title)?;
                // Of many values the first panel only, which tells most.
                let panels = if parts.len() > 1 { &view.panels[..1] } else { view.panels };
                let is_summed = view.panels.iter().any(|panel| matches!(panel, Panel::Sums(_)));
                for (title, rows) in parts {
                    self.section(&format!("{title}\n"));
                    let over = format!("over {}", text::periods(&rows));
                    self.panels(panels, Ground { frame: &rows, over: &over, ..ground })?;
                    if is_summed {
                        self.text.push_str(&text::legend(&rows, &columns.shown));
                    }
                }
                for panel in &view.panels[panels.len()..] {
                    let title = panel.title();
                    self.left_out.push(format!("{title} (--segment NAME=VALUE)"));
                }
                self.left_out.push(if is_summed { BEHIND } else { OTHER }.to_owned());
            }
            Shape::Bars(of) => {
                for (title, rows) in values(&frame.only(&[of])?, title)? {
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
    pub(super) fn section(&mut self, text: &str) {
        let space = if self.text.is_empty() { "" } else { "\n" };
        let _ = write!(self.text, "{space}{text}");
    }
}

/// What is summed.
const BEHIND: &str = "the rows behind the sums (--column, or --format csv)";
/// What is chosen from.
const OTHER: &str = "other rows and columns (--column, or --format csv)";

/// The rows of each value of a segment, with the value in the title.
fn values(frame: &Frame, title: &str) -> Result<Vec<(String, Frame)>, ReportError> {
    let parts = frame.parts("segment_value")?;
    Ok(parts.into_iter().map(|(_, rows)| (with_value(&rows, title), rows)).collect())
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
    shown(&title).into_owned()
}
