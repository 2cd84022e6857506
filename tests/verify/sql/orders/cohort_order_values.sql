-- The percentile between sorted values of minor units, in whole currency units: the value at place
-- (n - 1) * percent / 100, between two places in proportion. Exact up to the last division.
CREATE MACRO money_percentile(sorted, percent) AS CAST(
    sorted[(len(sorted) - 1) * percent // 100 + 1] * (100 - (len(sorted) - 1) * percent % 100)
    + coalesce(sorted[(len(sorted) - 1) * percent // 100 + 2], 0) * ((len(sorted) - 1) * percent % 100)
    AS DOUBLE) / CAST(100 * getvariable('minor_units') AS DOUBLE);

-- Orders of each cohort, and the periods in which they may lie; refunds are none, even where they are activity.
CREATE TABLE cohort_order_values AS
WITH ordered AS (
    SELECT m.segment, m.segment_value, m.grain, m.cohort_idx, c.idx - m.cohort_idx AS k,
        count(*) AS orders,
        sum(v.value) AS value,
        list_sort(list(CAST(v.value AS HUGEINT))) AS sorted
    FROM movement v
    JOIN cohort_member m USING (pid)
    JOIN calendar c ON c.grain = m.grain AND c.day = v.day
    WHERE v.is_order
    GROUP BY ALL
),
grid AS (
    SELECT i.*, CAST(unnest(range(h.idx - i.cohort_idx + 1)) AS INTEGER) AS k
    FROM (SELECT DISTINCT segment, segment_value, grain, cohort_idx FROM ordered) i JOIN horizon h USING (grain)
)
SELECT g.grain, g.segment, g.segment_value,
    f.start AS cohort,
    g.k,
    p.start AS period,
    coalesce(o.orders, 0) AS orders,
    average(o.value, o.orders) AS mean_order_value,
    money_percentile(o.sorted, 10) AS p10_order_value,
    money_percentile(o.sorted, 50) AS median_order_value,
    money_percentile(o.sorted, 90) AS p90_order_value,
    p.is_complete
FROM grid g
JOIN period f ON f.grain = g.grain AND f.idx = g.cohort_idx
JOIN period p ON p.grain = g.grain AND p.idx = g.cohort_idx + g.k
LEFT JOIN ordered o ON o.grain = g.grain AND o.segment = g.segment
    AND o.segment_value IS NOT DISTINCT FROM g.segment_value AND o.cohort_idx = g.cohort_idx AND o.k = g.k
WHERE g.k <= coalesce(getvariable('max_k'), CASE WHEN g.grain IN ('day', 'week') THEN 400 ELSE 2147483647 END);
