//! The rows of a partition, unpacked column by column.

use std::cmp::Ordering;

use kohort_model::Id;

use crate::chunk::{Chunk, PackedColumn, signed};
use crate::ids::{Numbering, integer_of};
use crate::layout::{CUSTOMER, Columns, DAY, KeyType, Layout, Stream, VALUE};
use crate::store::PARTITIONS;

/// Columns that are not carried are empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    /// Customer by number.
    pub ids: Vec<u32>,
    pub days: Vec<i32>,
    pub values: Vec<i64>,
    pub kinds: Vec<u8>,
    pub instants: Vec<i64>,
    /// Order ids: the integer, or the rank of the bytes among the partition's.
    pub orders: Vec<u64>,
    pub updated: Vec<i64>,
    pub reasons: Vec<u32>,
    pub ends: Vec<i32>,
    pub causes: Vec<u8>,
    pub cancelled: Vec<i32>,
    pub segments: Vec<Vec<u32>>,
}

impl Rows {
    pub fn len(&self) -> usize {
        self.days.len()
    }

    /// By time, then by what stands in the rows; `rank` orders the codes of each segment by
    /// their texts, and the reasons' last.
    pub fn compare(&self, a: usize, b: usize, rank: &[Vec<u32>]) -> Ordering {
        fn by<T: Ord>(column: &[T], a: usize, b: usize) -> Ordering {
            if column.is_empty() { Ordering::Equal } else { column[a].cmp(&column[b]) }
        }
        by(&self.days, a, b)
            .then_with(|| by(&self.instants, a, b))
            .then_with(|| by(&self.kinds, a, b))
            .then_with(|| by(&self.orders, a, b))
            .then_with(|| by(&self.values, a, b))
            .then_with(|| self.compare_texts(a, b, rank))
    }

    /// By reason, then by segment value, as texts.
    pub fn compare_texts(&self, a: usize, b: usize, rank: &[Vec<u32>]) -> Ordering {
        let (segments, reasons) = rank.split_at(self.segments.len());
        let texts = |codes: &Vec<u32>, rank: &Vec<u32>| {
            rank[codes[a] as usize].cmp(&rank[codes[b] as usize])
        };
        let by_reason = match reasons {
            [rank] if !self.reasons.is_empty() => texts(&self.reasons, rank),
            _ => Ordering::Equal,
        };
        let by_segment = self.segments.iter().zip(segments).map(|(codes, rank)| texts(codes, rank));
        by_reason.then_with(|| by_segment.fold(Ordering::Equal, Ordering::then))
    }

    /// The rows at `picked`, in that order.
    pub fn pick(&self, picked: &[u32]) -> Self {
        fn take<T: Copy>(from: &[T], picked: &[u32]) -> Vec<T> {
            let at = |i: &u32| from[*i as usize];
            if from.is_empty() { Vec::new() } else { picked.iter().map(at).collect() }
        }
        Self {
            ids: take(&self.ids, picked),
            days: take(&self.days, picked),
            values: take(&self.values, picked),
            kinds: take(&self.kinds, picked),
            instants: take(&self.instants, picked),
            orders: take(&self.orders, picked),
            updated: take(&self.updated, picked),
            reasons: take(&self.reasons, picked),
            ends: take(&self.ends, picked),
            causes: take(&self.causes, picked),
            cancelled: take(&self.cancelled, picked),
            segments: self.segments.iter().map(|codes| take(codes, picked)).collect(),
        }
    }
}

/// The packed chunks of one partition's stream.
pub(crate) struct Packed<'a> {
    pub chunks: Vec<Chunk<'a>>,
    pub columns: Columns,
}

impl<'a> Packed<'a> {
    pub fn new(stretches: &'a [Box<[u8]>], layout: &Layout, stream: Stream) -> Self {
        let mut chunks = Vec::new();
        for stretch in stretches {
            let mut rest = &stretch[..];
            while !rest.is_empty() {
                let chunk;
                (chunk, rest) = Chunk::split(rest);
                chunks.push(chunk);
            }
        }
        Self { chunks, columns: layout.columns(stream) }
    }

    pub fn rows(&self) -> usize {
        self.chunks.iter().map(Chunk::rows).sum()
    }

