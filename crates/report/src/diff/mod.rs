//! The differences between two runs: the largest of them for people, every one as CSV and JSON.

mod export;
mod largest;
mod report;
mod text;

#[cfg(test)]
mod tests;

use kohort_publish::diff::{Counts, Scope, TablePair};

use crate::number::plural;
pub use export::export;
pub use report::{Report, report};

/// A table that is compared.
pub struct ComparedTable {
    /// Its name.
    pub name: String,
    /// The table of either run.
    pub pair: TablePair,
    /// Which differences are looked for.
    pub scope: Scope,
}

/// What the runs differ in, in a sentence.
#[must_use]
pub fn sentence(counts: Counts) -> String {
    if counts.rows() == 0 {
        return "nothing that was closed has changed".to_owned();
    }
    format!(
        "the runs differ: {} changed, {} added, {} removed",
        plural(counts.cells, "cell"),
        plural(counts.added, "row"),
        plural(counts.removed, "row")
    )
}
