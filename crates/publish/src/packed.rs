//! Rows in columns of few bytes, as they wait for their place in a sorted table.

use std::ops::Range;

use kohort_model::{ColumnType, IdType, Table};
use parquet::errors::ParquetError;

/// How the values of a column are encoded as 64-bit numbers. Each kind of number is a lane: a column of its own in a
/// packed block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Whether there is a value, and the value; they have its order.
    Number,
    /// Whether there is a value, the value, and what is beyond 64 bits of it.
    Money,
    /// The code of a text, and the length of one without; its bytes are beside the numbers.
    Text,
    /// The id.
    Id,
    /// The length of an id whose bytes are beside the numbers.
    Bytes,
}

/// Lane of a number or of money: 1 where there is a value, 0 where not.
pub(crate) const VALID: usize = 0;
/// Lane of a number or of money.
pub(crate) const VALUE: usize = 1;
/// Lane of money: 64 bits that are 0 where the lane before says all.
pub(crate) const HIGH: usize = 2;
/// Lane of a text.
pub(crate) const CODE: usize = 0;
/// Lane of a text.
pub(crate) const LENGTH: usize = 1;

/// Where the lanes of a column are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub form: Form,
    pub is_nullable: bool,
    /// Its first lane of numbers.
    pub lane: usize,
    /// Its lane of bytes, where it has one.
    pub bytes: usize,
}

/// The lanes of a table's rows.
pub(crate) struct Lanes {
    /// By column.
    pub places: Vec<Place>,
    /// By lane of numbers: its column, and which of that column's lanes it is.
    pub of: Vec<(usize, usize)>,
    /// By lane of bytes: the lane of their lengths.
    pub lengths: Vec<usize>,
}

impl Lanes {
    pub fn new(shape: &Table) -> Self {
        let mut lanes = Self { places: Vec::new(), of: Vec::new(), lengths: Vec::new() };
        for column in shape.schema().columns {
            lanes.add(form(column.ty, shape.ids()), column.nullable);
        }
        for _ in shape.more() {
            lanes.add(Form::Text, true);
        }
        lanes
    }

    fn add(&mut self, form: Form, is_nullable: bool) {
        let (column, lane) = (self.places.len(), self.of.len());
        self.places.push(Place { form, is_nullable, lane, bytes: self.lengths.len() });
        let lanes = match form {
            Form::Number | Form::Text => 2,
            Form::Money => 3,
            Form::Id | Form::Bytes => 1,
        };
        self.of.extend((0..lanes).map(|role| (column, role)));
        match form {
            Form::Text => self.lengths.push(lane + LENGTH),
            Form::Bytes => self.lengths.push(lane),
            Form::Number | Form::Money | Form::Id => {}
        }
    }
}

fn form(ty: ColumnType, ids: IdType) -> Form {
    match (ty, ids) {
        (ColumnType::Text, _) => Form::Text,
        (ColumnType::Money, _) => Form::Money,
        (ColumnType::Id, IdType::Signed | IdType::Unsigned) => Form::Id,
        (ColumnType::Id, IdType::Text | IdType::Binary) => Form::Bytes,
        _ => Form::Number,
    }
}

/// Rows whose lanes can be read.
pub(crate) trait Rows {
    fn len(&self) -> usize;

    /// The number that all rows have in a lane, where that is plain to see.
    fn constant(&self, lane: usize) -> Option<u64>;

    /// Appends the numbers of a lane.
    fn words(&self, lane: usize, into: &mut Vec<u64>);

    /// Appends the bytes of a lane, those of all rows.
    fn bytes(&self, lane: usize, into: &mut Vec<u8>);

    /// The texts or ids of a lane of bytes whose lengths are in another.
    fn strings(&self, lengths: usize, bytes: usize) -> Strings {
        let mut ends = Vec::with_capacity(self.len());
        let mut data = Vec::new();
        self.words(lengths, &mut ends);
        let mut end = 0;
        for length in &mut ends {
            end += *length;
            *length = end;
        }
        self.bytes(bytes, &mut data);
        Strings { ends, data }
    }
}

