//! The report of differences for reading.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use kohort_model::shown;
use kohort_publish::RunRecord;
use kohort_publish::diff::{
    Change, Comparison, Counts, FileChange, Period, Scope, TableDifference, What, suspects,
};

use super::largest::Largest;
use super::{ComparedTable, text};
use crate::error::ReportError;
use crate::grid::{Align, Grid};
use crate::number::{count, plural};

/// Files that are named for a period, and months for a file.
const NAMED: usize = 3;

/// Differences for reading.
#[derive(Clone, Debug)]
pub struct Report {
    /// Lines, each with its end.
    pub text: String,
    /// How many differences there are.
    pub counts: Counts,
}

/// A summary, the largest changes of each table, and what may have brought them. Lists have at most
/// `limit` rows.
///
/// # Errors
///
/// A file of either run that cannot be read.
pub fn report(
    comparison: &Comparison,
    tables: &[ComparedTable],
    limit: usize,
) -> Result<Report, ReportError> {
    let mut text = String::new();
    for (name, run) in [("older", comparison.older()), ("newer", comparison.newer())] {
        let RunRecord { run_id, as_of, .. } = run;
        let _ = writeln!(text, "{name}  {run_id}, as of {as_of}");
    }
    let mut summary = Grid::new([
        ("table", Align::Left),
        ("rows", Align::Right),
        ("changed", Align::Right),
        ("added", Align::Right),
        ("removed", Align::Right),
        ("cells", Align::Right),
        ("still open", Align::Right),
    ]);
    let mut counts = Counts::default();
    let mut periods: BTreeMap<Period, u64> = BTreeMap::new();
    let mut lists = String::new();
    for table in tables {
        let found = compare(table, limit, &mut lists)?;
        let counted = found.counts_in(table.scope);
        counts += counted;
        let open = if table.scope == Scope::All { 0 } else { found.open.rows() };
        let numbers =
            [found.rows, counted.changed, counted.added, counted.removed, counted.cells, open];
        summary.row([table.name.clone()].into_iter().chain(numbers.map(count)));
        for (period, differences) in found.periods {
            *periods.entry(period).or_default() += differences;
        }
    }
    if !tables.is_empty() {
        let _ = write!(text, "\n{summary}");
    }
    text.push_str(&lists);
    if counts.rows() > 0 {
        let mut files = comparison.files();
        // Those first that may have changed what was closed.
        files.sort_by_key(|file| file.months.is_some() && file.closed_months.is_empty());
        list_files(&files, limit, &mut text);
        list_periods(&periods, &files, limit, &mut text);
    } else if !tables.is_empty() {
        let is_closed = tables.iter().any(|table| table.scope == Scope::Closed);
        let _ = writeln!(
            text,
            "\nNothing{} has changed.",
            if is_closed { " that was closed" } else { "" }
        );
    }
    Ok(Report { text, counts })
}

/// Compares a table and lists what differs most.
fn compare(
    ComparedTable { name, pair, scope }: &ComparedTable,
    limit: usize,
    text: &mut String,
) -> Result<TableDifference, ReportError> {
    let mut cells = Largest::new(limit);
    let mut alone = Vec::new();
    let name = shown(name);
    let found = pair.compare(*scope, |change| -> Result<(), ReportError> {
        match change.what {
            What::Cell { .. } => cells.offer(change),
            _ if alone.len() < limit => alone.push(change),
            _ => {}
        }
        Ok(())
    })?;
    let keys = || pair.key().iter().map(|name| (name.as_str(), Align::Left));
    let Counts { added, removed, cells: changed, .. } = found.counts_in(*scope);
    if changed > 0 {
        let _ = writeln!(text, "\n{name}: {} changed\n", plural(changed, "cell"));
        let columns = [("column", Align::Left)];
        let numbers = ["old", "new", "change", "change %"].map(|name| (name, Align::Right));
        let mut grid = Grid::new(keys().chain(columns).chain(numbers));
        for change in cells.into_sorted() {
            grid.row(cell(&change));
        }
        let _ = write!(text, "{grid}");
        rest(changed, limit, text);
    }
    if added + removed > 0 {
        let _ = writeln!(
            text,
            "\n{name}: {} added, {} removed\n",
            plural(added, "row"),
            plural(removed, "row")
        );
        let mut grid = Grid::new([("row", Align::Left)].into_iter().chain(keys()));
        for change in &alone {
            let key = change.key.iter().map(text::key);
            grid.row([marked(change, change.what.name())].into_iter().chain(key));
        }
        let _ = write!(text, "{grid}");
        rest(added + removed, limit, text);
    }
    Ok(found)
}