    /// Smallest and largest word of a column.
    pub fn range(&self, column: usize) -> Option<(u64, u64)> {
        let column = |chunk: &Chunk<'a>| chunk.column(column);
        let ends = |c: PackedColumn<'_>| (c.min, c.max);
        self.chunks.iter().map(column).map(ends).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// Calls `each` with the words of a column in order, less `base`.
    #[inline]
    pub fn for_each(&self, column: usize, base: u64, mut each: impl FnMut(u64)) {
        let mut words = Vec::new();
        for chunk in &self.chunks {
            chunk.column(column).unpack(base, &mut words);
            for word in &words {
                each(*word);
            }
        }
    }

    fn column<T>(&self, column: Option<usize>, from: impl Fn(u64) -> T) -> Vec<T> {
        let mut values = Vec::new();
        if let Some(column) = column {
            values.reserve_exact(self.rows());
            self.for_each(column, 0, |word| values.push(from(word)));
        }
        values
    }

    /// Customer numbers, one a row.
    pub fn ids(&self, layout: &Layout, numbering: &mut Numbering<'a>) -> Vec<u32> {
        let mut ids = Vec::with_capacity(self.rows());
        match layout.customers {
            KeyType::Integers => {
                self.for_each(CUSTOMER, 0, |id| ids.push(numbering.of_integer(id)));
            }
            KeyType::Bytes => self.for_each_bytes(layout, |customer, _| {
                ids.push(numbering.of_bytes(customer));
            }),
        }
        ids
    }

    /// Calls `each` with the bytes of customer and order id, row by row; what is not bytes is
    /// empty.
    fn for_each_bytes(&self, layout: &Layout, mut each: impl FnMut(&'a [u8], &'a [u8])) {
        let order_bytes = self.columns.order.filter(|_| layout.orders == Some(KeyType::Bytes));
        for chunk in &self.chunks {
            let mut heap = chunk.heap();
            let lengths = |column: Option<usize>| {
                let mut lengths = Vec::new();
                if let Some(column) = column {
                    chunk.column(column).unpack(0, &mut lengths);
                }
                lengths
            };
            let customers = (layout.customers == KeyType::Bytes).then_some(CUSTOMER);
            let (customers, orders) = (lengths(customers), lengths(order_bytes));
            for row in 0..chunk.rows() {
                let mut cut = |lengths: &[u64]| {
                    let length = lengths.get(row).copied().unwrap_or(0);
                    let length = usize::try_from(length).expect("a length in memory");
                    let (id, rest) = heap.split_at(length);
                    heap = rest;
                    id
                };
                let customer = cut(&customers);
                each(customer, cut(&orders));
            }
        }
    }

    /// Order ids, one a row: integers as they are, bytes by their rank in the partition.
    fn orders(&self, layout: &Layout) -> Vec<u64> {
        if layout.orders != Some(KeyType::Bytes) || self.columns.order.is_none() {
            return self.column(self.columns.order, |word| word);
        }
        let mut numbering = Numbering::bytes();
        let mut orders = Vec::with_capacity(self.rows());
        let mut distinct: Vec<&[u8]> = Vec::new();
        self.for_each_bytes(layout, |_, order| {
            let number = numbering.of_bytes(order);
            if number as usize == distinct.len() {
                distinct.push(order);
            }
            orders.push(u64::from(number));
        });
        let mut sorted: Vec<usize> = (0..distinct.len()).collect();
        sorted.sort_unstable_by_key(|i| distinct[*i]);
        let mut rank = vec![0; distinct.len()];
        sorted.iter().enumerate().for_each(|(place, i)| rank[*i] = place as u64);
        for order in &mut orders {
            *order = rank[usize::try_from(*order).expect("a number just given")];
        }
        orders
    }

    /// All rows, unpacked.
    pub fn unpack(&self, layout: &Layout, numbering: &mut Numbering<'a>) -> Rows {
        let columns = &self.columns;
        let code = |word: u64| u32::try_from(word).expect("codes have 32 bits");
        let day = |word: u64| i32::try_from(signed(word)).expect("days came as 32 bits");
        let small = |word: u64| u8::try_from(word).expect("kinds and causes have 8 bits");
        let segment = |s| self.column(Some(columns.segments + s), code);
        Rows {
            ids: self.ids(layout, numbering),
            days: self.column(Some(DAY), day),
            values: self.column(Some(VALUE), signed),
            kinds: self.column(columns.kind, small),
            instants: self.column(columns.instant, signed),
            orders: self.orders(layout),
            updated: self.column(columns.updated, signed),
            reasons: self.column(columns.reason, code),
            ends: self.column(columns.end, day),
            causes: self.column(columns.cause, small),
            cancelled: self.column(columns.cancelled, day),
            segments: (0..columns.segment_count).map(segment).collect(),
        }
    }

    /// The ids of row `index` as they came.
    pub fn keys(&self, layout: &Layout, partition: usize, index: usize) -> (Id, Id) {
        debug_assert!(partition < PARTITIONS);
        let mut bytes: (Box<[u8]>, Box<[u8]>) = (Box::default(), Box::default());
        if layout.customers == KeyType::Bytes || layout.orders == Some(KeyType::Bytes) {
            let mut row = 0;
            self.for_each_bytes(layout, |customer, order| {
                if row == index {
                    bytes = (customer.into(), order.into());
                }
                row += 1;
            });
        }
        let word = |column: Option<usize>| {
            column.map_or(0, |column| self.column(Some(column), |word| word)[index])
        };
        let customer = match layout.customers {
            KeyType::Integers => Id::Integer(integer_of(partition, word(Some(CUSTOMER)))),
            KeyType::Bytes => Id::Bytes(bytes.0.into()),
        };
        let order = match layout.orders {
            Some(KeyType::Bytes) => Id::Bytes(bytes.1.into()),
            _ => Id::Integer(word(self.columns.order)),
        };
        (customer, order)
    }
}
