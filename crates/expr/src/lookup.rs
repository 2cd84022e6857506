//! Lookups: tables of keys in which expressions look values up.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, OnceLock};

use polars::prelude::{DataType, PlSmallStr, Series};

use crate::column::{Column, Marks, NULL, VALUE, Values};
use crate::node::{Node, Rows};
use crate::numerals::exact_text;
use crate::types::Type;
use crate::zone::Zone;

mod gather;
mod index;
mod looking;

use gather::Held;
use index::{Index, NONE};
pub(crate) use looking::Looking;
pub use looking::Missed;

/// A table of keys, each of which one row has, and what it has beside them.
pub struct Lookup {
    name: String,
    key: Type,
    columns: BTreeMap<PlSmallStr, LookupColumn>,
    /// Whether keys that it does not have are counted.
    is_counted: bool,
    /// Once it was read.
    contents: OnceLock<Contents>,
}

/// A column of a lookup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupColumn {
    /// Its type.
    pub dtype: DataType,
    /// Whether it has instants that a wall clock wrote as if they were UTC, as INT96 is.
    pub is_wall: bool,
}

struct Contents {
    index: Index,
    columns: BTreeMap<PlSmallStr, Held>,
}

/// Two rows of a lookup with one key, the second of which comes later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// The key.
    pub key: Key,
    /// Both rows.
    pub rows: [usize; 2],
}

/// A key of a lookup, or one that is looked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A whole number.
    Integer(i128),
    /// A text; also a number that is not whole, which no lookup has.
    Text(String),
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// Rows in which keys were looked for that a lookup does not have. Merging adds up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnknownKeys {
    /// How many.
    pub rows: u64,
    /// The first of the keys in order.
    pub first: BTreeSet<Key>,
}

/// Keys that are kept of those that a lookup does not have.
const FIRST_KEYS: usize = 5;
/// Characters of such a key that are kept.
const LONGEST_KEY: usize = 80;

impl UnknownKeys {
    /// Adds those of other rows.
    pub fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        other.first.iter().for_each(|key| self.see(key.clone()));
    }

    /// Adds a key. One that goes never belongs to those that stay in the end: there are as many before it.
    pub fn see(&mut self, key: Key) {
        self.first.insert(key);
        if self.first.len() > FIRST_KEYS {
            self.first.pop_last();
        }
    }

    /// Whether a key can be among the first.
    fn may_be_first(&self, is_before: impl FnOnce(&Key) -> bool) -> bool {
        let last = self.first.last().filter(|_| self.first.len() >= FIRST_KEYS);
        last.is_none_or(is_before)
    }
}

impl Lookup {
    /// One of which nothing but types is known yet: that of its keys, whole numbers or texts, and those of
    /// its columns by name. With `is_counted` keys that it does not have are counted.
    #[must_use]
    pub fn new(
        name: &str,
        key: Type,
        columns: BTreeMap<PlSmallStr, LookupColumn>,
        is_counted: bool,
    ) -> Self {
        let contents = OnceLock::new();
        Self { name: name.to_owned(), key, columns, is_counted, contents }
    }

    /// Its name in the pipeline file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type of its keys.
    #[must_use]
    pub fn key(&self) -> Type {
        self.key
    }

    /// The names of its columns, in order.
    pub fn column_names(&self) -> impl Iterator<Item = &str> {
        self.columns.keys().map(PlSmallStr::as_str)
    }

    /// A column.
    ///
    /// # Errors
    /// In a sentence that there is none of this name.
    pub fn column(&self, name: &str) -> Result<&LookupColumn, String> {
        self.columns.get(name).ok_or_else(|| {
            let names: Vec<_> = self.column_names().map(crate::quoted).collect();
            let names = names.join(", ");
            format!("the lookup {} has no column {name:?}; its columns are {names}", self.name)
        })
    }

    /// Whether its rows are known, so that something can be looked up.
    #[must_use]
    pub fn is_filled(&self) -> bool {
        self.contents.get().is_some()
    }

