"""What docs/tables promises of the rows of lost_sales and of the tables of further inputs."""

from __future__ import annotations

SEGMENT = "grain, segment, segment_value"

# Words, and a query that finds the rows which break them.
OF_FURTHER_INPUTS = {
    "attempts = won + lost + open on total and stage rows, lost on reason and competitor rows": """
        FROM lost_sales WHERE attempts <> coalesce(won, 0) + coalesce(open, 0) + lost
    """,
    "the reasons of a period add up to its lost attempts and their value": f"""
        FROM (
            SELECT sum(lost) FILTER (breakdown = 'total') AS lost,
                coalesce(sum(lost) FILTER (breakdown = 'reason'), 0) AS reasons,
                sum(lost_value) FILTER (breakdown = 'total') AS value,
                coalesce(sum(lost_value) FILTER (breakdown = 'reason'), 0) AS reasons_value
            FROM lost_sales GROUP BY source, {SEGMENT}, period, buyer
        ) WHERE lost <> reasons OR value <> reasons_value
    """,
    "the competitors of a period add up to its lost attempts, and each stops at one stage": f"""
        FROM (
            SELECT coalesce(sum(lost) FILTER (breakdown = 'total'), 0) AS lost,
                sum(lost) FILTER (breakdown = 'competitor') AS competitors,
                sum(stopped) AS stopped,
                coalesce(sum(lost_value) FILTER (breakdown = 'total'), 0) AS value,
                sum(stopped_value) AS stopped_value
            FROM lost_sales GROUP BY source, {SEGMENT}, period, buyer
        ) WHERE lost <> competitors OR lost <> stopped OR value <> stopped_value
    """,
    "what is recovered or may yet be was lost, and what stopped reached its stage": """
        FROM lost_sales WHERE recovered + recovery_open > lost OR recovered_value > lost_value
            OR stopped > lost OR stopped_value > lost_value OR expected_lost_value > net_lost_value
    """,
    "carts are the attempts of both buyers": f"""
        SELECT 1 FROM (
            SELECT {SEGMENT}, period, created AS n, purchased AS won, abandoned AS lost, recovered,
                abandoned_value AS value
            FROM carts
            UNION ALL
            SELECT {SEGMENT}, period, -attempts, -won, -lost, -recovered, -lost_value
            FROM lost_sales WHERE source = 'carts' AND breakdown = 'total'
        ) GROUP BY {SEGMENT}, period
        HAVING sum(n) <> 0 OR sum(won) <> 0 OR sum(lost) <> 0 OR sum(recovered) <> 0 OR sum(value) <> 0
    """,
    "created = purchased + open + abandoned": """
        FROM carts WHERE created <> purchased + open + abandoned OR recovered + recovery_open > abandoned
            OR created_value < purchased_value + abandoned_value OR without_value > created
    """,
    "entered = converted + dropped + open; converted = entered of the next step": f"""
        FROM funnel
        QUALIFY entered <> converted + dropped + open OR dropped_without_value > dropped
            OR converted <> lead(entered) OVER (PARTITION BY {SEGMENT}, period ORDER BY step_number)
            OR (step_number = 1 AND visitors <> entered)
    """,
    "products, categories and reasons add up to the totals": f"""
        SELECT 1 FROM (
            SELECT {SEGMENT}, period, attribution, breakdown,
                sum(returned_units) AS units, sum(returned_value) AS value,
                CASE WHEN breakdown <> 'reason' THEN sum(sold_value) END AS sold
            FROM product_returns WHERE breakdown <> 'total' GROUP BY {SEGMENT}, period, attribution, breakdown
        ) p JOIN product_returns t ON t.grain = p.grain AND t.segment = p.segment AND t.period = p.period
            AND t.segment_value IS NOT DISTINCT FROM p.segment_value AND t.attribution = p.attribution
        WHERE t.breakdown = 'total'
            AND (p.units <> t.returned_units OR p.value <> t.returned_value OR p.sold <> t.sold_value)
    """,
    "what was sold is the same by order and by return date": f"""
        SELECT 1 FROM product_returns WHERE breakdown = 'total' GROUP BY {SEGMENT}, period
        HAVING count(DISTINCT (sold_units, sold_orders, sold_value)) <> 1 OR count(*) <> 2
    """,
    "receivables = current + the four overdue columns": """
        FROM receivables
        WHERE receivables <> current + overdue_1_30 + overdue_31_60 + overdue_61_90 + overdue_over_90
    """,
    "opening_receivables(p + 1) = receivables(p)": f"""
        FROM receivables
        QUALIFY opening_receivables <> lag(receivables, 1, 0) OVER (PARTITION BY {SEGMENT} ORDER BY period)
    """,
    "responses = promoters + passives + detractors, and nps is theirs": """
        FROM nps WHERE responses <> promoters + passives + detractors OR abs(nps) > 100 OR nps_standard_error > 100
            OR (nps IS NULL) <> (responses = 0)
    """,
    "who is exposed and who is not are the observations": """
        FROM churn_indicators
        WHERE observations <> exposed + unexposed OR churned <> exposed_churned + unexposed_churned
            OR with_signal < exposed OR observations < 1 OR auc NOT BETWEEN 0 AND 1
            OR odds_ratio_low > odds_ratio OR odds_ratio > odds_ratio_high
    """,
    "customers and orders with one item and another are those with the other and the one": """
        SELECT * FROM (
            SELECT segment, segment_value, level, relation, item, other_item, with_item, with_other, with_both
            FROM cross_sell WHERE relation <> 'next'
            UNION ALL
            SELECT segment, segment_value, level, relation, other_item, item, with_other, with_item, with_both
            FROM cross_sell WHERE relation <> 'next'
        ) GROUP BY ALL HAVING count(*) <> 2
    """,
    "what is bought together is bought": """
        FROM cross_sell WHERE with_both > least(with_item, with_other) OR greatest(with_item, with_other) > baskets
            OR with_both < 2 OR item = other_item
    """,
    "the rows of all items are sums over the items": """
        SELECT 1 FROM (
            SELECT segment, segment_value, level, item IS NULL AS is_whole, max(customers) AS most,
                sum(repeat_purchases) AS again, sum(upgrades) AS up, sum(downgrades) AS down
            FROM cross_sell_customers GROUP BY ALL
        ) GROUP BY segment, segment_value, level
        HAVING count(*) <> 2 OR count(DISTINCT (again, up, down)) <> 1
            OR max(most) FILTER (is_whole) < max(most) FILTER (NOT is_whole)
    """,
    "a value of the scorecard is what it was divided from": """
        FROM scorecard WHERE unit = 'ratio'
            AND abs(value - CAST(numerator AS DOUBLE) / CAST(denominator AS DOUBLE)) > 1e-12 * greatest(1, abs(value))
    """,
    "one alert of a metric, grain and segment value at most is the latest": """
        SELECT 1 FROM alerts WHERE is_latest GROUP BY metric, grain, segment, segment_value HAVING count(*) > 1
    """,
}
