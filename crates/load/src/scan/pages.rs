//! The pages of a column chunk, looked at before a reader gets them: whether they are whole, what
//! their checksums say, and whether the engine knows how they are encoded.

use super::meta::{Chunk, Column};
use super::thrift::{Reader, STRUCTURE};
use super::types::{Form, Stored};

/// Who can decode a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Needs {
    Engine,
    Second,
}

/// Why nobody can decode a chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It is not what was written.
    Damage(String),
    /// It is written in a way that is not known here.
    Unknown(String),
}

impl From<&str> for Trouble {
    fn from(damage: &str) -> Self {
        Self::Damage(damage.to_owned())
    }
}

impl From<String> for Trouble {
    fn from(damage: String) -> Self {
        Self::Damage(damage)
    }
}

/// Numbers of codecs.
const UNCOMPRESSED: i64 = 0;
const GZIP: i64 = 2;
const LZO: i64 = 3;
/// In either of two frames, which the second reader tells apart.
const LZ4: i64 = 5;
const LAST_CODEC: i64 = 7;
/// Numbers of encodings.
const BIT_PACKED: i64 = 4;
const LAST_ENCODING: i64 = 9;

/// The header of a page.
#[derive(Debug, Default)]
struct Header {
    kind: i64,
    unpacked: i64,
    packed: i64,
    crc: Option<i64>,
    values: i64,
    encoding: i64,
    levels_encoding: i64,
    /// Bytes of levels, which are never compressed, of pages of version 2.
    levels: i64,
    is_compressed: bool,
}

impl Header {
    const DATA: i64 = 0;
    const INDEX: i64 = 1;
    const DICTIONARY: i64 = 2;
    const DATA_2: i64 = 3;

    /// The header at the start of some bytes, and its length.
    fn read(bytes: &[u8]) -> Option<(Self, usize)> {
        let mut header = Self { kind: -1, is_compressed: true, ..Self::default() };
        let mut reader = Reader::new(bytes);
        reader.structure(|reader, id, kind| {
            match id {
                1 => header.kind = reader.integer(kind)?,
                2 => header.unpacked = reader.integer(kind)?,
                3 => header.packed = reader.integer(kind)?,
                4 => header.crc = Some(reader.integer(kind)?),
                5 | 7 | 8 if kind == STRUCTURE => header.details(reader, id)?,
                _ => return Some(false),
            }
            Some(true)
        })?;
        Some((header, reader.at()))
    }

    /// What only pages of one kind have: 5 is of values, 7 of dictionaries, 8 of values in pages of
    /// version 2.
    fn details(&mut self, reader: &mut Reader<'_>, of: i64) -> Option<()> {
        reader.structure(|reader, id, kind| {
            match (of, id) {
                (_, 1) => self.values = reader.integer(kind)?,
                (5 | 7, 2) | (8, 4) => self.encoding = reader.integer(kind)?,
                (5, 3) => self.levels_encoding = reader.integer(kind)?,
                (8, 5 | 6) => {
                    let bytes = u32::try_from(reader.integer(kind)?).ok()?;
                    self.levels += i64::from(bytes);
                }
                (8, 7) => self.is_compressed = Reader::truth(kind)?,
                _ => return Some(false),
            }
            Some(true)
        })
    }
}

/// What the pages of a chunk are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Checked {
    pub needs: Needs,
    /// How many values its dictionary has, where all rows refer to it.
    pub dictionary: Option<u64>,
}

