//! Blocks: lists and sums below the rows of a table, or in their place.

use std::collections::{BTreeMap, BTreeSet};

use arrow::error::ArrowError;

use super::frame::Frame;
use kohort_model::BY_PERIOD;
use kohort_model::view::{Order, Panel, Sums, Where};

use super::picture::Picture;
use super::sums::sums;
use super::text;
use crate::error::ReportError;
use crate::number::{count, plural};

/// What panels are drawn of, and where.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    pub frame: &'a Frame,
    /// Columns of the rows above.
    pub shown: &'a [String],
    /// The column whose values are kept apart, where there are several.
    pub apart: Option<&'static str>,
    /// Which periods are summed.
    pub over: &'a str,
    /// Rows that are shown of a list.
    pub most: usize,
    /// Places in a line.
    pub width: usize,
}

impl Picture {
    pub(super) fn panels(&mut self, panels: &[Panel], ground: Ground) -> Result<(), ReportError> {
        let mut single: Vec<&str> = Vec::new();
        let mut several: Vec<&str> = Vec::new();
        for panel in panels {
            match *panel {
                Panel::Sums(ref summed) => {
                    let unsummed = self.sums(summed, ground)?;
                    if !unsummed.is_empty() {
                        single = unsummed;
                        several.push(summed.title);
                    }
                }
                Panel::Columns { title, columns } => {
                    let is_key = |column: &&str| BY_PERIOD.contains(column);
                    let keys = ground.shown.iter().map(String::as_str).filter(is_key);
                    let columns: Vec<_> = keys.chain(columns.iter().copied()).collect();
                    self.list((title, ""), ground.frame, &columns, ground);
                }
                Panel::Period { title, by, of, settled, columns } => {
                    self.period(title, by, (of, settled), columns, ground)?;
                }
                Panel::Rows { title, of, columns } => {
                    self.list((title, ""), &ground.frame.only(&[of])?, columns, ground);
                }
                Panel::First { title, of, order, pair, columns } => {
                    let (rows, is_all) = first(&ground.frame.only(of)?, order, pair, ground)?;
                    let order = format!(", {}", order.name());
                    self.list((title, &order), &rows, columns, ground);
                    let note = format!("{title} beyond the first {} (--rows)", ground.most);
                    // Several values of a segment leave out the same.
                    if !is_all && !self.left_out.contains(&note) {
                        self.left_out.push(note);
                    }
                }
                Panel::Newest { title, by, first, columns } => {
                    self.list((title, ""), &newest(ground.frame, by, first)?, columns, ground);
                }
            }
        }
        if !several.is_empty() {
            let (columns, titles) = (single.join(", "), several.join(", "));
            let note = format!("{columns} where {titles} sum several rows (--format csv)");
            self.left_out.push(note);
        }
        Ok(())
    }

