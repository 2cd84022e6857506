//! The tables of a run, and how those of related runs are compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Float64Type, Int64Type};

use crate::support::parquet::read;
use crate::support::shell::Folder;

pub type Tables = BTreeMap<String, Table>;

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    Null,
    Flag(bool),
    /// A count, or money in minor units.
    Number(i128),
    /// The bits of a float: two are the same where not one bit differs.
    Float(u64),
    /// Days since 1970.
    Day(i32),
    Text(String),
}

impl Value {
    pub fn float(value: f64) -> Self {
        Self::Float(value.to_bits())
    }

    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => write!(f, "-"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Float(bits) => write!(f, "{}", f64::from_bits(*bits)),
            Self::Day(day) => write!(f, "day {day}"),
            Self::Text(text) => write!(f, "{text}"),
        }
    }
}

#[derive(Clone)]
pub struct Column {
    pub name: String,
    /// The table's key has it.
    pub is_key: bool,
    /// Whole numbers: counts and money.
    pub is_whole: bool,
    /// In the currency, be it money or an average.
    pub is_money: bool,
}

#[derive(Clone)]
pub struct Table {
    pub columns: Vec<Column>,
    /// The cells of each row, by those of its key.
    pub rows: BTreeMap<Vec<Value>, Vec<Value>>,
}

impl Table {
    pub fn place(&self, column: &str) -> usize {
        let found = self.columns.iter().position(|other| other.name == column);
        found.unwrap_or_else(|| panic!("no column {column}"))
    }

    pub fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|other| other.name == column)
    }

    pub fn is_by_customer(&self) -> bool {
        self.columns.iter().any(|column| column.is_key && column.name == "customer_id")
    }

    fn key_of(&self, row: &[Value]) -> Vec<Value> {
        let cells = self.columns.iter().zip(row).filter(|(column, _)| column.is_key);
        cells.map(|(_, cell)| cell.clone()).collect()
    }

    /// The table of other rows.
    pub fn of(self, rows: impl IntoIterator<Item = Vec<Value>>) -> Self {
        let rows = rows.into_iter().map(|row| (self.key_of(&row), row)).collect();
        Self { rows, ..self }
    }

    /// The table without some columns.
    pub fn without(mut self, is_left_out: impl Fn(&Column) -> bool) -> Self {
        let are_kept: Vec<_> = self.columns.iter().map(|column| !is_left_out(column)).collect();
        let keep = |row: Vec<Value>| {
            row.into_iter().zip(&are_kept).filter(|(_, is_kept)| **is_kept).map(|(cell, _)| cell)
        };
        let rows: Vec<_> = self.rows.into_values().map(|row| keep(row).collect()).collect();
        self.columns.retain(|column| !is_left_out(column));
        Self { columns: self.columns, rows: BTreeMap::new() }.of(rows)
    }

    /// The table with each cell made anew of itself; the row that it stands in is there to look at.
    pub fn map(mut self, cell: impl Fn(&Self, &[Value], usize) -> Value) -> Self {
        let rows = std::mem::take(&mut self.rows);
        let row = |row: Vec<Value>| (0..row.len()).map(|at| cell(&self, &row, at)).collect();
        let rows: Vec<Vec<Value>> = rows.into_values().map(row).collect();
        self.of(rows)
    }
}

/// The tables of the current run but `checks`, which is about the rows of the inputs.
pub fn tables(folder: &Folder) -> Tables {
    let names = folder.digests().into_iter().map(|(name, ..)| name);
    let of_current = |name: String| {
        let batch = read(&folder.path(&format!("out/current/{name}.parquet")));
        let schema = batch.schema();
        let key: Vec<_> = schema.metadata()["kohort.key"].split(',').collect();
        let column = |field: &arrow::datatypes::FieldRef| Column {
            name: field.name().clone(),
            is_key: key.contains(&field.name().as_str()),
            is_whole: matches!(
                field.data_type(),
                DataType::Int32 | DataType::Int64 | DataType::Decimal128(..)
            ),
            is_money: field.metadata().get("unit").is_some_and(|unit| unit == "GBP"),
        };
        let columns = schema.fields().iter().map(column).collect();
        let cells: Vec<_> = batch.columns().iter().map(cells).collect();
        let row = |at: usize| cells.iter().map(|column| column[at].clone()).collect();
        let table = Table { columns, rows: BTreeMap::new() };
        (name, table.of((0..batch.num_rows()).map(row)))
    };
    names.filter(|name| name != "checks").map(of_current).collect()
}

fn cells(column: &ArrayRef) -> Vec<Value> {
    let to = |ty: &DataType| cast(column, ty).unwrap();
    let cell = |value: &dyn Fn(usize) -> Value| {
        let cell = |at| if column.is_valid(at) { value(at) } else { Value::Null };
        (0..column.len()).map(cell).collect()
    };
    match column.data_type() {
        DataType::Boolean => cell(&|at| Value::Flag(column.as_boolean().value(at))),
        DataType::Int32 | DataType::Int64 => {
            let numbers = to(&DataType::Int64);
            cell(&|at| Value::Number(numbers.as_primitive::<Int64Type>().value(at).into()))
        }
        DataType::Decimal128(..) => {
            cell(&|at| Value::Number(column.as_primitive::<Decimal128Type>().value(at)))
        }
        DataType::Float64 => {
            cell(&|at| Value::float(column.as_primitive::<Float64Type>().value(at)))
        }
        DataType::Date32 => cell(&|at| Value::Day(column.as_primitive::<Date32Type>().value(at))),
        _ => {
            let texts = to(&DataType::Utf8);
            cell(&|at| Value::text(texts.as_string::<i32>().value(at)))
        }
    }
}

