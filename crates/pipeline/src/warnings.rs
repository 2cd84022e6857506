//! Warnings: what the reader of the tables should know, said while the run is at work and kept for its record.

use std::sync::{Mutex, PoisonError};

use kohort_load::Opened;
use kohort_model::{Basis, Input, TableWarning};
use kohort_publish::InputRecord;

use crate::{Event, Pipeline, memory};

/// The warnings of a run, in the order in which they were given.
pub(crate) struct Warnings<'a> {
    observe: &'a (dyn Fn(Event) + Sync),
    said: Mutex<Vec<String>>,
}

impl<'a> Warnings<'a> {
    pub fn new(observe: &'a (dyn Fn(Event) + Sync)) -> Self {
        Self { observe, said: Mutex::default() }
    }

    pub fn warn(&self, text: String) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).push(text.clone());
        (self.observe)(Event::Warning(text));
    }

    /// What was assumed of the inputs, or passed over in them.
    pub fn warn_of_assumptions(&self, inputs: &[Opened]) {
        for opened in inputs {
            let notes = opened.notes().iter();
            notes.for_each(|note| self.warn(format!("{}: {note}", opened.input().name())));
        }
    }

    /// What is to be known of the tables that are written.
    pub fn warn_of_tables(&self, pipeline: &Pipeline, warnings: Vec<TableWarning>) {
        let written = |warning: &TableWarning| pipeline.tables.contains(&warning.table);
        for TableWarning { table, text } in warnings.into_iter().filter(written) {
            self.warn(format!("{table}: {text}"));
        }
    }

    /// That amounts were rounded, once an input.
    pub fn warn_of_rounding(&self, pipeline: &Pipeline, inputs: &[InputRecord]) {
        let places = pipeline.basis.scale().places();
        for input in inputs {
            if let Some(text) = rounded(input, places, history(pipeline)) {
                self.warn(text);
            }
        }
    }

    /// That the run held more memory than its limit, where it did.
    pub fn warn_of_memory(&self, limit: Option<u64>, peak: Option<u64>, threads: usize) {
        if let Some(text) = memory::passed(limit, peak, threads) {
            self.warn(text);
        }
    }

    pub fn into_list(self) -> Vec<String> {
        self.said.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The input that makes customers of people, whose `scale` is that of all amounts.
pub(crate) fn history(pipeline: &Pipeline) -> Input {
    match pipeline.basis.basis() {
        Basis::Orders => Input::Orders,
        Basis::Subscriptions => Input::Subscriptions,
    }
}

/// That amounts of an input were rounded to `places` decimal places, where some were.
fn rounded(record: &InputRecord, places: u8, history: Input) -> Option<String> {
    let InputRecord { input, rounded_amounts: rows, .. } = record;
    // The value of engagement is no money: it has two decimal places, which nobody can change.
    if *rows == 0 || input == Input::Engagement.name() {
        return None;
    }
    let (amounts, have, were) = match rows {
        1 => ("amount", "has", "was"),
        _ => ("amounts", "have", "were"),
    };
    let more = match places {
        1 => "1 decimal place".to_owned(),
        places => format!("{places} decimal places"),
    };
    Some(format!(
        "{rows} {amounts} of {input} {have} more than {more} and {were} rounded row by row, half away \
         from zero; raise scale under [inputs.{}] to keep them",
        history.name(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_amounts_are_told_once_an_input() {
        let advice = "rounded row by row, half away from zero; raise scale under [inputs.orders] to \
                      keep them";
        for (input, rows, places, expected) in [
            ("orders", 0, 2, None),
            ("orders", 1, 2, Some("1 amount of orders has more than 2 decimal places and was")),
            (
                "orders",
                12_345,
                0,
                Some("12345 amounts of orders have more than 0 decimal places and were"),
            ),
            (
                "invoices",
                2,
                1,
                Some("2 amounts of invoices have more than 1 decimal place and were"),
            ),
            ("engagement", 7, 2, None),
        ] {
            let record = InputRecord {
                input: input.to_owned(),
                rounded_amounts: rows,
                ..InputRecord::default()
            };
            let expected = expected.map(|start| format!("{start} {advice}"));
            assert_eq!(rounded(&record, places, Input::Orders), expected, "{rows} of {input}");
        }
    }

    #[test]
    fn what_is_told_is_kept_in_order() {
        let heard = Mutex::new(Vec::new());
        let observe = |event: Event| {
            if let Event::Warning(text) = event {
                heard.lock().unwrap().push(text);
            }
        };
        let warnings = Warnings::new(&observe);
        for text in ["one", "two"] {
            warnings.warn(text.to_owned());
        }
        assert_eq!(warnings.into_list(), ["one", "two"]);
        assert_eq!(heard.into_inner().unwrap(), ["one", "two"]);
    }
}