/// Goes through the pages of a chunk of `rows` rows, whose bytes are given.
///
/// # Errors
/// Why they can't be what the writer wrote, or can't be decoded by anybody here.
pub(super) fn check(
    bytes: &[u8],
    chunk: &Chunk,
    column: &Column,
    rows: u64,
) -> Result<Checked, Trouble> {
    let mut needs = of_chunk(chunk, column, rows)?;
    let (mut at, mut values, mut dictionary, mut all_refer) = (0, 0u64, None, true);
    let mut is_first = true;
    while values < rows {
        let rest = bytes.get(at..).unwrap_or_default();
        if rest.is_empty() {
            return Err(format!("its pages have {values} values, not {rows}").into());
        }
        let (header, length) = Header::read(rest).ok_or("the header of a page is damaged")?;
        let page = usize::try_from(header.packed).ok().and_then(|size| rest[length..].get(..size));
        let page = page.ok_or("a page is longer than all pages of the column together")?;
        if i32::try_from(header.unpacked).map_or(true, i32::is_negative) {
            return Err(format!("a page says that it unpacks to {} bytes", header.unpacked).into());
        }
        if let Some(crc) = header.crc
            && u32::try_from(crc & 0xffff_ffff) != Ok(crc32fast::hash(page))
        {
            return Err("the checksum of a page does not match".into());
        }
        match header.kind {
            Header::DICTIONARY if !is_first => {
                return Err("a dictionary is not its first page".into());
            }
            Header::DICTIONARY => {
                dictionary = Some(u64::try_from(header.values).unwrap_or(u64::MAX));
            }
            Header::DATA | Header::DATA_2 => {
                let count =
                    u64::try_from(header.values).map_err(|_| "a page has less than no values")?;
                values = values.saturating_add(count);
                let refers = matches!(header.encoding, 2 | 8);
                if refers && dictionary.is_none() {
                    return Err("a page refers to a dictionary that is not there".into());
                }
                all_refer &= refers;
            }
            // An index, or what this version does not know, is passed over.
            _ => needs = Needs::Second,
        }
        needs = needs.max(of_page(&header, page, chunk, column)?);
        (at, is_first) = (at + length + page.len(), false);
    }
    if values == rows {
        Ok(Checked { needs, dictionary: dictionary.filter(|_| all_refer) })
    } else {
        Err(format!("its pages have {values} values, not {rows}").into())
    }
}

/// Who can decode a chunk, as far as the footer says.
pub(super) fn of_chunk(chunk: &Chunk, column: &Column, rows: u64) -> Result<Needs, Trouble> {
    if chunk.values != rows {
        let values = chunk.values;
        return Err(format!("the footer says that it has {values} values, not {rows}").into());
    }
    match chunk.codec {
        LZO => {
            return Err(Trouble::Unknown("it is compressed with LZO".to_owned()));
        }
        codec if !(0..=LAST_CODEC).contains(&codec) => {
            let what = format!("it is compressed with an unknown codec (number {codec})");
            return Err(Trouble::Unknown(what));
        }
        _ => {}
    }
    let wide = matches!((column.stored, column.form), (Stored::Fixed(17..), Form::Decimal(..)));
    let is_second = column.is_nested() || wide || chunk.codec == LZ4;
    Ok(if is_second { Needs::Second } else { Needs::Engine })
}

