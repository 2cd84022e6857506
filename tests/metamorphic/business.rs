//! Businesses that `kohort sample` makes up, and what may be done to them.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Int64Array, RecordBatch, StringArray,
};
use arrow::compute::{cast, concat_batches, filter_record_batch};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Int64Type, TimestampMicrosecondType};
use serde_json::Value as Json;

use super::tables::{Tables, tables};
use crate::support::parquet::{batch, read, write};
use crate::support::shell::Folder;

/// Files that the rows of an input stand in, in their order.
const FILES: usize = 3;
const MICROSECONDS_OF_DAY: i64 = 86_400_000_000;
/// The columns that tell who a row is about; other ids tell the things of one person apart.
const CUSTOMERS: [&str; 2] = ["customer_id", "buyer"];
const VISITORS: &str = "visitor_id";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Shop,
    Subscriptions,
    Everything,
}

/// One of the businesses of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub kind: Kind,
    pub seed: u64,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} with --seed {}", self.kind, self.seed)
    }
}

#[derive(Clone)]
pub struct Business {
    pub pipeline: toml::Table,
    /// The rows of each input of the pipeline.
    pub inputs: BTreeMap<String, RecordBatch>,
}

impl Business {
    /// A small one, with its pipeline file as it stands but for what depends on the place, every
    /// table, and one or two segments.
    pub fn sample(case: Case) -> Self {
        let (file, options) = match case.kind {
            Kind::Shop => ("sample", "--customers 160"),
            Kind::Subscriptions => ("subscriptions", "--subscriptions --customers 240"),
            Kind::Everything => ("everything", "--everything --customers 120"),
        };
        let folder = Folder::new();
        folder.kohort_succeeds(&format!("sample made --quiet --seed {} {options}", case.seed));
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../pipelines");
        let text = fs::read_to_string(format!("{root}/{file}.toml")).unwrap();
        let mut pipeline: toml::Table = text.parse().unwrap();
        let segments = pipeline["segments"].as_table_mut().unwrap();
        segments.retain(|name, _| ["country", "plan"].contains(&name));
        let names = pipeline["inputs"].as_table().unwrap().keys();
        let inputs = names.map(|name| (name.clone(), rows_of(&folder, name))).collect();
        Self { pipeline, inputs }
            .with("outputs.path", "out")
            .with("outputs.tables", vec!["*"])
            .with("state.keep", false)
            // A few rows are dirty, and a part of the rows may have no others.
            .with("checks.max_rejected", 1.0)
    }

    /// With another setting of the pipeline, such as `calendar.as_of`.
    pub fn with(mut self, path: &str, value: impl Into<toml::Value>) -> Self {
        let mut at = &mut self.pipeline;
        let (sections, key) = path.rsplit_once('.').unwrap_or(("", path));
        for section in sections.split('.').filter(|section| !section.is_empty()) {
            let empty = toml::Value::Table(toml::Table::new());
            at = at.entry(section).or_insert(empty).as_table_mut().unwrap();
        }
        at.insert(key.to_owned(), value.into());
        self
    }

    /// Without some inputs, and without some sections of the pipeline.
    pub fn without(mut self, inputs: &[&str], sections: &[&str]) -> Self {
        for name in inputs {
            self.inputs.remove(*name);
            self.pipeline["inputs"].as_table_mut().unwrap().remove(*name);
        }
        self.pipeline.retain(|name, _| !sections.contains(&name));
        self
    }

    /// With each column made anew of that of the same name, or left as it is.
    fn with_columns(mut self, of: impl Fn(&str, &str, &ArrayRef) -> Option<ArrayRef>) -> Self {
        for (input, rows) in &mut self.inputs {
            let schema = rows.schema();
            let names = schema.fields().iter().map(|field| field.name().as_str());
            let columns = names.zip(rows.columns()).map(|(name, column)| {
                (name, of(input, name, column).unwrap_or_else(|| column.clone()))
            });
            *rows = batch(columns);
        }
        self
    }

    /// With another id of each customer.
    pub fn with_customers(self, id: impl Fn(i64) -> i64) -> Self {
        self.with_columns(|_, name, column| {
            let ids = CUSTOMERS.contains(&name).then(|| column.as_primitive::<Int64Type>())?;
            let ids: Int64Array = ids.iter().map(|number| number.map(&id)).collect();
            Some(Arc::new(ids))
        })
    }

    /// With texts as ids of the customers.
    pub fn with_customers_as_text(self, id: impl Fn(i64) -> String) -> Self {
        self.with_columns(|_, name, column| {
            let ids = CUSTOMERS.contains(&name).then(|| column.as_primitive::<Int64Type>())?;
            let ids: StringArray = ids.iter().map(|number| number.map(&id)).collect();
            Some(Arc::new(ids))
        })
    }

    /// With another id of each visitor.
    pub fn with_visitors(self, id: impl Fn(&str) -> String) -> Self {
        self.with_columns(|_, name, column| {
            let ids = (name == VISITORS).then(|| column.as_string::<i32>())?;
            let ids: StringArray = ids.iter().map(|text| text.map(&id)).collect();
            Some(Arc::new(ids))
        })
    }

