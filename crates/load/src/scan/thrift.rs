//! The compact protocol of Thrift, in which footers and page headers are written.
//!
//! Reading trusts nothing: every length is held against the bytes that are left, and every number
//! of structures within structures is bounded. `None` is a structure that is none.

/// Structures within structures; Parquet has fewer than ten.
const DEPTH: usize = 32;

const STOP: u8 = 0;
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const I16: u8 = 4;
/// Kinds of values, as fields and lists name them.
pub(super) const I32: u8 = 5;
pub(super) const I64: u8 = 6;
const DOUBLE: u8 = 7;
pub(super) const TEXT: u8 = 8;
pub(super) const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
pub(super) const STRUCTURE: u8 = 12;

/// Reads values one after the other.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bytes that were read.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Reads a structure field by field. `field` gets the id and the kind of each and says whether
    /// it read the value; if not, the value is passed over.
    pub fn structure(
        &mut self,
        mut field: impl FnMut(&mut Self, i64, u8) -> Option<bool>,
    ) -> Option<()> {
        let mut id = 0i64;
        loop {
            let header = self.byte()?;
            let kind = header & 15;
            if kind == STOP {
                return Some(());
            }
            id = match header >> 4 {
                0 => zigzag(self.number()?),
                step => id.checked_add(i64::from(step))?,
            };
            if !field(self, id, kind)? {
                self.skip(kind, DEPTH)?;
            }
        }
    }

    /// Reads a list; `element` reads one of its elements, whose kind must be the given one.
    pub fn list(
        &mut self,
        kind: u8,
        of: u8,
        mut element: impl FnMut(&mut Self, usize) -> Option<()>,
    ) -> Option<()> {
        let (count, found) = (kind == LIST).then(|| self.list_header())??;
        if count > 0 && found != of {
            return None;
        }
        (0..count).try_for_each(|index| element(self, index))
    }

    /// A whole number of any width.
    pub fn integer(&mut self, kind: u8) -> Option<i64> {
        match kind {
            BYTE => Some(i64::from(self.byte()?.cast_signed())),
            I16..=I64 => Some(zigzag(self.number()?)),
            _ => None,
        }
    }

    /// A truth value, which a field has in its kind.
    pub fn truth(kind: u8) -> Option<bool> {
        matches!(kind, TRUE | FALSE).then_some(kind == TRUE)
    }

    /// Text or bytes.
    pub fn bytes(&mut self, kind: u8) -> Option<&'a [u8]> {
        let length = (kind == TEXT).then(|| self.number())??;
        let start = self.at;
        self.forward(usize::try_from(length).ok()?)?;
        self.bytes.get(start..self.at)
    }

    fn list_header(&mut self) -> Option<(usize, u8)> {
        let header = self.byte()?;
        let count = match header >> 4 {
            15 => usize::try_from(self.number()?).ok()?,
            count => usize::from(count),
        };
        // The smallest element is a byte.
        (count <= self.bytes.len() - self.at).then_some((count, header & 15))
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        let inner = depth.checked_sub(1)?;
        match kind {
            TRUE | FALSE => {}
            BYTE => self.forward(1)?,
            I16..=I64 => {
                self.number()?;
            }
            DOUBLE => self.forward(8)?,
            TEXT => {
                self.bytes(TEXT)?;
            }
            LIST | SET => {
                let (count, kind) = self.list_header()?;
                (0..count).try_for_each(|_| self.skip_element(kind, inner))?;
            }
            MAP => {
                let count = self.number()?;
                let kinds = if count > 0 { self.byte()? } else { 0 };
                (0..count).try_for_each(|_| {
                    self.skip_element(kinds >> 4, inner)?;
                    self.skip_element(kinds & 15, inner)
                })?;
            }
            STRUCTURE => loop {
                let header = self.byte()?;
                if header & 15 == STOP {
                    break;
                }
                if header >> 4 == 0 {
                    self.number()?;
                }
                self.skip(header & 15, inner)?;
            },
            _ => return None,
        }
        Some(())
    }

    /// In lists and maps a truth value has a byte, in fields it is part of the kind.
    fn skip_element(&mut self, kind: u8, depth: usize) -> Option<()> {
        self.skip(if matches!(kind, TRUE | FALSE) { BYTE } else { kind }, depth)
    }

    fn forward(&mut self, bytes: usize) -> Option<()> {
        self.at = self.at.checked_add(bytes).filter(|at| *at <= self.bytes.len())?;
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    /// Seven bits a byte, the lowest first.
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }
}

/// Small numbers of either sign are small.
fn zigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

