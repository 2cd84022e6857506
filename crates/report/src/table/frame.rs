//! Selected rows of a table, cell by cell.

use kohort_model::view::{Order, Percent, Where};
use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt64Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, SchemaRef,
};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use kohort_model::{Day, shown};

use crate::grid::Align;
use crate::number::group;
use crate::table::NULL;

/// What a metric has.
const VALUES: [&str; 4] = ["value", "previous_value", "change", "threshold"];

/// Rows of a table.
#[derive(Clone, Debug)]
pub struct Frame {
    batch: RecordBatch,
    /// What is shown in percent.
    pub percent: Percent,
}

impl Frame {
    pub fn new(batch: RecordBatch, percent: Percent) -> Self {
        Self { batch, percent }
    }

    /// The rows of all, which have the columns of `schema`.
    pub fn concat(
        schema: &SchemaRef,
        frames: &[Self],
        percent: Percent,
    ) -> Result<Self, ArrowError> {
        let batches = frames.iter().map(|frame| &frame.batch);
        Ok(Self::new(concat_batches(schema, batches)?, percent))
    }

    pub fn schema(&self) -> SchemaRef {
        self.batch.schema()
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.batch.num_rows()
    }

    /// Whether there is a column of this name.
    pub fn has(&self, column: &str) -> bool {
        self.batch.column_by_name(column).is_some()
    }

    /// The rows for which `keep` holds.
    pub fn filter(&self, keep: impl Fn(usize) -> bool) -> Result<Self, ArrowError> {
        self.take((0..self.len()).filter(|row| keep(*row)))
    }

    /// Whether a row is of a kind.
    pub fn is(&self, Where(column, word): Where, row: usize) -> bool {
        self.word(column, row).as_deref() == word
    }

    /// The rows that are of all these kinds.
    pub fn only(&self, of: &[Where]) -> Result<Self, ArrowError> {
        self.filter(|row| of.iter().all(|of| self.is(*of, row)))
    }

    /// The first `limit` rows in an order; those without a value come last.
    pub fn first(&self, order: Order, limit: usize) -> Result<Self, ArrowError> {
        let weight = |row| match order {
            Order::Highest(column) | Order::Latest(column) => self.number(column, row),
            Order::Largest(column) => self.number(column, row).map(f64::abs),
            Order::Farthest(column, from) => {
                self.number(column, row).map(|number| (number - from).abs())
            }
        };
        let mut rows: Vec<_> = (0..self.len()).map(|row| (weight(row), row)).collect();
        // Stable, so that equal ones stay in order of their keys.
        rows.sort_by(|(one, _), (other, _)| match (one, other) {
            (Some(one), Some(other)) => other.total_cmp(one),
            _ => other.is_some().cmp(&one.is_some()),
        });
        self.take(rows.into_iter().take(limit).map(|(_, row)| row))
    }

    /// These rows, in this order.
    pub fn take(&self, rows: impl Iterator<Item = usize>) -> Result<Self, ArrowError> {
        let rows = UInt64Array::from_iter_values(rows.map(|row| row as u64));
        Ok(Self::new(take_record_batch(&self.batch, &rows)?, self.percent))
    }

    /// The rows from `start` to before `end`.
    pub fn slice(&self, start: usize, end: usize) -> Self {
        Self::new(self.batch.slice(start, end - start), self.percent)
    }

    /// The different whole numbers or days of a column, in order.
    pub fn integers(&self, column: &str) -> BTreeSet<i128> {
        (0..self.len()).filter_map(|row| self.integer(column, row)).collect()
    }

    /// The rows of each value of a text column, in order of the values, those without one first.
    pub fn parts(&self, column: &str) -> Result<Vec<(Option<String>, Self)>, ArrowError> {
        let mut parts: BTreeMap<Option<String>, Vec<usize>> = BTreeMap::new();
        for row in 0..self.len() {
            parts.entry(self.word(column, row)).or_default().push(row);
        }
        parts.into_iter().map(|(value, rows)| Ok((value, self.take(rows.into_iter())?))).collect()
    }

    /// The different texts of a column.
    pub fn words(&self, column: &str) -> BTreeSet<String> {
        (0..self.len()).filter_map(|row| self.word(column, row)).collect()
    }

    /// A day, in days since 1970-01-01.
    pub fn day(&self, column: &str, row: usize) -> Option<i32> {
        let array = self.valid(column, row)?;
        array.as_primitive_opt::<Date32Type>().map(|days| days.value(row))
    }

    /// Whether the column has a value in any row.
    pub fn has_value(&self, column: &str) -> bool {
        (0..self.len()).any(|row| self.valid(column, row).is_some())
    }

    /// A whole number, or a day in days since 1970-01-01.
    pub fn integer(&self, column: &str, row: usize) -> Option<i128> {
        let array = self.valid(column, row)?;
        match array.data_type() {
            DataType::Date32 => Some(array.as_primitive::<Date32Type>().value(row).into()),
            DataType::Int32 => Some(array.as_primitive::<Int32Type>().value(row).into()),
            DataType::Int64 => Some(array.as_primitive::<Int64Type>().value(row).into()),
            DataType::Decimal128(..) => Some(array.as_primitive::<Decimal128Type>().value(row)),
            _ => None,
        }
    }

