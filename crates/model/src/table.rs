//! Result tables: their schemas with units and meaning, and their values in plain columns.

use std::sync::Arc;
use std::{fmt, iter};

use crate::{Day, Scale};

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// UTF-8 text.
    Text,
    /// A day.
    Date,
    /// A 32-bit integer.
    Int32,
    /// A 64-bit integer: a count.
    Int64,
    /// A 64-bit float: a rate or an average.
    Float64,
    /// `Decimal(38, scale)` of the pipeline's currency.
    Money,
    /// True or false.
    Boolean,
    /// An id, in the form that the source has it.
    Id,
}

/// The form of ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum IdType {
    /// 64-bit integers with a sign.
    #[default]
    Signed,
    /// 64-bit integers without one.
    Unsigned,
    /// UTF-8 text.
    Text,
    /// Bytes.
    Binary,
}

/// One id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Id {
    /// An integer, mapped so that the order of the unsigned numbers is the order of the ids.
    Integer(u64),
    /// Text or bytes.
    Bytes(Arc<[u8]>),
}

impl fmt::Display for Id {
    /// Integers with their sign, and texts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(id) => write!(f, "{}", (id ^ (1 << 63)).cast_signed()),
            Self::Bytes(bytes) => write!(f, "{}", String::from_utf8_lossy(bytes)),
        }
    }
}

/// What a column counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// No unit: names, flags.
    None,
    /// A calendar day.
    Day,
    /// Whole periods of the row's grain.
    Periods,
    /// People with at least one order.
    Customers,
    /// Orders.
    Orders,
    /// Churn events, returns: one person may have several.
    Events,
    /// Attempts to buy.
    Attempts,
    /// Cohorts.
    Cohorts,
    /// The pipeline's currency, whole units with decimals.
    Currency,
    /// A share: 1.0 is all.
    Ratio,
    /// Days of 24 hours on the calendar.
    Days,
    /// Time between two purchases of a customer.
    Gaps,
    /// Campaign messages.
    Contacts,
    /// People, customers or not.
    People,
}

impl Unit {
    /// The unit as `kohort schema` and the Parquet metadata print it; money is printed as the
    /// pipeline's currency where one is known.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Day => "day",
            Self::Periods => "periods",
            Self::Customers => "customers",
            Self::Orders => "orders",
            Self::Events => "events",
            Self::Attempts => "attempts",
            Self::Cohorts => "cohorts",
            Self::Currency => "currency",
            Self::Ratio => "ratio",
            Self::Days => "days",
            Self::Gaps => "gaps",
            Self::Contacts => "contacts",
            Self::People => "people",
        }
    }
}

/// One column of a result table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name, in `snake_case`.
    pub name: &'static str,
    /// Its type.
    pub ty: ColumnType,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// What it counts in.
    pub unit: Unit,
    /// One sentence: what it means, with the formula of a rate.
    pub description: &'static str,
}

impl Column {
    const fn new(name: &'static str, ty: ColumnType, unit: Unit, text: &'static str) -> Self {
        Self { name, ty, nullable: false, unit, description: text }
    }

    /// A text that is never NULL.
    #[must_use]
    pub const fn text(name: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnType::Text, Unit::None, description)
    }

    /// A day that is never NULL.
    #[must_use]
    pub const fn date(name: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnType::Date, Unit::Day, description)
    }

    /// An id that is never NULL.
    #[must_use]
    pub const fn id(name: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnType::Id, Unit::None, description)
    }

    /// A float with a unit.
    #[must_use]
    pub const fn float(name: &'static str, unit: Unit, description: &'static str) -> Self {
        Self::new(name, ColumnType::Float64, unit, description)
    }

    /// A number of periods.
    #[must_use]
    pub const fn periods(name: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnType::Int32, Unit::Periods, description)
    }

    /// A 32-bit integer with a unit.
    #[must_use]
    pub const fn int(name: &'static str, unit: Unit, description: &'static str) -> Self {
        Self::new(name, ColumnType::Int32, unit, description)
    }

    /// A 64-bit count.
    #[must_use]
    pub const fn count(name: &'static str, unit: Unit, description: &'static str) -> Self {
        Self::new(name, ColumnType::Int64, unit, description)
    }

    /// Money.
    #[must_use]
    pub const fn money(name: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnType::Money, Unit::Currency, description)
    }

    /// A rate; NULL where its denominator is not above zero.
    #[must_use]
    pub const fn rate(name: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnType::Float64, Unit::Ratio, description).or_null()
    }

    /// Money per head; NULL where there is no head.
    #[must_use]
    pub const fn average(name: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnType::Float64, Unit::Currency, description).or_null()
    }

    /// True or false.
    #[must_use]
    pub const fn flag(name: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnType::Boolean, Unit::None, description)
    }

    /// The same column, nullable.
    #[must_use]
    pub const fn or_null(mut self) -> Self {
        self.nullable = true;
        self
    }
}

