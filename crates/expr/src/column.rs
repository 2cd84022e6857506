//! Columns of values while they are computed: some thousand rows, or one constant.

use std::borrow::Cow;
use std::fmt;

use polars::prelude::{BinaryChunked, StringChunked};

use crate::interval::Interval;
use crate::ratio::Ratio;

/// Why a row has no value although its expression is not NULL. Such a row is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Failure {
    /// A text that is not what it is cast to.
    Unreadable = 2,
    /// A text with an offset from UTC as a time that has none.
    Offset = 3,
    /// A number or a time outside of its type.
    Range = 4,
    /// Division by zero.
    Zero = 5,
    /// A number of more than 38 digits.
    Overflow = 6,
}

impl Failure {
    /// All of them, in the order of their marks.
    pub const ALL: [Self; 5] =
        [Self::Unreadable, Self::Offset, Self::Range, Self::Zero, Self::Overflow];

    fn of(mark: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|failure| *failure as u8 == mark)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreadable => "not readable",
            Self::Offset => "has an offset from UTC: use TIMESTAMPTZ",
            Self::Range => "out of range",
            Self::Zero => "division by zero",
            Self::Overflow => "more than 38 digits",
        })
    }
}

/// A row's mark: it has a value.
pub(crate) const VALUE: u8 = 0;
/// A row's mark: it is NULL.
pub(crate) const NULL: u8 = 1;

/// What each row has: [`VALUE`], [`NULL`], or a [`Failure`]. Of two marks the greater one counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Marks {
    /// Every row has a value.
    #[default]
    None,
    /// Every row has the same mark.
    All(u8),
    /// One mark a row.
    Each(Vec<u8>),
}

impl Marks {
    pub fn at(&self, row: usize) -> u8 {
        match self {
            Self::None => VALUE,
            Self::All(mark) => *mark,
            Self::Each(marks) => marks[row],
        }
    }

    pub fn failure(&self, row: usize) -> Option<Failure> {
        Failure::of(self.at(row))
    }

    /// Whether some row has no value.
    pub fn any(&self) -> bool {
        *self != Self::None
    }

    /// The greater mark of each row.
    pub fn union(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::None, marks) | (marks, Self::None) => marks.clone(),
            (Self::All(a), Self::All(b)) => Self::All(*a.max(b)),
            (Self::All(all), Self::Each(marks)) | (Self::Each(marks), Self::All(all)) => {
                Self::Each(marks.iter().map(|mark| *mark.max(all)).collect())
            }
            (Self::Each(a), Self::Each(b)) => {
                Self::Each(a.iter().zip(b).map(|(a, b)| *a.max(b)).collect())
            }
        }
    }

    /// Of several columns.
    pub fn of(columns: &[Column<'_>]) -> Self {
        columns.iter().fold(Self::None, |marks, column| marks.union(&column.marks))
    }

    /// Marks a row of `rows`.
    pub fn set(&mut self, rows: usize, row: usize, mark: u8) {
        match self {
            Self::Each(marks) => marks[row] = mark,
            same => {
                let mut marks = vec![same.at(0); rows];
                marks[row] = mark;
                *same = Self::Each(marks);
            }
        }
    }
}

/// One entry a row, or one for all.
#[derive(Clone, Debug)]
pub(crate) enum Cells<'a, T: Clone> {
    One(T),
    Many(Cow<'a, [T]>),
}

impl<T: Copy> Cells<'_, T> {
    #[inline]
    pub fn at(&self, row: usize) -> T {
        match self {
            Self::One(value) => *value,
            Self::Many(values) => values[row],
        }
    }

    pub fn map<R: Copy>(&self, f: impl Fn(T) -> R) -> Cells<'static, R> {
        match self {
            Self::One(value) => Cells::One(f(*value)),
            Self::Many(values) => Cells::Many(values.iter().map(|value| f(*value)).collect()),
        }
    }

    /// Entries that it holds.
    pub fn len(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Many(values) => values.len(),
        }
    }

    pub fn into_owned(self) -> Cells<'static, T> {
        match self {
            Self::One(value) => Cells::One(value),
            Self::Many(values) => Cells::Many(Cow::Owned(values.into_owned())),
        }
    }
}

/// The results of an operation on two cells in each row.
#[inline]
pub(crate) fn zip<A: Copy, B: Copy, R: Copy>(
    a: &Cells<'_, A>,
    b: &Cells<'_, B>,
    f: impl Fn(A, B) -> R,
) -> Cells<'static, R> {
    match (a, b) {
        (Cells::One(a), Cells::One(b)) => Cells::One(f(*a, *b)),
        (Cells::Many(a), Cells::One(b)) => Cells::Many(a.iter().map(|a| f(*a, *b)).collect()),
        (Cells::One(a), Cells::Many(b)) => Cells::Many(b.iter().map(|b| f(*a, *b)).collect()),
        (Cells::Many(a), Cells::Many(b)) => {
            Cells::Many(a.iter().zip(&**b).map(|(a, b)| f(*a, *b)).collect())
        }
    }
}

