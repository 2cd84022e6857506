//! How each table is drawn: which columns matter most, which rows stand for the others.

/// How a table that is no heatmap is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    table: &'static str,
    /// What is shown unless columns are asked for, the most telling first; nothing for all. The key
    /// columns come before them anyway.
    pub columns: &'static [&'static str],
    /// More of them, where they have a value.
    pub optional: &'static [&'static str],
    /// Key columns that need no column, because the rows shown have one value or a title tells it.
    pub told: &'static [&'static str],
    pub shape: Shape,
    /// What stands below the rows, or in their place.
    pub blocks: &'static [Block],
    /// Periods, steps or, of a table without them, rows that are shown unless more are asked for.
    pub rows: usize,
}

/// Which rows are drawn, and as what.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// Those of the last periods or steps; of a table without them the first ones.
    Rows,
    /// Of the last periods those that stand for all others.
    Totals(Where),
    /// None of them, only the blocks.
    Blocks,
    /// Of the last complete period those that weigh most: a table with a row for each customer.
    Top(Order),
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
}

impl Order {
    /// As part of a title.
    pub fn name(self) -> String {
        match self {
            Self::Highest(column) => format!("highest {column} first"),
            Self::Largest(column) => format!("largest {column} first"),
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
    Period { title: &'static str, by: &'static str, of: Where, settled: &'static str },
}

/// A row for each value of a column, the one with the highest sum first.
#[derive(Clone, Copy, Debug)]
pub struct Sums {
    /// What the rows are, in the plural.
    pub title: &'static str,
    /// What a row is.
    pub name: &'static str,
    pub of: Option<Where>,
    pub by: &'static str,
    pub measures: &'static [Measure],
    /// The column that sorts the rows.
    pub order: &'static str,
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
            Self::Sums(Sums { title, .. }) | Self::Period { title, .. } => title,
        }
    }
}

impl Layout {
    /// That of `table`; of an unknown one every column.
    pub fn of(table: &str) -> Self {
        LAYOUTS.into_iter().find(|layout| layout.table == table).unwrap_or(PLAIN)
    }

