//! `[checks]`: what must hold of the inputs and of the tables.

use kohort_checks::Severity;
use kohort_load::ValueType;
use kohort_model::{Day, Input};

use super::conflict::Conflict;
use super::error::ConfigError;
use super::inputs::Inputs;
use super::keys;
use super::section::{EXPRESSION, Item, Section};

const SHARE: &str = "a share of the rows from 0 to 1, such as 0.01";
const SWITCH: &str = "true, false or a table such as { severity = \"warn\" }";

/// What must hold of the inputs and of the tables.
#[derive(Clone, Debug, PartialEq)]
pub struct Checks {
    /// Share of the rows, 0 to 1, that may be rejected; more end the run.
    pub max_rejected: f64,
    /// What follows from a text that the pipeline file names and no row has.
    pub unknown_values: Severity,
    /// Whether a history without a row may follow one that had some.
    pub allow_empty: bool,
    /// The first day that a row can be of; `None` where none is too old.
    pub earliest: Option<Day>,
    /// No order id of a customer stands in two rows; `None` where nobody looks.
    pub unique_order_ids: Option<Severity>,
    /// The sums of every table balance; `None` where nobody looks.
    pub identities: Option<Severity>,
    /// Of columns, in the order of the inputs and of their names.
    pub columns: Vec<ColumnRule>,
    /// Of the number of rows, in the order of the inputs.
    pub rows: Vec<RowRule>,
    /// Of the newest rows, in the order of the inputs.
    pub freshness: Vec<FreshnessRule>,
}

/// What must hold of a column, or of a value made of columns.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnRule {
    /// Where it is.
    pub input: Input,
    /// Its name in the pipeline file.
    pub name: String,
    /// SQL expression.
    pub column: String,
    /// The type that it has in every file.
    pub ty: Option<ValueType>,
    /// The largest share of the rows, 0 to 1, in which it may be NULL.
    pub max_null_share: Option<f64>,
    /// The texts that it may have, and the largest share of the rows, 0 to 1, in which it may have
    /// another.
    pub accepted: Option<(Vec<String>, f64)>,
    /// What follows where one of them does not hold.
    pub severity: Severity,
}

/// What must hold of the number of an input's rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowRule {
    /// The input.
    pub input: Input,
    /// The largest share of the last run's rows, 0 to 1, by which they may be fewer.
    pub max_drop: Option<f64>,
    /// The largest share of the last run's rows by which they may be more; 1 is twice as many.
    pub max_growth: Option<f64>,
    /// What follows where one of them does not hold.
    pub severity: Severity,
}

/// How old the newest row of an input may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreshnessRule {
    /// The input.
    pub input: Input,
    /// Days up to the day of the run.
    pub max_age_days: u32,
    /// What follows where it is older.
    pub severity: Severity,
}

impl Checks {
    /// Whether anything is asked for beside what every run looks at.
    #[must_use]
    pub fn are_declared(&self) -> bool {
        self.identities.is_some()
            || self.unique_order_ids == Some(Severity::Warn)
            || self.unknown_values == Severity::Error
            || self.earliest.is_some()
            || !(self.columns.is_empty() && self.rows.is_empty() && self.freshness.is_empty())
    }

    /// Whether they may come out otherwise on another day, although no input has changed.
    #[must_use]
    pub fn depend_on_today(&self) -> bool {
        !self.freshness.is_empty()
    }
}

/// `unique_order_ids` where it is on, with its key.
pub(super) fn unique_order_ids<'a>(
    section: &Section<'a>,
) -> Result<Option<(Item<'a>, Severity)>, ConfigError> {
    switch(section, "unique_order_ids")
}

/// All that the section says; `unique_order_ids` was read before.
pub(super) fn read(
    section: &Section<'_>,
    unique_order_ids: Option<Severity>,
    inputs: &Inputs,
    as_of: Option<Day>,
) -> Result<Checks, ConfigError> {
    let mut columns = Vec::new();
    for (input, item) in of_inputs(section, "columns", inputs)? {
        let table =
            item.open_table("a table of columns such as { country = { type = \"text\" } }")?;
        for (name, item) in table.items() {
            columns.push(column(input, name, &item)?);
        }
    }
    columns.sort_by(|a, b| (a.input, &a.name).cmp(&(b.input, &b.name)));
    let rows =
        of_inputs(section, "rows", inputs)?.into_iter().map(|(input, item)| rows(input, &item));
    let freshness = of_inputs(section, "freshness", inputs)?.into_iter();
    Ok(Checks {
        max_rejected: share(section, "max_rejected")?.unwrap_or(0.01),
        unknown_values: match section.get("unknown_values") {
            Some(item) => item.choice(&Severity::ALL, "\"warn\" or \"error\"")?,
            None => Severity::Warn,
        },
        allow_empty: section.get("allow_empty").map_or(Ok(false), |item| item.boolean())?,
        earliest: earliest(section, as_of)?,
        unique_order_ids,
        identities: switch(section, "identities")?.map(|(_, severity)| severity),
        columns,
        rows: rows.collect::<Result<_, _>>()?,
        freshness: freshness.map(|(i, item)| freshness_rule(i, &item)).collect::<Result<_, _>>()?,
    })
}

