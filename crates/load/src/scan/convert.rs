//! Values of the second reader as columns of frames, and bytes as what they stand for.

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, DictionaryArray, GenericByteViewArray,
    PrimitiveArray,
};
use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::datatypes as types;
use arrow::datatypes::ByteViewType;
use polars::prelude::{
    BinaryChunked, BooleanChunked, ChunkTake, ChunkedArray, Column as FrameColumn, DataType,
    Float32Chunked, Float32Type, Float64Type, IdxCa, Int8Type, Int16Type, Int32Chunked, Int32Type,
    Int64Chunked, Int64Type, Int128Type, IntoColumn, IntoSeries, NewChunkedArray, PlSmallStr,
    PolarsError, PolarsNumericType, PolarsResult, Series, StringChunked, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use polars_arrow::array::{BinaryViewArray, PrimitiveArray as PolarsArray, Utf8ViewArray, View};
use polars_arrow::bitmap::Bitmap;
use polars_arrow::datatypes::ArrowDataType;
use polars_arrow::types::NativeType;
use polars_buffer::Buffer;

use super::meta::Column;
use super::types::Form;

const MICROS_PER_DAY: i64 = 86_400_000_000;
/// The day 1970-01-01 as days are counted in times of 12 bytes.
const EPOCH: i64 = 2_440_588;

/// An array as a column of a frame: of its type, or of bytes that [`finished`] makes so. Values are shared
/// where both libraries have them in the same form.
///
/// # Errors
/// The array is not of the type that the column has.
pub(super) fn series(
    array: &ArrayRef,
    nulls: Option<&NullBuffer>,
    column: &Column,
) -> PolarsResult<Series> {
    let nulls = nulls.filter(|nulls| nulls.null_count() > 0);
    let validity = nulls.map(|nulls| Bitmap::try_new(nulls.inner().sliced().to_vec(), nulls.len()));
    let values = Values { array, nulls, validity: validity.transpose()?, name: &column.name };
    let found = match column.form {
        Form::Boolean => values.booleans(),
        Form::Integer(8, true) => values.numbers::<types::Int8Type, Int8Type>(),
        Form::Integer(16, true) => values.numbers::<types::Int16Type, Int16Type>(),
        Form::Integer(32, true) => values.numbers::<types::Int32Type, Int32Type>(),
        Form::Integer(_, true) => values.numbers::<types::Int64Type, Int64Type>(),
        Form::Integer(8, false) => values.numbers::<types::UInt8Type, UInt8Type>(),
        Form::Integer(16, false) => values.numbers::<types::UInt16Type, UInt16Type>(),
        Form::Integer(32, false) => values.numbers::<types::UInt32Type, UInt32Type>(),
        Form::Integer(_, false) => values.numbers::<types::UInt64Type, UInt64Type>(),
        Form::Float32 => values.numbers::<types::Float32Type, Float32Type>(),
        Form::Float64 => values.numbers::<types::Float64Type, Float64Type>(),
        Form::Date => values.days(),
        Form::Timestamp(..) => values.times(column.form.dtype()),
        Form::Decimal(digits, scale) => values.decimals(digits.into(), scale.into()),
        Form::Text => values.texts(),
        Form::Binary | Form::Uuid | Form::Int96 | Form::Float16 => values.bytes(),
        Form::Null => Some(Series::new_null(column.name.clone(), array.len())),
    };
    found.ok_or_else(|| {
        let (found, wanted) = (array.data_type(), column.form.dtype());
        PolarsError::ComputeError(format!("it is {found}, not {wanted}").into())
    })
}

struct Values<'a> {
    array: &'a ArrayRef,
    /// Where some are missing.
    nulls: Option<&'a NullBuffer>,
    /// The same in the other library's form.
    validity: Option<Bitmap>,
    name: &'a PlSmallStr,
}

