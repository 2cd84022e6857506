//! `[lookups]`: files of keys, in which expressions look values up.

use std::path::PathBuf;

use super::error::ConfigError;
use super::keys;
use super::section::{EXPRESSION, Section};
use kohort_checks::Severity;

/// A lookup that a pipeline file has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedLookup {
    /// Its name in expressions.
    pub name: String,
    /// Files, folders and globs, absolute, at least one.
    pub paths: Vec<PathBuf>,
    /// SQL expression of a row's key over the columns of its files.
    pub key: String,
    /// The rows that count, as an SQL condition; `None` for all.
    pub filter: Option<String>,
    /// What follows from keys that it does not have; `None` where nobody looks.
    pub unknown_keys: Option<Severity>,
}

/// The lookups, sorted by name.
pub(super) fn read(table: &Section<'_>) -> Result<Vec<MappedLookup>, ConfigError> {
    let mut lookups = Vec::new();
    for (name, item) in table.items() {
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_name {
            return Err(ConfigError::LookupName { at: item.at(), name: name.to_owned() });
        }
        let settings = item.named_table(
            keys::of("lookups.NAME"),
            "a table such as { path = \"products.parquet\", key = \"sku\" }",
        )?;
        let path = settings.need("path", "a file, folder or glob that holds the rows")?;
        let key = settings.need("key", "an SQL expression that tells a row's key")?;
        let unknown =
            [("warn", Some(Severity::Warn)), ("error", Some(Severity::Error)), ("ignore", None)];
        lookups.push(MappedLookup {
            name: name.to_owned(),
            paths: path.paths("a path, or a list of paths, to files, folders or globs")?,
            key: key.text(EXPRESSION)?,
            filter: settings.expression("where")?,
            unknown_keys: match settings.get("unknown_keys") {
                Some(item) => item.choice(&unknown, "\"warn\", \"error\" or \"ignore\"")?,
                None => Some(Severity::Warn),
            },
        });
    }
    lookups.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(lookups)
}
