"""What docs/tables promises of every row, and of neighbouring rows, of the tables of customers."""

from __future__ import annotations

import duckdb

from identities_further import OF_FURTHER_INPUTS

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
    "the movements of a period add up to its row of revenue_churn": """
        FROM (
            SELECT grain, period, movement, count(*) AS people, sum(abs(change)) AS change,
                sum(opening_revenue) AS opening, sum(closing_revenue) AS closing
            FROM revenue_movements GROUP BY ALL
        ) m
        JOIN (
            SELECT grain, period, unnest([
                ('new', new_customers, new_revenue), ('reactivated', reactivated_customers, reactivated_revenue),
                ('expansion', expansion_customers, expansion_revenue), ('churned', churned_customers, churned_revenue),
                ('contraction', contraction_customers, contraction_revenue), ('unchanged', unchanged_customers, 0)
            ]) AS row
            FROM revenue_churn WHERE segment = 'all'
        ) r ON r.grain = m.grain AND r.period = m.period AND r.row[1] = m.movement
        WHERE m.people <> r.row[2] OR m.change <> r.row[3]
            OR (m.movement IN ('new', 'reactivated') AND m.closing <> r.row[3])
            OR (m.movement = 'churned' AND m.opening <> r.row[3])
    """,
    "everyone behind revenue_churn is in revenue_movements": """
        SELECT 1 FROM (
            SELECT grain, period, 1 AS people, opening_revenue, closing_revenue FROM revenue_movements
            UNION ALL
            SELECT grain, period, -(closing_customers + churned_customers), -opening_revenue, -closing_revenue
            FROM revenue_churn WHERE segment = 'all'
        ) GROUP BY grain, period
        HAVING sum(people) <> 0 OR sum(opening_revenue) <> 0 OR sum(closing_revenue) <> 0
    """,
    "lapsed_opening(p + 1) = lapsed_opening + churned - returned": """
        FROM win_back w JOIN customer_retention c
            ON c.grain = w.grain AND c.segment = w.segment AND c.period = w.period
                AND c.segment_value IS NOT DISTINCT FROM w.segment_value
        WHERE w.breakdown = 'total'
        QUALIFY w.lapsed_opening <> lag(w.lapsed_opening + c.churned - c.returned, 1, 0)
            OVER (PARTITION BY w.grain, w.segment, w.segment_value ORDER BY w.period)
    """,
    "won_back <= returned, won_back <= lapsed_opening, spells_again <= churned": """
        FROM win_back w JOIN customer_retention c
            ON c.grain = w.grain AND c.segment = w.segment AND c.period = w.period
                AND c.segment_value IS NOT DISTINCT FROM w.segment_value
        WHERE w.breakdown = 'total' AND (w.won_back > c.returned OR w.won_back > w.lapsed_opening
            OR w.spells_again > c.churned)
    """,
    "reactivation is winning back and more": """
        FROM win_back WHERE inactive_opening < lapsed_opening OR reactivated < won_back
            OR reactivated > inactive_opening
    """,
    "converted <= contacted, holdout_converted <= holdout, both <= contacts": """
        FROM win_back WHERE converted > contacted OR holdout_converted > holdout OR contacted + holdout > contacts
            OR converted + holdout_converted + attribution_open > contacted + holdout
    """,
    "the interval of uplift holds it": """
        FROM win_back WHERE uplift_low > uplift + 1e-12 OR uplift > uplift_high + 1e-12
            OR (uplift IS NULL) <> (uplift_low IS NULL OR uplift_high IS NULL)
    """,
    "the contacts of a period's campaigns add up": f"""
        SELECT 1 FROM win_back WHERE breakdown <> 'strategy' GROUP BY {SEGMENT}, period
        HAVING coalesce(sum(contacts) FILTER (breakdown = 'campaign'), 0)
            NOT IN (0, sum(contacts) FILTER (breakdown = 'total'))
    """,
    "the churn events of all reasons are those of customer_retention": f"""
        SELECT 1 FROM (
            SELECT {SEGMENT}, period, churned, 0 AS events FROM churn_reasons
            UNION ALL
            SELECT {SEGMENT}, period, 0, churned FROM customer_retention
        ) GROUP BY {SEGMENT}, period HAVING sum(churned) <> sum(events)
    """,
    "churned_total and revenue_lost_total are sums over the reasons": f"""
        FROM (
            SELECT *, sum(churned) OVER w AS churned_sum, sum(revenue_lost) OVER w AS lost_sum
            FROM churn_reasons WINDOW w AS (PARTITION BY {SEGMENT}, period)
        ) WHERE churned_total <> churned_sum OR revenue_lost_total <> lost_sum OR with_notice > churned
    """,
}

