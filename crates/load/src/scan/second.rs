//! The second reader: slower than the engine where both can read a column, but it reads what the
//! engine can't, and a row group page by page, so that its memory does not follow the row group's
//! size.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, Fields, Schema};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ParquetMetaDataReader;
use parquet::file::reader::ChunkReader;
use polars::prelude::{DataFrame, IntoColumn, PolarsError, PolarsResult};

use super::convert::series;
use super::meta::Column;
use crate::quiet::quietly;

/// Rows of a frame.
pub(super) const BATCH: usize = 1 << 16;
/// Bytes of text and binary values in a frame, unless a single row has more.
const FRAME_BYTES: u64 = 64 << 20;

/// Which frames to read.
pub(super) struct Frames<'a> {
    pub columns: &'a [&'a Column],
    /// Of each column whether it has few texts, all of which stand in dictionaries.
    pub few: &'a [bool],
    /// The most rows.
    pub rows: usize,
}

/// Decodes all columns of a footer that [`super::written`] wrote, and hands over frames until the
/// receiver has enough.
///
/// # Errors
/// What the library says, and what `hand` answers.
pub(super) fn read(
    footer: &[u8],
    pages: impl ChunkReader + 'static,
    wanted: &Frames<'_>,
    hand: &mut dyn FnMut(DataFrame) -> std::result::Result<bool, String>,
) -> std::result::Result<(), String> {
    let mut batches = quietly(|| open(footer, pages, wanted).map_err(in_words))?;
    let mut next = || {
        let next = batches.next().transpose().map_err(|error| in_words(error.into()))?;
        next.map(|batch| frames(&batch, wanted.columns)).transpose()
    };
    while let Some(frames) = quietly(&mut next)? {
        for frame in frames {
            if !hand(frame)? {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn open(
    footer: &[u8],
    pages: impl ChunkReader + 'static,
    wanted: &Frames<'_>,
) -> Result<ParquetRecordBatchReader> {
    let metadata = Arc::new(ParquetMetaDataReader::decode_metadata(footer)?);
    let plain = ArrowReaderMetadata::try_new(Arc::clone(&metadata), ArrowReaderOptions::new())?;
    let fields = viewed(plain.schema().fields());
    let fields = fields.iter().zip(wanted.few).map(|(field, few)| match field.data_type() {
        DataType::Utf8View if *few => {
            let [codes, texts] = [DataType::Int32, DataType::Utf8].map(Box::new);
            Field::new(field.name(), DataType::Dictionary(codes, texts), field.is_nullable())
        }
        _ => field.as_ref().clone(),
    });
    let schema = Arc::new(Schema::new(fields.collect::<Fields>()));
    let options = ArrowReaderOptions::new().with_schema(schema);
    let metadata = ArrowReaderMetadata::try_new(metadata, options)?;
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(pages, metadata);
    builder.with_batch_size(wanted.rows).build()
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn in_words(error: ParquetError) -> PolarsError {
    PolarsError::ComputeError(error.to_string().into())
}

/// Texts as views, which share what stands in a dictionary and have no bound on their bytes.
fn viewed(fields: &Fields) -> Fields {
    let view = |field: &Arc<Field>| {
        let dtype = match field.data_type() {
            DataType::Utf8 => DataType::Utf8View,
            DataType::Binary => DataType::BinaryView,
            DataType::Struct(fields) => DataType::Struct(viewed(fields)),
            other => other.clone(),
        };
        Field::new(field.name(), dtype, field.is_nullable())
    };
    fields.iter().map(view).collect()
}

/// A batch as frames of bounded size.
fn frames(batch: &RecordBatch, columns: &[&Column]) -> PolarsResult<Vec<DataFrame>> {
    let height = batch.num_rows();
    if height > 1
        && batch.columns().iter().map(|array| text_bytes(&flat(array).0)).sum::<u64>() > FRAME_BYTES
    {
        let half = height / 2;
        let mut first = frames(&batch.slice(0, half), columns)?;
        first.extend(frames(&batch.slice(half, height - half), columns)?);
        return Ok(first);
    }
    let converted = batch.columns().iter().zip(columns).map(|(array, column)| {
        let (array, nulls) = flat(array);
        series(&array, nulls.as_ref(), column).map(IntoColumn::into_column)
    });
    let converted = converted.collect::<PolarsResult<Vec<_>>>()?;
    Ok(vec![DataFrame::new(height, converted)?])
}

/// The values of a column, and which are missing, be it that a struct around them is.
fn flat(array: &ArrayRef) -> (ArrayRef, Option<NullBuffer>) {
    let (mut array, mut nulls) = (Arc::clone(array), None);
    loop {
        nulls = NullBuffer::union(nulls.as_ref(), array.logical_nulls().as_ref());
        let inner = array.as_struct_opt().and_then(|array| array.columns().first()).cloned();
        match inner {
            Some(inner) => array = inner,
            None => return (array, nulls),
        }
    }
}

fn text_bytes(array: &ArrayRef) -> u64 {
    // The length of a view stands in its lowest bytes.
    let lengths = |views: &[u128]| views.iter().map(|view| (view & 0xffff_ffff) as u64).sum();
    match array.data_type() {
        DataType::Utf8View => lengths(array.as_string_view().views()),
        DataType::BinaryView => lengths(array.as_binary_view().views()),
        _ => 0,
    }
}
