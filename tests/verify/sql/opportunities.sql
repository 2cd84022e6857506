-- Opportunities as they stand at as_of, with the stages that each has reached.
CREATE TABLE opportunity AS
SELECT row_number() OVER () AS number, who_of(customer_id) AS who, opportunity_id, day, value, reason, competitor,
    CASE WHEN closed >= getvariable('as_of') THEN 'open' ELSE outcome END AS kind,
    greatest(closed, day) AS lost_day,
    stage,
    CASE WHEN NOT getvariable('has_stage') THEN []
        WHEN outcome = 'won' AND (closed IS NULL OR closed < getvariable('as_of'))
            THEN list_distinct(list_append(getvariable('stages'), stage))
        WHEN list_contains(getvariable('stages'), stage)
            THEN getvariable('stages')[:list_position(getvariable('stages'), stage)]
        ELSE [stage]
    END AS stages
FROM opportunities;

CREATE TABLE opportunity_sale AS
WITH lost AS (
    SELECT *, lead(lost_day) OVER (PARTITION BY who
        ORDER BY lost_day, day, opportunity_id, value,
            list_position(getvariable('stages'), stage) NULLS LAST, stage, reason, competitor) AS next_lost_day
    FROM opportunity WHERE kind = 'lost'
),
recovered AS (
    SELECT DISTINCT s.pid, l.number
    FROM lost l JOIN slot s USING (who) JOIN activity_on a ON a.pid = s.pid AND a.day > l.lost_day
        AND a.day <= least(l.lost_day + getvariable('recovery_window'), l.next_lost_day)
)
SELECT s.segment, s.segment_value, s.pid, o.*, r.number IS NOT NULL AS is_recovered
FROM opportunity o JOIN slot s USING (who) LEFT JOIN recovered r ON r.pid = s.pid AND r.number = o.number;
