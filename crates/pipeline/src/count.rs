//! Counts of the texts that the pipeline file names, without a run.

use std::cmp::Reverse;
use std::thread::available_parallelism;

use chrono::Utc;
use kohort_checks::Finding;
use kohort_load::{Needs, Opened, Reading, ValueTexts};

use crate::listed::{Found, List, findings, lists};
use crate::{Pipeline, RunError};

/// A mapped value of which the pipeline file names some texts, and what rows have.
#[derive(Debug)]
pub struct CheckedValue {
    /// The input's name in the pipeline file.
    pub input: &'static str,
    /// The value's key there.
    pub key: String,
    /// SQL expression.
    pub expr: String,
    /// Rows that were looked at: those that `where` lets through and that equal no other.
    pub rows: u64,
    /// Those that are named, in the order of the lists; then the others, those with most rows first.
    pub texts: Vec<CheckedText>,
    /// Whether there may be others that are not listed.
    pub is_cut: bool,
}

/// A text, and how many rows have it.
#[derive(Debug)]
pub struct CheckedText {
    /// Dotted key of the list that names it; `None` where none does.
    pub list: Option<String>,
    /// The text.
    pub text: String,
    /// Its rows.
    pub rows: u64,
}

/// Reads what it takes to know which texts rows have where the pipeline file names some, and compares.
pub(crate) fn checked_values(
    pipeline: &Pipeline,
    inputs: &[Opened],
) -> Result<(Vec<CheckedValue>, Vec<Finding>), RunError> {
    let found = inputs.iter().map(count).collect::<Result<Vec<_>, _>>()?;
    let lists = lists(pipeline);
    let values = found.iter().flat_map(|found| checked(found, &lists)).collect();
    Ok((values, findings(pipeline, &found)))
}

fn count(opened: &Opened) -> Result<Found, RunError> {
    let texts = opened.texts();
    let reading = Reading {
        needs: Needs { order_ids: false, instants: false, reasons: true },
        now: Utc::now().timestamp_micros(),
        threads: available_parallelism().map_or(1, usize::from),
        memory_limit: None,
        known: &[],
        texts: &texts,
        progress: &|_| (),
        done: &|_, _| Ok(()),
    };
    let files = opened.count_texts(&reading)?;
    let rows = files.iter().map(|file| file.rows - file.filtered - file.duplicates).sum();
    Ok(Found { input: opened.input(), rows, values: opened.counted_texts(&files) })
}

fn checked(found: &Found, lists: &[List<'_>]) -> Vec<CheckedValue> {
    let of_value = |value: &ValueTexts| {
        let seen = &value.texts;
        let own = lists.iter().filter(|list| {
            list.values.iter().any(|(input, key)| *input == found.input && *key == value.key)
        });
        let named = own.flat_map(|list| list.texts.iter().map(move |text| (list, *text)));
        let named = named.map(|(list, text)| CheckedText {
            list: Some(list.key.clone()),
            text: text.to_owned(),
            rows: seen.named.get(text).copied().unwrap_or_default(),
        });
        let mut others: Vec<_> = seen.others.iter().collect();
        others.sort_by_key(|(text, rows)| (Reverse(**rows), *text));
        let others = others.into_iter().map(|(text, rows)| CheckedText {
            list: None,
            text: text.clone(),
            rows: *rows,
        });
        CheckedValue {
            input: found.input.name(),
            key: value.key.clone(),
            expr: value.expr.clone(),
            rows: found.rows,
            texts: named.chain(others).collect(),
            is_cut: seen.is_full(),
        }
    };
    found.values.iter().map(of_value).collect()
}
