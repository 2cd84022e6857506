//! Guard around readers of Parquet files: what they panic over is damage like any other.

use std::cell::Cell;
use std::iter;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use arrow::array::RecordBatch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use parquet::errors::ParquetError;

thread_local! {
    /// Whether a panic of this thread becomes an error.
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// What `read` gives; where it panics, an error, and nothing is printed.
pub(crate) fn guarded<T>(
    read: impl FnOnce() -> Result<T, ParquetError>,
) -> Result<T, ParquetError> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IS_GUARDED.get() {
                previous(info);
            }
        }));
    });
    let before = IS_GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(read));
    IS_GUARDED.set(before);
    result.unwrap_or_else(|_| {
        Err(ParquetError::General("what it says of its columns makes no sense".to_owned()))
    })
}

/// The batches that a reader gives, up to the first error.
pub(crate) fn batches(
    mut reader: ParquetRecordBatchReader,
) -> impl Iterator<Item = Result<RecordBatch, ParquetError>> + Send {
    let mut has_failed = false;
    iter::from_fn(move || {
        if has_failed {
            return None;
        }
        let next = guarded(|| Ok(reader.next().transpose()?)).transpose();
        has_failed = matches!(next, Some(Err(_)));
        next
    })
}
