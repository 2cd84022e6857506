//! `[records]`: where a run is told of, beside its messages and its `run.json`.

use std::path::PathBuf;

use kohort_notify::LineageTarget;

use super::error::ConfigError;
use super::section::{Item, Section};

/// Where a run is told of. It does not bear on the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordSettings {
    /// Where lineage events go.
    pub lineage: Option<LineageTarget>,
    /// The namespace of the pipeline's name in them.
    pub lineage_namespace: String,
    /// The file for Prometheus, absolute, whose name ends in `.prom`.
    pub prometheus: Option<PathBuf>,
}

pub(super) fn read(records: &Section<'_>) -> Result<RecordSettings, ConfigError> {
    Ok(RecordSettings {
        lineage: records.get("lineage").map(|item| lineage(&item)).transpose()?,
        lineage_namespace: match records.get("lineage_namespace") {
            Some(item) => item.text("a text, the namespace of the pipeline's name")?,
            None => "kohort".to_owned(),
        },
        prometheus: records.get("prometheus").map(|item| prometheus(&item)).transpose()?,
    })
}

fn lineage(item: &Item<'_>) -> Result<LineageTarget, ConfigError> {
    let allowed = "a path to a file, or an http:// or https:// address";
    let text = item.text(allowed)?;
    match text.split_once("://") {
        None => item.path(allowed).map(LineageTarget::File),
        Some(("http" | "https", _)) => Ok(LineageTarget::Endpoint(text)),
        Some(_) => Err(item.wrong(allowed)),
    }
}

fn prometheus(item: &Item<'_>) -> Result<PathBuf, ConfigError> {
    let allowed = "a path to a file whose name ends in .prom, the ones that the collector reads";
    let path = item.path(allowed)?;
    if path.extension().is_some_and(|end| end == "prom") {
        Ok(path)
    } else {
        Err(item.wrong(allowed))
    }
}
