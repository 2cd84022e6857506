//! `[outputs] format` and `partition_by`: how the tables lie on disk.

use kohort_model::TableSchema;
use kohort_publish::{Layout, Output};

use super::Pipeline;
use super::conflict::Conflict;
use super::error::ConfigError;
use super::section::{Item, Section};
use crate::tables::schemas;

/// The column that most tables begin with.
const USUAL_PARTITION: &str = "grain";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Parquet,
    Hive,
    Delta,
}

/// The layout of the tables, which the pipeline has by now.
pub(super) fn layout(outputs: &Section<'_>, pipeline: &Pipeline) -> Result<Layout, ConfigError> {
    let format = match outputs.get("format") {
        None => Format::Parquet,
        Some(item) => format(&item, pipeline)?,
    };
    let partition_by = outputs.get("partition_by");
    match (format, partition_by) {
        (Format::Hive, None) => Ok(Layout::Hive { partition_by: USUAL_PARTITION.to_owned() }),
        (Format::Hive, Some(item)) => {
            let columns = partitions(pipeline);
            if columns.is_empty() {
                return Err(item.conflict(Conflict::NoPartitions));
            }
            let column = item.choice(&columns, "a key column such as \"grain\"")?;
            Ok(Layout::Hive { partition_by: column.to_owned() })
        }
        (_, Some(item)) => Err(item.conflict(Conflict::PartitionsOfFiles)),
        (Format::Parquet, None) => Ok(Layout::Files),
        (Format::Delta, None) => Ok(Layout::Delta),
    }
}

fn format(item: &Item<'_>, pipeline: &Pipeline) -> Result<Format, ConfigError> {
    let formats = [("parquet", Format::Parquet), ("hive", Format::Hive), ("delta", Format::Delta)];
    let format = item.choice(&formats, "\"parquet\", \"hive\" or \"delta\"")?;
    if format == Format::Delta && Output::at(&pipeline.output).is_remote() {
        return Err(item.conflict(Conflict::DeltaOnStore));
    }
    Ok(format)
}

/// The columns by which a table of the pipeline can be divided, each once.
fn partitions(pipeline: &Pipeline) -> Vec<(&'static str, &'static str)> {
    let mut names = Vec::new();
    let wanted = |schema: &&TableSchema| pipeline.tables.contains(&schema.name);
    for schema in schemas().into_iter().filter(wanted) {
        let keys = schema.columns.iter().filter(|column| schema.key.contains(&column.name));
        for column in keys.filter(|column| Layout::can_partition_by(column.ty)) {
            if !names.contains(&(column.name, column.name)) {
                names.push((column.name, column.name));
            }
        }
    }
    names
}
