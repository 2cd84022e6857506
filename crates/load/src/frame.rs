//! The queries that the engine runs.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use polars::prelude::{
    DataFrame, DataType, Engine, Expr, IntoLazy, LazyFrame, NULL, PlSmallStr, PlanCallback,
    PolarsResult, Schema, UnionArgs, all, col, concat, len, lit,
};

use crate::batch::Selection;
use crate::contract::Opened;
use crate::error::LoadError;
use crate::mapping::{Mapping, Role};
use crate::quiet::quietly;

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
    /// The distinct ones of all files, with their places.
    Distinct,
}

impl Opened {
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
            Rows::Piece(_, range) => range.end - range.start,
            Rows::File(file) => self.files[*file].rows,
            Rows::Distinct => self.files.iter().map(|file| file.rows).sum(),
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
        quietly(|| match rows {
            Rows::Piece(file, range) => {
                let frame = self.scan(*file, Some(range))?;
                Ok(select(frame, &self.details[*file].types, false))
            }
            Rows::File(file) => Ok(select(self.placed(*file)?, &self.details[*file].types, true)),
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
            let counted = quietly(|| {
                let frame = self.scan(file, None)?.select([len().cast(DataType::UInt64)]);
                frame.collect()?.columns()[0].u64()?.get(0).map_or(Ok(0), Ok)
            });
            counted.map_err(|reason| self.failed(file, reason))
        };
        (0..self.files.len()).map(count).collect()
    }

    /// A query that failed over a file: perhaps because the file is no longer what it was.
    pub(crate) fn failed(&self, file: usize, reason: String) -> LoadError {
        let file = &self.files[file];
        let path = file.path.clone();
        if file.changed().unwrap_or(true) {
            LoadError::FileChanged { path }
        } else {
            LoadError::Read { path, reason }
        }
    }

    /// Rows of a file that pass the filter, with the columns that the file does not hold.
    fn scan(&self, file: usize, piece: Option<&Range<u64>>) -> PolarsResult<LazyFrame> {
        let frame = self.details[file].footer.scan(&self.files[file].path, piece)?;
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

    fn placed(&self, file: usize) -> PolarsResult<LazyFrame> {
        let first = i64::try_from(file).unwrap_or(i64::MAX) << ROW_BITS;
        let place = (col(PLACE).cast(DataType::Int64) + lit(first)).alias(PLACE);
        let frame = self.details[file].footer.scan(&self.files[file].path, None)?;
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
            let mut frame = self.placed(file)?;
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
