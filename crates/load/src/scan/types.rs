//! From what a footer says of a column to the type that it has in frames.

use polars::prelude::{DataType, TimeUnit, TimeZone};

/// How the values of a column are stored; the numbers are those of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    Boolean,
    Int32,
    Int64,
    Int96,
    Float,
    Double,
    Bytes,
    /// Of so many bytes each.
    Fixed(i32),
}

impl Stored {
    pub fn number(self) -> i64 {
        match self {
            Self::Boolean => 0,
            Self::Int32 => 1,
            Self::Int64 => 2,
            Self::Int96 => 3,
            Self::Float => 4,
            Self::Double => 5,
            Self::Bytes => 6,
            Self::Fixed(_) => 7,
        }
    }

    fn new(number: i64, length: i64) -> Option<Self> {
        Some(match number {
            0 => Self::Boolean,
            1 => Self::Int32,
            2 => Self::Int64,
            3 => Self::Int96,
            4 => Self::Float,
            5 => Self::Double,
            6 => Self::Bytes,
            7 => Self::Fixed(i32::try_from(length).ok().filter(|length| *length > 0)?),
            _ => return None,
        })
    }
}

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Boolean,
    /// Of so many bits, with a sign or without.
    Integer(u8, bool),
    Float16,
    Float32,
    Float64,
    /// Digits, and how many of them are decimal places.
    Decimal(u8, u8),
    Date,
    /// Whether it is a moment, which is kept in UTC, or what a clock on the wall shows.
    Timestamp(TimeUnit, bool),
    /// A moment as a day and nanoseconds of it, in 12 bytes.
    Int96,
    Text,
    Uuid,
    Binary,
    Null,
}

impl Form {
    /// The type in frames.
    pub fn dtype(self) -> DataType {
        match self {
            Self::Boolean => DataType::Boolean,
            Self::Integer(8, true) => DataType::Int8,
            Self::Integer(16, true) => DataType::Int16,
            Self::Integer(32, true) => DataType::Int32,
            Self::Integer(_, true) => DataType::Int64,
            Self::Integer(8, false) => DataType::UInt8,
            Self::Integer(16, false) => DataType::UInt16,
            Self::Integer(32, false) => DataType::UInt32,
            Self::Integer(_, false) => DataType::UInt64,
            Self::Float16 | Self::Float32 => DataType::Float32,
            Self::Float64 => DataType::Float64,
            Self::Decimal(digits, scale) => DataType::Decimal(digits.into(), scale.into()),
            Self::Date => DataType::Date,
            Self::Timestamp(unit, is_moment) => {
                DataType::Datetime(unit, is_moment.then_some(TimeZone::UTC))
            }
            Self::Int96 => DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
            Self::Text | Self::Uuid => DataType::String,
            Self::Binary => DataType::Binary,
            Self::Null => DataType::Null,
        }
    }

    /// Whether the frame gets it as bytes first, and then as what it is.
    pub fn is_converted(self) -> bool {
        matches!(self, Self::Float16 | Self::Int96 | Self::Uuid)
    }
}

/// The meaning that a file gives to the values of a column or to a group of columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Meaning {
    #[default]
    None,
    Text,
    Map,
    List,
    Decimal,
    Date,
    Time,
    /// Whether it is a moment.
    Timestamp(TimeUnit, bool),
    /// Of so many bits, with a sign or without.
    Integer(u8, bool),
    Null,
    Binary,
    Uuid,
    Float16,
    Interval,
    Variant,
    Geometry,
    Geography,
    /// By its number.
    Unknown(i64),
}

impl Meaning {
    /// Of the older of the two lists of meanings. Its times are read as most readers do, without a
    /// zone: writers did not agree on what they were.
    pub fn converted(number: i64) -> Self {
        match number {
            0 | 4 | 19 => Self::Text,
            1 | 2 => Self::Map,
            3 => Self::List,
            5 => Self::Decimal,
            6 => Self::Date,
            7 | 8 => Self::Time,
            9 => Self::Timestamp(TimeUnit::Milliseconds, false),
            10 => Self::Timestamp(TimeUnit::Microseconds, false),
            11 => Self::Integer(8, false),
            12 => Self::Integer(16, false),
            13 => Self::Integer(32, false),
            14 => Self::Integer(64, false),
            15 => Self::Integer(8, true),
            16 => Self::Integer(16, true),
            17 => Self::Integer(32, true),
            18 => Self::Integer(64, true),
            20 => Self::Binary,
            21 => Self::Interval,
            other => Self::Unknown(other),
        }
    }
}

/// A column or a group of columns, as the footer describes it.
#[derive(Clone, Debug, Default)]
pub(super) struct Element {
    pub name: String,
    /// How it is stored: a number and a length, and none of a group.
    pub stored: Option<i64>,
    pub length: i64,
    /// 0 is always there, 1 perhaps, 2 any number of times.
    pub repetition: i64,
    pub children: usize,
    pub meaning: Meaning,
    pub digits: i64,
    pub scale: i64,
}

/// What can be read, or else the type in words.
pub(super) fn readable(element: &Element) -> Result<(Stored, Form), String> {
    let stored = element.stored.and_then(|number| Stored::new(number, element.length));
    let stored = stored.ok_or_else(|| "unknown to this version".to_owned())?;
    form(stored, element).map(|form| (stored, form)).ok_or_else(|| named(stored, element))
}

