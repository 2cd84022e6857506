//! What must hold of the values of an input beside what they are read for.

use std::collections::BTreeMap;
use std::path::PathBuf;

use polars::prelude::{DataType, Series};

use crate::batch::Columns;
use crate::columns::is_integer;
use crate::contract::Detail;
use crate::files::{Partition, SourceFile};
use crate::mapping::{Mapping, Role};

/// A value that is looked at, and what must hold of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnCheck {
    /// Its key, for messages.
    pub key: String,
    /// SQL expression.
    pub expr: String,
    /// What must hold.
    pub must: Must,
}

/// What must hold of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Must {
    /// It can be made of the columns of every file, and is of this type: see [`Opened::mistyped`].
    ///
    /// [`Opened::mistyped`]: crate::Opened::mistyped
    BeOfType(ValueType),
    /// It is not NULL. A column that only other files have is.
    BeSet,
    /// Its text is one of these, or it is NULL.
    BeOneOf(Vec<String>),
}

/// The type of a value, as files have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// Text, also as a dictionary.
    Text,
    /// A whole number of any width.
    Integer,
    /// A decimal number of any precision.
    Decimal,
    /// A float of any width.
    Float,
    /// True or false.
    Boolean,
    /// A day.
    Date,
    /// A moment, with a time zone or without.
    Timestamp,
}

impl ValueType {
    /// All of them, by their names in the pipeline file.
    pub const ALL: [(&'static str, Self); 7] = [
        ("text", Self::Text),
        ("integer", Self::Integer),
        ("decimal", Self::Decimal),
        ("float", Self::Float),
        ("boolean", Self::Boolean),
        ("date", Self::Date),
        ("timestamp", Self::Timestamp),
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(_, ty)| *ty == self);
        found.map_or("", |(name, _)| name)
    }

    fn is(self, dtype: &DataType) -> bool {
        match self {
            Self::Text => *dtype == DataType::String,
            Self::Integer => is_integer(dtype),
            Self::Decimal => matches!(dtype, DataType::Decimal(..)),
            Self::Float => dtype.is_float(),
            Self::Boolean => dtype.is_bool(),
            Self::Date => *dtype == DataType::Date,
            Self::Timestamp => matches!(dtype, DataType::Datetime(..)),
        }
    }
}

impl Must {
    /// Whether rows are counted that fail it.
    pub(crate) fn is_counted(&self) -> bool {
        !matches!(self, Self::BeOfType(_))
    }

    /// How many values fail it.
    fn failing(&self, values: &Series) -> u64 {
        match self {
            Self::BeOfType(_) => 0,
            Self::BeSet => values.null_count() as u64,
            Self::BeOneOf(texts) => {
                let Ok(values) = values.str() else { return 0 };
                let is_other = |text: &&str| !texts.iter().any(|known| known == text);
                values.iter().flatten().filter(is_other).count() as u64
            }
        }
    }
}

/// Files in which a value is not of the type that it must be of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistyped {
    /// The check, as a place in [`crate::Source::checks`].
    pub check: usize,
    /// How many files.
    pub files: usize,
    /// The rows that they hold.
    pub rows: u64,
    /// The first of them.
    pub path: PathBuf,
    /// The type in that file; `None` where it lacks a column.
    pub found: Option<String>,
}

/// The checks of types that do not hold.
pub(crate) fn mistyped(
    checks: &[ColumnCheck],
    mappings: &[Mapping],
    (files, details): (&[SourceFile], &[Detail]),
    folders: &[BTreeMap<String, Partition>],
) -> Vec<Mistyped> {
    let mut all = Vec::new();
    for (check, ColumnCheck { must, .. }) in checks.iter().enumerate() {
        let place = mappings.iter().position(|mapping| mapping.role == Role::Check(check));
        let (Must::BeOfType(wanted), Some(place)) = (must, place) else { continue };
        let wrong = |file: usize| {
            let (detail, folders) = (&details[file], &folders[file]);
            let lacks = mappings[place].columns().iter().any(|name| {
                !detail.footer.columns.contains(name) && !folders.contains_key(name.as_str())
            });
            let found = detail.mapped[place].dtype();
            (lacks || !wanted.is(&found)).then(|| (!lacks).then(|| found.to_string()))
        };
        let mut wrong = (0..files.len()).filter_map(|file| Some((file, wrong(file)?)));
        if let Some((first, found)) = wrong.next() {
            let (mut count, mut rows) = (1, files[first].rows);
            wrong.for_each(|(file, _)| (count, rows) = (count + 1, rows + files[file].rows));
            let path = files[first].path.clone();
            all.push(Mistyped { check, files: count, rows, path, found });
        }
    }
    all
}

/// Tells how many rows of a frame fail each check: check and rows.
pub(crate) fn count(columns: &Columns<'_>, told: &mut dyn FnMut(usize, u64)) {
    for (check, of) in columns.input.source.checks.iter().enumerate() {
        if let Some(values) = columns.get(Role::Check(check)) {
            told(check, of.must.failing(values));
        }
    }
}
