//! `[alerts]`: from where on a rate is bad.

use kohort_model::Grain;
use kohort_scorecard::{Beyond, METRICS, Threshold, over_built_in, source_of};

use super::conflict::Conflict;
use super::error::{ConfigError, Lack};
use super::keys::ALERT_KEYS;
use super::section::Section;
use super::tables::{lack_of_sales, lack_of_table};
use super::{GrainSettings, Pipeline};

/// The thresholds, built-in ones included, in the order of the metrics.
pub(super) fn read(
    alerts: &Section<'_>,
    grains: &[GrainSettings],
) -> Result<Vec<Threshold>, ConfigError> {
    let metrics = METRICS.map(|metric| (metric, ()));
    let mut given = Vec::new();
    for (metric, item) in alerts.items() {
        item.choose(metric, item.at(), &metrics)?;
        let table = item.named_table(ALERT_KEYS, "a table such as { above = 0.05 }")?;
        given.push(Threshold {
            metric: metric.to_owned(),
            grain: read_grain(&table, grains)?,
            beyond: read_beyond(&table)?,
        });
    }
    let mut thresholds = over_built_in(given);
    thresholds.sort_by_key(|threshold| METRICS.iter().position(|name| *name == threshold.metric));
    Ok(thresholds)
}

/// That every metric with an alert of its own has the inputs that it is made of.
pub(super) fn offered(alerts: &Section<'_>, pipeline: &Pipeline) -> Result<(), ConfigError> {
    for (metric, item) in alerts.items() {
        if let Some(lack) = lack(metric, pipeline) {
            let offered =
                METRICS.into_iter().filter(|metric| self::lack(metric, pipeline).is_none());
            let (at, key, offered) = (item.at(), item.key.clone(), offered.collect());
            return Err(ConfigError::AlertOfNothing { at, key, lack, offered });
        }
    }
    Ok(())
}

/// What the pipeline would have to have to compute a metric.
fn lack(metric: &str, pipeline: &Pipeline) -> Option<Lack> {
    // One table has the sales of every source.
    lack_of_sales(metric, pipeline).or_else(|| lack_of_table(source_of(metric)?, pipeline))
}

fn read_beyond(table: &Section<'_>) -> Result<Beyond, ConfigError> {
    let allowed = "a number such as 0.05";
    match (table.get("above"), table.get("below")) {
        (Some(_), Some(item)) => Err(item.conflict(Conflict::TwoSides)),
        (None, Some(item)) => item.number(.., allowed).map(Beyond::Below),
        (_, None) => {
            let meaning = "the value above which it is bad; or below, the one below which it is";
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
