//! The rows of a partition, unpacked column by column.

use std::cmp::Ordering;
use std::sync::Arc;

use kohort_model::{Id, IdSpace, InputSpec, ItemColumn, ItemRows, NEVER, NO_SCORE, ValueKind};

use crate::chunk::{Chunk, PackedColumn, signed};
use crate::ids::{Numbering, integer_of};
use crate::layout::{CUSTOMER, Cell, Columns, DAY, KeyType, Layout, Stream, VALUE};
use crate::slots::SlotMap;
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
            let mut words = Vec::new();
            for chunk in &self.chunks {
                chunk.column(column).unpack(0, &mut words);
                values.extend(words.iter().map(|word| from(*word)));
            }
        }
        values
    }

    /// The place of a column's ids among those of the row; `None` where they are not carried.
    pub fn id(&self, column: usize) -> Option<usize> {
        self.columns.ids.iter().position(|id| id.column == Some(column))
    }

    /// Numbers of whose the rows are, one a row.
    pub fn ids(&self, numbering: &mut Numbering<'a>) -> Vec<u32> {
        let mut ids = Vec::with_capacity(self.rows());
        match self.columns.owner() {
            KeyType::Integers => {
                self.for_each(CUSTOMER, 0, |id| ids.push(numbering.of_integer(id)));
            }
            KeyType::Bytes => {
                let mut of_bytes = numbered(numbering);
                self.for_each_bytes(|[customer, ..]| ids.push(of_bytes(customer)));
            }
        }
        ids
    }

    /// Calls `each` with the bytes of the row's ids, row by row; what is not bytes is empty.
    fn for_each_bytes(&self, mut each: impl FnMut([&'a [u8]; MOST_IDS])) {
        let mut held = [None; MOST_IDS];
        for (held, id) in held.iter_mut().zip(&self.columns.ids) {
            *held = Some(id.word).filter(|_| id.held == KeyType::Bytes);
        }
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
                let mut bytes: [&[u8]; MOST_IDS] = [&[]; MOST_IDS];
                for (bytes, lengths) in bytes.iter_mut().zip(&lengths) {
                    let length = lengths.get(row).copied().unwrap_or(0);
                    let length = usize::try_from(length).expect("a length in memory");
                    (*bytes, heap) = heap.split_at(length);
                }
                each(bytes);
            }
        }
    }

    /// The words of a row, one a row.
    pub fn words(&self, word: Option<usize>) -> Vec<u64> {
        self.column(word, |word| word)
    }

    /// Ids of a column, one a row: integers as they are, bytes by their rank.
    pub fn ranked(&self, id: usize) -> Vec<u64> {
        let own = &self.columns.ids[id];
        match own.held {
            KeyType::Integers => self.words(Some(own.word)),
            KeyType::Bytes => rank_bytes(&[(self, id)]).into_iter().next().unwrap_or_default(),
        }
    }

    /// The bytes of an id of each row; empty where they are none.
    pub fn bytes(&self, id: usize) -> Vec<&'a [u8]> {
        let mut all = Vec::new();
        if self.columns.ids[id].held == KeyType::Bytes {
            all.reserve_exact(self.rows());
            self.for_each_bytes(|bytes| all.push(bytes[id]));
        }
        all
    }

    /// All rows of a history, unpacked.
    pub fn unpack(&self, numbering: &mut Numbering<'a>) -> Rows {
        let columns = &self.columns.history;
        let order = columns.order.and_then(|_| self.columns.ids.get(ORDER));
        Rows {
            ids: self.ids(numbering),
            days: self.column(Some(DAY), day),
            values: self.column(Some(VALUE), signed),
            kinds: self.column(columns.kind, small),
            instants: self.column(columns.instant, signed),
            orders: order.map(|_| self.ranked(ORDER)).unwrap_or_default(),
            updated: self.column(columns.updated, signed),
            reasons: self.column(columns.reason, code),
            ends: self.column(columns.end, day),
            causes: self.column(columns.cause, small),
            cancelled: self.column(columns.cancelled, day),
            segments: (0..columns.segment_count)
                .map(|s| self.column(Some(columns.segments + s), code))
                .collect(),
        }
    }

    /// All rows of another input, unpacked, but for ids that are ranked among those of other streams.
    pub fn items(
        &self,
        numbering: &mut Numbering<'a>,
        spec: &InputSpec,
        slots: &SlotMap,
    ) -> ItemRows {
        let mut rows = ItemRows {
            people: self.ids(numbering),
            columns: (0..spec.columns.len()).map(|place| without(spec, place, slots)).collect(),
            ..ItemRows::default()
        };
        for (place, word) in self.columns.words.iter().enumerate().skip(1) {
            let word_at = Some(place);
            let known = word.column.map(|column| &mut rows.columns[column]);
            match (word.cell, known) {
                (Cell::Day, _) => rows.days = self.column(word_at, day),
                (Cell::Instant, _) => rows.instants = self.column(word_at, signed),
                (Cell::Visitor, _) => rows.visitors = self.words(word_at),
                (Cell::Known, Some(column)) => column.known = self.column(word_at, small),
                (Cell::Id, Some(column)) if !is_ranked_with_others(spec, word.column) => {
                    let id = self.columns.ids.iter().position(|id| id.word == place);
                    let ids = id.map(|id| self.ranked(id)).unwrap_or_default();
                    column.values = ids.into_iter().map(u64::cast_signed).collect();
                }
                (Cell::Date | Cell::Number, Some(column)) => {
                    column.values = self.column(word_at, signed);
                }
                (Cell::Id, _) | (_, None) => {}
                (_, Some(column)) => column.values = self.column(word_at, u64::cast_signed),
            }
        }
        rows
    }

    /// The ids of row `index` of a history as they came.
    pub fn keys(&self, partition: usize, index: usize) -> (Id, Id) {
        debug_assert!(partition < PARTITIONS);
        let ids = &self.columns.ids;
        let mut bytes: [Box<[u8]>; 2] = Default::default();
        if ids.iter().any(|id| id.held == KeyType::Bytes) {
            let mut row = 0;
            self.for_each_bytes(|[customer, order, ..]| {
                if row == index {
                    bytes = [customer.into(), order.into()];
                }
                row += 1;
            });
        }
        let word = |column: Option<usize>| column.map_or(0, |_| self.words(column)[index]);
        let [customer, order] = bytes;
        let customer = match self.columns.owner() {
            KeyType::Integers => Id::Integer(integer_of(partition, word(Some(CUSTOMER)))),
            KeyType::Bytes => Id::Bytes(customer.into()),
        };
        let order = match ids.get(ORDER).map(|id| id.held) {
            Some(KeyType::Bytes) => Id::Bytes(order.into()),
            _ => Id::Integer(word(self.columns.history.order)),
        };
        (customer, order)
    }
}

