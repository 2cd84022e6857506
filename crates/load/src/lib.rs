//! Reading: polars scans order histories, and plain slices come out.
//!
//! [`open`] looks at paths, schemas and footers only and answers whether the mapped values fit the
//! files; [`Orders::read`] decodes the needed columns once and hands accepted rows to [`Sink`]s;
//! [`Orders::rejected`] takes a second look at the files that had rejected rows. Nothing of the
//! frame library crosses this crate's border.

use std::thread;

mod batch;
mod columns;
mod contract;
mod currency;
mod error;
mod files;
mod footer;
mod frame;
mod mapping;
mod quiet;
mod read;
mod rejected;
mod sink;
mod source;
mod zone;

pub use contract::Orders;
pub use error::{LoadError, TypeIn};
pub use files::SourceFile;
pub use rejected::{Id, RejectedDetail};
pub use sink::{FileReport, LoadReport, Sink};
pub use source::{CurrencySource, Needs, OrdersSource, SegmentSource, StatusSource};

/// Opens an order history: finds its files, reads their footers, and checks every mapped value
/// against the columns of each. No data is read.
///
/// # Errors
/// What [`LoadError`] says of paths, files, columns and types.
pub fn open(source: OrdersSource) -> Result<Orders, LoadError> {
    // The engine's panics are quiet only on threads of this name.
    thread::scope(|scope| {
        let opened = read::start(scope, quiet::QUERY_THREAD, || Orders::open(source));
        opened.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
