//! The queries over files, and what they select.

use std::collections::BTreeSet;
use std::ops::Range;

use kohort_expr::Mapped;
use polars::prelude::{DataFrame, PlSmallStr};

use crate::batch::Selection;
use crate::contract::{Detail, Opened};
use crate::error::LoadError;
use crate::files::SourceFile;
use crate::mapping::Role;
use crate::remote::as_url;
use crate::scan::{Scan, ScanError};
use crate::source::{Needs, Source};

/// Name of the column that says where a row comes from; no mapped value can name it.
pub(crate) const PLACE: &str = "\u{1}place";

/// Which rows a query reads.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    pub file: usize,
    /// Those of some row groups; without it all of the file.
    pub range: Option<Range<u64>>,
    /// Whether the rows come with their places in the file.
    pub placed: bool,
}

impl Opened {
    /// In how many parts the input is read, each of which could be read for itself: its files, or with
    /// `deduplicate` one.
    #[must_use]
    pub fn parts(&self) -> usize {
        if self.source.deduplicate { 1 } else { self.files.len() }
    }

    /// The files of a part, as places in [`Opened::files`].
    #[must_use]
    pub fn files_of(&self, part: usize) -> Range<usize> {
        if self.source.deduplicate { 0..self.files.len() } else { part..part + 1 }
    }

    /// The part that a file is of.
    pub(crate) fn part_of(&self, file: usize) -> usize {
        if self.source.deduplicate { 0 } else { file }
    }

    /// What decides, beside the files, which rows are handed on and as what: where two texts are equal,
    /// so is what is read of equal parts.
    #[must_use]
    pub fn form(&self, needs: Needs) -> String {
        let Self { source, ids, clock, rates, .. } = self;
        let lookups: Vec<_> =
            self.looked_up().into_iter().map(|named| self.digest(named)).collect();
        let source = Source { paths: Vec::new(), ..source.clone() };
        let version = kohort_expr::VERSION;
        format!(
            "expressions {version} {source:?} {ids:?} {clock:?} {rates:?} {needs:?} {lookups:?}"
        )
    }

    /// A column of a lookup, what it holds by key, and whether keys that it lacks are counted.
    fn digest(&self, (lookup, column): (&str, &str)) -> String {
        let digest = self.lookups.get(lookup).and_then(|lookup| lookup.digest(column));
        digest.expect("lookups are read before anything is made of their values")
    }

    /// What a file holds, and as what it is taken: where two texts are equal, so is what is read of the
    /// files.
    #[must_use]
    pub fn file_identity(&self, file: usize) -> String {
        let SourceFile { path, identity, .. } = &self.files[file];
        let detail @ Detail { constants, .. } = &self.details[file];
        let types: Vec<_> = detail.types().collect();
        format!("{} {identity} {constants:?} {types:?}\n", path.display())
    }

    /// The queries that together read the input once.
    pub(crate) fn queries(&self) -> Vec<Rows> {
        let mut queries = Vec::new();
        for (file, detail) in self.details.iter().enumerate() {
            if self.folders_rule_out(file) {
                continue;
            }
            let placed = self.source.deduplicate;
            let rows = |range: &Range<u64>| Rows { file, range: Some(range.clone()), placed };
            queries.extend(detail.pieces.iter().map(rows));
        }
        queries
    }

    /// By file: whether its rows are read, where they are not known. Not so where folders alone show
    /// that the filter lets none through.
    #[must_use]
    pub fn to_read(&self) -> Vec<bool> {
        let mut to_read = vec![false; self.files.len()];
        for query in self.queries() {
            to_read[query.file] = true;
        }
        to_read
    }

    /// Rows that a query goes through.
    pub(crate) fn rows(&self, query: &Rows) -> u64 {
        match &query.range {
            Some(range) => range.end - range.start,
            None => self.files[query.file].rows,
        }
    }

