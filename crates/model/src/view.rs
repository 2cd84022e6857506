//! Declarations of how tables are drawn: on a terminal, on a page, in a notebook.

/// How a table is drawn.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// What is shown unless columns are asked for, the most telling first; nothing for all. The key
    /// columns come before them anyway.
    pub columns: &'static [&'static str],
    /// More of them, where they have a value.
    pub optional: &'static [&'static str],
    /// Key columns that are left out, because the rows shown have one value or a title says it.
    pub implied: &'static [&'static str],
    /// The key column whose values are kept apart.
    pub apart: Option<Apart>,
    /// Which rows are drawn, and as what.
    pub shape: Shape,
    /// What stands below the rows, or in their place.
    pub panels: &'static [Panel],
    /// Periods, steps or, of a table without them, rows that are shown unless more are asked for.
    pub rows: usize,
    /// Which ratios are shown in percent.
    pub percent: Percent,
}

/// Which ratios are shown in percent: those that are parts of a whole.
#[derive(Clone, Copy, Debug)]
pub struct Percent {
    /// Columns of ratios that are none: a quick ratio of 2.5 is a multiple.
    pub multiples: &'static [&'static str],
    /// Columns of ratios that read as parts of a whole and may still exceed it.
    pub exceeds: &'static [Exceeds],
    /// Whether values of a metric are, where one column holds those of several metrics.
    pub is_metric: fn(&str) -> bool,
    /// Why values of a metric may exceed 1, where they may.
    pub metric_exceeds: fn(&str) -> Option<&'static str>,
}

/// A column whose values above 1 are marked.
#[derive(Clone, Copy, Debug)]
pub struct Exceeds {
    /// The column.
    pub column: &'static str,
    /// Why they are above, and what to look at instead.
    pub why: &'static str,
}

impl Percent {
    /// All of them.
    pub const ALL: Self = Self::but(&[]);

    /// All but some columns.
    #[must_use]
    pub const fn but(multiples: &'static [&'static str]) -> Self {
        Self { multiples, exceeds: &[], is_metric: |_| true, metric_exceeds: |_| None }
    }
}

/// A column with values that do not add up, such as sources that name the same people: each of them
/// has its own rows, in every panel too.
#[derive(Clone, Copy, Debug)]
pub struct Apart {
    /// The column.
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
    /// None of them, only the panels, of the last periods.
    Panels,
    /// None of them, only the panels, which choose among all.
    Lists,
    /// Of the last complete period those that weigh most: a table with a row for each customer.
    Top(Order),
    /// Those that come first in an order, of all.
    First(Order),
    /// The last ones.
    Last,
    /// A row for each step, and of the columns in `each` one for every value of `by`.
    Across {
        /// The column whose values are laid side by side.
        by: &'static str,
        /// The columns that each of them has.
        each: &'static [&'static str],
    },
    /// A row for each cohort, a column for each period since, coloured by the value.
    Heatmap {
        /// The column that is drawn unless another is asked for.
        value: &'static str,
    },
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
    #[must_use]
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
pub enum Panel {
    /// The rows of a kind, summed over the periods shown.
    Sums(Sums),
    /// More columns of the rows above, unless some are asked for.
    Columns {
        /// What they tell.
        title: &'static str,
        /// Which they are.
        columns: &'static [&'static str],
    },
    /// The rows of one period as they stand, those that have a value in `by`: of the last complete
    /// period where the row of this kind has a value in `settled`.
    Period {
        /// What the rows are.
        title: &'static str,
        /// The column that tells them apart.
        by: &'static str,
        /// The row that tells whether a period is settled.
        of: Where,
        /// Its column that has a value there.
        settled: &'static str,
        /// Beside `by`; nothing for those of the rows above.
        columns: &'static [&'static str],
    },
    /// The rows of a kind in the periods shown.
    Rows {
        /// What the rows are.
        title: &'static str,
        /// Which they are.
        of: Where,
        /// What is shown of them.
        columns: &'static [&'static str],
    },
    /// Of the rows of a kind those that come first in an order.
    First {
        /// What the rows are.
        title: &'static str,
        /// All of which they are.
        of: &'static [Where],
        /// What comes first.
        order: Order,
        /// Of rows that have the same two values here, in whichever order, only one is shown.
        pair: Option<(&'static str, &'static str)>,
        /// What is shown of them.
        columns: &'static [&'static str],
    },
    /// For each value of `by` the row of its last complete period.
    Newest {
        /// What the rows are.
        title: &'static str,
        /// The column that has a row for each of its values.
        by: &'static str,
        /// The values that come first, in this order; all others follow in theirs.
        first: &'static [&'static str],
        /// What is shown of them.
        columns: &'static [&'static str],
    },
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
    /// The column that has a row for each of its values.
    pub by: &'static str,
    /// What is summed.
    pub columns: &'static [Summed],
    /// The column whose highest sum comes first; without one, rows stand in the order of the table.
    pub order: Option<&'static str>,
    /// The most rows that are shown.
    pub most: usize,
}

/// A column of sums. Rates and shares are divided once, after summing.
#[derive(Clone, Copy, Debug)]
pub enum Summed {
    /// The column's sum.
    Sum(&'static str),
    /// A quotient under a name of its own.
    Rate(&'static str, Ratio),
    /// Of the column's sum over all rows.
    Share(&'static str, &'static str),
    /// The first quotient less the second, under a name of its own.
    Difference(&'static str, Ratio, Ratio),
    /// As it stands in the only row; what has several has none.
    Single(&'static str),
}

/// Two columns whose sums are divided.
#[derive(Clone, Copy, Debug)]
pub struct Ratio(pub &'static str, pub &'static str);

impl Panel {
    /// What its rows are.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self {
            Self::Sums(Sums { title, .. })
            | Self::Columns { title, .. }
            | Self::Period { title, .. }
            | Self::Rows { title, .. }
            | Self::First { title, .. }
            | Self::Newest { title, .. } => title,
        }
    }
}

/// Periods of a view with panels below.
pub const FEW_PERIODS: usize = 12;
/// Rows of a panel.
pub const MOST_ROWS: usize = 12;
/// Customers of a view with a row for each.
pub const CUSTOMERS: usize = 20;
/// The rows that a breakdown divides.
pub const TOTAL: Where = Where("breakdown", Some("total"));

impl View {
    /// Every column, of the last two years of months.
    pub const PLAIN: Self = Self {
        columns: &[],
        optional: &[],
        implied: &[],
        apart: None,
        shape: Shape::Rows,
        panels: &[],
        rows: 24,
        percent: Percent::ALL,
    };
}
