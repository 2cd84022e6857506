//! `[inputs.prospects]`, `[inputs.contacts]`, `[inputs.surveys]` and `[inputs.engagement]`: what else
//! is known of people, beside either history and with its customer ids.

use std::path::PathBuf;

use super::conflict::Conflict;
use super::error::ConfigError;
use super::inputs::read_paths;
use super::section::Section;

/// When people were first seen. Every mapped value is an SQL expression over the source's columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProspectsInput {
    /// Files, folders and globs, absolute, at least one.
    pub paths: Vec<PathBuf>,
    /// Who.
    pub customer_id: String,
    /// When; of several days the earliest counts.
    pub first_seen_at: String,
    /// The rows that count; `None` for all.
    pub filter: Option<String>,
}

/// Messages to win people back. Every mapped value is an SQL expression over the source's columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactsInput {
    /// Files, folders and globs, absolute, at least one.
    pub paths: Vec<PathBuf>,
    /// To whom.
    pub customer_id: String,
    /// When.
    pub contacted_at: String,
    /// In which campaign.
    pub campaign: Option<String>,
    /// By which strategy.
    pub strategy: Option<String>,
    /// Which messages were withheld; `None` where all were sent.
    pub variant: Option<Variant>,
    /// The rows that count; `None` for all.
    pub filter: Option<String>,
}

/// The variant of a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// SQL expression of the variant.
    pub column: String,
    /// The variants that were withheld to compare with; at least one, each once.
    pub holdout: Vec<String>,
}

/// What people answered who were asked. Every mapped value is an SQL expression over the source's
/// columns, and at least one of reason and score is mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveysInput {
    /// Files, folders and globs, absolute, at least one.
    pub paths: Vec<PathBuf>,
    /// Who answered.
    pub customer_id: String,
    /// When.
    pub answered_at: String,
    /// Why they left, in their own words.
    pub reason: Option<String>,
    /// How likely they are to recommend, from 0 to 10.
    pub score: Option<String>,
    /// The rows that count; `None` for all.
    pub filter: Option<String>,
}

/// What customers did that may tell whether they stay. Every mapped value is an SQL expression over
/// the source's columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngagementInput {
    /// Files, folders and globs, absolute, at least one.
    pub paths: Vec<PathBuf>,
    /// Who did it.
    pub customer_id: String,
    /// When.
    pub occurred_at: String,
    /// What.
    pub kind: String,
    /// How much of it; `None` where each row is one.
    pub value: Option<String>,
    /// The rows that count; `None` for all.
    pub filter: Option<String>,
}

pub(super) fn read_prospects(inputs: &Section<'_>) -> Result<Option<ProspectsInput>, ConfigError> {
    let Some(table) = inputs.optional_table("prospects")? else { return Ok(None) };
    Ok(Some(ProspectsInput {
        paths: read_paths(&table, "a file, folder or glob that holds who was first seen when")?,
        customer_id: table.need_expression("customer_id", "an SQL expression that tells who")?,
        first_seen_at: table
            .need_expression("first_seen_at", "an SQL expression that tells when")?,
        filter: table.expression("where")?,
    }))
}

pub(super) fn read_contacts(inputs: &Section<'_>) -> Result<Option<ContactsInput>, ConfigError> {
    let Some(table) = inputs.optional_table("contacts")? else { return Ok(None) };
    Ok(Some(ContactsInput {
        paths: read_paths(&table, "a file, folder or glob that holds the messages")?,
        customer_id: table
            .need_expression("customer_id", "an SQL expression that tells to whom")?,
        contacted_at: table.need_expression("contacted_at", "an SQL expression that tells when")?,
        campaign: table.expression("campaign")?,
        strategy: table.expression("strategy")?,
        variant: read_variant(&table)?,
        filter: table.expression("where")?,
    }))
}

fn read_variant(table: &Section<'_>) -> Result<Option<Variant>, ConfigError> {
    let Some(column) = table.expression("variant")? else {
        return match table.get("holdout") {
            Some(item) => Err(item.conflict(Conflict::HoldoutWithoutVariant)),
            None => Ok(None),
        };
    };
    let meaning = "the variants that were withheld to compare with, such as [\"control\"]";
    let holdout = table.need("holdout", meaning)?.texts("a list of texts such as [\"control\"]")?;
    Ok(Some(Variant { column, holdout: holdout.into_iter().map(|(text, _)| text).collect() }))
}

pub(super) fn read_surveys(inputs: &Section<'_>) -> Result<Option<SurveysInput>, ConfigError> {
    let Some(table) = inputs.optional_table("surveys")? else { return Ok(None) };
    Ok(Some(SurveysInput {
        paths: read_paths(&table, "a file, folder or glob that holds the answers")?,
        customer_id: table.need_expression("customer_id", "an SQL expression that tells who")?,
        answered_at: table.need_expression("answered_at", "an SQL expression that tells when")?,
        reason: table.expression_or(
            "reason",
            "score",
            "an SQL expression for the answer; or set score, one that gives 0 to 10",
        )?,
        score: table.expression("score")?,
        filter: table.expression("where")?,
    }))
}

pub(super) fn read_engagement(
    inputs: &Section<'_>,
) -> Result<Option<EngagementInput>, ConfigError> {
    let Some(table) = inputs.optional_table("engagement")? else { return Ok(None) };
    Ok(Some(EngagementInput {
        paths: read_paths(&table, "a file, folder or glob that holds what customers did")?,
        customer_id: table.need_expression("customer_id", "an SQL expression that tells who")?,
        occurred_at: table.need_expression("occurred_at", "an SQL expression that tells when")?,
        kind: table.need_expression("kind", "an SQL expression that tells what was done")?,
        value: table.expression("value")?,
        filter: table.expression("where")?,
    }))
}
