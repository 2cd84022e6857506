//! From computed columns to series.

use polars::prelude::{
    BooleanChunked, ChunkedArray, DataType, Float64Type, Int32Type, Int64Type, Int128Type,
    IntoSeries, NewChunkedArray, PlSmallStr, PolarsNumericType, Series, StringChunkedBuilder,
    TimeUnit, TimeZone, UInt64Type,
};

use crate::column::{Column, Failure, NULL, VALUE, Values};
use crate::lookup::Missed;
use crate::number::OVERFLOW;
use crate::types::{Exact, FRACTION_SCALE, Type};

/// What a mapped value gives for the rows of a frame.
#[derive(Debug)]
pub struct Evaluated {
    /// One value a row; NULL where there is none.
    pub values: Series,
    /// Rows whose value could not be computed, in order.
    pub failures: Vec<(usize, Failure)>,
    /// Rows of a quotient that had digits beyond the wanted scale, and was rounded.
    pub rounded: u64,
    /// The rows in which lookups lack a key.
    pub missed: Vec<Missed>,
}

/// Gathers the values of stretches of rows.
pub(crate) struct Output {
    ty: Type,
    /// Decimal places of a fraction.
    scale: u16,
    /// Whether integers are unsigned.
    is_unsigned: bool,
    values: Gathered,
    /// Marks of all rows, from the first on that has one.
    marks: Vec<u8>,
    rows: usize,
    rounded: u64,
}

enum Gathered {
    Integers(Vec<i64>),
    Unsigned(Vec<u64>),
    Wide(Vec<i128>),
    Doubles(Vec<f64>),
    Days(Vec<i32>),
    Bools(Vec<bool>),
    Texts(StringChunkedBuilder),
    Nulls,
}

impl Output {
    pub fn new(ty: Type, scale: Option<u16>, is_unsigned: bool, rows: usize) -> Self {
        let values = match ty {
            Type::Exact(Exact { scale: 0, .. }) if is_unsigned => {
                Gathered::Unsigned(Vec::with_capacity(rows))
            }
            Type::Exact(Exact { digits: 0..=19, scale: 0 }) => {
                Gathered::Integers(Vec::with_capacity(rows))
            }
            Type::Exact(_) | Type::Fraction => Gathered::Wide(Vec::with_capacity(rows)),
            Type::Double => Gathered::Doubles(Vec::with_capacity(rows)),
            Type::Date => Gathered::Days(Vec::with_capacity(rows)),
            Type::Timestamp | Type::Instant => Gathered::Integers(Vec::with_capacity(rows)),
            Type::Bool => Gathered::Bools(Vec::with_capacity(rows)),
            Type::Text => Gathered::Texts(StringChunkedBuilder::new(PlSmallStr::EMPTY, rows)),
            Type::Null | Type::Binary | Type::Interval => Gathered::Nulls,
        };
        let scale = scale.unwrap_or(FRACTION_SCALE);
        Self { ty, scale, is_unsigned, values, marks: Vec::new(), rows: 0, rounded: 0 }
    }

    /// Adds the values of some more rows.
    pub fn push(&mut self, column: &Column<'_>, rows: usize) {
        if column.marks.any() || !self.marks.is_empty() {
            self.marks.resize(self.rows, VALUE);
            self.marks.extend((0..rows).map(|row| column.marks.at(row)));
        }
        let mut misfits = Vec::new();
        let each = 0..rows;
        match &mut self.values {
            Gathered::Integers(into) => match &column.values {
                Values::Time(cells) => into.extend(each.map(|row| cells.at(row))),
                Values::Narrow(cells) => into.extend(each.map(|row| cells.at(row))),
                _ => {
                    let cells = column.wide();
                    into.extend(each.map(|row| {
                        i64::try_from(cells.at(row)).unwrap_or_else(|_| {
                            misfits.push(row);
                            0
                        })
                    }));
                }
            },
            Gathered::Unsigned(into) => {
                let cells = column.wide();
                into.extend(each.map(|row| u64::try_from(cells.at(row)).unwrap_or_default()));
            }
            Gathered::Wide(into) => {
                if self.ty == Type::Fraction {
                    let (ratios, scale) = (column.ratios(), self.scale);
                    for row in each {
                        let has_value = column.marks.at(row) == VALUE;
                        match has_value.then(|| ratios.at(row).rounded(scale)) {
                            Some(Some((digits, is_rounded))) => {
                                self.rounded += u64::from(is_rounded);
                                into.push(digits);
                            }
                            Some(None) => {
                                misfits.push(row);
                                into.push(0);
                            }
                            None => into.push(0),
                        }
                    }
                } else {
                    let cells = column.wide();
                    into.extend(each.map(|row| cells.at(row)));
                }
            }
            Gathered::Doubles(into) => {
                let cells = column.doubles();
                into.extend(each.map(|row| cells.at(row)));
            }
            Gathered::Days(into) => {
                let cells = column.dates();
                into.extend(each.map(|row| cells.at(row)));
            }
            Gathered::Bools(into) => {
                let cells = column.bools();
                into.extend(each.map(|row| cells.at(row)));
            }
            Gathered::Texts(into) => {
                for row in each {
                    let has_value = column.marks.at(row) == VALUE;
                    into.append_option(has_value.then(|| column.text(row)));
                }
            }
            Gathered::Nulls => (),
        }
        for row in misfits {
            if column.marks.at(row) == VALUE {
                self.marks.resize(self.rows + rows, VALUE);
                self.marks[self.rows + row] = OVERFLOW;
            }
        }
        self.rows += rows;
    }

