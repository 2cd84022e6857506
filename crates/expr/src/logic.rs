//! Truth of three values, and choices between values.

use std::borrow::Cow;

use crate::column::{Cells, Column, Marks, NULL, TextsBuilder, VALUE, Values, attempt};
use crate::types::Type;

/// What is asked with IS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    True,
    False,
    /// NULL, or of a condition UNKNOWN.
    Null,
}

/// Whether the test holds, or with `negated` does not, which is never NULL.
pub(crate) fn is(test: Test, negated: bool, column: &Column<'_>, rows: usize) -> Column<'static> {
    let failures = |mark: u8| if mark > NULL { mark } else { VALUE };
    let mut marks = match &column.marks {
        Marks::None => Marks::None,
        Marks::All(mark) if failures(*mark) == VALUE => Marks::None,
        Marks::All(mark) => Marks::All(*mark),
        Marks::Each(marks) if marks.iter().all(|mark| failures(*mark) == VALUE) => Marks::None,
        Marks::Each(marks) => Marks::Each(marks.iter().map(|mark| failures(*mark)).collect()),
    };
    let bools = column.bools();
    let values = attempt((rows, column.is_constant()), &mut marks, |row| {
        let is_null = column.marks.at(row) == NULL;
        let holds = match test {
            Test::Null => is_null,
            Test::True => !is_null && bools.at(row),
            Test::False => !is_null && !bools.at(row),
        };
        Ok(holds != negated)
    });
    Column::new(Values::Bool(values), marks)
}

/// AND (with `decides` false) or OR (with `decides` true) of conditions: one that is `decides` settles
/// the row, whatever the others are; else a failure does, then NULL.
pub(crate) struct Junction {
    decides: bool,
    settled: Vec<bool>,
    marks: Vec<u8>,
    is_constant: bool,
}

impl Junction {
    pub fn new(decides: bool, rows: usize) -> Self {
        Self { decides, settled: vec![false; rows], marks: vec![VALUE; rows], is_constant: true }
    }

    /// Adds a condition.
    pub fn add(&mut self, column: &Column<'_>) {
        self.is_constant &= column.is_constant();
        let bools = column.bools();
        let decides = self.decides;
        if let (Cells::Many(bools), Marks::None) = (&bools, &column.marks) {
            for (settled, value) in self.settled.iter_mut().zip(bools.iter()) {
                *settled |= *value == decides;
            }
            return;
        }
        for (row, (settled, mark)) in self.settled.iter_mut().zip(&mut self.marks).enumerate() {
            match column.marks.at(row) {
                VALUE => *settled |= bools.at(row) == decides,
                other => *mark = other.max(*mark),
            }
        }
    }

    /// By row: whether a further condition decides about it, whatever is NULL or has failed aside.
    pub fn open(&self) -> Vec<bool> {
        let rows = self.settled.iter().zip(&self.marks);
        rows.map(|(settled, mark)| !settled && (self.decides || *mark == VALUE)).collect()
    }

    pub fn finish(self) -> Column<'static> {
        let Self { decides, settled, mut marks, is_constant } = self;
        for (mark, settled) in marks.iter_mut().zip(&settled) {
            if *settled {
                *mark = VALUE;
            }
        }
        let marks = match marks.first() {
            Some(mark) if is_constant => {
                if *mark == VALUE {
                    Marks::None
                } else {
                    Marks::All(*mark)
                }
            }
            _ if marks.iter().all(|mark| *mark == VALUE) => Marks::None,
            _ => Marks::Each(marks),
        };
        let value = |settled: bool| settled == decides;
        let values = match settled.first() {
            Some(settled) if is_constant => Cells::One(value(*settled)),
            _ => Cells::Many(settled.into_iter().map(value).collect()),
        };
        Column::new(Values::Bool(values), marks)
    }
}

/// Which of several values each row takes.
pub(crate) struct Choice {
    /// Place of the value; [`Choice::NONE`] as long as there is none.
    chosen: Vec<u32>,
    /// Rows whose choice failed.
    marks: Vec<u8>,
    /// Rows that have not chosen.
    left: Vec<u32>,
}

impl Choice {
    pub const NONE: u32 = u32::MAX;

    pub fn new(rows: usize) -> Self {
        Self {
            chosen: vec![Self::NONE; rows],
            marks: vec![VALUE; rows],
            left: (0..u32::try_from(rows).unwrap_or(u32::MAX)).collect(),
        }
    }

