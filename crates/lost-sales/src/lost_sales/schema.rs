//! The table's columns.

use kohort_model::{Column, TableSchema, Unit, keys};

/// The columns of `lost_sales`.
pub static SCHEMA: TableSchema = TableSchema {
    name: "lost_sales",
    description: "What was nearly sold: who did not buy, where they stopped, why, what it was worth and what came back",
    columns: &[
        Column::text("source", "where the attempts come from: carts, opportunities or orders"),
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        Column::date("period", "first day of the period of the attempt"),
        Column::text(
            "buyer",
            "customer where an activity event came at an earlier instant, else prospect",
        ),
        Column::text(
            "breakdown",
            "total, or competitor or reason for the lost attempts of one, or stage for the attempts that reached one",
        ),
        Column::text("breakdown_value", "the competitor, reason or stage; NULL on total rows")
            .or_null(),
        Column::count(
            "attempts",
            Unit::Attempts,
            "won + lost + open; on competitor and reason rows lost",
        ),
        Column::count(
            "won",
            Unit::Attempts,
            "completed, purchased or won; NULL on competitor and reason rows",
        )
        .or_null(),
        Column::count(
            "open",
            Unit::Attempts,
            "not decided yet; NULL on competitor and reason rows",
        )
        .or_null(),
        Column::count("lost", Unit::Attempts, "lost"),
        Column::count(
            "stopped",
            Unit::Attempts,
            "of lost, those that got no further than this stage; NULL but on stage rows",
        )
        .or_null(),
        Column::count(
            "recovered",
            Unit::Attempts,
            "lost, but the same buyer bought within the recovery window, before the next loss",
        ),
        Column::count(
            "recovery_open",
            Unit::Attempts,
            "lost, not recovered, and the recovery window has not elapsed",
        ),
        Column::rate("conversion_rate", "won / (won + lost); NULL on competitor and reason rows"),
        Column::money("attempted_value", "value of the attempts"),
        Column::money("won_value", "value of the won ones; NULL on competitor and reason rows")
            .or_null(),
        Column::money("lost_value", "value of the lost ones"),
        Column::money("stopped_value", "value of the stopped ones; NULL but on stage rows")
            .or_null(),
        Column::money("recovered_value", "value of the lost ones that were recovered"),
        Column::money("net_lost_value", "lost_value - recovered_value"),
        Column::money(
            "expected_lost_value",
            "estimate: net_lost_value x won / (won + lost) of the complete periods",
        )
        .or_null(),
        keys::IS_COMPLETE,
    ],
    key: &[
        "source",
        "grain",
        "segment",
        "segment_value",
        "period",
        "buyer",
        "breakdown",
        "breakdown_value",
    ],
    // Carts and opportunities are decided later than the period in which they were created ends.
    revisable: &[
        "attempts",
        "won",
        "open",
        "lost",
        "stopped",
        "recovered",
        "recovery_open",
        "conversion_rate",
        "attempted_value",
        "won_value",
        "lost_value",
        "stopped_value",
        "recovered_value",
        "net_lost_value",
        "expected_lost_value",
    ],
};
