//! The metrics, and where each of them is found.

/// One headline rate.
pub(crate) struct Metric {
    pub name: &'static str,
    /// The table that has it.
    pub table: &'static str,
    /// Which rows of the table.
    pub rows: &'static [Rows],
    pub value: Value,
    pub numerator: Sum,
    pub denominator: Sum,
    pub unit: &'static str,
    /// Column that tells whether the value is final.
    pub complete: &'static str,
}

/// Rows of a table.
pub(crate) enum Rows {
    /// Those that have this text in this column.
    Of(&'static str, &'static str),
    /// Those that have NULL in this column.
    Null(&'static str),
}

/// Where a value comes from.
pub(crate) enum Value {
    /// The column that has it: one row a period.
    Column(&'static str),
    /// Several rows a period are one here: the numerators over the denominators of all of them.
    Quotient,
}

/// Columns that are added up, and columns that are taken off. NULL where there are none.
pub(crate) struct Sum {
    pub plus: &'static [&'static str],
    pub minus: &'static [&'static str],
}

const NOTHING: Sum = sum(&[]);
const RATIO: &str = "ratio";
const IS_COMPLETE: &str = "is_complete";

const fn sum(plus: &'static [&'static str]) -> Sum {
    Sum { plus, minus: &[] }
}

/// A ratio that all rows of a table have in the column of its own name, and whose completeness is
/// that of the period.
const fn ratio(
    table: &'static str,
    name: &'static str,
    numerator: Sum,
    denominator: &'static [&'static str],
) -> Metric {
    Metric {
        name,
        table,
        rows: &[],
        value: Value::Column(name),
        numerator,
        denominator: sum(denominator),
        unit: RATIO,
        complete: IS_COMPLETE,
    }
}

/// A ratio of `customer_retention`.
const fn retained(name: &'static str, numerator: Sum) -> Metric {
    ratio("customer_retention", name, numerator, &["opening"])
}

/// A ratio of `revenue_churn`.
const fn revenue(name: &'static str, numerator: Sum) -> Metric {
    ratio("revenue_churn", name, numerator, &["opening_revenue"])
}

/// A ratio of `win_back`.
const fn back(
    name: &'static str,
    numerator: &'static [&'static str],
    denominator: &'static [&'static str],
) -> Metric {
    Metric { rows: &[TOTAL], ..ratio("win_back", name, sum(numerator), denominator) }
}

/// The conversion rate of a source of `lost_sales`, whose rows tell customers from prospects.
const fn conversion(name: &'static str, rows: &'static [Rows]) -> Metric {
    let value = Value::Quotient;
    Metric { rows, value, ..ratio("lost_sales", name, sum(&["won"]), &["won", "lost"]) }
}

const TOTAL: Rows = Rows::Of("breakdown", "total");

/// Every metric, sorted by name.
pub(crate) const ALL: [Metric; 24] = [
    Metric { denominator: NOTHING, ..retained("annualised_churn_rate", NOTHING) },
    Metric {
        value: Value::Column("abandonment_rate"),
        ..ratio("carts", "cart_abandonment_rate", sum(&["abandoned"]), &["purchased", "abandoned"])
    },
    Metric {
        value: Value::Column("recovery_rate"),
        ..ratio("carts", "cart_recovery_rate", sum(&["recovered"]), &["abandoned"])
    },
    conversion("carts_conversion_rate", &[Rows::Of("source", "carts"), TOTAL]),
    retained("churn_rate", sum(&["lost"])),
    Metric { denominator: NOTHING, unit: "days", ..ratio("receivables", "dso", NOTHING, &[]) },
    revenue(
        "existing_customer_growth_rate",
        Sum {
            plus: &["reactivated_revenue", "expansion_revenue"],
            minus: &["contraction_revenue", "churned_revenue"],
        },
    ),
    Metric {
        // The last step alone leads to no other.
        rows: &[Rows::Null("converted")],
        value: Value::Column("overall_conversion_rate"),
        ..ratio("funnel", "funnel_conversion_rate", sum(&["entered"]), &["visitors"])
    },
    revenue("gross_revenue_churn_rate", sum(&["churned_revenue", "contraction_revenue"])),
    revenue(
        "gross_revenue_retention",
        Sum { plus: &["opening_revenue"], minus: &["churned_revenue", "contraction_revenue"] },
    ),
    retained("kept_rate", sum(&["kept"])),
    ratio("receivables", "late_share", sum(&["paid_late"]), &["paid"]),
    ratio("loyalty", "loyal_customer_rate", sum(&["loyal"]), &["window_buyers"]),
    revenue(
        "net_revenue_churn_rate",
        Sum { plus: &["churned_revenue", "contraction_revenue"], minus: &["expansion_revenue"] },
    ),
    revenue(
        "net_revenue_retention",
        Sum {
            plus: &["opening_revenue", "expansion_revenue"],
            minus: &["churned_revenue", "contraction_revenue"],
        },
    ),
    Metric {
        unit: "points",
        ..ratio("nps", "nps", Sum { plus: &["promoters"], minus: &["detractors"] }, &["responses"])
    },
    conversion("opportunities_conversion_rate", &[Rows::Of("source", "opportunities"), TOTAL]),
    conversion("orders_conversion_rate", &[Rows::Of("source", "orders"), TOTAL]),
    ratio(
        "revenue_churn",
        "quick_ratio",
        sum(&["new_revenue", "reactivated_revenue", "expansion_revenue"]),
        &["contraction_revenue", "churned_revenue"],
    ),
    back("reactivation_rate", &["reactivated"], &["inactive_opening"]),
    ratio("loyalty", "repeat_purchase_ratio", sum(&["repeat_buyers"]), &["buyers"]),
    retained(
        "retention_rate",
        Sum { plus: &["closing"], minus: &["new_at_close", "entered_existing_at_close"] },
    ),
    Metric {
        rows: &[Rows::Of("attribution", "order_date"), TOTAL],
        complete: "is_mature",
        ..ratio("product_returns", "unit_return_rate", sum(&["returned_units"]), &["sold_units"])
    },
    back("win_back_rate", &["won_back"], &["lapsed_opening"]),
];

/// Names of all metrics, sorted.
pub const METRICS: [&str; ALL.len()] = {
    let mut names = [""; ALL.len()];
    let mut i = 0;
    while i < names.len() {
        names[i] = ALL[i].name;
        i += 1;
    }
    names
};

/// The table that a metric comes from; `None` where there is no such metric.
#[must_use]
pub fn source_of(metric: &str) -> Option<&'static str> {
    ALL.iter().find(|known| known.name == metric).map(|known| known.table)
}

/// Names of the tables that `scorecard` is made of, sorted.
pub const SOURCES: [&str; 10] = [
    "carts",
    "customer_retention",
    "funnel",
    "lost_sales",
    "loyalty",
    "nps",
    "product_returns",
    "receivables",
    "revenue_churn",
    "win_back",
];
