//! Rows of a part until there are enough of them to be packed.

use std::collections::BTreeMap;

use kohort_model::{EventBatch, Keys};

/// Batches of one input, one after the other.
#[derive(Default)]
pub(super) struct Held {
    customers: HeldKeys,
    orders: Option<HeldKeys>,
    others: Option<HeldKeys>,
    days: Vec<i32>,
    values: Vec<i64>,
    kinds: Vec<u8>,
    instants: Vec<i64>,
    updated: Vec<i64>,
    reasons: Vec<u32>,
    segments: Vec<Vec<u32>>,
    ends: Vec<i32>,
    cancelled: Vec<i32>,
    causes: Vec<u8>,
    units: Vec<i64>,
}

#[derive(Default)]
struct HeldKeys {
    are_bytes: bool,
    integers: Vec<u64>,
    heap: Vec<u8>,
    /// Where the bytes of each id end.
    ends: Vec<usize>,
}

impl HeldKeys {
    fn extend(&mut self, keys: Keys<'_>) {
        self.are_bytes = matches!(keys, Keys::Bytes(_));
        match keys {
            Keys::Integers(ids) => self.integers.extend_from_slice(ids),
            Keys::Bytes(ids) => {
                for id in ids {
                    self.heap.extend_from_slice(id);
                    self.ends.push(self.heap.len());
                }
            }
        }
    }

    fn clear(&mut self) {
        self.integers.clear();
        self.heap.clear();
        self.ends.clear();
    }

    fn slices(&self) -> Vec<&[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.heap[start..*end]).collect()
    }

    fn keys<'a>(&'a self, slices: &'a [&'a [u8]]) -> Keys<'a> {
        if self.are_bytes { Keys::Bytes(slices) } else { Keys::Integers(&self.integers) }
    }
}

impl Held {
    pub fn rows(&self) -> usize {
        self.days.len()
    }

    /// Whether the batch has the same columns, so that it can follow.
    pub fn takes(&self, batch: &EventBatch<'_>) -> bool {
        let columns = |batch: &EventBatch<'_>| {
            [
                batch.values.is_empty(),
                batch.kinds.is_empty(),
                batch.instants.is_empty(),
                batch.updated.is_empty(),
                batch.reasons.is_empty(),
                batch.ends.is_empty(),
                batch.cancelled.is_empty(),
                batch.causes.is_empty(),
                batch.units.is_empty(),
            ]
        };
        let own = [
            self.values.is_empty(),
            self.kinds.is_empty(),
            self.instants.is_empty(),
            self.updated.is_empty(),
            self.reasons.is_empty(),
            self.ends.is_empty(),
            self.cancelled.is_empty(),
            self.causes.is_empty(),
            self.units.is_empty(),
        ];
        self.rows() == 0 || own == columns(batch)
    }

    pub fn extend(&mut self, batch: &EventBatch<'_>) {
        self.customers.extend(batch.customers);
        for (own, keys) in [(&mut self.orders, batch.orders), (&mut self.others, batch.others)] {
            if let Some(keys) = keys {
                own.get_or_insert_default().extend(keys);
            }
        }
        self.segments.resize_with(batch.segments.len(), Vec::new);
        for (own, codes) in self.segments.iter_mut().zip(batch.segments) {
            own.extend_from_slice(codes);
        }
        macro_rules! extend {
            ($($column:ident),+) => { $(self.$column.extend_from_slice(batch.$column);)+ };
        }
        extend!(days, values, kinds, instants, updated, reasons, ends, cancelled, causes, units);
    }

    /// How many rows each day has.
    pub fn days_seen(&self) -> BTreeMap<i32, u64> {
        let mut seen = BTreeMap::new();
        // Files are often of one day, or sorted by it.
        for run in self.days.chunk_by(|a, b| a == b) {
            *seen.entry(run[0]).or_default() += run.len() as u64;
        }
        seen
    }

    pub fn clear(&mut self) {
        self.customers.clear();
        self.orders.iter_mut().chain(&mut self.others).for_each(HeldKeys::clear);
        self.segments.iter_mut().for_each(Vec::clear);
        macro_rules! clear {
            ($($column:ident),+) => { $(self.$column.clear();)+ };
        }
        clear!(days, values, kinds, instants, updated, reasons, ends, cancelled, causes, units);
    }

    /// All rows as one batch.
    pub fn with_batch<R>(&self, work: impl FnOnce(&EventBatch<'_>) -> R) -> R {
        let customers = self.customers.slices();
        let orders = self.orders.as_ref().map(HeldKeys::slices).unwrap_or_default();
        let others = self.others.as_ref().map(HeldKeys::slices).unwrap_or_default();
        let segments: Vec<&[u32]> = self.segments.iter().map(Vec::as_slice).collect();
        let batch = EventBatch {
            customers: self.customers.keys(&customers),
            days: &self.days,
            values: &self.values,
            kinds: &self.kinds,
            instants: &self.instants,
            orders: self.orders.as_ref().map(|held| held.keys(&orders)),
            others: self.others.as_ref().map(|held| held.keys(&others)),
            updated: &self.updated,
            reasons: &self.reasons,
            segments: &segments,
            ends: &self.ends,
            cancelled: &self.cancelled,
            causes: &self.causes,
            units: &self.units,
        };
        work(&batch)
    }
}
