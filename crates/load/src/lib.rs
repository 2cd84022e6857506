//! Reading: polars scans the inputs, and plain slices come out.
//!
//! [`open_all`] looks at paths, schemas and footers only and answers whether the mapped values fit
//! the files; [`Opened::read`] decodes the needed columns once and hands accepted rows to [`Sink`]s;
//! [`Opened::rejected`] takes a second look at the files that had rejected rows. Nothing of the
//! frame library crosses this crate's border.

use std::thread;

mod batch;
mod checks;
mod codes;
mod columns;
mod contract;
mod currency;
mod days_seen;
mod distinct;
mod error;
mod files;
mod find;
mod footer;
mod formats;
mod forms;
mod frame;
mod lookup;
mod mapping;
mod quiet;
mod read;
mod rejected;
mod remote;
mod scan;
mod share;
mod sink;
mod source;
mod texts_seen;

pub use checks::{ColumnCheck, Mistyped, Must, ValueType};
pub use codes::Texts;
pub use columns::{advice, reason_of_null};
pub use contract::Opened;
pub use days_seen::{DaysSeen, LONGEST_GAP_DAYS};
pub use error::{IdsIn, LoadError, ReaderText, TypeIn};
pub use files::SourceFile;
pub use kohort_expr::{Key, UnknownKeys};
pub use kohort_model::Id;
pub use kohort_store::{StoreError, check_url, scrub};
pub use lookup::{LookupReport, LookupSource, Lookups, OpenedLookup};
pub use read::{PartDone, Reading};
pub use rejected::RejectedDetail;
pub use sink::{FileReport, LoadReport, Sink};
pub use source::{CurrencySource, Needs, SegmentSource, Source, SourceColumn};
pub use texts_seen::{TextsSeen, ValueTexts};

/// Opens an input: finds its files, reads their footers, and checks every mapped value against the
/// columns of each. No data is read.
///
/// # Errors
/// What [`LoadError`] says of paths, files, columns and types.
pub fn open(source: Source) -> Result<Opened, LoadError> {
    open_with(source, &Lookups::default())
}

/// As [`open`], of an input whose mapped values may look others up.
///
/// # Errors
/// As [`open`].
pub fn open_with(source: Source, lookups: &Lookups) -> Result<Opened, LoadError> {
    // The engine's panics are quiet only on threads of this name.
    thread::scope(|scope| {
        let opened = read::start(scope, quiet::QUERY_THREAD, || Opened::open(source, lookups));
        opened.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Opens inputs that share their customers: one id is one key in the batches of all of them, and
/// so are the visitors of touchpoints and identities, and the orders of lines and returns.
///
/// # Errors
/// As [`open`]; [`LoadError::MixedIds`] where such ids are integers in some inputs only,
/// [`LoadError::UnusedLookup`] where nothing is looked up in one of the lookups.
pub fn open_all(sources: Vec<Source>, lookups: &Lookups) -> Result<Vec<Opened>, LoadError> {
    let inputs = sources.into_iter().map(|source| open_with(source, lookups));
    let mut inputs = inputs.collect::<Result<Vec<_>, _>>()?;
    lookups.check_used()?;
    share::share(&mut inputs)?;
    Ok(inputs)
}
