//! A table of two runs, compared.

use std::fmt;
use std::sync::Arc;

use arrow::array::new_empty_array;
use arrow::datatypes::DataType::{Decimal128, Float64, Int64};
use arrow::datatypes::{Field, Fields, Schema};

use super::cells::{Cells, Value};
use super::closed::{Closed, Of, Period};
use super::difference::{Change, Scope, TableDifference, What};
use super::join::{Pair, Source, join};
use crate::order::KeyOrder;
use crate::{PublishError, PublishedRun, PublishedTable, RunRecord};

/// Why a table is not compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unlike {
    /// A file does not say what identifies a row.
    NoKey,
    /// Rows are identified by other columns.
    Keys {
        /// Key columns of the older run.
        older: String,
        /// Key columns of the newer run.
        newer: String,
    },
    /// A key column is of another type, or is missing.
    KeyColumn {
        /// Its name.
        column: String,
    },
}

impl fmt::Display for Unlike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKey => write!(f, "a file does not say which columns are its key"),
            Self::Keys { older, newer } => write!(f, "its key was {older} and is {newer}"),
            Self::KeyColumn { column } => {
                write!(f, "its key column {column} is not of one type in both runs")
            }
        }
    }
}

/// A table that two runs have.
pub struct TablePair {
    key: Vec<String>,
    /// The columns that both runs have, as batches have them.
    columns: Vec<Column>,
    /// Places of the key among the columns.
    key_places: Vec<usize>,
    not_compared: Vec<String>,
    /// Whether later orders revise all that a row says, and so also whether it is there.
    has_revisable_rows: bool,
    order: KeyOrder,
    closed: Closed,
    older: Source,
    newer: Source,
    /// Rows of the older run.
    rows: u64,
    /// Whether the runs' records say that it has the same values in both.
    is_same: bool,
}

/// A column that both runs have.
struct Column {
    name: Arc<str>,
    is_revisable: bool,
}

impl TablePair {
    /// The table `name` of two runs, each with its record.
    pub(super) fn open(
        name: &str,
        (older_run, older_record): (&PublishedRun, &RunRecord),
        (newer_run, newer_record): (&PublishedRun, &RunRecord),
    ) -> Result<Result<Self, Unlike>, PublishError> {
        let (one, other) = (older_run.table(name)?, newer_run.table(name)?);
        let key = match common_key(&one, &other) {
            Ok(key) => key,
            Err(unlike) => return Ok(Err(unlike)),
        };
        let Shared { places, schema, not_compared } = shared(&one, &other);
        if let Some(column) = key.iter().find(|key| schema.column_with_name(key).is_none()) {
            return Ok(Err(Unlike::KeyColumn { column: column.clone() }));
        }
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let key_places = key.iter().filter_map(|key| names.iter().position(|name| name == key));
        let key_places: Vec<_> = key_places.collect();
        let by = KeyOrder::by_columns(key_places.clone(), &schema)
            .map_err(|cause| PublishError::Damaged { path: one.path().to_owned(), cause })?;
        let revisable = note(&one, "revisable");
        let columns = names.iter().map(|name| Column {
            name: Arc::from(*name),
            is_revisable: revisable.iter().any(|column| column == name),
        });
        // Counts, rates and money; other columns only say more of the key.
        let is_measure = |field: &Field| {
            let of_key = key.contains(field.name());
            !of_key && matches!(field.data_type(), Int64 | Float64 | Decimal128(..))
        };
        let is_open = |field: &Arc<Field>| !is_measure(field) || revisable.contains(field.name());
        let has_revisable_rows = !revisable.is_empty() && schema.fields().iter().all(is_open);
        let digest = |run: &RunRecord| {
            run.tables.iter().find(|table| table.name == name).map(|table| table.digest.clone())
        };
        let (ours, theirs): (Vec<_>, Vec<_>) = places.into_iter().unzip();
        let of_key = |columns: &[usize]| key_places.iter().map(|place| columns[*place]).collect();
        let older = Source { key: of_key(&ours), table: one, columns: ours };
        let newer = Source { key: of_key(&theirs), table: other, columns: theirs };
        Ok(Ok(Self {
            columns: columns.collect(),
            key_places,
            not_compared,
            has_revisable_rows,
            order: by,
            closed: Closed::new(older_record, newer_record, &names),
            rows: older.table.rows(),
            older,
            newer,
            is_same: digest(older_record).is_some_and(|older| Some(older) == digest(newer_record)),
            key,
        }))
    }

    /// Names of the columns that identify a row.
    #[must_use]
    pub fn key(&self) -> &[String] {
        &self.key
    }

    /// Names of the columns that only one run has, or that are of another type.
    #[must_use]
    pub fn not_compared(&self) -> &[String] {
        &self.not_compared
    }

