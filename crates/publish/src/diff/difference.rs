//! Differences between two runs, and their counts.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::sync::Arc;

use super::cells::Value;
use super::closed::Period;

/// Which differences are handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those of closed rows and cells, which no later day changes by itself.
    Closed,
    /// All.
    All,
}

impl Scope {
    /// Whether a difference is one of them.
    pub(super) fn has(self, is_closed: bool) -> bool {
        is_closed || self == Self::All
    }
}

/// A difference between two runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The row's values of the table's key columns.
    pub key: Arc<[Value]>,
    /// Whether it was closed in the older run.
    pub is_closed: bool,
    /// What it is.
    pub what: What,
}

/// What a difference is.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Only the newer run has the row.
    Added,
    /// Only the older run has the row.
    Removed,
    /// Both have the row, with other values in a column.
    Cell {
        /// The column.
        column: Arc<str>,
        /// The value of the older run.
        old: Value,
        /// The value of the newer run.
        new: Value,
    },
}

impl What {
    /// Its name: `added`, `removed` or `changed`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Cell { .. } => "changed",
        }
    }

    /// The change as a share of the older value, 0.1 where it grew or shrank by a tenth; infinite
    /// where that is 0. `None` where there are no two numbers.
    #[must_use]
    pub fn relative_change(&self) -> Option<f64> {
        let Self::Cell { old, new, .. } = self else { return None };
        let change = old.change(new)?.number()?;
        let old = old.number()?.abs();
        Some(if change == 0.0 { 0.0 } else { change / old })
    }
}

/// How many differences of a kind there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows with a changed cell.
    pub changed: u64,
    /// Rows that only the newer run has.
    pub added: u64,
    /// Rows that only the older run has.
    pub removed: u64,
    /// Changed cells.
    pub cells: u64,
}

impl Counts {
    /// Rows that differ.
    #[must_use]
    pub fn rows(self) -> u64 {
        self.changed + self.added + self.removed
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.changed += other.changed;
        self.added += other.added;
        self.removed += other.removed;
        self.cells += other.cells;
    }
}

/// What the comparison of a table came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableDifference {
    /// Rows of the older run's table.
    pub rows: u64,
    /// Differences of closed rows and cells.
    pub closed: Counts,
    /// All others.
    pub open: Counts,
    /// Changed cells, and rows that one run alone has, of those handed on, by period.
    pub periods: BTreeMap<Period, u64>,
}

impl TableDifference {
    /// The counts of the differences of `scope`; a row that differs in closed cells and in others
    /// counts twice in [`Scope::All`].
    #[must_use]
    pub fn counts_in(&self, scope: Scope) -> Counts {
        let mut counts = self.closed;
        if scope == Scope::All {
            counts += self.open;
        }
        counts
    }

    /// The counts of closed differences, or of the others.
    pub(super) fn counts(&mut self, is_closed: bool) -> &mut Counts {
        if is_closed { &mut self.closed } else { &mut self.open }
    }
}
