//! Headline rates with the tables that they are found in.

use std::collections::BTreeSet;

use kohort_model::{Headline, TableSpec};

/// One headline rate.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// The table that has it.
    pub table: &'static str,
    /// What it is.
    pub headline: &'static Headline,
}

/// The headline rates of some tables, sorted by name.
#[must_use]
pub fn metrics(tables: impl IntoIterator<Item = &'static TableSpec>) -> Vec<Metric> {
    let of = |spec: &'static TableSpec| {
        spec.headlines.iter().map(|headline| Metric { table: spec.schema.name, headline })
    };
    let mut metrics: Vec<Metric> = tables.into_iter().flat_map(of).collect();
    metrics.sort_by_key(|metric| metric.headline.name);
    metrics
}

/// The names of the tables that metrics come from.
#[must_use]
pub fn sources(metrics: &[Metric]) -> BTreeSet<&'static str> {
    metrics.iter().map(|metric| metric.table).collect()
}
