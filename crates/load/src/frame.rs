//! The queries that the engine runs.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use polars::prelude::{
    DataFrame, DataType, Engine, Expr, IntoLazy, LazyFrame, NULL, PlSmallStr, PlanCallback,
    PolarsResult, Schema, UnionArgs, all, col, concat, len, lit,
};

use crate::batch::Selection;
use crate::contract::{Detail, Opened};
use crate::error::LoadError;
use crate::files::SourceFile;
use crate::mapping::{Mapping, Role};
use crate::quiet::quietly;
use crate::remote::as_url;
use crate::source::{Needs, Source};

/// Name of the column that says where a row comes from; no mapped value can name it.
const PLACE: &str = "\u{1}place";
/// File and row in one number, so that the smaller one is the earlier row.
const ROW_BITS: u32 = 32;

/// File and row of a place.
pub(crate) fn place(of: i64) -> (usize, u64) {
    let of = of.cast_unsigned();
    (usize::try_from(of >> ROW_BITS).unwrap_or(usize::MAX), of & ((1 << ROW_BITS) - 1))
}

/// Which rows a query reads.
#[derive(Clone, Debug)]
pub(crate) enum Rows {
    /// Some of one file, by file and range.
    Piece(usize, Range<u64>),
    /// All of one file, with their places.
    File(usize),
    /// Some of one file, with their places.
    Part(usize, Range<u64>),
    /// The distinct ones of all files, with their places.
    Distinct,
}

impl Rows {
    /// The part that they are of.
    pub fn part(&self) -> usize {
        match self {
            Self::Piece(file, _) | Self::File(file) | Self::Part(file, _) => *file,
            Self::Distinct => 0,
        }
    }
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

    /// What decides, beside the files, which rows are handed on and as what: where two texts are equal,
    /// so is what is read of equal parts.
    #[must_use]
    pub fn form(&self, needs: Needs) -> String {
        let Self { source, ids, clock, rates, .. } = self;
        let source = Source { paths: Vec::new(), ..source.clone() };
        format!("{source:?} {ids:?} {clock:?} {rates:?} {needs:?}")
    }

    /// What a file holds, and as what it is taken: where two texts are equal, so is what is read of the
    /// files.
    #[must_use]
    pub fn file_identity(&self, file: usize) -> String {
        let SourceFile { path, identity, .. } = &self.files[file];
        let Detail { constants, types, .. } = &self.details[file];
        format!("{} {identity} {constants:?} {types:?}\n", path.display())
    }

    /// The queries that together read the input once.
    pub(crate) fn queries(&self) -> Vec<Rows> {
        if self.source.deduplicate {
            let any = self.files.iter().any(|file| file.rows > 0);
            return any.then_some(Rows::Distinct).into_iter().collect();
        }
        let filter = self.mapping(Role::Filter);
        let mut queries = Vec::new();
        for (file, detail) in self.details.iter().enumerate() {
            if filter.is_some_and(|filter| self.folders_rule_out(filter, file)) {
                continue;
            }
            queries.extend(detail.pieces.iter().map(|range| Rows::Piece(file, range.clone())));
        }
        queries
    }

    /// Rows that a query goes through.
    pub(crate) fn rows(&self, query: &Rows) -> u64 {
        match query {
            Rows::Piece(_, range) | Rows::Part(_, range) => range.end - range.start,
            Rows::File(file) => self.files[*file].rows,
            Rows::Distinct => self.files.iter().map(|file| file.rows).sum(),
        }
    }

    /// The queries that together read a file in order, with the places of its rows: one, or as an
    /// object is fetched some rows at a time, several.
    pub(crate) fn looks(&self, file: usize) -> Vec<Rows> {
        let Detail { footer, pieces, .. } = &self.details[file];
        if footer.is_remote() {
            pieces.iter().map(|range| Rows::Part(file, range.clone())).collect()
        } else {
            vec![Rows::File(file)]
        }
    }

    /// Whether a filter over nothing but folders is false for a whole file.
    fn folders_rule_out(&self, filter: &Mapping, file: usize) -> bool {
        let detail = &self.details[file];
        if filter.columns.is_empty()
            || filter.columns.iter().any(|c| detail.footer.columns.contains(c))
        {
            return false;
        }
        let probe = DataFrame::empty_with_height(1).lazy();
        let probe = probe.with_columns(detail.constants.clone()).filter(filter.expr.clone());
        quietly(|| probe.collect()).is_ok_and(|left| left.height() == 0)
    }

    /// The query for some rows: the selected values, then, where the rows say so, their places.
    pub(crate) fn query(&self, rows: &Rows, selection: &Selection) -> Result<LazyFrame, String> {
        let select = |frame: LazyFrame, types: &[DataType], place: bool| {
            let values = selection.mappings.iter();
            let values = values.map(|index| self.mappings[*index].select(&types[*index]));
            frame.select(values.chain(place.then(|| col(PLACE))).collect::<Vec<_>>())
        };
        let types = |file: usize| &self.details[file].types;
        let needed = self.needed(&selection.mappings);
        quietly(|| match rows {
            Rows::Piece(file, range) => {
                let frame = self.scan(*file, Some(range), &needed)?;
                Ok(select(frame, types(*file), false))
            }
            Rows::File(file) => {
                Ok(select(self.placed(*file, None, Some(&needed))?, types(*file), true))
            }
            Rows::Part(file, range) => {
                Ok(select(self.placed(*file, Some(range), Some(&needed))?, types(*file), true))
            }
            Rows::Distinct => {
                let (frame, types) = self.distinct()?;
                Ok(select(frame, &types, true))
            }
        })
    }

