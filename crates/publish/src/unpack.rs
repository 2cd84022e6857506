//! Arrow arrays of packed rows.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array,
    Int64Array, RecordBatch, StringArray, UInt64Array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::DataType;
use parquet::errors::ParquetError;

use crate::arrays::BATCH_ROWS;
use crate::merge::Common;
use crate::packed::{CODE, Form, HIGH, LENGTH, Rows, Strings, VALID, VALUE};
use crate::part::{NULL, Texts, from_float, from_money, from_signed};

type Result<T> = std::result::Result<T, ParquetError>;

/// Makes arrays of rows whose texts are all known.
pub(crate) struct Unpack<'a> {
    common: &'a Common,
    /// By column.
    texts: Vec<Vec<Arc<str>>>,
}

/// The numbers of a lane.
enum Lane {
    Constant(u64),
    Each(Vec<u64>),
}

impl Lane {
    fn of(rows: &impl Rows, lane: usize) -> Self {
        if let Some(word) = rows.constant(lane) {
            return Self::Constant(word);
        }
        let mut words = Vec::with_capacity(rows.len());
        rows.words(lane, &mut words);
        Self::Each(words)
    }

    /// Those of the rows at `places`.
    fn pick(&self, places: &[u32]) -> Vec<u64> {
        match self {
            Self::Constant(word) => vec![*word; places.len()],
            Self::Each(words) => places.iter().map(|place| words[*place as usize]).collect(),
        }
    }

    /// As [`Lane::pick`], of a lane that says where values are.
    fn nulls(&self, places: &[u32]) -> Option<NullBuffer> {
        if matches!(self, Self::Constant(1)) {
            return None;
        }
        Some(self.pick(places).into_iter().map(|word| word > 0).collect::<Vec<_>>().into())
    }
}

impl<'a> Unpack<'a> {
    pub fn new(common: &'a Common) -> Self {
        let texts = (0..common.lanes.places.len()).map(|column| common.texts.known(column));
        Self { common, texts: texts.collect() }
    }

    /// The rows at `places`, [`BATCH_ROWS`] at a time.
    pub fn batches(&self, rows: &impl Rows, places: &[u32]) -> Result<Vec<RecordBatch>> {
        let mut columns: Vec<Vec<ArrayRef>> =
            vec![Vec::with_capacity(self.texts.len()); places.len().div_ceil(BATCH_ROWS)];
        for column in 0..self.texts.len() {
            let arrays = self.column(column, rows, places)?;
            columns.iter_mut().zip(arrays).for_each(|(all, array)| all.push(array));
        }
        let schema = &self.common.schema;
        let batch = |arrays| Ok(RecordBatch::try_new(schema.clone(), arrays)?);
        columns.into_iter().map(batch).collect()
    }

    /// A column of these rows, an array for each batch.
    fn column(&self, column: usize, rows: &impl Rows, places: &[u32]) -> Result<Vec<ArrayRef>> {
        let at = self.common.lanes.places[column];
        let lane = |role: usize| Lane::of(rows, at.lane + role);
        let ty = self.common.schema.field(column).data_type();
        let parts = places.chunks(BATCH_ROWS);
        match at.form {
            Form::Number => {
                let (valid, value) = (lane(VALID), lane(VALUE));
                let array = |places: &[u32]| numbers(ty, value.pick(places), valid.nulls(places));
                Ok(parts.map(array).collect())
            }
            Form::Money => {
                let (valid, low, high) = (lane(VALID), lane(VALUE), lane(HIGH));
                let array = |places: &[u32]| money(ty, (&low, &high), &valid, places);
                Ok(parts.map(array).collect())
            }
            Form::Id => {
                let ids = lane(0);
                Ok(parts.map(|places| integers(ty, ids.pick(places))).collect())
            }
            Form::Bytes => {
                let ids = rows.strings(at.lane, at.bytes);
                parts.map(|places| bytes(ty, places.iter().map(|p| ids.get(*p as usize)))).collect()
            }
            Form::Text => {
                let codes = lane(CODE);
                let spelt = match lane(LENGTH) {
                    Lane::Constant(0) => None,
                    _ => Some(rows.strings(at.lane + LENGTH, at.bytes)),
                };
                let array =
                    |places: &[u32]| texts(&codes, &self.texts[column], spelt.as_ref(), places);
                parts.map(array).collect()
            }
        }
    }
}

