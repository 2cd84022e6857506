//! Result tables: a schema, and values in plain columns.

use std::sync::Arc;

use crate::{Column, ColumnType, Day, Id, IdType, MemoryGuard, Scale, TableSchema};

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

    /// Bytes of a value, without those of its text.
    fn bytes(ty: ColumnType) -> usize {
        match ty {
            ColumnType::Text => size_of::<Option<Arc<str>>>(),
            ColumnType::Date => size_of::<Option<Day>>(),
            ColumnType::Int32 => size_of::<Option<i32>>(),
            ColumnType::Int64 => size_of::<Option<i64>>(),
            ColumnType::Float64 => size_of::<Option<f64>>(),
            ColumnType::Money => size_of::<Option<i128>>(),
            ColumnType::Boolean => size_of::<Option<bool>>(),
            ColumnType::Id => size_of::<Id>(),
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

impl TableSchema {
    /// Bytes that a row takes in a [`Table`], without those of its texts.
    #[must_use]
    pub fn row_bytes(&self) -> u64 {
        self.columns.iter().map(|column| Values::bytes(column.ty) as u64).sum()
    }
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
    memory: MemoryGuard,
}

/// Rows after which a table looks at the limit of memory.
const GUARDED_ROWS: usize = 4096;

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
        let memory = MemoryGuard::default();
        Self { schema, scale, ids, columns: columns.collect(), more, rows: 0, memory }
    }

    /// The same table, which takes no more rows once the limit of memory is passed.
    #[must_use]
    pub fn guarded(self, memory: MemoryGuard) -> Self {
        Self { memory, ..self }
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
        let Self { schema, columns, memory, rows, .. } = self;
        assert_eq!(N, schema.columns.len(), "cells of a row of {}", schema.name);
        let is_over = if *rows % GUARDED_ROWS == 0 { memory.is_over() } else { memory.was_over() };
        if is_over {
            return;
        }
        let (own, others) = columns.split_at_mut(N);
        for ((values, column), cell) in own.iter_mut().zip(schema.columns).zip(row) {
            values.extend(column, std::iter::once(cell));
        }
        let mut more = more.into_iter();
        for values in others {
            let text = more.next().expect("a cell for each further column");
            values.further().push(text);
        }
        *rows += 1;
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

    /// The values of the schema's column `name`, if it has one.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Values> {
        let place = self.schema.columns.iter().position(|column| column.name == name)?;
        self.columns.get(place)
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
    use crate::keys;

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
        assert_eq!(table.column("value"), Some(&table.columns()[2]));
        assert_eq!(table.column("values"), None);
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