/// The columns that open every table.
pub mod keys {
    use super::Column;

    /// The period's length.
    pub const GRAIN: Column =
        Column::text("grain", "length of the period: day, week, month, quarter or year");
    /// The segment's name.
    pub const SEGMENT: Column = Column::text("segment", "name of the segment, `all` for everybody");
    /// The segment's value.
    pub const SEGMENT_VALUE: Column =
        Column::text("segment_value", "value of the segment, NULL for everybody").or_null();
    /// The period's first day.
    pub const PERIOD: Column = Column::date("period", "first day of the period");
    /// The customer's id.
    pub const CUSTOMER_ID: Column = Column::id("customer_id", "who, as the input has the id");
    /// Whether later data can still change the row.
    pub const IS_COMPLETE: Column = Column::flag(
        "is_complete",
        "whether the period is over at as_of and lies within the known history",
    );
}

/// The schema of a result table.
#[derive(Debug, PartialEq, Eq)]
pub struct TableSchema {
    /// Its name in `snake_case`, also that of the file.
    pub name: &'static str,
    /// One sentence: which question it answers.
    pub description: &'static str,
    /// The columns in order.
    pub columns: &'static [Column],
    /// Names of the columns that identify a row; rows are sorted by them.
    pub key: &'static [&'static str],
    /// Names of the columns that later orders revise even in complete periods.
    pub revisable: &'static [&'static str],
}

/// One value of a row, as a measure hands it on.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// NULL.
    Null,
    /// Text.
    Text(Arc<str>),
    /// A day.
    Date(Day),
    /// An integer of either width.
    Int(i64),
    /// A float.
    Float(f64),
    /// Minor units.
    Money(i128),
    /// True or false.
    Bool(bool),
    /// An id.
    Id(Id),
}

macro_rules! cell_from {
    ($($from:ty => |$v:ident| $cell:expr),+ $(,)?) => {$(
        impl From<$from> for Cell {
            #[inline]
            fn from($v: $from) -> Self {
                $cell
            }
        }
    )+};
}

