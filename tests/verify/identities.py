"""Identities of the recomputed tables: those that the tables declare, and others of customers and money.

What is declared holds in every published table, and `rules.py` applies it. Written out here is what holds
besides, most of it between tables.
"""

from __future__ import annotations

import duckdb

import rules
from pipeline import Pipeline

SEGMENT = "grain, segment, segment_value"

# The rows of each table are a row of the other's: `c` is that of customer_retention.
WITH_RETENTION = """
    FROM win_back w JOIN customer_retention c
        ON c.grain = w.grain AND c.segment = w.segment AND c.period = w.period
            AND c.segment_value IS NOT DISTINCT FROM w.segment_value
"""

# Words, and a query that finds the rows which break them.
IDENTITIES = {
    "nobody and nothing is there before the first period": f"""
        FROM (
            SELECT 'opening' AS of, {SEGMENT}, period, opening + lifecycle_returning + lifecycle_dormant AS before
            FROM customer_retention
            UNION ALL
            SELECT 'lapsed', {SEGMENT}, period, lapsed_opening FROM win_back WHERE breakdown = 'total'
            UNION ALL
            SELECT 'owed', {SEGMENT}, period, opening_receivables FROM receivables
        ) QUALIFY row_number() OVER (PARTITION BY of, {SEGMENT} ORDER BY period) = 1 AND before <> 0
    """,
    "opening_revenue(p + w) = closing_revenue(p)": f"""
        FROM revenue_churn
        QUALIFY opening_revenue <> lag(closing_revenue, window_periods) OVER (PARTITION BY {SEGMENT} ORDER BY period)
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
    "spells_again <= churned": f"{WITH_RETENTION} WHERE w.breakdown = 'total' AND w.spells_again > c.churned",
    "the interval of uplift is where uplift is": """
        FROM win_back WHERE (uplift IS NULL) <> (uplift_low IS NULL) OR (uplift IS NULL) <> (uplift_high IS NULL)
    """,
    "every lost attempt has a reason": f"""
        SELECT 1 FROM lost_sales GROUP BY source, {SEGMENT}, period, buyer
        HAVING sum(lost) FILTER (breakdown = 'total') > coalesce(sum(lost) FILTER (breakdown = 'reason'), 0)
    """,
    "what is recovered, or stopped, is worth no more than what was lost": """
        FROM lost_sales WHERE recovered_value > lost_value OR stopped_value > lost_value
            OR expected_lost_value > net_lost_value
    """,
    "abandoned carts are worth what is lost of both buyers": f"""
        SELECT 1 FROM (
            SELECT {SEGMENT}, period, abandoned_value AS value FROM carts
            UNION ALL
            SELECT {SEGMENT}, period, -lost_value FROM lost_sales WHERE source = 'carts' AND breakdown = 'total'
        ) GROUP BY {SEGMENT}, period HAVING sum(value) <> 0
    """,
    "every period has what was sold, of one value by order and by return date": f"""
        SELECT 1 FROM product_returns WHERE breakdown = 'total' GROUP BY {SEGMENT}, period
        HAVING count(DISTINCT sold_value) <> 1 OR count(*) <> 2
    """,
    "nps lies between -100 and 100": """
        FROM nps WHERE abs(nps) > 100 OR nps_standard_error > 100
    """,
    "who is exposed has the signal, and the interval of the odds ratio holds it": """
        FROM churn_indicators
        WHERE with_signal < exposed OR odds_ratio_low > odds_ratio OR odds_ratio > odds_ratio_high
    """,
    "a pair of items has the counts of the pair the other way round, and no item is its own other": """
        SELECT * FROM (
            SELECT segment, segment_value, level, relation, item, other_item, with_item, with_other
            FROM cross_sell WHERE relation <> 'next'
            UNION ALL
            SELECT segment, segment_value, level, relation, other_item, item, with_other, with_item
            FROM cross_sell WHERE relation <> 'next'
        ) GROUP BY ALL HAVING count(*) <> 2 OR item = other_item
    """,
    "a value of the scorecard is what it was divided from": """
        FROM scorecard WHERE unit = 'ratio'
            AND abs(value - CAST(numerator AS DOUBLE) / CAST(denominator AS DOUBLE)) > 1e-12 * greatest(1, abs(value))
    """,
    "one alert of a metric, grain and segment value at most is the latest": """
        SELECT 1 FROM alerts WHERE is_latest GROUP BY metric, grain, segment, segment_value HAVING count(*) > 1
    """,
}

# Of tables that only orders have.
OF_ORDERS = {
    "every customer has one open gap": f"""
        SELECT 1 FROM (
            SELECT {SEGMENT}, open, 0 AS people FROM purchase_gaps WHERE gap_number IS NULL
            UNION ALL
            SELECT {SEGMENT}, 0, new + entered_existing FROM customer_retention
        ) GROUP BY {SEGMENT} HAVING sum(open) <> sum(people)
    """,
    "the orders of loyalty are those of all cohorts": f"""
        SELECT 1 FROM (
            SELECT {SEGMENT}, period, -orders AS orders FROM loyalty
            UNION ALL
            SELECT {SEGMENT}, period, orders FROM cohort_retention
        ) WHERE getvariable('max_k') IS NULL AND grain NOT IN ('day', 'week')
        GROUP BY {SEGMENT}, period HAVING sum(orders) <> 0
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
}


def faults(db: duckdb.DuckDBPyConnection, p: Pipeline) -> list[str]:
    """The identities that the recomputed tables break."""
    # They are of customers, all of them.
    promised = {} if p.basis == "none" else IDENTITIES | (OF_ORDERS if p.basis == "orders" else {})
    counts = {text: db.execute(f"SELECT count(*) FROM ({sql})").fetchall()[0][0] for text, sql in promised.items()}
    counts |= rules.broken(db, p)
    return [f"{count} rows break: {text}" for text, count in counts.items() if count]