fn earliest(section: &Section<'_>, as_of: Option<Day>) -> Result<Option<Day>, ConfigError> {
    let Some(item) = section.get("earliest") else { return Ok(None) };
    let earliest = item.day()?;
    match as_of {
        Some(as_of) if as_of <= earliest => Err(item.conflict(Conflict::NothingKnown)),
        _ => Ok(Some(earliest)),
    }
}

/// What stands below `key` for each input, in the order of the inputs.
fn of_inputs<'a>(
    section: &Section<'a>,
    key: &'static str,
    inputs: &Inputs,
) -> Result<Vec<(Input, Item<'a>)>, ConfigError> {
    let choices = Input::ALL.map(|input| (input.name(), input));
    let mut found = Vec::new();
    for (name, item) in section.open_table(key)?.items() {
        let input = item.choose(name, item.at(), &choices)?;
        if !inputs.has(input) {
            return Err(item.conflict(Conflict::CheckOfNoInput));
        }
        found.push((input, item));
    }
    found.sort_by_key(|(input, _)| *input);
    Ok(found)
}

fn column(input: Input, name: &str, item: &Item<'_>) -> Result<ColumnRule, ConfigError> {
    let table = item.named_table(
        keys::of("checks.columns.INPUT.COLUMN"),
        "a table such as { max_null_share = 0.01 }",
    )?;
    let max_other_share = share(&table, "max_other_share")?;
    let accepted = table.texts("accepted", "a list of texts such as [\"DE\", \"GB\"]")?;
    if let (None, Some(item)) = (&accepted, table.get("max_other_share")) {
        return Err(item.conflict(Conflict::OtherShareWithoutAccepted));
    }
    let max_null_share = share(&table, "max_null_share")?;
    if accepted.is_none() && max_null_share.is_none() {
        table.need("type", "the type of every file; or max_null_share, or accepted")?;
    }
    let ty = table.get("type");
    let ty = ty.map(|item| item.choice(&ValueType::ALL, "a type such as \"text\"")).transpose()?;
    Ok(ColumnRule {
        input,
        name: name.to_owned(),
        column: match table.get("column") {
            Some(item) => item.text(EXPRESSION)?,
            None => as_expression(name),
        },
        ty,
        max_null_share,
        accepted: accepted.map(|texts| (texts, max_other_share.unwrap_or_default())),
        severity: severity(&table)?,
    })
}

fn rows(input: Input, item: &Item<'_>) -> Result<RowRule, ConfigError> {
    let table =
        item.named_table(keys::of("checks.rows.INPUT"), "a table such as { max_drop = 0.2 }")?;
    let max_growth = match table.get("max_growth") {
        Some(item) => {
            Some(item.number(0.0.., "a share of the last run's rows from 0 on, such as 3")?)
        }
        None => None,
    };
    let max_drop = share(&table, "max_drop")?;
    if max_growth.is_none() {
        let meaning = "the largest share of the last run's rows by which they may be fewer; or \
                       max_growth, that by which they may be more";
        table.need("max_drop", meaning)?;
    }
    Ok(RowRule { input, max_drop, max_growth, severity: severity(&table)? })
}

fn freshness_rule(input: Input, item: &Item<'_>) -> Result<FreshnessRule, ConfigError> {
    if kohort_inputs::spec(input).time().is_none() {
        return Err(item.conflict(Conflict::FreshnessWithoutTime));
    }
    let table = item
        .named_table(keys::of("checks.freshness.INPUT"), "a table such as { max_age_days = 2 }")?;
    let days = table.need("max_age_days", "how many days old the newest row may be")?;
    let allowed = "a whole number of days from 0 to 36500";
    let max_age_days = days.integer(0..=36_500, allowed)?;
    Ok(FreshnessRule { input, max_age_days, severity: severity(&table)? })
}

/// A check that is on or off, with its key where it is on.
fn switch<'a>(
    section: &Section<'a>,
    key: &str,
) -> Result<Option<(Item<'a>, Severity)>, ConfigError> {
    let Some(item) = section.get(key) else { return Ok(None) };
    if item.is_table() {
        let severity = severity(&item.named_table(keys::of("checks.unique_order_ids"), SWITCH)?)?;
        return Ok(Some((item, severity)));
    }
    let is_on = item.boolean().map_err(|_| item.wrong(SWITCH))?;
    Ok(is_on.then_some((item, Severity::Error)))
}

fn severity(table: &Section<'_>) -> Result<Severity, ConfigError> {
    match table.get("severity") {
        Some(item) => item.choice(&Severity::ALL, "\"warn\" or \"error\""),
        None => Ok(Severity::Error),
    }
}

fn share(table: &Section<'_>, key: &str) -> Result<Option<f64>, ConfigError> {
    table.get(key).map(|item| item.number(0.0..=1.0, SHARE)).transpose()
}

/// A column's name as SQL.
fn as_expression(name: &str) -> String {
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_plain && !name.starts_with(|c: char| c.is_ascii_digit()) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}