    /// Draws sums, and says which columns have none.
    fn sums(&mut self, panel: &Sums, ground: Ground) -> Result<Vec<&'static str>, ReportError> {
        let rows = ground.frame.only(panel.of)?;
        let Some(mut summed) = sums(&rows, panel, ground.apart) else { return Ok(Vec::new()) };
        let title = panel.title;
        let dropped = summed.grid.fit(ground.width);
        let legend = if summed.has_open { "* may still convert\n" } else { "" };
        self.section(&format!("{title}, {}\n\n{}{legend}", ground.over, summed.grid));
        self.narrow(dropped, title);
        if summed.hidden > 0 {
            let note = format!("{} more {title} (--format csv)", count(summed.hidden as u64));
            self.left_out.push(note);
        }
        Ok(summed.unsummed)
    }

    /// Draws the rows with a value in `by` of the last complete period that is settled.
    fn period(
        &mut self,
        title: &str,
        by: &str,
        (of, settled): (Where, &str),
        columns: &[&str],
        ground: Ground,
    ) -> Result<(), ReportError> {
        let frame = ground.frame;
        let is_settled = |row: &usize| {
            frame.is(of, *row)
                && frame.word(settled, *row).is_some()
                && frame.flag("is_complete", *row, true)
        };
        let last = (0..frame.len()).filter(is_settled).max_by_key(|row| frame.day("period", *row));
        let Some(last) = last else { return Ok(()) };
        let last_day = frame.day("period", last);
        let rows = frame
            .filter(|row| frame.day("period", row) == last_day && frame.word(by, row).is_some())?;
        let day = format!(": {}", frame.text("period", last));
        let columns: Vec<_> = match columns {
            // The title names the period.
            [] => ground
                .shown
                .iter()
                .map(|column| if column == "period" { by } else { column })
                .collect(),
            columns => [by].iter().chain(columns).copied().collect(),
        };
        self.list((title, &day), &rows, &columns, ground);
        Ok(())
    }

    /// Draws rows as they are, if there are any, below a title and what else is said about them.
    fn list(
        &mut self,
        (title, which): (&str, &str),
        rows: &Frame,
        columns: &[&str],
        ground: Ground,
    ) {
        if rows.len() == 0 {
            return;
        }
        let apart = ground.apart.iter().filter(|column| !columns.contains(column));
        let columns = apart.chain(columns).filter(|column| rows.has(column));
        let columns: Vec<_> = columns.map(|column| (*column).to_owned()).collect();
        let mut grid = text::grid(rows, &columns);
        let dropped = grid.fit(ground.width);
        self.section(&format!("{title}{which}\n\n{grid}{}", text::legend(rows, &columns)));
        self.narrow(dropped, title);
    }

    /// Says how many columns of a panel did not fit.
    fn narrow(&mut self, dropped: usize, title: &str) {
        if dropped > 0 {
            let what = plural(dropped as u64, "column");
            self.left_out.push(format!("{what} of {title} (a wider terminal, or --format csv)"));
        }
    }
}

/// The rows that come first among those of each value kept apart, and whether these are all.
fn first(
    rows: &Frame,
    order: Order,
    pair: Option<(&str, &str)>,
    ground: Ground,
) -> Result<(Frame, bool), ArrowError> {
    let parts = match ground.apart {
        Some(column) => rows.parts(column)?.into_iter().map(|(_, rows)| rows).collect(),
        None => vec![rows.clone()],
    };
    let mut firsts = Vec::new();
    let mut is_all = true;
    for part in parts {
        let part = match pair {
            Some(pair) => once(&part, pair)?,
            None => part,
        };
        is_all &= part.len() <= ground.most;
        firsts.push(part.first(order, ground.most)?);
    }
    Ok((Frame::concat(&rows.schema(), &firsts, rows.percent)?, is_all))
}

/// The first of the rows that have the same two values, in whichever order.
fn once(rows: &Frame, (one, other): (&str, &str)) -> Result<Frame, ArrowError> {
    let mut pairs = BTreeSet::new();
    let chosen = (0..rows.len()).filter(|row| {
        let (one, other) = (rows.word(one, *row), rows.word(other, *row));
        pairs.insert(if one <= other { (one, other) } else { (other, one) })
    });
    let chosen: Vec<_> = chosen.collect();
    rows.take(chosen.into_iter())
}

/// Of each value of `by` the row of its last complete period, or of its last, if none is complete.
/// The `first` values come first.
fn newest(frame: &Frame, by: &str, first: &[&str]) -> Result<Frame, ArrowError> {
    let mut newest = BTreeMap::new();
    for row in 0..frame.len() {
        let place = (frame.flag("is_complete", row, true), frame.day("period", row), row);
        let last = newest.entry(frame.word(by, row)).or_insert(place);
        *last = place.max(*last);
    }
    let mut rows: Vec<_> = newest.into_iter().map(|(value, (.., row))| (value, row)).collect();
    rows.sort_by_key(|(value, _)| {
        let place = first.iter().position(|first| Some(*first) == value.as_deref());
        place.unwrap_or(first.len())
    });
    frame.take(rows.into_iter().map(|(_, row)| row))
}