/// Texts or ids, one after the other.
#[derive(Default)]
pub(crate) struct Strings {
    ends: Vec<u64>,
    data: Vec<u8>,
}

impl Strings {
    pub fn get(&self, row: usize) -> &[u8] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.data[index(start)..index(self.ends[row])]
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.data.extend_from_slice(bytes);
        self.ends.push(self.data.len() as u64);
    }
}

/// Of a length or place in memory.
pub(crate) fn index(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// Numbers, each its distance from the smallest in as few bytes as hold the largest distance.
struct Words {
    smallest: u64,
    width: usize,
    packed: Vec<u8>,
}

impl Words {
    fn constant(value: u64) -> Self {
        Self { smallest: value, width: 0, packed: Vec::new() }
    }

    fn pack(values: &[u64]) -> Self {
        let (mut smallest, mut largest) = (u64::MAX, 0);
        for value in values {
            smallest = smallest.min(*value);
            largest = largest.max(*value);
        }
        let bits = u64::BITS - largest.saturating_sub(smallest).leading_zeros();
        let (width, packed) = match bits.div_ceil(8) {
            0 => (0, Vec::new()),
            1 => (1, narrowed::<1>(values, smallest)),
            2 => (2, narrowed::<2>(values, smallest)),
            3 => (3, narrowed::<3>(values, smallest)),
            4 => (4, narrowed::<4>(values, smallest)),
            5 => (5, narrowed::<5>(values, smallest)),
            6 => (6, narrowed::<6>(values, smallest)),
            _ => (8, narrowed::<8>(values, smallest)),
        };
        Self { smallest, width, packed }
    }

    fn unpack(&self, rows: Range<usize>, into: &mut Vec<u64>) {
        let Range { start, end } = rows;
        let width = self.width;
        let (packed, smallest) = (&self.packed[start * width..end * width], self.smallest);
        match width {
            0 => into.resize(into.len() + end - start, smallest),
            1 => widen::<1>(packed, smallest, into),
            2 => widen::<2>(packed, smallest, into),
            3 => widen::<3>(packed, smallest, into),
            4 => widen::<4>(packed, smallest, into),
            5 => widen::<5>(packed, smallest, into),
            6 => widen::<6>(packed, smallest, into),
            _ => widen::<8>(packed, smallest, into),
        }
    }
}

fn narrowed<const WIDTH: usize>(values: &[u64], smallest: u64) -> Vec<u8> {
    let mut packed = vec![0; values.len() * WIDTH];
    for (to, value) in packed.chunks_exact_mut(WIDTH).zip(values) {
        to.copy_from_slice(&(value - smallest).to_le_bytes()[..WIDTH]);
    }
    packed
}

fn widen<const WIDTH: usize>(packed: &[u8], smallest: u64, into: &mut Vec<u64>) {
    into.extend(packed.chunks_exact(WIDTH).map(|from| {
        let mut bytes = [0; 8];
        bytes[..WIDTH].copy_from_slice(from);
        smallest.wrapping_add(u64::from_le_bytes(bytes))
    }));
}

/// Rows in the room that they take in memory and on disk.
#[derive(Default)]
pub(crate) struct Block {
    rows: usize,
    words: Vec<Words>,
    bytes: Vec<Vec<u8>>,
}

impl Block {
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Memory that it takes.
    pub fn size(&self) -> usize {
        let words = self.words.iter().map(|words| words.packed.capacity() + size_of::<Words>());
        words.chain(self.bytes.iter().map(Vec::capacity)).sum()
    }

    /// Appends what [`Block::read`] takes.
    pub fn write(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(&(self.rows as u64).to_le_bytes());
        for words in &self.words {
            to.extend_from_slice(&words.smallest.to_le_bytes());
            to.extend(u8::try_from(words.width));
            to.extend_from_slice(&words.packed);
        }
        for bytes in &self.bytes {
            to.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
            to.extend_from_slice(bytes);
        }
    }

    /// What was written of rows with these lanes.
    pub fn read(mut from: &[u8], lanes: &Lanes) -> Result<Self, ParquetError> {
        let rows = index(number(&mut from)?);
        let words = lanes.of.iter().map(|_| {
            let smallest = number(&mut from)?;
            let width = split(&mut from, 1)?[0].into();
            let packed = split(&mut from, rows.saturating_mul(width))?.to_vec();
            Ok(Words { smallest, width, packed })
        });
        let words = words.collect::<Result<_, ParquetError>>()?;
        let bytes = lanes.lengths.iter().map(|_| {
            let length = index(number(&mut from)?);
            Ok(split(&mut from, length)?.to_vec())
        });
        let bytes = bytes.collect::<Result<_, ParquetError>>()?;
        Ok(Self { rows, words, bytes })
    }
}

fn split<'a>(from: &mut &'a [u8], bytes: usize) -> Result<&'a [u8], ParquetError> {
    let cut = || ParquetError::EOF("a block ends before its rows".into());
    let (first, rest) = from.split_at_checked(bytes).ok_or_else(cut)?;
    *from = rest;
    Ok(first)
}

