//! Rows as the engine takes them in: columns, with codes for texts.

mod further;

use std::sync::Arc;

use kohort_model::{EventBatch, Input, Keys, NEVER};

use crate::history::{History, Id, Row, Span};

/// Texts, numbered as they first come, so that no code is in the order of the texts by luck.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Codes {
    /// The text of each code.
    pub texts: Vec<Arc<str>>,
}

impl Codes {
    /// The code of a text, which is a new one where the text is new.
    ///
    /// # Panics
    /// Where there are four billion texts.
    pub fn code(&mut self, text: &str) -> u32 {
        let known = self.texts.iter().position(|t| **t == *text);
        let at = known.unwrap_or_else(|| {
            self.texts.push(text.into());
            self.texts.len() - 1
        });
        u32::try_from(at).expect("a test has few texts")
    }

    /// Codes of reasons; a missing or empty one is `unknown`.
    fn reasons<'a>(&mut self, reasons: impl Iterator<Item = &'a Option<String>>) -> Vec<u32> {
        let given = |reason: &'a Option<String>| reason.as_deref().filter(|text| !text.is_empty());
        reasons.map(|reason| self.code(given(reason).unwrap_or("unknown"))).collect()
    }

    /// Codes of values; a missing one is `(none)`.
    fn values<'a>(&mut self, values: impl Iterator<Item = &'a Option<String>>) -> Vec<u32> {
        values.map(|value| self.code(value.as_deref().unwrap_or("(none)"))).collect()
    }
}

/// The rows of one input in columns; a column that the input does not have is empty.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    customers: Vec<Id>,
    days: Vec<i32>,
    values: Vec<i64>,
    kinds: Vec<u8>,
    instants: Vec<i64>,
    /// Of orders, subscriptions, carts, opportunities or invoices; of an input that has some only
    /// in some rows any in the others.
    ids: Option<Vec<Id>>,
    updated: Vec<i64>,
    reasons: Vec<u32>,
    segments: Vec<Vec<u32>>,
    ends: Vec<i32>,
    cancelled: Vec<i32>,
    causes: Vec<u8>,
    /// Customers of touchpoints and identities.
    others: Option<Vec<Id>>,
    units: Vec<i64>,
    /// Texts of the reason codes; a missing or empty reason is `unknown`.
    pub reason_codes: Codes,
    /// Texts of the codes of each segment, and of the texts that further inputs have in their place;
    /// a missing one is `(none)`.
    pub segment_codes: Vec<Codes>,
}

impl Columns {
    /// The columns of each input of a history that there is, with `segments` segment values a row
    /// of orders or subscriptions. `basis` is [`Input::Orders`] or [`Input::Subscriptions`], and is
    /// there even where it has no rows.
    ///
    /// # Panics
    /// As [`Columns::orders`].
    #[must_use]
    pub fn of(history: &History, basis: Input, segments: usize) -> Vec<(Input, Self)> {
        let of_basis = match basis {
            Input::Subscriptions => Self::subscriptions(&history.spans, segments),
            _ => Self::orders(&history.rows, segments),
        };
        let mut all = vec![(basis, of_basis)];
        all.extend(further::all(history));
        all
    }

    /// The columns of orders, which have `segments` segment values each.
    ///
    /// # Panics
    /// Where some rows have an order id and others none, or fewer segment values.
    #[must_use]
    pub fn orders(rows: &[Row], segments: usize) -> Self {
        let has_ids = rows.iter().any(|r| r.order.is_some());
        let id = |r: &Row| r.order.clone().expect("an order id in every row or in none");
        let mut columns = Self {
            customers: rows.iter().map(|r| r.customer.clone()).collect(),
            ids: has_ids.then(|| rows.iter().map(id).collect()),
            days: rows.iter().map(|r| r.day.0).collect(),
            instants: rows.iter().map(|r| r.instant).collect(),
            kinds: rows.iter().map(|r| r.kind as u8).collect(),
            values: rows.iter().map(|r| r.value).collect(),
            updated: rows.iter().map(|r| r.updated).collect(),
            ..Self::default()
        };
        columns.reasons = columns.reason_codes.reasons(rows.iter().map(|r| &r.reason));
        for s in 0..segments {
            columns.add_segment(rows.iter().map(|r| &r.segments[s]));
        }
        columns
    }