    /// Whether all rows have chosen.
    pub fn is_done(&self) -> bool {
        self.left.is_empty()
    }

    /// By row: whether it has not chosen.
    pub fn open(&self) -> Vec<bool> {
        let mut open = vec![false; self.chosen.len()];
        self.left.iter().for_each(|row| open[*row as usize] = true);
        open
    }

    /// By row: whether it has chosen a value.
    pub fn rows_of(&self, place: u32) -> Vec<bool> {
        self.chosen.iter().map(|chosen| *chosen == place).collect()
    }

    /// The rows that are left and for which the condition is true take a value; those for which it
    /// failed take none. Whether any took it.
    pub fn when(&mut self, condition: &Column<'_>, place: u32) -> bool {
        let bools = condition.bools();
        self.take(place, |row| match condition.marks.at(row) {
            VALUE => Ok(bools.at(row)),
            NULL => Ok(false),
            failed => Err(failed),
        })
    }

    /// The rows that are left and have something there take it, a failure too.
    pub fn unless_null(&mut self, column: &Column<'_>, place: u32) -> bool {
        self.take(place, |row| Ok(column.marks.at(row) != NULL))
    }

    fn take(&mut self, place: u32, takes: impl Fn(usize) -> Result<bool, u8>) -> bool {
        let Self { chosen, marks, left } = self;
        let mut any = false;
        left.retain(|row| match takes(*row as usize) {
            Ok(false) => true,
            Ok(true) => {
                chosen[*row as usize] = place;
                any = true;
                false
            }
            Err(failed) => {
                marks[*row as usize] = failed;
                false
            }
        });
        any
    }

    /// All rows that are left take a value.
    pub fn otherwise(&mut self, place: u32) {
        for row in self.left.drain(..) {
            self.chosen[row as usize] = place;
        }
    }

    /// The chosen values, all of one type; those that no row took may be missing.
    pub fn blend(self, values: &[Option<Column<'_>>], ty: Type) -> Column<'static> {
        let marks: Vec<u8> = (self.chosen.iter().zip(self.marks).enumerate())
            .map(|(row, (place, mark))| match values.get(*place as usize) {
                _ if mark != VALUE => mark,
                Some(Some(column)) => column.marks.at(row),
                _ => NULL,
            })
            .collect();
        let values = blended(values, &self.chosen, &marks, ty);
        let marks =
            if marks.iter().all(|mark| *mark == VALUE) { Marks::None } else { Marks::Each(marks) };
        Column::new(values, marks)
    }
}

/// The values that rows without a mark have chosen.
pub(crate) fn blended(
    values: &[Option<Column<'_>>],
    chosen: &[u32],
    marks: &[u8],
    ty: Type,
) -> Values<'static> {
    macro_rules! cells {
        ($kind:ident, $read:ident) => {{
            let columns: Vec<_> =
                values.iter().map(|column| column.as_ref().map(Column::$read)).collect();
            let rows = chosen.iter().zip(marks).enumerate();
            let taken = rows.map(|(row, (place, mark))| match columns.get(*place as usize) {
                Some(Some(cells)) if *mark == VALUE => cells.at(row),
                _ => Default::default(),
            });
            Values::$kind(Cells::Many(Cow::Owned(taken.collect())))
        }};
    }
    match ty {
        Type::Exact(exact) if exact.is_narrow() => cells!(Narrow, narrow),
        Type::Exact(_) => cells!(Wide, wide),
        Type::Fraction => cells!(Fraction, ratios),
        Type::Double => cells!(Double, doubles),
        Type::Date => cells!(Date, dates),
        Type::Timestamp | Type::Instant => cells!(Time, times),
        Type::Bool => cells!(Bool, bools),
        Type::Text => {
            let mut texts = TextsBuilder::default();
            for (row, (place, mark)) in chosen.iter().zip(marks).enumerate() {
                let Ok(()) = texts.push(|text| {
                    if let (Some(Some(column)), VALUE) = (values.get(*place as usize), *mark) {
                        text.push_str(column.text(row));
                    }
                    Ok::<_, std::convert::Infallible>(())
                });
            }
            Values::Text(texts.finish())
        }
        Type::Null | Type::Binary | Type::Interval => Values::Null,
    }
}
