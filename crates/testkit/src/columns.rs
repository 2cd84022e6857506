//! Rows as the engine takes them in: columns, with codes for texts.

mod side_inputs;

use std::sync::Arc;

use kohort_inputs::spec;
use kohort_model::{Cells, Day, EventBatch, Input, InputSpec, Keys, NEVER};

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

/// The values of a column.
#[derive(Clone, Debug)]
enum Values {
    Ids(Vec<Id>),
    /// Ids, any where a row has none, and 1 where it has one.
    OptionalIds(Vec<Id>, Vec<u8>),
    Days(Vec<i32>),
    Numbers(Vec<i64>),
    Codes(Vec<u32>),
    Small(Vec<u8>),
}

/// The rows of one input in columns.
#[derive(Clone, Debug)]
pub struct Columns {
    spec: &'static InputSpec,
    rows: usize,
    /// By place in the declaration.
    values: Vec<Option<Values>>,
    instants: Vec<i64>,
    segments: Vec<Vec<u32>>,
    /// Texts behind the codes, by list: of the columns of texts in the order of the declaration, then of
    /// the segments. What is missing is there by its name.
    pub codes: Vec<Codes>,
}

impl Columns {
    /// No column of so many rows.
    fn new(input: Input, rows: usize) -> Self {
        let spec = spec(input);
        let (values, codes) =
            (vec![None; spec.columns.len()], spec.texts().map(|_| Codes::default()));
        let codes = codes.collect();
        Self { spec, rows, values, instants: Vec::new(), segments: Vec::new(), codes }
    }

    fn set(mut self, column: &str, values: Values) -> Self {
        let place = self.spec.place(column).expect(column);
        self.values[place] = Some(values);
        self
    }

    fn ids(self, column: &str, ids: impl Iterator<Item = Id>) -> Self {
        self.set(column, Values::Ids(ids.collect()))
    }

