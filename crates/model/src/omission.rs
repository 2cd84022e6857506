//! Omissions: rows that a run uses and a table does not count.

use std::sync::Arc;

use crate::{Block, Context, Finished, Group, Measure, Settings, TableSpec, merge_as};

/// Rows that are fine, and that a table does not count. How many there are is in `run.json`.
pub struct Omission {
    /// Its name there.
    pub name: &'static str,
    /// Which rows they are, and where they count instead, if anywhere.
    pub meaning: &'static str,
    /// How many of them a person of a block has.
    pub count: fn(&Block<'_>, usize, &Context, &Settings) -> usize,
}

/// How many rows a table does not count, for one of its omissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Omitted {
    /// The table.
    pub table: &'static str,
    /// The name of the omission.
    pub name: &'static str,
    /// The rows.
    pub rows: u64,
}

/// The measure that counts omissions, and makes no table.
pub struct OmissionCounter {
    context: Arc<Context>,
    settings: Arc<Settings>,
    /// Table and omission.
    all: Arc<[(&'static str, &'static Omission)]>,
    /// Rows of each.
    rows: Vec<u64>,
}

impl OmissionCounter {
    /// Nothing counted yet of the omissions of some tables.
    #[must_use]
    pub fn new(
        context: Arc<Context>,
        settings: &Settings,
        tables: impl IntoIterator<Item = &'static TableSpec>,
    ) -> Self {
        let of_table = |table: &'static TableSpec| {
            table.omissions.iter().map(|omission| (table.schema.name, omission))
        };
        let all: Arc<[_]> = tables.into_iter().flat_map(of_table).collect();
        let rows = vec![0; all.len()];
        Self { context, settings: Arc::new(settings.clone()), all, rows }
    }
}

impl Measure for OmissionCounter {
    fn fresh(&self) -> Box<dyn Measure> {
        Box::new(Self {
            context: Arc::clone(&self.context),
            settings: Arc::clone(&self.settings),
            all: Arc::clone(&self.all),
            rows: vec![0; self.rows.len()],
        })
    }

    fn fold(&mut self, block: &Block<'_>) {
        // Where timelines are those of segment values, the same rows come again.
        if !block.groups.iter().any(|group| matches!(group, Group::All(_))) {
            return;
        }
        for ((_, omission), rows) in self.all.iter().zip(&mut self.rows) {
            let of = |person| (omission.count)(block, person, &self.context, &self.settings) as u64;
            *rows += (0..block.len()).map(of).sum::<u64>();
        }
    }

    fn merge(&mut self, other: Box<dyn Measure>) {
        let other = merge_as::<Self>(other);
        self.rows.iter_mut().zip(other.rows).for_each(|(own, more)| *own += more);
    }

    fn finish(self: Box<Self>) -> Finished {
        let counted = self.all.iter().zip(self.rows);
        let omitted =
            counted.map(|((table, of), rows)| Omitted { table, name: of.name, rows }).collect();
        Finished { omitted, ..Finished::default() }
    }
}
