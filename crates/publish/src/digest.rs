use kohort_model::{Table, Values};

/// Bytes that are gathered before they are hashed.
const CHUNK: usize = 1 << 16;

/// BLAKE3 of the values of a table with their columns' names, in hexadecimal. It does not look at
/// the file that holds them: two runs with one digest have the same table, whatever version of
/// kohort or Parquet wrote it.
#[must_use]
pub fn digest(table: &Table) -> String {
    let mut hash = Hash { hasher: blake3::Hasher::new(), buffer: Vec::with_capacity(2 * CHUNK) };
    hash.count(table.rows());
    hash.count(table.columns().len());
    for (column, values) in table.schema().columns.iter().zip(table.columns()) {
        hash.text(column.name);
        hash.values(values, table.scale().places());
    }
    hash.finish()
}

struct Hash {
    hasher: blake3::Hasher,
    buffer: Vec<u8>,
}

impl Hash {
    fn count(&mut self, n: usize) {
        self.bytes(&(n as u64).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        // With its length, so that neighbours cannot lend each other letters.
        self.count(text.len());
        self.bytes(text.as_bytes());
    }

    fn values(&mut self, values: &Values, scale: u8) {
        match values {
            Values::Text(v) => {
                self.column(b't', v, |hash, text| hash.text(text));
            }
            Values::Date(v) => self.column(b'd', v, |h, day| h.bytes(&day.0.to_le_bytes())),
            Values::Int32(v) => self.column(b'i', v, |h, n| h.bytes(&n.to_le_bytes())),
            Values::Int64(v) => self.column(b'l', v, |h, n| h.bytes(&n.to_le_bytes())),
            Values::Float64(v) => self.column(b'f', v, |h, x| h.bytes(&x.to_le_bytes())),
            Values::Money(v) => {
                self.bytes(&[scale]);
                self.column(b'm', v, |h, n| h.bytes(&n.to_le_bytes()));
            }
            Values::Boolean(v) => self.column(b'b', v, |h, b| h.bytes(&[u8::from(*b)])),
        }
    }

    fn column<T>(&mut self, kind: u8, values: &[Option<T>], write: impl Fn(&mut Self, &T)) {
        self.bytes(&[kind]);
        for value in values {
            self.bytes(&[u8::from(value.is_some())]);
            if let Some(value) = value {
                write(self, value);
            }
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK {
            self.hasher.update(&self.buffer);
            self.buffer.clear();
        }
    }

    fn finish(mut self) -> String {
        self.hasher.update(&self.buffer);
        self.hasher.finalize().to_string()
    }
}