impl Values<'_> {
    fn is_there(&self, row: usize) -> bool {
        self.nulls.is_none_or(|nulls| nulls.is_valid(row))
    }

    fn ca<A, P>(&self) -> Option<ChunkedArray<P>>
    where
        A: ArrowPrimitiveType,
        P: PolarsNumericType<Native = A::Native>,
    {
        let values = self.primitive::<A>()?.values().clone();
        self.chunk(Buffer::from_owner(values))
    }

    fn chunk<P: PolarsNumericType>(&self, values: Buffer<P::Native>) -> Option<ChunkedArray<P>> {
        let dtype = <P::Native as NativeType>::PRIMITIVE.into();
        let array = PolarsArray::try_new(dtype, values, self.validity.clone()).ok()?;
        Some(ChunkedArray::with_chunk(self.name.clone(), array))
    }

    fn primitive<A: ArrowPrimitiveType>(&self) -> Option<&PrimitiveArray<A>> {
        self.array.as_primitive_opt::<A>()
    }

    fn numbers<A, P>(&self) -> Option<Series>
    where
        A: ArrowPrimitiveType,
        P: PolarsNumericType<Native = A::Native>,
        ChunkedArray<P>: IntoSeries,
    {
        Some(self.ca::<A, P>()?.into_series())
    }

    fn days(&self) -> Option<Series> {
        let days: Int32Chunked = self.ca::<types::Date32Type, Int32Type>()?;
        Some(days.into_date().into_series())
    }

    fn times(&self, dtype: DataType) -> Option<Series> {
        let DataType::Datetime(unit, zone) = dtype else { return None };
        let times: Option<Int64Chunked> = match unit {
            polars::prelude::TimeUnit::Milliseconds => {
                self.ca::<types::TimestampMillisecondType, Int64Type>()
            }
            polars::prelude::TimeUnit::Microseconds => {
                self.ca::<types::TimestampMicrosecondType, Int64Type>()
            }
            polars::prelude::TimeUnit::Nanoseconds => {
                self.ca::<types::TimestampNanosecondType, Int64Type>()
            }
        };
        Some(times?.into_datetime(unit, zone).into_series())
    }

    fn decimals(&self, digits: usize, scale: usize) -> Option<Series> {
        let wide = |values: Vec<i128>| self.chunk::<Int128Type>(values.into());
        let values = if let Some(array) = self.primitive::<types::Decimal128Type>() {
            self.chunk::<Int128Type>(Buffer::from_owner(array.values().clone()))
        } else if let Some(array) = self.primitive::<types::Decimal64Type>() {
            wide(array.values().iter().map(|value| i128::from(*value)).collect())
        } else if let Some(array) = self.primitive::<types::Decimal32Type>() {
            wide(array.values().iter().map(|value| i128::from(*value)).collect())
        } else {
            let array = self.primitive::<types::Decimal256Type>()?;
            let value = |row: usize| match array.value(row).to_i128() {
                None if !self.is_there(row) => Some(0),
                value => value,
            };
            wide((0..array.len()).map(value).collect::<Option<_>>()?)
        };
        Some(values?.into_decimal_unchecked(digits, scale).into_series())
    }

    fn booleans(&self) -> Option<Series> {
        let array = self.array.as_boolean_opt()?;
        let rows = (0..array.len()).map(|row| self.is_there(row).then(|| array.value(row)));
        Some(BooleanChunked::from_iter_options(self.name.clone(), rows).into_series())
    }

    fn texts(&self) -> Option<Series> {
        if let Some(array) = self.array.as_dictionary_opt::<types::Int32Type>() {
            return self.looked_up(array);
        }
        let (views, bytes) = views(self.array.as_string_view_opt()?)?;
        let dtype = ArrowDataType::Utf8View;
        let array = Utf8ViewArray::try_new(dtype, views, bytes, self.validity.clone()).ok()?;
        Some(StringChunked::with_chunk(self.name.clone(), array).into_series())
    }

    /// The texts of a dictionary that rows refer to.
    fn looked_up(&self, array: &DictionaryArray<types::Int32Type>) -> Option<Series> {
        let texts = array.values().as_string_opt::<i32>()?;
        if texts.is_empty() {
            // No row has a text.
            return Some(Series::full_null(self.name.clone(), array.len(), &DataType::String));
        }
        let texts = StringChunked::from_iter_options(self.name.clone(), texts.iter());
        let places = array.keys().values().iter().map(|place| place.cast_unsigned()).collect();
        let dtype = ArrowDataType::UInt32;
        let places = PolarsArray::try_new(dtype, places, self.validity.clone()).ok()?;
        let places = IdxCa::with_chunk(PlSmallStr::EMPTY, places);
        Some(texts.take(&places).ok()?.rechunk().into_owned().into_series())
    }

    fn bytes(&self) -> Option<Series> {
        if let Some(array) = self.array.as_fixed_size_binary_opt() {
            let rows =
                (0..array.len()).map(|row| self.is_there(row).then(|| array.value(row).to_vec()));
            return Some(BinaryChunked::from_iter_options(self.name.clone(), rows).into_series());
        }
        let (views, bytes) = views(self.array.as_binary_view_opt()?)?;
        let dtype = ArrowDataType::BinaryView;
        let array = BinaryViewArray::try_new(dtype, views, bytes, self.validity.clone()).ok()?;
        Some(BinaryChunked::with_chunk(self.name.clone(), array).into_series())
    }
}

