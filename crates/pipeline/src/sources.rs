//! The inputs of a pipeline as the reader knows them.

use std::collections::BTreeMap;

use kohort_load::{CurrencySource, LookupSource, SegmentSource, Source, SourceColumn};
use kohort_model::{TextOrder, ValueKind};

use crate::checks::column_checks;
use crate::{Currency, MappedColumn, MappedInput, Pipeline};

/// Every input of a pipeline, orders or subscriptions first, the others in the order of
/// [`kohort_model::Input::ALL`].
pub(crate) fn sources(pipeline: &Pipeline) -> Vec<Source> {
    pipeline.inputs.iter().map(|input| source(pipeline, input)).collect()
}

/// Every lookup of a pipeline, sorted by name.
pub(crate) fn lookup_sources(pipeline: &Pipeline) -> Vec<LookupSource> {
    let source = |lookup: &crate::MappedLookup| LookupSource {
        name: lookup.name.clone(),
        paths: lookup.paths.iter().map(|path| path.to_string_lossy().into_owned()).collect(),
        key: lookup.key.clone(),
        filter: lookup.filter.clone(),
        is_counted: lookup.unknown_keys.is_some(),
        timezone: pipeline.timezone,
        naive_times: pipeline.naive_times,
    };
    pipeline.lookups.iter().map(source).collect()
}

fn source(pipeline: &Pipeline, input: &MappedInput) -> Source {
    let spec = input.spec;
    let paths = input.paths.iter().map(|path| path.to_string_lossy().into_owned());
    let segments = pipeline.segments.iter().filter(|_| spec.is_history);
    let segment =
        |s: &crate::Segment| SegmentSource { name: s.name.clone(), expr: s.column.clone() };
    Source {
        spec,
        paths: paths.collect(),
        columns: input.columns.iter().map(|mapped| column(pipeline, mapped)).collect(),
        segments: segments.map(segment).collect(),
        switches: input.switches.iter().map(|on| on.switch).collect(),
        filter: input.filter.clone(),
        deduplicate: input.deduplicate,
        max_segment_values: pipeline.max_segment_values,
        scale: pipeline.basis.scale(),
        currency: currency(pipeline, input),
        timezone: pipeline.timezone,
        naive_times: pipeline.naive_times(spec.input),
        earliest: pipeline.checks.earliest,
        checks: column_checks(pipeline, spec.input),
    }
}

fn column(pipeline: &Pipeline, mapped: &MappedColumn) -> SourceColumn {
    let (mut listed, mut renamed) = (Vec::new(), BTreeMap::new());
    if let ValueKind::Text(text) = mapped.column.kind {
        if let TextOrder::ListedFirst(key) | TextOrder::ListedOnly(key) = text.order {
            listed = pipeline.listed(key).to_vec();
        }
        if let Some(key) = text.renamed_by {
            renamed = pipeline.renamed(key).iter().cloned().collect();
        }
    }
    SourceColumn {
        column: mapped.column,
        expr: mapped.expression.clone(),
        lists: mapped.lists.iter().map(|list| list.texts.clone()).collect(),
        named: listed,
        names: renamed,
    }
}

/// Amounts of an input beside the history are in the currency of the tables.
fn currency(pipeline: &Pipeline, input: &MappedInput) -> CurrencySource {
    match pipeline.basis.currency() {
        _ if !input.spec.is_history => CurrencySource::Fixed(None),
        Currency::Unnamed => CurrencySource::Fixed(None),
        Currency::Code(code) => CurrencySource::Fixed(Some(code.clone())),
        Currency::Converted { column, rates } => {
            CurrencySource::Column { expr: column.clone(), rates: rates.clone() }
        }
    }
}