fn number(from: &mut &[u8]) -> Result<u64, ParquetError> {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(split(from, 8)?);
    Ok(u64::from_le_bytes(bytes))
}

/// Some rows of each of several blocks, one after the other.
pub(crate) struct Slices<'a> {
    pub lanes: &'a Lanes,
    pub slices: Vec<(&'a Block, Range<usize>)>,
}

impl Rows for Slices<'_> {
    fn len(&self) -> usize {
        self.slices.iter().map(|(_, rows)| rows.len()).sum()
    }

    fn constant(&self, lane: usize) -> Option<u64> {
        let mut words = self.slices.iter().map(|(block, _)| &block.words[lane]);
        let first = words.next().filter(|words| words.width == 0)?.smallest;
        words.all(|words| words.width == 0 && words.smallest == first).then_some(first)
    }

    fn words(&self, lane: usize, into: &mut Vec<u64>) {
        for (block, rows) in &self.slices {
            block.words[lane].unpack(rows.clone(), into);
        }
    }

    fn bytes(&self, lane: usize, into: &mut Vec<u8>) {
        let mut lengths = Vec::new();
        for (block, rows) in self.slices.iter().filter(|(block, _)| !block.bytes[lane].is_empty()) {
            lengths.clear();
            block.words[self.lanes.lengths[lane]].unpack(0..rows.end, &mut lengths);
            let (before, own) = lengths.split_at(rows.start);
            let start = index(before.iter().sum());
            let end = start + index(own.iter().sum());
            into.extend_from_slice(&block.bytes[lane][start..end]);
        }
    }
}

/// The rows in the order of `places`, in blocks of up to `block_rows`.
pub(crate) fn arranged(
    rows: &impl Rows,
    places: &[u32],
    lanes: &Lanes,
    block_rows: usize,
) -> Vec<Block> {
    let parts = || places.chunks(block_rows);
    let mut blocks: Vec<Block> =
        parts().map(|part| Block { rows: part.len(), ..Block::default() }).collect();
    let (mut all, mut own) = (Vec::with_capacity(rows.len()), Vec::with_capacity(block_rows));
    for lane in 0..lanes.of.len() {
        if let Some(value) = rows.constant(lane) {
            for block in &mut blocks {
                block.words.push(Words::constant(value));
            }
            continue;
        }
        all.clear();
        rows.words(lane, &mut all);
        for (block, places) in blocks.iter_mut().zip(parts()) {
            own.clear();
            own.extend(places.iter().map(|place| all[*place as usize]));
            block.words.push(Words::pack(&own));
        }
    }
    for (lane, lengths) in lanes.lengths.iter().enumerate() {
        if rows.constant(*lengths) == Some(0) {
            for block in &mut blocks {
                block.bytes.push(Vec::new());
            }
            continue;
        }
        let strings = rows.strings(*lengths, lane);
        for (block, places) in blocks.iter_mut().zip(parts()) {
            let strings = places.iter().map(|place| strings.get(*place as usize));
            block.bytes.push(strings.collect::<Vec<_>>().concat());
        }
    }
    blocks
}