/// Texts or bytes as views, and what the long ones lie in.
fn views<T: ByteViewType + ?Sized>(
    array: &GenericByteViewArray<T>,
) -> Option<(Buffer<View>, Buffer<Buffer<u8>>)> {
    let views = Buffer::from_owner(array.views().clone()).try_transmute().ok()?;
    let bytes = array.data_buffers().iter().cloned().map(ScalarBuffer::<u8>::from);
    Some((views, bytes.map(Buffer::from_owner).collect()))
}

/// A column that a reader gave as bytes as what it is; others as they are.
pub(super) fn finished(given: &FrameColumn, form: Form) -> PolarsResult<FrameColumn> {
    let name = given.name().clone();
    let bytes = || given.as_materialized_series().binary();
    Ok(match form {
        Form::Uuid => {
            let bytes = bytes()?;
            let mut text = String::new();
            let mut texts = polars::prelude::StringChunkedBuilder::new(name, bytes.len());
            for uuid in bytes.iter() {
                texts.append_option(uuid.map(|uuid| {
                    hyphenated(uuid, &mut text);
                    text.as_str()
                }));
            }
            texts.finish().into_series().into_column()
        }
        Form::Int96 => {
            let times = bytes()?.iter().map(|time| time.and_then(micros));
            let times = Int64Chunked::from_iter_options(name, times);
            match form.dtype() {
                DataType::Datetime(unit, zone) => times.into_datetime(unit, zone).into_series(),
                _ => times.into_series(),
            }
            .into_column()
        }
        Form::Float16 => {
            let halves = bytes()?.iter().map(|half| half.and_then(single));
            Float32Chunked::from_iter_options(name, halves).into_series().into_column()
        }
        _ => given.clone(),
    })
}

/// 16 bytes as 8-4-4-4-12 hexadecimal digits.
fn hyphenated(uuid: &[u8], text: &mut String) {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    text.clear();
    for (place, byte) in uuid.iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push(DIGITS[usize::from(byte >> 4)]);
        text.push(DIGITS[usize::from(byte & 15)]);
    }
}

/// Nanoseconds of a day and the day, as microseconds since 1970; what is beyond all of them is the
/// first or the last, which no table takes for a time. `None` where there are not 12 bytes.
fn micros(time: &[u8]) -> Option<i64> {
    let (nanos, day) = time.split_first_chunk::<8>()?;
    let day = i64::from(i32::from_le_bytes(day.try_into().ok()?)) - EPOCH;
    // Rounded down, so that a moment before 1970 stays in its day.
    let micros = i64::from_le_bytes(*nanos).div_euclid(1000);
    Some(day.saturating_mul(MICROS_PER_DAY).saturating_add(micros))
}

/// A float of 16 bits as one of 32, which has every value of it.
fn single(half: &[u8]) -> Option<f32> {
    let half = u16::from_le_bytes(half.try_into().ok()?);
    let (exponent, fraction) = ((half >> 10) & 31, f32::from(half & 1023));
    let size = match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * 2f32.powi(i32::from(exponent) - 25),
    };
    Some(if half >> 15 == 1 { -size } else { size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_what_they_stand_for() {
        let time = |nanos: i64, day: i32| {
            let mut bytes = nanos.to_le_bytes().to_vec();
            bytes.extend(day.to_le_bytes());
            micros(&bytes)
        };
        // Days by their numbers in the calendar of astronomers.
        assert_eq!(time(1_999, 2_440_588), Some(1));
        assert_eq!(time(-1, 2_440_588), Some(-1));
        assert_eq!(time(8 * 3_600_000_000_000, 2_305_585), Some(-11_664_230_400_000_000));
        assert_eq!(time(0, 1_721_426), Some(-62_135_596_800_000_000), "the year 1");
        assert_eq!(time(0, 5_373_484), Some(253_402_214_400_000_000), "9999-12-31");
        assert_eq!(time(0, i32::MAX), Some(i64::MAX));
        assert_eq!(time(0, i32::MIN), Some(i64::MIN));
        assert_eq!(micros(&[0; 11]), None);

        let halves = [
            (0u16, 0.0),
            (1, 2f32.powi(-24)),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0xfc00, f32::NEG_INFINITY),
            (0x3555, 0.333_251_95),
        ];
        for (half, expected) in halves {
            assert_eq!(single(&half.to_le_bytes()), Some(expected), "{half:x}");
        }
        assert!(single(&0x7e00u16.to_le_bytes()).is_some_and(f32::is_nan));

        let mut text = String::new();
        hyphenated(&(0x550e_8400_e29b_41d4_a716_4466_5544_0000_u128).to_be_bytes(), &mut text);
        assert_eq!(text, "550e8400-e29b-41d4-a716-446655440000");
    }
}
