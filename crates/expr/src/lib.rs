//! SQL expressions over the rows of a frame, as PostgreSQL and DuckDB understand them, and exact for
//! integers and decimals.
//!
//! A [`Program`] is a parsed text. [`Program::bind`] types it over the columns of a file, and
//! [`Mapped::evaluate`] gives a value for each row: a value, NULL, or a [`Failure`], with which the
//! row is rejected. Numbers are rounded once, at the end, half away from zero.

use std::sync::Arc;

use polars::prelude::{
    BooleanChunked, DataFrame, DataType, Expr, NewChunkedArray, PlSmallStr, Schema, Series,
};

mod bind;
mod calendar;
mod cast;
mod column;
mod compare;
mod constants;
mod dialect;
mod format;
mod functions;
mod interval;
mod like;
mod logic;
mod lookup;
mod node;
mod number;
mod numerals;
mod output;
mod parse;
mod push;
mod ratio;
mod regexes;
mod stamp;
mod text;
mod tree;
mod types;
mod zone;

pub use bind::Zones;
pub use column::Failure;
pub use functions::{Function, all as functions};
pub use lookup::{Key, Lookup, LookupColumn, Missed, Repeated, UnknownKeys};
pub use output::Evaluated;
pub use types::{Exact, Type};
pub use zone::{DAY_MICROS, Zone};

use bind::Binder;
use lookup::Looking;
use node::{Node, Op, Rows};
use output::Output;
use tree::{Target, Tree, Width};

/// Changes whenever an expression may mean something else than before, so that what was kept of
/// earlier reads is not taken for what a read would give now.
pub const VERSION: u32 = 1;

/// Rows that are computed at a time: few enough that what is in between stays in a core's cache.
const STRETCH: usize = 4096;

/// A parsed expression.
#[derive(Clone, Debug)]
pub struct Program {
    tree: Tree,
    columns: Vec<PlSmallStr>,
    lookups: Vec<(String, String)>,
}

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// An aggregate, a window or a wildcard.
    #[error("{}", parse::NOT_A_ROW)]
    NotRowWise,
    /// Anything else, in a sentence.
    #[error("{0}")]
    Syntax(String),
}

/// What binding needs to know of a file's columns.
pub struct Columns<'a> {
    /// Those that there are.
    pub schema: &'a Schema,
    /// The clocks of the input.
    pub zones: &'a Zones,
    /// Whether a column of instants was written by a wall clock as if it were UTC, as INT96 is.
    pub is_wall: &'a dyn Fn(&str) -> bool,
    /// What can be looked up.
    pub lookups: &'a [Arc<Lookup>],
}

impl Program {
    /// Parses a text.
    ///
    /// # Errors
    /// What is wrong with it: it is no SQL, or no expression over the columns of one row, or differs
    /// from run to run.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let tree = parse::parse(text).map_err(|reason| match &*reason {
            parse::NOT_A_ROW => ParseError::NotRowWise,
            _ => ParseError::Syntax(reason),
        })?;
        let columns = tree.columns().into_iter().map(PlSmallStr::from).collect();
        let lookups = tree.lookups();
        Ok(Self { tree, columns, lookups })
    }

    /// The columns that it names, each once.
    #[must_use]
    pub fn columns(&self) -> &[PlSmallStr] {
        &self.columns
    }

    /// The columns of lookups that it names, each once: lookup and column.
    #[must_use]
    pub fn lookups(&self) -> &[(String, String)] {
        &self.lookups
    }

    /// Types it over the columns of a file.
    ///
    /// # Errors
    /// In a sentence what does not fit: a type, a constant, or a function that there is not.
    pub fn bind(&self, columns: &Columns<'_>) -> Result<Mapped, String> {
        let node = self.binder(columns).bind(&self.tree)?;
        let is_unsigned = matches!(self.tree, Tree::Cast { to: Target::Integer(Width::U64), .. });
        Ok(Mapped { is_unsigned, ..Mapped::new(node, self.columns.clone(), columns) })
    }

    /// Types it over the columns of a file as a condition.
    ///
    /// # Errors
    /// As [`Program::bind`], and where it is neither true nor false.
    pub fn bind_condition(&self, columns: &Columns<'_>) -> Result<Mapped, String> {
        let node = self.binder(columns).condition(&self.tree)?;
        Ok(Mapped::new(node, self.columns.clone(), columns))
    }

    fn binder<'a>(&'a self, columns: &Columns<'a>) -> Binder<'a> {
        Binder {
            schema: columns.schema,
            zones: columns.zones,
            is_wall: columns.is_wall,
            columns: &self.columns,
            lookups: columns.lookups,
        }
    }
}

