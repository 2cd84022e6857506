//! Warnings: what the reader of the tables should know, said while the run is at work and kept for its record.

use std::sync::{Mutex, PoisonError};

use std::sync::Arc;

use kohort_inputs::INPUTS;
use kohort_load::{Opened, OpenedLookup};
use kohort_model::{Day, Input, Switch, TableWarning};
use kohort_publish::InputRecord;
use kohort_timeline::{Census, Ends};

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

    /// What was assumed of lookups, or passed over in them.
    pub fn warn_of_lookups(&self, lookups: &[Arc<OpenedLookup>]) {
        for lookup in lookups {
            let name = lookup.name();
            lookup.notes().iter().for_each(|note| self.warn(format!("lookups.{name}: {note}")));
            let without = lookup.report().map_or(0, |report| report.without_key);
            if without > 0 {
                let rows = if without == 1 { "row" } else { "rows" };
                let key = lookup.key();
                self.warn(format!(
                    "lookups.{name}: in {without} {rows} the key is NULL, so that nothing is found there; leave \
                     such rows out with where = \"{key} IS NOT NULL\""
                ));
            }
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
            if let Some(text) = rounded(input, places, &pipeline.basis.money_section()) {
                self.warn(text);
            }
        }
    }

    /// What is not of a known day, where nobody has said which days are known; `from` is where that follows from.
    pub fn warn_of_late_rows(
        &self,
        pipeline: &Pipeline,
        as_of: (Day, Option<&str>),
        inputs: &[InputRecord],
    ) {
        if pipeline.as_of.is_none() {
            let texts = inputs.iter().flat_map(|input| late(input, as_of));
            texts.for_each(|text| self.warn(text));
        }
    }

    /// That open rows are of no day, so that no table has them.
    pub fn warn_of_undated(&self, inputs: &[InputRecord]) {
        inputs.iter().filter_map(undated).for_each(|text| self.warn(text));
    }

    /// That subscriptions seem to end on their last day, where most do, and not on the day after it.
    pub fn warn_of_ends(&self, pipeline: &Pipeline, ends: Ends) {
        let is_inclusive = pipeline
            .input(Input::Subscriptions)
            .is_some_and(|input| input.is_on(Switch::InclusiveEnds));
        if !is_inclusive && ends.are_mostly_a_day_early() {
            let Ends { followed, day_before } = ends;
            self.warn(format!(
                "subscriptions: {day_before} of {followed} ends lie one day before the next start of the \
                 same subscription, so that this day is not paid and the customer leaves and returns; \
                 where ended_at is the last day that is paid, set ended_at_inclusive = true under \
                 [inputs.subscriptions]"
            ));
        }
    }

    /// That discounts belong to nothing, and that nothing says when subscriptions end.
    pub fn warn_of_subscriptions(&self, pipeline: &Pipeline, census: &Census) {
        let Some(input) = pipeline.input(Input::Subscriptions) else { return };
        let unmatched = census.left_out.unmatched_discount;
        if unmatched > 0 {
            let are = if unmatched == 1 { "discount is" } else { "discounts are" };
            self.warn(format!(
                "subscriptions: {unmatched} {are} left out as unmatched_discount: nothing that the customer \
                 pays begins on that day"
            ));
        }
        let may_end = input.column("ended_at").is_some() || census.left_out.unpaid > 0;
        if !may_end && census.subscriptions > 0 {
            self.warn(
                "subscriptions: none of them ever ends, because ended_at is not mapped and no row has the \
                 price 0; map ended_at to the column that tells the end"
                    .to_owned(),
            );
        }
    }

    /// That payments belong to no invoice, and the like.
    pub fn warn_of_unmatched(&self, census: &Census) {
        for spec in INPUTS {
            let (Some(settles), Some((other, _))) = (&spec.settles, spec.beside) else { continue };
            let rows = census.left_out.further[spec.input as usize].unmatched;
            if rows > 0 {
                let (name, by, reason) = (spec.input.name(), settles.by, settles.unmatched);
                let (are, other) = (if rows == 1 { "row is" } else { "rows are" }, other.name());
                self.warn(format!(
                    "{name}: {rows} {are} left out as {reason}: no row of {other} has the same {by} and \
                     customer; see whether both inputs write these alike, and whether {other} are complete"
                ));
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

/// That amounts of an input were rounded to `places` decimal places, where some were; `section` is the one of the
/// pipeline file that sets them.
fn rounded(record: &InputRecord, places: u8, section: &str) -> Option<String> {
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
         from zero; raise scale under [{section}] to keep them",
    ))
}

/// What of an input is left out as it lies on or after `as_of`, which follows from a column: its rows, and
/// days of others that are taken as not there yet.
fn late(record: &InputRecord, (as_of, from): (Day, Option<&str>)) -> Vec<String> {
    let input = record.input.as_str();
    let time = Input::ALL.into_iter().find(|known| known.name() == input).and_then(|known| {
        let spec = kohort_inputs::spec(known);
        spec.time().map(|place| spec.columns[place].name)
    });
    let why = from.map_or_else(
        || "nothing is known of later days; set as_of under [calendar]".to_owned(),
        |from| format!("{from} ends there; set as_of under [calendar]"),
    );
    let rows = record.left_out.get("after_as_of").copied().filter(|rows| *rows > 0);
    let rows = rows.map(|rows| {
        let (are, them) = if rows == 1 { ("row is", "it") } else { ("rows are", "them") };
        let column = time.map_or_else(String::new, |name| format!(", by {name}"));
        format!(
            "{rows} {are} left out of {input}{column} on or after {as_of}: {why} to the day of the extract \
             to count {them}"
        )
    });
    let days = record.days_after_as_of.iter().filter(|(_, days)| **days > 0);
    let days = days.map(|(column, days)| {
        let (are, them) = if *days == 1 { ("day is", "it") } else { ("days are", "them") };
        format!(
            "{days} {are} left out of {input}.{column}, on or after {as_of}, as if not known yet: {why} to the \
             day of the extract to count {them}"
        )
    });
    rows.into_iter().chain(days).collect()
}

/// That open rows of an input are of no day, where some are.
fn undated(record: &InputRecord) -> Option<String> {
    let InputRecord { input, left_out, .. } = record;
    let rows = left_out.get("undated").copied().filter(|rows| *rows > 0)?;
    let known = Input::ALL.into_iter().find(|known| known.name() == input)?;
    let spec = kohort_inputs::spec(known);
    let column = spec.columns[spec.time()?].name;
    let (are, have) = if rows == 1 { ("row is", "has") } else { ("rows are", "have") };
    Some(format!(
        "{rows} open {are} left out of the tables of {input}, as {column} is NULL there and tables go by it; \
         run.json counts what is open with them; map {column} to a day that every row {have}"
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
            assert_eq!(rounded(&record, places, "inputs.orders"), expected, "{rows} of {input}");
        }
    }

    #[test]
    fn what_lies_after_the_history() {
        let from = Some("inputs.orders.ordered_at");
        let advice = "set as_of under [calendar] to the day of the extract to count";
        for (input, reason, [rows, days], from, expected) in [
            ("invoices", "after_as_of", [0, 0], from, vec![]),
            ("invoices", "superseded", [3, 0], from, vec![]),
            (
                "invoices",
                "after_as_of",
                [1, 83],
                from,
                vec![
                    format!(
                        "1 row is left out of invoices, by invoiced_at on or after 2024-03-01: \
                         inputs.orders.ordered_at ends there; {advice} it"
                    ),
                    format!(
                        "83 days are left out of invoices.paid_at, on or after 2024-03-01, as if not known \
                         yet: inputs.orders.ordered_at ends there; {advice} them"
                    ),
                ],
            ),
            (
                "surveys",
                "after_as_of",
                [2, 0],
                None,
                vec![format!(
                    "2 rows are left out of surveys, by answered_at on or after 2024-03-01: nothing is known \
                     of later days; {advice} them"
                )],
            ),
        ] {
            let record = InputRecord {
                input: input.to_owned(),
                left_out: [(reason.to_owned(), rows)].into(),
                days_after_as_of: [("paid_at".to_owned(), days)].into(),
                ..InputRecord::default()
            };
            assert_eq!(late(&record, (Day(19_783), from)), expected);
        }
    }

    #[test]
    fn rows_of_no_day() {
        for (rows, expected) in
            [(0, None), (1, Some("1 open row is ")), (500, Some("500 open rows are "))]
        {
            let record = InputRecord {
                input: "opportunities".to_owned(),
                left_out: [("undated".to_owned(), rows)].into(),
                ..InputRecord::default()
            };
            let found = undated(&record);
            let starts =
                found.as_deref().zip(expected).map(|(text, start)| text.starts_with(start));
            assert_eq!(starts, expected.map(|_| true), "{found:?}");
            assert!(found.is_none_or(|text| text.contains("as created_at is NULL")), "{rows}");
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
