//! The footer of some row groups of a Parquet file whose column chunks lie elsewhere.
//!
//! A footer is a structure in the compact protocol of Thrift. All of it is copied but the numbers
//! that are offsets into the file.

use std::ops::Range;

/// The end of a Parquet file: length of the footer and magic bytes.
const TRAILER: usize = 8;
/// Structures within structures; Parquet has fewer than ten.
const DEPTH: usize = 32;

/// A footer, with its trailer, of some of the row groups of another footer. `place` gives the new
/// offset of an old one. `None` where the old footer is none.
pub(crate) fn relocated(
    footer: &[u8],
    groups: Range<usize>,
    place: &dyn Fn(i64) -> i64,
) -> Option<Vec<u8>> {
    let from = footer.get(..footer.len().checked_sub(TRAILER)?)?;
    let mut copy = Copy { from, at: 0, to: Vec::with_capacity(footer.len()), groups, place };
    copy.structure(Level::File)?;
    let length = u32::try_from(copy.to.len()).ok()?;
    copy.to.extend(length.to_le_bytes());
    copy.to.extend(b"PAR1");
    Some(copy.to)
}

/// The structures on the way to the offsets.
#[derive(Clone, Copy)]
enum Level {
    File,
    RowGroup,
    Column,
    MetaData,
}

/// What is done with a field.
enum Field {
    Copy,
    Leave,
    Offset,
    Structure(Level),
    /// A list of structures, or only those of the chosen row groups.
    Structures(Level),
    Groups,
}

impl Level {
    fn field(self, id: i64) -> Field {
        match (self, id) {
            (Self::File, 4) => Field::Groups,
            (Self::RowGroup, 1) => Field::Structures(Self::Column),
            (Self::Column, 3) => Field::Structure(Self::MetaData),
            // Data pages and dictionaries.
            (Self::MetaData, 9 | 11) => Field::Offset,
            // Indices and filters, which are not read.
            (Self::Column, 4..=7) | (Self::MetaData, 10 | 14 | 15) => Field::Leave,
            _ => Field::Copy,
        }
    }
}

/// Kinds of values.
const STOP: u8 = 0;
const I64: u8 = 6;
const LIST: u8 = 9;
const STRUCTURE: u8 = 12;

struct Copy<'a> {
    from: &'a [u8],
    at: usize,
    to: Vec<u8>,
    groups: Range<usize>,
    place: &'a dyn Fn(i64) -> i64,
}

