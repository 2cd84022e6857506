-- Each day on which a customer pays another amount a month than on the day before, b then and n from then
-- on, whether it is the first paid day, and the period that the day lies in.
CREATE TABLE revenue_event AS
WITH paid AS (
    SELECT pid, day, until, mrr,
        lag(until) OVER following AS ended,
        lag(mrr) OVER following AS earlier,
        lead(day) OVER following AS next_day
    FROM step WINDOW following AS (PARTITION BY pid ORDER BY day)
),
moved AS (
    SELECT pid, day, CASE WHEN ended = day THEN earlier ELSE 0 END AS b, mrr AS n, ended IS NULL AS is_first FROM paid
    UNION ALL
    SELECT pid, until, mrr, 0, false FROM paid WHERE next_day IS DISTINCT FROM until
)
SELECT c.grain, c.idx, p.segment, p.segment_value, m.b, m.n, m.is_first
FROM moved m
JOIN person p USING (pid)
JOIN calendar c USING (day)
WHERE m.b <> m.n;

CREATE TABLE revenue_events AS
WITH total AS (
    SELECT grain, idx, segment, segment_value,
        sum(n) FILTER (is_first) AS new_revenue,
        sum(n) FILTER (b = 0 AND NOT is_first) AS reactivated_revenue,
        sum(n - b) FILTER (0 < b AND b < n) AS expansion_revenue,
        sum(b - n) FILTER (0 < n AND n < b) AS contraction_revenue,
        sum(b) FILTER (n = 0) AS churned_revenue,
        count(*) FILTER (is_first) AS new_events,
        count(*) FILTER (b = 0 AND NOT is_first) AS reactivated_events,
        count(*) FILTER (0 < b AND b < n) AS expansion_events,
        count(*) FILTER (0 < n AND n < b) AS contraction_events,
        count(*) FILTER (n = 0) AS churned_events
    FROM revenue_event
    GROUP BY ALL
),
closed AS (
    SELECT s.grain, s.idx, p.segment, p.segment_value, sum(s.revenue) AS revenue
    FROM spend s JOIN person p USING (pid)
    GROUP BY ALL
),
row AS (
    SELECT p.grain, p.segment, p.segment_value, p.start AS period, p.is_complete,
        coalesce(o.revenue, 0) AS opening_revenue,
        coalesce(c.revenue, 0) AS closing_revenue,
        coalesce(COLUMNS(t.* EXCLUDE (grain, idx, segment, segment_value)), 0)
    FROM segment_period p
    LEFT JOIN total t ON t.grain = p.grain AND t.idx = p.idx
        AND t.segment = p.segment AND t.segment_value IS NOT DISTINCT FROM p.segment_value
    LEFT JOIN closed o ON o.grain = p.grain AND o.idx = p.idx - 1
        AND o.segment = p.segment AND o.segment_value IS NOT DISTINCT FROM p.segment_value
    LEFT JOIN closed c ON c.grain = p.grain AND c.idx = p.idx
        AND c.segment = p.segment AND c.segment_value IS NOT DISTINCT FROM p.segment_value
)
SELECT grain, segment, segment_value, period,
    opening_revenue, new_revenue, reactivated_revenue, expansion_revenue, contraction_revenue, churned_revenue,
    closing_revenue, new_events, reactivated_events, expansion_events, contraction_events, churned_events,
    rate(churned_revenue + contraction_revenue, opening_revenue) AS gross_revenue_churn_rate,
    rate(churned_revenue + contraction_revenue - expansion_revenue, opening_revenue) AS net_revenue_churn_rate,
    rate(churned_revenue + contraction_revenue - expansion_revenue - reactivated_revenue, opening_revenue)
        AS net_revenue_churn_rate_with_reactivation,
    is_complete
FROM row;
