//! Packed rows: column by column, each value as its distance from the column's smallest in as
//! few bytes as the largest distance needs. The form in memory and on disk is the same.

/// Bytes before the columns: total length, rows and heap length.
const HEADER: usize = 12;
/// Bytes before each column's values: smallest value, largest value, bytes a value.
const COLUMN_HEADER: usize = 17;

/// Packs columns of equal length, and `heap`, the bytes of byte ids.
pub(crate) fn pack<'a>(
    columns: impl Iterator<Item = &'a [u64]>,
    count: usize,
    heap: &[u8],
    out: &mut Vec<u8>,
) {
    let start = out.len();
    out.extend_from_slice(&[0; HEADER]);
    for values in columns {
        let min = values.iter().copied().fold(u64::MAX, u64::min);
        let max = values.iter().copied().fold(0, u64::max);
        let bytes = bytes_for(max.wrapping_sub(min));
        out.extend_from_slice(&min.to_le_bytes());
        out.extend_from_slice(&max.to_le_bytes());
        out.push(bytes);
        #[expect(clippy::cast_possible_truncation, reason = "the width was chosen to hold it")]
        match bytes {
            0 => {}
            1 => narrow(out, values, |v| [(v - min) as u8]),
            2 => narrow(out, values, |v| ((v - min) as u16).to_le_bytes()),
            4 => narrow(out, values, |v| ((v - min) as u32).to_le_bytes()),
            _ => narrow(out, values, |v| (v - min).to_le_bytes()),
        }
    }
    out.extend_from_slice(heap);
    let sizes = [out.len() - start, count, heap.len()];
    for (i, size) in sizes.into_iter().enumerate() {
        let size = u32::try_from(size).expect("a chunk is sealed long before 4 GiB");
        out[start + 4 * i..start + 4 * i + 4].copy_from_slice(&size.to_le_bytes());
    }
}

/// Packs the rows of several chunks, one after the other in `chunks`, into one. `change` may change the
/// values of a column, by its number.
pub(crate) fn repack(
    chunks: &[u8],
    width: usize,
    mut change: impl FnMut(usize, &mut [u64]),
    out: &mut Vec<u8>,
) {
    let mut columns = vec![Vec::new(); width];
    let (mut heap, mut values) = (Vec::new(), Vec::new());
    let mut rest = chunks;
    while !rest.is_empty() {
        let chunk;
        (chunk, rest) = Chunk::split(rest);
        for (index, column) in columns.iter_mut().enumerate() {
            chunk.column(index).unpack(0, &mut values);
            column.extend_from_slice(&values);
        }
        heap.extend_from_slice(chunk.heap());
    }
    columns.iter_mut().enumerate().for_each(|(index, column)| change(index, column));
    let rows = columns.first().map_or(0, Vec::len);
    pack(columns.iter().map(Vec::as_slice), rows, &heap, out);
}

fn narrow<const N: usize>(out: &mut Vec<u8>, values: &[u64], to: impl Fn(u64) -> [u8; N]) {
    let start = out.len();
    out.resize(start + values.len() * N, 0);
    for (place, value) in out[start..].as_chunks_mut::<N>().0.iter_mut().zip(values) {
        *place = to(*value);
    }
}

fn bytes_for(range: u64) -> u8 {
    match range {
        0 => 0,
        1..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        _ => 8,
    }
}

fn word(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes"))
}

fn half_word(bytes: &[u8]) -> usize {
    u32::from_le_bytes(bytes[..4].try_into().expect("four bytes")) as usize
}

/// A packed chunk.
#[derive(Clone, Copy)]
pub(crate) struct Chunk<'a> {
    bytes: &'a [u8],
}

/// One column of a chunk, still packed.
#[derive(Clone, Copy)]
pub(crate) struct PackedColumn<'a> {
    pub min: u64,
    pub max: u64,
    width: u8,
    values: &'a [u8],
    rows: usize,
}

impl<'a> Chunk<'a> {
    /// The chunk that `bytes` begin with, and what follows it.
    pub fn split(bytes: &'a [u8]) -> (Self, &'a [u8]) {
        let (chunk, rest) = bytes.split_at(half_word(bytes));
        (Self { bytes: chunk }, rest)
    }

    /// The chunk that bytes of any origin begin with, and what follows it; `None` where they are not
    /// `width` columns of up to `most_rows` values as [`pack`] leaves them. Each column's smallest and
    /// largest value are then what they are said to be.
    pub fn checked(bytes: &'a [u8], width: usize, most_rows: usize) -> Option<(Self, &'a [u8])> {
        let header = bytes.get(..HEADER)?;
        let [length, rows, heap] = [0, 4, 8].map(|at| half_word(&header[at..]));
        let (chunk, rest) = bytes.split_at_checked(length)?;
        let mut columns = chunk.get(HEADER..).filter(|_| (1..=most_rows).contains(&rows))?;
        for _ in 0..width {
            let (header, values) = columns.split_at_checked(COLUMN_HEADER)?;
            let (min, max, width) = (word(header), word(&header[8..]), header[16]);
            let distance = max.checked_sub(min).filter(|d| bytes_for(*d) == width)?;
            let values = values.split_at_checked(usize::from(width) * rows)?;
            let column = PackedColumn { min, max, width, values: values.0, rows };
            (column.distances() == (0, distance)).then_some(())?;
            columns = values.1;
        }
        (columns.len() == heap).then_some((Self { bytes: chunk }, rest))
    }

    pub fn rows(&self) -> usize {
        half_word(&self.bytes[4..])
    }

