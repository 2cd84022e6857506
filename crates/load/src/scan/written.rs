//! The footer of some columns and row groups of a file, as the readers get it.
//!
//! It says of these columns all that it takes to decode them and nothing else: no name but theirs,
//! no meaning that a reader may not know, no statistics, which a reader would trust. Offsets are
//! those of wherever the pages were put.

use super::meta::{Chunk, Column, Group};
use super::thrift::{I32, I64, STRUCTURE, TEXT, Writer};
use super::types::{Form, Stored};
use polars::prelude::TimeUnit;

/// For whom a footer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// Columns have their names.
    Engine,
    /// Columns are numbered, and fields of structs are in structs of their own.
    Second,
}

/// A footer without length and magic bytes; `place` gives the new offset of a chunk's old one.
///
/// `chunks` are, for each row group, those of the columns, in their order.
pub(super) fn footer(
    reader: Reader,
    columns: &[&Column],
    groups: &[(&Group, Vec<&Chunk>)],
    place: &dyn Fn(u64) -> u64,
) -> Vec<u8> {
    let mut to = Writer::default();
    let names: Vec<Vec<String>> = (columns.iter().enumerate())
        .map(|(number, column)| match reader {
            Reader::Engine => vec![column.name.to_string()],
            Reader::Second => vec![number.to_string(); column.optional.len()],
        })
        .collect();
    to.begin();
    to.integer(1, I32, 1);
    to.list(2, STRUCTURE, 1 + names.iter().map(Vec::len).sum::<usize>());
    group_element(&mut to, "schema", None, columns.len());
    for (column, names) in columns.iter().zip(&names) {
        if let [outer @ .., name] = &names[..] {
            for (name, optional) in outer.iter().zip(&column.optional) {
                group_element(&mut to, name, Some(*optional), 1);
            }
            let optional = column.optional.last().copied().unwrap_or_default();
            column_element(&mut to, name, optional, column);
        }
    }
    to.integer(3, I64, signed(groups.iter().map(|(group, _)| group.rows).sum()));
    to.list(4, STRUCTURE, groups.len());
    for (group, chunks) in groups {
        to.begin();
        to.list(1, STRUCTURE, chunks.len());
        for ((chunk, column), names) in chunks.iter().zip(columns).zip(&names) {
            to.begin();
            to.integer(2, I64, 0);
            to.structure(3);
            values(&mut to, chunk, column, names, place);
            to.end();
            to.end();
        }
        to.integer(
            2,
            I64,
            signed(chunks.iter().map(|chunk| chunk.unpacked).fold(0, u64::saturating_add)),
        );
        to.integer(3, I64, signed(group.rows));
        to.end();
    }
    to.end();
    to.bytes
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn group_element(to: &mut Writer, name: &str, optional: Option<bool>, children: usize) {
    to.begin();
    if let Some(optional) = optional {
        to.integer(3, I32, i64::from(optional));
    }
    to.text(4, name);
    to.integer(5, I32, signed(children as u64));
    to.end();
}

fn column_element(to: &mut Writer, name: &str, optional: bool, column: &Column) {
    let stored = stored(column);
    to.begin();
    to.integer(1, I32, stored.number());
    if let Stored::Fixed(length) = stored {
        to.integer(2, I32, i64::from(length));
    }
    to.integer(3, I32, i64::from(optional));
    to.text(4, name);
    match column.form {
        Form::Text => {
            to.integer(6, I32, 0);
            to.structure(10);
            to.structure(1);
            to.end();
            to.end();
        }
        Form::Decimal(digits, scale) => {
            to.integer(6, I32, 5);
            to.integer(7, I32, scale.into());
            to.integer(8, I32, digits.into());
            to.structure(10);
            to.structure(5);
            to.integer(1, I32, scale.into());
            to.integer(2, I32, digits.into());
            to.end();
            to.end();
        }
        Form::Date => to.integer(6, I32, 6),
        Form::Timestamp(unit, is_moment) => {
            to.structure(10);
            to.structure(8);
            to.truth(1, is_moment);
            to.structure(2);
            to.structure(match unit {
                TimeUnit::Milliseconds => 1,
                TimeUnit::Microseconds => 2,
                TimeUnit::Nanoseconds => 3,
            });
            (0..4).for_each(|_| to.end());
        }
        Form::Integer(bits, sign) if bits < 32 || !sign => {
            to.structure(10);
            to.structure(10);
            to.small(1, bits.into());
            to.truth(2, sign);
            to.end();
            to.end();
        }
        _ => {}
    }
    to.end();
}

/// As what the values are decoded: those of 12 bytes have the form of other values of 12 bytes.
fn stored(column: &Column) -> Stored {
    if column.stored == Stored::Int96 { Stored::Fixed(12) } else { column.stored }
}

fn values(
    to: &mut Writer,
    chunk: &Chunk,
    column: &Column,
    names: &[String],
    place: &dyn Fn(u64) -> u64,
) {
    to.integer(1, I32, stored(column).number());
    // Readers look at the pages for that.
    to.list(2, I32, 1);
    to.integer_element(0);
    to.list(3, TEXT, names.len());
    for name in names {
        to.text_element(name);
    }
    to.integer(4, I32, chunk.codec);
    to.integer(5, I64, signed(chunk.values));
    to.integer(6, I64, signed(chunk.unpacked));
    to.integer(7, I64, signed(chunk.bytes.end - chunk.bytes.start));
    to.integer(9, I64, signed(place(chunk.data)));
    if let Some(dictionary) = chunk.dictionary {
        to.integer(11, I64, signed(place(dictionary)));
    }
}