/// An expression over the columns of a file.
#[derive(Clone, Debug)]
pub struct Mapped {
    node: Node,
    /// The columns that it reads.
    columns: Vec<PlSmallStr>,
    /// The column that it is, as that lies in the file, with its type there.
    plain: Option<(PlSmallStr, DataType)>,
    zones: Zones,
    /// Decimal places of a quotient.
    scale: Option<u16>,
    /// Whether it is 64 bits without a sign, as a cast to UBIGINT is.
    is_unsigned: bool,
    /// Whether something is looked up for it.
    looks_up: bool,
}

/// What a condition says of the rows of a frame.
#[derive(Debug)]
pub struct Passing {
    /// True for rows to keep: those that pass, and those of which it can't be said.
    pub kept: BooleanChunked,
    /// Those of which it can't be said, as places among the rows that are kept.
    pub failures: Vec<(usize, Failure)>,
    /// The rows in which lookups lack a key, kept or not.
    pub missed: Vec<Missed>,
}

impl Mapped {
    fn new(node: Node, columns: Vec<PlSmallStr>, of: &Columns<'_>) -> Self {
        let plain = match &node.op {
            Op::Column(load) if load.wall.is_none() => {
                of.schema.get(&load.name).map(|dtype| (load.name.clone(), dtype.clone()))
            }
            _ => None,
        };
        let zones = of.zones.clone();
        let looks_up = node.looks_up();
        Self { node, columns, plain, zones, scale: None, is_unsigned: false, looks_up }
    }

    /// The columns that it reads: those of its text but for what is constant or was split off.
    #[must_use]
    pub fn columns(&self) -> Vec<PlSmallStr> {
        let mut read = vec![false; self.columns.len()];
        self.node.read_slots(&mut read);
        let columns = self.columns.iter().zip(read).filter(|(_, is_read)| *is_read);
        columns.map(|(name, _)| name.clone()).collect()
    }