cell_from! {
    Day => |v| Self::Date(v),
    i64 => |v| Self::Int(v),
    i128 => |v| Self::Money(v),
    bool => |v| Self::Bool(v),
    f64 => |v| Self::Float(v),
    Id => |v| Self::Id(v),
    &'static str => |v| Self::Text(v.into()),
    Arc<str> => |v| Self::Text(v),
    // Counts of people and events stay far below 2^63: the input would need as many rows.
    u64 => |v| Self::Int(i64::try_from(v).unwrap_or(i64::MAX)),
    u32 => |v| Self::Int(v.into()),
    usize => |v| Self::Int(i64::try_from(v).unwrap_or(i64::MAX)),
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    #[inline]
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// The values of one column.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "one variant a column type, documented there")]
pub enum Values {
    Text(Vec<Option<Arc<str>>>),
    Date(Vec<Option<Day>>),
    Int32(Vec<Option<i32>>),
    Int64(Vec<Option<i64>>),
    Float64(Vec<Option<f64>>),
    Money(Vec<Option<i128>>),
    Boolean(Vec<Option<bool>>),
    Id(Vec<Id>),
}

impl Values {
    fn new(ty: ColumnType) -> Self {
        match ty {
            ColumnType::Text => Self::Text(Vec::new()),
            ColumnType::Date => Self::Date(Vec::new()),
            ColumnType::Int32 => Self::Int32(Vec::new()),
            ColumnType::Int64 => Self::Int64(Vec::new()),
            ColumnType::Float64 => Self::Float64(Vec::new()),
            ColumnType::Money => Self::Money(Vec::new()),
            ColumnType::Boolean => Self::Boolean(Vec::new()),
            ColumnType::Id => Self::Id(Vec::new()),
        }
    }

    /// The texts of a column that the schema does not have.
    fn further(&mut self) -> &mut Vec<Option<Arc<str>>> {
        let Self::Text(texts) = self else { unreachable!("further columns hold text") };
        texts
    }

    fn len(&self) -> usize {
        match self {
            Self::Text(v) => v.len(),
            Self::Date(v) => v.len(),
            Self::Int32(v) => v.len(),
            Self::Int64(v) => v.len(),
            Self::Float64(v) => v.len(),
            Self::Money(v) => v.len(),
            Self::Boolean(v) => v.len(),
            Self::Id(v) => v.len(),
        }
    }

    /// Adds the cells of `column`, looking up its type once.
    #[inline]
    fn extend(&mut self, column: &Column, cells: impl Iterator<Item = Cell>) {
        macro_rules! extend {
            ($to:expr, $($cell:pat => $value:expr),+) => {
                $to.extend(cells.map(|cell| match cell {
                    $($cell => $value,)+
                    Cell::Null if column.nullable => None,
                    other => refuse(column, &other),
                }))
            };
        }
        match self {
            Self::Text(v) => extend!(v, Cell::Text(x) => Some(x)),
            Self::Date(v) => extend!(v, Cell::Date(x) => Some(x)),
            Self::Int32(v) => extend!(v, Cell::Int(x) => {
                Some(i32::try_from(x).unwrap_or_else(|_| refuse(column, &Cell::Int(x))))
            }),
            Self::Int64(v) => extend!(v, Cell::Int(x) => Some(x)),
            Self::Float64(v) => extend!(v, Cell::Float(x) => Some(x)),
            Self::Money(v) => extend!(v, Cell::Money(x) => Some(x)),
            Self::Boolean(v) => extend!(v, Cell::Bool(x) => Some(x)),
            Self::Id(v) => v.extend(cells.map(|cell| match cell {
                Cell::Id(id) => id,
                other => refuse(column, &other),
            })),
        }
    }
}

#[cold]
fn refuse(column: &Column, cell: &Cell) -> ! {
    assert!(*cell != Cell::Null, "{} is never NULL", column.name);
    panic!("{} cannot hold {cell:?}", column.name)
}

/// A result table: a schema and one vector per column, all of one length.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    schema: &'static TableSchema,
    scale: Scale,
    ids: IdType,
    /// Names of text columns after those of the schema.
    more: Vec<Arc<str>>,
    columns: Vec<Values>,
    rows: usize,
}

impl Table {
    /// A table without rows, its money in minor units of `scale`.
    #[must_use]
    pub fn new(schema: &'static TableSchema, scale: Scale) -> Self {
        Self::of_ids(schema, scale, IdType::default(), Vec::new())
    }

    /// A table without rows whose ids have the form `ids`, with nullable text columns of the names
    /// `more` after those of the schema.
    #[must_use]
    pub fn of_ids(
        schema: &'static TableSchema,
        scale: Scale,
        ids: IdType,
        more: Vec<Arc<str>>,
    ) -> Self {
        let columns = schema.columns.iter().map(|c| c.ty);
        let columns = columns.chain(more.iter().map(|_| ColumnType::Text)).map(Values::new);
        Self { schema, scale, ids, columns: columns.collect(), more, rows: 0 }
    }

    /// Adds a row, cells in the order of the schema's columns.
    ///
    /// # Panics
    /// Where the cells are not those of the schema: rows come from measures, whose tests would
    /// not pass.
    pub fn push<const N: usize>(&mut self, row: [Cell; N]) {
        self.push_with(row, []);
    }

    /// Adds a row of a table with further text columns: the cells of the schema's columns, then
    /// the others'.
    ///
    /// # Panics
    /// As [`Table::push`].
    pub fn push_with<const N: usize>(
        &mut self,
        row: [Cell; N],
        more: impl IntoIterator<Item = Option<Arc<str>>>,
    ) {
        let Self { schema, columns, .. } = self;
        assert_eq!(N, schema.columns.len(), "cells of a row of {}", schema.name);
        let (own, others) = columns.split_at_mut(N);
        for ((values, column), cell) in own.iter_mut().zip(schema.columns).zip(row) {
            values.extend(column, iter::once(cell));
        }
        let mut more = more.into_iter();
        for values in others {
            let text = more.next().expect("a cell for each further column");
            values.further().push(text);
        }
        self.rows += 1;
    }