    /// A number, for pictures: money is in minor units, and the last digits are lost.
    #[expect(clippy::cast_precision_loss, reason = "a colour has some ten shades")]
    pub fn number(&self, column: &str, row: usize) -> Option<f64> {
        if let Some(integer) = self.integer(column, row) {
            return Some(integer as f64);
        }
        let array = self.valid(column, row)?;
        array.as_primitive_opt::<Float64Type>().map(|numbers| numbers.value(row))
    }

    /// Whether a flag is set; a column that is not there counts as `missing`.
    pub fn flag(&self, column: &str, row: usize, missing: bool) -> bool {
        let array = self.valid(column, row).and_then(|array| array.as_boolean_opt());
        array.map_or(missing, |flags| flags.value(row))
    }

    /// Whether the row will not change any more: its period is over, and so is what comes after it.
    pub fn is_final(&self, row: usize) -> bool {
        self.flag("is_complete", row, true) && self.flag("is_mature", row, true)
    }

    /// Whether the column holds numbers.
    pub fn is_number(&self, column: &str) -> bool {
        self.batch.column_by_name(column).is_some_and(|array| {
            matches!(
                array.data_type(),
                DataType::Int32 | DataType::Int64 | DataType::Float64 | DataType::Decimal128(..)
            )
        })
    }

    /// What the column counts in; nothing where it holds names, ids and the like.
    fn unit(&self, column: &str) -> Option<&str> {
        let field = self.batch.schema_ref().field_with_name(column).ok()?;
        field.metadata().get("unit").map(String::as_str)
    }

    /// Whether the column is shown in percent.
    pub fn is_share(&self, column: &str) -> bool {
        !self.percent.multiples.contains(&column) && self.unit(column) == Some("ratio")
    }

    /// Whether the row is of a metric that is shown in percent: their values have one column, which
    /// has no unit.
    fn is_share_of(&self, column: &str, row: usize) -> bool {
        let is_share = |metric: String| (self.percent.is_metric)(&metric);
        VALUES.contains(&column) && self.word("metric", row).is_some_and(is_share)
    }

    /// Why the value of a share is above 1, where it is and may be.
    pub fn above_one(&self, column: &str, row: usize) -> Option<&'static str> {
        let array = self.valid(column, row)?.as_primitive_opt::<Float64Type>()?;
        if array.value(row) <= 1.0 {
            None
        } else if self.is_share_of(column, row) {
            (self.percent.metric_exceeds)(&self.word("metric", row)?)
        } else {
            let mut marked = self.percent.exceeds.iter();
            marked.find(|exceeds| exceeds.column == column).map(|exceeds| exceeds.why)
        }
    }

    /// Numbers to the right, all else to the left.
    pub fn align(&self, column: &str) -> Align {
        if self.is_number(column) { Align::Right } else { Align::Left }
    }

    /// The cell as people read it: shares in percent (without the sign), averages with two decimal
    /// places, numbers without a unit with four, money with all of them.
    pub fn text(&self, column: &str, row: usize) -> String {
        let Some(array) = self.valid(column, row) else { return NULL.to_owned() };
        match array.data_type() {
            DataType::Date32 => Day(array.as_primitive::<Date32Type>().value(row)).to_string(),
            DataType::Float64 => {
                let number = array.as_primitive::<Float64Type>().value(row);
                match self.unit(column) {
                    _ if self.is_share(column) => share(number),
                    _ if self.is_share_of(column, row) => format!("{} %", share(number)),
                    None if self.has("metric") => group(&format!("{number:.2}")),
                    Some(_) => group(&format!("{number:.2}")),
                    // Parameters of models are often well below 1.
                    None => group(&format!("{number:.4}")),
                }
            }
            DataType::Boolean => (if self.flag(column, row, false) { "yes" } else { "no" }).into(),
            // The digits of an id are no quantity.
            _ if self.is_number(column) && self.unit(column).is_some() => group(&plain(array, row)),
            _ => shown(&plain(array, row)).into_owned(),
        }
    }

    /// Minor units as the cells of money `column` show them.
    pub fn money(&self, column: &str, minor_units: i128) -> String {
        let scale = match self.batch.column_by_name(column).map(|array| array.data_type().clone()) {
            Some(DataType::Decimal128(_, scale)) => scale,
            _ => 0,
        };
        let places = usize::try_from(scale).unwrap_or(0);
        let digits = format!("{:0width$}", minor_units.unsigned_abs(), width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        let sign = if minor_units < 0 { "-" } else { "" };
        let point = if places > 0 { "." } else { "" };
        group(&format!("{sign}{whole}{point}{fraction}"))
    }

    /// The text of a cell that is a text.
    pub fn word(&self, column: &str, row: usize) -> Option<String> {
        self.valid(column, row).map(|array| plain(array, row))
    }

    fn valid(&self, column: &str, row: usize) -> Option<&ArrayRef> {
        self.batch.column_by_name(column).filter(|array| array.is_valid(row))
    }
}

/// A share in percent, without the sign.
pub fn share(number: f64) -> String {
    group(&format!("{:.1}", number * 100.0))
}

fn plain(array: &ArrayRef, row: usize) -> String {
    match ArrayFormatter::try_new(array, &FormatOptions::default()) {
        Ok(formatter) => formatter.value(row).to_string(),
        Err(_) => "?".to_owned(),
    }
}
