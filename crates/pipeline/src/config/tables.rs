//! `[outputs] tables`: which tables there are, which a pipeline offers, and which are asked for.

use glob::Pattern;
use kohort_model::{Requires, TableSpec, Written};

use super::Pipeline;
use super::conflict::Unmet;
use super::error::{ConfigError, Place};
use super::section::{Item, Section};
use crate::tables::{made_of, tables};

/// What the pipeline would have to have to offer a table.
pub(super) fn lack(table: &TableSpec, pipeline: &Pipeline) -> Option<Unmet> {
    let unmet = pipeline.lack(table.requires);
    if table.needs_history && pipeline.basis.basis().is_none() {
        let requires = unmet.map_or(Requires::NOTHING, |unmet| unmet.requires);
        return Some(Unmet { requires, lacks_history: true, basis: None });
    }
    unmet
}

/// Whether a pipeline that offers a table computes it without being asked.
fn is_default(table: &TableSpec, pipeline: &Pipeline) -> bool {
    match table.written {
        Written::ByDefault => true,
        Written::Where(requires) => pipeline.lack(requires).is_none(),
        Written::WithChecks => pipeline.checks.are_declared(),
        Written::OnRequest => false,
    }
}

fn offered(pipeline: &Pipeline) -> impl Iterator<Item = &'static TableSpec> {
    tables().filter(|table| lack(table, pipeline).is_none())
}

/// The tables that the pipeline's inputs offer, those on request included.
pub(super) fn offered_names(pipeline: &Pipeline) -> Vec<&'static str> {
    offered(pipeline).map(|table| table.schema.name).collect()
}

/// The tables asked for; by default all that tell something, but those on request.
pub(super) fn read(
    outputs: &Section<'_>,
    pipeline: &Pipeline,
) -> Result<Vec<&'static str>, ConfigError> {
    let Some(item) = outputs.get("tables") else {
        let computed = offered(pipeline).filter(|table| is_default(table, pipeline));
        let computed: Vec<_> = computed.map(|table| table.schema.name).collect();
        // Those that are made of others tell nothing by themselves.
        let makes_any = kohort_measures::tables().any(|table| lack(table, pipeline).is_none());
        return if makes_any { Ok(computed) } else { Err(no_tables(outputs.at(), pipeline)) };
    };
    let mut wanted = Vec::new();
    for (text, at) in item.texts("a list of tables such as [\"cohort_retention\"]")? {
        wanted.extend(selected(&item, &text, &at, pipeline)?);
    }
    Ok(tables().map(|table| table.schema.name).filter(|name| wanted.contains(name)).collect())
}

/// That no table can be made of the pipeline's inputs.
fn no_tables(at: Place, pipeline: &Pipeline) -> ConfigError {
    let inputs = pipeline.inputs.iter().map(|mapped| mapped.spec.input.name());
    ConfigError::NoTables { at, inputs: inputs.collect::<Vec<_>>().join(" and ") }
}

/// The tables that a text of the list, which stands at `at`, asks for: the one of this name or all
/// offered ones that match a pattern and, where it begins with `+`, those that they are made of.
fn selected(
    item: &Item<'_>,
    text: &str,
    at: &Place,
    pipeline: &Pipeline,
) -> Result<Vec<&'static str>, ConfigError> {
    let offered = offered_names(pipeline);
    let name = text.strip_prefix('+').unwrap_or(text);
    let mut found = if name.contains(['*', '?', '[']) {
        matching(item, name, at, &offered)?
    } else {
        let choices: Vec<_> = tables().map(|table| (table.schema.name, table)).collect();
        let table = item.choose(name, at.clone(), &choices)?;
        if let Some(lack) = lack(table, pipeline) {
            let (key, offered) = (item.key.clone(), offered.into());
            let (at, table) = (at.clone(), name.to_owned());
            return Err(ConfigError::NotOffered { at, key, table, lack, offered });
        }
        vec![table.schema.name]
    };
    if text.starts_with('+') {
        let mut next = 0;
        while let Some(table) = found.get(next) {
            found.extend(made_of(table).iter().filter(|source| offered.contains(source)));
            next += 1;
        }
    }
    Ok(found)
}

/// The offered tables that match a pattern, one at least.
fn matching(
    item: &Item<'_>,
    pattern: &str,
    at: &Place,
    offered: &[&'static str],
) -> Result<Vec<&'static str>, ConfigError> {
    let parsed = Pattern::new(pattern).map_err(|error| ConfigError::TablePattern {
        at: at.clone(),
        key: item.key.clone(),
        pattern: pattern.to_owned(),
        reason: error.msg,
    })?;
    let found: Vec<_> = offered.iter().copied().filter(|name| parsed.matches(name)).collect();
    if found.is_empty() {
        return Err(ConfigError::NoTable {
            at: at.clone(),
            key: item.key.clone(),
            pattern: pattern.to_owned(),
            offered: offered.into(),
        });
    }
    Ok(found)
}