    /// Whether it is a column as that lies in the file.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.plain.is_some()
    }

    /// The type of its values.
    #[must_use]
    pub fn ty(&self) -> Type {
        self.node.ty
    }

    /// The type of the series that it gives; of a column that column's.
    #[must_use]
    pub fn dtype(&self) -> DataType {
        match &self.plain {
            Some((_, dtype)) => dtype.clone(),
            None => output::dtype(self.node.ty, self.scale, self.is_unsigned),
        }
    }

    /// With quotients rounded to so many decimal places.
    #[must_use]
    pub fn at_scale(self, scale: u16) -> Self {
        Self { scale: Some(scale), ..self }
    }

    /// With its values as text.
    ///
    /// # Errors
    /// In a sentence that there is no text of such values.
    pub fn as_text(self) -> Result<Self, String> {
        if matches!(self.node.ty, Type::Text | Type::Null) {
            return Ok(self.as_type(Type::Text));
        }
        let node = cast::to_text(self.node, &self.zones)?;
        Ok(Self { node, plain: None, ..self })
    }

    /// With times without a zone as instants, where one is named for them.
    ///
    /// # Errors
    /// None that is known of.
    pub fn as_instant(self) -> Result<Self, String> {
        if self.node.ty != Type::Timestamp || self.zones.naive.is_none() {
            return Ok(self);
        }
        let node = cast::cast(self.node, Target::Instant, false, &self.zones)?;
        Ok(Self { node, plain: None, ..self })
    }

    /// With whole numbers that are computed as ones of 64 bits, as ids are; what does not fit fails.
    #[must_use]
    pub fn as_id(self) -> Self {
        let is_whole = matches!(self.node.ty, Type::Exact(Exact { digits: 20.., scale: 0 }));
        if !is_whole || self.plain.is_some() || self.is_unsigned {
            return self;
        }
        let to = Target::Integer(Width::I64);
        match cast::cast(self.node.clone(), to, false, &self.zones) {
            Ok(node) => Self { node, ..self },
            Err(_) => self,
        }
    }

    /// With its values as ones of a type that they have in common with others, also where it is a column.
    ///
    /// # Errors
    /// In a sentence that it is no such type.
    pub fn as_common(self, ty: Type) -> Result<Self, String> {
        let (schema, columns) = (Schema::default(), &self.columns);
        let (zones, is_wall) = (&self.zones, &|_: &str| false);
        let binder = Binder { schema: &schema, zones, is_wall, columns, lookups: &[] };
        let node = binder.converted(self.node.clone(), ty)?;
        Ok(Self { node, plain: None, ..self })
    }

    /// NULL of no type as NULL of this type; other values as they are.
    #[must_use]
    pub fn as_type(self, ty: Type) -> Self {
        if self.node.ty != Type::Null {
            return self;
        }
        Self { node: Node::constant(ty, column::Column::null()), plain: None, ..self }
    }

    /// The values of a frame's rows, which is one chunk.
    #[must_use]
    pub fn evaluate(&self, frame: &DataFrame) -> Evaluated {
        if let Some((name, _)) = &self.plain
            && let Ok(column) = frame.column(name)
        {
            let values = column.as_materialized_series().clone();
            return Evaluated { values, failures: Vec::new(), rounded: 0, missed: Vec::new() };
        }
        let rows = frame.height();
        let mut output = Output::new(self.node.ty, self.scale, self.is_unsigned, rows);
        let missed = self.each(frame, |column, len| output.push(column, len));
        Evaluated { missed, ..output.finish() }
    }

    /// Whether each row of a frame passes a condition.
    #[must_use]
    pub fn passing(&self, frame: &DataFrame) -> Passing {
        let mut kept = Vec::with_capacity(frame.height());
        let mut failures = Vec::new();
        let mut count = 0;
        let missed = self.each(frame, |column, len| {
            let bools = column.bools();
            for row in 0..len {
                let failure = column.marks.failure(row);
                let passes = column.marks.at(row) == column::VALUE && bools.at(row);
                failures.extend(failure.map(|failure| (count, failure)));
                let is_kept = passes || failure.is_some();
                count += usize::from(is_kept);
                kept.push(is_kept);
            }
        });
        Passing { kept: BooleanChunked::from_slice(PlSmallStr::EMPTY, &kept), failures, missed }
    }

    /// Shows the values of some rows after the other; gives what was looked for in vain.
    fn each(
        &self,
        frame: &DataFrame,
        mut see: impl FnMut(&column::Column<'_>, usize),
    ) -> Vec<Missed> {
        let looking = self.looks_up.then(Looking::default);
        let null = Series::full_null(PlSmallStr::EMPTY, frame.height(), &DataType::Null);
        let columns: Vec<&Series> = (self.columns.iter())
            .map(|name| frame.column(name).map_or(&null, |column| column.as_materialized_series()))
            .collect();
        let mut start = 0;
        while start < frame.height() {
            let len = STRETCH.min(frame.height() - start);
            let rows = Rows { columns: &columns, start, len, looking: looking.as_ref() };
            see(&self.node.eval(rows), len);
            start += len;
        }
        looking.map(Looking::finish).unwrap_or_default()
    }

    /// Its value, if it depends on no column: `None` where it does, or is NULL or fails.
    #[must_use]
    pub fn as_condition(&self) -> Option<bool> {
        let column = self.node.as_constant()?;
        (!column.marks.any()).then(|| column.bools().at(0))
    }

    /// Parts a condition: what a scan can be asked, of columns that it may be asked of, and what has
    /// to be asked of the rows that it then gives.
    #[must_use]
    pub fn split(
        &self,
        schema: &Schema,
        is_pushed: &dyn Fn(&str) -> bool,
    ) -> (Option<Expr>, Option<Self>) {
        let pushing = push::Pushing { schema, is_pushed };
        let terms = match &self.node.op {
            Op::All(terms) => terms.as_slice(),
            _ => std::slice::from_ref(&self.node),
        };
        let (mut pushed, mut rest): (Option<Expr>, Vec<Node>) = (None, Vec::new());
        for term in terms {
            match pushing.condition(term, false) {
                Some(expr) => {
                    pushed = Some(match pushed {
                        Some(all) => all.and(expr),
                        None => expr,
                    });
                }
                None => rest.push(term.clone()),
            }
        }
        let rest = match (rest.len(), rest.pop()) {
            (0, _) | (_, None) => None,
            (1, Some(only)) => Some(only),
            (_, Some(last)) => {
                rest.push(last);
                Some(Node::new(Type::Bool, Op::All(rest)))
            }
        };
        let rest = rest.map(|node| Self { node, plain: None, ..self.clone() });
        (pushed, rest)
    }
}

/// The clocks of an input of the business's time zone, and of another one for times without a zone.
impl Zones {
    /// Both by their names.
    #[must_use]
    pub fn new(business: chrono_tz::Tz, naive: Option<chrono_tz::Tz>) -> Self {
        Self {
            business: Arc::new(Zone::new(business)),
            naive: naive.map(|tz| Arc::new(Zone::new(tz))),
        }
    }
}

/// Whether a name needs no quotes in an expression.
#[must_use]
pub fn is_word(name: &str) -> bool {
    parse::is_word(name)
}

/// A column's name as an expression has it: in double quotes unless it is a plain word.
#[must_use]
pub fn quoted(name: &str) -> String {
    if is_word(name) { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}