    /// Adds rows column by column, which is quicker than [`Table::push`] where they are many.
    pub fn fill(&mut self) -> Fill<'_> {
        Fill { table: self, filled: 0 }
    }

    /// The form of its ids.
    #[must_use]
    pub fn ids(&self) -> IdType {
        self.ids
    }

    /// Names of the text columns after those of the schema.
    #[must_use]
    pub fn more(&self) -> &[Arc<str>] {
        &self.more
    }

    /// The schema.
    #[must_use]
    pub fn schema(&self) -> &'static TableSchema {
        self.schema
    }

    /// Decimal places of money.
    #[must_use]
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// The columns, in the order of the schema.
    #[must_use]
    pub fn columns(&self) -> &[Values] {
        &self.columns
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }
}

/// Rows that are added to a [`Table`] column by column: first the schema's columns in order, then
/// the others.
#[must_use = "the rows count once they are finished"]
pub struct Fill<'a> {
    table: &'a mut Table,
    /// Columns that have the rows.
    filled: usize,
}

impl Fill<'_> {
    /// Adds the cells of the next column, which is the schema's column `name`.
    ///
    /// # Panics
    /// Where the schema has another column here, or one that cannot hold a cell: rows come from
    /// measures, whose tests would not pass.
    pub fn column<T: Into<Cell>>(mut self, name: &str, cells: impl IntoIterator<Item = T>) -> Self {
        let column = &self.table.schema.columns[self.filled];
        assert_eq!(column.name, name, "column {} of {}", self.filled, self.table.schema.name);
        let values = &mut self.table.columns[self.filled];
        values.extend(column, cells.into_iter().map(Into::into));
        self.filled += 1;
        self
    }

    /// Adds the cells of the next of the further text columns.
    ///
    /// # Panics
    /// Where columns of the schema come before it, or there is none.
    pub fn further(mut self, cells: impl IntoIterator<Item = Option<Arc<str>>>) -> Self {
        let Table { schema, columns, .. } = &mut *self.table;
        assert!(self.filled >= schema.columns.len(), "columns of {} come first", schema.name);
        columns[self.filled].further().extend(cells);
        self.filled += 1;
        self
    }

    /// The rows are the table's.
    ///
    /// # Panics
    /// Where the columns are not all filled with as many cells.
    pub fn finish(self) {
        let Table { schema, columns, rows, .. } = self.table;
        assert_eq!(self.filled, columns.len(), "columns of {}", schema.name);
        *rows = columns[0].len();
        let equal = columns.iter().all(|values| values.len() == *rows);
        assert!(equal, "columns of {} have one length", schema.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static SCHEMA: TableSchema = TableSchema {
        name: "example",
        description: "",
        columns: &[keys::PERIOD, Column::rate("share", "a share"), Column::money("value", "money")],
        key: &["period"],
        revisable: &[],
    };

    #[test]
    fn rows_become_columns() {
        let mut table = Table::new(&SCHEMA, Scale::new(2).unwrap());
        table.push([Day(3).into(), Some(0.5).into(), 12_i128.into()]);
        table.push([Day(4).into(), Cell::Null, 13_i128.into()]);
        assert_eq!(table.rows(), 2);
        assert_eq!(table.columns()[1], Values::Float64(vec![Some(0.5), None]));
        assert_eq!(table.columns()[2], Values::Money(vec![Some(12), Some(13)]));
    }

    #[test]
    fn columns_become_rows() {
        let scale = Scale::new(2).unwrap();
        let empty = || Table::of_ids(&SCHEMA, scale, IdType::Signed, vec!["segment_x".into()]);
        let segments = [None, Some(Arc::from("a"))];
        let (mut by_row, mut by_column) = (empty(), empty());
        for (n, segment) in segments.iter().enumerate() {
            let share = (n > 0).then_some(0.5);
            let value = i128::from(n as u64);
            by_row.push_with([Day(7).into(), share.into(), value.into()], [segment.clone()]);
        }
        let fill = by_column.fill().column("period", [Day(7), Day(7)]);
        let fill = fill.column("share", [None, Some(0.5)]).column("value", [0_i128, 1]);
        fill.further(segments).finish();
        assert_eq!(by_column, by_row);
        assert_eq!(by_column.rows(), 2);
    }

    #[test]
    #[should_panic(expected = "columns of example have one length")]
    fn columns_have_one_length() {
        let mut table = Table::new(&SCHEMA, Scale::new(2).unwrap());
        let fill = table.fill().column("period", [Day(3)]).column("share", [None::<f64>]);
        fill.column("value", [1_i128, 2]).finish();
    }

    #[test]
    #[should_panic(expected = "period is never NULL")]
    fn a_key_is_never_null() {
        Table::new(&SCHEMA, Scale::new(2).unwrap()).push([Cell::Null, Cell::Null, Cell::Null]);
    }
}