    /// The columns of spans, which have `segments` segment values each.
    ///
    /// # Panics
    /// Where one has fewer.
    #[must_use]
    pub fn subscriptions(spans: &[Span], segments: usize) -> Self {
        let mut columns = Self {
            customers: spans.iter().map(|s| s.customer.clone()).collect(),
            ids: Some(spans.iter().map(|s| s.subscription.clone()).collect()),
            days: spans.iter().map(|s| s.started.0).collect(),
            values: spans.iter().map(|s| s.value).collect(),
            ends: spans.iter().map(|s| s.ended.map_or(NEVER, |day| day.0)).collect(),
            cancelled: spans.iter().map(|s| s.cancelled.map_or(NEVER, |day| day.0)).collect(),
            causes: spans.iter().map(|s| s.cause as u8).collect(),
            ..Self::default()
        };
        columns.reasons = columns.reason_codes.reasons(spans.iter().map(|s| &s.reason));
        for s in 0..segments {
            columns.add_segment(spans.iter().map(|span| &span.segments[s]));
        }
        columns
    }

    fn add_segment<'a>(&mut self, values: impl Iterator<Item = &'a Option<String>>) {
        let mut codes = Codes::default();
        self.segments.push(codes.values(values));
        self.segment_codes.push(codes);
    }

    fn add_texts<'a>(&mut self, texts: impl Iterator<Item = &'a String>) {
        let mut codes = Codes::default();
        self.segments.push(texts.map(|text| codes.code(text)).collect());
        self.segment_codes.push(codes);
    }

    /// Hands on the rows in batches of up to `size`, with every column that there is.
    ///
    /// # Errors
    /// The first that `push` gives.
    ///
    /// # Panics
    /// Where ids of one column are integers and texts, or `size` is 0.
    pub fn for_batches<E>(
        &self,
        size: usize,
        mut push: impl FnMut(&EventBatch<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        for from in (0..self.days.len()).step_by(size) {
            let to = self.days.len().min(from + size);
            let customers = Ids::new(&self.customers[from..to]);
            let ids = self.ids.as_ref().map(|ids| Ids::new(&ids[from..to]));
            let others = self.others.as_ref().map(|ids| Ids::new(&ids[from..to]));
            let segments: Vec<_> = self.segments.iter().map(|codes| &codes[from..to]).collect();
            push(&EventBatch {
                customers: customers.keys(),
                days: &self.days[from..to],
                values: part(&self.values, from, to),
                kinds: part(&self.kinds, from, to),
                instants: part(&self.instants, from, to),
                orders: ids.as_ref().map(Ids::keys),
                updated: part(&self.updated, from, to),
                reasons: part(&self.reasons, from, to),
                segments: &segments,
                ends: part(&self.ends, from, to),
                cancelled: part(&self.cancelled, from, to),
                causes: part(&self.causes, from, to),
                others: others.as_ref().map(Ids::keys),
                units: part(&self.units, from, to),
            })?;
        }
        Ok(())
    }
}

/// Rows of a column that may be empty.
fn part<T>(column: &[T], from: usize, to: usize) -> &[T] {
    column.get(from..to).unwrap_or_default()
}

/// Ids of one column of a batch.
enum Ids<'a> {
    Integers(Vec<u64>),
    Texts(Vec<&'a [u8]>),
}

impl<'a> Ids<'a> {
    fn new(ids: &'a [Id]) -> Self {
        let integer = |id: &Id| match id {
            Id::Integer(n) => *n,
            Id::Text(text) => panic!("{text:?} stands beside integer ids"),
        };
        let text = |id: &'a Id| match id {
            Id::Integer(n) => panic!("{n} stands beside text ids"),
            Id::Text(text) => text.as_bytes(),
        };
        match ids.first() {
            Some(Id::Text(_)) => Self::Texts(ids.iter().map(text).collect()),
            _ => Self::Integers(ids.iter().map(integer).collect()),
        }
    }

    fn keys(&self) -> Keys<'_> {
        match self {
            Self::Integers(ids) => Keys::Integers(ids),
            Self::Texts(ids) => Keys::Bytes(ids),
        }
    }
}