    /// How many rows of each file pass the filter.
    pub(crate) fn passing(&self) -> Result<Vec<u64>, LoadError> {
        let count = |file: usize| {
            if self.mapping(Role::Filter).is_none() || self.files[file].rows == 0 {
                return Ok(self.files[file].rows);
            }
            let needed = self.needed(&[]);
            let passing = |piece: Option<&Range<u64>>| {
                let frame = self.scan(file, piece, &needed)?.select([len().cast(DataType::UInt64)]);
                frame.collect()?.columns()[0].u64()?.get(0).map_or(Ok(0), Ok)
            };
            let Detail { footer, pieces, .. } = &self.details[file];
            let counted = quietly(|| {
                if footer.is_remote() {
                    pieces.iter().map(|piece| passing(Some(piece))).sum()
                } else {
                    passing(None)
                }
            });
            counted.map_err(|reason| self.failed(file, reason))
        };
        (0..self.files.len()).map(count).collect()
    }

    /// A query that failed over a file: perhaps because the file is no longer what it was.
    pub(crate) fn failed(&self, file: usize, reason: String) -> LoadError {
        let file = &self.files[file];
        let path = file.path.clone();
        if as_url(&path).is_none() && file.changed().unwrap_or(true) {
            LoadError::FileChanged { path }
        } else {
            LoadError::Read { path, reason }
        }
    }

    /// The columns that some mapped values and the filter name.
    fn needed(&self, mappings: &[usize]) -> BTreeSet<PlSmallStr> {
        let mappings = mappings.iter().map(|index| &self.mappings[*index]);
        let mappings = mappings.chain(self.mapping(Role::Filter));
        mappings.flat_map(|mapping| mapping.columns.iter().cloned()).collect()
    }

    /// Rows of a file that pass the filter, with the columns that the file does not hold.
    fn scan(
        &self,
        file: usize,
        piece: Option<&Range<u64>>,
        needed: &BTreeSet<PlSmallStr>,
    ) -> PolarsResult<LazyFrame> {
        let footer = &self.details[file].footer;
        let frame = footer.scan(&self.files[file].path, piece, Some(needed))?;
        Ok(self.completed(frame, file))
    }

    fn completed(&self, frame: LazyFrame, file: usize) -> LazyFrame {
        let constants = &self.details[file].constants;
        let frame =
            if constants.is_empty() { frame } else { frame.with_columns(constants.clone()) };
        match self.mapping(Role::Filter) {
            Some(filter) => frame.filter(filter.expr.clone()),
            None => frame,
        }
    }

    /// As `scan`, with places; where it does not matter what is needed, of all columns.
    fn placed(
        &self,
        file: usize,
        piece: Option<&Range<u64>>,
        needed: Option<&BTreeSet<PlSmallStr>>,
    ) -> PolarsResult<LazyFrame> {
        let first = i64::try_from(file).unwrap_or(i64::MAX) << ROW_BITS;
        let first = first | piece.map_or(0, |rows| rows.start.cast_signed());
        let place = (col(PLACE).cast(DataType::Int64) + lit(first)).alias(PLACE);
        let frame = self.details[file].footer.scan(&self.files[file].path, piece, needed)?;
        // Straight on the scan, a row index makes the engine read the file's own footer again.
        let frame = frame.select([all().as_expr()]).with_row_index(PLACE, None);
        Ok(self.completed(frame, file).with_column(place))
    }

    /// The rows of all files that differ in some column, each at its first place.
    fn distinct(&self) -> PolarsResult<(LazyFrame, Vec<DataType>)> {
        let mut names: BTreeSet<PlSmallStr> = BTreeSet::new();
        let mut frames = Vec::new();
        let files = self.files.iter().enumerate().filter(|(_, file)| file.rows > 0);
        for (file, _) in files {
            let mut frame = self.placed(file, None, None)?;
            let schema = frame.collect_schema()?;
            names.extend(schema.iter_names().cloned());
            frames.push((frame, schema));
        }
        let column = |schema: &Schema, name: &PlSmallStr| -> Expr {
            if schema.contains(name) { col(name.clone()) } else { lit(NULL).alias(name.clone()) }
        };
        let frames: Vec<_> = frames
            .into_iter()
            .map(|(frame, schema)| {
                frame.select(names.iter().map(|name| column(&schema, name)).collect::<Vec<_>>())
            })
            .collect();
        names.remove(PLACE);
        let union = UnionArgs { to_supertypes: true, rechunk: false, ..UnionArgs::default() };
        let every: Vec<_> = names.iter().map(|name| col(name.clone())).collect();
        let mut frame = concat(frames, union)?.group_by(every).agg([col(PLACE).min()]);
        let schema = frame.collect_schema()?;
        let types = self.mappings.iter().map(|mapping| {
            mapping.dtype(&schema, Path::new("the files together")).map_err(|error| {
                polars::prelude::PolarsError::ComputeError(error.to_string().into())
            })
        });
        let types = types.collect::<PolarsResult<_>>()?;
        Ok((frame, types))
    }
}

/// Runs a query and hands over its frames, one after the other, until the receiver has enough.
pub(crate) fn stream(
    query: LazyFrame,
    ordered: bool,
    receive: impl Fn(DataFrame) -> bool + Send + Sync + 'static,
) -> Result<(), String> {
    let receive = PlanCallback::new(move |frame| Ok(!receive(frame)));
    quietly(|| query.sink_batches(receive, ordered, None)?.collect_with_engine(Engine::Streaming))?;
    Ok(())
}
