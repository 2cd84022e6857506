//! The columns of both tables.

use kohort_model::{Column, TableSchema, Unit, keys};

/// The columns of `purchase_gaps`.
pub static GAPS: TableSchema = TableSchema {
    name: "purchase_gaps",
    description: "How long customers take between one purchase and the next",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        Column::date("period", "first day of the period in which the gap starts"),
        GAP_NUMBER,
        Column::count("gaps", Unit::Gaps, "gaps that ended"),
        Column::count("open", Unit::Gaps, "gaps still open at as_of"),
        Column::float("mean_days", Unit::Days, "mean of the gaps that ended").or_null(),
        Column::float("p25_days", Unit::Days, "25th percentile of the gaps that ended").or_null(),
        Column::float("median_days", Unit::Days, "median of the gaps that ended").or_null(),
        Column::float("p75_days", Unit::Days, "75th percentile of the gaps that ended").or_null(),
        Column::float("p90_days", Unit::Days, "90th percentile of the gaps that ended").or_null(),
        Column::float(
            "km_median_days",
            Unit::Days,
            "median with the open gaps as censored (Kaplan and Meier); NULL where fewer than half end",
        )
        .or_null(),
        keys::IS_COMPLETE,
    ],
    key: &["grain", "segment", "segment_value", "period", "gap_number"],
    revisable: &[
        "gaps",
        "open",
        "mean_days",
        "p25_days",
        "median_days",
        "p75_days",
        "p90_days",
        "km_median_days",
    ],
};

/// The columns of `purchase_gap_histogram`.
pub static HISTOGRAM: TableSchema = TableSchema {
    name: "purchase_gap_histogram",
    description: "The gaps between purchases by their length",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        Column::date("period", "first day of the period in which the gap starts"),
        GAP_NUMBER,
        Column::int("days_from", Unit::Days, "first length in the bucket"),
        Column::int("days_to", Unit::Days, "last length in the bucket"),
        Column::count("gaps", Unit::Gaps, "gaps that ended after so many days"),
        Column::count("open", Unit::Gaps, "open gaps that have lasted so many days"),
        keys::IS_COMPLETE,
    ],
    key: &["grain", "segment", "segment_value", "period", "gap_number", "days_from"],
    revisable: &["gaps", "open"],
};

const GAP_NUMBER: Column = Column::int(
    "gap_number",
    Unit::None,
    "1 from the first to the second order day, and so on; NULL for gaps of every number",
)
.or_null();
