//! Notifications of a run, as its pipeline file asks for them.

use std::sync::Arc;

use kohort_load::Opened;
use kohort_notify::{InputPlace, MappedColumn, Notifier, Outcome, Settings};

use crate::sources::{lookup_sources, sources};
use crate::{Pipeline, RunError, RunSummary, schemas};

/// What is said of the runs of a pipeline, and where.
pub(crate) fn settings(pipeline: &Pipeline) -> Settings {
    let inputs = sources(pipeline).into_iter();
    let inputs = inputs.map(|source| InputPlace {
        name: source.input().name().to_owned(),
        patterns: source.paths,
    });
    let lookups = lookup_sources(pipeline).into_iter();
    let lookups = lookups.map(|source| InputPlace {
        name: format!("lookups.{}", source.name),
        patterns: source.paths,
    });
    let substituted = pipeline.substituted.clone();
    Settings {
        pipeline: pipeline.name.clone(),
        lineage: pipeline.records.lineage.clone(),
        lineage_namespace: pipeline.records.lineage_namespace.clone(),
        prometheus: pipeline.records.prometheus.clone(),
        inputs: inputs.chain(lookups).collect(),
        output: pipeline.output.display().to_string(),
        layout: pipeline.layout.clone(),
        tables: schemas(),
        hide: Arc::new(move |text| substituted.hide(text).into_owned()),
    }
}

/// Takes note of the columns that are read.
pub(crate) fn opened(notifier: &mut Notifier<'_>, inputs: &[Opened]) {
    for opened in inputs {
        let columns = opened.columns().into_iter();
        let columns: Vec<_> =
            columns.map(|(key, expression, ty)| MappedColumn { key, expression, ty }).collect();
        notifier.mapped(opened.input().name(), &columns);
    }
}

/// Says how the run ended.
pub(crate) fn end(notifier: Notifier<'_>, result: &Result<RunSummary, RunError>) {
    match result {
        Ok(summary) if summary.is_unchanged => {
            notifier.end(Outcome::Unchanged(&summary.record));
        }
        Ok(summary) => notifier.end(Outcome::Published(&summary.record)),
        Err(error) => notifier.end(Outcome::Failed(&error.to_string())),
    }
}