/// The spaces of ids beside those of people that inputs share.
pub(crate) const SHARED: [IdSpace; 2] = [IdSpace::Order, IdSpace::Invoice];

/// Whether the ids of a column are ranked among those of several streams: of inputs that share them, or
/// of what visitors did who are customers and who are not.
fn is_ranked_with_others(spec: &InputSpec, column: Option<usize>) -> bool {
    let kind = column.map(|place| spec.columns[place].kind);
    spec.is_of_visitors() || matches!(kind, Some(ValueKind::Id(ids)) if SHARED.contains(&ids.of))
}

fn code(word: u64) -> u32 {
    u32::try_from(word).expect("codes have 32 bits")
}

fn day(word: u64) -> i32 {
    i32::try_from(signed(word)).expect("days came as 32 bits")
}

fn small(word: u64) -> u8 {
    u8::try_from(word).expect("kinds and causes have 8 bits")
}

/// A column of an input without a value, with what its rows then have.
fn without(spec: &InputSpec, place: usize, slots: &SlotMap) -> ItemColumn {
    let texts = slots.texts(spec.input, place);
    let default = match spec.columns[place].kind {
        ValueKind::Day(_) | ValueKind::End => NEVER.into(),
        ValueKind::Score => NO_SCORE.into(),
        ValueKind::Number(_) => number_without(spec, place),
        ValueKind::Text(_) => texts.map_or(0, |texts| texts.missing.into()),
        _ => 0,
    };
    let places = texts.map(|texts| Arc::clone(&texts.by_code)).unwrap_or_default();
    ItemColumn { default, places, ..ItemColumn::default() }
}

/// The number of rows that do not carry a column of numbers.
pub(crate) fn number_without(spec: &InputSpec, place: usize) -> i64 {
    match spec.columns[place].kind {
        ValueKind::Number(number) => number.null.unwrap_or_default(),
        _ => 0,
    }
}

