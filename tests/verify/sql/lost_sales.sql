-- Attempts in the order of events, with what came before and what comes next.
CREATE TABLE attempt AS
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
SELECT t.segment, t.segment_value, t.day, t.kind, t.value, t.reason,
    CASE WHEN t.is_customer THEN 'customer' ELSE 'prospect' END AS buyer,
    t.kind = 'lost' AND coalesce(d.next_kind = 'order'
        AND d.next_day <= t.day + getvariable('recovery_window'), false) AS is_recovered
FROM told t
LEFT JOIN decided d ON d.event_id = t.event_id AND d.segment = t.segment
    AND d.segment_value IS NOT DISTINCT FROM t.segment_value
WHERE t.is_attempt;

CREATE TABLE lost_sales AS
WITH span AS (
    SELECT a.segment, a.segment_value, c.grain, min(c.idx) AS first_idx
    FROM attempt a JOIN calendar c USING (day)
    GROUP BY ALL
),
counted AS (
    SELECT c.grain, c.idx, a.segment, a.segment_value, a.buyer,
        CASE WHEN grouping(a.reason) = 1 THEN 'total' ELSE 'reason' END AS breakdown,
        a.reason AS breakdown_value,
        count(*) AS attempts,
        count(*) FILTER (kind = 'order') AS won,
        count(*) FILTER (kind = 'open') AS open,
        count(*) FILTER (kind = 'lost') AS lost,
        count(*) FILTER (is_recovered) AS recovered,
        count(*) FILTER (kind = 'lost' AND NOT is_recovered
            AND day + getvariable('recovery_window') >= getvariable('as_of')) AS recovery_open,
        sum(value) AS attempted_value,
        coalesce(sum(value) FILTER (kind = 'order'), 0) AS won_value,
        coalesce(sum(value) FILTER (kind = 'lost'), 0) AS lost_value,
        coalesce(sum(value) FILTER (is_recovered), 0) AS recovered_value
    FROM attempt a JOIN calendar c USING (day)
    GROUP BY GROUPING SETS (
        (c.grain, c.idx, a.segment, a.segment_value, a.buyer),
        (c.grain, c.idx, a.segment, a.segment_value, a.buyer, a.reason)
    )
),
total AS (
    SELECT s.segment, s.segment_value, p.grain, p.idx, b.buyer, 'total' AS breakdown,
        CAST(NULL AS VARCHAR) AS breakdown_value,
        coalesce(attempts, 0) AS attempts,
        coalesce(won, 0) AS won,
        coalesce(open, 0) AS open,
        coalesce(lost, 0) AS lost,
        coalesce(recovered, 0) AS recovered,
        coalesce(recovery_open, 0) AS recovery_open,
        coalesce(attempted_value, 0) AS attempted_value,
        coalesce(won_value, 0) AS won_value,
        coalesce(lost_value, 0) AS lost_value,
        coalesce(recovered_value, 0) AS recovered_value
    FROM span s
    JOIN period p ON p.grain = s.grain AND p.idx >= s.first_idx
    CROSS JOIN (VALUES ('customer'), ('prospect')) b(buyer)
    LEFT JOIN counted c ON c.breakdown = 'total' AND c.grain = p.grain AND c.idx = p.idx AND c.buyer = b.buyer
        AND c.segment = s.segment AND c.segment_value IS NOT DISTINCT FROM s.segment_value
),
outcome AS (
    SELECT t.grain, t.segment, t.segment_value, t.buyer, sum(won) AS won, sum(lost) AS lost
    FROM total t JOIN period p USING (grain, idx)
    WHERE p.is_complete
    GROUP BY ALL
),
row AS (
    SELECT * FROM total
    UNION ALL BY NAME
    SELECT segment, segment_value, grain, idx, buyer, breakdown, breakdown_value,
        lost AS attempts, NULL AS won, NULL AS open, lost, recovered, recovery_open,
        lost_value AS attempted_value, NULL AS won_value, lost_value, recovered_value
    FROM counted
    WHERE breakdown = 'reason' AND lost > 0
)
SELECT 'orders' AS source, r.grain, r.segment, r.segment_value, p.start AS period,
    r.buyer, r.breakdown, r.breakdown_value,
    r.attempts, r.won, r.open, r.lost, r.recovered, r.recovery_open,
    rate(r.won, r.won + r.lost) AS conversion_rate,
    r.attempted_value, r.won_value, r.lost_value, r.recovered_value,
    r.lost_value - r.recovered_value AS net_lost_value,
    rounded_share(r.lost_value - r.recovered_value, o.won, o.won + o.lost) AS expected_lost_value,
    p.is_complete
FROM row r
JOIN period p USING (grain, idx)
LEFT JOIN outcome o ON o.grain = r.grain AND o.segment = r.segment
    AND o.segment_value IS NOT DISTINCT FROM r.segment_value AND o.buyer = r.buyer;