/// Writes a structure: fields in the order of their ids, then [`Writer::end`].
#[derive(Default)]
pub(super) struct Writer {
    pub bytes: Vec<u8>,
    /// The latest id of the structures that are being written, the innermost last.
    ids: Vec<i64>,
}

impl Writer {
    pub fn begin(&mut self) {
        self.ids.push(0);
    }

    pub fn end(&mut self) {
        self.ids.pop();
        self.bytes.push(STOP);
    }

    fn field(&mut self, id: i64, kind: u8) {
        let last = self.ids.last().copied().unwrap_or_default();
        if let Ok(step @ 1..=15) = u8::try_from(id - last) {
            self.bytes.push((step << 4) | kind);
        } else {
            self.bytes.push(kind);
            self.zigzag(id);
        }
        if let Some(last) = self.ids.last_mut() {
            *last = id;
        }
    }

    pub fn integer(&mut self, id: i64, kind: u8, value: i64) {
        self.field(id, kind);
        if kind == BYTE {
            self.bytes.push(value.to_le_bytes()[0]);
        } else {
            self.zigzag(value);
        }
    }

    /// A number of one byte.
    pub fn small(&mut self, id: i64, value: i64) {
        self.integer(id, BYTE, value);
    }

    pub fn truth(&mut self, id: i64, value: bool) {
        self.field(id, if value { TRUE } else { FALSE });
    }

    pub fn text(&mut self, id: i64, value: &str) {
        self.field(id, TEXT);
        self.text_element(value);
    }

    /// A field that is a structure, whose fields follow up to its end.
    pub fn structure(&mut self, id: i64) {
        self.field(id, STRUCTURE);
        self.begin();
    }

    /// A field that is a list, whose elements follow.
    pub fn list(&mut self, id: i64, of: u8, count: usize) {
        self.field(id, LIST);
        self.bytes.push(0xf0 | of);
        self.number(count as u64);
    }

    pub fn integer_element(&mut self, value: i64) {
        self.zigzag(value);
    }

    pub fn text_element(&mut self, value: &str) {
        self.number(value.len() as u64);
        self.bytes.extend_from_slice(value.as_bytes());
    }

    fn zigzag(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)).cast_unsigned());
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.bytes.push(number.to_le_bytes()[0]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers, a text, lists, a structure within; read back by the ids of the fields.
    #[test]
    fn what_is_written_is_read_and_the_rest_is_passed_over() {
        let numbers = [0, 1, -1, 63, -64, 64, i64::from(i32::MIN), i64::MAX, i64::MIN];
        let mut writer = Writer::default();
        writer.begin();
        writer.list(1, I64, numbers.len());
        for number in numbers {
            writer.integer_element(number);
        }
        writer.text(3, "naïve");
        writer.structure(4);
        writer.small(1, -3);
        writer.truth(2, true);
        writer.end();
        writer.integer(40, I32, -7);
        writer.end();
        for read in [&[1, 3, 4, 40][..], &[40], &[]] {
            let (mut found, mut last) = (Vec::new(), None);
            let mut reader = Reader::new(&writer.bytes);
            let whole = reader.structure(|reader, id, kind| {
                if !read.contains(&id) {
                    return Some(false);
                }
                match id {
                    1 => reader.list(kind, I64, |reader, _| {
                        found.push(reader.integer(I64)?);
                        Some(())
                    })?,
                    3 => assert_eq!(reader.bytes(kind)?, "naïve".as_bytes()),
                    4 => reader.structure(|reader, id, kind| match id {
                        1 => Some(reader.integer(kind)? == -3),
                        _ => Reader::truth(kind),
                    })?,
                    _ => last = reader.integer(kind),
                }
                Some(true)
            });
            assert_eq!((whole, reader.at()), (Some(()), writer.bytes.len()));
            assert_eq!(found, if read.contains(&1) { &numbers[..] } else { &[] });
            assert_eq!(last, read.contains(&40).then_some(-7));
        }
    }

    #[test]
    fn what_is_no_structure_is_none() {
        // Structures in structures without end; a text, a list and a number that are longer than
        // what is left; no end; a kind that there is not.
        let cases: [&[u8]; 6] = [
            &[0x1c; 100],
            &[0x18, 0x7f, 1, 0],
            &[0x19, 0xf6, 0xff, 0xff, 0xff, 0xff, 0x0f, 0],
            &[0x16, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[0x15, 2],
            &[0x1f, 0],
        ];
        for bytes in cases {
            let mut reader = Reader::new(bytes);
            assert_eq!(reader.structure(|_, _, _| Some(false)), None, "{bytes:?}");
        }
    }
}
