//! Closed cells: those that no later day changes by itself.

use kohort_model::{Calendar, Day, Grain, keys};

use super::cells::Cells;
use crate::RunRecord;

/// A period: its length and its first day.
pub type Period = (Grain, Day);

/// The first day that is not closed in a run: `as_of`, less the unpaid days of a subscription that
/// may yet be bridged.
pub(super) fn closed_until(run: &RunRecord) -> Day {
    let open_days = if run.basis == "subscriptions" { run.lapse_after_days } else { 0 };
    run.as_of.plus(-i64::from(open_days))
}

/// What is closed in the older of two runs: rows of its complete periods, but for the columns that
/// later orders revise (and for rows that say nothing else). Where both runs know the same days, a difference is never due to later
/// ones, so that those columns are closed too, and so is every row of a table without periods.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closed {
    until: Day,
    knows_the_same: bool,
    /// Places of the columns that say so, where the table has them.
    period: Option<usize>,
    grain: Option<usize>,
    is_complete: Option<usize>,
}

/// Which of the two runs a row is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Older,
    Newer,
}

impl Closed {
    /// What is closed in a table with these columns.
    pub fn new(older: &RunRecord, newer: &RunRecord, columns: &[impl AsRef<str>]) -> Self {
        let place = |name| columns.iter().position(|column| column.as_ref() == name);
        Self {
            until: closed_until(older),
            knows_the_same: older.as_of == newer.as_of,
            period: place(keys::PERIOD.name),
            grain: place(keys::GRAIN.name),
            is_complete: place(keys::IS_COMPLETE.name),
        }
    }

    /// Whether no row is closed: the table has no periods, and is as of the day of its run.
    pub fn is_nothing(&self) -> bool {
        self.period.is_none() && !self.knows_the_same
    }

    /// Whether a row is closed. One that only the newer run has counts as if the older had it.
    pub fn row(&self, of: Of, cells: &[Cells], row: usize) -> bool {
        if self.period.is_none() {
            return self.knows_the_same;
        }
        match self.is_complete.and_then(|place| cells[place].flag(row)) {
            Some(is_complete) if of == Of::Older || !is_complete => is_complete,
            is_complete => match self.period(cells, row) {
                Some((grain, start)) => Calendar::default().next_start(grain, start) <= self.until,
                None => is_complete.unwrap_or(false),
            },
        }
    }

    /// Whether what later orders revise is closed where its row is.
    pub fn has_revisable(&self) -> bool {
        self.knows_the_same
    }

    /// The period of a row.
    pub fn period(&self, cells: &[Cells], row: usize) -> Option<Period> {
        let grain = cells[self.grain?].text(row)?.parse().ok()?;
        Some((grain, cells[self.period?].day(row)?))
    }
}
