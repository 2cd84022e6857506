-- Each customer with revenue in either window, and what became of it.
CREATE TABLE labelled AS
SELECT c.*, p.segment, p.segment_value, p.customer_id,
    c.b = 0 AND f.idx > c.idx - g.window_periods AND f.idx <= c.idx AS is_new
FROM compared c
JOIN grain g USING (grain)
JOIN person p USING (pid)
LEFT JOIN calendar f ON f.grain = c.grain AND f.day = p.first_positive_day;

CREATE TABLE revenue_churn AS
WITH known AS (
    SELECT grain, coalesce(getvariable('history_start'), min(c.start)) AS start
    FROM calendar c JOIN person p ON p.first_day = c.day
    GROUP BY grain
),
total AS (
    SELECT grain, idx, segment, segment_value,
        sum(b) AS opening_revenue,
        sum(n) FILTER (is_new) AS new_revenue,
        sum(n) FILTER (b = 0 AND n > 0 AND is_new IS NOT TRUE) AS reactivated_revenue,
        sum(n - b) FILTER (n > b AND b > 0) AS expansion_revenue,
        sum(b - n) FILTER (0 < n AND n < b) AS contraction_revenue,
        sum(b) FILTER (n = 0 AND b > 0) AS churned_revenue,
        sum(n) AS closing_revenue,
        sum(b_credit) AS opening_credits,
        sum(n_credit) AS closing_credits,
        count(*) FILTER (b > 0) AS opening_customers,
        count(*) FILTER (is_new AND n > 0) AS new_customers,
        count(*) FILTER (b = 0 AND n > 0 AND is_new IS NOT TRUE) AS reactivated_customers,
        count(*) FILTER (n > b AND b > 0) AS expansion_customers,
        count(*) FILTER (0 < n AND n < b) AS contraction_customers,
        count(*) FILTER (n = 0 AND b > 0) AS churned_customers,
        count(*) FILTER (n = b AND b > 0) AS unchanged_customers,
        count(*) FILTER (n > 0) AS closing_customers
    FROM labelled
    GROUP BY ALL
),
filled AS (
    SELECT p.grain, p.segment, p.segment_value, p.start AS period, g.window_periods,
        COLUMNS(t.* EXCLUDE (grain, idx, segment, segment_value)),
        p.is_complete AND coalesce(v.start >= h.start, false) AS is_complete
    FROM segment_period p
    JOIN grain g USING (grain)
    JOIN known h USING (grain)
    LEFT JOIN period v ON v.grain = p.grain AND v.idx = p.idx - compared_periods(g.window_periods)
    LEFT JOIN total t ON t.grain = p.grain AND t.idx = p.idx
        AND t.segment = p.segment AND t.segment_value IS NOT DISTINCT FROM p.segment_value
),
row AS (
    SELECT grain, segment, segment_value, period, window_periods,
        coalesce(COLUMNS(* EXCLUDE (grain, segment, segment_value, period, window_periods, is_complete)), 0),
        is_complete
    FROM filled
)
SELECT grain, segment, segment_value, period, window_periods,
    opening_revenue, new_revenue, reactivated_revenue, expansion_revenue, contraction_revenue,
    churned_revenue, closing_revenue, opening_credits, closing_credits,
    opening_customers, new_customers, reactivated_customers, expansion_customers,
    contraction_customers, churned_customers, unchanged_customers, closing_customers,
    rate(churned_revenue + contraction_revenue, opening_revenue) AS gross_revenue_churn_rate,
    rate(churned_revenue + contraction_revenue - expansion_revenue, opening_revenue) AS net_revenue_churn_rate,
    rate(churned_revenue + contraction_revenue - expansion_revenue - reactivated_revenue, opening_revenue)
        AS net_revenue_churn_rate_with_reactivation,
    rate(opening_revenue - churned_revenue - contraction_revenue, opening_revenue) AS gross_revenue_retention,
    rate(opening_revenue - churned_revenue - contraction_revenue + expansion_revenue, opening_revenue)
        AS net_revenue_retention,
    rate(reactivated_revenue + expansion_revenue - contraction_revenue - churned_revenue, opening_revenue)
        AS existing_customer_growth_rate,
    rate(new_revenue + reactivated_revenue + expansion_revenue, contraction_revenue + churned_revenue) AS quick_ratio,
    rounded_share(churned_revenue + contraction_revenue, 1, getvariable('minor_units')) AS lost_revenue,
    average(closing_revenue, closing_customers) AS average_revenue_per_customer,
    is_complete
FROM row;

CREATE TABLE revenue_movements_plain AS
SELECT l.grain, p.start AS period, l.customer_id,
    CASE WHEN l.b = 0 AND l.is_new THEN 'new'
        WHEN l.b = 0 THEN 'reactivated'
        WHEN l.n = 0 THEN 'churned'
        WHEN l.n > l.b THEN 'expansion'
        WHEN l.n < l.b THEN 'contraction'
        ELSE 'unchanged'
    END AS movement,
    l.b AS opening_revenue,
    l.n AS closing_revenue,
    l.n - l.b AS change,
    r.is_complete
FROM labelled l
JOIN period p USING (grain, idx)
JOIN revenue_churn r ON r.segment = 'all' AND r.grain = l.grain AND r.period = p.start
WHERE l.segment = 'all' AND (l.b > 0 OR l.n > 0);
