//! `[revenue] window`: how long a time `revenue_churn` compares with as long a time before it.
//!
//! One text such as `"12 months"` holds for every grain of which it is a whole number of periods;
//! a grain that it does not fit (a month is no whole number of weeks) keeps its default, and at
//! least one grain must fit. A table such as `{ month = "12 months", week = "4 weeks" }` sets
//! each grain by itself, and each must fit; those that it does not name keep their default.

use kohort_model::{Basis, Grain};

use super::error::ConfigError;
use super::section::{Item, Section};

const ALLOWED: &str = "a text such as \"1 month\" or \"12 months\", or a table such as \
                       { month = \"12 months\", week = \"4 weeks\" }";

/// The most periods of a window.
const MOST: u32 = 100_000;
const TOO_LONG: &str = "at most 100000 days, weeks, months, quarters or years long";

/// The window of a grain in periods unless the pipeline says otherwise. Whoever buys in a shop skips a
/// month now and then and has not left for it, so that orders are compared year by year.
fn default(grain: Grain, basis: Basis) -> u32 {
    match basis {
        Basis::Orders => grain.periods_per_year().unsigned_abs(),
        Basis::Subscriptions => 1,
    }
}

/// The window of each grain in periods.
pub(super) fn read(
    revenue: &Section<'_>,
    grains: &[Grain],
    basis: Basis,
) -> Result<Vec<u32>, ConfigError> {
    let mut windows: Vec<u32> = grains.iter().map(|grain| default(*grain, basis)).collect();
    let Some(item) = revenue.get("window") else { return Ok(windows) };
    if item.is_table() {
        let choices = Grain::ALL.map(|grain| (grain.name(), grain));
        for (name, item) in item.open_table(ALLOWED)?.items() {
            let grain = item.choose(name, item.at(), &choices)?;
            let Some(position) = grains.iter().position(|asked| *asked == grain) else {
                return Err(ConfigError::WindowWithoutGrain {
                    at: item.at(),
                    key: item.key,
                    grain,
                });
            };
            let text = item.text("a text such as \"12 months\"")?;
            let length = parse(&item, &text, "a text such as \"12 months\"")?;
            windows[position] = periods(length, grain).ok_or_else(|| ConfigError::Window {
                at: item.at(),
                key: item.key,
                window: text,
                grains: vec![grain],
            })?;
        }
        return Ok(windows);
    }
    let window = item.text(ALLOWED)?;
    let length = parse(&item, &window, ALLOWED)?;
    let fitting: Vec<_> = grains.iter().map(|grain| periods(length, *grain)).collect();
    if fitting.iter().all(Option::is_none) {
        let (at, grains) = (item.at(), grains.to_vec());
        return Err(ConfigError::Window { at, key: item.key, window, grains });
    }
    for (window, fitting) in windows.iter_mut().zip(fitting) {
        *window = fitting.unwrap_or(*window);
    }
    Ok(windows)
}

/// `12 months` as (12, Month); the number is from 1 to the most.
fn parse(
    item: &Item<'_>,
    window: &str,
    allowed: &'static str,
) -> Result<(u32, Grain), ConfigError> {
    let parts = window.trim().split_once(' ').and_then(|(count, unit)| {
        let unit = unit.trim();
        let unit = unit.strip_suffix('s').unwrap_or(unit).parse().ok()?;
        let is_number = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then_some((count, unit))
    });
    let (count, unit) = parts.ok_or_else(|| item.wrong(allowed))?;
    // What is no number by now has too many digits.
    match count.parse().unwrap_or(u32::MAX) {
        0 => Err(item.wrong(allowed)),
        count if count > MOST => Err(item.wrong(TOO_LONG)),
        count => Ok((count, unit)),
    }
}

/// The length in periods of `grain`, if it is a whole number of them.
fn periods((count, unit): (u32, Grain), grain: Grain) -> Option<u32> {
    // Days and weeks are measured in days, all else in months.
    let (unit_days, unit_months) = size(unit);
    let (grain_days, grain_months) = size(grain);
    let (length, period) = match (grain_days, grain_months) {
        (0, months) => (count * unit_months, months),
        (days, _) => (count * unit_days, days),
    };
    (length > 0 && length % period == 0).then_some(length / period)
}

/// Days and months of a grain, one of which is zero.
fn size(grain: Grain) -> (u32, u32) {
    match grain {
        Grain::Day => (1, 0),
        Grain::Week => (7, 0),
        Grain::Month => (0, 1),
        Grain::Quarter => (0, 3),
        Grain::Year => (0, 12),
    }
}