/// The ids of columns, each by its rank among those of all of them; of streams of one input, or of
/// inputs that share their ids.
pub(crate) fn ranked_ids(columns: &[(&Packed<'_>, usize)]) -> Vec<Vec<i64>> {
    let of: Vec<_> = columns.iter().filter_map(|(s, place)| Some((*s, s.id(*place)?))).collect();
    let is_bytes = of.iter().any(|(s, id)| s.columns.ids[*id].held == KeyType::Bytes);
    let mut ids = if is_bytes { rank_bytes(&of) } else { rank_integers(&of) };
    ids.iter_mut().map(|ids| ids.iter().map(|id| id.cast_signed()).collect()).collect()
}

/// The ranks of the integer ids at places of the rows of several streams among those of all.
#[expect(
    clippy::stable_sort_primitive,
    reason = "it merges ids that rise in runs, as exports have them"
)]
fn rank_integers(of: &[(&Packed<'_>, usize)]) -> Vec<Vec<u64>> {
    let mut ids: Vec<_> = of.iter().map(|(s, id)| s.words(Some(s.columns.ids[*id].word))).collect();
    let mut sorted = ids.concat();
    sorted.sort();
    sorted.dedup();
    let mut rank = 0;
    for id in ids.iter_mut().flatten() {
        // Neighbours are often equal, or follow each other.
        let near = (rank..sorted.len().min(rank + 2)).find(|rank| sorted[*rank] == *id);
        rank = near.unwrap_or_else(|| sorted.partition_point(|other| other < id));
        *id = rank as u64;
    }
    ids
}

/// The ranks of the byte ids at places of the rows of several streams among those of all.
fn rank_bytes(of: &[(&Packed<'_>, usize)]) -> Vec<Vec<u64>> {
    let mut numbering = Numbering::bytes();
    let mut ids: Vec<Vec<u64>> = Vec::with_capacity(of.len());
    for (stream, id) in of {
        let mut own = Vec::with_capacity(stream.rows());
        let mut of_bytes = numbered(&mut numbering);
        stream.for_each_bytes(|bytes| own.push(u64::from(of_bytes(bytes[*id]))));
        ids.push(own);
    }
    let distinct = numbering.into_bytes();
    let mut rank = vec![0; distinct.len()];
    for (place, number) in in_order(&distinct).into_iter().enumerate() {
        rank[number as usize] = place as u64;
    }
    for id in ids.iter_mut().flatten() {
        *id = rank[usize::try_from(*id).expect("a number just given")];
    }
    ids
}

/// Numbers byte ids of which neighbours are often equal, as rows of one visitor or of one cart are.
fn numbered<'a>(numbering: &mut Numbering<'a>) -> impl FnMut(&'a [u8]) -> u32 {
    let mut last: Option<(&'a [u8], u32)> = None;
    move |id| match last {
        Some((before, number)) if before == id => number,
        _ => {
            let number = numbering.of_bytes(id);
            last = Some((id, number));
            number
        }
    }
}

/// Places of distinct ids in the order of their bytes.
fn in_order(ids: &[&[u8]]) -> Vec<u32> {
    let mut given = ids.iter().filter(|id| !id.is_empty());
    let first = given.next().copied().unwrap_or_default();
    let common = given.fold(first.len(), |common, id| {
        first[..common].iter().zip(*id).take_while(|(a, b)| a == b).count()
    });
    // What follows the bytes that all begin with, as one number, is compared without a branch.
    let key = |id: &[u8]| {
        let mut word = [0; 8];
        let rest = id.get(common..).unwrap_or_default();
        let len = rest.len().min(word.len());
        word[..len].copy_from_slice(&rest[..len]);
        u64::from_be_bytes(word)
    };
    let mut keys: Vec<(u64, u32)> = ids.iter().map(|id| key(id)).zip(0..).collect();
    keys.sort_unstable_by(|(a, i), (b, j)| {
        a.cmp(b).then_with(|| ids[*i as usize].cmp(ids[*j as usize]))
    });
    keys.into_iter().map(|(_, place)| place).collect()
}

/// Ids that a row has at most.
const MOST_IDS: usize = 3;
/// The place of the order's among those of a history's row.
const ORDER: usize = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_ids_in_order() {
        let cases: [&[&str]; 7] = [
            &[],
            &[""],
            &["b", "", "a"],
            &["C0002", "C0001", "C01", "C0"],
            &["order-12345678-b", "order-12345678-a", "order-12345678", "order-1234567"],
            &["a\0", "a", "a\0\0", "b"],
            &["\u{ff}\u{ff}", "x", "same-start-1", "same-start-0", "same-start-00"],
        ];
        for ids in cases {
            let bytes: Vec<&[u8]> = ids.iter().map(|id| id.as_bytes()).collect();
            let mut expected = bytes.clone();
            expected.sort_unstable();
            let found: Vec<&[u8]> =
                in_order(&bytes).into_iter().map(|place| bytes[place as usize]).collect();
            assert_eq!(found, expected, "{ids:?}");
        }
    }
}