/// The results of an operation that may fail or give NULL, which is done only for rows that have
/// values; their marks are updated. With `constant` there is one row, which stands for all.
#[inline]
pub(crate) fn attempt<R: Copy + Default>(
    (rows, constant): (usize, bool),
    marks: &mut Marks,
    f: impl Fn(usize) -> Result<R, u8>,
) -> Cells<'static, R> {
    if constant {
        let value = if marks.at(0) == VALUE { f(0) } else { Err(marks.at(0)) };
        return Cells::One(value.unwrap_or_else(|mark| {
            *marks = Marks::All(mark);
            R::default()
        }));
    }
    let mut values = Vec::with_capacity(rows);
    for row in 0..rows {
        values.push(match marks.at(row) {
            VALUE => f(row).unwrap_or_else(|mark| {
                marks.set(rows, row, mark);
                R::default()
            }),
            _ => R::default(),
        });
    }
    Cells::Many(Cow::Owned(values))
}

/// Texts.
#[derive(Clone)]
pub(crate) enum Texts<'a> {
    One(String),
    /// Of a column's rows from `start` on.
    View {
        column: &'a StringChunked,
        start: usize,
    },
    /// One behind the other, and where each ends.
    Own {
        texts: String,
        ends: Vec<usize>,
    },
}

impl Texts<'_> {
    #[inline]
    pub fn at(&self, row: usize) -> &str {
        match self {
            Self::One(text) => text,
            Self::View { column, start } => column.downcast_as_array().value(start + row),
            Self::Own { texts, ends } => {
                &texts[row.checked_sub(1).map_or(0, |before| ends[before])..ends[row]]
            }
        }
    }
}

/// Texts that are written one after the other.
#[derive(Default)]
pub(crate) struct TextsBuilder {
    texts: String,
    ends: Vec<usize>,
}

impl TextsBuilder {
    /// Ends a text that `write` appends.
    pub fn push<E>(&mut self, write: impl FnOnce(&mut String) -> Result<(), E>) -> Result<(), E> {
        let start = self.texts.len();
        let written = write(&mut self.texts);
        if written.is_err() {
            self.texts.truncate(start);
        }
        self.ends.push(self.texts.len());
        written
    }

    pub fn finish(self) -> Texts<'static> {
        Texts::Own { texts: self.texts, ends: self.ends }
    }
}

/// The texts that `write` makes of rows that have values; see [`attempt`].
pub(crate) fn attempt_texts(
    (rows, constant): (usize, bool),
    marks: &mut Marks,
    write: impl Fn(usize, &mut String) -> Result<(), u8>,
) -> Texts<'static> {
    if constant {
        let mut text = String::new();
        if marks.at(0) == VALUE
            && let Err(mark) = write(0, &mut text)
        {
            *marks = Marks::All(mark);
            text.clear();
        }
        return Texts::One(text);
    }
    let mut texts = TextsBuilder::default();
    for row in 0..rows {
        let has_value = marks.at(row) == VALUE;
        let pushed = texts.push(|text| if has_value { write(row, text) } else { Ok(()) });
        if let Err(mark) = pushed {
            marks.set(rows, row, mark);
        }
    }
    texts.finish()
}