fn of_page(header: &Header, page: &[u8], chunk: &Chunk, column: &Column) -> Result<Needs, Trouble> {
    let encoding = header.encoding;
    if !(0..=LAST_ENCODING).contains(&encoding) {
        let what = format!("a page is in an unknown encoding (number {encoding})");
        return Err(Trouble::Unknown(what));
    }
    let is_compressed = chunk.codec != UNCOMPRESSED && header.is_compressed;
    let size = page.len() as u64;
    let levels = u64::try_from(header.levels).unwrap_or_default();
    if levels > size {
        return Err("the levels of a page are longer than the page".into());
    }
    let is_known = match column.stored {
        Stored::Boolean => matches!(encoding, 0 | 3),
        Stored::Int32 | Stored::Int64 => matches!(encoding, 0 | 2 | 5 | 8 | 9),
        Stored::Float | Stored::Double => matches!(encoding, 0 | 2 | 8 | 9),
        Stored::Bytes => matches!(encoding, 0 | 2 | 6 | 7 | 8),
        Stored::Fixed(_) | Stored::Int96 => matches!(encoding, 0 | 2 | 8),
    };
    let is_optional = column.optional.contains(&true);
    let is_old = header.kind == Header::DATA && is_optional && header.levels_encoding == BIT_PACKED;
    // A stream may consist of several members, each with its length at the end; the engine reads the first.
    let unpacked = u64::try_from(header.unpacked).unwrap_or_default().saturating_sub(levels);
    let last_member = page.last_chunk().map(|bytes| u64::from(u32::from_le_bytes(*bytes)));
    let is_several = chunk.codec == GZIP && is_compressed && last_member != Some(unpacked);
    let is_empty = is_compressed && size == levels;
    let is_second = !is_known || is_old || is_several || is_empty || header.kind == Header::INDEX;
    Ok(if is_second { Needs::Second } else { Needs::Engine })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::thrift::{I32, Writer};

    /// A page of values with its header; the checksum is off by so much, if there is one.
    fn page(kind: i64, body: &[u8], (values, encoding): (i64, i64), off: Option<u32>) -> Vec<u8> {
        let mut to = Writer::default();
        let size = i64::try_from(body.len()).unwrap();
        to.begin();
        to.integer(1, I32, kind);
        to.integer(2, I32, size);
        to.integer(3, I32, size);
        if let Some(off) = off {
            let crc = crc32fast::hash(body).wrapping_add(off).cast_signed();
            to.integer(4, I32, crc.into());
        }
        to.structure(if kind == Header::DICTIONARY { 7 } else { 5 });
        to.integer(1, I32, values);
        to.integer(2, I32, encoding);
        to.end();
        to.end();
        to.bytes.extend(body);
        to.bytes
    }

    #[test]
    fn pages_are_whole_and_what_was_written() {
        let column = Column::plain("a", Stored::Int32, Form::Integer(32, true));
        let values = |count| page(Header::DATA, &[1; 12], (count, 0), Some(0));
        let dictionary = page(Header::DICTIONARY, &[1; 4], (1, 0), None);
        let coded = page(Header::DATA, &[1; 3], (3, 8), None);
        let damage = |text: &str| Err(Trouble::Damage(text.to_owned()));
        let mut long = values(3);
        long.truncate(long.len() - 1);
        let cases = [
            (values(3), Ok(Needs::Engine)),
            ([values(1), values(2)].concat(), Ok(Needs::Engine)),
            ([dictionary.clone(), coded.clone()].concat(), Ok(Needs::Engine)),
            (page(Header::DATA, &[1; 12], (3, 0), None), Ok(Needs::Engine)),
            (page(Header::DATA, &[1; 12], (3, 7), None), Ok(Needs::Second)),
            (
                page(Header::DATA, &[1; 12], (3, 0), Some(1)),
                damage("the checksum of a page does not match"),
            ),
            (coded.clone(), damage("a page refers to a dictionary that is not there")),
            (
                [values(1), dictionary.clone()].concat(),
                damage("a dictionary is not its first page"),
            ),
            (values(2), damage("its pages have 2 values, not 3")),
            (values(4), damage("its pages have 4 values, not 3")),
            (values(-4), damage("a page has less than no values")),
            (long, damage("a page is longer than all pages of the column together")),
            (vec![0xff; 20], damage("the header of a page is damaged")),
            (
                page(Header::DATA, &[1; 12], (3, 77), None),
                Err(Trouble::Unknown("a page is in an unknown encoding (number 77)".to_owned())),
            ),
        ];
        let chunk = Chunk { values: 3, ..Chunk::default() };
        let all = [dictionary.clone(), coded.clone()].concat();
        let some = [dictionary, page(Header::DATA, &[1; 2], (2, 8), None), values(1)].concat();
        for (bytes, expected) in [(all, Some(1)), (some, None), (values(3), None)] {
            let found = check(&bytes, &chunk, &column, 3).map(|found| found.dictionary);
            assert_eq!(found, Ok(expected), "{bytes:?}");
        }
        for (bytes, expected) in cases {
            let found = check(&bytes, &chunk, &column, 3).map(|found| found.needs);
            assert_eq!(found, expected, "{bytes:?}");
        }
        for (codec, expected) in [
            (1, Ok(Needs::Engine)),
            (5, Ok(Needs::Second)),
            (3, Err(Trouble::Unknown("it is compressed with LZO".to_owned()))),
            (
                9,
                Err(Trouble::Unknown(
                    "it is compressed with an unknown codec (number 9)".to_owned(),
                )),
            ),
        ] {
            let chunk = Chunk { codec, ..chunk.clone() };
            assert_eq!(of_chunk(&chunk, &column, 3), expected);
        }
    }
}
