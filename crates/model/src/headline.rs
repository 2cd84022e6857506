//! Declarations of headline rates: where in a table each is found, and what was divided.

/// A headline rate: one value for each segment value, grain and period of its table.
#[derive(Clone, Copy, Debug)]
pub struct Headline {
    /// Its name in `scorecard` and in `[alerts]`.
    pub name: &'static str,
    /// Which rows of the table.
    pub rows: &'static [RowsWhere],
    /// Where its value comes from.
    pub value: HeadlineValue,
    /// What is divided; nothing where the value is not one division.
    pub numerator: Sum,
    /// What it is divided by.
    pub denominator: Sum,
    /// What it counts in: `ratio`, `days`, `points` or `currency`.
    pub unit: &'static str,
    /// The column that tells whether the value is final.
    pub complete: &'static str,
    /// What the pipeline must have for it, beside what the table requires.
    pub requires: crate::Requires,
}

/// Rows of a table.
#[derive(Clone, Copy, Debug)]
pub enum RowsWhere {
    /// Those that have this text in this column.
    Is(&'static str, &'static str),
    /// Those that have NULL in this column.
    IsNull(&'static str),
}

/// Where the value of a headline rate comes from.
#[derive(Clone, Copy, Debug)]
pub enum HeadlineValue {
    /// The column that has it: one row a period.
    Column(&'static str),
    /// Several rows a period are one here: the numerators over the denominators of all of them.
    Quotient,
    /// So many times the money in the column of this name, in whole currency units.
    Times(u32, &'static str),
}

/// Columns that are added up, and columns that are taken off.
#[derive(Clone, Copy, Debug)]
pub struct Sum {
    /// Those that are added.
    pub plus: &'static [&'static str],
    /// Those that are taken off.
    pub minus: &'static [&'static str],
}

impl Sum {
    /// No columns.
    pub const NOTHING: Self = Self::of(&[]);

    /// Columns that are added.
    #[must_use]
    pub const fn of(plus: &'static [&'static str]) -> Self {
        Self { plus, minus: &[] }
    }
}

impl Headline {
    /// A ratio in the column of its own name, whose completeness is that of the period.
    #[must_use]
    pub const fn ratio(
        name: &'static str,
        numerator: Sum,
        denominator: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            rows: &[],
            value: HeadlineValue::Column(name),
            numerator,
            denominator: Sum::of(denominator),
            unit: "ratio",
            complete: "is_complete",
            requires: crate::Requires::NOTHING,
        }
    }
}