impl Copy<'_> {
    fn structure(&mut self, level: Level) -> Option<()> {
        let (mut id, mut written) = (0, 0);
        loop {
            let header = self.byte()?;
            let kind = header & 15;
            if kind == STOP {
                self.to.push(STOP);
                return Some(());
            }
            id =
                if header >> 4 == 0 { zigzag(self.number()?) } else { id + i64::from(header >> 4) };
            let field = level.field(id);
            let start = self.at;
            if matches!(field, Field::Leave) {
                self.skip(kind, DEPTH)?;
                continue;
            }
            if let Ok(step @ 1..=15) = u8::try_from(id - written) {
                self.to.push((step << 4) | kind);
            } else {
                self.to.push(kind);
                self.write(zagzig(id));
            }
            written = id;
            match field {
                Field::Offset if kind == I64 => {
                    let offset = (self.place)(zigzag(self.number()?));
                    self.write(zagzig(offset));
                }
                Field::Structure(level) if kind == STRUCTURE => self.structure(level)?,
                Field::Structures(level) if kind == LIST => {
                    let count = self.list_of_structures()?;
                    self.to.extend_from_slice(&self.from[start..self.at]);
                    (0..count).try_for_each(|_| self.structure(level))?;
                }
                Field::Groups if kind == LIST => {
                    let count = self.list_of_structures()?;
                    let groups = self.groups.start.min(count)..self.groups.end.min(count);
                    self.to.push(0xf0 | STRUCTURE);
                    self.write(groups.len() as u64);
                    for group in 0..count {
                        if groups.contains(&group) {
                            self.structure(Level::RowGroup)?;
                        } else {
                            self.skip(STRUCTURE, DEPTH)?;
                        }
                    }
                }
                Field::Copy => {
                    self.skip(kind, DEPTH)?;
                    self.to.extend_from_slice(&self.from[start..self.at]);
                }
                _ => return None,
            }
        }
    }

    /// Length of a list of structures.
    fn list_of_structures(&mut self) -> Option<usize> {
        let (count, kind) = self.list()?;
        (kind == STRUCTURE).then_some(count)
    }

    /// Length and kind of a list.
    fn list(&mut self) -> Option<(usize, u8)> {
        let header = self.byte()?;
        let count = match header >> 4 {
            15 => usize::try_from(self.number()?).ok()?,
            count => usize::from(count),
        };
        Some((count, header & 15))
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        let inner = depth.checked_sub(1)?;
        match kind {
            1 | 2 => {}
            3 => self.forward(1)?,
            4..=I64 => {
                self.number()?;
            }
            7 => self.forward(8)?,
            8 => {
                let length = usize::try_from(self.number()?).ok()?;
                self.forward(length)?;
            }
            LIST | 10 => {
                let (count, kind) = self.list()?;
                (0..count).try_for_each(|_| self.skip_element(kind, inner))?;
            }
            11 => {
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
        self.skip(if matches!(kind, 1 | 2) { 3 } else { kind }, depth)
    }

    fn forward(&mut self, bytes: usize) -> Option<()> {
        self.at = self.at.checked_add(bytes).filter(|at| *at <= self.from.len())?;
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.from.get(self.at)?;
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

    fn write(&mut self, mut number: u64) {
        loop {
            let [low, ..] = number.to_le_bytes();
            number >>= 7;
            if number == 0 {
                return self.to.push(low);
            }
            self.to.push(low | 0x80);
        }
    }
}

/// Signs are in the lowest bit.
fn zigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

fn zagzig(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A structure of fields: step and kind, then the value.
    fn structure(fields: &[&[u8]]) -> Vec<u8> {
        let mut bytes = fields.concat();
        bytes.push(STOP);
        bytes
    }

    fn with_trailer(mut footer: Vec<u8>) -> Vec<u8> {
        let length = u32::try_from(footer.len()).unwrap();
        footer.extend(length.to_le_bytes());
        footer.extend(b"PAR1");
        footer
    }

    /// A footer of row groups by the old offset of their only column's data.
    fn footer(offsets: &[i64], with_index: bool) -> Vec<u8> {
        let number = |n: i64| {
            let mut copy =
                Copy { from: &[], at: 0, to: Vec::new(), groups: 0..0, place: &|offset| offset };
            copy.write(zagzig(n));
            copy.to
        };
        let group = |offset: &i64| {
            let offset = [vec![0x66], number(*offset)].concat();
            let meta = structure(&[&[0x15, 2], &[0x28, 1, b'z'], &offset]);
            let index: &[u8] = if with_index { &[0x16, 8, 0x15, 2] } else { &[] };
            let column = structure(&[&[0x26, 8, 0x1c], &meta, index]);
            structure(&[&[0x19, 0x1c], &column, &[0x26, 20]])
        };
        let groups: Vec<u8> = offsets.iter().flat_map(group).collect();
        let count = u8::try_from(offsets.len()).unwrap();
        let names: &[u8] = &[0x29, 0x28, 1, b'a', 1, b'b'];
        with_trailer(structure(&[
            &[0x15, 2],
            names,
            &[0x19, 0xfc, count],
            &groups,
            // A field far away, a map, and truth values.
            &[0x08, 0x90, 3, 1, b'k'],
            &[0x1b, 1, 0x18, 1, 1, b'v'],
            &[0x11, 0x19, 0x21, 1, 2],
        ]))
    }

    #[test]
    fn offsets_move_and_all_else_stays() {
        let old = footer(&[4, 1000, -3, 1 << 40], true);
        let same = relocated(&old, 0..4, &|offset| offset);
        assert_eq!(same, Some(footer(&[4, 1000, -3, 1 << 40], false)));
        let moved = relocated(&old, 1..3, &|offset| offset + 70_000);
        assert_eq!(moved, Some(footer(&[71_000, 69_997], false)));
        assert_eq!(relocated(&old, 4..9, &|offset| offset), Some(footer(&[], false)));
    }

    #[test]
    fn what_is_no_footer_gives_none() {
        let old = footer(&[4, 1000], true);
        let thrift = old.len() - TRAILER;
        for length in 0..thrift {
            let cut = with_trailer(old[..length].to_vec());
            assert_eq!(relocated(&cut, 0..2, &|offset| offset), None, "{length}");
        }
        assert_eq!(relocated(&[], 0..1, &|offset| offset), None);
        let deep = with_trailer(vec![0x1c; 1000]);
        assert_eq!(relocated(&deep, 0..1, &|offset| offset), None);
    }
}
