//! `[segments]`: the break-downs of every table.

use kohort_model::SegmentAt;

use super::conflict::Conflict;
use super::error::ConfigError;
use super::keys;
use super::section::{EXPRESSION, Item, Section};

const ALLOWED: &str =
    "an SQL expression, or a table such as { column = \"country\", at = \"first\" }";

/// A break-down of every table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its name in the tables.
    pub name: String,
    /// SQL expression over the source's columns.
    pub column: String,
    /// Which order or subscription gives a customer's value.
    pub at: SegmentAt,
}

/// The segments, sorted by name, and the most values that one may have. `plan` is what
/// `[inputs.subscriptions]` says of it: one more segment.
pub(super) fn read(
    table: &Section<'_>,
    plan: Option<&Item<'_>>,
) -> Result<(Vec<Segment>, u32), ConfigError> {
    let (mut segments, mut max_values) = (Vec::new(), 1000);
    for (name, item) in table.items() {
        if name == "max_segment_values" {
            max_values = item.integer(1..=65_535, "a whole number from 1 to 65535")?;
            continue;
        }
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_name || name == "all" {
            return Err(ConfigError::SegmentName { at: item.at(), name: name.to_owned() });
        }
        let (column, at) = if item.is_text() {
            (item.text(EXPRESSION)?, SegmentAt::First)
        } else {
            let settings = item.named_table(keys::of("segments.NAME"), ALLOWED)?;
            let column = settings.need("column", "an SQL expression that gives the value")?;
            let at = match settings.get("at") {
                Some(at) => at.choice(
                    &[("first", SegmentAt::First), ("order", SegmentAt::Order)],
                    "\"first\" or \"order\"",
                )?,
                None => SegmentAt::First,
            };
            (column.text(EXPRESSION)?, at)
        };
        segments.push(Segment { name: name.to_owned(), column, at });
    }
    if let Some(item) = plan {
        let (name, column) = ("plan".to_owned(), item.text(EXPRESSION)?);
        if segments.iter().any(|segment| segment.name == name) {
            return Err(item.conflict(Conflict::TwoPlans));
        }
        segments.push(Segment { name, column, at: SegmentAt::First });
    }
    segments.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((segments, max_values))
}