/// How far two cells of a column may lie apart: counts and money by so many, floats by such a share
/// of the larger one.
pub type Slack<'a> = &'a dyn Fn(&str, &str) -> f64;

/// Not at all.
pub const EXACT: Slack = &|_, _| 0.0;

/// Asserts that two runs have the same tables; gives the number of cells.
#[track_caller]
pub fn assert_same(case: &dyn Display, expected: &Tables, found: &Tables, slack: Slack) -> usize {
    let names = |tables: &Tables| tables.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(expected), names(found), "{case}: tables");
    let mut count = 0;
    for (name, expected) in expected {
        let found = &found[name];
        let columns = |table: &Table| {
            table.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(columns(expected), columns(found), "{case}: columns of {name}");
        let keys: BTreeSet<_> = expected.rows.keys().chain(found.rows.keys()).collect();
        for key in keys {
            let (expected_row, found_row) = (expected.rows.get(key), found.rows.get(key));
            let (Some(expected_row), Some(found_row)) = (expected_row, found_row) else {
                let is = if found_row.is_some() { "a row too many" } else { "a missing row" };
                panic!("{case}: {name}: {is}: {}", shown(key));
            };
            for ((column, expected), found) in
                expected.columns.iter().zip(expected_row).zip(found_row)
            {
                let column = &column.name;
                assert!(
                    are_close(expected, found, slack(name, column)),
                    "{case}: {name} {}: {column} is {found} and should be {expected}",
                    shown(key),
                );
                count += 1;
            }
        }
    }
    count
}

#[expect(clippy::cast_precision_loss, reason = "a difference is small")]
fn are_close(a: &Value, b: &Value, slack: f64) -> bool {
    match (a, b) {
        _ if a == b => true,
        (Value::Number(a), Value::Number(b)) => (a - b).abs() as f64 <= slack,
        (Value::Float(a), Value::Float(b)) => {
            let (a, b) = (f64::from_bits(*a), f64::from_bits(*b));
            (a - b).abs() <= slack * a.abs().max(b.abs())
        }
        _ => false,
    }
}

pub fn shown(key: &[Value]) -> String {
    key.iter().map(Value::to_string).collect::<Vec<_>>().join(" ")
}

/// When the parts of a column add up to the whole.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum When {
    Never,
    /// In rows with this text in their key (any, where it is empty): where every part has the row; one
    /// without it may have something there all the same. In other rows always.
    InRowsOfAll {
        of: &'static str,
    },
}

/// Tells of a table and a column of it when the parts add up, where they do not always.
pub type Exceptions = fn(&str, &str) -> Option<When>;

/// Asserts that the counts and the money of parts without a customer in common add up to those of
/// the whole, a row that is not there being one of zeros, and that the rows of a customer are those
/// of its part; gives the number of sums.
#[track_caller]
pub fn assert_add_up(
    case: &dyn Display,
    whole: &Tables,
    parts: &[Tables],
    exceptions: Exceptions,
) -> usize {
    let mut count = 0;
    for (name, whole) in whole {
        let parts: Vec<_> = parts.iter().map(|tables| &tables[name]).collect();
        let keys: BTreeSet<_> =
            parts.iter().chain([&whole]).flat_map(|table| table.rows.keys()).collect();
        for key in keys {
            let rows: Vec<_> = parts.iter().filter_map(|part| part.rows.get(key)).collect();
            let total = whole.rows.get(key);
            for (at, column) in whole.columns.iter().enumerate().filter(|(_, c)| !c.is_key) {
                let holds = match exceptions(name, &column.name) {
                    Some(When::Never) => continue,
                    Some(When::InRowsOfAll { of })
                        if rows.len() < parts.len()
                            && (of.is_empty() || key.contains(&Value::text(of))) =>
                    {
                        continue;
                    }
                    Some(When::InRowsOfAll { .. }) | None => match total {
                        Some(total) if whole.is_by_customer() => {
                            rows.len() == 1 && rows[0][at] == total[at]
                        }
                        _ if !column.is_whole => continue,
                        Some(total) => is_sum(&total[at], rows.iter().map(|row| &row[at])),
                        None => false,
                    },
                };
                let of =
                    |row: Option<&Vec<Value>>| row.map_or("no row".into(), |r| r[at].to_string());
                assert!(
                    holds,
                    "{case}: {name} {}: {} of all is {}, and of the parts {:?}",
                    shown(key),
                    column.name,
                    of(total),
                    parts.iter().map(|part| of(part.rows.get(key))).collect::<Vec<_>>(),
                );
                count += 1;
            }
        }
    }
    count
}

/// Whether a total is the sum of its parts, and NULL where all of them are.
fn is_sum<'a>(total: &Value, parts: impl Iterator<Item = &'a Value>) -> bool {
    let (mut sum, mut is_some, mut are_none) = (0, false, true);
    for part in parts {
        are_none = false;
        if let Value::Number(part) = part {
            sum += part;
            is_some = true;
        }
    }
    match total {
        Value::Number(total) => *total == sum && (is_some || are_none),
        _ => !is_some,
    }
}
