//! `[alerts]`: from where on a rate is bad.

use kohort_model::{Basis, Grain};
use kohort_scorecard::{Beyond, Metric, Side, Threshold, over_built_in};

use super::conflict::{Conflict, Unmet};
use super::error::ConfigError;
use super::keys;
use super::section::Section;
use super::{GrainSettings, Pipeline, tables};
use crate::tables::{metrics, table};

/// The thresholds, built-in ones included, in the order of the metrics.
pub(super) fn read(
    alerts: &Section<'_>,
    grains: &[GrainSettings],
    basis: Option<Basis>,
) -> Result<Vec<Threshold>, ConfigError> {
    let metrics = metrics();
    let names: Vec<_> = metrics.iter().map(|metric| (metric.headline.name, ())).collect();
    let mut given = Vec::new();
    for (metric, item) in alerts.items() {
        item.choose(metric, item.at(), &names)?;
        let table =
            item.named_table(keys::of("alerts.METRIC"), "a table such as { above = 0.05 }")?;
        given.push(Threshold {
            metric: metric.to_owned(),
            grain: read_grain(&table, grains)?,
            beyond: read_beyond(&table)?,
        });
    }
    let mut thresholds = match basis {
        Some(basis) => over_built_in(given, basis),
        None => given,
    };
    thresholds
        .sort_by_key(|threshold| names.iter().position(|(name, ())| *name == threshold.metric));
    Ok(thresholds)
}

/// That every metric with an alert of its own has the inputs that it is made of.
pub(super) fn offered(alerts: &Section<'_>, pipeline: &Pipeline) -> Result<(), ConfigError> {
    let metrics = metrics();
    for (name, item) in alerts.items() {
        let metric = metrics.iter().find(|metric| metric.headline.name == name);
        if let Some(lack) = metric.and_then(|metric| lack(metric, pipeline)) {
            let offered = metrics.iter().filter(|metric| self::lack(metric, pipeline).is_none());
            let offered = offered.map(|metric| metric.headline.name).collect();
            return Err(ConfigError::AlertOfNothing {
                at: item.at(),
                key: item.key,
                lack,
                offered,
            });
        }
    }
    Ok(())
}

/// What the pipeline would have to have to compute a metric.
fn lack(metric: &Metric, pipeline: &Pipeline) -> Option<Unmet> {
    // One table may have the rates of several inputs.
    let of_table = || tables::lack(table(metric.table)?, pipeline);
    pipeline.lack(metric.headline.requires).or_else(of_table)
}

fn read_beyond(table: &Section<'_>) -> Result<Beyond, ConfigError> {
    let allowed = "a number such as 0.05";
    match (table.get("above"), table.get("below"), table.get("unusual")) {
        (Some(_), Some(item), _) => Err(item.conflict(Conflict::TwoSides)),
        (Some(_), _, Some(item)) | (_, Some(_), Some(item)) => {
            Err(item.conflict(Conflict::LimitAndUsual))
        }
        (None, Some(item), None) => item.number(.., allowed).map(Beyond::Below),
        (None, None, Some(item)) => {
            let sides = "the bad side of the usual range, such as \"above\"";
            item.choice(&Side::ALL.map(|side| (side.name(), side)), sides).map(Beyond::Unusual)
        }
        (_, None, None) => {
            let meaning = "the value above which it is bad; or below, the one below which it is; \
                           or unusual, the side on which it leaves the range of its own past";
            table.need("above", meaning)?.number(.., allowed).map(Beyond::Above)
        }
    }
}

fn read_grain(table: &Section<'_>, grains: &[GrainSettings]) -> Result<Option<Grain>, ConfigError> {
    let Some(item) = table.get("grain") else { return Ok(None) };
    let choices = Grain::ALL.map(|grain| (grain.name(), grain));
    let grain = item.choice(&choices, "a grain such as \"month\"")?;
    if grains.iter().any(|settings| settings.grain == grain) {
        Ok(Some(grain))
    } else {
        Err(item.conflict(Conflict::GrainNotAsked))
    }
}
