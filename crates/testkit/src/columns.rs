//! Rows as the engine takes them in: columns, with codes for texts.

use std::sync::Arc;

use kohort_model::{Keys, OrderBatch};

use crate::rows::{Id, Row};

/// Texts, numbered as they first come, so that no code is in the order of the texts by luck.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Codes {
    /// The text of each code.
    pub texts: Vec<Arc<str>>,
}

impl Codes {
    fn code(&mut self, text: &str) -> u32 {
        let known = self.texts.iter().position(|t| **t == *text);
        let at = known.unwrap_or_else(|| {
            self.texts.push(text.into());
            self.texts.len() - 1
        });
        u32::try_from(at).expect("a test has few texts")
    }
}

/// A history in columns.
#[derive(Clone, Debug)]
pub struct Columns {
    customers: Vec<Id>,
    orders: Option<Vec<Id>>,
    days: Vec<i32>,
    instants: Vec<i64>,
    kinds: Vec<u8>,
    values: Vec<i64>,
    updated: Vec<i64>,
    reasons: Vec<u32>,
    segments: Vec<Vec<u32>>,
    /// Texts of the reason codes; a missing or empty reason is `unknown`.
    pub reason_codes: Codes,
    /// Texts of the value codes of each segment; a missing value is `(none)`.
    pub segment_codes: Vec<Codes>,
}

impl Columns {
    /// The columns of `rows`, which have `segments` segment values each.
    ///
    /// # Panics
    /// Where some rows have an order id and others none, or fewer segment values.
    #[must_use]
    pub fn new(rows: &[Row], segments: usize) -> Self {
        let has_orders = rows.iter().any(|r| r.order.is_some());
        let order = |r: &Row| r.order.clone().expect("an order id in every row or in none");
        let mut reason_codes = Codes::default();
        let mut reason = |r: &Row| {
            let text = r.reason.as_deref().filter(|text| !text.is_empty());
            reason_codes.code(text.unwrap_or("unknown"))
        };
        let reasons = rows.iter().map(&mut reason).collect();
        let mut segment_codes = vec![Codes::default(); segments];
        let mut values_of = |(s, codes): (usize, &mut Codes)| {
            let text = |r: &Row| codes.code(r.segments[s].as_deref().unwrap_or("(none)"));
            rows.iter().map(text).collect()
        };
        Self {
            customers: rows.iter().map(|r| r.customer.clone()).collect(),
            orders: has_orders.then(|| rows.iter().map(order).collect()),
            days: rows.iter().map(|r| r.day.0).collect(),
            instants: rows.iter().map(|r| r.instant).collect(),
            kinds: rows.iter().map(|r| r.kind as u8).collect(),
            values: rows.iter().map(|r| r.value).collect(),
            updated: rows.iter().map(|r| r.updated).collect(),
            reasons,
            segments: segment_codes.iter_mut().enumerate().map(&mut values_of).collect(),
            reason_codes,
            segment_codes,
        }
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
        mut push: impl FnMut(&OrderBatch<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        for from in (0..self.days.len()).step_by(size) {
            let of = from..self.days.len().min(from + size);
            let customers = Ids::new(&self.customers[of.clone()]);
            let orders = self.orders.as_ref().map(|ids| Ids::new(&ids[of.clone()]));
            let segments: Vec<_> = self.segments.iter().map(|codes| &codes[of.clone()]).collect();
            push(&OrderBatch {
                customers: customers.keys(),
                days: &self.days[of.clone()],
                values: &self.values[of.clone()],
                kinds: &self.kinds[of.clone()],
                instants: &self.instants[of.clone()],
                orders: orders.as_ref().map(Ids::keys),
                updated: &self.updated[of.clone()],
                reasons: &self.reasons[of],
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
    use super::*;
    use crate::rows::parse_rows;

    #[test]
    fn rows_become_batches() {
        let rows = parse_rows(
            "customer order day        value status    reason country
             a        1     1970-01-02 5     lost      price  z
             b        2     1970-01-03 6     completed -      -
             a        9     1970-01-03 -6    completed price  z",
        );
        let columns = Columns::new(&rows, 1);
        let mut seen = Vec::new();
        let pushed: Result<(), ()> = columns.for_batches(2, |batch| {
            let Keys::Bytes(customers) = batch.customers else { panic!("texts") };
            let Some(Keys::Integers(orders)) = batch.orders else { panic!("integers") };
            for i in 0..batch.days.len() {
                let customer = std::str::from_utf8(customers[i]).unwrap().to_owned();
                let codes = (batch.reasons[i], batch.segments[0][i]);
                seen.push((customer, orders[i], batch.days[i], batch.values[i], codes));
            }
            Ok(())
        });
        assert_eq!(pushed, Ok(()));
        let expected = [("a", 1, 1, 5, (0, 0)), ("b", 2, 2, 6, (1, 1)), ("a", 9, 2, -6, (0, 0))];
        assert_eq!(seen, expected.map(|(c, o, d, v, codes)| (c.to_owned(), o, d, v, codes)));
        assert_eq!(columns.reason_codes.texts, ["price".into(), "unknown".into()]);
        assert_eq!(columns.segment_codes[0].texts, ["z".into(), "(none)".into()]);
    }
}
