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
    pub units: Vec<i64>,
    /// Numbers of visitors.
    pub visitors: Vec<u64>,
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

    /// Adds rows with the same columns.
    pub fn append(&mut self, mut other: Self) {
        macro_rules! append {
            ($($column:ident),+) => { $(self.$column.append(&mut other.$column);)+ };
        }
        append!(ids, days, values, kinds, instants, orders, updated, reasons, ends, causes);
        append!(cancelled, units, visitors);
        for (own, other) in self.segments.iter_mut().zip(&mut other.segments) {
            own.append(other);
        }
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
            units: take(&self.units, picked),
            visitors: take(&self.visitors, picked),
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

    /// A numbering for the customers of several streams, whose ids are held as `keys` says.
    pub fn numbering<'n>(streams: &[&Packed<'_>], keys: KeyType) -> Numbering<'n> {
        if keys == KeyType::Bytes {
            return Numbering::bytes();
        }
        let ranges = streams.iter().filter_map(|stream| stream.range(CUSTOMER));
        let range = ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let rows = streams.iter().map(|stream| stream.rows()).sum();
        range.map_or_else(
            || Numbering::Direct { min: 0, count: 0 },
            |(min, max)| Numbering::integers(min, max, rows),
        )
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
    pub fn ids(&self, numbering: &mut Numbering<'a>) -> Vec<u32> {
        let mut ids = Vec::with_capacity(self.rows());
        match self.columns.keys.customer {
            KeyType::Integers => {
                self.for_each(CUSTOMER, 0, |id| ids.push(numbering.of_integer(id)));
            }
            KeyType::Bytes => self.for_each_bytes(|[customer, ..]| {
                ids.push(numbering.of_bytes(customer));
            }),
        }
        ids
    }

    /// Calls `each` with the bytes of the row's ids, row by row: customer, order and whom else; what is
    /// not bytes is empty.
    fn for_each_bytes(&self, mut each: impl FnMut([&'a [u8]; 3])) {
        let held = self.columns.lengths();
        for chunk in &self.chunks {
            let mut heap = chunk.heap();
            let lengths = held.map(|column| {
                let mut lengths = Vec::new();
                if let Some(column) = column {
                    chunk.column(column).unpack(0, &mut lengths);
                }
                lengths
            });
            for row in 0..chunk.rows() {
                each([0, 1, 2].map(|id: usize| {
                    let length = lengths[id].get(row).copied().unwrap_or(0);
                    let length = usize::try_from(length).expect("a length in memory");
                    let (id, rest) = heap.split_at(length);
                    heap = rest;
                    id
                }));
            }
        }
    }

    /// Ranks of the byte ids at a place of the row, and the bytes by rank.
    fn ranked(&self, id: usize) -> (Vec<u64>, Vec<&'a [u8]>) {
        let ([ranks], bytes) = rank_bytes([self], id);
        (ranks, bytes)
    }

    /// Order ids, one a row: integers as they are, bytes by their rank in the partition.
    fn orders(&self) -> Vec<u64> {
        match (self.columns.order, self.columns.keys.order) {
            (Some(_), Some(KeyType::Bytes)) => self.ranked(ORDER).0,
            (column, _) => self.column(column, |word| word),
        }
    }

    /// Order ids of two streams by their rank among those of both.
    pub fn orders_of_both(streams: [&Self; 2]) -> [Vec<u64>; 2] {
        if streams.iter().any(|stream| stream.columns.keys.order == Some(KeyType::Bytes)) {
            return rank_bytes(streams, ORDER).0;
        }
        let mut orders = streams.map(Self::orders);
        let mut sorted = orders.concat();
        sorted.sort_unstable();
        sorted.dedup();
        for id in orders.iter_mut().flatten() {
            *id = sorted.partition_point(|other| *other < *id) as u64;
        }
        orders
    }

    /// Whom else each row is about: integers as they came, or bytes by rank, and those bytes.
    pub fn others(&self) -> (Vec<u64>, Vec<&'a [u8]>) {
        match self.columns.keys.other {
            Some(KeyType::Bytes) => self.ranked(OTHER),
            _ => (self.column(self.columns.other, |word| word), Vec::new()),
        }
    }

    /// The bytes of the order id of each row; empty where they are none.
    pub fn order_bytes(&self) -> Vec<&'a [u8]> {
        let mut orders = Vec::new();
        if self.columns.keys.order == Some(KeyType::Bytes) {
            orders.reserve_exact(self.rows());
            self.for_each_bytes(|bytes| orders.push(bytes[ORDER]));
        }
        orders
    }

    /// All rows, unpacked.
    pub fn unpack(&self, numbering: &mut Numbering<'a>) -> Rows {
        Rows { orders: self.orders(), ..self.unpack_but_orders(numbering) }
    }

    /// The same without order ids.
    pub fn unpack_but_orders(&self, numbering: &mut Numbering<'a>) -> Rows {
        let columns = &self.columns;
        let code = |word: u64| u32::try_from(word).expect("codes have 32 bits");
        let day = |word: u64| i32::try_from(signed(word)).expect("days came as 32 bits");
        let small = |word: u64| u8::try_from(word).expect("kinds and causes have 8 bits");
        let segment = |s| self.column(Some(columns.segments + s), code);
        Rows {
            ids: self.ids(numbering),
            days: self.column(Some(DAY), day),
            values: self.column(Some(VALUE), signed),
            kinds: self.column(columns.kind, small),
            instants: self.column(columns.instant, signed),
            orders: Vec::new(),
            updated: self.column(columns.updated, signed),
            reasons: self.column(columns.reason, code),
            ends: self.column(columns.end, day),
            causes: self.column(columns.cause, small),
            cancelled: self.column(columns.cancelled, day),
            units: self.column(columns.units, signed),
            visitors: self.column(columns.visitor, |word| word),
            segments: (0..columns.segment_count).map(segment).collect(),
        }
    }

    /// The ids of row `index` as they came.
    pub fn keys(&self, partition: usize, index: usize) -> (Id, Id) {
        debug_assert!(partition < PARTITIONS);
        let keys = self.columns.keys;
        let mut bytes: [Box<[u8]>; 2] = Default::default();
        if keys.customer == KeyType::Bytes || keys.order == Some(KeyType::Bytes) {
            let mut row = 0;
            self.for_each_bytes(|[customer, order, _]| {
                if row == index {
                    bytes = [customer.into(), order.into()];
                }
                row += 1;
            });
        }
        let word = |column: Option<usize>| {
            column.map_or(0, |column| self.column(Some(column), |word| word)[index])
        };
        let [customer, order] = bytes;
        let customer = match keys.customer {
            KeyType::Integers => Id::Integer(integer_of(partition, word(Some(CUSTOMER)))),
            KeyType::Bytes => Id::Bytes(customer.into()),
        };
        let order = match keys.order {
            Some(KeyType::Bytes) => Id::Bytes(order.into()),
            _ => Id::Integer(word(self.columns.order)),
        };
        (customer, order)
    }
}

/// The ranks of the byte ids at a place of the rows of several streams among those of all, and the
/// bytes by rank.
fn rank_bytes<'a, const N: usize>(
    streams: [&Packed<'a>; N],
    id: usize,
) -> ([Vec<u64>; N], Vec<&'a [u8]>) {
    let mut numbering = Numbering::bytes();
    let mut ids = streams.map(|stream| {
        let mut ids = Vec::with_capacity(stream.rows());
        stream.for_each_bytes(|bytes| ids.push(u64::from(numbering.of_bytes(bytes[id]))));
        ids
    });
    let distinct = numbering.into_bytes();
    let mut sorted: Vec<usize> = (0..distinct.len()).collect();
    sorted.sort_unstable_by_key(|i| distinct[*i]);
    let mut rank = vec![0; distinct.len()];
    sorted.iter().enumerate().for_each(|(place, i)| rank[*i] = place as u64);
    for id in ids.iter_mut().flatten() {
        *id = rank[usize::try_from(*id).expect("a number just given")];
    }
    (ids, sorted.into_iter().map(|i| distinct[i]).collect())
}

/// Places of the ids of a row that may be bytes.
const ORDER: usize = 1;
const OTHER: usize = 2;
