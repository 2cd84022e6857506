//! Ids of customers, visitors, orders, subscriptions and more.

use kohort_model::{IdType, Keys};
use polars::prelude::{DataType, Series};

use super::values;

const SIGN: u64 = 1 << 63;

/// Whether ids are compared as bytes rather than as integers.
pub(crate) fn is_bytes(ids: IdType) -> bool {
    matches!(ids, IdType::Text | IdType::Binary)
}

/// The id that a mapped integer stands for. Those that fit a signed 64-bit integer are mapped so
/// that the unsigned order is theirs; where some file has `UInt64`, all are taken as they are, and
/// none may be negative.
pub(crate) fn integer_text(ids: IdType, mapped: u64) -> String {
    if ids == IdType::Signed {
        (mapped ^ SIGN).cast_signed().to_string()
    } else {
        mapped.to_string()
    }
}

/// Buffers for the ids of one batch, used again and again.
#[derive(Debug, Default)]
pub(crate) struct IdBuffer {
    integers: Vec<u64>,
    kept: Vec<u64>,
    /// Empty, but for the room it has.
    bytes: Vec<&'static [u8]>,
}

/// A negative id where none may be.
#[derive(Debug)]
pub(crate) struct Negative {
    pub id: i64,
}

/// The ids of one batch.
#[derive(Debug)]
pub(crate) enum Ids<'a> {
    Integers(Vec<u64>),
    Bytes(Vec<&'a [u8]>),
}

impl Ids<'_> {
    pub fn keys(&self) -> Keys<'_> {
        match self {
            Self::Integers(ids) => Keys::Integers(ids),
            Self::Bytes(ids) => Keys::Bytes(ids),
        }
    }
}

impl IdBuffer {
    /// The ids of a column; where it is null, any value.
    ///
    /// # Errors
    /// The first negative id, where there may be none.
    pub fn read<'a>(&mut self, column: &'a Series, of: IdType) -> Result<Ids<'a>, Negative> {
        if is_bytes(of) {
            let mut ids = std::mem::take(&mut self.bytes);
            if let Ok(texts) = column.str() {
                ids.extend(texts.downcast_as_array().values_iter().map(str::as_bytes));
            } else {
                let bytes = column.binary().expect("checked when the input was opened");
                ids.extend(bytes.downcast_as_array().values_iter());
            }
            return Ok(Ids::Bytes(ids));
        }
        if of == IdType::Unsigned
            && let Some(negative) = first_negative(column)
        {
            return Err(negative);
        }
        let mut ids = std::mem::take(&mut self.integers);
        ids.clear();
        let flip = if of == IdType::Signed { SIGN } else { 0 };
        macro_rules! extend {
            ($typed:ident) => {{
                let column = column.$typed().expect("the type was just seen");
                let mapped = |id: &_| i64::from(*id).cast_unsigned() ^ flip;
                ids.extend(values!(column).iter().map(mapped));
            }};
        }
        match column.dtype() {
            DataType::Int8 => extend!(i8),
            DataType::Int16 => extend!(i16),
            DataType::Int32 => extend!(i32),
            DataType::Int64 => extend!(i64),
            DataType::UInt8 => extend!(u8),
            DataType::UInt16 => extend!(u16),
            DataType::UInt32 => extend!(u32),
            _ => {
                let column = column.u64().expect("checked when the input was opened");
                ids.extend_from_slice(values!(column));
            }
        }
        Ok(Ids::Integers(ids))
    }

    /// Only the ids of rows without a flaw.
    pub fn keep<'a>(&mut self, ids: Ids<'a>, flaws: &super::Flaws) -> Ids<'a> {
        match ids {
            Ids::Integers(ids) => {
                let mut kept = std::mem::take(&mut self.kept);
                flaws.kept(&ids, &mut kept);
                self.kept = ids;
                Ids::Integers(kept)
            }
            Ids::Bytes(ids) => {
                let mut kept = Vec::with_capacity(ids.len());
                flaws.kept(&ids, &mut kept);
                Ids::Bytes(kept)
            }
        }
    }

    /// Takes the room back.
    pub fn recycle(&mut self, ids: Ids<'_>) {
        match ids {
            Ids::Integers(ids) => self.integers = ids,
            Ids::Bytes(mut ids) => {
                ids.clear();
                // The same allocation for another lifetime: there is nothing to map.
                self.bytes = ids.into_iter().map(|_| -> &'static [u8] { &[] }).collect();
            }
        }
    }
}

fn first_negative(column: &Series) -> Option<Negative> {
    let signed = matches!(
        column.dtype(),
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64
    );
    let wide = signed.then(|| column.cast(&DataType::Int64).ok()).flatten()?;
    let mut ids = wide.i64().ok()?.iter();
    ids.find_map(|id| id.filter(|id| *id < 0).map(|id| Negative { id }))
}
