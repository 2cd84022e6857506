//! Rows as measures hand them on, read as lanes of numbers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kohort_model::{Table, Values};

use crate::arrays::{bytes, integer};
use crate::packed::{CODE, Form, HIGH, Lanes, Rows, VALID, VALUE};

/// Code of NULL.
pub(crate) const NULL: u64 = 0;
/// Code of a text whose bytes are beside the codes.
pub(crate) const SPELT: u64 = 1;
/// Code of the first text that has one.
const FIRST: u64 = 2;
/// Texts of a column that get a code, and bytes of them: segments and names, but not ids.
const CODED_TEXTS: usize = 1 << 12;
const CODED_BYTES: usize = 1 << 18;

/// The texts behind the codes of each column.
pub(crate) struct Texts(Vec<Mutex<Coded>>);

#[derive(Default)]
struct Coded {
    codes: HashMap<Arc<str>, u64>,
    texts: Vec<Arc<str>>,
    bytes: usize,
}

impl Coded {
    fn code(&mut self, text: &str) -> u64 {
        if let Some(code) = self.codes.get(text) {
            return *code;
        }
        if self.texts.len() == CODED_TEXTS || self.bytes + text.len() > CODED_BYTES {
            return SPELT;
        }
        let code = FIRST + self.texts.len() as u64;
        // A copy: threads that share a text wait for each other to count its users.
        let own: Arc<str> = text.into();
        self.bytes += text.len();
        self.texts.push(Arc::clone(&own));
        self.codes.insert(own, code);
        code
    }
}

impl Texts {
    pub fn new(columns: usize) -> Self {
        Self((0..columns).map(|_| Mutex::default()).collect())
    }

    fn of(&self, column: usize) -> MutexGuard<'_, Coded> {
        self.0[column].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The texts of a column by code less [`Texts::place`]'s.
    pub fn known(&self, column: usize) -> Vec<Arc<str>> {
        self.of(column).texts.clone()
    }

    /// Place among the known texts; `None` of NULL and of texts without a code.
    pub fn place(code: u64) -> Option<usize> {
        usize::try_from(code.checked_sub(FIRST)?).ok()
    }

    /// The codes of a column's texts.
    fn codes(&self, column: usize, texts: &[Option<Arc<str>>]) -> Vec<u64> {
        // Most rows share a few texts, each in one place of memory.
        let mut seen = [(0, 0, NULL); 64];
        let code = |text: &Option<Arc<str>>| {
            let Some(text) = text else { return NULL };
            let (address, length) = (text.as_ptr().addr(), text.len());
            let seen = &mut seen[address / 16 % 64];
            if (seen.0, seen.1) != (address, length) {
                *seen = (address, length, self.of(column).code(text));
            }
            seen.2
        };
        texts.iter().map(code).collect()
    }
}

/// Rows in the form of a table.
pub(crate) struct Part<'a> {
    table: &'a Table,
    lanes: &'a Lanes,
    /// By column: codes of its texts.
    codes: Vec<Vec<u64>>,
}

impl<'a> Part<'a> {
    pub fn new(table: &'a Table, lanes: &'a Lanes, texts: &Texts) -> Self {
        let codes = |(column, values): (usize, &Values)| match values {
            Values::Text(own) => texts.codes(column, own),
            _ => Vec::new(),
        };
        Self { table, lanes, codes: table.columns().iter().enumerate().map(codes).collect() }
    }
}

/// With the order of signed numbers.
pub(crate) fn signed(n: i64) -> u64 {
    n.cast_unsigned() ^ (1 << 63)
}

/// As [`signed`] has it, and back.
pub(crate) fn from_signed(word: u64) -> i64 {
    (word ^ (1 << 63)).cast_signed()
}

/// With the order of floats.
pub(crate) fn float(n: f64) -> u64 {
    let bits = n.to_bits();
    if bits >> 63 == 1 { !bits } else { bits ^ (1 << 63) }
}

/// As [`float`] has it, and back.
pub(crate) fn from_float(word: u64) -> f64 {
    f64::from_bits(if word >> 63 == 1 { word ^ (1 << 63) } else { !word })
}

/// The lowest 64 bits, as a signed number, and what has to be added above them.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the second number has what the first cuts off"
)]
pub(crate) fn money(n: i128) -> (u64, u64) {
    let low = n as i64;
    (signed(low), ((n.wrapping_sub(low.into()) >> 64) as i64).cast_unsigned())
}

/// As [`money`] has it, and back.
pub(crate) fn from_money(low: u64, high: u64) -> i128 {
    (i128::from(high.cast_signed()) << 64).wrapping_add(from_signed(low).into())
}

impl Rows for Part<'_> {
    fn len(&self) -> usize {
        self.table.rows()
    }

    fn constant(&self, lane: usize) -> Option<u64> {
        let (column, role) = self.lanes.of[lane];
        match &self.table.columns()[column] {
            Values::Text(_) if role != CODE => (!self.codes[column].contains(&SPELT)).then_some(0),
            Values::Text(_) | Values::Id(_) => None,
            Values::Money(values) if role == HIGH => {
                let is_short = |value: &i128| i64::try_from(*value).is_ok();
                values.iter().flatten().all(is_short).then_some(0)
            }
            _ if role == VALID => (!self.lanes.places[column].is_nullable).then_some(1),
            _ => None,
        }
    }

    fn words(&self, lane: usize, into: &mut Vec<u64>) {
        let (column, role) = self.lanes.of[lane];
        let codes = &self.codes[column];
        macro_rules! number {
            ($values:expr, $word:expr) => {
                match role {
                    VALID => into.extend($values.iter().map(|value| u64::from(value.is_some()))),
                    _ => into.extend($values.iter().map(|value| value.map_or(0, $word))),
                }
            };
        }
        match &self.table.columns()[column] {
            Values::Text(_) if role == CODE => into.extend_from_slice(codes),
            Values::Text(texts) => into.extend(texts.iter().zip(codes).map(|(text, code)| {
                text.as_ref().filter(|_| *code == SPELT).map_or(0, |text| text.len() as u64)
            })),
            Values::Date(values) => number!(values, |day| signed(day.0.into())),
            Values::Int32(values) => number!(values, |n| signed(n.into())),
            Values::Int64(values) => number!(values, signed),
            Values::Float64(values) => number!(values, float),
            Values::Boolean(values) => number!(values, u64::from),
            Values::Money(values) if role == VALUE => number!(values, |n| money(n).0),
            Values::Money(values) => number!(values, |n| money(n).1),
            Values::Id(ids) if self.lanes.places[column].form == Form::Id => {
                into.extend(ids.iter().map(integer));
            }
            Values::Id(ids) => into.extend(ids.iter().map(|id| bytes(id).len() as u64)),
        }
    }

    fn bytes(&self, lane: usize, into: &mut Vec<u8>) {
        let (column, _) = self.lanes.of[self.lanes.lengths[lane]];
        match &self.table.columns()[column] {
            Values::Text(texts) => {
                for (text, code) in texts.iter().zip(&self.codes[column]) {
                    if let Some(text) = text.as_ref().filter(|_| *code == SPELT) {
                        into.extend_from_slice(text.as_bytes());
                    }
                }
            }
            Values::Id(ids) => {
                for id in ids {
                    into.extend_from_slice(bytes(id));
                }
            }
            _ => {}
        }
    }
}
