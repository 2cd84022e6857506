//! The least that reading can cost: streams some columns of a Parquet file through polars, as the
//! crate does, and does nothing with them.
//!
//! `decode FILE COLUMN…` prints the number of rows.

use std::env;
use std::error::Error;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use polars::prelude::{Engine, LazyFrame, PlRefPath, PlanCallback, ScanArgsParquet, col};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let path = arguments.next().ok_or("usage: decode FILE COLUMN…")?;
    let columns: Vec<_> = arguments.map(col).collect();
    let rows = Arc::new(AtomicUsize::new(0));
    let sum = Arc::clone(&rows);
    let count = PlanCallback::new(move |frame: polars::prelude::DataFrame| {
        sum.fetch_add(frame.height(), Ordering::Relaxed);
        Ok(false)
    });
    LazyFrame::scan_parquet(PlRefPath::new(path), ScanArgsParquet::default())?
        .select(columns)
        .sink_batches(count, false, None)?
        .collect_with_engine(Engine::Streaming)?;
    writeln!(io::stdout(), "{}", rows.load(Ordering::Relaxed))?;
    Ok(())
}
