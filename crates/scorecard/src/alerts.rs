//! `alerts`: what has crossed a threshold.

use std::sync::Arc;

use kohort_model::view::{Order, Shape, View};
use kohort_model::{Column, Day, Table, TableSchema, TableSpec, keys, row};

use crate::read::{amounts, days, flags, floats, texts};
use crate::table::columns;

/// The declaration.
pub static ALERTS: TableSpec = TableSpec {
    needs_history: false,
    view: View {
        columns: &[
            "value",
            "previous_value",
            "threshold",
            "direction",
            "status",
            "is_latest",
            "change",
        ],
        shape: Shape::First(Order::Latest("period")),
        ..View::PLAIN
    },
    ..TableSpec::of(&SCHEMA)
};

static SCHEMA: TableSchema = TableSchema {
    name: "alerts",
    description: "Which rates have crossed their threshold, and which still stand beyond it",
    columns: &[
        columns::METRIC,
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        keys::PERIOD,
        columns::VALUE,
        columns::NUMERATOR,
        columns::DENOMINATOR,
        columns::PREVIOUS_VALUE,
        columns::CHANGE,
        columns::THRESHOLD,
        columns::DIRECTION,
        Column::text(
            "status",
            "act where the value lies beyond a limit of [alerts.METRIC] or a built-in one, unusual \
             where it lies beyond the usual range of its past",
        ),
        Column::flag(
            "is_latest",
            "whether no later complete period of the same metric, grain and segment value has a \
             value",
        ),
    ],
    key: columns::KEY,
    revisable: &["value", "numerator", "previous_value", "change", "is_latest"],
};

/// The table `alerts` of a `scorecard`, its rows sorted by key.
///
/// # Panics
/// Where the table is another one.
#[must_use]
pub fn alerts(scorecard: &Table) -> Table {
    let [metrics, grains, segments, segment_values] =
        ["metric", "grain", "segment", "segment_value"].map(|name| texts(scorecard, name));
    let [values, previous, changes, thresholds] =
        ["value", "previous_value", "change", "threshold"].map(|name| floats(scorecard, name));
    let [numerators, denominators] =
        ["numerator", "denominator"].map(|name| amounts(scorecard, name));
    let [directions, status] = ["direction", "status"].map(|name| texts(scorecard, name));
    let (periods, complete) = (days(scorecard, "period"), flags(scorecard, "is_complete"));

    let line = |row: usize| (&metrics[row], &grains[row], &segments[row], &segment_values[row]);
    let rows: Vec<usize> = (0..scorecard.rows()).collect();
    let mut alerts = Table::new(&SCHEMA, scorecard.scale());
    for rows in rows.chunk_by(|a, b| line(*a) == line(*b)) {
        let counts = |row: &&usize| complete[**row] == Some(true) && values[**row].is_some();
        let latest = rows.iter().rfind(counts);
        for row in rows.iter().filter(|row| is_beyond(status[**row].as_deref())) {
            let is_latest = latest == Some(row);
            let row = *row;
            alerts.push(row!(SCHEMA {
                metric: metrics[row].clone(),
                grain: grains[row].clone(),
                segment: segments[row].clone(),
                segment_value: segment_values[row].clone(),
                period: periods[row],
                value: values[row],
                numerator: numerators[row],
                denominator: denominators[row],
                previous_value: previous[row],
                change: changes[row],
                threshold: thresholds[row],
                direction: directions[row].clone(),
                status: status[row].clone(),
                is_latest: is_latest,
            }));
        }
    }
    alerts
}

/// Whether a status is a reason for an alert.
fn is_beyond(status: Option<&str>) -> bool {
    matches!(status, Some("act" | "unusual"))
}

/// A rate beyond its threshold, for a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// Name of the headline rate.
    pub metric: Arc<str>,
    /// Name of the grain.
    pub grain: Arc<str>,
    /// Name of the segment, `all` for everybody.
    pub segment: Arc<str>,
    /// Value of the segment; `None` for everybody.
    pub segment_value: Option<Arc<str>>,
    /// First day of the period.
    pub period: Day,
    /// The rate, in the unit of the metric.
    pub value: f64,
    /// The threshold, in the same unit.
    pub threshold: f64,
    /// Which side of the threshold the value lies on: `above` or `below`.
    pub direction: Arc<str>,
    /// `act` or `unusual`.
    pub status: Arc<str>,
}

/// The rows of `alerts` that still stand: of each line the newest period, if it is there. In the
/// order of the table.
///
/// # Panics
/// Where the table is another one.
#[must_use]
pub fn latest_alerts(alerts: &Table) -> Vec<Alert> {
    let latest = flags(alerts, "is_latest");
    let text = |name: &str, row: usize| texts(alerts, name)[row].clone();
    let alert = |row: usize| {
        Some(Alert {
            metric: text("metric", row)?,
            grain: text("grain", row)?,
            segment: text("segment", row)?,
            segment_value: text("segment_value", row),
            period: days(alerts, "period")[row]?,
            value: floats(alerts, "value")[row]?,
            threshold: floats(alerts, "threshold")[row]?,
            direction: text("direction", row)?,
            status: text("status", row)?,
        })
    };
    (0..alerts.rows()).filter(|row| latest[*row] == Some(true)).filter_map(alert).collect()
}