# Of tables that only orders have.
OF_ORDERS = {
    "the histogram holds the gaps of purchase_gaps": f"""
        SELECT 1 FROM (
            SELECT {SEGMENT}, period, gap_number, gaps, open FROM purchase_gaps
            UNION ALL
            SELECT {SEGMENT}, period, gap_number, -gaps, -open FROM purchase_gap_histogram
        ) GROUP BY {SEGMENT}, period, gap_number HAVING sum(gaps) <> 0 OR sum(open) <> 0
    """,
    "every customer has one open gap": f"""
        SELECT 1 FROM (
            SELECT {SEGMENT}, open, 0 AS people FROM purchase_gaps WHERE gap_number IS NULL
            UNION ALL
            SELECT {SEGMENT}, 0, new + entered_existing FROM customer_retention
        ) GROUP BY {SEGMENT} HAVING sum(open) <> sum(people)
    """,
    "buyers and orders of loyalty are those of other tables": f"""
        SELECT 1 FROM (
            SELECT {SEGMENT}, period, buyers, 0 AS orders FROM customer_retention
            UNION ALL
            SELECT {SEGMENT}, period, -buyers, -orders FROM loyalty
            UNION ALL
            SELECT {SEGMENT}, period, 0, orders FROM cohort_retention
        ) GROUP BY {SEGMENT}, period HAVING sum(buyers) <> 0
            OR (sum(orders) <> 0 AND getvariable('max_k') IS NULL AND grain NOT IN ('day', 'week'))
    """,
    "loyal and repeat buyers are buyers": """
        FROM loyalty WHERE loyal > window_buyers OR window_repeat_buyers > window_buyers OR repeat_buyers > buyers
    """,
    "customers add up to customer_retention": """
        SELECT 1 FROM (
            SELECT count(*) FILTER (status <> 'lapsed') AS active, count(*) AS people, sum(lapses) AS lapses
            FROM customers
        ), (
            SELECT grain, last(closing ORDER BY period) AS closing, sum(new + entered_existing) AS entered,
                sum(churned) AS churned
            FROM customer_retention WHERE segment = 'all' GROUP BY grain
        ) WHERE active <> closing OR people <> entered OR lapses <> churned
    """,
    "frequency, recency and age of a customer fit together": """
        FROM customers WHERE recency_days > age_days OR (frequency = 0) <> (recency_days = 0)
            OR days_since_last <> age_days - recency_days OR (monetary IS NULL) <> (frequency = 0)
            OR frequency <> order_days - 1 OR orders < order_days
    """,
    "the repeat orders of clv_holdout are those before the end": """
        FROM clv_holdout
        QUALIFY actual_cumulative <> sum(actual_orders)
            OVER (PARTITION BY segment, segment_value, model ORDER BY step)
    """,
}


def faults(db: duckdb.DuckDBPyConnection, basis: str) -> list[str]:
    """The identities that the recomputed tables break."""
    promised = IDENTITIES | OF_FURTHER_INPUTS | (OF_ORDERS if basis == "orders" else {})
    counts = {text: db.execute(f"SELECT count(*) FROM ({sql})").fetchall()[0][0] for text, sql in promised.items()}
    return [f"{count} rows break: {text}" for text, count in counts.items() if count]
