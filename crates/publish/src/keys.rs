//! Keys of packed rows, and their order.

use std::cmp::Ordering;
use std::ops::Range;

use kohort_model::{ColumnType, Grain, TableSchema, keys};
use parquet::errors::ParquetError;

use crate::order;
use crate::packed::{CODE, Form, HIGH, LENGTH, Lanes, Rows, Strings, VALID, VALUE};
use crate::part::{NULL, Texts};

/// The order of a table by its key: NULL first, texts by their bytes, grains from `day` to `year`.
pub(crate) struct RowOrder {
    /// The columns of the key.
    columns: Vec<usize>,
    /// Place of the grain in the key.
    grain: Option<usize>,
}

impl RowOrder {
    /// # Panics
    /// Where the table has no key.
    pub fn new(table: &TableSchema) -> Self {
        let columns = order::key(table);
        assert!(!columns.is_empty(), "the rows of {} have no order", table.name);
        let is_grain = |index: &usize| {
            let column = &table.columns[*index];
            column.name == keys::GRAIN.name && column.ty == ColumnType::Text
        };
        Self { grain: columns.iter().position(is_grain), columns }
    }

    /// The keys of `rows`, whose texts have these codes.
    pub fn keys(
        &self,
        rows: &impl Rows,
        lanes: &Lanes,
        texts: &Texts,
    ) -> Result<Keys, ParquetError> {
        let words = |lane: usize| {
            let mut words = Vec::with_capacity(rows.len());
            rows.words(lane, &mut words);
            words
        };
        let mut parts = Vec::new();
        for (place, column) in self.columns.iter().enumerate() {
            let at = lanes.places[*column];
            if at.is_nullable && matches!(at.form, Form::Number | Form::Money) {
                parts.push(Key::Words(words(at.lane + VALID)));
            }
            match at.form {
                Form::Number => parts.push(Key::Words(words(at.lane + VALUE))),
                Form::Money => {
                    // Its lowest bit pattern is that of the smallest.
                    let high = words(at.lane + HIGH).into_iter().map(|word| word ^ (1 << 63));
                    parts.push(Key::Words(high.collect()));
                    parts.push(Key::Words(words(at.lane + VALUE)));
                }
                Form::Id => parts.push(Key::Words(words(at.lane))),
                Form::Bytes => parts.push(Key::Strings(rows.strings(at.lane, at.bytes))),
                Form::Text if self.grain == Some(place) => {
                    let ranks = ranks(texts, *column)?;
                    let rank = |code| Texts::place(code).map_or(NULL, |place| ranks[place]);
                    let codes = words(at.lane + CODE).into_iter();
                    parts.push(Key::Words(codes.map(rank).collect()));
                }
                Form::Text => {
                    let codes = words(at.lane + CODE);
                    let spelt = rows.strings(at.lane + LENGTH, at.bytes);
                    let known = texts.known(*column);
                    let mut own = Strings::default();
                    for (row, code) in codes.iter().enumerate() {
                        let known = Texts::place(*code).map(|place| known[place].as_bytes());
                        own.push(known.unwrap_or_else(|| spelt.get(row)));
                    }
                    let valid = codes.into_iter().map(|code| u64::from(code != NULL));
                    parts.push(Key::Words(valid.collect()));
                    parts.push(Key::Strings(own));
                }
            }
        }
        Ok(Keys { rows: rows.len(), parts })
    }

    /// As [`order::sorted_by`], of a table in this order that has these texts. Where other columns
    /// precede a grain that is not in the order of bytes, what follows them may be, but is not
    /// known to be.
    pub fn sorted_by(&self, texts: &Texts) -> Result<&[usize], ParquetError> {
        let Some(place) = self.grain else { return Ok(&self.columns) };
        let mut grains = ranks(texts, self.columns[place])?;
        grains.sort_unstable();
        let of_rank = |grain: &Grain| grains.contains(&rank(*grain));
        let is_plain = Grain::ALL.into_iter().filter(of_rank).map(Grain::name).is_sorted();
        Ok(if is_plain { &self.columns } else { &self.columns[..place] })
    }
}

/// 0 is that of NULL.
fn rank(grain: Grain) -> u64 {
    grain as u64 + 1
}

/// The ranks of the texts of a column of grains.
fn ranks(texts: &Texts, column: usize) -> Result<Vec<u64>, ParquetError> {
    let rank = |name: &str| match name.parse::<Grain>() {
        Ok(grain) => Ok(rank(grain)),
        Err(cause) => Err(ParquetError::External(Box::new(cause))),
    };
    texts.known(column).iter().map(|name| rank(name)).collect()
}

/// The keys of some rows.
pub(crate) struct Keys {
    rows: usize,
    parts: Vec<Key>,
}

/// A part of the keys, by row.
enum Key {
    Words(Vec<u64>),
    Strings(Strings),
}

impl Keys {
    /// No keys, of the parts of `like`.
    pub fn none(like: &Self) -> Self {
        let part = |part: &Key| match part {
            Key::Words(_) => Key::Words(Vec::new()),
            Key::Strings(_) => Key::Strings(Strings::default()),
        };
        Self { rows: 0, parts: like.parts.iter().map(part).collect() }
    }

    pub fn len(&self) -> usize {
        self.rows
    }

