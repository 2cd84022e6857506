//! The values of tables, cell by cell.

use std::fmt;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array,
    Float64Array, Int32Array, Int64Array, StringArray, UInt64Array,
};
use arrow::datatypes::DataType;
use kohort_model::Day;

/// A value of a table. Its text is exact: all digits of a number, nothing for NULL.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// True or false.
    Boolean(bool),
    /// An integer of any width.
    Integer(i128),
    /// Money.
    Decimal {
        /// In minor units.
        minor_units: i128,
        /// Decimal places of a whole unit.
        places: u8,
    },
    /// A float.
    Float(f64),
    /// A day.
    Date(Day),
    /// Text.
    Text(String),
    /// An id of bytes, which are written in hexadecimal.
    Bytes(Vec<u8>),
}

impl Value {
    /// What has to be added to the value for it to be `new`: of numbers of one kind, where the
    /// difference has room in 128 bits.
    #[must_use]
    pub fn change(&self, new: &Self) -> Option<Self> {
        match (self, new) {
            (Self::Integer(old), Self::Integer(new)) => new.checked_sub(*old).map(Self::Integer),
            (
                Self::Decimal { minor_units: old, places },
                Self::Decimal { minor_units: new, places: others },
            ) if places == others => {
                let minor_units = new.checked_sub(*old)?;
                Some(Self::Decimal { minor_units, places: *places })
            }
            (Self::Float(old), Self::Float(new)) => Some(Self::Float(new - old)),
            _ => None,
        }
    }

    /// The number nearest to the value, money in whole units; `None` where it is no number.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "the nearest number is asked for")]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(number) => Some(*number as f64),
            Self::Decimal { minor_units, places } => {
                Some(*minor_units as f64 / 10_f64.powi(i32::from(*places)))
            }
            Self::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// The value as JSON.
    #[must_use]
    pub fn json(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Float(number) if !number.is_finite() => "null".to_owned(),
            Self::Boolean(_) | Self::Integer(_) | Self::Decimal { .. } | Self::Float(_) => {
                self.to_string()
            }
            Self::Date(_) | Self::Text(_) | Self::Bytes(_) => {
                serde_json::Value::String(self.to_string()).to_string()
            }
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Boolean(flag) => write!(f, "{flag}"),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Decimal { minor_units, places } => {
                let places = usize::from(*places);
                let digits = format!("{:0width$}", minor_units.unsigned_abs(), width = places + 1);
                let (whole, fraction) = digits.split_at(digits.len() - places);
                let sign = if *minor_units < 0 { "-" } else { "" };
                let point = if places > 0 { "." } else { "" };
                write!(f, "{sign}{whole}{point}{fraction}")
            }
            // The shortest text that is read as the same number.
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Date(day) => write!(f, "{day}"),
            Self::Text(text) => f.write_str(text),
            Self::Bytes(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
        }
    }
}

/// The values of a column of one batch.
#[derive(Clone, Debug)]
pub(super) enum Cells {
    Boolean(BooleanArray),
    Int32(Int32Array),
    Int64(Int64Array),
    UInt64(UInt64Array),
    Decimal(Decimal128Array, u8),
    Float(Float64Array),
    Date(Date32Array),
    Text(StringArray),
    Bytes(BinaryArray),
}

impl Cells {
    /// The values of `array`; `None` where they are of a type that no table has.
    pub fn from_array(array: &ArrayRef) -> Option<Self> {
        Some(match array.data_type() {
            DataType::Boolean => Self::Boolean(array.as_boolean().clone()),
            DataType::Int32 => Self::Int32(array.as_primitive().clone()),
            DataType::Int64 => Self::Int64(array.as_primitive().clone()),
            DataType::UInt64 => Self::UInt64(array.as_primitive().clone()),
            DataType::Decimal128(_, places) => {
                Self::Decimal(array.as_primitive().clone(), u8::try_from(*places).ok()?)
            }
            DataType::Float64 => Self::Float(array.as_primitive().clone()),
            DataType::Date32 => Self::Date(array.as_primitive().clone()),
            DataType::Utf8 => Self::Text(array.as_string().clone()),
            DataType::Binary => Self::Bytes(array.as_binary().clone()),
            _ => return None,
        })
    }

    fn array(&self) -> &dyn Array {
        match self {
            Self::Boolean(cells) => cells,
            Self::Int32(cells) => cells,
            Self::Int64(cells) => cells,
            Self::UInt64(cells) => cells,
            Self::Decimal(cells, _) => cells,
            Self::Float(cells) => cells,
            Self::Date(cells) => cells,
            Self::Text(cells) => cells,
            Self::Bytes(cells) => cells,
        }
    }

    /// The value of a row.
    pub fn value(&self, row: usize) -> Value {
        if self.array().is_null(row) {
            return Value::Null;
        }
        match self {
            Self::Boolean(cells) => Value::Boolean(cells.value(row)),
            Self::Int32(cells) => Value::Integer(cells.value(row).into()),
            Self::Int64(cells) => Value::Integer(cells.value(row).into()),
            Self::UInt64(cells) => Value::Integer(cells.value(row).into()),
            Self::Decimal(cells, places) => {
                Value::Decimal { minor_units: cells.value(row), places: *places }
            }
            Self::Float(cells) => Value::Float(cells.value(row)),
            Self::Date(cells) => Value::Date(Day(cells.value(row))),
            Self::Text(cells) => Value::Text(cells.value(row).to_owned()),
            Self::Bytes(cells) => Value::Bytes(cells.value(row).to_owned()),
        }
    }

    /// Whether a row has the value of a row of `other`: NULL as well as NULL, floats to the last
    /// bit.
    pub fn same(&self, row: usize, other: &Self, other_row: usize) -> bool {
        let is_null = self.array().is_null(row);
        if is_null || other.array().is_null(other_row) {
            return is_null && other.array().is_null(other_row);
        }
        match (self, other) {
            (Self::Boolean(a), Self::Boolean(b)) => a.value(row) == b.value(other_row),
            (Self::Int32(a), Self::Int32(b)) => a.value(row) == b.value(other_row),
            (Self::Int64(a), Self::Int64(b)) => a.value(row) == b.value(other_row),
            (Self::UInt64(a), Self::UInt64(b)) => a.value(row) == b.value(other_row),
            (Self::Decimal(a, places), Self::Decimal(b, others)) => {
                places == others && a.value(row) == b.value(other_row)
            }
            (Self::Float(a), Self::Float(b)) => {
                a.value(row).to_bits() == b.value(other_row).to_bits()
            }
            (Self::Date(a), Self::Date(b)) => a.value(row) == b.value(other_row),
            (Self::Text(a), Self::Text(b)) => a.value(row) == b.value(other_row),
            (Self::Bytes(a), Self::Bytes(b)) => a.value(row) == b.value(other_row),
            _ => false,
        }
    }

    /// The flag of a row.
    pub fn flag(&self, row: usize) -> Option<bool> {
        match self {
            Self::Boolean(cells) => cells.is_valid(row).then(|| cells.value(row)),
            _ => None,
        }
    }

    /// The day of a row.
    pub fn day(&self, row: usize) -> Option<Day> {
        match self {
            Self::Date(cells) => cells.is_valid(row).then(|| Day(cells.value(row))),
            _ => None,
        }
    }

    /// The text of a row.
    pub fn text(&self, row: usize) -> Option<&str> {
        match self {
            Self::Text(cells) => cells.is_valid(row).then(|| cells.value(row)),
            _ => None,
        }
    }
}
