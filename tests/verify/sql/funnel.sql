-- Of a visitor's events of one step and instant the first is that of no cart, else of the smallest, then that without a
-- value, else with the smallest.
CREATE TABLE touch_step AS
SELECT who, visitor_id, number, instant, any_value(day) AS day,
    first(value ORDER BY cart_id NULLS FIRST, value NULLS FIRST) AS value
FROM touch WHERE number IS NOT NULL
GROUP BY who, visitor_id, number, instant;

-- Each event with the first of the next step that comes after it; at one instant steps come in their order.
CREATE TABLE hop AS
SELECT a.who, a.visitor_id, a.number, a.instant, b.instant AS next_instant, b.value AS next_value
FROM (SELECT *, number + 1 AS following FROM touch_step) a
ASOF JOIN touch_step b
    ON b.who = a.who AND b.visitor_id = a.visitor_id AND b.number = a.following AND b.instant >= a.instant;

-- The events that reach the steps of each path, with the newest value up to each.
CREATE TABLE path AS
WITH RECURSIVE reached AS (
    SELECT who, visitor_id, instant AS started, day, number, instant, value FROM touch_step WHERE number = 1
    UNION ALL
    SELECT r.who, r.visitor_id, r.started, r.day, r.number + 1, h.next_instant, coalesce(h.next_value, r.value)
    FROM reached r JOIN hop h
        ON h.who = r.who AND h.visitor_id = r.visitor_id AND h.number = r.number AND h.instant = r.instant
    WHERE h.next_instant <= r.started + INTERVAL 1 HOUR * getvariable('funnel_hours')
)
SELECT *, max(number) OVER w AS furthest, lead(instant) OVER (w ORDER BY number) AS next_instant
FROM reached
WINDOW w AS (PARTITION BY who, visitor_id, started);

CREATE TABLE funnel AS
WITH chosen AS (
    SELECT c.grain, c.idx, p.who, p.visitor_id, p.started
    FROM path p JOIN calendar c USING (day)
    WHERE p.number = 1
    QUALIFY row_number() OVER (PARTITION BY c.grain, c.idx, p.who, p.visitor_id ORDER BY p.furthest DESC, p.started) = 1
),
cell AS (
    SELECT c.grain, c.idx, p.*, p.furthest > p.number AS is_converted,
        touch_local(p.started + INTERVAL 1 HOUR * getvariable('funnel_hours'))
            < CAST(getvariable('as_of') AS TIMESTAMP) AS is_over
    FROM chosen c JOIN path p USING (who, visitor_id, started)
),
counted AS (
    SELECT c.grain, c.idx, s.segment, s.segment_value, c.number,
        count(*) AS entered,
        count(*) FILTER (is_converted) AS converted,
        count(*) FILTER (NOT is_converted AND is_over) AS dropped,
        count(*) FILTER (NOT is_converted AND NOT is_over) AS open,
        median((epoch_us(next_instant) - epoch_us(instant)) // 1000000) FILTER (is_converted) AS median_seconds,
        coalesce(sum(value) FILTER (NOT is_converted AND is_over), 0) AS lost_value,
        count(*) FILTER (NOT is_converted AND is_over AND value IS NULL) AS dropped_without_value
    FROM cell c JOIN slot s USING (who)
    GROUP BY ALL
),
span AS (
    SELECT grain, segment, segment_value, min(idx) AS first_idx FROM counted GROUP BY ALL
),
filled AS (
    SELECT p.grain, p.start, p.stop, p.is_complete, s.segment, s.segment_value, n.number, n.step,
        n.number = (SELECT max(number) FROM funnel_step) AS is_last,
        c.median_seconds,
        coalesce(c.entered, 0) AS entered, coalesce(c.converted, 0) AS converted, coalesce(c.dropped, 0) AS dropped,
        coalesce(c.open, 0) AS open, coalesce(c.lost_value, 0) AS lost_value,
        coalesce(c.dropped_without_value, 0) AS without_value,
        first_value(coalesce(c.entered, 0))
            OVER (PARTITION BY p.grain, p.idx, s.segment, s.segment_value ORDER BY n.number) AS visitors
    FROM span s
    JOIN period p ON p.grain = s.grain AND p.idx >= s.first_idx
    CROSS JOIN funnel_step n
    LEFT JOIN counted c ON c.grain = p.grain AND c.idx = p.idx AND c.segment = s.segment
        AND c.segment_value IS NOT DISTINCT FROM s.segment_value AND c.number = n.number
)
SELECT grain, segment, segment_value, start AS period, number AS step_number, step,
    entered,
    CASE WHEN NOT is_last THEN converted END AS converted,
    CASE WHEN NOT is_last THEN dropped END AS dropped,
    CASE WHEN NOT is_last THEN open END AS open,
    CASE WHEN NOT is_last THEN rate(converted, converted + dropped) END AS step_conversion_rate,
    CASE WHEN NOT is_last THEN median_seconds END AS median_seconds,
    visitors,
    rate(entered, visitors) AS overall_conversion_rate,
    CASE WHEN NOT is_last THEN lost_value END AS lost_value,
    CASE WHEN NOT is_last THEN without_value END AS dropped_without_value,
    is_complete
        AND stop + CAST(ceil(getvariable('funnel_hours') / 24) AS INTEGER) <= getvariable('as_of') AS is_complete
FROM filled;