    /// Ids of which some may be missing; no column at all where all are.
    fn optional_ids<'a>(
        self,
        column: &str,
        ids: impl Iterator<Item = Option<&'a Id>> + Clone,
    ) -> Self {
        let Some(any) = ids.clone().flatten().next() else { return self };
        let known = ids.clone().map(|id| u8::from(id.is_some())).collect();
        let ids = ids.map(|id| id.unwrap_or(any).clone()).collect();
        self.set(column, Values::OptionalIds(ids, known))
    }

    /// Days and, where there are some, instants of the rows.
    fn times(
        mut self,
        days: impl Iterator<Item = i32>,
        instants: impl Iterator<Item = i64>,
    ) -> Self {
        self.instants = instants.collect();
        let time = self.spec.time().expect("rows with times");
        self.values[time] = Some(Values::Days(days.collect()));
        self
    }

    fn days(self, column: &str, days: impl Iterator<Item = Option<Day>>) -> Self {
        self.set(column, Values::Days(days.map(|day| day.map_or(NEVER, |day| day.0)).collect()))
    }

    fn numbers(self, column: &str, numbers: impl Iterator<Item = i64>) -> Self {
        self.set(column, Values::Numbers(numbers.collect()))
    }

    fn small(self, column: &str, values: impl Iterator<Item = u8>) -> Self {
        self.set(column, Values::Small(values.collect()))
    }

    fn texts<'a>(mut self, column: &str, texts: impl Iterator<Item = &'a Option<String>>) -> Self {
        let place = self.spec.place(column);
        let (list, text) = (self.spec.texts().enumerate())
            .find_map(|(list, (of, text))| (Some(of) == place).then_some((list, text)))
            .expect(column);
        let codes = match text.renamed_by {
            Some(_) => self.codes[list].reasons(texts),
            None => self.codes[list].values(texts),
        };
        self.set(column, Values::Codes(codes))
    }

    fn segment<'a>(&mut self, values: impl Iterator<Item = &'a Option<String>>) {
        let mut codes = Codes::default();
        self.segments.push(codes.values(values));
        self.codes.push(codes);
    }

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
        all.extend(side_inputs::all(history));
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
        let mut columns = Self::new(Input::Orders, rows.len())
            .ids("customer_id", rows.iter().map(|r| r.customer.clone()))
            .times(rows.iter().map(|r| r.day.0), rows.iter().map(|r| r.instant))
            .numbers("amount", rows.iter().map(|r| r.value))
            .numbers("updated_at", rows.iter().map(|r| r.updated))
            .small("status", rows.iter().map(|r| r.kind as u8))
            .texts("lost_reason", rows.iter().map(|r| &r.reason));
        if has_ids {
            columns = columns.ids("order_id", rows.iter().map(id));
        }
        for s in 0..segments {
            columns.segment(rows.iter().map(|r| &r.segments[s]));
        }
        columns
    }

    /// The columns of spans, which have `segments` segment values each.
    ///
    /// # Panics
    /// Where one has fewer.
    #[must_use]
    pub fn subscriptions(spans: &[Span], segments: usize) -> Self {
        let mut columns = Self::new(Input::Subscriptions, spans.len())
            .ids("customer_id", spans.iter().map(|s| s.customer.clone()))
            .ids("subscription_id", spans.iter().map(|s| s.subscription.clone()))
            .times(spans.iter().map(|s| s.started.0), std::iter::empty())
            .days("ended_at", spans.iter().map(|s| s.ended))
            .numbers("amount", spans.iter().map(|s| s.value))
            .numbers("updated_at", spans.iter().map(|s| s.updated))
            .days("cancelled_at", spans.iter().map(|s| s.cancelled))
            .small("involuntary", spans.iter().map(|s| s.cause as u8))
            .texts("cancel_reason", spans.iter().map(|s| &s.reason));
        for s in 0..segments {
            columns.segment(spans.iter().map(|span| &span.segments[s]));
        }
        columns
    }

    /// The texts of the codes of a column.
    ///
    /// # Panics
    /// Where the input has no such column of texts.
    #[must_use]
    pub fn texts_of(&self, column: &str) -> &[Arc<str>] {
        let place = self.spec.place(column);
        let list = self.spec.texts().position(|(of, _)| Some(of) == place);
        &self.codes[list.expect(column)].texts
    }

    /// The texts of the codes of each segment.
    #[must_use]
    pub fn segment_codes(&self) -> &[Codes] {
        &self.codes[self.spec.texts().count()..]
    }

    /// The place of the list of texts behind the codes of a column of the declaration, if it has codes.
    #[must_use]
    pub fn list_of(&self, place: usize) -> Option<usize> {
        self.spec.texts().position(|(of, _)| of == place)
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
        for from in (0..self.rows).step_by(size) {
            let to = self.rows.min(from + size);
            let ids: Vec<_> = (self.values.iter())
                .map(|values| match values {
                    Some(Values::Ids(ids) | Values::OptionalIds(ids, _)) => {
                        Some(Ids::new(&ids[from..to]))
                    }
                    _ => None,
                })
                .collect();
            let columns: Vec<_> = (self.values.iter().zip(&ids))
                .map(|(values, ids)| {
                    Some(match (values.as_ref()?, ids) {
                        (Values::OptionalIds(_, known), Some(ids)) => {
                            Cells::OptionalIds(ids.keys(), &known[from..to])
                        }
                        (_, Some(ids)) => Cells::Ids(ids.keys()),
                        (Values::Days(days), _) => Cells::Days(&days[from..to]),
                        (Values::Numbers(numbers), _) => Cells::Numbers(&numbers[from..to]),
                        (Values::Codes(codes), _) => Cells::Codes(&codes[from..to]),
                        (Values::Small(values), _) => Cells::Small(&values[from..to]),
                        (Values::Ids(_) | Values::OptionalIds(..), None) => return None,
                    })
                })
                .collect();
            let segments: Vec<_> = self.segments.iter().map(|codes| &codes[from..to]).collect();
            let instants = self.instants.get(from..to).unwrap_or_default();
            push(&EventBatch {
                rows: to - from,
                columns: &columns,
                instants,
                segments: &segments,
            })?;
        }
        Ok(())
    }
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
        let place = |name| spec(Input::Orders).place(name);
        let mut seen = Vec::new();
        let pushed: Result<(), ()> = columns.for_batches(2, |batch| {
            let Some(Keys::Bytes(customers)) = batch.ids(place("customer_id")) else {
                panic!("texts")
            };
            let Some(Keys::Integers(orders)) = batch.ids(place("order_id")) else {
                panic!("integers")
            };
            let (days, values) = (batch.days(place("ordered_at")), batch.numbers(place("amount")));
            for i in 0..batch.rows {
                let customer = std::str::from_utf8(customers[i]).unwrap().to_owned();
                let codes = (batch.codes(place("lost_reason"))[i], batch.segments[0][i]);
                seen.push((customer, orders[i], days[i], values[i], codes));
            }
            Ok(())
        });
        assert_eq!(pushed, Ok(()));
        let expected = [("a", 1, 1, 5, (0, 0)), ("b", 2, 2, 6, (1, 1)), ("a", 9, 2, -6, (0, 0))];
        assert_eq!(seen, expected.map(|(c, o, d, v, codes)| (c.to_owned(), o, d, v, codes)));
        assert_eq!(columns.texts_of("lost_reason"), ["price".into(), "unknown".into()]);
        assert_eq!(columns.segment_codes()[0].texts, ["z".into(), "(none)".into()]);
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
        // The columns of an input but for ids, as they are in its only batch.
        let shown = |input: Input, columns: &Columns| {
            let mut shown = Vec::new();
            let pushed: Result<(), ()> = columns.for_batches(9, |batch| {
                for (column, cells) in spec(input).columns.iter().zip(batch.columns) {
                    let values = match cells {
                        Some(Cells::Days(days)) => format!("{days:?}"),
                        Some(Cells::Numbers(numbers)) => format!("{numbers:?}"),
                        Some(Cells::Codes(codes)) => format!("{codes:?}"),
                        Some(Cells::Small(values)) => format!("{values:?}"),
                        Some(Cells::Ids(_) | Cells::OptionalIds(..)) | None => continue,
                    };
                    shown.push(format!("{} {values}", column.name));
                }
                shown.extend(batch.segments.iter().map(|codes| format!("segment {codes:?}")));
                Ok(())
            });
            assert_eq!(pushed, Ok(()));
            shown
        };
        let expected: [(Input, &[&str]); 4] = [
            (
                Input::Subscriptions,
                &[
                    "started_at [1, 2]",
                    &format!("ended_at [2, {NEVER}]"),
                    "amount [50, 0]",
                    "updated_at [0, 0]",
                    &format!("cancelled_at [{NEVER}, 0]"),
                    "cancel_reason [0, 1]",
                    "involuntary [1, 2]",
                    "segment [0, 1]",
                ],
            ),
            (Input::Prospects, &[]),
            (
                Input::Contacts,
                &["contacted_at [4, 5]", "campaign [0, 1]", "strategy [0, 0]", "variant [1, 0]"],
            ),
            (
                Input::Surveys,
                &[
                    "answered_at [5]",
                    "reason [0]",
                    "lost_reason [0]",
                    &format!("score [{NO_SCORE}]"),
                ],
            ),
        ];
        for ((input, columns), (of, expected)) in
            Columns::of(&history, Input::Subscriptions, 1).iter().zip(expected)
        {
            assert_eq!(
                (*input, shown(*input, columns)),
                (of, expected.iter().map(|e| (*e).to_owned()).collect())
            );
        }
        let inputs: Vec<_> =
            Columns::of(&history, Input::Orders, 0).iter().map(|(input, _)| *input).collect();
        assert_eq!(inputs, [Input::Orders, Input::Prospects, Input::Contacts, Input::Surveys]);
    }
}
