-- Who was active at the opening of each month, what was known of them, and whether they left in it.
CREATE MACRO doubling(n, top) AS least(length(bin(CAST(n AS BIGINT))) - 1, top);

-- The first twelve signals; months that do not know them all do not count.
CREATE TABLE risk_signal AS SELECT * FROM signal ORDER BY signal LIMIT 12;

CREATE TABLE risk_row AS
WITH asked AS (
    SELECT start AS day, stop FROM risk_month
    WHERE start - getvariable('indicator_days') >= coalesce((SELECT max(first_day) FROM risk_signal), start - 36500)
    UNION ALL SELECT getvariable('as_of'), NULL
),
present AS (
    SELECT a.day, a.stop IS NULL AS is_now, s.pid,
        bool_or(s.until IS NOT NULL AND s.until >= a.day AND s.until < a.stop) AS has_left
    FROM asked a JOIN spell s ON s.day < coalesce(a.stop, a.day + 1) AND coalesce(s.until >= a.day, true)
    JOIN person p ON p.pid = s.pid AND p.segment = 'all'
    GROUP BY ALL
    HAVING bool_or(s.day < a.day)
),
known AS (
    SELECT r.day, r.pid, count(*) AS orders, max(a.day) AS last_day, min(a.day) AS first_day
    FROM present r JOIN activity_event a ON a.pid = r.pid AND a.day < r.day
    GROUP BY ALL
)
SELECT r.*, p.customer_id,
    CASE WHEN getvariable('has_orders') THEN CAST(10 * (r.day - 1 - k.last_day) // getvariable('lapse') AS INTEGER) END
        AS recency,
    doubling(k.orders, 7) AS orders,
    doubling((30 + (r.day - 1 - k.first_day)) // 30, 7) AS tenure,
    list_transform(
        (SELECT list(signal ORDER BY signal) FROM risk_signal),
        lambda name: coalesce(l.levels[name], 0)
    ) AS levels
FROM present r
JOIN known k USING (day, pid)
JOIN person p USING (pid)
LEFT JOIN (
    SELECT day, who, map(list(signal), list(
        -- 1 below two whole units, one more each doubling.
        CASE WHEN level = 0 THEN 0 WHEN level < 200 THEN 1 ELSE least(1 + doubling(level // 100, 15), 15) END
    )) AS levels
    FROM signal_level GROUP BY ALL
) l ON l.day = r.day AND l.who = who_of(p.customer_id);

-- Score and driver of each active customer, which are not found in SQL.
CREATE TABLE risk (customer_id VARCHAR, risk_score DOUBLE, risk_driver VARCHAR);
