//! Tables that are divided by the values of a column, as Hive and Spark lay them out:
//! `<table>/<column>=<value>/part-0.parquet`. The column is not in the files.

mod read;
mod write;

use std::fmt::Write;

use arrow::array::{Array, ArrayRef, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field};
use parquet::errors::ParquetError;
use serde::{Deserialize, Serialize};

pub(crate) use read::{PartTable, Rows, parts_in};
pub(crate) use write::Parts;

/// How NULL is written.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";
/// Where a file's metadata describe the column that it lacks.
const NOTE: &str = "kohort.partition";

/// The column that the files lack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Partition {
    name: String,
    /// Its place among the columns of the table.
    column: usize,
    #[serde(rename = "type")]
    ty: Type,
    nullable: bool,
    description: Option<String>,
    unit: Option<String>,
    /// The file's place among those of the table.
    part: usize,
}

/// The types of columns by which tables are divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Type {
    Text,
    Date,
    Int32,
    Int64,
}

impl Type {
    const ALL: [(Self, DataType); 4] = [
        (Self::Text, DataType::Utf8),
        (Self::Date, DataType::Date32),
        (Self::Int32, DataType::Int32),
        (Self::Int64, DataType::Int64),
    ];

    fn data_type(self) -> DataType {
        let [text, date, int32, int64] = Self::ALL.map(|(_, data_type)| data_type);
        match self {
            Self::Text => text,
            Self::Date => date,
            Self::Int32 => int32,
            Self::Int64 => int64,
        }
    }
}

impl Partition {
    /// The column at `column` of a table.
    ///
    /// # Panics
    /// Where it is of a type that [`crate::Layout::can_partition_by`] refuses.
    fn by_column(field: &Field, column: usize) -> Self {
        let found = Type::ALL.into_iter().find(|(_, data_type)| data_type == field.data_type());
        let (ty, _) = found.expect("a column of texts, days or whole numbers");
        let note = |key| field.metadata().get(key).cloned();
        let (description, unit) = (note("description"), note("unit"));
        let (name, nullable) = (field.name().clone(), field.is_nullable());
        Self { name, column, ty, nullable, description, unit, part: 0 }
    }

    fn field(&self) -> Field {
        let notes = [("description", &self.description), ("unit", &self.unit)];
        let notes = notes.into_iter().filter_map(|(key, note)| Some((key.into(), note.clone()?)));
        Field::new(&self.name, self.ty.data_type(), self.nullable).with_metadata(notes.collect())
    }

    /// The name of the folder of a value.
    fn folder(&self, value: Option<&str>) -> String {
        let mut folder = format!("{}=", self.name);
        match value {
            None => folder.push_str(NULL),
            // The text, not NULL.
            Some(NULL) => folder.extend(["%5F", &NULL[1..]]),
            Some(text) => escape(text, &mut folder),
        }
        folder
    }

    /// The value that a folder is named after, in an array of one.
    fn value(&self, folder: &str) -> Result<ArrayRef, ParquetError> {
        let wrong = || {
            let Self { name, ty, .. } = self;
            let ty = ty.data_type();
            ParquetError::General(format!("folder {folder:?} names no value of {name} ({ty})"))
        };
        let text = folder.strip_prefix(&self.name).and_then(|rest| rest.strip_prefix('='));
        let text = match text.ok_or_else(wrong)? {
            NULL if self.nullable => None,
            text => Some(unescape(text).ok_or_else(wrong)?),
        };
        let value = cast(&StringArray::from(vec![text.as_deref()]), &self.ty.data_type())?;
        if value.is_null(0) == text.is_none() { Ok(value) } else { Err(wrong()) }
    }
}

/// Appends `text`, with what Hive escapes as `%` and two digits.
fn escape(text: &str, to: &mut String) {
    for letter in text.chars() {
        if letter.is_ascii_control() || "\"#%'*/:=?\\{[]^".contains(letter) {
            let _ = write!(to, "%{:02X}", u32::from(letter));
        } else {
            to.push(letter);
        }
    }
}

/// What was escaped; `None` where a `%` is followed by something else.
fn unescape(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(ty: DataType) -> Partition {
        Partition::by_column(&Field::new("key", ty, true), 0)
    }

    #[test]
    fn folders_tell_values() {
        let text = |value| (DataType::Utf8, value);
        let cases = [
            (text(Some("month")), "key=month"),
            (text(None), "key=__HIVE_DEFAULT_PARTITION__"),
            (text(Some(NULL)), "key=%5F_HIVE_DEFAULT_PARTITION__"),
            (text(Some("")), "key="),
            (text(Some(".")), "key=."),
            (text(Some("a b+c&d")), "key=a b+c&d"),
            (text(Some("Österreich, 日本")), "key=Österreich, 日本"),
            (text(Some("1/2=50% of \\n?")), "key=1%2F2%3D50%25 of %5Cn%3F"),
            (text(Some("\0\n\"'#*:[]{}^\x7f")), "key=%00%0A%22%27%23%2A%3A%5B%5D%7B}%5E%7F"),
            ((DataType::Date32, Some("2024-02-29")), "key=2024-02-29"),
            ((DataType::Date32, None), "key=__HIVE_DEFAULT_PARTITION__"),
            ((DataType::Int32, Some("-7")), "key=-7"),
            ((DataType::Int64, Some("9223372036854775807")), "key=9223372036854775807"),
        ];
        for ((ty, value), folder) in cases {
            let partition = partition(ty.clone());
            assert_eq!(partition.folder(value), folder);
            let read = cast(&partition.value(folder).unwrap(), &DataType::Utf8).unwrap();
            assert_eq!(*read, StringArray::from(vec![value]), "{folder}");
        }
    }

    #[test]
    fn other_folders_tell_none() {
        let cases = [
            (DataType::Utf8, "kex=a"),
            (DataType::Utf8, "key"),
            (DataType::Utf8, "key=%"),
            (DataType::Utf8, "key=%4"),
            (DataType::Utf8, "key=%+4"),
            (DataType::Utf8, "key=%ff"),
            (DataType::Date32, "key=2024-02-30"),
            (DataType::Int32, "key=2147483648"),
            (DataType::Int64, "key="),
        ];
        for (ty, folder) in cases {
            let error = partition(ty.clone()).value(folder).unwrap_err().to_string();
            let expected = format!("folder {folder:?} names no value of key ({ty})");
            assert!(error.ends_with(&expected), "{error}");
        }
        let never_null = Partition { nullable: false, ..partition(DataType::Date32) };
        assert!(never_null.value("key=__HIVE_DEFAULT_PARTITION__").is_err());
    }
}
