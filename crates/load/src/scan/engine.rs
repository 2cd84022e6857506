//! The first reader: the engine's streaming scan over pages that were read before.

use std::io::Cursor;
use std::sync::{Arc, Mutex};

use polars::io::parquet::read::infer_schema;
use polars::prelude::{
    DataFrame, DataType, Engine, Expr, HiveOptions, LazyFrame, ParquetReader, PlSmallStr,
    PlanCallback, PolarsResult, ScanArgsParquet, Schema, SerReader, all, col, lit,
};
use polars_plan::dsl::{DslPlan, FileScanDsl, FileScanIR, ScanSources};
use polars_plan::plans::{FileInfo, IR};

/// What is done with the rows of a scan on the way.
#[derive(Clone)]
pub(super) struct Steps {
    /// Name and first value of a column that numbers the rows.
    pub place: Option<(PlSmallStr, i64)>,
    /// Then, which rows are kept.
    pub filter: Option<Expr>,
}

/// Decodes all columns of a footer that [`super::written`] wrote over some bytes, and hands over
/// frames until the receiver has enough.
///
/// # Errors
/// What the engine says.
pub(super) fn read(
    mut footer: Vec<u8>,
    bytes: Vec<u8>,
    steps: &Steps,
    ordered: bool,
    hand: impl Fn(DataFrame) -> PolarsResult<bool> + Send + Sync + 'static,
) -> PolarsResult<()> {
    let length = u32::try_from(footer.len()).unwrap_or(u32::MAX);
    footer.extend(length.to_le_bytes());
    footer.extend(b"PAR1");
    let mut frame = scan(footer, ScanSources::Buffers(Arc::new([bytes.into()])))?;
    if let Some((name, first)) = &steps.place {
        // Straight on the scan, a row index makes the engine look for a footer in the bytes.
        let numbered = frame.select([all().as_expr()]).with_row_index(name.clone(), None);
        let place = col(name.clone()).cast(DataType::Int64) + lit(*first);
        frame = numbered.with_column(place.alias(name.clone()));
    }
    if let Some(filter) = &steps.filter {
        frame = frame.filter(filter.clone());
    }
    let receive = PlanCallback::new(move |frame| hand(frame).map(|more| !more));
    frame.sink_batches(receive, ordered, None)?.collect_with_engine(Engine::Streaming)?;
    Ok(())
}

/// The plan of a scan whose footer, with its trailer, is known.
pub(super) fn scan(footer: Vec<u8>, sources: ScanSources) -> PolarsResult<LazyFrame> {
    let mut reader = ParquetReader::new(Cursor::new(footer));
    let metadata = Arc::clone(reader.get_metadata()?);
    let arrow = infer_schema(&metadata)?;
    let schema: Schema =
        arrow.iter_values().map(|f| (f.name.clone(), DataType::from_arrow_field(f))).collect();
    let args = ScanArgsParquet {
        glob: false,
        cache: false,
        hive_options: HiveOptions::new_disabled(),
        ..ScanArgsParquet::default()
    };
    let frame = LazyFrame::scan_parquet_sources(sources, args)?;
    let DslPlan::Scan { sources, unified_scan_args, scan_type, .. } = frame.logical_plan else {
        unreachable!("a scan is a scan");
    };
    let FileScanDsl::Parquet { options } = &*scan_type else {
        unreachable!("a scan of Parquet is one of Parquet");
    };
    let rows = metadata.num_rows;
    // The engine would look for a footer in the bytes. It looks here first.
    let resolved = IR::Scan {
        sources: sources.clone(),
        file_info: FileInfo::new(
            Arc::new(schema),
            Some(Err(Arc::new(arrow)).into()),
            (Some(rows), rows),
        ),
        hive_parts: None,
        predicate: None,
        predicate_file_skip_applied: None,
        output_schema: None,
        scan_type: Box::new(FileScanIR::Parquet {
            options: options.clone(),
            first_metadata: Some(metadata),
            metadata_per_source: None,
        }),
        unified_scan_args: unified_scan_args.clone(),
    };
    let cached_ir = Arc::new(Mutex::new(Some(resolved)));
    Ok(LazyFrame::from(DslPlan::Scan { sources, unified_scan_args, scan_type, cached_ir }))
}
