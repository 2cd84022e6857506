CREATE TABLE cohort_member AS
SELECT p.pid, p.segment, p.segment_value, f.grain,
    f.idx AS cohort_idx,
    l.idx - f.idx AS last_k,
    s.idx - f.idx AS second_k
FROM person p
JOIN calendar f ON f.day = p.first_day
JOIN calendar l ON l.day = p.last_day AND l.grain = f.grain
LEFT JOIN calendar s ON s.day = p.second_day AND s.grain = f.grain;

CREATE TABLE cohort_retention AS
WITH intake AS (
    SELECT segment, segment_value, grain, cohort_idx, count(*) AS cohort_size
    FROM cohort_member
    GROUP BY ALL
),
grid AS (
    SELECT i.*, CAST(unnest(range(h.idx - i.cohort_idx + 1)) AS INTEGER) AS k
    FROM intake i JOIN horizon h USING (grain)
),
bought AS (
    SELECT m.segment, m.segment_value, m.grain, m.cohort_idx, s.idx - m.cohort_idx AS k,
        count(*) FILTER (s.is_active) AS active,
        sum(s.orders) AS orders,
        sum(s.revenue) AS revenue
    FROM spend s JOIN cohort_member m USING (grain, pid)
    WHERE s.idx >= m.cohort_idx
    GROUP BY ALL
),
gone AS (
    SELECT segment, segment_value, grain, cohort_idx, last_k AS k, count(*) AS people
    FROM cohort_member GROUP BY ALL
),
repurchased AS (
    SELECT segment, segment_value, grain, cohort_idx, second_k AS k, count(*) AS people
    FROM cohort_member WHERE second_k IS NOT NULL GROUP BY ALL
),
cell AS (
    SELECT g.*,
        coalesce(b.active, 0) AS active,
        coalesce(b.orders, 0) AS orders,
        coalesce(b.revenue, 0) AS revenue,
        g.cohort_size - coalesce(sum(x.people) OVER before, 0) AS on_or_after,
        coalesce(sum(r.people) OVER upto, 0) AS repurchased_by,
        sum(coalesce(b.revenue, 0)) OVER upto AS cumulative_revenue,
        first_value(coalesce(b.revenue, 0)) OVER upto AS base_revenue
    FROM grid g
    LEFT JOIN bought b ON b.grain = g.grain AND b.segment = g.segment
        AND b.segment_value IS NOT DISTINCT FROM g.segment_value AND b.cohort_idx = g.cohort_idx AND b.k = g.k
    LEFT JOIN gone x ON x.grain = g.grain AND x.segment = g.segment
        AND x.segment_value IS NOT DISTINCT FROM g.segment_value AND x.cohort_idx = g.cohort_idx AND x.k = g.k
    LEFT JOIN repurchased r ON r.grain = g.grain AND r.segment = g.segment
        AND r.segment_value IS NOT DISTINCT FROM g.segment_value AND r.cohort_idx = g.cohort_idx AND r.k = g.k
    WINDOW upto AS (PARTITION BY g.grain, g.segment, g.segment_value, g.cohort_idx ORDER BY g.k),
        before AS (PARTITION BY g.grain, g.segment, g.segment_value, g.cohort_idx ORDER BY g.k
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
SELECT c.grain, c.segment, c.segment_value,
    f.start AS cohort,
    c.k,
    p.start AS period,
    c.cohort_size,
    c.active,
    rate(c.active, c.cohort_size) AS retention_rate,
    c.on_or_after,
    rate(c.on_or_after, c.cohort_size) AS on_or_after_rate,
    c.repurchased_by,
    rate(c.repurchased_by, c.cohort_size) AS repurchased_rate,
    c.orders,
    c.revenue,
    c.cumulative_revenue,
    average(c.revenue, c.active) AS revenue_per_active,
    average(c.revenue, c.cohort_size) AS revenue_per_cohort_customer,
    rate(c.revenue, c.base_revenue) AS revenue_retention_rate,
    coalesce(f.start < getvariable('history_start') + getvariable('lapse'), false) AS is_truncated,
    p.is_complete
FROM cell c
JOIN period f ON f.grain = c.grain AND f.idx = c.cohort_idx
JOIN period p ON p.grain = c.grain AND p.idx = c.cohort_idx + c.k
WHERE c.k <= coalesce(getvariable('max_k'), CASE WHEN c.grain IN ('day', 'week') THEN 400 ELSE 2147483647 END);
