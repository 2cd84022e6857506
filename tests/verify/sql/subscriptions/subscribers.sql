-- Every paying piece of a subscription once for everybody and once for each segment; then the
-- people behind them.

-- The value of a customer in a segment with at = "first": that of the span that stands on the
-- first paid day, of several subscriptions that of the smallest id.
CREATE TABLE own_value AS
SELECT g.segment, s.customer_id,
    first(g.segment_value ORDER BY s.day, s.subscription_id) AS segment_value
FROM stand s JOIN stand_segment g USING (stand_id)
WHERE g.taken = 'first' AND s.mrr > 0
GROUP BY g.segment, s.customer_id;

CREATE TABLE paying AS
SELECT 'all' AS segment, CAST(NULL AS VARCHAR) AS segment_value, s.* FROM stand s WHERE mrr > 0
UNION ALL
SELECT o.segment, o.segment_value, s.* FROM stand s JOIN own_value o USING (customer_id) WHERE mrr > 0
UNION ALL
SELECT g.segment, g.segment_value, s.* FROM stand s JOIN stand_segment g USING (stand_id)
WHERE g.taken = 'order' AND s.mrr > 0;

CREATE TABLE subscriber AS
SELECT row_number() OVER () AS pid, *
FROM (SELECT DISTINCT segment, segment_value, customer_id FROM paying);

CREATE TABLE piece AS
SELECT s.pid, p.* EXCLUDE (segment, segment_value)
FROM paying p JOIN subscriber s
    ON p.segment = s.segment AND p.segment_value IS NOT DISTINCT FROM s.segment_value AND p.customer_id = s.customer_id;

-- The first paid day of each subscription.
CREATE TABLE beginning AS
SELECT pid, subscription_id, min(day) AS day FROM piece GROUP BY ALL;

-- Stretches of paid days with one monthly recurring revenue, each up to the next one where the
-- unpaid days in between are bridged.
CREATE TABLE step AS
WITH change AS (
    SELECT pid, day, sum(mrr) AS mrr
    FROM (
        SELECT pid, day, mrr FROM piece
        UNION ALL
        SELECT pid, until AS day, -mrr AS mrr FROM piece
    )
    GROUP BY pid, day
),
level AS (
    SELECT pid, day,
        lead(day) OVER (PARTITION BY pid ORDER BY day) AS until,
        sum(mrr) OVER (PARTITION BY pid ORDER BY day) AS mrr
    FROM change
),
paid AS (
    SELECT *, lead(day) OVER (PARTITION BY pid ORDER BY day) AS following FROM level WHERE mrr > 0
)
SELECT pid, day,
    CASE WHEN following - until <= getvariable('lapse') THEN following ELSE until END AS until,
    mrr
FROM paid;

-- Spells of activity, from `day` to the day before `until`, the churn event; NULL where none is known.
CREATE TABLE spell AS
WITH marked AS (
    SELECT *, coalesce(day > lag(until) OVER (PARTITION BY pid ORDER BY day), true) AS is_start FROM step
),
numbered AS (
    SELECT *, sum(CAST(is_start AS INTEGER)) OVER (PARTITION BY pid ORDER BY day) AS spell FROM marked
)
SELECT pid, spell, min(day) AS day,
    CASE WHEN max(until) < getvariable('as_of') THEN max(until) END AS until
FROM numbered
GROUP BY pid, spell;

CREATE TABLE person AS
SELECT s.*,
    min(t.day) AS first_day,
    max(t.until) - 1 AS last_day,
    any_value(b.second_day) AS second_day,
    min(t.day) AS first_positive_day,
    coalesce(min(t.day) < getvariable('history_start') + getvariable('lapse'), false) AS is_existing
FROM subscriber s
JOIN step t USING (pid)
JOIN (SELECT pid, list_sort(list(DISTINCT day))[2] AS second_day FROM beginning GROUP BY pid) b USING (pid)
GROUP BY ALL;

-- What a customer does in a period: subscriptions that begin, monthly recurring revenue at its
-- close, whether a day of it is active.
CREATE TABLE spend AS
WITH present AS (
    SELECT DISTINCT p.grain, p.idx, s.pid FROM step s JOIN period p ON p.start < s.until AND p.stop > s.day
),
begun AS (
    SELECT c.grain, c.idx, b.pid, count(*) AS orders FROM beginning b JOIN calendar c USING (day) GROUP BY ALL
),
closing AS (
    SELECT b.grain, b.idx, s.pid, s.mrr FROM step s JOIN boundary b ON b.day >= s.day AND b.day < s.until
)
SELECT p.grain, p.idx, p.pid, coalesce(b.orders, 0) AS orders, coalesce(c.mrr, 0) AS revenue, true AS is_active
FROM present p
LEFT JOIN begun b USING (grain, idx, pid)
LEFT JOIN closing c USING (grain, idx, pid);

-- Whoever subscribes buys on no day.
CREATE VIEW bought_day AS SELECT pid, day FROM spell WHERE false;