/// The values of a column. Where a row's mark is not [`VALUE`], its entry is any.
#[derive(Clone)]
pub(crate) enum Values<'a> {
    /// Every row is NULL.
    Null,
    Bool(Cells<'a, bool>),
    /// Digits of an exact number in 64 bits.
    Narrow(Cells<'a, i64>),
    /// Digits of an exact number in 128 bits.
    Wide(Cells<'a, i128>),
    Fraction(Cells<'a, Ratio>),
    Double(Cells<'a, f64>),
    Text(Texts<'a>),
    /// Days since 1970-01-01.
    Date(Cells<'a, i32>),
    /// Microseconds since 1970-01-01, of the wall clock or in UTC.
    Time(Cells<'a, i64>),
    /// A constant.
    Interval(Interval),
    /// Bytes are only handed on.
    Binary {
        column: &'a BinaryChunked,
        start: usize,
    },
}

/// Values and what each row has instead.
#[derive(Clone)]
pub(crate) struct Column<'a> {
    pub values: Values<'a>,
    pub marks: Marks,
}

impl<'a> Column<'a> {
    pub fn new(values: Values<'a>, marks: Marks) -> Self {
        Self { values, marks }
    }

    /// One that borrows nothing, of numbers, days and times.
    pub fn into_owned(self) -> Column<'static> {
        let values = match self.values {
            Values::Bool(cells) => Values::Bool(cells.into_owned()),
            Values::Narrow(cells) => Values::Narrow(cells.into_owned()),
            Values::Wide(cells) => Values::Wide(cells.into_owned()),
            Values::Fraction(cells) => Values::Fraction(cells.into_owned()),
            Values::Double(cells) => Values::Double(cells.into_owned()),
            Values::Date(cells) => Values::Date(cells.into_owned()),
            Values::Time(cells) => Values::Time(cells.into_owned()),
            Values::Interval(interval) => Values::Interval(interval),
            Values::Null | Values::Text(_) | Values::Binary { .. } => Values::Null,
        };
        Column { values, marks: self.marks }
    }

    pub fn null() -> Self {
        Self { values: Values::Null, marks: Marks::All(NULL) }
    }

    /// Whether it is one value for all rows.
    pub fn is_constant(&self) -> bool {
        let one = match &self.values {
            Values::Null | Values::Interval(_) => true,
            Values::Bool(cells) => matches!(cells, Cells::One(_)),
            Values::Narrow(cells) | Values::Time(cells) => matches!(cells, Cells::One(_)),
            Values::Wide(cells) => matches!(cells, Cells::One(_)),
            Values::Fraction(cells) => matches!(cells, Cells::One(_)),
            Values::Double(cells) => matches!(cells, Cells::One(_)),
            Values::Date(cells) => matches!(cells, Cells::One(_)),
            Values::Text(texts) => matches!(texts, Texts::One(_)),
            Values::Binary { .. } => false,
        };
        one && !matches!(self.marks, Marks::Each(_))
    }

    pub fn bools(&self) -> Cells<'_, bool> {
        match &self.values {
            Values::Bool(cells) => borrowed(cells),
            _ => Cells::One(false),
        }
    }

    /// Exact numbers in 64 bits; of those of type NULL any.
    pub fn narrow(&self) -> Cells<'_, i64> {
        match &self.values {
            Values::Narrow(cells) => borrowed(cells),
            #[expect(clippy::cast_possible_truncation, reason = "the type has 18 digits")]
            Values::Wide(cells) => cells.map(|n| n as i64),
            _ => Cells::One(0),
        }
    }

    /// Exact numbers in 128 bits.
    pub fn wide(&self) -> Cells<'_, i128> {
        match &self.values {
            Values::Narrow(cells) => cells.map(i128::from),
            Values::Wide(cells) => borrowed(cells),
            _ => Cells::One(0),
        }
    }

    pub fn ratios(&self) -> Cells<'_, Ratio> {
        match &self.values {
            Values::Fraction(cells) => borrowed(cells),
            _ => Cells::One(Ratio::default()),
        }
    }

    pub fn doubles(&self) -> Cells<'_, f64> {
        match &self.values {
            Values::Double(cells) => borrowed(cells),
            _ => Cells::One(0.0),
        }
    }

    pub fn dates(&self) -> Cells<'_, i32> {
        match &self.values {
            Values::Date(cells) => borrowed(cells),
            _ => Cells::One(0),
        }
    }

    pub fn times(&self) -> Cells<'_, i64> {
        match &self.values {
            Values::Time(cells) => borrowed(cells),
            _ => Cells::One(0),
        }
    }

    pub fn text(&self, row: usize) -> &str {
        match &self.values {
            Values::Text(texts) => texts.at(row),
            _ => "",
        }
    }

    /// One value for all rows, of a column of one row.
    pub fn narrowed(self) -> Self {
        fn first<T: Copy>(cells: Cells<'_, T>) -> Cells<'_, T> {
            match cells {
                Cells::Many(values) if values.len() == 1 => Cells::One(values[0]),
                cells => cells,
            }
        }
        let values = match self.values {
            Values::Bool(cells) => Values::Bool(first(cells)),
            Values::Narrow(cells) => Values::Narrow(first(cells)),
            Values::Wide(cells) => Values::Wide(first(cells)),
            Values::Fraction(cells) => Values::Fraction(first(cells)),
            Values::Double(cells) => Values::Double(first(cells)),
            Values::Date(cells) => Values::Date(first(cells)),
            Values::Time(cells) => Values::Time(first(cells)),
            Values::Text(Texts::Own { texts, ends }) if ends.len() == 1 => {
                Values::Text(Texts::One(texts))
            }
            values => values,
        };
        let marks = match self.marks {
            Marks::Each(marks) if marks.len() == 1 => match marks[0] {
                VALUE => Marks::None,
                mark => Marks::All(mark),
            },
            marks => marks,
        };
        Self { values, marks }
    }

    /// As a constant of its own; `None` of a column with a value a row.
    pub fn into_constant(self) -> Option<Column<'static>> {
        if !self.is_constant() {
            return None;
        }
        let values = match self.values {
            Values::Null => Values::Null,
            Values::Interval(interval) => Values::Interval(interval),
            Values::Bool(cells) => Values::Bool(cells.into_owned()),
            Values::Narrow(cells) => Values::Narrow(cells.into_owned()),
            Values::Wide(cells) => Values::Wide(cells.into_owned()),
            Values::Fraction(cells) => Values::Fraction(cells.into_owned()),
            Values::Double(cells) => Values::Double(cells.into_owned()),
            Values::Date(cells) => Values::Date(cells.into_owned()),
            Values::Time(cells) => Values::Time(cells.into_owned()),
            Values::Text(texts) => Values::Text(Texts::One(texts.at(0).to_owned())),
            Values::Binary { .. } => return None,
        };
        Some(Column { values, marks: self.marks })
    }
}

fn borrowed<'b, T: Copy>(cells: &'b Cells<'_, T>) -> Cells<'b, T> {
    match cells {
        Cells::One(value) => Cells::One(*value),
        Cells::Many(values) => Cells::Many(Cow::Borrowed(values)),
    }
}