fn cell(change: &Change) -> Vec<String> {
    let mut cells: Vec<_> = change.key.iter().map(text::key).collect();
    if let What::Cell { column, old, new } = &change.what {
        cells.push(marked(change, column));
        cells.extend([text::value(old), text::value(new)]);
        cells.push(text::change(old.change(new).as_ref()));
        cells.push(text::percent(change.what.relative_change()));
    }
    cells
}

/// A star marks what was not closed.
fn marked(change: &Change, text: &str) -> String {
    format!("{text}{}", if change.is_closed { "" } else { "*" })
}

/// How many rows of a list there was no room for.
fn rest(all: u64, limit: usize, text: &mut String) {
    let rest = all.saturating_sub(limit as u64);
    if rest > 0 {
        let _ = writeln!(text, "and {} more (--rows)", count(rest));
    }
}

fn list_files(files: &[FileChange], limit: usize, text: &mut String) {
    if files.is_empty() {
        text.push_str("\nThe input files are the same.\n");
        return;
    }
    let folder = folder(files);
    let place = if folder.is_empty() { String::new() } else { format!(" in {}", shown(folder)) };
    let changed = plural(files.len() as u64, "file");
    let _ = writeln!(text, "\ninput files: {changed}{place} not the same\n");
    let mut grid = Grid::new([
        ("input", Align::Left),
        ("file", Align::Left),
        ("is", Align::Left),
        ("rows", Align::Right),
        ("of closed months", Align::Right),
        ("months", Align::Left),
    ]);
    for file in files.iter().take(limit) {
        let closed = match file.closed_rows() {
            Some(_) if file.closed_months.is_empty() => "0".to_owned(),
            Some(rows) => text::rows(rows),
            None => "?".to_owned(),
        };
        let months: Vec<_> = file.closed_months.iter().map(String::as_str).collect();
        let months = match (months.as_slice(), months.len()) {
            ([first, .., last], all) if all > NAMED => format!("{first} to {last} ({all})"),
            _ => months.join(", "),
        };
        let names = [&file.input, &file.path[folder.len()..]].map(str::to_owned);
        let numbers = [file.fate.to_string(), text::rows(file.rows), closed, months];
        grid.row(names.into_iter().chain(numbers));
    }
    let _ = write!(text, "{grid}");
    rest(files.len() as u64, limit, text);
}

fn list_periods(
    periods: &BTreeMap<Period, u64>,
    files: &[FileChange],
    limit: usize,
    text: &mut String,
) {
    if periods.is_empty() || files.is_empty() {
        return;
    }
    let folder = folder(files);
    let _ = writeln!(text, "\nperiods: {} changed\n", count(periods.len() as u64));
    let mut grid = Grid::new([
        ("grain", Align::Left),
        ("period", Align::Left),
        ("differences", Align::Right),
        ("by rows of", Align::Left),
    ]);
    for (period, differences) in periods.iter().take(limit) {
        let suspects = suspects(files, *period);
        let mut names: Vec<_> =
            suspects.iter().take(NAMED).map(|file| suspect(file, folder.len(), *period)).collect();
        if suspects.len() > NAMED {
            names.push(format!("and {} more", count((suspects.len() - NAMED) as u64)));
        }
        let (grain, start) = period;
        grid.row([
            grain.name().to_owned(),
            start.to_string(),
            count(*differences),
            names.join(", "),
        ]);
    }
    let _ = write!(text, "{grid}");
    rest(periods.len() as u64, limit, text);
}

/// `late.parquet (late, +12)`.
fn suspect(file: &FileChange, folder: usize, period: Period) -> String {
    let rows = match file.rows_in(period) {
        None => String::new(),
        Some(rows) if rows.older + rows.newer == 0 => ", other months".to_owned(),
        Some(rows) => format!(", {}", text::rows(rows)),
    };
    format!("{} ({}{rows})", &file.path[folder..], file.fate)
}

/// The folder that all files are below, with the slash at its end.
fn folder(files: &[FileChange]) -> &str {
    let parent = |path: &str| path.rfind('/').map_or(0, |slash| slash + 1);
    let Some(first) = files.first().map(|file| file.path.as_str()) else { return "" };
    let mut folder = &first[..parent(first)];
    while !files.iter().all(|file| file.path.starts_with(folder)) {
        folder = &folder[..parent(&folder[..folder.len() - 1])];
    }
    folder
}