fn numbers(ty: &DataType, words: Vec<u64>, nulls: Option<NullBuffer>) -> ArrayRef {
    let words = words.into_iter();
    // Where there is NULL, the number is any.
    let short = |word| i32::try_from(from_signed(word)).unwrap_or_default();
    match ty {
        DataType::Date32 => Arc::new(Date32Array::new(words.map(short).collect(), nulls)),
        DataType::Int32 => Arc::new(Int32Array::new(words.map(short).collect(), nulls)),
        DataType::Float64 => Arc::new(Float64Array::new(words.map(from_float).collect(), nulls)),
        DataType::Boolean => {
            Arc::new(BooleanArray::new(words.map(|word| word > 0).collect(), nulls))
        }
        _ => Arc::new(Int64Array::new(words.map(from_signed).collect(), nulls)),
    }
}

fn integers(ty: &DataType, ids: Vec<u64>) -> ArrayRef {
    match ty {
        DataType::UInt64 => Arc::new(UInt64Array::new(ids.into(), None)),
        _ => Arc::new(Int64Array::new(ids.into_iter().map(from_signed).collect(), None)),
    }
}

fn money(ty: &DataType, (low, high): (&Lane, &Lane), valid: &Lane, places: &[u32]) -> ArrayRef {
    let low = low.pick(places).into_iter();
    let values = match high {
        Lane::Constant(0) => low.map(|low| from_money(low, 0)).collect(),
        high => low.zip(high.pick(places)).map(|(low, high)| from_money(low, high)).collect(),
    };
    let array = Decimal128Array::new(values, valid.nulls(places));
    Arc::new(array.with_data_type(ty.clone()))
}

fn texts(
    codes: &Lane,
    known: &[Arc<str>],
    spelt: Option<&Strings>,
    places: &[u32],
) -> Result<ArrayRef> {
    if let (Lane::Constant(code), None) = (codes, spelt)
        && let Some(text) = Texts::place(*code).map(|place| &known[place])
        && i32::try_from(text.len().saturating_mul(places.len())).is_ok()
    {
        let ends = OffsetBuffer::from_repeated_length(text.len(), places.len());
        return Ok(Arc::new(StringArray::try_new(
            ends,
            text.repeat(places.len()).into_bytes().into(),
            None,
        )?));
    }
    let codes = codes.pick(places);
    let nulls = codes
        .contains(&NULL)
        .then(|| NullBuffer::from(codes.iter().map(|code| *code != NULL).collect::<Vec<_>>()));
    let text = |(code, place): (&u64, &u32)| match (Texts::place(*code), spelt) {
        (Some(text), _) => known[text].as_bytes(),
        (None, Some(spelt)) => spelt.get(*place as usize),
        (None, None) => b"",
    };
    let (ends, data) = joined(codes.iter().zip(places).map(text))?;
    Ok(Arc::new(StringArray::try_new(ends, data.into(), nulls)?))
}

fn bytes<'a>(ty: &DataType, ids: impl Iterator<Item = &'a [u8]>) -> Result<ArrayRef> {
    let (ends, data) = joined(ids)?;
    Ok(match ty {
        DataType::Binary => Arc::new(BinaryArray::try_new(ends, data.into(), None)?),
        _ => Arc::new(StringArray::try_new(ends, data.into(), None)?),
    })
}

fn joined<'a>(texts: impl Iterator<Item = &'a [u8]>) -> Result<(OffsetBuffer<i32>, Vec<u8>)> {
    let (mut ends, mut data) = (Vec::with_capacity(texts.size_hint().0 + 1), Vec::new());
    ends.push(0);
    for text in texts {
        data.extend_from_slice(text);
        let end = i32::try_from(data.len());
        ends.push(end.map_err(|_| ParquetError::General("texts of 2 GiB in a batch".into()))?);
    }
    Ok((OffsetBuffer::new(ends.into()), data))
}
