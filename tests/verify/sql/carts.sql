-- A cart of a person: created by its first event of a step, bought within its window or not.
CREATE TABLE cart AS
WITH content AS (
    SELECT who, cart_id, instant, day, number, value,
        min(instant) OVER w AS created,
        min(instant) OVER w + INTERVAL 1 HOUR * getvariable('cart_hours') AS window_end
    FROM touch WHERE cart_id IS NOT NULL AND number IS NOT NULL
    WINDOW w AS (PARTITION BY who, cart_id)
),
whole AS (
    SELECT *, min(instant) FILTER (number = getvariable('last_step') AND instant <= window_end)
        OVER (PARTITION BY who, cart_id) AS purchased
    FROM content
),
summed AS (
    SELECT who, cart_id, created, window_end, purchased,
        min(day) AS day,
        min(number) FILTER (instant = created) AS first_step,
        max(number) FILTER (instant <= window_end) AS furthest,
        first(value ORDER BY instant DESC, number DESC, value DESC)
            FILTER (value IS NOT NULL AND instant <= coalesce(purchased, window_end)) AS value
    FROM whole GROUP BY ALL
)
SELECT * EXCLUDE (purchased, value), coalesce(value, 0) AS value, value IS NOT NULL AS has_value,
    day + CAST(ceil(getvariable('cart_hours') / 24) AS INTEGER) AS lost_day,
    CASE WHEN purchased IS NOT NULL THEN 'won'
        WHEN touch_local(window_end) < CAST(getvariable('as_of') AS TIMESTAMP) THEN 'lost'
        ELSE 'open'
    END AS kind
FROM summed;

-- Lost carts that the person bought after all: by an order, or by another event of the last step.
CREATE TABLE cart_sale AS
WITH lost AS (
    SELECT *, lead(window_end) OVER w AS next_window_end, lead(lost_day) OVER w AS next_lost_day
    FROM cart WHERE kind = 'lost'
    WINDOW w AS (PARTITION BY who ORDER BY created, cart_id)
),
bought AS (
    SELECT DISTINCT l.who, l.cart_id
    FROM lost l JOIN touch t ON t.who = l.who AND t.number = getvariable('last_step')
        AND t.instant > l.window_end AND coalesce(t.instant <= l.next_window_end, true)
        AND t.day <= l.lost_day + getvariable('recovery_window')
),
ordered AS (
    SELECT DISTINCT s.segment, s.segment_value, l.who, l.cart_id
    FROM lost l JOIN slot s USING (who) JOIN activity_on a ON a.pid = s.pid AND a.day > l.lost_day
        AND a.day <= least(l.lost_day + getvariable('recovery_window'), l.next_lost_day)
)
SELECT s.segment, s.segment_value, s.pid, c.*, b.who IS NOT NULL OR o.who IS NOT NULL AS is_recovered
FROM cart c
JOIN slot s USING (who)
LEFT JOIN bought b USING (who, cart_id)
LEFT JOIN ordered o ON o.segment = s.segment AND o.segment_value IS NOT DISTINCT FROM s.segment_value
    AND o.who = c.who AND o.cart_id = c.cart_id;

CREATE TABLE carts AS
WITH counted AS (
    SELECT c.grain, c.idx, s.segment, s.segment_value,
        count(*) AS created,
        count(*) FILTER (kind = 'won') AS purchased,
        count(*) FILTER (kind = 'open') AS open,
        count(*) FILTER (kind = 'lost') AS abandoned,
        count(*) FILTER (is_recovered) AS recovered,
        count(*) FILTER (kind = 'lost' AND NOT is_recovered
            AND lost_day + getvariable('recovery_window') >= getvariable('as_of')) AS recovery_open,
        sum(value) AS created_value,
        coalesce(sum(value) FILTER (kind = 'won'), 0) AS purchased_value,
        coalesce(sum(value) FILTER (kind = 'lost'), 0) AS abandoned_value,
        coalesce(sum(value) FILTER (is_recovered), 0) AS recovered_value,
        count(*) FILTER (NOT has_value) AS without_value
    FROM cart_sale s JOIN calendar c USING (day)
    GROUP BY ALL
),
span AS (
    SELECT grain, segment, segment_value, min(idx) AS first_idx FROM counted GROUP BY ALL
),
filled AS (
    SELECT p.grain, p.start, p.stop, p.is_complete, s.segment, s.segment_value,
        coalesce(COLUMNS(c.* EXCLUDE (grain, idx, segment, segment_value)), 0)
    FROM span s
    JOIN period p ON p.grain = s.grain AND p.idx >= s.first_idx
    LEFT JOIN counted c ON c.grain = p.grain AND c.idx = p.idx AND c.segment = s.segment
        AND c.segment_value IS NOT DISTINCT FROM s.segment_value
)
SELECT grain, segment, segment_value, start AS period,
    created, purchased, open, abandoned, recovered, recovery_open,
    rate(abandoned, purchased + abandoned) AS abandonment_rate,
    rate(recovered, abandoned) AS recovery_rate,
    created_value, purchased_value, abandoned_value, recovered_value, without_value,
    is_complete AND stop + CAST(ceil(getvariable('cart_hours') / 24) AS INTEGER) <= getvariable('as_of') AS is_complete
FROM filled;
