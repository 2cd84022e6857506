-- The attempts of all sources in one form. A stage is the last one that an attempt has reached.
CREATE TABLE silent_sale AS
SELECT 'orders' AS source, who, day AS told_from, segment, segment_value, day, is_customer, kind, value, reason,
    CAST(NULL AS VARCHAR) AS competitor, CAST([] AS VARCHAR[]) AS stages, CAST(NULL AS VARCHAR) AS stage,
    lost_day, is_recovered
FROM order_attempt
UNION ALL
SELECT 'carts', c.who, c.day, segment, segment_value, c.day,
    coalesce(p.first_day < c.day, false), kind, value, 'unknown',
    NULL, (SELECT list(step ORDER BY number) FROM funnel_step WHERE number BETWEEN c.first_step AND c.furthest),
    (SELECT step FROM funnel_step WHERE number = c.furthest),
    lost_day, is_recovered
FROM cart_sale c LEFT JOIN (SELECT pid, first_day FROM person) p USING (pid)
UNION ALL
SELECT 'opportunities', o.who, lost_day, segment, segment_value, o.day,
    coalesce(p.first_day < o.day, false), kind, value, reason,
    CASE WHEN getvariable('has_competitor') THEN competitor END, stages, stage, lost_day, is_recovered
FROM opportunity_sale o LEFT JOIN (SELECT pid, first_day FROM person) p USING (pid);

-- The same with the reasons that the first answer tells of those that have none of their own.
CREATE TABLE sale AS
WITH numbered AS (SELECT row_number() OVER () AS number, * FROM silent_sale),
told AS (
    SELECT n.number, first(s.lost_reason ORDER BY s.day, s.lost_reason) AS lost_reason
    FROM numbered n JOIN surveys s ON who_of(s.customer_id) = n.who
        AND s.day BETWEEN n.told_from AND n.lost_day + getvariable('lost_survey_window')
    WHERE n.reason = 'unknown' AND n.kind = 'lost' AND s.lost_reason <> 'unknown'
    GROUP BY n.number
)
SELECT n.* EXCLUDE (number, who, told_from) REPLACE (coalesce(t.lost_reason, n.reason) AS reason)
FROM numbered n LEFT JOIN told t USING (number);

CREATE TABLE lost_sales AS
WITH each AS (
    SELECT *, CASE WHEN is_customer THEN 'customer' ELSE 'prospect' END AS buyer,
        unnest(
            [{'breakdown': 'total', 'breakdown_value': CAST(NULL AS VARCHAR)}]
            || CASE WHEN kind = 'lost' THEN [{'breakdown': 'reason', 'breakdown_value': reason}] ELSE [] END
            || CASE WHEN kind = 'lost' AND competitor IS NOT NULL
                THEN [{'breakdown': 'competitor', 'breakdown_value': competitor}] ELSE [] END
            || list_transform(stages, lambda s: {'breakdown': 'stage', 'breakdown_value': s}),
            recursive := true)
    FROM sale
),
counted AS (
    SELECT source, c.grain, c.idx, segment, segment_value, buyer, breakdown, breakdown_value,
        count(*) AS attempts,
        count(*) FILTER (kind = 'won') AS won,
        count(*) FILTER (kind = 'open') AS open,
        count(*) FILTER (kind = 'lost') AS lost,
        count(*) FILTER (kind = 'lost' AND stage = breakdown_value) AS stopped,
        count(*) FILTER (is_recovered) AS recovered,
        count(*) FILTER (kind = 'lost' AND NOT is_recovered
            AND lost_day + getvariable('recovery_window') >= getvariable('as_of')) AS recovery_open,
        sum(value) AS attempted_value,
        coalesce(sum(value) FILTER (kind = 'won'), 0) AS won_value,
        coalesce(sum(value) FILTER (kind = 'lost'), 0) AS lost_value,
        coalesce(sum(value) FILTER (kind = 'lost' AND stage = breakdown_value), 0) AS stopped_value,
        coalesce(sum(value) FILTER (is_recovered), 0) AS recovered_value
    FROM each JOIN calendar c USING (day)
    GROUP BY ALL
),
span AS (
    SELECT source, segment, segment_value, grain, min(idx) AS first_idx FROM counted GROUP BY ALL
),
filled AS (
    SELECT s.source, s.segment, s.segment_value, p.grain, p.idx, b.buyer, 'total' AS breakdown,
        CAST(NULL AS VARCHAR) AS breakdown_value,
        coalesce(COLUMNS(c.* EXCLUDE (
            source, grain, idx, segment, segment_value, buyer, breakdown, breakdown_value)), 0)
    FROM span s
    JOIN period p ON p.grain = s.grain AND p.idx >= s.first_idx
    CROSS JOIN (VALUES ('customer'), ('prospect')) b(buyer)
    LEFT JOIN counted c ON c.source = s.source AND c.breakdown = 'total' AND c.grain = p.grain AND c.idx = p.idx
        AND c.buyer = b.buyer AND c.segment = s.segment AND c.segment_value IS NOT DISTINCT FROM s.segment_value
    UNION ALL BY NAME
    FROM counted WHERE breakdown <> 'total'
),
-- How often an attempt succeeds, of all and of those that reached a stage.
outcome AS (
    SELECT source, grain, segment, segment_value, buyer,
        CASE WHEN breakdown = 'stage' THEN breakdown_value END AS stage,
        sum(won) AS won, sum(lost) AS lost
    FROM filled JOIN period p USING (grain, idx)
    WHERE p.is_complete AND breakdown IN ('total', 'stage')
    GROUP BY ALL
),
row AS (
    SELECT *, breakdown IN ('total', 'stage') AS is_whole, breakdown = 'stage' AS is_stage,
        lost_value - recovered_value AS net_lost_value
    FROM filled
)
SELECT r.source, r.grain, r.segment, r.segment_value, p.start AS period, r.buyer, r.breakdown, r.breakdown_value,
    r.attempts,
    CASE WHEN is_whole THEN r.won END AS won,
    CASE WHEN is_whole THEN r.open END AS open,
    r.lost,
    CASE WHEN is_stage THEN r.stopped END AS stopped,
    r.recovered, r.recovery_open,
    CASE WHEN is_whole THEN rate(r.won, r.won + r.lost) END AS conversion_rate,
    r.attempted_value,
    CASE WHEN is_whole THEN r.won_value END AS won_value,
    r.lost_value,
    CASE WHEN is_stage THEN r.stopped_value END AS stopped_value,
    r.recovered_value,
    r.net_lost_value,
    rounded_share(r.net_lost_value, o.won, o.won + o.lost) AS expected_lost_value,
    p.is_complete
FROM row r
JOIN period p USING (grain, idx)
LEFT JOIN outcome o ON o.source = r.source AND o.grain = r.grain AND o.segment = r.segment
    AND o.segment_value IS NOT DISTINCT FROM r.segment_value AND o.buyer = r.buyer
    AND o.stage IS NOT DISTINCT FROM CASE WHEN r.breakdown = 'stage' THEN r.breakdown_value END;