    /// Whether no row of it is closed: it has no periods, and the runs know different days.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.closed.is_nothing()
    }

    /// Calls `each` for every difference of `scope`, in the order of the key, and counts all. Of
    /// large tables no more than some thousand rows are held at a time.
    ///
    /// # Errors
    /// Those of `each`, and those of reading a table.
    pub fn compare<E: From<PublishError>>(
        &self,
        scope: Scope,
        mut each: impl FnMut(Change) -> Result<(), E>,
    ) -> Result<TableDifference, E> {
        let mut found = TableDifference { rows: self.rows, ..TableDifference::default() };
        if self.is_same {
            return Ok(found);
        }
        let mut teller = Teller { pair: self, scope, each: &mut each, found: &mut found };
        join(&self.order, &self.older, &self.newer, |side| match side {
            Pair::Both(old, i, new, j) => teller.both((old, i), (new, j)),
            Pair::Added(cells, row) => teller.alone(What::Added, Of::Newer, (cells, row)),
            Pair::Removed(cells, row) => teller.alone(What::Removed, Of::Older, (cells, row)),
        })?;
        Ok(found)
    }

    fn key_of(&self, cells: &[Cells], row: usize) -> Arc<[Value]> {
        self.key_places.iter().map(|place| cells[*place].value(row)).collect()
    }
}

/// Counts differences and hands on those of the scope.
struct Teller<'a, F> {
    pair: &'a TablePair,
    scope: Scope,
    each: &'a mut F,
    found: &'a mut TableDifference,
}

/// The cells of a batch, and the place of a row in it.
type Row<'a> = (&'a [Cells], usize);

impl<F> Teller<'_, F> {
    /// A row that both runs have.
    fn both<E>(&mut self, (old, i): Row<'_>, (new, j): Row<'_>) -> Result<(), E>
    where
        F: FnMut(Change) -> Result<(), E>,
    {
        let TablePair { columns, closed, .. } = self.pair;
        let row_is_closed = closed.row(Of::Older, old, i);
        let mut key = None;
        let (mut open, mut sure) = (0, 0);
        for (place, column) in columns.iter().enumerate() {
            if old[place].same(i, &new[place], j) {
                continue;
            }
            let is_closed = row_is_closed && (!column.is_revisable || closed.has_revisable());
            *(if is_closed { &mut sure } else { &mut open }) += 1;
            if self.scope.has(is_closed) {
                let key = key.get_or_insert_with(|| self.pair.key_of(old, i)).clone();
                let (old, new) = (old[place].value(i), new[place].value(j));
                let what = What::Cell { column: column.name.clone(), old, new };
                (self.each)(Change { key, is_closed, what })?;
            }
        }
        for (is_closed, cells) in [(false, open), (true, sure)] {
            if cells > 0 {
                let counts = self.found.counts(is_closed);
                counts.changed += 1;
                counts.cells += cells;
                self.add(is_closed, closed.period(old, i), cells);
            }
        }
        Ok(())
    }

    /// A row that only one run has.
    fn alone<E>(&mut self, what: What, of: Of, (cells, row): Row<'_>) -> Result<(), E>
    where
        F: FnMut(Change) -> Result<(), E>,
    {
        let TablePair { closed, has_revisable_rows, .. } = self.pair;
        let is_closed =
            closed.row(of, cells, row) && (!has_revisable_rows || closed.has_revisable());
        let counts = self.found.counts(is_closed);
        match of {
            Of::Newer => counts.added += 1,
            Of::Older => counts.removed += 1,
        }
        self.add(is_closed, closed.period(cells, row), 1);
        if self.scope.has(is_closed) {
            (self.each)(Change { key: self.pair.key_of(cells, row), is_closed, what })?;
        }
        Ok(())
    }

    fn add(&mut self, is_closed: bool, period: Option<Period>, differences: u64) {
        if let Some(period) = period.filter(|_| self.scope.has(is_closed)) {
            *self.found.periods.entry(period).or_default() += differences;
        }
    }
}

/// The key that both tables have.
fn common_key(older: &PublishedTable, newer: &PublishedTable) -> Result<Vec<String>, Unlike> {
    let (key, other) = (note(older, "key"), note(newer, "key"));
    if key.is_empty() || other.is_empty() {
        return Err(Unlike::NoKey);
    }
    if key != other {
        return Err(Unlike::Keys { older: key.join(", "), newer: other.join(", ") });
    }
    Ok(key)
}

/// The columns that two tables have.
struct Shared {
    /// Their places in the older and in the newer table.
    places: Vec<(usize, usize)>,
    schema: Schema,
    /// Names of the other columns.
    not_compared: Vec<String>,
}

fn shared(older: &PublishedTable, newer: &PublishedTable) -> Shared {
    let (fields, others) = (older.schema().fields(), newer.schema().fields());
    let mut places = Vec::new();
    let mut not_compared = Vec::new();
    for (place, field) in fields.iter().enumerate() {
        match others.iter().position(|other| is_alike(field, other)) {
            Some(other) => places.push((place, other)),
            None => not_compared.push(field.name().clone()),
        }
    }
    let is_new = |field: &&Arc<Field>| older.schema().column_with_name(field.name()).is_none();
    not_compared.extend(others.iter().filter(is_new).map(|field| field.name().clone()));
    let schema = places.iter().map(|(place, _)| fields[*place].clone()).collect::<Fields>();
    Shared { places, schema: Schema::new(schema), not_compared }
}

/// Names that a file lists under `kohort.<note>`.
fn note(table: &PublishedTable, note: &str) -> Vec<String> {
    let names = table.schema().metadata().get(&format!("kohort.{note}"));
    let names = names.into_iter().flat_map(|names| names.split(','));
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Whether cells of the two columns can be compared.
fn is_alike(field: &Field, other: &Field) -> bool {
    field.name() == other.name()
        && field.data_type() == other.data_type()
        && Cells::from_array(&new_empty_array(field.data_type())).is_some()
}