    /// The bytes of byte ids, row after row.
    pub fn heap(&self) -> &'a [u8] {
        &self.bytes[self.bytes.len() - half_word(&self.bytes[8..])..]
    }

    pub fn column(&self, index: usize) -> PackedColumn<'a> {
        let rows = self.rows();
        let mut rest = &self.bytes[HEADER..];
        for _ in 0..index {
            rest = &rest[COLUMN_HEADER + usize::from(rest[16]) * rows..];
        }
        let width = rest[16];
        let values = &rest[COLUMN_HEADER..COLUMN_HEADER + usize::from(width) * rows];
        PackedColumn { min: word(rest), max: word(&rest[8..]), width, values, rows }
    }
}

impl PackedColumn<'_> {
    /// The values in order, less `base`.
    #[inline]
    pub fn unpack(&self, base: u64, into: &mut Vec<u64>) {
        let shift = self.min.wrapping_sub(base);
        into.clear();
        match self.width {
            0 => into.resize(self.rows, shift),
            1 => into.extend(self.values.iter().map(|v| shift.wrapping_add(u64::from(*v)))),
            2 => self.widen(into, |v| shift.wrapping_add(u64::from(u16::from_le_bytes(v)))),
            4 => self.widen(into, |v| shift.wrapping_add(u64::from(u32::from_le_bytes(v)))),
            _ => self.widen(into, |v| shift.wrapping_add(u64::from_le_bytes(v))),
        }
    }

    /// The smallest and the largest packed value.
    fn distances(&self) -> (u64, u64) {
        fn ends<T: Copy + Ord + Into<u64>>(values: impl Iterator<Item = T> + Clone) -> (u64, u64) {
            let (min, max) = (values.clone().min(), values.max());
            (min.map_or(0, Into::into), max.map_or(0, Into::into))
        }
        let values = self.values;
        match self.width {
            0 => (0, 0),
            1 => ends(values.iter().copied()),
            2 => ends(values.as_chunks().0.iter().map(|value| u16::from_le_bytes(*value))),
            4 => ends(values.as_chunks().0.iter().map(|value| u32::from_le_bytes(*value))),
            _ => ends(values.as_chunks().0.iter().map(|value| u64::from_le_bytes(*value))),
        }
    }

    #[inline]
    fn widen<const N: usize>(&self, into: &mut Vec<u64>, to: impl Fn([u8; N]) -> u64) {
        into.extend(self.values.as_chunks().0.iter().map(|value| to(*value)));
    }
}

/// Signed numbers as unsigned ones of the same order.
#[inline]
pub(crate) fn ordered(value: i64) -> u64 {
    value.cast_unsigned() ^ (1 << 63)
}

/// The inverse of [`ordered`].
#[inline]
pub(crate) fn signed(word: u64) -> i64 {
    (word ^ (1 << 63)).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back() {
        let columns: [&[u64]; 6] = [
            &[7, 7, 7],
            &[0, 255, 256],
            &[u64::MAX, 0, 1],
            &[5, 5 + 65_535, 5],
            &[ordered(-3), ordered(4), ordered(0)],
            &[9, 9 + (1 << 32) - 1, 9],
        ];
        let mut packed = vec![1, 2, 3];
        pack(columns.into_iter(), 3, b"abc", &mut packed);
        pack(columns.into_iter().map(|column| &column[..1]), 1, b"", &mut packed);
        let (chunk, rest) = Chunk::split(&packed[3..]);
        assert_eq!((chunk.rows(), chunk.heap()), (3, &b"abc"[..]));
        for (index, expected) in columns.into_iter().enumerate() {
            let column = chunk.column(index);
            let mut values = vec![1];
            column.unpack(0, &mut values);
            assert_eq!(values, expected, "column {index}");
            assert_eq!(Some(column.max), expected.iter().copied().max());
        }
        let (second, rest) = Chunk::split(rest);
        assert_eq!((second.rows(), rest.len()), (1, 0));
    }

    #[test]
    fn what_is_not_packed_is_none() {
        let mut packed = Vec::new();
        pack([&[5, 9, 6][..], &[1, 1, 1]].into_iter(), 3, b"ab", &mut packed);
        let rows = |bytes: &[u8], width| {
            Chunk::checked(bytes, width, 3).map(|(chunk, rest)| (chunk.rows(), rest.len()))
        };
        assert_eq!(rows(&packed, 2), Some((3, 0)));
        assert_eq!(rows(&[&packed[..], b"x"].concat(), 2), Some((3, 1)));
        assert_eq!((rows(&packed, 1), rows(&packed, 3), rows(b"", 2)), (None, None, None));
        assert!(Chunk::checked(&packed, 2, 2).is_none());
        for end in 0..packed.len() {
            assert_eq!(rows(&packed[..end], 2), None, "{end} bytes");
        }
        // The place of a byte, and what it becomes: length, rows, heap; smallest, largest and width
        // of the first column, its values, the width of the second.
        let places = [(0, 7), (0, 0), (4, 0), (4, 2), (8, 1), (12, 6), (12, 10), (20, 10), (28, 2)];
        for (place, byte) in places.into_iter().chain([(29, 1), (30, 5), (30, 3), (48, 1)]) {
            let mut changed = packed.clone();
            changed[place] = byte;
            assert_eq!(rows(&changed, 2), None, "{byte} at {place}");
        }
    }

    #[test]
    fn signs_keep_their_order() {
        for pair in [i64::MIN, -1, 0, 1, i64::MAX].windows(2) {
            assert!(ordered(pair[0]) < ordered(pair[1]));
            assert_eq!(signed(ordered(pair[0])), pair[0]);
        }
    }
}