    /// With other ids of orders, carts and whatever else people have, in the same order.
    pub fn with_things_in_the_same_order(self) -> Self {
        self.with_columns(|_, name, column| {
            if !name.ends_with("_id") || CUSTOMERS.contains(&name) || name == VISITORS {
                return None;
            }
            if let Some(numbers) = column.as_primitive_opt::<Int64Type>() {
                return Some(Arc::new(numbers.unary::<_, Int64Type>(|number| 2 * number + 7)));
            }
            let texts = column.as_string::<i32>().iter();
            let texts: StringArray = texts.map(|t| t.map(|text| format!("the {text}"))).collect();
            Some(Arc::new(texts))
        })
    }

    /// With every day and time so many days earlier.
    pub fn days_earlier(self, days: i32) -> Self {
        self.with_columns(|_, _, column| match column.data_type() {
            DataType::Date32 => {
                let dates = column.as_primitive::<Date32Type>();
                Some(Arc::new(dates.unary::<_, Date32Type>(|date| date - days)))
            }
            DataType::Timestamp(..) => {
                let times = column.as_primitive::<TimestampMicrosecondType>();
                let less = i64::from(days) * MICROSECONDS_OF_DAY;
                let times = times.unary::<_, TimestampMicrosecondType>(|time| time - less);
                Some(Arc::new(times))
            }
            _ => None,
        })
    }

    /// With amounts so many times as large. Decimals are amounts, but those of signals.
    pub fn times(self, factor: i128) -> Self {
        self.with_columns(|input, _, column| match column.data_type() {
            DataType::Decimal128(_, scale) if input != "engagement" => {
                let amounts = column.as_primitive::<Decimal128Type>();
                let amounts: Decimal128Array = amounts.unary(|amount| amount * factor);
                Some(Arc::new(amounts.with_precision_and_scale(38, *scale).unwrap()))
            }
            _ => None,
        })
    }

    /// Without the rows of that day and later ones.
    pub fn before(mut self, day: i32) -> Self {
        for rows in self.inputs.values_mut() {
            if let Some(days) = days(rows) {
                let is_before =
                    (0..days.len()).map(|row| !days.is_valid(row) || days.value(row) < day);
                *rows = filter_record_batch(rows, &is_before.collect::<BooleanArray>()).unwrap();
            }
        }
        self
    }

    /// With the rows of another one.
    pub fn and(mut self, other: &Self) -> Self {
        for (input, rows) in &mut self.inputs {
            *rows = concat_batches(&rows.schema(), [&*rows, &other.inputs[input]]).unwrap();
        }
        self
    }

    /// One row of each input, the first one by its day that counts as an order or as paid, under
    /// the id of one more customer. Whatever has it begins when this one does.
    pub fn first_rows(&self, id: i64) -> Self {
        let mut inputs = self.inputs.clone();
        for rows in inputs.values_mut() {
            let first = days(rows).map(|days| {
                let counting = (0..rows.num_rows()).filter(|row| counts(rows, *row));
                counting.filter(|row| days.is_valid(*row)).min_by_key(|row| days.value(*row))
            });
            *rows = first.flatten().map_or_else(|| rows.slice(0, 0), |row| rows.slice(row, 1));
        }
        let one = Self { pipeline: self.pipeline.clone(), inputs };
        one.with_customers(|_| id).with_visitors(|_| format!("visitor {id}"))
    }

    /// The tables of a run, and what the run says of itself.
    pub fn run(&self) -> (Tables, Json) {
        let folder = Folder::new();
        let mut pipeline = self.clone();
        for (input, rows) in &self.inputs {
            let size = rows.num_rows().div_ceil(FILES).max(1);
            for (file, from) in (0..rows.num_rows().max(1)).step_by(size).enumerate() {
                let rows = rows.slice(from, size.min(rows.num_rows() - from));
                write(&folder.path(&format!("{input}/{file}.parquet")), &rows);
            }
            pipeline = pipeline.with(&format!("inputs.{input}.path"), input.as_str());
        }
        folder.write("pipeline.toml", &pipeline.pipeline.to_string());
        folder.kohort_succeeds("run pipeline.toml --quiet");
        (tables(&folder), folder.record())
    }
}

/// The rows of an input of a sample, in a file or in a file for each month.
fn rows_of(folder: &Folder, input: &str) -> RecordBatch {
    let months = folder.names(&format!("made/{input}"));
    if months.is_empty() {
        return read(&folder.path(&format!("made/{input}.parquet")));
    }
    let of_month = |name: &String| read(&folder.path(&format!("made/{input}/{name}")));
    let months: Vec<_> = months.iter().map(of_month).collect();
    concat_batches(&months[0].schema(), &months).unwrap()
}

/// The day of each row: that of the first column with days or times.
fn days(rows: &RecordBatch) -> Option<arrow::array::Date32Array> {
    let column = rows.columns().iter().find(|column| column.data_type().is_temporal())?;
    Some(cast(column, &DataType::Date32).unwrap().as_primitive::<Date32Type>().clone())
}

/// Whether a row makes its customer one, as far as its own columns tell.
fn counts(rows: &RecordBatch, row: usize) -> bool {
    let column = |name: &str| rows.column_by_name(name).filter(|column| column.is_valid(row));
    let is_sale = column("status").is_none_or(|status| {
        status.as_string_opt::<i32>().is_some_and(|status| status.value(row) == "completed")
    });
    let is_trial = column("trial").is_some_and(|trial| trial.as_boolean().value(row));
    let is_worth_something = column("amount")
        .is_none_or(|amount| amount.as_primitive::<Decimal128Type>().value(row) > 0);
    is_sale && !is_trial && is_worth_something
}
