//! The tables that there are: those of measures, and those made of other tables.

use kohort_model::{MeasureSpec, TableSchema, TableSpec};
use kohort_scorecard::{ALERTS, Metric, SCORECARD};

/// Every table, in the order in which they are listed.
pub fn tables() -> impl Iterator<Item = &'static TableSpec> {
    kohort_measures::tables().chain([&SCORECARD, &ALERTS, &kohort_checks::CHECKS])
}

/// The table of a name.
#[must_use]
pub fn table(name: &str) -> Option<&'static TableSpec> {
    tables().find(|table| table.schema.name == name)
}

/// The schema of every table, in the order in which they are listed.
#[must_use]
pub fn schemas() -> Vec<&'static TableSchema> {
    tables().map(|table| table.schema).collect()
}

/// Every headline rate, sorted by name.
#[must_use]
pub(crate) fn metrics() -> Vec<Metric> {
    kohort_scorecard::metrics(kohort_measures::tables())
}

/// The names of the tables that a table is made of; none of those that measures make.
pub(crate) fn made_of(table: &str) -> Vec<&'static str> {
    if table == SCORECARD.schema.name {
        kohort_scorecard::sources(&metrics()).into_iter().collect()
    } else if table == ALERTS.schema.name {
        vec![SCORECARD.schema.name]
    } else {
        Vec::new()
    }
}

/// Whether something asks for the scorecard, or for what is made of it.
pub(crate) fn wants_scorecard(wanted: &[&str], alerts: bool) -> bool {
    alerts || [&SCORECARD, &ALERTS].iter().any(|table| wanted.contains(&table.schema.name))
}

/// The measures behind the tables `wanted` of those that are `offered`.
pub(crate) fn measures(
    wanted: &[&str],
    offered: &[&str],
    alerts: bool,
) -> Vec<&'static MeasureSpec> {
    let of_scorecard = wants_scorecard(wanted, alerts);
    let sources = kohort_scorecard::sources(&metrics());
    let is_wanted = |table: &TableSpec| {
        let name = table.schema.name;
        let is_source = of_scorecard && sources.contains(name) && offered.contains(&name);
        wanted.contains(&name) || is_source
    };
    let measures = kohort_measures::MEASURES.iter().copied();
    measures.filter(|measure| measure.tables.iter().any(is_wanted)).collect()
}