    pub fn finish(self) -> Evaluated {
        let Self { ty, scale, is_unsigned, values, marks, rows, rounded } = self;
        let has_marks = marks.iter().any(|mark| *mark != VALUE);
        let marks = if has_marks { &*marks } else { &[] };
        let name = PlSmallStr::EMPTY;
        let values = match values {
            Gathered::Integers(values) => {
                let numbers = numbers::<Int64Type>(values, marks);
                match ty {
                    Type::Timestamp => numbers.into_datetime(TimeUnit::Microseconds, None),
                    Type::Instant => {
                        numbers.into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))
                    }
                    _ => numbers,
                }
            }
            Gathered::Unsigned(values) => numbers::<UInt64Type>(values, marks),
            Gathered::Wide(values) => {
                let scale = match ty {
                    Type::Exact(exact) => exact.scale,
                    _ => scale,
                };
                let values = wide(values, marks);
                values.into_decimal_unchecked(38, scale.into()).into_series()
            }
            Gathered::Doubles(values) => numbers::<Float64Type>(values, marks),
            Gathered::Days(values) => numbers::<Int32Type>(values, marks).into_date(),
            Gathered::Bools(values) if marks.is_empty() => {
                BooleanChunked::from_slice(name, &values).into_series()
            }
            Gathered::Bools(values) => {
                let values = values.iter().zip(marks);
                values
                    .map(|(value, mark)| (*mark == VALUE).then_some(*value))
                    .collect::<BooleanChunked>()
                    .into_series()
            }
            Gathered::Texts(values) => values.finish().into_series(),
            Gathered::Nulls => Series::full_null(name, rows, &dtype(ty, None, is_unsigned)),
        };
        let failure = |(row, mark): (usize, &u8)| {
            let failure = Failure::ALL.into_iter().find(|failure| *failure as u8 == *mark);
            failure.map(|failure| (row, failure))
        };
        let failures = marks.iter().enumerate().filter(|(_, mark)| **mark > NULL);
        let failures = failures.filter_map(failure).collect();
        Evaluated { values, failures, rounded, missed: Vec::new() }
    }
}

/// The type of the series of a type's values.
pub(crate) fn dtype(ty: Type, scale: Option<u16>, is_unsigned: bool) -> DataType {
    match ty {
        Type::Exact(Exact { scale: 0, .. }) if is_unsigned => DataType::UInt64,
        Type::Fraction => DataType::Decimal(38, scale.unwrap_or(FRACTION_SCALE).into()),
        ty => ty.dtype(),
    }
}

fn numbers<T: PolarsNumericType>(values: Vec<T::Native>, marks: &[u8]) -> Series
where
    ChunkedArray<T>: IntoSeries,
{
    let name = PlSmallStr::EMPTY;
    if marks.is_empty() {
        return ChunkedArray::<T>::from_vec(name, values).into_series();
    }
    let values = values.into_iter().zip(marks);
    let values = values.map(|(value, mark)| (*mark == VALUE).then_some(value));
    ChunkedArray::<T>::from_iter_options(name, values).into_series()
}

fn wide(values: Vec<i128>, marks: &[u8]) -> ChunkedArray<Int128Type> {
    let name = PlSmallStr::EMPTY;
    if marks.is_empty() {
        return ChunkedArray::from_vec(name, values);
    }
    let values = values.into_iter().zip(marks);
    let values = values.map(|(value, mark)| (*mark == VALUE).then_some(value));
    ChunkedArray::from_iter_options(name, values)
}
