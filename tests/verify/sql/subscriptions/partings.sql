-- Monthly recurring revenue at the close of a period, whenever in it a customer came back.
CREATE VIEW earned AS
SELECT pid, grain, idx, CAST(NULL AS DATE) AS day, revenue FROM spend;

-- Churn events with the monthly recurring revenue of the day before, and the span that ended then.
CREATE TABLE parting AS
WITH ended AS (
    SELECT l.pid, l.spell, p.reason, p.cause, p.cancelled
    FROM lapse l JOIN piece p ON p.pid = l.pid AND p.until = l.day AND p.ended = l.day
    QUALIFY row_number() OVER (PARTITION BY l.pid, l.spell
        ORDER BY p.reason = 'unknown', p.reason, cause_rank(p.cause), p.cancelled NULLS LAST) = 1
)
SELECT l.pid, l.spell, l.day, l.day AS last_day, s.mrr AS revenue,
    coalesce(e.reason, 'unknown') AS reason, coalesce(e.cause, 'unknown') AS cause, e.cancelled
FROM lapse l
JOIN step s ON s.pid = l.pid AND s.until = l.day
LEFT JOIN ended e ON e.pid = l.pid AND e.spell = l.spell;

-- Who is known of subscriptions, and the values of segments with at = "order".
CREATE VIEW known_person AS SELECT customer_id FROM person WHERE segment = 'all';
CREATE VIEW ordered_value AS
SELECT DISTINCT segment, segment_value, customer_id
FROM stand JOIN stand_segment USING (stand_id)
WHERE taken = 'order';

-- Activity events, and the days that have one.
CREATE VIEW activity_event AS SELECT pid, day FROM beginning;
CREATE VIEW activity_on AS SELECT DISTINCT pid, day FROM beginning;
