//! `[inputs.opportunities]`: sales that somebody worked on, and the stages that `[lost_sales]` lists.

use std::path::PathBuf;

use super::conflict::Conflict;
use super::error::ConfigError;
use super::inputs::read_paths;
use super::section::Section;
use super::status::{StatusLists, read_lists};

/// Sales that somebody worked on. Every mapped value is an SQL expression over the source's columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpportunitiesInput {
    /// Files, folders and globs, absolute, at least one.
    pub paths: Vec<PathBuf>,
    /// Which opportunity; `None` where every row is one.
    pub opportunity_id: Option<String>,
    /// Who would buy: an id as the customers'.
    pub buyer: String,
    /// When it was created.
    pub created_at: String,
    /// When it was decided; NULL is not yet.
    pub closed_at: Option<String>,
    /// What became of it; won ones are the completed.
    pub outcome: StatusLists,
    /// How far it got.
    pub stage: Option<String>,
    /// What it was worth, in whole currency units.
    pub value: String,
    /// Why it was lost.
    pub reason: Option<String>,
    /// Who got it instead.
    pub competitor: Option<String>,
    /// The rows that count; `None` for all.
    pub filter: Option<String>,
}

pub(super) fn read(inputs: &Section<'_>) -> Result<Option<OpportunitiesInput>, ConfigError> {
    let Some(table) = inputs.optional_table("opportunities")? else { return Ok(None) };
    Ok(Some(OpportunitiesInput {
        paths: read_paths(&table, "a file, folder or glob that holds the opportunities")?,
        opportunity_id: table.expression("opportunity_id")?,
        buyer: table.need_expression("buyer", "an SQL expression that tells who would buy")?,
        created_at: table.need_expression("created_at", "an SQL expression that tells when")?,
        closed_at: table.expression("closed_at")?,
        outcome: read_outcome(&table)?,
        stage: table.expression("stage")?,
        value: table.need_expression("value", "an SQL expression for what it was worth")?,
        reason: table.expression("reason")?,
        competitor: table.expression("competitor")?,
        filter: table.expression("where")?,
    }))
}

fn read_outcome(table: &Section<'_>) -> Result<StatusLists, ConfigError> {
    let meaning = "an SQL expression for what became of it; the lists won, lost, open and ignored \
                   sort its texts";
    let column = table.need_expression("outcome", meaning)?;
    read_lists(
        table,
        column,
        ["won", "lost", "open", "ignored"],
        [&["won"], &["lost"], &["open"], &[]],
        "a list of texts such as [\"closed won\", \"signed\"]",
    )
}

/// The stages that `[lost_sales]` lists, in order; none where it lists none.
pub(super) fn read_stages(
    lost_sales: &Section<'_>,
    opportunities: Option<&OpportunitiesInput>,
) -> Result<Vec<String>, ConfigError> {
    if opportunities.is_none_or(|input| input.stage.is_none()) {
        lost_sales.unused("stages", Conflict::StagesWithoutStage)?;
    }
    let allowed = "a list of texts in order, such as [\"qualified\", \"offer\", \"contract\"]";
    Ok(lost_sales.texts("stages", allowed)?.unwrap_or_default())
}
