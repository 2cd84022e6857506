CREATE TABLE customers_plain AS
WITH total AS (
    SELECT pid,
        count(*) FILTER (is_activity) AS orders,
        coalesce(sum(value) FILTER (is_activity), 0) AS order_value,
        sum(value) AS revenue,
        count(*) FILTER (value < 0) AS refunds,
        coalesce(-sum(value) FILTER (value < 0), 0) AS refund_value
    FROM movement GROUP BY pid
),
days AS (
    SELECT a.pid,
        count(*) AS order_days,
        -- A gap leads to each of them.
        coalesce(sum(b.value) FILTER (a.previous IS NOT NULL), 0) AS repeat_value,
        avg(a.day - a.previous) AS mean_gap_days,
        median(a.day - a.previous) AS median_gap_days
    FROM activity_day a JOIN bought b USING (pid, day)
    GROUP BY a.pid
),
spells AS (
    SELECT pid, max(day) FILTER (spell > 1) AS back_on, count(until) AS lapses, bool_or(until IS NULL) AS is_active
    FROM spell GROUP BY pid
),
-- The gaps of everybody and of each value of the first segment.
of_value AS (
    SELECT p.segment, p.segment_value, median(a.day - a.previous) AS gap_days
    FROM activity_day a JOIN person p USING (pid)
    WHERE a.previous IS NOT NULL AND p.segment IN ('all', getvariable('first_segment'))
    GROUP BY ALL
),
typical AS (
    SELECT p.pid, coalesce(o.gap_days, e.gap_days) AS gap_days
    FROM person p
    LEFT JOIN person q ON q.customer_id = p.customer_id AND q.segment = getvariable('first_segment')
    LEFT JOIN of_value o ON o.segment = q.segment AND o.segment_value = q.segment_value
    LEFT JOIN of_value e ON e.segment = 'all'
    WHERE p.segment = 'all'
),
plain AS (
    SELECT p.*, t.* EXCLUDE (pid), d.* EXCLUDE (pid), s.* EXCLUDE (pid),
        getvariable('as_of') - 1 - p.last_day AS days_since_last,
        days_since_last / CASE WHEN d.order_days > 2 THEN d.median_gap_days ELSE y.gap_days END AS overdue_ratio
    FROM person p
    JOIN total t USING (pid) JOIN days d USING (pid) JOIN spells s USING (pid) JOIN typical y USING (pid)
),
-- Equals share the place of those who are worse than all of them.
ranked AS (
    SELECT *,
        rank() OVER (ORDER BY days_since_last DESC) - 1 AS less_recent,
        rank() OVER (ORDER BY orders) - 1 AS less_frequent,
        rank() OVER (ORDER BY revenue) - 1 AS less_valuable,
        count(*) OVER () AS people
    FROM plain
)
SELECT k.customer_id,
    CASE WHEN NOT is_active THEN 'lapsed'
        WHEN coalesce(r.risk_score >= getvariable('at_risk_score'), overdue_ratio >= getvariable('at_risk_ratio'))
            THEN 'at_risk'
        WHEN back_on + getvariable('lapse') >= getvariable('as_of') THEN 'won_back'
        WHEN order_days = 1 THEN 'new'
        ELSE 'active'
    END AS status,
    first_day AS first_order, last_day AS last_order,
    orders, order_days, revenue, refunds, refund_value,
    average(order_value, orders) AS average_order_value,
    order_days - 1 AS frequency,
    last_day - first_day AS recency_days,
    getvariable('as_of') - 1 - first_day AS age_days,
    average(repeat_value, order_days - 1) AS monetary,
    mean_gap_days, median_gap_days,
    days_since_last, overdue_ratio,
    CAST(1 + 5 * less_recent // people AS INTEGER) AS recency_quintile,
    CAST(1 + 5 * less_frequent // people AS INTEGER) AS frequency_quintile,
    CAST(1 + 5 * less_valuable // people AS INTEGER) AS monetary_quintile,
    lapses,
    is_existing AS entered_existing,
    -- Estimates are compared elsewhere, if at all.
    CAST(NULL AS DOUBLE) AS probability_alive, CAST(NULL AS DOUBLE) AS expected_orders,
    CAST(NULL AS DOUBLE) AS expected_value, CAST(NULL AS DOUBLE) AS clv,
    r.risk_score, r.risk_driver
FROM ranked k LEFT JOIN risk r ON r.customer_id = CAST(k.customer_id AS VARCHAR);
