//! Digests of tables and files.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use arrow::array::{Array, ArrayAccessor, ArrayIter, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, Schema, UInt64Type,
};
use kohort_model::Table;

use crate::arrays;

/// BLAKE3 of the values of a table with their columns' names, in hexadecimal. It does not look at
/// the file that holds them: two runs with one digest have the same table, whatever version of
/// kohort or Parquet wrote it.
///
/// Each column has a BLAKE3 hash of its own: of a letter for its type, for money followed by the
/// decimal places, and for each value of a 0 for NULL or a 1 and the value, numbers with their
/// lowest byte first, texts and bytes after their length in 64 bits. The digest is the hash of the
/// number of rows, the number of columns (both in 64 bits), and for each column of its name, after
/// its length, and its hash.
///
/// # Panics
/// Where an id has not the form of the table's ids.
#[must_use]
pub fn digest(table: &Table) -> String {
    let schema = arrays::schema(table, None);
    let mut digest = Digest::new(&schema);
    for batch in arrays::batches(table, &schema) {
        digest.update(&batch);
    }
    digest.finish(&schema)
}

/// The [`digest()`] of a table that comes in batches; the same for any cut.
pub(crate) struct Digest {
    rows: usize,
    columns: Vec<blake3::Hasher>,
    /// The values of a column of one batch.
    buffer: Vec<u8>,
}

impl Digest {
    pub fn new(schema: &Schema) -> Self {
        let columns = schema.fields().iter().map(|field| {
            let mut hasher = blake3::Hasher::new();
            hasher.update(&kind(field.data_type()));
            hasher
        });
        Self { rows: 0, columns: columns.collect(), buffer: Vec::new() }
    }

    pub fn update(&mut self, batch: &RecordBatch) {
        self.rows += batch.num_rows();
        for (hasher, array) in self.columns.iter_mut().zip(batch.columns()) {
            self.buffer.clear();
            append(array, &mut self.buffer);
            hasher.update(&self.buffer);
        }
    }

    pub fn finish(self, schema: &Schema) -> String {
        let mut all = Vec::new();
        append_count(self.rows, &mut all);
        append_count(self.columns.len(), &mut all);
        for (field, hasher) in schema.fields().iter().zip(self.columns) {
            append_bytes(field.name().as_bytes(), &mut all);
            all.extend_from_slice(hasher.finalize().as_bytes());
        }
        blake3::hash(&all).to_string()
    }
}

/// A file that is written, and the BLAKE3 of what was.
pub(crate) struct HashedFile {
    pub file: File,
    hasher: Box<blake3::Hasher>,
}

impl HashedFile {
    pub fn new(file: File) -> Self {
        Self { file, hasher: Box::default() }
    }

    /// In hexadecimal.
    pub fn digest(&self) -> String {
        self.hasher.finalize().to_hex().to_string()
    }
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or(bytes));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// BLAKE3 of what a file holds, in hexadecimal.
pub(crate) fn of_file(path: &Path) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(hasher.finalize().to_hex().to_string())
}

fn kind(ty: &DataType) -> Vec<u8> {
    match ty {
        DataType::Utf8 => vec![b't'],
        DataType::Binary => vec![b'y'],
        DataType::Date32 => vec![b'd'],
        DataType::Int32 => vec![b'i'],
        DataType::Int64 => vec![b'l'],
        DataType::UInt64 => vec![b'u'],
        DataType::Float64 => vec![b'f'],
        DataType::Decimal128(_, scale) => vec![b'm', scale.cast_unsigned()],
        DataType::Boolean => vec![b'b'],
        other => unreachable!("tables have no columns of type {other}"),
    }
}

fn append(array: &dyn Array, to: &mut Vec<u8>) {
    macro_rules! numbers {
        ($ty:ty) => {
            values(array.as_primitive::<$ty>(), to, |n, to| to.extend_from_slice(&n.to_le_bytes()))
        };
    }
    match array.data_type() {
        DataType::Utf8 => {
            values(array.as_string::<i32>(), to, |text, to| append_bytes(text.as_bytes(), to));
        }
        DataType::Binary => values(array.as_binary::<i32>(), to, append_bytes),
        DataType::Date32 => numbers!(Date32Type),
        DataType::Int32 => numbers!(Int32Type),
        DataType::Int64 => numbers!(Int64Type),
        DataType::UInt64 => numbers!(UInt64Type),
        DataType::Float64 => numbers!(Float64Type),
        DataType::Decimal128(..) => numbers!(Decimal128Type),
        DataType::Boolean => values(array.as_boolean(), to, |flag, to| to.push(flag.into())),
        other => unreachable!("tables have no columns of type {other}"),
    }
}

fn values<A: ArrayAccessor>(array: A, to: &mut Vec<u8>, write: impl Fn(A::Item, &mut Vec<u8>)) {
    for value in ArrayIter::new(array) {
        to.push(value.is_some().into());
        if let Some(value) = value {
            write(value, to);
        }
    }
}

/// With their number, so that neighbours cannot lend each other letters.
fn append_bytes(bytes: &[u8], to: &mut Vec<u8>) {
    append_count(bytes.len(), to);
    to.extend_from_slice(bytes);
}

fn append_count(n: usize, to: &mut Vec<u8>) {
    to.extend_from_slice(&(n as u64).to_le_bytes());
}