fn form(stored: Stored, element: &Element) -> Option<Form> {
    Some(match (stored, element.meaning) {
        (_, Meaning::Null) => Form::Null,
        (_, Meaning::Decimal) => decimal(stored, element.digits, element.scale)?,
        (Stored::Boolean, Meaning::None) => Form::Boolean,
        (Stored::Int32, Meaning::None) => Form::Integer(32, true),
        (Stored::Int64, Meaning::None) => Form::Integer(64, true),
        (Stored::Int32, Meaning::Integer(bits @ (8 | 16 | 32), sign)) => Form::Integer(bits, sign),
        (Stored::Int64, Meaning::Integer(64, sign)) => Form::Integer(64, sign),
        (Stored::Int32, Meaning::Date) => Form::Date,
        (Stored::Int64, Meaning::Timestamp(unit, is_moment)) => Form::Timestamp(unit, is_moment),
        (Stored::Int96, _) => Form::Int96,
        (Stored::Float, Meaning::None) => Form::Float32,
        (Stored::Double, Meaning::None) => Form::Float64,
        (Stored::Fixed(2), Meaning::Float16) => Form::Float16,
        (Stored::Fixed(16), Meaning::Uuid) => Form::Uuid,
        (Stored::Bytes, Meaning::Text) => Form::Text,
        (Stored::Bytes | Stored::Fixed(_), Meaning::None | Meaning::Binary) => Form::Binary,
        _ => return None,
    })
}

/// Decimals of up to 38 digits, which fit into 128 bits.
fn decimal(stored: Stored, digits: i64, scale: i64) -> Option<Form> {
    let most = match stored {
        Stored::Int32 => 9,
        Stored::Int64 => 18,
        Stored::Bytes | Stored::Fixed(1..=32) => 38,
        _ => return None,
    };
    let fits = (1..=most).contains(&digits) && (0..=digits).contains(&scale);
    fits.then_some(Form::Decimal(u8::try_from(digits).ok()?, u8::try_from(scale).ok()?))
}

/// A type that can't be read, in the words of the format.
fn named(stored: Stored, element: &Element) -> String {
    let Element { digits, scale, .. } = element;
    match element.meaning {
        Meaning::Decimal => format!("DECIMAL({digits}, {scale})"),
        Meaning::Time => "TIME".to_owned(),
        Meaning::Interval => "INTERVAL".to_owned(),
        Meaning::Variant => "VARIANT".to_owned(),
        Meaning::Geometry => "GEOMETRY".to_owned(),
        Meaning::Geography => "GEOGRAPHY".to_owned(),
        Meaning::Unknown(number) => format!("unknown to this version (number {number})"),
        meaning => format!("{meaning:?} stored as {stored:?}").to_uppercase(),
    }
}

/// What a group of columns is, in words.
pub(super) fn group_named(element: &Element) -> &'static str {
    match element.meaning {
        Meaning::List => "LIST",
        Meaning::Map => "MAP",
        Meaning::Variant => "VARIANT",
        _ if element.repetition == 2 => "LIST",
        _ => "STRUCT",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How it is stored, what it means, digits and decimal places; the type in frames.
    type Case = ((i64, i64), Meaning, (i64, i64), Result<DataType, &'static str>);

    #[test]
    fn types_are_those_of_the_values_or_told_in_words() {
        let milli = TimeUnit::Milliseconds;
        let utc = Some(TimeZone::UTC);
        let cases: [Case; 22] = [
            ((0, 0), Meaning::None, (0, 0), Ok(DataType::Boolean)),
            ((1, 0), Meaning::Integer(8, false), (0, 0), Ok(DataType::UInt8)),
            ((1, 0), Meaning::Date, (0, 0), Ok(DataType::Date)),
            ((1, 0), Meaning::Time, (0, 0), Err("TIME")),
            ((1, 0), Meaning::Decimal, (9, 2), Ok(DataType::Decimal(9, 2))),
            ((1, 0), Meaning::Decimal, (10, 2), Err("DECIMAL(10, 2)")),
            ((1, 0), Meaning::Integer(64, true), (0, 0), Err("INTEGER(64, TRUE) STORED AS INT32")),
            ((2, 0), Meaning::Integer(64, false), (0, 0), Ok(DataType::UInt64)),
            ((2, 0), Meaning::Timestamp(milli, true), (0, 0), Ok(DataType::Datetime(milli, utc))),
            ((2, 0), Meaning::converted(9), (0, 0), Ok(DataType::Datetime(milli, None))),
            ((3, 0), Meaning::None, (0, 0), Ok(Form::Int96.dtype())),
            ((4, 0), Meaning::None, (0, 0), Ok(DataType::Float32)),
            ((6, 0), Meaning::Text, (0, 0), Ok(DataType::String)),
            ((6, 0), Meaning::None, (0, 0), Ok(DataType::Binary)),
            ((6, 0), Meaning::Geometry, (0, 0), Err("GEOMETRY")),
            ((6, 0), Meaning::Unknown(99), (0, 0), Err("unknown to this version (number 99)")),
            ((7, 2), Meaning::Float16, (0, 0), Ok(DataType::Float32)),
            ((7, 16), Meaning::Uuid, (0, 0), Ok(DataType::String)),
            ((7, 16), Meaning::Decimal, (38, 38), Ok(DataType::Decimal(38, 38))),
            ((7, 20), Meaning::Decimal, (39, 0), Err("DECIMAL(39, 0)")),
            ((7, 12), Meaning::Interval, (0, 0), Err("INTERVAL")),
            ((9, 0), Meaning::None, (0, 0), Err("unknown to this version")),
        ];
        for ((stored, length), meaning, (digits, scale), expected) in cases {
            let stored = Some(stored);
            let element = Element { stored, length, meaning, digits, scale, ..Element::default() };
            let found = readable(&element).map(|(_, form)| form.dtype());
            assert_eq!(found, expected.map_err(str::to_owned), "{element:?}");
        }
    }
}
