-- Every event once for everybody and once for each segment; then the people behind them.

-- The order of events: (instant, kind, order_id); then the smaller value, then the smaller text.
CREATE MACRO kind_rank(kind) AS
    CASE kind WHEN 'order' THEN 0 WHEN 'refund' THEN 1 WHEN 'lost' THEN 2 WHEN 'open' THEN 3 END;

-- The value of a person in a segment with at = "first": that of the first order, else of
-- the earliest attempt.
CREATE TABLE own_value AS
SELECT s.segment, e.customer_id,
    first(s.segment_value ORDER BY NOT e.is_activity, e.instant,
        CASE WHEN e.is_activity THEN 0 ELSE kind_rank(e.kind) END, e.order_id, e.value, s.segment_value
    ) AS segment_value
FROM event e JOIN event_segment s USING (event_id)
WHERE s.taken = 'first' AND (e.is_activity OR e.is_attempt)
GROUP BY s.segment, e.customer_id;

CREATE TABLE ev AS
SELECT 'all' AS segment, CAST(NULL AS VARCHAR) AS segment_value, e.* FROM event e
UNION ALL
SELECT o.segment, o.segment_value, e.* FROM event e JOIN own_value o USING (customer_id)
UNION ALL
SELECT s.segment, s.segment_value, e.* FROM event e JOIN event_segment s USING (event_id) WHERE s.taken = 'order';

-- Customers; a person stands once for everybody and once per segment value it has.
CREATE TABLE person AS
SELECT row_number() OVER () AS pid, *
FROM (
    SELECT segment, segment_value, customer_id,
        min(day) AS first_day,
        max(day) AS last_day,
        list_sort(list(DISTINCT day))[2] AS second_day,
        min(day) FILTER (value > 0) AS first_positive_day,
        coalesce(min(day) < getvariable('history_start') + getvariable('lapse'), false) AS is_existing
    FROM ev
    WHERE is_activity
    GROUP BY ALL
);

-- Orders and refunds of customers.
CREATE TABLE movement AS
SELECT p.pid, e.day, e.value, e.is_activity, e.kind = 'order' AS is_order
FROM ev e JOIN person p
    ON e.segment = p.segment AND e.segment_value IS NOT DISTINCT FROM p.segment_value AND e.customer_id = p.customer_id
WHERE e.kind IN ('order', 'refund');

-- The same per customer and period.
CREATE TABLE spend AS
SELECT c.grain, c.idx, m.pid,
    count(*) FILTER (m.is_activity) AS orders,
    sum(m.value) AS revenue,
    orders > 0 AS is_active
FROM movement m JOIN calendar c USING (day)
GROUP BY ALL;
