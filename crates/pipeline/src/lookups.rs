//! Lookups: what they take, and the keys that they do not have.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kohort_checks::{Finding, Kind, Status};
use kohort_load::{Key, LoadReport, Opened, OpenedLookup, UnknownKeys};

use crate::findings::{as_float, bare};
use crate::memory::lookup_budget;
use crate::{Pipeline, RunError};

/// Reads lookups, which together take no more than they may.
pub(crate) fn read_all(lookups: &[Arc<OpenedLookup>], limit: Option<u64>) -> Result<(), RunError> {
    let mut left = lookup_budget(limit).filter(|_| !lookups.is_empty());
    for lookup in lookups {
        let report = lookup.read(left)?;
        left = left.map(|left| left.saturating_sub(report.bytes));
    }
    Ok(())
}

/// Bytes that lookups take once they were read.
pub(crate) fn bytes(lookups: &[Arc<OpenedLookup>]) -> u64 {
    let reports = lookups.iter().filter_map(|lookup| lookup.report());
    reports.map(|report| report.bytes).sum()
}

/// What came of the lookups whose keys are counted, by input.
pub(crate) fn findings(
    pipeline: &Pipeline,
    inputs: &[Opened],
    reports: &[LoadReport],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for lookup in &pipeline.lookups {
        let Some(severity) = lookup.unknown_keys else { continue };
        for (opened, report) in inputs.iter().zip(reports) {
            if !opened.looks_up_in(&lookup.name) {
                continue;
            }
            let unknown = report.unknown_keys().remove(&lookup.name).unwrap_or_default();
            findings.push(Finding {
                input: Some(opened.input()),
                subject: Some(format!("lookups.{}", lookup.name)),
                observed: Some(as_float(unknown.rows)),
                allowed: Some(0.0),
                rows: Some(report.rows()),
                failing: Some(unknown.rows),
                detail: (unknown.rows > 0).then(|| sentence(&lookup.name, &unknown)),
                ..bare(Kind::UnknownKeys, severity, Status::of(unknown.rows == 0, severity))
            });
        }
    }
    findings
}

/// That rows look for keys that are not there, and which.
fn sentence(lookup: &str, unknown: &UnknownKeys) -> String {
    let keys = unknown.first.iter().map(|key| match key {
        Key::Integer(number) => number.to_string(),
        Key::Text(text) => format!("{text:?}"),
    });
    let keys: Vec<_> = keys.collect();
    let rows =
        if unknown.rows == 1 { "1 row looks" } else { &format!("{} rows look", unknown.rows) };
    format!(
        "{rows} for a key that it does not have, and what is looked up is NULL there; the first of the keys \
         in order: {}; add them to it, or set unknown_keys = \"ignore\" under [lookups.{lookup}]",
        keys.join(", ")
    )
}

/// Unknown keys as they are kept.
pub(crate) fn kept(
    unknown: &BTreeMap<String, UnknownKeys>,
) -> BTreeMap<String, (u64, Vec<String>)> {
    let kept = |(lookup, unknown): (&String, &UnknownKeys)| {
        // What tells a number from a text that looks like one.
        let text = |key: &Key| match key {
            Key::Integer(number) => format!("#{number}"),
            Key::Text(text) => format!("'{text}"),
        };
        (lookup.clone(), (unknown.rows, unknown.first.iter().map(text).collect()))
    };
    unknown.iter().map(kept).collect()
}

/// Unknown keys as they were kept.
pub(crate) fn of_kept(
    kept: &BTreeMap<String, (u64, Vec<String>)>,
) -> BTreeMap<String, UnknownKeys> {
    let unknown = |(lookup, (rows, keys)): (&String, &(u64, Vec<String>))| {
        let number = |text: &String| text.strip_prefix('#').and_then(|digits| digits.parse().ok());
        let key = |text: &String| match number(text) {
            Some(number) => Key::Integer(number),
            None => Key::Text(text.strip_prefix('\'').unwrap_or(text).to_owned()),
        };
        let first: BTreeSet<Key> = keys.iter().map(key).collect();
        (lookup.clone(), UnknownKeys { rows: *rows, first })
    };
    kept.iter().map(unknown).collect()
}
