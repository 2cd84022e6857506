-- Who was active at the opening of each month, what was known of them, and whether they left: in it, with orders whether
-- none came for as long as a customer may be silent.
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
),
gap AS (
    SELECT pid, day, day - lag(day) OVER (PARTITION BY pid ORDER BY day) AS days
    FROM (SELECT DISTINCT pid, day FROM activity_event)
),
-- The gap that is usual, of two or more.
usual AS (
    SELECT r.day, r.pid, CASE WHEN count(g.days) >= 2 THEN median(g.days) END AS days
    FROM present r LEFT JOIN gap g ON g.pid = r.pid AND g.day < r.day
    GROUP BY ALL
),
silent AS (
    SELECT r.day, r.pid, NOT EXISTS (
        FROM activity_event a WHERE a.pid = r.pid AND a.day >= r.day AND a.day < r.day + CASE
            WHEN getvariable('has_own_window') AND u.days IS NOT NULL
                THEN least(getvariable('lapse'), CAST(ceil(getvariable('at_risk_ratio') * u.days) AS INTEGER))
            ELSE getvariable('lapse') END
    ) AS has_left
    FROM present r JOIN usual u USING (day, pid)
    WHERE getvariable('has_orders')
)
SELECT r.* EXCLUDE (has_left), coalesce(s.has_left, r.has_left) AS has_left, p.customer_id,
    CASE WHEN getvariable('has_orders') THEN CAST(10 * (r.day - 1 - k.last_day) // getvariable('lapse') AS INTEGER) END
        AS recency,
    CASE WHEN getvariable('has_orders') AND u.days IS NOT NULL
        THEN (SELECT count(*) FROM unnest([1, 2, 4]) t(times) WHERE r.day - 1 - k.last_day > times * u.days)
        ELSE 0 END AS overdue,
    doubling(k.orders, 7) AS orders,
    doubling((30 + (r.day - 1 - k.first_day)) // 30, 7) AS tenure,
    list_transform(
        (SELECT list(signal ORDER BY signal) FROM risk_signal),
        lambda name: coalesce(l.levels[name], 0)
    ) AS levels
FROM present r
JOIN known k USING (day, pid)
JOIN usual u USING (day, pid)
LEFT JOIN silent s USING (day, pid)
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
