//! What there is to say about how a table is drawn.

use super::frame::Frame;
use super::layouts::{self, PLAIN};
use super::sales;

/// How a table that is no heatmap is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    pub table: &'static str,
    /// What is shown unless columns are asked for, the most telling first; nothing for all. The key
    /// columns come before them anyway.
    pub columns: &'static [&'static str],
    /// More of them, where they have a value.
    pub optional: &'static [&'static str],
    /// Key columns that need no column, because the rows shown have one value or a title tells it.
    pub told: &'static [&'static str],
    /// The key column whose values are told apart.
    pub apart: Option<Apart>,
    pub shape: Shape,
    /// What stands below the rows, or in their place.
    pub blocks: &'static [Block],
    /// Periods, steps or, of a table without them, rows that are shown unless more are asked for.
    pub rows: usize,
}

/// A column with values that do not add up, such as sources that name the same people: each of them
/// has its own rows, in every block too.
#[derive(Clone, Copy, Debug)]
pub struct Apart {
    pub column: &'static str,
    /// The value that needs no column where it is the only one.
    pub usual: &'static str,
    /// What makes room for it.
    pub instead_of: &'static [&'static str],
}

/// Which rows are drawn, and as what.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// Those of the last periods or steps; of a table without them the first ones.
    Rows,
    /// Of the last periods those that stand for all others.
    Totals(&'static [Where]),
    /// None of them, only the blocks, of the last periods.
    Blocks,
    /// None of them, only the blocks, which choose among all.
    Lists,
    /// Of the last complete period those that weigh most: a table with a row for each customer.
    Top(Order),
    /// Those that come first in an order, of all.
    First(Order),
    /// The last ones.
    Last,
    /// A row for each step, and of the columns in `each` one for every value of `by`.
    Across { by: &'static str, each: &'static [&'static str] },
    /// A bar for each bucket, over the last periods.
    Bars(Where),
}

/// Rows where a column holds a word, or where it holds none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Where(pub &'static str, pub Option<&'static str>);

/// What comes first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order {
    /// The highest number.
    Highest(&'static str),
    /// The number that is farthest from zero.
    Largest(&'static str),
    /// The number that is farthest from another one.
    Farthest(&'static str, f64),
    /// The last day.
    Latest(&'static str),
}

impl Order {
    /// As part of a title.
    pub fn name(self) -> String {
        match self {
            Self::Highest(column) => format!("highest {column} first"),
            Self::Largest(column) => format!("largest {column} first"),
            Self::Farthest(column, from) => format!("{column} farthest from {from} first"),
            Self::Latest(column) => format!("latest {column} first"),
        }
    }
}

/// Rows that belong to the ones above.
#[derive(Clone, Copy, Debug)]
pub enum Block {
    /// The rows of a kind, summed over the periods shown.
    Sums(Sums),
    /// The rows of one period as they stand, those that have a value in `by`: of the last complete
    /// period where the row of this kind has a value in `settled`.
    Period {
        title: &'static str,
        by: &'static str,
        of: Where,
        settled: &'static str,
        /// Beside `by`; nothing for those of the rows above.
        columns: &'static [&'static str],
    },
    /// The rows of a kind in the periods shown.
    Rows { title: &'static str, of: Where, columns: &'static [&'static str] },
    /// Of the rows of a kind those that come first in an order.
    First {
        title: &'static str,
        of: &'static [Where],
        order: Order,
        /// Of rows that have the same two values here, in whichever order, only one is shown.
        pair: Option<(&'static str, &'static str)>,
        columns: &'static [&'static str],
    },
    /// For each value of `by` the row of its last complete period.
    Newest { title: &'static str, by: &'static str, columns: &'static [&'static str] },
}

/// A row for each value of a column.
#[derive(Clone, Copy, Debug)]
pub struct Sums {
    /// What the rows are, in the plural.
    pub title: &'static str,
    /// What a row is.
    pub name: &'static str,
    /// All of which they are; nothing for every row.
    pub of: &'static [Where],
    pub by: &'static str,
    pub measures: &'static [Measure],
    /// The column whose highest sum comes first; without one, rows stand in the order of the table.
    pub order: Option<&'static str>,
    /// The most rows that are shown.
    pub most: usize,
}

/// A column of sums. Rates and shares are divided once, after summing.
#[derive(Clone, Copy, Debug)]
pub enum Measure {
    Sum(&'static str),
    Rate(&'static str, Ratio),
    /// Of the column's sum over all rows.
    Share(&'static str, &'static str),
    Difference(&'static str, Ratio, Ratio),
    /// As it stands in the only row; what has several has none.
    Single(&'static str),
}

/// Two columns whose sums are divided.
#[derive(Clone, Copy, Debug)]
pub struct Ratio(pub &'static str, pub &'static str);

impl Block {
    /// What its rows are.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Sums(Sums { title, .. })
            | Self::Period { title, .. }
            | Self::Rows { title, .. }
            | Self::First { title, .. }
            | Self::Newest { title, .. } => title,
        }
    }
}

impl Layout {
    /// That of `table`; of an unknown one every column.
    pub fn of(table: &str) -> Self {
        let mut layouts = layouts::LAYOUTS.into_iter().chain(sales::LAYOUTS);
        layouts.find(|layout| layout.table == table).unwrap_or(PLAIN)
    }

    /// What is told apart in these rows.
    pub fn apart(&self, rows: &Frame) -> Option<Apart> {
        let is_unusual =
            |apart: &Apart| rows.words(apart.column).iter().any(|value| value != apart.usual);
        self.apart.filter(is_unusual)
    }

    /// The same for columns asked for: what is drawn instead of rows has no place for them.
    pub fn with_columns(self, asked: &[String]) -> Self {
        match self.shape {
            Shape::Blocks | Shape::Lists | Shape::Bars(_) if !asked.is_empty() => Self {
                shape: Shape::Last,
                blocks: &[],
                told: &[],
                apart: None,
                rows: PLAIN.rows,
                ..self
            },
            _ => self,
        }
    }
}
