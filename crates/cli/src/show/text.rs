//! Tables that are no heatmap, as aligned text.

use std::collections::BTreeMap;

use super::frame::{Frame, NULL};
use super::grid::{Align, Grid};
use crate::number::group;

/// What is shown of a table unless columns are asked for; the key columns come first anyway.
const HEADLINES: [(&str, &[&str]); 4] = [
    (
        "cohort_curve",
        &[
            "cohorts",
            "customers",
            "active",
            "retention_rate",
            "mean_retention_rate",
            "revenue",
            "revenue_retention_rate",
        ],
    ),
    (
        "customer_retention",
        &[
            "opening",
            "new",
            "returned",
            "churned",
            "closing",
            "retention_rate",
            "churn_rate",
            "buyers",
        ],
    ),
    (
        "revenue_churn",
        &[
            "opening_revenue",
            "new_revenue",
            "churned_revenue",
            "closing_revenue",
            "gross_revenue_churn_rate",
            "net_revenue_retention",
        ],
    ),
    (
        "lost_sales",
        &["won", "open", "lost", "recovered", "conversion_rate", "lost_value", "net_lost_value"],
    ),
];

/// Those of a table's columns that matter most; of an unknown table all.
pub fn columns(table: &str, all: &[String]) -> Vec<String> {
    let headline = HEADLINES.iter().find(|(name, _)| *name == table).map(|(_, columns)| *columns);
    let is_chosen =
        |column: &&String| headline.is_none_or(|headline| headline.contains(&column.as_str()));
    all.iter().filter(is_chosen).cloned().collect()
}

/// The rows with these columns. A star after the period marks what is not complete.
pub fn grid(frame: &Frame, columns: &[String]) -> Grid {
    let header = columns.iter().map(|column| (header(frame, column), frame.align(column)));
    let mut grid = Grid::new(header);
    for row in 0..frame.len() {
        grid.row(columns.iter().map(|column| {
            let text = frame.text(column, row);
            let is_marked = column == "period" && !frame.flag("is_complete", row, true);
            if is_marked { text + "*" } else { text }
        }));
    }
    grid
}

/// What the marks in the rows mean, where there are any.
pub fn legend(frame: &Frame) -> &'static str {
    let has_period = frame.has("period");
    let incomplete = (0..frame.len()).any(|row| !frame.flag("is_complete", row, true));
    if has_period && incomplete { "* not complete yet\n" } else { "" }
}

fn header(frame: &Frame, column: &str) -> String {
    if frame.is_share(column) { format!("{column} %") } else { column.to_owned() }
}

/// The reasons of lost sales over all rows, the dearest first. `rows` are reason rows.
pub fn reasons(rows: &Frame) -> Grid {
    const COUNTS: [&str; 2] = ["lost", "recovered"];
    const VALUES: [&str; 3] = ["lost_value", "recovered_value", "net_lost_value"];
    let mut sums: BTreeMap<String, ([i128; 2], [i128; 3])> = BTreeMap::new();
    for row in 0..rows.len() {
        let reason = rows.word("breakdown_value", row).unwrap_or_else(|| NULL.to_owned());
        let (counts, values) = sums.entry(reason).or_default();
        for (sum, column) in counts.iter_mut().zip(COUNTS) {
            *sum += rows.integer(column, row).unwrap_or(0);
        }
        for (sum, column) in values.iter_mut().zip(VALUES) {
            *sum += rows.integer(column, row).unwrap_or(0);
        }
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    // Stable, so that equal ones stay in order of their names.
    sums.sort_by_key(|(_, (_, [.., net]))| std::cmp::Reverse(*net));
    let header = COUNTS.into_iter().chain(VALUES).map(|column| (column, Align::Right));
    let mut grid = Grid::new([("reason", Align::Left)].into_iter().chain(header));
    for (reason, (counts, values)) in sums {
        let counts = counts.map(|sum| group(&sum.to_string()));
        let values = VALUES.iter().zip(values).map(|(column, sum)| rows.money(column, sum));
        let reason = reason.replace(char::is_control, "\u{fffd}");
        grid.row([reason].into_iter().chain(counts).chain(values));
    }
    grid
}