    /// Adds some of the keys of `from`.
    pub fn append(&mut self, from: &Self, rows: Range<usize>) {
        self.rows += rows.len();
        for (to, part) in self.parts.iter_mut().zip(&from.parts) {
            match (to, part) {
                (Key::Words(to), Key::Words(from)) => to.extend_from_slice(&from[rows.clone()]),
                (Key::Strings(to), Key::Strings(from)) => {
                    rows.clone().for_each(|row| to.push(from.get(row)));
                }
                _ => unreachable!("keys of one table have the same parts"),
            }
        }
    }

    /// Compares the key of row `a` to that of row `b` of `other`.
    pub fn compare(&self, a: usize, other: &Self, b: usize) -> Ordering {
        let parts = self.parts.iter().zip(&other.parts).map(|parts| match parts {
            (Key::Words(own), Key::Words(other)) => own[a].cmp(&other[b]),
            (Key::Strings(own), Key::Strings(other)) => own.get(a).cmp(other.get(b)),
            _ => unreachable!("keys of one table have the same parts"),
        });
        parts.fold(Ordering::Equal, Ordering::then)
    }

    /// The first of `rows`, which are sorted, whose key is not below that of row `b` of `other`.
    pub fn first_from(&self, rows: Range<usize>, other: &Self, b: usize) -> usize {
        let Range { mut start, mut end } = rows;
        while start < end {
            let middle = start.midpoint(end);
            match self.compare(middle, other, b) {
                Ordering::Less => start = middle + 1,
                _ => end = middle,
            }
        }
        start
    }

    /// The rows in the order of their keys.
    pub fn sorted(&self) -> Vec<u32> {
        let rows = u32::try_from(self.rows).unwrap_or(u32::MAX);
        let row_bits = u32::BITS - rows.leading_zeros();
        let spans: Vec<Option<Span>> = self.parts.iter().map(Span::of).collect();
        let bits: Option<u32> = spans.iter().map(|span| Some(span.as_ref()?.bits)).sum();
        if bits.is_some_and(|bits| bits + row_bits <= u64::BITS) {
            return self.sorted_short(&spans, row_bits);
        }
        let (heads, is_whole) = self.heads(&spans);
        let mut keys: Vec<(u128, u32)> = heads.into_iter().zip(0..rows).collect();
        let rest = |a: u32, b: u32| {
            if is_whole { Ordering::Equal } else { self.compare(a as usize, self, b as usize) }
        };
        keys.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| rest(a.1, b.1)));
        keys.into_iter().map(|(_, row)| row).collect()
    }

    /// As [`Keys::sorted`], of keys that fit into 64 bits together with the number of the row.
    #[expect(clippy::stable_sort_primitive, reason = "it makes use of parts that are in order")]
    #[expect(clippy::cast_possible_truncation, reason = "a row has no more than these bits")]
    fn sorted_short(&self, spans: &[Option<Span>], row_bits: u32) -> Vec<u32> {
        let mut keys = vec![0; self.rows];
        for span in spans.iter().flatten().filter(|span| span.bits > 0) {
            for (key, word) in keys.iter_mut().zip(span.words) {
                *key = *key << span.bits | (word - span.smallest);
            }
        }
        for (key, row) in keys.iter_mut().zip(0..) {
            *key = *key << row_bits | row;
        }
        keys.sort();
        let row = (1_u64 << row_bits) - 1;
        keys.into_iter().map(|key| (key & row) as u32).collect()
    }

    /// The first bits of the keys as numbers: where those of two keys differ, so do the keys. Also
    /// whether they are all.
    fn heads(&self, spans: &[Option<Span>]) -> (Vec<u128>, bool) {
        let mut heads = vec![0_u128; self.rows];
        let mut left = u128::BITS;
        for (part, span) in self.parts.iter().zip(spans) {
            match (part, span) {
                (_, Some(span)) if span.bits <= left => {
                    left -= span.bits;
                    for (head, word) in heads.iter_mut().zip(span.words) {
                        *head = *head << span.bits | u128::from(word - span.smallest);
                    }
                }
                (Key::Strings(strings), _) if left >= 8 => {
                    let bits = left / 8 * 8;
                    let most = bits as usize / 8;
                    for (row, head) in heads.iter_mut().enumerate() {
                        let bytes = strings.get(row);
                        let length = bytes.len().min(most);
                        let mut first = [0; 16];
                        first[16 - most..][..length].copy_from_slice(&bytes[..length]);
                        // Nothing is before a text that has all of the head.
                        *head = head.checked_shl(bits).unwrap_or(0) | u128::from_be_bytes(first);
                    }
                    return (heads, false);
                }
                _ => return (heads, false),
            }
        }
        (heads, true)
    }
}

/// Numbers and the bits that tell them apart.
struct Span<'a> {
    words: &'a [u64],
    smallest: u64,
    bits: u32,
}

impl<'a> Span<'a> {
    fn of(part: &'a Key) -> Option<Self> {
        let Key::Words(words) = part else { return None };
        let (smallest, largest) = words
            .iter()
            .fold((u64::MAX, 0), |(least, most), word| (least.min(*word), most.max(*word)));
        let bits = u64::BITS - largest.saturating_sub(smallest).leading_zeros();
        Some(Self { words, smallest, bits })
    }
}
