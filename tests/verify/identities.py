"""What METRICS.md promises of every row, and of neighbouring rows, of the tables."""

from __future__ import annotations

import duckdb

SEGMENT = "grain, segment, segment_value"

# Words, and a query that finds the rows which break them.
IDENTITIES = {
    "closing = opening + new + entered_existing + returned - churned": """
        FROM customer_retention WHERE closing <> opening + new + entered_existing + returned - churned
    """,
    "opening(p + 1) = closing(p) in customer_retention": f"""
        FROM customer_retention
        QUALIFY opening <> lag(closing, 1, 0) OVER (PARTITION BY {SEGMENT} ORDER BY period)
    """,
    "buyers = lifecycle_new + entered_existing + lifecycle_returning + lifecycle_resurrected": """
        FROM customer_retention
        WHERE buyers <> lifecycle_new + entered_existing + lifecycle_returning + lifecycle_resurrected
    """,
    "lifecycle_returning(p + 1) + lifecycle_dormant(p + 1) = buyers(p)": f"""
        FROM customer_retention
        QUALIFY lifecycle_returning + lifecycle_dormant
            <> lag(buyers, 1, 0) OVER (PARTITION BY {SEGMENT} ORDER BY period)
    """,
    "revenue: closing = opening + new + reactivated + expansion - contraction - churned": """
        FROM revenue_churn WHERE closing_revenue <> opening_revenue + new_revenue + reactivated_revenue
            + expansion_revenue - contraction_revenue - churned_revenue
    """,
    "customers: closing = new + reactivated + expansion + contraction + unchanged": """
        FROM revenue_churn WHERE closing_customers <> new_customers + reactivated_customers + expansion_customers
            + contraction_customers + unchanged_customers
    """,
    "customers: opening = churned + expansion + contraction + unchanged": """
        FROM revenue_churn WHERE opening_customers <> churned_customers + expansion_customers
            + contraction_customers + unchanged_customers
    """,
    "opening_revenue(p + w) = closing_revenue(p)": f"""
        FROM revenue_churn
        QUALIFY opening_revenue <> lag(closing_revenue, window_periods) OVER (PARTITION BY {SEGMENT} ORDER BY period)
    """,
    "at k = 0, active = on_or_after = cohort_size": """
        FROM cohort_retention WHERE k = 0 AND (active <> cohort_size OR on_or_after <> cohort_size)
    """,
    "active <= on_or_after <= cohort_size, repurchased_by <= cohort_size": """
        FROM cohort_retention
        WHERE active > on_or_after OR on_or_after > cohort_size OR repurchased_by > cohort_size
    """,
    "every customer stands in one cohort of each grain": """
        SELECT 1 FROM (
            SELECT grain, segment, segment_value, cohort_size AS people, 0 AS entered FROM cohort_retention WHERE k = 0
            UNION ALL
            SELECT grain, segment, segment_value, 0, new + entered_existing FROM customer_retention
        ) GROUP BY grain, segment, segment_value HAVING sum(people) <> sum(entered)
    """,
    "attempts = won + lost + open on total rows, lost on reason rows": """
        FROM lost_sales WHERE attempts <> coalesce(won, 0) + coalesce(open, 0) + lost
    """,
    "the reasons of a period add up to its lost attempts and their value": """
        FROM (
            SELECT sum(lost) FILTER (breakdown = 'total') AS lost,
                coalesce(sum(lost) FILTER (breakdown = 'reason'), 0) AS reasons,
                sum(lost_value) FILTER (breakdown = 'total') AS value,
                coalesce(sum(lost_value) FILTER (breakdown = 'reason'), 0) AS reasons_value
            FROM lost_sales GROUP BY grain, segment, segment_value, period, buyer
        ) WHERE lost <> reasons OR value <> reasons_value
    """,
}


def faults(db: duckdb.DuckDBPyConnection) -> list[str]:
    """The identities that the recomputed tables break."""
    counts = {text: db.execute(f"SELECT count(*) FROM ({sql})").fetchall()[0][0] for text, sql in IDENTITIES.items()}
    return [f"{count} rows break: {text}" for text, count in counts.items() if count]
