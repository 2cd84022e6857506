-- What came in, by day: from the day of return to the period's end it is what was won back.
CREATE VIEW earned AS
SELECT m.pid, c.grain, c.idx, m.day, m.value AS revenue FROM movement m JOIN calendar c USING (day);

-- Churn events, with the last order and the revenue of the days W up to it.
CREATE TABLE parting AS
SELECT l.pid, l.spell, l.day, l.day - getvariable('lapse') AS last_day,
    greatest(coalesce(sum(m.value), 0), 0) AS revenue,
    'unknown' AS reason, 'unknown' AS cause, CAST(NULL AS DATE) AS cancelled
FROM lapse l LEFT JOIN movement m
    ON m.pid = l.pid AND m.day <= l.day - getvariable('lapse') AND m.day > l.day - 2 * getvariable('lapse')
GROUP BY ALL;

-- Who is known of orders, and the values of segments with at = "order".
CREATE VIEW known_person AS SELECT DISTINCT customer_id FROM event WHERE is_activity OR is_attempt;
CREATE VIEW ordered_value AS
SELECT DISTINCT segment, segment_value, customer_id
FROM event JOIN event_segment USING (event_id)
WHERE taken = 'order';

-- Activity events, and the days that have one.
CREATE VIEW activity_event AS SELECT pid, day FROM movement WHERE is_activity;
CREATE VIEW activity_on AS SELECT pid, day FROM activity_day;
