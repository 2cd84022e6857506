//! One published table as text: heatmaps, tables, sums and bars for people, CSV and JSON for programs.

mod bars;
mod columns;
mod export;
mod frame;
mod heatmap;
mod panels;
mod picture;
mod source;
mod sums;
mod text;
mod top_rows;

#[cfg(test)]
mod tests;

use kohort_model::{Grain, View};
use kohort_publish::PublishedRun;

use crate::error::ReportError;
use crate::grid::{Align, Grid};
use crate::number::count;
pub use export::{Guard, export};
pub use picture::{Canvas, Picture};
pub use source::Source;
use source::{Present, Selection, known, segment};

/// What is written where there is no value.
pub const NULL: &str = "–";

/// Which rows and columns of a table are asked for.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Only rows of this grain; `None` for months where they are there, or in an export for all.
    pub grain: Option<Grain>,
    /// Only rows of a segment, as `NAME`, or of one of its values, as `NAME=VALUE`; `None` for
    /// everybody, or in an export for all.
    pub segment: Option<String>,
    /// Columns by name; none for those that matter most, or in an export for all.
    pub columns: Vec<String>,
}

/// Draws the rows that are asked for in a view of their table, as far as they fit on the canvas.
///
/// # Errors
///
/// A name of the query that the table does not have, a heatmap of no number or of several columns, or a
/// file that cannot be read.
pub fn draw(
    source: &Source,
    query: &Query,
    view: View,
    canvas: Canvas,
) -> Result<Picture, ReportError> {
    for column in &query.columns {
        known("column", column.clone(), &source.columns())?;
    }
    let present = source.present(query.segment.as_deref().map(|argument| segment(argument).0))?;
    let selection = Selection::asked(query, &present)?.or_default(&present);
    let mut picture = Picture::draw(source, &selection, &query.columns, view, canvas)?;
    picture.left_out.splice(..0, others(&present, &selection));
    Ok(picture)
}

/// Grains and segments that are in the table, but not in the picture.
fn others(present: &Present, selection: &Selection) -> Vec<String> {
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
    notes
}

/// The tables of a run, a line each: name, rows, and the question that it answers.
///
/// # Errors
///
/// A file of the run that cannot be read.
pub fn list(run: &PublishedRun) -> Result<String, ReportError> {
    let mut grid =
        Grid::new([("table", Align::Left), ("rows", Align::Right), ("question", Align::Left)]);
    for name in run.tables()? {
        let table = run.table(&name)?;
        let description = table.schema().metadata().get("kohort.description").cloned();
        let rows = count(table.rows());
        grid.row([name, rows, description.unwrap_or_default()]);
    }
    Ok(grid.to_string())
}