    /// The queries that together read a file in order, with the places of its rows: one, or as an
    /// object is fetched some rows at a time, several.
    pub(crate) fn looks(&self, file: usize) -> Vec<Rows> {
        let Detail { footer, pieces, .. } = &self.details[file];
        if footer.is_remote() {
            let look = |range: &Range<u64>| Rows { file, range: Some(range.clone()), placed: true };
            pieces.iter().map(look).collect()
        } else {
            vec![Rows { file, range: None, placed: true }]
        }
    }

    /// Whether a filter over nothing but folders is false for a whole file.
    fn folders_rule_out(&self, file: usize) -> bool {
        let detail = &self.details[file];
        let Some(filter) = self.mappings.iter().position(|m| m.role == Role::Filter) else {
            return false;
        };
        let columns = self.mappings[filter].columns();
        if columns.is_empty() || columns.iter().any(|name| detail.footer.columns.contains(name)) {
            return false;
        }
        // As long as nothing can be looked up nothing is known.
        let mut named = self.mappings[filter].program.lookups().iter();
        let is_read = |name: &str| self.lookups.get(name).is_some_and(|l| l.report().is_some());
        if !named.all(|(lookup, _)| is_read(lookup)) {
            return false;
        }
        let constants = detail.constants.iter().map(|constant| constant.column(1)).collect();
        DataFrame::new(1, constants).is_ok_and(|probe| {
            let passing = detail.mapped[filter].passing(&probe);
            // Rows in which a key is unknown are counted.
            passing.kept.get(0) == Some(false) && passing.missed.is_empty()
        })
    }

    /// Whether whoever takes the rows of a query decodes them itself, a few at a time. That is cheaper where
    /// values are columns as they lie in the file; what is computed, or filtered, the engine does better for
    /// many rows at once.
    pub(crate) fn is_direct(&self, rows: &Rows, selection: &Selection) -> bool {
        let detail = &self.details[rows.file];
        let are_plain = selection.mappings.iter().all(|index| detail.mapped[*index].is_plain());
        are_plain && detail.pushed.is_none() && detail.residual.is_none() && !rows.placed
    }

    /// The scan for some rows of those that pass what it can be asked of the filter: the columns that
    /// the selected values need and the file holds, by name, then, where the rows say so, their places.
    pub(crate) fn scan(&self, rows: &Rows, selection: &Selection) -> Scan<'_> {
        let detail = &self.details[rows.file];
        let mapped = selection.mappings.iter().map(|index| &detail.mapped[*index]);
        let named = mapped.chain(&detail.residual).flat_map(Mapped::columns);
        let there = |name: &PlSmallStr| detail.footer.columns.contains(name);
        self.scan_of(rows, named.filter(there).collect())
    }

    /// The scan for some columns, with what it can be asked of the filter.
    pub(crate) fn scan_of(&self, rows: &Rows, needed: BTreeSet<PlSmallStr>) -> Scan<'_> {
        let Rows { file, range, placed } = rows;
        let detail = &self.details[*file];
        let first = range.as_ref().map_or(0, |range| range.start.cast_signed());
        Scan {
            footer: &detail.footer,
            path: &self.files[*file].path,
            piece: range.clone(),
            needed,
            filter: detail.pushed.clone(),
            place: placed.then(|| (PLACE.into(), first)),
        }
    }

    /// A scan that failed: perhaps because the file is no longer what it was.
    pub(crate) fn failed(&self, file: usize, error: ScanError) -> LoadError {
        let file = &self.files[file];
        let path = file.path.clone();
        if as_url(&path).is_none() && file.changed().unwrap_or(true) {
            return LoadError::FileChanged { path };
        }
        error.of(&path)
    }

    /// With the columns that the file does not hold itself.
    pub(crate) fn completed(&self, mut frame: DataFrame, file: usize) -> DataFrame {
        if frame.max_n_chunks() > 1 {
            frame.rechunk_mut();
        }
        let rows = frame.height();
        for constant in &self.details[file].constants {
            // Names differ, and heights are equal.
            let _ = frame.with_column(constant.column(rows));
        }
        frame
    }
}
