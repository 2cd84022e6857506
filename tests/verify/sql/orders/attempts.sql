-- Attempts to buy, of each source: what became of them, who made them, how far they got.

-- Orders in the order of events, with what came before and what comes next.
CREATE TABLE order_attempt AS
WITH told AS (
    SELECT *,
        coalesce(instant > min(instant) FILTER (is_activity) OVER w, false) AS is_customer
    FROM ev
    WINDOW w AS (PARTITION BY segment, segment_value, customer_id)
),
decided AS (
    SELECT event_id, segment, segment_value,
        lead(kind) OVER w AS next_kind,
        lead(day) OVER w AS next_day
    FROM told
    WHERE is_attempt AND kind IN ('order', 'lost')
    WINDOW w AS (PARTITION BY segment, segment_value, customer_id
        ORDER BY instant, kind_rank(kind), order_id, value, reason)
)
SELECT t.segment, t.segment_value, who_of(t.customer_id) AS who, t.day, t.is_customer,
    CASE t.kind WHEN 'order' THEN 'won' ELSE t.kind END AS kind,
    t.value, t.reason, t.day AS lost_day,
    t.kind = 'lost' AND coalesce(d.next_kind = 'order'
        AND d.next_day <= t.day + getvariable('recovery_window'), false) AS is_recovered
FROM told t
LEFT JOIN decided d ON d.event_id = t.event_id AND d.segment = t.segment
    AND d.segment_value IS NOT DISTINCT FROM t.segment_value
WHERE t.is_attempt;