    /// The same for columns asked for: what is drawn instead of rows has no place for them.
    pub fn with_columns(self, asked: &[String]) -> Self {
        match self.shape {
            Shape::Blocks | Shape::Bars(_) if !asked.is_empty() => {
                Self { shape: Shape::Last, blocks: &[], told: &[], ..self }
            }
            _ => self,
        }
    }
}

const PLAIN: Layout = Layout {
    table: "",
    columns: &[],
    optional: &[],
    told: &[],
    shape: Shape::Rows,
    blocks: &[],
    // Two years of months.
    rows: 24,
};
/// Periods of a table with blocks below.
const FEWER: usize = 12;
/// Customers of a table with a row for each.
const CUSTOMERS: usize = 20;
/// Rows of a block.
const MOST: usize = 12;

const LAYOUTS: [Layout; 12] = [
    Layout {
        table: "cohort_curve",
        columns: &[
            "cohorts",
            "customers",
            "active",
            "retention_rate",
            "mean_retention_rate",
            "revenue",
            "revenue_retention_rate",
        ],
        ..PLAIN
    },
    Layout {
        table: "customer_retention",
        columns: &[
            "opening",
            "new",
            "returned",
            "churned",
            "closing",
            "retention_rate",
            "churn_rate",
            "buyers",
        ],
        ..PLAIN
    },
    Layout {
        table: "revenue_churn",
        columns: &[
            "opening_revenue",
            "new_revenue",
            "churned_revenue",
            "closing_revenue",
            "gross_revenue_churn_rate",
            "net_revenue_retention",
        ],
        ..PLAIN
    },
    Layout {
        table: "revenue_movements",
        columns: &["movement", "opening_revenue", "closing_revenue", "change"],
        shape: Shape::Top(Order::Largest("change")),
        rows: CUSTOMERS,
        ..PLAIN
    },
    Layout {
        table: "win_back",
        columns: &[
            "lapsed_opening",
            "won_back",
            "win_back_rate",
            "won_back_revenue",
            "median_days_lapsed",
        ],
        optional: &["reactivated", "reactivation_rate", "contacted", "uplift"],
        told: &["breakdown", "breakdown_value"],
        shape: Shape::Totals(Where("breakdown", Some("total"))),
        blocks: &[
            contacts("campaigns", "campaign", Where("breakdown", Some("campaign"))),
            contacts("strategies", "strategy", Where("breakdown", Some("strategy"))),
        ],
        rows: FEWER,
    },
    Layout {
        table: "churn_reasons",
        shape: Shape::Blocks,
        blocks: &[
            churned("reasons", "reason"),
            churned("causes", "cause"),
            churned("sources", "source"),
        ],
        rows: FEWER,
        ..PLAIN
    },
    Layout {
        table: "purchase_gaps",
        columns: &[
            "gaps",
            "open",
            "km_median_days",
            "p25_days",
            "median_days",
            "p75_days",
            "p90_days",
            "mean_days",
        ],
        told: &["gap_number"],
        shape: Shape::Totals(Where("gap_number", None)),
        blocks: &[Block::Period {
            title: "by number, of the last complete period with a km_median_days of gap 1",
            by: "gap_number",
            of: Where("gap_number", Some("1")),
            settled: "km_median_days",
        }],
        rows: FEWER,
        ..PLAIN
    },
    Layout {
        table: "purchase_gap_histogram",
        shape: Shape::Bars(Where("gap_number", None)),
        ..PLAIN
    },
    Layout {
        table: "loyalty",
        columns: &[
            "buyers",
            "repeat_purchase_ratio",
            "window_repeat_purchase_ratio",
            "loyal_customer_rate",
            "orders_per_customer",
            "average_order_value",
            "returning_revenue_share",
        ],
        ..PLAIN
    },
    Layout {
        table: "customers",
        columns: &["status", "last_order", "orders", "revenue", "median_gap_days", "overdue_ratio"],
        optional: &["probability_alive", "clv"],
        shape: Shape::Top(Order::Highest("revenue")),
        rows: CUSTOMERS,
        ..PLAIN
    },
    Layout {
        table: "clv_holdout",
        columns: &[
            "step_start",
            "is_holdout",
            "customers",
            "actual_cumulative",
            "expected_cumulative",
        ],
        told: &["model"],
        shape: Shape::Across { by: "model", each: &["expected_orders", "expected_cumulative"] },
        ..PLAIN
    },
    Layout {
        table: "lost_sales",
        columns: &[
            "won",
            "open",
            "lost",
            "recovered",
            "conversion_rate",
            "lost_value",
            "net_lost_value",
        ],
        told: &["source", "breakdown", "breakdown_value"],
        shape: Shape::Totals(Where("breakdown", Some("total"))),
        blocks: &[Block::Sums(Sums {
            title: "reasons",
            name: "reason",
            of: Some(Where("breakdown", Some("reason"))),
            by: "breakdown_value",
            measures: &[
                Measure::Sum("lost"),
                Measure::Sum("recovered"),
                Measure::Sum("lost_value"),
                Measure::Sum("recovered_value"),
                Measure::Sum("net_lost_value"),
            ],
            order: "net_lost_value",
            most: usize::MAX,
        })],
        rows: FEWER,
        ..PLAIN
    },
];

/// What contacts did.
const fn contacts(title: &'static str, name: &'static str, of: Where) -> Block {
    const CONVERTED: Ratio = Ratio("converted", "contacted");
    const HOLDOUT: Ratio = Ratio("holdout_converted", "holdout");
    Block::Sums(Sums {
        title,
        name,
        of: Some(of),
        by: "breakdown_value",
        measures: &[
            Measure::Sum("contacted"),
            Measure::Rate("conversion_rate", CONVERTED),
            Measure::Sum("holdout"),
            Measure::Rate("holdout_conversion_rate", HOLDOUT),
            Measure::Difference("uplift", CONVERTED, HOLDOUT),
            // An interval cannot be summed.
            Measure::Single("uplift_low"),
            Measure::Single("uplift_high"),
        ],
        order: "contacted",
        most: MOST,
    })
}

/// Whom and what it cost.
const fn churned(title: &'static str, by: &'static str) -> Block {
    Block::Sums(Sums {
        title,
        name: by,
        of: None,
        by,
        measures: &[
            Measure::Sum("churned"),
            Measure::Share("churned_share", "churned"),
            Measure::Sum("revenue_lost"),
            Measure::Share("revenue_lost_share", "revenue_lost"),
        ],
        order: "revenue_lost",
        most: MOST,
    })
}
