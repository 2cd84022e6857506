//! `[calendar]`: days, periods, and what is known.

use chrono_tz::Tz;
use kohort_model::{Basis, Calendar, Day, Grain, Weekday};

use super::conflict::Conflict;
use super::error::ConfigError;
use super::section::{Section, nearest};
use super::{GrainSettings, window};

/// Where a day begins.
pub(super) fn timezone(calendar: &Section<'_>) -> Result<Tz, ConfigError> {
    Ok(zone(calendar, "timezone")?.unwrap_or(Tz::UTC))
}

/// The zone that `key` of a table names, if it is set.
pub(super) fn zone(table: &Section<'_>, key: &str) -> Result<Option<Tz>, ConfigError> {
    let Some(item) = table.get(key) else { return Ok(None) };
    let found = item.text("the name of a timezone, such as \"Europe/London\"")?;
    found.parse().map(Some).map_err(|_| {
        let names: Vec<_> = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect();
        let hint = nearest(&found, &names);
        ConfigError::UnknownTimezone { at: item.at(), key: item.key, found, hint }
    })
}

pub(super) fn read(calendar: &Section<'_>) -> Result<Calendar, ConfigError> {
    let mut read = Calendar::default();
    if let Some(item) = calendar.get("week_start") {
        let weekdays = Weekday::ALL.map(|day| (day.name(), day));
        read.week_start = item.choice(&weekdays, "a weekday such as \"monday\"")?;
    }
    if let Some(item) = calendar.get("fiscal_year_start") {
        let allowed = "the number of a month, 1 for January to 12 for December";
        read.fiscal_year_start = item.integer(1..=12, allowed)?;
    }
    Ok(read)
}

/// `as_of` and `history_start`.
pub(super) fn known_days(
    calendar: &Section<'_>,
) -> Result<(Option<Day>, Option<Day>), ConfigError> {
    let as_of = calendar.get("as_of").map(|item| item.day()).transpose()?;
    let Some(item) = calendar.get("history_start") else { return Ok((as_of, None)) };
    let history_start = item.day()?;
    match as_of {
        Some(as_of) if as_of <= history_start => Err(item.conflict(Conflict::NothingKnown)),
        _ => Ok((as_of, Some(history_start))),
    }
}

pub(super) fn grains(
    calendar: &Section<'_>,
    revenue: &Section<'_>,
    basis: Basis,
) -> Result<Vec<GrainSettings>, ConfigError> {
    let grains = match calendar.get("grains") {
        Some(item) => {
            let choices = Grain::ALL.map(|grain| (grain.name(), grain));
            item.choices(&choices, "a list of grains such as [\"month\", \"week\"]")?
        }
        None => vec![Grain::Month],
    };
    let max_k = match calendar.get("max_k") {
        Some(item) => {
            Some(item.integer(0..=100_000, "a whole number of periods from 0 to 100000")?)
        }
        None => None,
    };
    let windows = window::read(revenue, &grains, basis)?;
    let settings = grains.into_iter().zip(windows).map(|(grain, revenue_window)| GrainSettings {
        grain,
        revenue_window,
        max_k: max_k.or(grain.default_max_k()),
    });
    Ok(settings.collect())
}