    /// Gives it its rows, once: their keys, as 64-bit integers, decimals without places or texts, and some
    /// columns of the types that it was declared with, all of one chunk. Rows without a key are never found.
    /// Gives the bytes that it takes.
    ///
    /// # Errors
    /// [`Repeated`] for the first row whose key an earlier one has.
    pub fn fill(
        &self,
        keys: Series,
        columns: BTreeMap<PlSmallStr, Series>,
    ) -> Result<usize, Repeated> {
        let index = Index::new(keys)?;
        let columns = columns.into_iter().map(|(name, values)| (name, Held::new(values)));
        let columns: BTreeMap<_, _> = columns.collect();
        let bytes = index.bytes() + columns.values().map(Held::bytes).sum::<usize>();
        // Of several that are equal the first stays.
        let _ = self.contents.set(Contents { index, columns });
        Ok(bytes)
    }
}

impl fmt::Debug for Lookup {
    /// What is known of it before it is read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, key, columns, .. } = self;
        write!(f, "lookup {name} by {key} of {columns:?}")
    }
}

/// A value that is looked up in each row.
#[derive(Clone)]
pub(crate) struct LookUp {
    pub table: Arc<Lookup>,
    pub column: PlSmallStr,
    pub key: Node,
    /// The zone of the wall clock that its times are of; `None` where they are taken as they are.
    pub wall: Option<Arc<Zone>>,
}

impl LookUp {
    /// The values of some rows; NULL where the key is, or is not there.
    pub fn eval(&self, rows: Rows<'_>) -> Column<'static> {
        let contents = self.table.contents.get().expect("lookups are read before rows are");
        let keys = self.key.eval(rows);
        let is_constant = keys.is_constant();
        let count = if is_constant { 1 } else { rows.len };
        let found = contents.index.rows_of((&keys, self.key.ty), count);
        if let Some(looking) = rows.looking.filter(|_| self.table.is_counted) {
            let is_unknown = |row: usize| {
                let row = if is_constant { 0 } else { row };
                found[row] == NONE && keys.marks.at(row) == VALUE
            };
            looking.count(&self.table.name, rows, is_unknown, |row, unknown| {
                see((&keys, self.key.ty), row, unknown);
            });
        }
        let marks = found.iter().enumerate().map(|(row, found)| match keys.marks.at(row) {
            VALUE if *found == NONE => NULL,
            mark => mark,
        });
        let mut marks: Vec<u8> = marks.collect();
        let column = contents.columns.get(&self.column).expect("what expressions name is read");
        let values = column.take(&found, &mut marks);
        let values = match (values, &self.wall) {
            (Values::Time(cells), Some(zone)) => Values::Time(cells.map(|wall| zone.utc(wall))),
            (values, _) => values,
        };
        let has_marks = marks.iter().any(|mark| *mark != VALUE);
        let marks = if has_marks { Marks::Each(marks) } else { Marks::None };
        let column = Column::new(values, marks);
        if is_constant { column.narrowed() } else { column }
    }
}

/// Keeps a key if it is one of the first.
fn see((keys, ty): (&Column<'_>, Type), row: usize, unknown: &mut UnknownKeys) {
    let Type::Exact(exact) = ty else {
        let text = keys.text(row);
        let may_be = |last: &Key| match last {
            Key::Integer(_) => false,
            Key::Text(last) => text < last.as_str(),
        };
        if unknown.may_be_first(may_be) {
            let short = text.char_indices().nth(LONGEST_KEY).map(|(end, _)| &text[..end]);
            unknown.see(Key::Text(short.map_or_else(|| text.to_owned(), |cut| format!("{cut}…"))));
        }
        return;
    };
    let number = index::exact_at(keys, row);
    match index::whole(number, exact.scale) {
        Some(number) if unknown.may_be_first(|last| Key::Integer(number) < *last) => {
            unknown.see(Key::Integer(number));
        }
        Some(_) => {}
        None => {
            let mut text = String::new();
            exact_text(number, exact.scale.into(), &mut text);
            unknown.see(Key::Text(text));
        }
    }
}