#[cfg(test)]
mod tests {
    use kohort_model::NO_SCORE;

    use super::*;
    use crate::history::{parse_history, parse_rows};

    #[test]
    fn rows_become_batches() {
        let rows = parse_rows(
            "customer order day        value status    reason country
             a        1     1970-01-02 5     lost      price  z
             b        2     1970-01-03 6     completed -      -
             a        9     1970-01-03 -6    completed price  z",
        );
        let columns = Columns::orders(&rows, 1);
        let mut seen = Vec::new();
        let pushed: Result<(), ()> = columns.for_batches(2, |batch| {
            let Keys::Bytes(customers) = batch.customers else { panic!("texts") };
            let Some(Keys::Integers(orders)) = batch.orders else { panic!("integers") };
            for i in 0..batch.days.len() {
                let customer = std::str::from_utf8(customers[i]).unwrap().to_owned();
                let codes = (batch.reasons[i], batch.segments[0][i]);
                seen.push((customer, orders[i], batch.days[i], batch.values[i], codes));
            }
            assert!(batch.ends.is_empty() && batch.cancelled.is_empty() && batch.causes.is_empty());
            Ok(())
        });
        assert_eq!(pushed, Ok(()));
        let expected = [("a", 1, 1, 5, (0, 0)), ("b", 2, 2, 6, (1, 1)), ("a", 9, 2, -6, (0, 0))];
        assert_eq!(seen, expected.map(|(c, o, d, v, codes)| (c.to_owned(), o, d, v, codes)));
        assert_eq!(columns.reason_codes.texts, ["price".into(), "unknown".into()]);
        assert_eq!(columns.segment_codes[0].texts, ["z".into(), "(none)".into()]);
    }

    #[test]
    fn every_input_has_its_columns() {
        let history = parse_history(
            "subscriptions:
             customer subscription started    ended      value reason cause       cancelled plan
             7        x            1970-01-02 1970-01-03 50    -      involuntary -         a
             7        x            1970-01-03 -          0     price  unknown     1970-01-01 -
             contacts:
             customer day        campaign strategy arm
             7        1970-01-05 c        -        withheld
             7        1970-01-06 d        -        sent
             surveys:
             customer day        reason
             7        1970-01-06 \"\"
             prospects:",
        );
        let mut seen = Vec::new();
        for (input, columns) in Columns::of(&history, Input::Subscriptions, 1) {
            let pushed: Result<(), ()> = columns.for_batches(9, |batch| {
                let with_ids = batch.orders.map(|ids| ids.len());
                let codes = (batch.reasons.to_vec(), batch.segments.concat());
                let spans = (batch.ends.to_vec(), batch.cancelled.to_vec(), batch.causes.to_vec());
                let numbers = (batch.values.to_vec(), batch.kinds.to_vec());
                seen.push((input, batch.days.to_vec(), with_ids, codes, spans, numbers));
                Ok(())
            });
            assert_eq!(pushed, Ok(()));
        }
        let spans = (vec![2, NEVER], vec![NEVER, 0], vec![1, 2]);
        let no_spans = || (vec![], vec![], vec![]);
        let expected = [
            (
                Input::Subscriptions,
                vec![1, 2],
                Some(2),
                (vec![0, 1], vec![0, 1]),
                spans,
                (vec![50, 0], vec![]),
            ),
            (
                Input::Contacts,
                vec![4, 5],
                None,
                (vec![], vec![0, 1, 0, 0]),
                no_spans(),
                (vec![], vec![1, 0]),
            ),
            (
                Input::Surveys,
                vec![5],
                None,
                (vec![0], vec![]),
                no_spans(),
                (vec![], vec![NO_SCORE]),
            ),
        ];
        assert_eq!(seen, expected);
        let inputs: Vec<_> =
            Columns::of(&history, Input::Orders, 0).iter().map(|(input, _)| *input).collect();
        assert_eq!(inputs, [Input::Orders, Input::Prospects, Input::Contacts, Input::Surveys]);
    }
}
